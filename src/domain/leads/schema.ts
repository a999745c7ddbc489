import { boolean, integer, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'
import type { Act, LeadAction, LeadSource } from './lead.ts'

/** `kept`: in the list only. `waiting` is sent again until it is `delivered` or given up as `failed`. */
export type LeadState = 'kept' | 'waiting' | 'delivered' | 'failed'

/** Tables of migrations/0136_leads.sql. */
export const leads = pgSchema('leads')

export const lead = leads.table('lead', {
  id: uuid('id').primaryKey(),
  at: instant('at').notNull(),
  wallAt: instant('wall_at').notNull(),
  offer: uuid('offer').notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  snapshot: uuid('snapshot').notNull(),
  preview: boolean('preview').notNull(),
  offerTitle: text('offer_title').notNull(),
  planId: text('plan_id'),
  act: text('act').$type<Act>().notNull(),
  source: text('source').$type<LeadSource>().notNull(),
  action: text('action').$type<LeadAction>().notNull(),
  firstName: text('first_name').notNull(),
  lastName: text('last_name').notNull(),
  email: text('email').notNull(),
  phone: text('phone').notNull(),
  country: text('country').notNull(),
  company: text('company').notNull(),
  title: text('title').notNull(),
  description: text('description').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  objectId: uuid('object_id').notNull(),
  consentedAt: instant('consented_at').notNull(),
  trafficSource: text('traffic_source'),
  campaignId: text('campaign_id'),
  erasedAt: instant('erased_at'),
  state: text('state').$type<LeadState>().notNull(),
  attempts: integer('attempts').notNull().default(0),
  attemptsBefore: integer('attempts_before').notNull().default(0),
  firstAttemptAt: instant('first_attempt_at'),
  nextAttemptAt: instant('next_attempt_at'),
  finishedAt: instant('finished_at'),
  lastOutcome: text('last_outcome'),
})

export const attempt = leads.table(
  'attempt',
  {
    lead: uuid('lead').notNull(),
    number: integer('number').notNull(),
    at: instant('at').notNull(),
    wallAt: instant('wall_at').notNull(),
    address: text('address').notNull(),
    status: integer('status'),
    answer: text('answer'),
    error: text('error'),
    durationMs: integer('duration_ms'),
    collapsed: integer('collapsed').notNull(),
  },
  (table) => [primaryKey({ columns: [table.lead, table.number] })],
)

export type LeadRow = typeof lead.$inferSelect
export type AttemptRow = typeof attempt.$inferSelect
