import { and, asc, desc, eq, inArray, lt, sql } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import type { EndpointKey } from './deliveries.ts'
import {
  delivery,
  deliveryAttempt,
  history,
  landingToken,
  type OfferBinding,
  type OperationRow,
  offerBinding,
  operation,
  type SubscriptionRow,
  subscription,
  term,
} from './schema.ts'

/** The row, locked until the end of the transaction: the first lock of every change. */
export async function lockSubscription(ctx: Ctx, id: string): Promise<SubscriptionRow | null> {
  const rows = await ctx.tx.select().from(subscription).where(eq(subscription.id, id)).for('update')
  return rows[0] ?? null
}

export async function findSubscription(ctx: Ctx, id: string): Promise<SubscriptionRow | null> {
  const rows = await ctx.tx.select().from(subscription).where(eq(subscription.id, id))
  return rows[0] ?? null
}

export async function saveSubscription(ctx: Ctx, row: SubscriptionRow): Promise<void> {
  const { id, ...columns } = row
  await ctx.tx.update(subscription).set(columns).where(eq(subscription.id, id))
}

/** The binding that a subscription of the live offer, or one that was bought from its preview, follows. */
export async function findBinding(ctx: Ctx, { offer, preview }: EndpointKey): Promise<OfferBinding | null> {
  const rows = await ctx.tx
    .select()
    .from(offerBinding)
    .where(and(eq(offerBinding.offer, offer), eq(offerBinding.preview, preview)))
  return rows[0] ?? null
}

/** Id of the snapshot that was published last for the offer. */
export async function findLiveSnapshot(ctx: Ctx, offer: string): Promise<string | undefined> {
  const rows = await ctx.tx
    .select({ snapshot: offerBinding.snapshot })
    .from(offerBinding)
    .where(and(eq(offerBinding.offer, offer), eq(offerBinding.preview, false)))
  return rows[0]?.snapshot
}

/** The same for many offers, by offer. */
export async function findLiveSnapshots(ctx: Ctx, offers: string[]): Promise<Map<string, string>> {
  const rows = await ctx.tx
    .select({ offer: offerBinding.offer, snapshot: offerBinding.snapshot })
    .from(offerBinding)
    .where(and(inArray(offerBinding.offer, offers), eq(offerBinding.preview, false)))
  return new Map(rows.map((row) => [row.offer, row.snapshot]))
}

/** The rows, locked until the end of the transaction, always in the same order. */
export async function lockSubscriptions(ctx: Ctx, ids: string[]): Promise<SubscriptionRow[]> {
  return ctx.tx
    .select()
    .from(subscription)
    .where(sql`${subscription.id} = any(${sql.param(ids)}::uuid[])`)
    .orderBy(asc(subscription.id))
    .for('update')
}

/** What a renewal changes, of many subscriptions. */
export async function saveRenewed(ctx: Ctx, rows: readonly SubscriptionRow[]): Promise<void> {
  const changes = rows.map(({ id, status, agreement, termIndex, termStart, termEnd, isFreeTrial, modifiedAt }) => ({
    id,
    status,
    agreement,
    term_index: termIndex,
    term_start: termStart,
    term_end: termEnd,
    is_free_trial: isFreeTrial,
    modified_at: modifiedAt,
  }))
  await ctx.tx.execute(sql`
    update subscriptions.subscription s set status = r.status, agreement = r.agreement, term_index = r.term_index, term_start = r.term_start,
      term_end = r.term_end, is_free_trial = r.is_free_trial, modified_at = r.modified_at
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as r(id uuid, status text, agreement jsonb, term_index integer, term_start date,
      term_end date, is_free_trial boolean, modified_at timestamptz)
    where s.id = r.id`)
}

export async function findOperation(ctx: Ctx, id: string): Promise<OperationRow | null> {
  const rows = await ctx.tx.select().from(operation).where(eq(operation.id, id))
  return rows[0] ?? null
}

export async function saveOperation(ctx: Ctx, row: OperationRow): Promise<void> {
  const { id, ...columns } = row
  await ctx.tx.update(operation).set(columns).where(eq(operation.id, id))
}

/** Whether the tenant has had a term of the offer that was not free (spec/01 §15.8: then no further trial). */
export async function hasPaidFor(ctx: Ctx, offer: string, beneficiaryTenantId: string): Promise<boolean> {
  const rows = await ctx.tx
    .select({ one: sql`1` })
    .from(term)
    .innerJoin(subscription, eq(term.subscription, subscription.id))
    .where(
      and(
        eq(subscription.offer, offer),
        eq(subscription.beneficiaryTenantId, beneficiaryTenantId),
        eq(term.isFreeTrial, false),
        eq(term.reversed, false),
        sql`${term.unitPrice} > 0`,
      ),
    )
    .limit(1)
  return rows.length > 0
}

/** The delivery whose turn it is: the oldest that waits. */
export async function nextWaiting(ctx: Ctx, subscriptionId: string) {
  const rows = await ctx.tx
    .select()
    .from(delivery)
    .where(and(eq(delivery.subscription, subscriptionId), eq(delivery.state, 'waiting')))
    .orderBy(asc(delivery.seq))
    .limit(1)
  return rows[0] ?? null
}

export async function outstandingOperations(ctx: Ctx, subscriptionId: string): Promise<OperationRow[]> {
  return ctx.tx
    .select()
    .from(operation)
    .where(and(eq(operation.subscription, subscriptionId), eq(operation.status, 'InProgress')))
    .orderBy(asc(operation.id))
}

export async function termsOf(ctx: Ctx, subscriptionId: string) {
  return ctx.tx.select().from(term).where(eq(term.subscription, subscriptionId)).orderBy(asc(term.index))
}

export async function operationsOf(ctx: Ctx, subscriptionId: string) {
  return ctx.tx.select().from(operation).where(eq(operation.subscription, subscriptionId)).orderBy(asc(operation.id))
}

export async function historyOf(ctx: Ctx, subscriptionId: string) {
  return ctx.tx.select().from(history).where(eq(history.subscription, subscriptionId)).orderBy(asc(history.id))
}

export async function deliveriesOf(
  ctx: Ctx,
  filter: { subscription?: string; publisherId?: string; state?: string; before?: number; limit: number },
) {
  const conditions = [
    filter.subscription === undefined ? undefined : eq(delivery.subscription, filter.subscription),
    filter.publisherId === undefined ? undefined : eq(delivery.publisherId, filter.publisherId),
    filter.state === undefined ? undefined : sql`${delivery.state} = ${filter.state}`,
    filter.before === undefined ? undefined : lt(delivery.seq, filter.before),
  ]
  return ctx.tx
    .select()
    .from(delivery)
    .where(and(...conditions))
    .orderBy(desc(delivery.seq))
    .limit(filter.limit)
}

export async function attemptsOf(ctx: Ctx, deliveries: string[]) {
  if (deliveries.length === 0) return []
  return ctx.tx
    .select()
    .from(deliveryAttempt)
    .where(inArray(deliveryAttempt.delivery, deliveries))
    .orderBy(asc(deliveryAttempt.delivery), asc(deliveryAttempt.number))
}

/** Forgets tokens of a subscription that expired long ago. */
export async function forgetTokens(ctx: Ctx, subscriptionId: string, before: string): Promise<void> {
  await ctx.tx
    .delete(landingToken)
    .where(and(eq(landingToken.subscription, subscriptionId), sql`${landingToken.expiresAt} < ${before}::timestamptz`))
}
