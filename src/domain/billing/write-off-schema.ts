import { boolean, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant } from '../../kernel/columns.ts'
import { billing } from './schema.ts'
import type { WriteOffState } from './write-off-states.ts'

/** Tables of what is never collected: migration 0190. */

export const writeOff = billing.table('write_off', {
  id: uuid('id').primaryKey(),
  number: text('number').notNull(),
  invoice: uuid('invoice').notNull(),
  customerTenantId: uuid('customer_tenant_id').notNull(),
  currency: text('currency').notNull(),
  amount: decimal('amount').notNull(),
  reason: text('reason').notNull(),
  state: text('state').$type<WriteOffState>().notNull(),
  needsApproval: boolean('needs_approval').notNull(),
  requestedAt: instant('requested_at').notNull(),
  requestedBy: text('requested_by').notNull(),
  requestedName: text('requested_name').notNull(),
  decidedAt: instant('decided_at'),
  decidedBy: text('decided_by'),
  decidedName: text('decided_name'),
  note: text('note'),
  bookedAt: instant('booked_at'),
  recoveredAt: instant('recovered_at'),
})

/** What a write-off or a return takes from each line of its invoice. */
export const correctionLine = billing.table(
  'correction_line',
  {
    correction: uuid('correction').notNull(),
    line: uuid('line').notNull(),
    net: decimal('net').notNull(),
    tax: decimal('tax').notNull(),
    fee: decimal('fee').notNull(),
    publisherShare: decimal('publisher_share').notNull(),
  },
  (t) => [primaryKey({ columns: [t.correction, t.line] })],
)
