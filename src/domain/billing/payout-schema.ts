import { boolean, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant, plainDate } from '../../kernel/columns.ts'
import type { AdjustmentState } from './adjustment-states.ts'
import type { HeldReason } from './payout-plan.ts'
import { billing } from './schema.ts'

/** Tables around payouts: migrations 0116 and 0117. */

export const payoutRun = billing.table('payout_run', {
  id: uuid('id').primaryKey(),
  month: plainDate('month').notNull(),
  startedAt: instant('started_at').notNull(),
  startedBy: text('started_by').notNull(),
  finishedAt: instant('finished_at'),
})

export const payoutRunItem = billing.table(
  'payout_run_item',
  {
    run: uuid('run').notNull(),
    publisherId: text('publisher_id').notNull(),
    currency: text('currency').notNull(),
    outcome: text('outcome').$type<'paid' | 'held'>().notNull(),
    reason: text('reason').$type<HeldReason>(),
    amount: decimal('amount').notNull(),
    lines: integer('lines').notNull(),
    payout: uuid('payout'),
  },
  (t) => [primaryKey({ columns: [t.run, t.publisherId, t.currency] })],
)

/** `sepa`: credit transfers in euro between IBANs; `other`: everything else. */
export type Rail = 'sepa' | 'other'

export const bankFile = billing.table('bank_file', {
  id: uuid('id').primaryKey(),
  number: text('number').notNull(),
  rail: text('rail').$type<Rail>().notNull(),
  payOn: plainDate('pay_on').notNull(),
  createdAt: instant('created_at').notNull(),
  createdBy: text('created_by').notNull(),
})

export const payoutTerms = billing.table(
  'payout_terms',
  {
    currency: text('currency').notNull(),
    validFrom: plainDate('valid_from').notNull(),
    threshold: decimal('threshold').notNull(),
    escrowDays: integer('escrow_days').notNull(),
    setBy: text('set_by').notNull(),
    setAt: instant('set_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.currency, t.validFrom] })],
)

export const payerAccount = billing.table('payer_account', {
  id: boolean('id').primaryKey(),
  holder: text('holder').notNull(),
  details: text('details').notNull(),
  accountEnd: text('account_end').notNull(),
  changedAt: instant('changed_at').notNull(),
  changedBy: text('changed_by').notNull(),
})

export const adjustment = billing.table('adjustment', {
  id: uuid('id').primaryKey(),
  number: text('number').notNull(),
  publisherId: text('publisher_id').notNull(),
  currency: text('currency').notNull(),
  amount: decimal('amount').notNull(),
  reason: text('reason').notNull(),
  state: text('state').$type<AdjustmentState>().notNull(),
  requestedAt: instant('requested_at').notNull(),
  requestedBy: text('requested_by').notNull(),
  requestedName: text('requested_name').notNull(),
  decidedAt: instant('decided_at'),
  decidedBy: text('decided_by'),
  decidedName: text('decided_name'),
  note: text('note'),
  payout: uuid('payout'),
  rate: decimal('rate'),
  paid: decimal('paid'),
})
