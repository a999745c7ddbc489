import type { Decimal } from '../../kernel/money.ts'
import type { Id } from '../../kernel/ids.ts'

export type AccountId = Id<'account'>

/** A company enrolled as seller. */
export interface SellerAccount {
  accountId: AccountId
  tenantId: string
  legalName: string
  country: string
}

/** A selling identity within a seller account. */
export interface Publisher {
  publisherId: string
  accountId: AccountId
  /** the tenant that owns it */
  tenantId: string
  /** shown with the offers */
  name: string
  /** the marketplace's share of each sale, in percent: the publisher's own, else the marketplace's */
  storeFeePercent: Decimal
  status: 'active' | 'suspended' | 'closed'
}

/** 2 to 50 characters; no dot, because `/product/<publisherId>.<offerId>` is split at the first one. */
const publisherIdPattern = /^[a-z0-9][a-z0-9_-]{1,49}$/

/** The same in words. */
export const publisherIdRule =
  'A publisher ID has 2 to 50 characters: lower-case letters, digits, hyphens and underscores, beginning with a letter or digit.'

/** Whether a text may be a publisherId (design.md, Ids). */
export function isPublisherId(text: string): boolean {
  return publisherIdPattern.test(text)
}
