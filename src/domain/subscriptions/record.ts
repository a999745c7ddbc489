import { sql } from 'drizzle-orm'
import type { Status } from './life-cycle.ts'
import type { Person } from './person.ts'
import { type SubscriptionRow, subscription } from './schema.ts'
import type { TermUnit } from './term.ts'

/** A subscription for reading it often: days and instants are ISO text as the database writes them, the agreement is left out. */
export interface SubscriptionRecord {
  id: string
  name: string
  publisherId: string
  offerId: string
  preview: boolean
  planId: string
  quantity: number | null
  status: Status
  beneficiary: Person
  purchaser: Person
  byReseller: boolean
  termUnit: TermUnit
  /** YYYY-MM-DD; null before activation */
  termStart: string | null
  termEnd: string | null
  isFreeTrial: boolean
  autoRenew: boolean
  /** UTC with six digits of a second */
  createdAt: string
  modifiedAt: string
}

const utc = (column: typeof subscription.createdAt | typeof subscription.modifiedAt, alias: string) =>
  sql<string>`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as(alias)

/** What a statement selects for a record. */
export const recordColumns = {
  id: subscription.id,
  name: subscription.name,
  publisherId: subscription.publisherId,
  offerId: subscription.offerId,
  preview: subscription.preview,
  planId: subscription.planId,
  quantity: subscription.quantity,
  status: subscription.status,
  beneficiary: subscription.beneficiary,
  purchaser: subscription.purchaser,
  byReseller: subscription.byReseller,
  termUnit: subscription.termUnit,
  termStart: sql<string | null>`${subscription.termStart}::text`.as('term_start_text'),
  termEnd: sql<string | null>`${subscription.termEnd}::text`.as('term_end_text'),
  isFreeTrial: subscription.isFreeTrial,
  autoRenew: subscription.autoRenew,
  createdAt: utc(subscription.createdAt, 'created_at_text'),
  modifiedAt: utc(subscription.modifiedAt, 'modified_at_text'),
}

/** The same record of a row that was read whole. */
export function recordOf(row: SubscriptionRow): SubscriptionRecord {
  const { termStart, termEnd, createdAt, modifiedAt } = row
  return {
    ...row,
    termStart: termStart?.toString() ?? null,
    termEnd: termEnd?.toString() ?? null,
    createdAt: createdAt.toString({ fractionalSecondDigits: 6 }),
    modifiedAt: modifiedAt.toString({ fractionalSecondDigits: 6 }),
  }
}
