import { boolean, integer, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'
import type { OfferKey } from '../offers/index.ts'
import type { Finding, StepStatus } from './steps.ts'
import type { SubmissionState } from './submission.ts'

/** Tables of migrations/0025_publishing.sql. */
export const publishing = pgSchema('publishing')

export const submission = publishing.table('submission', {
  id: uuid('id').primaryKey(),
  offer: uuid('offer').$type<OfferKey>().notNull(),
  publisherId: text('publisher_id').notNull(),
  number: integer('number').notNull(),
  state: text('state').$type<SubmissionState>().notNull(),
  phase: integer('phase').notNull(),
  notes: text('notes').notNull(),
  instances: uuid('instances').array().notNull(),
  previewSnapshot: uuid('preview_snapshot'),
  liveSnapshot: uuid('live_snapshot'),
  submittedAt: instant('submitted_at').notNull(),
  submittedBy: text('submitted_by').notNull(),
  notify: text('notify').array().notNull(),
  finishedAt: instant('finished_at'),
})

export const step = publishing.table(
  'step',
  {
    submission: uuid('submission').notNull(),
    seq: integer('seq').notNull(),
    phase: text('phase').notNull(),
    step: text('step').notNull(),
    blocking: boolean('blocking').notNull(),
    status: text('status').$type<StepStatus>().notNull(),
    startedAt: instant('started_at'),
    completedAt: instant('completed_at'),
    findings: jsonb('findings').$type<Finding[]>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.submission, table.seq] })],
)

export const snapshot = publishing.table('snapshot', {
  id: uuid('id').primaryKey(),
  offer: uuid('offer').$type<OfferKey>().notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  offerType: text('offer_type').notNull(),
  kind: text('kind').$type<'preview' | 'live'>().notNull(),
  definitionVersion: integer('definition_version').notNull(),
  hash: text('hash').notNull(),
  content: jsonb('content').notNull(),
  createdAt: instant('created_at').notNull(),
})

export const publication = publishing.table('publication', {
  offer: uuid('offer').$type<OfferKey>().primaryKey(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  liveSnapshot: uuid('live_snapshot'),
  previewSnapshot: uuid('preview_snapshot'),
  liveAt: instant('live_at'),
  stopRequestedAt: instant('stop_requested_at'),
  stoppedAt: instant('stopped_at'),
})

export const stoppedPlan = publishing.table(
  'stopped_plan',
  {
    offer: uuid('offer').$type<OfferKey>().notNull(),
    planId: text('plan_id').notNull(),
    requestedAt: instant('requested_at').notNull(),
    effectiveAt: instant('effective_at'),
  },
  (table) => [primaryKey({ columns: [table.offer, table.planId] })],
)

export const history = publishing.table('history', {
  id: uuid('id').primaryKey(),
  offer: uuid('offer').$type<OfferKey>().notNull(),
  at: instant('at').notNull(),
  event: text('event').notNull(),
  initiatedBy: text('initiated_by').notNull(),
  submission: uuid('submission'),
})
