import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import type { DomainEvent } from '../../kernel/events.ts'
import { newId } from '../../kernel/ids.ts'
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

export async function openContract(ctx: Ctx, payload: SubscriptionPayload): Promise<void> {
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

/**
 * Adds the event to the subscription's history and the charges that follow from it; returns the new ones. Repeating an event
 * adds nothing.
 */
export async function recordEvent(ctx: Ctx, event: DomainEvent<SubscriptionPayload>): Promise<ChargeRow[]> {
  const known = factOf(event)
  if (!known) return []
  const { payload } = event
  if (event.type !== 'subscription.cancelled') await keepDimensionPrices(ctx, payload)
  const added = await ctx.tx
    .insert(history)
    .values({ subscription: payload.subscription, type: known.fact.type, source: known.source, at: known.at, fact: known.fact })
    .onConflictDoNothing()
    .returning({ id: history.id })
  if (added.length === 0) return []
  const rated = rate(await historyOf(ctx, payload.subscription))
  const ids = new Map(
    (await ctx.tx.select({ id: charge.id, key: charge.key }).from(charge).where(eq(charge.subscription, payload.subscription))).map(
      (row) => [row.key, row.id],
    ),
  )
  const fresh = rated.filter((one) => !ids.has(one.key))
  for (const one of fresh) ids.set(one.key, newId<'charge'>())
  const rows = fresh.map((one) => chargeRow(payload, one, ids))
  if (rows.length > 0) await ctx.tx.insert(charge).values(rows)
  return rows
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
