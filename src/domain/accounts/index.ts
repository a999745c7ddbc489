export { type BillingAccount, type BillingProfile, hasVatNumber } from './billing-accounts.ts'
export type { PostalAddress } from './schema.ts'
export { type Accounts, createAccounts } from './service.ts'
