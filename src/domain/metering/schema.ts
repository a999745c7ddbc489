import { bigint, boolean, date, integer, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant } from '../../kernel/columns.ts'

export const metering = pgSchema('metering')

/** Who may report usage of an offer. */
export const reporter = metering.table(
  'reporter',
  {
    offer: uuid('offer').notNull(),
    preview: boolean('preview').notNull(),
    publisherId: text('publisher_id').notNull(),
    offerId: text('offer_id').notNull(),
    offerName: text('offer_name').notNull(),
    tenantId: uuid('tenant_id').notNull(),
    applicationId: uuid('application_id').notNull(),
  },
  (t) => [primaryKey({ columns: [t.offer, t.preview] })],
)

export type MeterState = 'pending' | 'active' | 'suspended' | 'ended'

/** What events of one resource (a subscription) are judged by. */
export const meter = metering.table('meter', {
  resource: uuid('resource').primaryKey(),
  resourceUri: text('resource_uri'),
  publisherId: text('publisher_id').notNull(),
  offer: uuid('offer').notNull(),
  preview: boolean('preview').notNull(),
  offerId: text('offer_id').notNull(),
  customerTenantId: uuid('customer_tenant_id').notNull(),
  state: text('state').$type<MeterState>().notNull(),
  planId: text('plan_id').notNull(),
  /** What can be reported on the plan of today. */
  dimensions: text('dimensions').array().notNull(),
  currency: text('currency').notNull(),
  activatedAt: instant('activated_at'),
  endedAt: instant('ended_at'),
  usageUntil: instant('usage_until'),
})

export interface DimensionLabel {
  id: string
  displayName: string
  unitOfMeasure: string
}

/** Plans that a resource has or had. */
export const meterPlan = metering.table(
  'meter_plan',
  {
    resource: uuid('resource').notNull(),
    planId: text('plan_id').notNull(),
    planName: text('plan_name').notNull(),
    dimensions: text('dimensions').array().notNull(),
    labels: jsonb('labels').$type<DimensionLabel[]>().notNull(),
    validUntil: instant('valid_until'),
  },
  (t) => [primaryKey({ columns: [t.resource, t.planId] })],
)

/** Accepted events, partitioned by month of `hour`. */
export const usageEvent = metering.table(
  'usage_event',
  {
    publisherId: text('publisher_id').notNull(),
    resource: uuid('resource').notNull(),
    dimension: text('dimension').notNull(),
    hour: instant('hour').notNull(),
    id: uuid('id').notNull(),
    planId: text('plan_id').notNull(),
    quantity: decimal('quantity').notNull(),
    effectiveAt: instant('effective_at').notNull(),
    acceptedAt: instant('accepted_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.publisherId, t.resource, t.dimension, t.hour] })],
)

/** Refused events of the last 30 days. */
export const refusedEvent = metering.table('refused_event', {
  id: uuid('id').primaryKey(),
  at: instant('at').notNull(),
  publisherId: text('publisher_id'),
  tenantId: uuid('tenant_id').notNull(),
  applicationId: uuid('application_id').notNull(),
  resource: text('resource'),
  planId: text('plan_id'),
  dimension: text('dimension'),
  quantity: text('quantity'),
  effectiveAt: text('effective_at'),
  status: text('status').notNull(),
  reason: text('reason').notNull(),
})

/** Accepted usage added up by day: a copy for pages. Billing never reads it. */
export const usageDay = metering.table(
  'usage_day',
  {
    publisherId: text('publisher_id').notNull(),
    resource: uuid('resource').notNull(),
    planId: text('plan_id').notNull(),
    dimension: text('dimension').notNull(),
    day: date('day').notNull(),
    quantity: decimal('quantity').notNull(),
    events: integer('events').notNull(),
  },
  (t) => [primaryKey({ columns: [t.publisherId, t.day, t.resource, t.dimension, t.planId] })],
)

/** Days to which nothing can be added any more. */
export const rolledDay = metering.table('rolled_day', {
  day: date('day').primaryKey(),
  closedWall: instant('closed_wall').notNull(),
  rolledAt: instant('rolled_at'),
})

/** Months that were taken out of the database. */
export const archivedMonth = metering.table('archived_month', {
  month: date('month').primaryKey(),
  events: bigint('events', { mode: 'number' }).notNull(),
  quantity: decimal('quantity').notNull(),
  file: text('file').notNull(),
  sha256: text('sha256').notNull(),
  archivedAt: instant('archived_at').notNull(),
  droppedAt: instant('dropped_at'),
})
