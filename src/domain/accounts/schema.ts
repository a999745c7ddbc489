import { boolean, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant } from '../../kernel/columns.ts'

/** Tables of migrations/0015_accounts.sql and 0063_accounts_billing.sql. */
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
})

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
