import { boolean, integer, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'
import type { OfferKey } from '../offers/index.ts'
import type { CertificationMode, CertificationOutcome, CheckResult } from './certification.ts'
import type { InitiatorKind } from './history.ts'
import type { Finding, StepStatus } from './steps.ts'
import type { SubmissionState } from './submission.ts'

/** Tables of migrations/0025_publishing.sql and 0130_publishing.sql. */
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
  changed: text('changed').array().notNull(),
  isUpdate: boolean('is_update').notNull(),
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
    attempts: integer('attempts').notNull().default(0),
    note: text('note').notNull().default(''),
    retryAt: instant('retry_at'),
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
  previewKey: text('preview_key'),
  previewFree: boolean('preview_free').notNull().default(false),
})

export const stoppedPlan = publishing.table(
  'stopped_plan',
  {
    offer: uuid('offer').$type<OfferKey>().notNull(),
    planId: text('plan_id').notNull(),
    requestedAt: instant('requested_at').notNull(),
    effectiveAt: instant('effective_at'),
    resumeRequestedAt: instant('resume_requested_at'),
  },
  (table) => [primaryKey({ columns: [table.offer, table.planId] })],
)

/** Publishers whose offers are not sold (migrations/0151_publishing_suspended.sql). */
export const suspendedPublisher = publishing.table('suspended_publisher', {
  publisherId: text('publisher_id').primaryKey(),
  since: instant('since').notNull(),
})

export const history = publishing.table('history', {
  id: uuid('id').primaryKey(),
  offer: uuid('offer').$type<OfferKey>().notNull(),
  at: instant('at').notNull(),
  event: text('event').notNull(),
  initiatedBy: text('initiated_by').notNull(),
  submission: uuid('submission'),
  initiatorKind: text('initiator_kind').$type<InitiatorKind>().notNull(),
  initiatorId: text('initiator_id'),
  kind: text('kind').notNull(),
  status: text('status').$type<StepStatus>(),
})

export const certification = publishing.table('certification', {
  submission: uuid('submission').primaryKey(),
  offer: uuid('offer').$type<OfferKey>().notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  offerType: text('offer_type').notNull(),
  title: text('title').notNull(),
  mode: text('mode').$type<CertificationMode>().notNull(),
  openedAt: instant('opened_at').notNull(),
  assignedTo: uuid('assigned_to'),
  assignedName: text('assigned_name').notNull(),
  assignedAt: instant('assigned_at'),
  checks: jsonb('checks').$type<CheckResult[]>().notNull(),
  findings: jsonb('findings').$type<Finding[]>().notNull(),
  outcome: text('outcome').$type<CertificationOutcome>(),
  decidedAt: instant('decided_at'),
  decidedBy: text('decided_by').notNull(),
})

export const forbiddenWord = publishing.table('forbidden_word', {
  word: text('word').primaryKey(),
  reason: text('reason').notNull(),
  addedAt: instant('added_at').notNull(),
  addedBy: text('added_by').notNull(),
})

export const eligibilityCriterion = publishing.table('eligibility_criterion', {
  id: uuid('id').primaryKey(),
  offerType: text('offer_type').notNull(),
  title: text('title').notNull(),
  ask: text('ask').notNull(),
  addedAt: instant('added_at').notNull(),
  addedBy: text('added_by').notNull(),
})

export const certificationMode = publishing.table('certification_mode', {
  only: boolean('only').primaryKey(),
  mode: text('mode').$type<CertificationMode>().notNull(),
  rejectNext: text('reject_next'),
  setAt: instant('set_at').notNull(),
  setBy: text('set_by').notNull(),
})
