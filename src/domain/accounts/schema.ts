import { boolean, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant, plainDate } from '../../kernel/columns.ts'
import type { BankScheme } from './bank-details.ts'
import type { ProfileState } from './profile-life-cycle.ts'
import type { EntityType, TaxFormName } from './tax-form.ts'

/** Tables of migrations/0015_accounts.sql, 0063_accounts_billing.sql and 0115_accounts_profiles.sql. */
const accounts = pgSchema('accounts')

export const sellerAccount = accounts.table('seller_account', {
  accountId: uuid('account_id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  legalName: text('legal_name').notNull(),
  country: text('country').notNull(),
  createdAt: instant('created_at').notNull(),
})

export const publisher = accounts.table('publisher', {
  publisherId: text('publisher_id').primaryKey(),
  accountId: uuid('account_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  name: text('name').notNull(),
  storeFeePercent: decimal('store_fee_percent'),
  status: text('status').$type<'active' | 'suspended' | 'closed'>().notNull(),
  createdAt: instant('created_at').notNull(),
})

export const member = accounts.table(
  'member',
  {
    accountId: uuid('account_id').notNull(),
    memberKind: text('member_kind').$type<'user' | 'application'>().notNull(),
    memberId: uuid('member_id').notNull(),
    tenantId: uuid('tenant_id').notNull(),
    roles: text('roles').array().notNull(),
    createdAt: instant('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.memberKind, table.memberId] })],
)

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
