import { boolean, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant, plainDate } from '../../kernel/columns.ts'
import type { BankScheme } from './bank-details.ts'
import type { ProfileState } from './profile-life-cycle.ts'
import type { EntityType, TaxFormName } from './tax-form.ts'
import type { VerificationState, VerificationStepName } from './verification-life-cycle.ts'

/** Tables of migrations/0015_accounts.sql, 0063_accounts_billing.sql and 0115_accounts_profiles.sql. */
const accounts = pgSchema('accounts')

export const sellerAccount = accounts.table('seller_account', {
  accountId: uuid('account_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  legalName: text('legal_name').notNull(),
  country: text('country').notNull(),
  createdAt: instant('created_at').notNull(),
  accountType: text('account_type').$type<AccountType>().notNull().default('company'),
  status: text('status').$type<'unclaimed' | 'registered'>().notNull().default('registered'),
  displayName: text('display_name'),
  countryName: text('country_name'),
  sellerId: text('seller_id'),
  address: jsonb('address').$type<PostalAddress>().notNull().default({}),
  sellerContact: jsonb('seller_contact').$type<Contact>().notNull().default({}),
  companyApprover: jsonb('company_approver').$type<Contact>().notNull().default({}),
  supportProfile: jsonb('support_profile').$type<SupportProfile>().notNull().default({}),
  symantecId: text('symantec_id'),
  symantecRequestedAt: instant('symantec_requested_at'),
  openedBy: uuid('opened_by'),
})

/** A company, or a developer alone (spec/01 §3.3). */
export type AccountType = 'company' | 'individual'

/** Whom to ask; empty where nobody has said. */
export interface Contact {
  name?: string
  email?: string
  phone?: string
  address?: PostalAddress
}

/** Where a reseller's customers find help. */
export interface SupportProfile {
  email?: string
  phone?: string
  website?: string
}

export const publisher = accounts.table('publisher', {
  publisherId: text('publisher_id').primaryKey(),
  accountId: uuid('account_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  name: text('name').notNull(),
  storeFeePercent: decimal('store_fee_percent'),
  status: text('status').$type<PublisherStatus>().notNull(),
  createdAt: instant('created_at').notNull(),
  mpnId: text('mpn_id'),
  contact: jsonb('contact').$type<Contact>().notNull().default({}),
  statusReason: text('status_reason'),
  statusChangedAt: instant('status_changed_at'),
  statusChangedBy: text('status_changed_by'),
})

export type PublisherStatus = 'active' | 'suspended' | 'closed'

export const member = accounts.table(
  'member',
  {
    accountId: uuid('account_id').notNull(),
    memberKind: text('member_kind').$type<MemberKind>().notNull(),
    memberId: uuid('member_id').notNull(),
    tenantId: uuid('tenant_id').notNull(),
    roles: text('roles').array().notNull(),
    createdAt: instant('created_at').notNull(),
    permissions: text('permissions').array().notNull().default([]),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.memberKind, table.memberId] })],
)

/** What a member of a seller account is: of a group, everybody who belongs to it. */
export type MemberKind = 'user' | 'group' | 'application'

