import { boolean, integer, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant } from '../../kernel/columns.ts'
import type { RequestState } from './request-states.ts'
import type { Reason } from './rules.ts'

/** Tables of migrations/0166_procurement.sql. */
const procurement = pgSchema('procurement')

export const rule = procurement.table('rule', {
  tenantId: uuid('tenant_id').primaryKey(),
  approvalAbove: decimal('approval_above'),
  currency: text('currency').notNull(),
  administratorsToo: boolean('administrators_too').notNull(),
  privateMarketplace: boolean('private_marketplace').notNull(),
  changedAt: instant('changed_at').notNull(),
  changedBy: text('changed_by').notNull(),
})

export const allowed = procurement.table(
  'allowed',
  {
    tenantId: uuid('tenant_id').notNull(),
    offer: uuid('offer').notNull(),
    /** '': every plan of the offer */
    planId: text('plan_id').notNull(),
    publisherId: text('publisher_id').notNull(),
    offerId: text('offer_id').notNull(),
    offerName: text('offer_name').notNull(),
    planName: text('plan_name').notNull(),
    addedAt: instant('added_at').notNull(),
    addedBy: text('added_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.offer, table.planId] })],
)

export const request = procurement.table('request', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  kind: text('kind').$type<'purchase' | 'plan' | 'seats'>().notNull(),
  state: text('state').$type<RequestState>().notNull(),
  requester: uuid('requester').notNull(),
  requesterEmail: text('requester_email').notNull(),
  requesterName: text('requester_name').notNull(),
  offer: uuid('offer').notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  offerName: text('offer_name').notNull(),
  planId: text('plan_id').notNull(),
  planName: text('plan_name').notNull(),
  termUnit: text('term_unit').$type<'P1M' | 'P1Y'>().notNull(),
  quantity: integer('quantity'),
  /** of one term, as it was shown */
  total: decimal('total').notNull(),
  currency: text('currency').notNull(),
  reasons: text('reasons').array().$type<Reason[]>().notNull(),
  note: text('note').notNull(),
  /** of a change the subscription; of a completed purchase what was bought */
  subscription: uuid('subscription'),
  askedAt: instant('asked_at').notNull(),
  decidedAt: instant('decided_at'),
  decidedBy: uuid('decided_by'),
  decidedName: text('decided_name'),
  answer: text('answer'),
  expiresAt: instant('expires_at').notNull(),
})

export type Request = typeof request.$inferSelect
export type Allowed = typeof allowed.$inferSelect
