import { and, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { isAnyOf } from '../../kernel/bulk.ts'
import { rowsOf, startOfDay, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Metering } from '../metering/index.ts'
import type { BillableItem } from './document.ts'
import { sum } from './line.ts'
import { charge, contract } from './schema.ts'

export type ContractRow = typeof contract.$inferSelect

/** A dimension of a plan as agreed. */
export interface DimensionPrice {
  displayName: string
  unitOfMeasure: string
  pricePerUnit: Decimal
  planName: string
}

/** Usage of a month may be accepted up to a day after it, so the run of the month after reads that month and the one before. */
const openMonths = 2

/**
 * Contracts that may have something open: those that run, and those closed in the last two months. Their closing invoice was the last one in all
 * likelihood; but an event whose transaction was still under way then is on the next.
 */
export function mayHaveOpen(now: Temporal.Instant): SQL {
  return sql`(${contract.refundedAt} is null and (${contract.closedAt} is null or ${contract.closedAt} >= ${startOfDay(utcDate(now).subtract({ months: openMonths })).toString()}::timestamptz))`
}

/** What is not on an invoice yet, of these contracts, as of `before` (market time). */
export async function openItems(ctx: Ctx, metering: Metering, contracts: ContractRow[], before: Temporal.Instant): Promise<BillableItem[]> {
  const items: BillableItem[] = []
  for (const { row, contract: of } of await openCharges(ctx, contracts, before)) items.push(chargeItem(of, row))
  items.push(...(await openUsage(ctx, metering, contracts, before)))
  return items
}

async function openCharges(ctx: Ctx, contracts: ContractRow[], before: Temporal.Instant) {
  if (contracts.length === 0) return []
  const byId = new Map(contracts.map((c) => [c.subscription, c]))
  const rows = await ctx.tx
    .select()
    .from(charge)
    .where(and(isAnyOf(charge.subscription, [...byId.keys()]), isNull(charge.settledAt), lt(charge.chargedAt, before)))
    .orderBy(charge.chargedAt, charge.id)
  return rows.map((row) => ({ row, contract: byId.get(row.subscription) as ContractRow }))
}

/** A charge as it appears on an invoice. */
export function chargeItem(of: ContractRow, row: typeof charge.$inferSelect): BillableItem {
  return {
    kind: row.kind,
    subscription: row.subscription,
    publisherId: of.publisherId,
    customerTenantId: of.customerTenantId,
    currency: of.currency,
    store: of.store,
    paidBy: of.paidBy,
    billAddress: of.billAddress,
    offerId: of.offerId,
    offerName: of.offerName,
    planId: row.planId,
    planName: row.planName,
    description: row.description,
    serviceStart: row.termStart,
    serviceEnd: row.termEnd,
    quantity: row.quantity,
    unitPrice: row.unitPrice,
    net: row.amount,
    charge: row.id,
  }
}

/** Accepted usage less what earlier lines took: priced from the agreement, every unit of it (AP-081). */
export async function openUsage(ctx: Ctx, metering: Metering, contracts: ContractRow[], before: Temporal.Instant): Promise<BillableItem[]> {
  if (contracts.length === 0) return []
  const from = utcDate(before).with({ day: 1 }).subtract({ months: openMonths })
  const totals = await metering.acceptedTotals(
    ctx,
    contracts.map((c) => ({ publisherId: c.publisherId, resource: c.subscription })),
    { from, acceptedBefore: before },
  )
  if (totals.length === 0) return []
  const subscriptions = [...new Set(totals.map((total) => total.resource))]
  const taken = await takenBefore(ctx, subscriptions, from)
  const prices = await dimensionPrices(ctx, subscriptions)
  const byId = new Map(contracts.map((c) => [c.subscription, c]))

  const items = new Map<string, BillableItem>()
  for (const total of totals) {
    const had = taken.get(`${total.resource} ${total.planId} ${total.dimension} ${total.month.toString()}`)
    const quantity = total.quantity.minus(had?.quantity ?? 0)
    if (!quantity.greaterThan(0)) continue
    const of = byId.get(total.resource) as ContractRow
    const price = prices.get(`${total.resource} ${total.planId} ${total.dimension}`)
    const part = { month: total.month, quantity, events: total.events - (had?.events ?? 0) }
    const key = `${total.resource} ${total.planId} ${total.dimension}`
    const item = items.get(key)
    if (item) {
      item.taken?.push(part)
      item.serviceEnd = monthEnd(total.month)
      continue
    }
    items.set(key, {
      kind: 'usage',
      subscription: total.resource,
      publisherId: of.publisherId,
      customerTenantId: of.customerTenantId,
      currency: of.currency,
      store: of.store,
      paidBy: of.paidBy,
      billAddress: of.billAddress,
      offerId: of.offerId,
      offerName: of.offerName,
      planId: total.planId,
      planName: price?.planName ?? total.planId,
      description: `${price?.displayName ?? total.dimension}${price ? ` (${price.unitOfMeasure})` : ''}`,
      serviceStart: total.month,
      serviceEnd: monthEnd(total.month),
      quantity: new Decimal(0),
      unitPrice: price?.pricePerUnit ?? new Decimal(0),
      net: new Decimal(0),
      dimension: total.dimension,
      ...(price ? { unitOfMeasure: price.unitOfMeasure } : {}),
      taken: [part],
    })
  }
  const lastDay = utcDate(before.subtract({ nanoseconds: 1 }))
  for (const item of items.values()) {
    item.quantity = sum((item.taken ?? []).map((part) => part.quantity))
    item.net = item.quantity.times(item.unitPrice)
    if (Temporal.PlainDate.compare(item.serviceEnd, lastDay) > 0) item.serviceEnd = lastDay
  }
  return [...items.values()]
}

const monthEnd = (month: Temporal.PlainDate) => month.add({ months: 1 }).subtract({ days: 1 })

async function takenBefore(ctx: Ctx, subscriptions: string[], from: Temporal.PlainDate) {
  const rows = rowsOf<{ subscription: string; plan_id: string; dimension: string; month: string; quantity: string; events: number }>(
    await ctx.tx.execute(sql`
      select subscription, plan_id, dimension, to_char(month, 'YYYY-MM-DD') as month, sum(quantity)::text as quantity, sum(events)::int as events
      from billing.usage_taken where subscription = any(${sql.param(subscriptions)}::uuid[]) and month >= ${from.toString()}::date
      group by 1, 2, 3, 4`),
  )
  return new Map(
    rows.map((row) => [
      `${row.subscription} ${row.plan_id} ${row.dimension} ${row.month}`,
      { quantity: new Decimal(row.quantity), events: row.events },
    ]),
  )
}

/**
 * Prices by `subscription plan dimension`: the newest agreement on each plan. A published price cannot change (seed 001 L2525),
 * so that an older agreement on the same plan would say the same.
 */
export async function dimensionPrices(ctx: Ctx, subscriptions: string[]): Promise<Map<string, DimensionPrice>> {
  if (subscriptions.length === 0) return new Map()
  const rows = rowsOf<{
    subscription: string
    plan_id: string
    dimension: string
    plan_name: string
    display_name: string
    unit_of_measure: string
    price: string
  }>(
    await ctx.tx.execute(sql`
      select subscription, plan_id, dimension, plan_name, display_name, unit_of_measure, price::text as price
      from billing.dimension_price where subscription = any(${sql.param(subscriptions)}::uuid[])`),
  )
  return new Map(
    rows.map((row) => [
      `${row.subscription} ${row.plan_id} ${row.dimension}`,
      { planName: row.plan_name, displayName: row.display_name, unitOfMeasure: row.unit_of_measure, pricePerUnit: new Decimal(row.price) },
    ]),
  )
}