/** Tables of migrations/0155_accounts_people.sql. */
export const accountTenant = accounts.table(
  'account_tenant',
  {
    accountId: uuid('account_id').notNull(),
    tenantId: uuid('tenant_id').notNull(),
    associatedAt: instant('associated_at').notNull(),
    associatedBy: text('associated_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.tenantId] })],
)

export const invitation = accounts.table('invitation', {
  invitationId: uuid('invitation_id').primaryKey(),
  accountId: uuid('account_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  email: text('email').notNull(),
  emailKey: text('email_key').notNull(),
  roles: text('roles').array().notNull(),
  permissions: text('permissions').array().notNull(),
  tokenHash: text('token_hash').notNull(),
  invitedBy: text('invited_by').notNull(),
  createdAt: instant('created_at').notNull(),
  sentAt: instant('sent_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
  acceptedAt: instant('accepted_at'),
  acceptedBy: uuid('accepted_by'),
  withdrawnAt: instant('withdrawn_at'),
})

export const billingAccount = accounts.table('billing_account', {
  tenantId: uuid('tenant_id').primaryKey(),
  legalName: text('legal_name').notNull(),
  country: text('country').notNull(),
  market: text('market').notNull(),
  currency: text('currency').notNull(),
  isReseller: boolean('is_reseller').notNull(),
  createdAt: instant('created_at').notNull(),
  address: jsonb('address').$type<PostalAddress>().notNull(),
  taxId: text('tax_id'),
  purchaseOrder: text('purchase_order'),
  paymentMethod: text('payment_method'),
  paymentMethodSince: instant('payment_method_since'),
  agreementKind: text('agreement_kind').$type<AgreementKind>().notNull().default('pay-as-you-go'),
})

/** migrations/0167_accounts_billing_addresses.sql */
export const billingAddress = accounts.table('billing_address', {
  addressId: uuid('address_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  label: text('label').notNull(),
  legalName: text('legal_name'),
  address: jsonb('address').$type<PostalAddress>().notNull(),
  purchaseOrder: text('purchase_order'),
  createdAt: instant('created_at').notNull(),
  retiredAt: instant('retired_at'),
})

/** How a customer buys: an invoice a month, or an enterprise agreement whose months are presented together each quarter (spec/01 §11.8). */
export type AgreementKind = 'pay-as-you-go' | 'enterprise'

/** Empty for accounts that nobody has completed. */
export interface PostalAddress {
  line1?: string
  line2?: string
  postalCode?: string
  city?: string
  region?: string
}

export const resellerCustomer = accounts.table(
  'reseller_customer',
  {
    resellerTenantId: uuid('reseller_tenant_id').notNull(),
    customerTenantId: uuid('customer_tenant_id').notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.resellerTenantId, table.customerTenantId] })],
)

/** Every time a seller account asked to hold or release its payouts (migrations/0065_accounts_payout_hold.sql). */
export const payoutHold = accounts.table(
  'payout_hold',
  {
    accountId: uuid('account_id').notNull(),
    at: instant('at').notNull(),
    held: boolean('held').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.at] })],
)

/** Versions of tax profiles (migrations/0115_accounts_profiles.sql). */
export const taxProfile = accounts.table('tax_profile', {
  profileId: uuid('profile_id').primaryKey(),
  accountId: uuid('account_id').notNull(),
  form: text('form').$type<TaxFormName>().notNull(),
  entityType: text('entity_type').$type<EntityType>().notNull(),
  legalName: text('legal_name').notNull(),
  residence: text('residence').notNull(),
  citizenship: text('citizenship'),
  taxNumber: text('tax_number'),
  taxNumberEnd: text('tax_number_end'),
  treatyRate: decimal('treaty_rate'),
  treatyArticle: text('treaty_article'),
  signedBy: text('signed_by').notNull(),
  status: text('status').$type<ProfileState>().notNull(),
  reason: text('reason'),
  submittedAt: instant('submitted_at').notNull(),
  submittedBy: text('submitted_by').notNull(),
  decidedAt: instant('decided_at'),
  decidedBy: text('decided_by'),
})

export type AccountCheck = 'zero-amount' | 'test-transfer' | 'document' | 'automatic'

/** Versions of payout profiles: bank accounts. */
export const payoutProfile = accounts.table('payout_profile', {
  profileId: uuid('profile_id').primaryKey(),
  accountId: uuid('account_id').notNull(),
  holder: text('holder').notNull(),
  country: text('country').notNull(),
  currency: text('currency').notNull(),
  scheme: text('scheme').$type<BankScheme>().notNull(),
  details: text('details').notNull(),
  accountEnd: text('account_end').notNull(),
  bank: text('bank'),
  status: text('status').$type<ProfileState>().notNull(),
  reason: text('reason'),
  checkedWith: text('checked_with').$type<AccountCheck>(),
  checkReference: text('check_reference'),
  submittedAt: instant('submitted_at').notNull(),
  submittedBy: text('submitted_by').notNull(),
  decidedAt: instant('decided_at'),
  decidedBy: text('decided_by'),
})

