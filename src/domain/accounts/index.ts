export type { AccountImport } from './account-import.ts'
export type { AccountSettings, TrackingGuid } from './account-settings.ts'
export type { Acceptance, NewAgreement, SellerAgreement } from './agreements.ts'
export type { BillingAddress, BillingAddressInput } from './billing-addresses.ts'
export type { AttributedUsageRow } from './attribution.ts'
export { type BillingAccount, type BillingProfile, hasVatNumber } from './billing-accounts.ts'
export { type BankDetails, type BankScheme, payoutCurrencies, type PayoutProfileInput } from './bank-details.ts'
export type { CompanyEnrollment, DeveloperEnrollment, Enrolled, EnrollmentPaths, PartnerEnrollment } from './enrollment.ts'
export type {
  NotPayable,
  PaymentProfiles,
  PaymentReadiness,
  PayoutProfile,
  ProfileDecision,
  QueuedProfile,
  TaxProfile,
} from './payment-profiles.ts'
export type { Invitation } from './invitations.ts'
export type { Candidate, Member, MemberKind } from './members.ts'
export type { AssignableRole } from './roles.ts'
export type { AccountTenant } from './tenants.ts'
export { type ProfileState, profileStates } from './profile-life-cycle.ts'
export { needsSellerBilling, type SellerBilling, type SellerBillingInput } from './seller-billing.ts'
export type { StoreFee, StoreFeeInput } from './store-fees.ts'
export { type TaxProfileInput, type Withholding, withholdingRate } from './tax-form.ts'
export type { AgreementKind, PostalAddress } from './schema.ts'
export type { Publisher, SellerAccount } from './publisher.ts'
export type { PublisherInput } from './publishers.ts'
export { type Accounts, createAccounts, type NotPublishing } from './service.ts'
export type { QueuedVerification, VerificationDecision, VerificationStep } from './verification.ts'
export type { VerificationStepName } from './verification-life-cycle.ts'
