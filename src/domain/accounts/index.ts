export { type BillingAccount, type BillingProfile, hasVatNumber } from './billing-accounts.ts'
export { type BankDetails, type BankScheme, payoutCurrencies, type PayoutProfileInput } from './bank-details.ts'
export type {
  NotPayable,
  PaymentProfiles,
  PaymentReadiness,
  PayoutProfile,
  ProfileDecision,
  QueuedProfile,
  TaxProfile,
} from './payment-profiles.ts'
export { type ProfileState, profileStates } from './profile-life-cycle.ts'
export { needsSellerBilling, type SellerBilling, type SellerBillingInput } from './seller-billing.ts'
export type { StoreFee, StoreFeeInput } from './store-fees.ts'
export { type TaxProfileInput, type Withholding, withholdingRate } from './tax-form.ts'
export type { AgreementKind, PostalAddress } from './schema.ts'
export { type Accounts, createAccounts } from './service.ts'
