import { and, asc, desc, eq, inArray, isNotNull, isNull, or, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/database.ts'
import type { OfferKey, SaasContent } from '../offers/index.ts'
import {
  certification,
  certificationMode,
  eligibilityCriterion,
  forbiddenWord,
  history,
  publication,
  snapshot,
  step,
  stoppedPlan,
  suspendedPublisher,
  submission,
} from './schema.ts'
import { lift, type Snapshot } from './snapshot.ts'

export type SubmissionRow = typeof submission.$inferSelect
export type StepRow = typeof step.$inferSelect
export type PublicationRow = typeof publication.$inferSelect
export type StoppedPlanRow = typeof stoppedPlan.$inferSelect
export type HistoryRow = typeof history.$inferSelect
export type CertificationRow = typeof certification.$inferSelect

export async function selectSubmission(tx: Tx, id: string, options: { lock?: boolean } = {}): Promise<SubmissionRow | undefined> {
  const query = tx.select().from(submission).where(eq(submission.id, id))
  const [row] = await (options.lock ? query.for('update') : query)
  return row
}

/** The newest submission of each offer. */
export async function selectLatest(tx: Tx, offers: OfferKey[]): Promise<SubmissionRow[]> {
  if (offers.length === 0) return []
  return tx
    .selectDistinctOn([submission.offer])
    .from(submission)
    .where(inArray(submission.offer, offers))
    .orderBy(asc(submission.offer), desc(submission.number))
}

export async function insertSubmission(tx: Tx, row: typeof submission.$inferInsert): Promise<void> {
  await tx.insert(submission).values(row)
}

export async function updateSubmission(tx: Tx, id: string, changes: Partial<typeof submission.$inferInsert>): Promise<void> {
  await tx.update(submission).set(changes).where(eq(submission.id, id))
}

export async function insertSteps(tx: Tx, rows: (typeof step.$inferInsert)[]): Promise<void> {
  if (rows.length > 0) await tx.insert(step).values(rows)
}

export async function selectSteps(tx: Tx, submissionId: string): Promise<StepRow[]> {
  return tx.select().from(step).where(eq(step.submission, submissionId)).orderBy(asc(step.seq))
}

export async function updateStep(tx: Tx, { submission: id, seq }: StepRow, changes: Partial<typeof step.$inferInsert>): Promise<void> {
  await tx
    .update(step)
    .set(changes)
    .where(and(eq(step.submission, id), eq(step.seq, seq)))
}

export async function insertSnapshot(tx: Tx, row: typeof snapshot.$inferInsert): Promise<void> {
  await tx.insert(snapshot).values(row)
}

function toSnapshot(row: typeof snapshot.$inferSelect): Snapshot {
  return {
    ...row,
    offerType: row.offerType as Snapshot['offerType'],
    content: lift(row.offerType, row.definitionVersion, row.content) as SaasContent,
  }
}

export async function selectSnapshot(tx: Tx, id: string): Promise<Snapshot | null> {
  const [row] = await tx.select().from(snapshot).where(eq(snapshot.id, id))
  return row ? toSnapshot(row) : null
}

/** A snapshot as it is stored, not lifted to the present definition. */
export async function selectStored(tx: Tx, id: string): Promise<typeof snapshot.$inferSelect | null> {
  const [row] = await tx.select().from(snapshot).where(eq(snapshot.id, id))
  return row ?? null
}

export async function selectSnapshots(tx: Tx, ids: string[]): Promise<Snapshot[]> {
  if (ids.length === 0) return []
  return (await tx.select().from(snapshot).where(inArray(snapshot.id, ids))).map(toSnapshot)
}

/** The live snapshot, by the offer's key or by its names. */
export async function selectLive(tx: Tx, by: { offer: string } | { publisherId: string; offerId: string }): Promise<Snapshot | null> {
  const where =
    'offer' in by
      ? eq(publication.offer, by.offer as OfferKey)
      : and(eq(publication.publisherId, by.publisherId), eq(publication.offerId, by.offerId))
  const [row] = await tx.select({ snapshot }).from(publication).innerJoin(snapshot, eq(snapshot.id, publication.liveSnapshot)).where(where)
  return row ? toSnapshot(row.snapshot) : null
}

export async function selectPublications(tx: Tx, offers: OfferKey[]): Promise<PublicationRow[]> {
  return offers.length === 0 ? [] : tx.select().from(publication).where(inArray(publication.offer, offers))
}

export async function selectLivePublications(tx: Tx): Promise<PublicationRow[]> {
  return tx.select().from(publication).where(sql`${publication.liveSnapshot} is not null and ${publication.stoppedAt} is null`)
}

/** Offers of a publisher that have gone live and were not stopped. */
export async function selectLiveOffersOf(tx: Tx, publisherId: string): Promise<OfferKey[]> {
  const rows = await tx
    .select({ offer: publication.offer })
    .from(publication)
    .where(and(eq(publication.publisherId, publisherId), sql`${publication.liveSnapshot} is not null and ${publication.stoppedAt} is null`))
  return rows.map((row) => row.offer)
}

/** Writes down whether a publisher's offers are sold. */
export async function setSuspended(tx: Tx, publisherId: string, since: Temporal.Instant | null): Promise<void> {
  if (since === null) await tx.delete(suspendedPublisher).where(eq(suspendedPublisher.publisherId, publisherId))
  else await tx.insert(suspendedPublisher).values({ publisherId, since }).onConflictDoNothing()
}

export async function upsertPublication(tx: Tx, row: typeof publication.$inferInsert): Promise<void> {
  const { offer: _offer, publisherId: _publisherId, offerId: _offerId, ...changes } = row
  await tx.insert(publication).values(row).onConflictDoUpdate({ target: publication.offer, set: changes })
}

export async function selectStoppedPlans(tx: Tx, offer: string): Promise<StoppedPlanRow[]> {
  return tx
    .select()
    .from(stoppedPlan)
    .where(eq(stoppedPlan.offer, offer as OfferKey))
}

/** Whether an offer, or one of its plans, is no longer sold: one statement for the path of a purchase. */
export async function selectStopped(tx: Tx, offer: string, planId: string | undefined): Promise<boolean> {
  const [row] = rowsOf<{ stopped: boolean }>(
    await tx.execute(sql`
      select exists (select 1 from publishing.publication where offer = ${offer} and stop_requested_at is not null)
        or exists (select 1 from publishing.stopped_plan where offer = ${offer} and plan_id = ${planId ?? ''} and effective_at is not null)
        or exists (select 1 from publishing.publication p join publishing.suspended_publisher s on s.publisher_id = p.publisher_id
          where p.offer = ${offer}) as stopped`),
  )
  return row?.stopped ?? false
}

export async function insertStoppedPlan(tx: Tx, row: typeof stoppedPlan.$inferInsert): Promise<void> {
  await tx.insert(stoppedPlan).values(row).onConflictDoNothing()
}

export async function deleteStoppedPlan(tx: Tx, offer: OfferKey, planId: string): Promise<void> {
  await tx.delete(stoppedPlan).where(and(eq(stoppedPlan.offer, offer), eq(stoppedPlan.planId, planId)))
}

/** Makes requested stops of plans effective. Returns their ids. */
export async function applyPlanStops(tx: Tx, offer: OfferKey, at: Temporal.Instant): Promise<string[]> {
  const rows = await tx
    .update(stoppedPlan)
    .set({ effectiveAt: at })
    .where(and(eq(stoppedPlan.offer, offer), sql`${stoppedPlan.effectiveAt} is null`))
    .returning({ planId: stoppedPlan.planId })
  return rows.map((row) => row.planId)
}

export async function updateStoppedPlan(
  tx: Tx,
  offer: OfferKey,
  planId: string,
  changes: Partial<typeof stoppedPlan.$inferInsert>,
): Promise<void> {
  await tx
    .update(stoppedPlan)
    .set(changes)
    .where(and(eq(stoppedPlan.offer, offer), eq(stoppedPlan.planId, planId)))
}

/** Ends the stops of plans that were asked to come back. Returns their ids. */
export async function applyPlanResumes(tx: Tx, offer: OfferKey): Promise<string[]> {
  const rows = await tx
    .delete(stoppedPlan)
    .where(and(eq(stoppedPlan.offer, offer), sql`${stoppedPlan.resumeRequestedAt} is not null`))
    .returning({ planId: stoppedPlan.planId })
  return rows.map((row) => row.planId)
}

export async function insertHistory(tx: Tx, row: typeof history.$inferInsert): Promise<void> {
  await tx.insert(history).values(row)
}

export async function selectHistory(tx: Tx, offer: OfferKey): Promise<HistoryRow[]> {
  return tx.select().from(history).where(eq(history.offer, offer)).orderBy(desc(history.at), desc(history.id))
}

/** The submission that made a snapshot. */
export async function selectSubmissionOf(tx: Tx, snapshotId: string): Promise<SubmissionRow | undefined> {
  const [row] = await tx
    .select()
    .from(submission)
    .where(or(eq(submission.liveSnapshot, snapshotId), eq(submission.previewSnapshot, snapshotId)))
    .orderBy(desc(submission.number))
    .limit(1)
  return row
}

/** Pages that submissions of an offer changed, by submission. */
export async function selectChanged(tx: Tx, offer: OfferKey): Promise<Map<string, string[]>> {
  const rows = await tx.select({ id: submission.id, changed: submission.changed }).from(submission).where(eq(submission.offer, offer))
  return new Map(rows.map((row) => [row.id, row.changed]))
}

/** The preview of an offer by the names in addresses, with what decides about it. */
export async function selectPreview(
  tx: Tx,
  publisherId: string,
  offerId: string,
): Promise<{ snapshot: Snapshot; key: string | null; isFree: boolean } | null> {
  const [row] = await tx
    .select({ snapshot, key: publication.previewKey, isFree: publication.previewFree })
    .from(publication)
    .innerJoin(snapshot, eq(snapshot.id, publication.previewSnapshot))
    .where(and(eq(publication.publisherId, publisherId), eq(publication.offerId, offerId)))
  return row ? { snapshot: toSnapshot(row.snapshot), key: row.key, isFree: row.isFree } : null
}

export async function selectCertification(tx: Tx, id: string, options: { lock?: boolean } = {}): Promise<CertificationRow | undefined> {
  const query = tx.select().from(certification).where(eq(certification.submission, id))
  const [row] = await (options.lock ? query.for('update') : query)
  return row
}

export async function insertCertification(tx: Tx, row: typeof certification.$inferInsert): Promise<void> {
  await tx.insert(certification).values(row).onConflictDoUpdate({ target: certification.submission, set: row })
}

export async function updateCertification(tx: Tx, id: string, changes: Partial<typeof certification.$inferInsert>): Promise<void> {
  await tx.update(certification).set(changes).where(eq(certification.submission, id))
}

/** Certifications that wait for a decision, the longest waiting first, or those decided last. */
export async function selectCertifications(tx: Tx, open: boolean, limit: number): Promise<CertificationRow[]> {
  return tx
    .select()
    .from(certification)
    .where(open ? isNull(certification.outcome) : isNotNull(certification.outcome))
    .orderBy(open ? asc(certification.openedAt) : desc(certification.decidedAt))
    .limit(limit)
}

export async function selectSubmissions(tx: Tx, ids: string[]): Promise<SubmissionRow[]> {
  return ids.length === 0 ? [] : tx.select().from(submission).where(inArray(submission.id, ids))
}

export async function selectForbiddenWords(tx: Tx): Promise<(typeof forbiddenWord.$inferSelect)[]> {
  return tx.select().from(forbiddenWord).orderBy(asc(forbiddenWord.word))
}

export async function insertForbiddenWord(tx: Tx, row: typeof forbiddenWord.$inferInsert): Promise<boolean> {
  return (await tx.insert(forbiddenWord).values(row).onConflictDoNothing().returning({ word: forbiddenWord.word })).length > 0
}

export async function deleteForbiddenWord(tx: Tx, word: string): Promise<boolean> {
  return (await tx.delete(forbiddenWord).where(eq(forbiddenWord.word, word)).returning({ word: forbiddenWord.word })).length > 0
}

export async function selectCriteria(tx: Tx, offerType?: string): Promise<(typeof eligibilityCriterion.$inferSelect)[]> {
  return tx
    .select()
    .from(eligibilityCriterion)
    .where(offerType === undefined ? undefined : eq(eligibilityCriterion.offerType, offerType))
    .orderBy(asc(eligibilityCriterion.offerType), asc(eligibilityCriterion.id))
}

export async function insertCriterion(tx: Tx, row: typeof eligibilityCriterion.$inferInsert): Promise<boolean> {
  return (await tx.insert(eligibilityCriterion).values(row).onConflictDoNothing().returning({ id: eligibilityCriterion.id })).length > 0
}

export async function deleteCriterion(tx: Tx, id: string): Promise<typeof eligibilityCriterion.$inferSelect | undefined> {
  const [row] = await tx.delete(eligibilityCriterion).where(eq(eligibilityCriterion.id, id)).returning()
  return row
}

export async function selectMode(tx: Tx, options: { lock?: boolean } = {}): Promise<typeof certificationMode.$inferSelect | undefined> {
  const query = tx.select().from(certificationMode)
  const [row] = await (options.lock ? query.for('update') : query)
  return row
}

export async function upsertMode(tx: Tx, row: Omit<typeof certificationMode.$inferInsert, 'only'>): Promise<void> {
  await tx
    .insert(certificationMode)
    .values({ only: true, ...row })
    .onConflictDoUpdate({ target: certificationMode.only, set: row })
}

interface Named {
  id: OfferKey
  publisherId: string
}

/** Live offers of the same publisher, other than this one, that have one of the titles: their offer ids. */
export async function selectTitlesTaken(tx: Tx, offer: Named, titles: readonly string[]): Promise<string[]> {
  const names = titles.map((title) => title.trim().toLowerCase())
  const rows = rowsOf<{ offer_id: string }>(
    await tx.execute(sql`
      select p.offer_id from publishing.publication p join publishing.snapshot s on s.id = p.live_snapshot
      where p.publisher_id = ${offer.publisherId} and p.offer <> ${offer.id} and p.stopped_at is null and exists (
        select from jsonb_each(s.content -> 'listing') as l(language, texts) where lower(btrim(texts ->> 'name')) = any(${sql.param(names)}::text[]))
      order by p.offer_id limit 5`),
  )
  return rows.map((row) => row.offer_id)
}

/** A live offer of the same publisher that uses another application: its offer id. */
export async function selectOtherApplication(tx: Tx, offer: Named, applicationId: string): Promise<string | null> {
  const [row] = rowsOf<{ offer_id: string }>(
    await tx.execute(sql`
      select p.offer_id from publishing.publication p join publishing.snapshot s on s.id = p.live_snapshot
      where p.publisher_id = ${offer.publisherId} and p.offer <> ${offer.id} and p.stopped_at is null
        and lower(s.content -> 'technicalConfiguration' ->> 'applicationId') <> ${applicationId.toLowerCase()}
      order by p.offer_id limit 1`),
  )
  return row?.offer_id ?? null
}
