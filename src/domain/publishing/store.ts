import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/database.ts'
import type { OfferKey, SaasContent } from '../offers/index.ts'
import { history, publication, snapshot, step, stoppedPlan, submission } from './schema.ts'
import { lift, type Snapshot } from './snapshot.ts'

export type SubmissionRow = typeof submission.$inferSelect
export type StepRow = typeof step.$inferSelect
export type PublicationRow = typeof publication.$inferSelect
export type StoppedPlanRow = typeof stoppedPlan.$inferSelect
export type HistoryRow = typeof history.$inferSelect

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
        or exists (select 1 from publishing.stopped_plan where offer = ${offer} and plan_id = ${planId ?? ''} and effective_at is not null) as stopped`),
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

export async function insertHistory(tx: Tx, row: typeof history.$inferInsert): Promise<void> {
  await tx.insert(history).values(row)
}

export async function selectHistory(tx: Tx, offer: OfferKey): Promise<HistoryRow[]> {
  return tx.select().from(history).where(eq(history.offer, offer)).orderBy(desc(history.at), desc(history.id))
}
