import { bigint, boolean, customType, integer, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant, plainDate } from '../../kernel/columns.ts'
import type { Agreement } from './agreement.ts'
import type { Status } from './life-cycle.ts'
import type { OperationAction, OperationSource, OperationStatus, OperationTrigger } from './operation.ts'
import type { Actor, Person } from './person.ts'
import type { TermUnit } from './term.ts'

const subscriptions = pgSchema('subscriptions')

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** What a live offer, or the preview of one, says about its publisher's integration; follows 'offer.published' and 'offer.previewed'. */
export const offerBinding = subscriptions.table(
  'offer_binding',
  {
    offer: uuid('offer').notNull(),
    preview: boolean('preview').notNull(),
    publisherId: text('publisher_id').notNull(),
    offerId: text('offer_id').notNull(),
    offerName: text('offer_name').notNull(),
    tenantId: uuid('tenant_id').notNull(),
    applicationId: uuid('application_id').notNull(),
    landingPageUrl: text('landing_page_url').notNull(),
    webhookUrl: text('webhook_url').notNull(),
    snapshot: text('snapshot').notNull(),
    webhookSuccessWord: text('webhook_success_word').$type<'Succeeded' | 'Success'>().notNull(),
    webhookSigned: boolean('webhook_signed').notNull(),
    webhookPausedAt: instant('webhook_paused_at'),
    updatedAt: instant('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.offer, t.preview] })],
)

export const subscription = subscriptions.table('subscription', {
  id: uuid('id').primaryKey(),
  name: text('name').notNull(),
  offer: uuid('offer').notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  planId: text('plan_id').notNull(),
  quantity: integer('quantity'),
  status: text('status').$type<Status>().notNull(),
  autoRenew: boolean('auto_renew').notNull(),
  preview: boolean('preview').notNull(),
  purchaser: jsonb('purchaser').$type<Person>().notNull(),
  beneficiary: jsonb('beneficiary').$type<Person>().notNull(),
  customerTenantId: uuid('customer_tenant_id').notNull(),
  beneficiaryTenantId: uuid('beneficiary_tenant_id').notNull(),
  byReseller: boolean('by_reseller').notNull(),
  termUnit: text('term_unit').$type<TermUnit>().notNull(),
  agreement: jsonb('agreement').$type<Agreement>().notNull(),
  termIndex: integer('term_index'),
  termStart: plainDate('term_start'),
  termEnd: plainDate('term_end'),
  isFreeTrial: boolean('is_free_trial').notNull(),
  pendingOperation: uuid('pending_operation'),
  createdAt: instant('created_at').notNull(),
  modifiedAt: instant('modified_at').notNull(),
  resolvedAt: instant('resolved_at'),
  activatedAt: instant('activated_at'),
  suspendedAt: instant('suspended_at'),
  endedAt: instant('ended_at'),
  endReason: text('end_reason').$type<EndReason>(),
  endedBy: text('ended_by').$type<EndedBy>(),
  withinFreePeriod: boolean('within_free_period'),
})

export type EndReason = 'cancelled' | 'auto-renew-off' | 'suspended-30-days' | 'payment-failed' | 'never-configured' | 'offer-removed'
export type EndedBy = 'customer' | 'reseller' | 'publisher' | 'marketplace'

export const term = subscriptions.table(
  'term',
  {
    subscription: uuid('subscription').notNull(),
    index: integer('index').notNull(),
    startDate: plainDate('start_date').notNull(),
    endDate: plainDate('end_date').notNull(),
    termUnit: text('term_unit').$type<TermUnit>().notNull(),
    isFreeTrial: boolean('is_free_trial').notNull(),
    planId: text('plan_id').notNull(),
    quantity: integer('quantity'),
    unitPrice: decimal('unit_price').notNull(),
    currency: text('currency').notNull(),
    reversed: boolean('reversed').notNull(),
  },
  (t) => [primaryKey({ columns: [t.subscription, t.index] })],
)

export const operation = subscriptions.table('operation', {
  id: uuid('id').primaryKey(),
  activityId: uuid('activity_id').notNull(),
  subscription: uuid('subscription').notNull(),
  action: text('action').$type<OperationAction>().notNull(),
  source: text('source').$type<OperationSource>().notNull(),
  status: text('status').$type<OperationStatus>().notNull(),
  planId: text('plan_id').notNull(),
  quantity: integer('quantity'),
  previousPlanId: text('previous_plan_id'),
  previousQuantity: integer('previous_quantity'),
  targetAgreement: jsonb('target_agreement').$type<Agreement>(),
  requestedBy: jsonb('requested_by').$type<Actor>().notNull(),
  requestId: text('request_id').notNull(),
  createdAt: instant('created_at').notNull(),
  notifiedAt: instant('notified_at'),
  acknowledgedAt: instant('acknowledged_at'),
  deadlineAt: instant('deadline_at'),
  finishedAt: instant('finished_at'),
  decidedBy: text('decided_by').$type<OperationTrigger | 'at-once'>(),
  errorStatusCode: text('error_status_code'),
  errorMessage: text('error_message'),
})

export const landingToken = subscriptions.table('landing_token', {
  tokenHash: bytea('token_hash').primaryKey(),
  subscription: uuid('subscription').notNull(),
  publisherId: text('publisher_id').notNull(),
  createdAt: instant('created_at').notNull(),
  expiresAt: instant('expires_at').notNull(),
})

export type DeliveryState = 'waiting' | 'delivered' | 'rejected' | 'failed' | 'stopped'

export const delivery = subscriptions.table('delivery', {
  id: uuid('id').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull().generatedAlwaysAsIdentity(),
  subscription: uuid('subscription').notNull(),
  operation: uuid('operation').notNull(),
  publisherId: text('publisher_id').notNull(),
  offer: uuid('offer').notNull(),
  action: text('action').$type<OperationAction>().notNull(),
  state: text('state').$type<DeliveryState>().notNull(),
  attempts: integer('attempts').notNull(),
  createdAt: instant('created_at').notNull(),
  firstAttemptAt: instant('first_attempt_at'),
  nextAttemptAt: instant('next_attempt_at'),
  finishedAt: instant('finished_at'),
  redeliveryOf: uuid('redelivery_of'),
  lastOutcome: text('last_outcome'),
})

export const deliveryAttempt = subscriptions.table(
  'delivery_attempt',
  {
    delivery: uuid('delivery').notNull(),
    number: integer('number').notNull(),
    at: instant('at').notNull(),
    wallAt: instant('wall_at').notNull(),
    url: text('url').notNull(),
    requestHeaders: jsonb('request_headers').$type<Record<string, string>>().notNull(),
    requestBody: text('request_body').notNull(),
    status: integer('status'),
    responseHeaders: jsonb('response_headers').$type<Record<string, string>>(),
    responseBody: text('response_body'),
    error: text('error'),
    durationMs: integer('duration_ms'),
    collapsed: integer('collapsed').notNull(),
  },
  (t) => [primaryKey({ columns: [t.delivery, t.number] })],
)

export const history = subscriptions.table('history', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  subscription: uuid('subscription').notNull(),
  at: instant('at').notNull(),
  wallAt: instant('wall_at').notNull(),
  kind: text('kind').notNull(),
  by: jsonb('by').$type<Actor>().notNull(),
  operation: uuid('operation'),
  data: jsonb('data').$type<Record<string, unknown>>().notNull(),
})

export type SubscriptionRow = typeof subscription.$inferSelect
export type OperationRow = typeof operation.$inferSelect
export type TermRow = typeof term.$inferSelect
export type OfferBinding = typeof offerBinding.$inferSelect
export type DeliveryRow = typeof delivery.$inferSelect
export type DeliveryAttemptRow = typeof deliveryAttempt.$inferSelect
export type HistoryRow = typeof history.$inferSelect
