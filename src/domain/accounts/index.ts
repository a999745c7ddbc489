export type { BillingAccount } from './billing-accounts.ts'
export { type AccountId, isPublisherId, type Publisher, type SellerAccount, type SellerRole } from './publisher.ts'
export { type Accounts, createAccounts, type NewPublisher } from './service.ts'