/** A publisher's own share of the marketplace, from a day on; null: the usual one again. */
export const storeFee = accounts.table(
  'store_fee',
  {
    publisherId: text('publisher_id').notNull(),
    validFrom: plainDate('valid_from').notNull(),
    percent: decimal('percent'),
    reason: text('reason').notNull(),
    setBy: text('set_by').notNull(),
    setAt: instant('set_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.publisherId, table.validFrom] })],
)

/** Whom a seller is billed as; company and country are those of its account. */
export const sellerBilling = accounts.table('seller_billing', {
  accountId: uuid('account_id').primaryKey(),
  address: jsonb('address').$type<PostalAddress>().notNull(),
  taxId: text('tax_id'),
  vatId: text('vat_id'),
  changedAt: instant('changed_at').notNull(),
})

/** Tables of migrations/0150_accounts_enrollment.sql, from here on. */
export const program = accounts.table(
  'program',
  {
    accountId: uuid('account_id').notNull(),
    program: text('program').$type<ProgramName>().notNull(),
    registeredAt: instant('registered_at').notNull(),
    registeredBy: text('registered_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.program] })],
)

export type ProgramName = 'commercial-marketplace' | 'partner-network' | 'reseller' | 'developer'

export const mpnId = accounts.table('mpn_id', {
  mpnId: text('mpn_id').primaryKey(),
  accountId: uuid('account_id').notNull(),
  location: text('location').notNull(),
  country: text('country').notNull(),
  isCsp: boolean('is_csp').notNull(),
  createdAt: instant('created_at').notNull(),
})

export type SellerAgreementKind = 'publisher' | 'partner-network'

export const agreementVersion = accounts.table(
  'agreement_version',
  {
    kind: text('kind').$type<SellerAgreementKind>().notNull(),
    version: text('version').notNull(),
    title: text('title').notNull(),
    body: text('body').notNull(),
    publishedAt: instant('published_at').notNull(),
    publishedBy: text('published_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.version] })],
)

export const agreementAcceptance = accounts.table(
  'agreement_acceptance',
  {
    accountId: uuid('account_id').notNull(),
    kind: text('kind').$type<SellerAgreementKind>().notNull(),
    version: text('version').notNull(),
    acceptedAt: instant('accepted_at').notNull(),
    acceptedBy: uuid('accepted_by'),
    acceptedAs: text('accepted_as').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.kind, table.version] })],
)

export const verificationStep = accounts.table(
  'verification_step',
  {
    accountId: uuid('account_id').notNull(),
    step: text('step').$type<VerificationStepName>().notNull(),
    state: text('state').$type<VerificationState>().notNull(),
    reason: text('reason'),
    changedAt: instant('changed_at').notNull(),
    decidedBy: text('decided_by'),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.step] })],
)

export const mailProof = accounts.table('mail_proof', {
  tokenHash: text('token_hash').primaryKey(),
  purpose: text('purpose').$type<'confirm' | 'register' | 'claim'>().notNull(),
  accountId: uuid('account_id'),
  email: text('email').notNull(),
  expiresAt: instant('expires_at').notNull(),
  usedAt: instant('used_at'),
})

export const awaitedMember = accounts.table(
  'awaited_member',
  {
    accountId: uuid('account_id').notNull(),
    emailKey: text('email_key').notNull(),
    roles: text('roles').array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.emailKey] })],
)

export const trackingGuid = accounts.table('tracking_guid', {
  guid: text('guid').primaryKey(),
  accountId: uuid('account_id').notNull(),
  name: text('name').notNull(),
  product: text('product').notNull(),
  channel: text('channel').notNull(),
  createdAt: instant('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  retiredAt: instant('retired_at'),
  mpnId: text('mpn_id'),
})

/** What was used of a cloud under a tracking GUID (migrations/0152_accounts_attribution.sql). */
export const attributedUsage = accounts.table(
  'attributed_usage',
  {
    guid: text('guid').notNull(),
    onDay: plainDate('on_day').notNull(),
    resource: text('resource').notNull(),
    amount: decimal('amount').notNull(),
    currency: text('currency').notNull(),
    recordedAt: instant('recorded_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.guid, table.onDay, table.resource] })],
)

/** Migrations/0157_accounts_tenant_request.sql. */
export const tenantRequest = accounts.table('tenant_request', {
  tokenHash: text('token_hash').primaryKey(),
  accountId: uuid('account_id').notNull(),
  requestedBy: uuid('requested_by').notNull(),
  requester: text('requester').notNull(),
  expiresAt: instant('expires_at').notNull(),
  usedBy: uuid('used_by'),
})
