import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { insertAll } from '../../kernel/bulk.ts'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { DomainEvent } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { SubscriptionPayload } from '../subscriptions/index.ts'
import { factOf, keepDimensionPrices } from './facts.ts'
import { type History, type RatedCharge, rate } from './history.ts'
import { charge, contract, history } from './schema.ts'

type ChargeRow = typeof charge.$inferSelect

/** The contract as it is, locked until the transaction ends. */
export async function lockContract(ctx: Ctx, subscription: string) {
  const [row] = await ctx.tx.select().from(contract).where(eq(contract.subscription, subscription)).for('update')
  return row ?? null
}

export async function openContract(ctx: Ctx, payload: SubscriptionPayload, store: Store | null): Promise<void> {
  await ctx.tx
    .insert(contract)
    .values({
      subscription: payload.subscription,
      publisherId: payload.publisherId,
      offer: payload.offer,
      offerId: payload.offerId,
      offerName: payload.agreement.offerName,
      customerTenantId: payload.customerTenantId,
      currency: payload.agreement.currency,
      contact: payload.agreement.termsAccepted.by,
      store,
    })
    .onConflictDoNothing()
}

export async function historyOf(ctx: Ctx, subscription: string): Promise<History> {
  return ctx.tx
    .select({ at: history.at, fact: history.fact })
    .from(history)
    .where(eq(history.subscription, subscription))
    .orderBy(asc(history.id))
}

/** The contracts, locked until the transaction ends. */
export async function lockContracts(ctx: Ctx, subscriptions: readonly string[]): Promise<void> {
  await ctx.tx.execute(sql`
    select 1 from billing.contract where subscription = any(${sql.param(subscriptions)}::uuid[]) order by subscription for update`)
}

/**
 * Adds the event to the subscription's history and the charges that follow from it; returns the new ones. Repeating an event
 * adds nothing.
 */
export async function recordEvent(ctx: Ctx, event: DomainEvent<SubscriptionPayload>): Promise<ChargeRow[]> {
  return recordEvents(ctx, [event])
}

/** The same for events of different subscriptions. */
export async function recordEvents(ctx: Ctx, events: readonly DomainEvent<SubscriptionPayload>[]): Promise<ChargeRow[]> {
  const facts = events.flatMap((event) => {
    const known = factOf(event)
    return known ? [{ event, ...known }] : []
  })
  if (facts.length === 0) return []
  await keepDimensionPrices(
    ctx,
    facts.filter(({ event }) => event.type !== 'subscription.cancelled').map(({ event }) => event.payload),
  )
  const column = (of: (fact: (typeof facts)[number]) => string) => sql.param(facts.map(of))
  const added = rowsOf<{ subscription: string }>(
    await ctx.tx.execute(sql`
      insert into billing.history (subscription, type, source, at, fact)
      select * from unnest(${column(({ event }) => event.payload.subscription)}::uuid[], ${column(({ fact }) => fact.type)}::text[],
        ${column(({ source }) => source)}::text[], ${column(({ at }) => at.toString())}::timestamptz[],
        ${column(({ fact }) => JSON.stringify(fact))}::jsonb[])
      on conflict do nothing returning subscription`),
  )
  const changed = new Set(added.map(({ subscription }) => subscription))
  const payloads = facts.map(({ event }) => event.payload).filter(({ subscription }) => changed.has(subscription))
  const histories = await historiesOf(ctx, [...changed])
  const known = await knownCharges(ctx, [...changed])
  const rows = payloads.flatMap((payload) => {
    const ids = known.get(payload.subscription) ?? new Map<string, string>()
    const fresh = rate(histories.get(payload.subscription) ?? []).filter((one) => !ids.has(one.key))
    for (const one of fresh) ids.set(one.key, newId<'charge'>())
    return fresh.map((one) => chargeRow(payload, one, ids))
  })
  await insertAll(ctx, charge, rows)
  return rows
}

async function historiesOf(ctx: Ctx, subscriptions: string[]): Promise<Map<string, History>> {
  if (subscriptions.length === 0) return new Map()
  const rows = await ctx.tx
    .select({ subscription: history.subscription, at: history.at, fact: history.fact })
    .from(history)
    .where(sql`${history.subscription} = any(${sql.param(subscriptions)}::uuid[])`)
    .orderBy(asc(history.id))
  return Map.groupBy(rows, ({ subscription }) => subscription)
}

/** Ids of the charges that exist, by subscription and key. */
async function knownCharges(ctx: Ctx, subscriptions: string[]): Promise<Map<string, Map<string, string>>> {
  if (subscriptions.length === 0) return new Map()
  const rows = await ctx.tx
    .select({ id: charge.id, key: charge.key, subscription: charge.subscription })
    .from(charge)
    .where(sql`${charge.subscription} = any(${sql.param(subscriptions)}::uuid[])`)
  const known = new Map<string, Map<string, string>>()
  for (const { id, key, subscription } of rows) known.set(subscription, (known.get(subscription) ?? new Map()).set(key, id))
  return known
}

function chargeRow(payload: SubscriptionPayload, one: RatedCharge, ids: Map<string, string>): ChargeRow {
  return {
    id: ids.get(one.key) as string,
    subscription: payload.subscription,
    key: one.key,
    kind: one.kind,
    customerTenantId: payload.customerTenantId,
    currency: one.currency,
    planId: one.planId,
    planName: one.planName,
    description: one.description,
    termStart: one.termStart,
    termEnd: one.termEnd,
    quantity: one.quantity,
    unitPrice: one.unitPrice,
    amount: one.amount,
    chargedAt: one.at,
    reverses: one.reverses === undefined ? null : (ids.get(one.reverses) as string),
    settledAt: null,
    invoice: null,
  }
}

/** Charges by id. */
export async function getCharges(ctx: Ctx, ids: string[]): Promise<ChargeRow[]> {
  return ids.length === 0 ? [] : ctx.tx.select().from(charge).where(inArray(charge.id, ids))
}

/** These never reach an invoice: what was reversed before it was billed, together with its reversal. */
export async function settleWithoutInvoice(ctx: Ctx, ids: string[]): Promise<void> {
  if (ids.length === 0) return
  await ctx.tx
    .update(charge)
    .set({ settledAt: ctx.now })
    .where(and(inArray(charge.id, ids), sql`${charge.settledAt} is null`))
}
