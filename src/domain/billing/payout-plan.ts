import { and, eq, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { rowsOf, startOfDay, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal, minorUnits, type RateTable, roundMoney } from '../../kernel/money.ts'
import { type Accounts, type NotPayable, withholdingRate } from '../accounts/index.ts'
import type { Offers } from '../offers/index.ts'
import { sum } from './line.ts'
import { adjustment } from './payout-schema.ts'
import { inForce, termsOf } from './payout-terms.ts'
import { payout } from './schema.ts'

/** Why a publisher's balance is not paid in a run; all of it waits for the next one. */
export type HeldReason = NotPayable | 'suspended' | 'held-by-publisher' | 'rate-missing' | 'credits-exceed' | 'below-threshold'

/** Lines and adjustments of one currency, before and after exchange. Amounts are exact sums of amounts that were rounded once each. */
export interface PayoutPart {
  currency: string
  lines: number
  net: Decimal
  fee: Decimal
  /** the publisher's share: net − fee */
  share: Decimal
  withheld: Decimal
  adjusted: Decimal
  /** In the payout's currency: what the lines come to, each rounded once. */
  paid: Decimal
  adjustedPaid: Decimal
  /** In the payout's currency, not rounded line by line. */
  exact: Decimal
  /** For the statement, in the payout's currency. */
  netPaid: Decimal
  withheldPaid: Decimal
}

/** What a run would do for one publisher, decided by the same rules that the run follows. */
export interface PlannedPayout {
  publisherId: string
  /** the payout profile's; of the balance where there is none */
  currency: string
  profile: string | null
  outcome: 'paid' | 'held'
  reason: HeldReason | null
  net: Decimal
  fee: Decimal
  withheld: Decimal
  adjusted: Decimal
  amount: Decimal
  lines: number
  parts: PayoutPart[]
  adjustments: { id: string; rate: Decimal; paid: Decimal }[]
  /** a payout that the bank returned and that is made again */
  again: { id: string; number: string } | null
}

/** Whom a plan is made for, and by which rules. Also what {@link figures} calculates with. */
export interface Plan {
  planned: PlannedPayout[]
  sellers: Seller[]
  rates: Rate[]
  /** The publisher that the next part begins after; null: this was the last. */
  next: string | null
}

interface Seller {
  publisherId: string
  /** the currency it is paid in, null where nothing says so */
  target: string | null
  /** percent withheld from sales into the United States */
  withholding: Decimal
  /** what customers paid before this instant is paid on */
  before: Temporal.Instant
}

interface Rate {
  source: string
  target: string
  day: string
  rate: Decimal
}

export interface PlanRequest {
  /** first day of the month that the run serves */
  month: Temporal.PlainDate
  /** the instant of the run */
  at: Temporal.Instant
  /** publishers after this one */
  after?: string | undefined
  limit?: number
  /** one publisher only */
  publisherId?: string
}

/** A credit or correction goes back at the rate and the withholding of the sale that it takes back. */
const sources = sql`
  join billing.invoice_line n on n.id = l.line
  join billing.invoice i on i.id = l.invoice
  left join billing.charge c on c.id = n.charge
  left join billing.charge o on o.id = c.reverses
  left join billing.invoice_line sold on sold.charge = o.id
  left join billing.payout_line earlier on earlier.line = coalesce(sold.id, case when l.part > 0 then l.line end) and earlier.part = 0`
const purchaseDay = sql`(coalesce(o.charged_at, c.charged_at, i.issued_at) at time zone 'UTC')::date`

/**
 * What each due line comes to: rate and amount of withholding, rate of exchange (null where there is none), amount paid. Rounded once each, half away
 * from zero, as `round` of numeric does (design.md, Money).
 */
export function figures(sellers: readonly Seller[], rates: readonly Rate[], currencies: readonly string[]): SQL {
  const column = <Row>(rows: readonly Row[], of: (row: Row) => string | number | null) => sql.param(rows.map(of))
  const digits = sql`(select * from unnest(${column(currencies, (code) => code)}::text[], ${column(currencies, minorUnits)}::int[]) as t(currency, digits))`
  return sql`
    select l.line, l.part, l.publisher_id, l.currency, coalesce(s.target, l.currency) as target, l.net, l.fee, l.amount,
      w.withholding_rate, f.withheld, r.rate, round((l.amount - f.withheld) * r.rate, td.digits) as paid, (l.amount - f.withheld) * r.rate as exact,
      round(l.net * r.rate, td.digits) as net_paid, round(f.withheld * r.rate, td.digits) as withheld_paid
    from billing.payout_line l
    join unnest(${column(sellers, (row) => row.publisherId)}::text[], ${column(sellers, (row) => row.target)}::text[],
      ${column(sellers, (row) => row.withholding.toFixed())}::numeric[], ${column(sellers, (row) => row.before.toString())}::timestamptz[])
      as s(publisher_id, target, withholding, before) on s.publisher_id = l.publisher_id
    ${sources}
    join ${digits} d on d.currency = l.currency
    join ${digits} td on td.currency = coalesce(s.target, l.currency)
    left join unnest(${column(rates, (row) => row.source)}::text[], ${column(rates, (row) => row.target)}::text[], ${column(rates, (row) => row.day)}::date[],
      ${column(rates, (row) => row.rate.toFixed())}::numeric[]) as x(source, target, day, rate)
      on x.source = l.currency and x.target = s.target and x.day = ${purchaseDay}
    cross join lateral (select case when coalesce(s.target, l.currency) = l.currency then 1 else x.rate end as rate) r
    cross join lateral (select coalesce(earlier.withholding_rate, case when i.bill_to->>'country' = 'US' then s.withholding else 0 end) as withholding_rate) w
    cross join lateral (select round(l.amount * w.withholding_rate / 100, d.digits) as withheld) f
    where l.payout is null and l.collected_at < s.before`
}

/** Decides for publishers in the order of their ids what a run at this instant does. */
export async function planPayouts(
  ctx: Ctx,
  { accounts, offers }: { accounts: Accounts; offers: Offers },
  request: PlanRequest,
): Promise<Plan> {
  const { month, at, limit = 1000 } = request
  const publisherIds = await publishersWithBalance(ctx, request, limit)
  if (publisherIds.length === 0) return { planned: [], sellers: [], rates: [], next: null }
  const readiness = await accounts.paymentReadiness(ctx, publisherIds)
  const held = await accounts.payoutsHeld(ctx, publisherIds, startOfDay(month))
  const suspended = new Set(
    (await accounts.getPublishers(ctx, publisherIds)).filter((one) => one.status === 'suspended').map((one) => one.publisherId),
  )
  const served = await servedIn(ctx, publisherIds, month)
  const terms = await termsOf(ctx)
  const sellers = publisherIds.map((publisherId): Seller => {
    const { payout: account, withholding } = readiness.get(publisherId) ?? { payout: null, withholding: null }
    const { escrowDays } = inForce(terms, account?.currency ?? null, utcDate(at))
    return {
      publisherId,
      target: account?.currency ?? null,
      withholding: withholding ? withholdingRate(withholding, 'US') : new Decimal(0),
      before: at.subtract({ hours: 24 * escrowDays }),
    }
  })
  const targets = new Map(sellers.map((seller) => [seller.publisherId, seller.target]))
  const adjustments = await waitingAdjustments(ctx, publisherIds)
  const rates = await ratesFor(ctx, offers, [
    ...(await daysOfLines(ctx, sellers)),
    ...adjustments.flatMap((row) => {
      const target = targets.get(row.publisherId)
      return target ? [{ source: row.currency, target, day: utcDate(row.decidedAt ?? at).toString() }] : []
    }),
  ])
  const rateOf = (source: string, target: string, day: string) =>
    source === target
      ? new Decimal(1)
      : (rates.find((rate) => rate.source === source && rate.target === target && rate.day === day)?.rate ?? null)

  const groups = new Map<
    string,
    {
      publisherId: string
      currency: string
      parts: Map<string, PayoutPart>
      adjustments: PlannedPayout['adjustments']
      unknownRate: boolean
    }
  >()
  const groupOf = (publisherId: string, currency: string) => {
    const key = `${publisherId} ${currency}`
    const group = groups.get(key) ?? {
      publisherId,
      currency,
      parts: new Map<string, PayoutPart>(),
      adjustments: [] as PlannedPayout['adjustments'],
      unknownRate: false,
    }
    groups.set(key, group)
    return group
  }
  for (const row of await sumsOfLines(ctx, sellers, rates)) {
    const group = groupOf(row.publisherId, row.target)
    if (row.unknownRate) group.unknownRate = true
    group.parts.set(row.part.currency, row.part)
  }
  for (const row of adjustments) {
    const currency = targets.get(row.publisherId) ?? row.currency
    const group = groupOf(row.publisherId, currency)
    const rate = rateOf(row.currency, currency, utcDate(row.decidedAt ?? at).toString())
    if (!rate) group.unknownRate = true
    const part = group.parts.get(row.currency) ?? emptyPart(row.currency)
    const exact = row.amount.times(rate ?? 0)
    const paid = roundMoney(exact, currency)
    group.parts.set(row.currency, {
      ...part,
      adjusted: part.adjusted.plus(row.amount),
      adjustedPaid: part.adjustedPaid.plus(paid),
      exact: part.exact.plus(exact),
    })
    group.adjustments.push({ id: row.id, rate: rate ?? new Decimal(0), paid })
  }

  const obstacle = (publisherId: string): HeldReason | null => {
    if (suspended.has(publisherId)) return 'suspended'
    if (held.has(publisherId)) return 'held-by-publisher'
    return readiness.get(publisherId)?.problem ?? null
  }
  const planned = [...groups.values()]
    .filter((group) => !served.has(`${group.publisherId} ${group.currency}`))
    .map((group): PlannedPayout => {
      const parts = [...group.parts.values()]
      const net = sum(parts.map((part) => part.netPaid))
      const withheld = sum(parts.map((part) => part.withheldPaid))
      const adjusted = sum(parts.map((part) => part.adjustedPaid))
      const paid = sum(parts.map((part) => part.paid))
      const amount = paid.plus(adjusted)
      const { threshold } = inForce(terms, group.currency, utcDate(at))
      const reason =
        obstacle(group.publisherId) ??
        (group.unknownRate
          ? 'rate-missing'
          : amount.lessThanOrEqualTo(0)
            ? 'credits-exceed'
            : amount.lessThan(threshold)
              ? 'below-threshold'
              : null)
      return {
        publisherId: group.publisherId,
        currency: group.currency,
        profile: readiness.get(group.publisherId)?.payout?.profileId ?? null,
        outcome: reason === null ? 'paid' : 'held',
        reason,
        net,
        // What is neither withheld nor paid is the fee: with an exchange the figures of a statement still add up.
        fee: net.minus(withheld).minus(paid),
        withheld,
        adjusted,
        amount,
        lines: parts.reduce((lines, part) => lines + part.lines, 0),
        parts,
        adjustments: group.adjustments,
        again: null,
      }
    })
  for (const row of await returnedPayouts(ctx, publisherIds)) {
    const reason = obstacle(row.publisherId)
    const { publisherId, currency, net, fee, withheld, adjusted, amount, lines, id, number } = row
    const profile = readiness.get(publisherId)?.payout?.profileId ?? null
    const outcome = reason === null ? 'paid' : 'held'
    planned.push({
      publisherId,
      currency,
      profile,
      outcome,
      reason,
      net,
      fee,
      withheld,
      adjusted,
      amount,
      lines,
      parts: [],
      adjustments: [],
      again: { id, number },
    })
  }
  return { planned, sellers, rates, next: publisherIds.length === limit ? (publisherIds.at(-1) ?? null) : null }
}

function emptyPart(currency: string): PayoutPart {
  const zero = new Decimal(0)
  return {
    currency,
    lines: 0,
    net: zero,
    fee: zero,
    share: zero,
    withheld: zero,
    adjusted: zero,
    paid: zero,
    adjustedPaid: zero,
    exact: zero,
    netPaid: zero,
    withheldPaid: zero,
  }
}

async function publishersWithBalance(ctx: Ctx, { at, after, publisherId }: PlanRequest, limit: number): Promise<string[]> {
  const rows = rowsOf<{ publisher_id: string }>(
    await ctx.tx.execute(sql`
      select publisher_id from (
        select distinct publisher_id from billing.payout_line where payout is null and collected_at < ${at.toString()}::timestamptz
        union select publisher_id from billing.adjustment where state = 'approved' and payout is null
        union select publisher_id from billing.payout where state = 'returned') w
      where ${after === undefined ? sql`true` : sql`publisher_id > ${after}`}
        and ${publisherId === undefined ? sql`true` : sql`publisher_id = ${publisherId}`}
      order by 1 limit ${limit}`),
  )
  return rows.map((row) => row.publisher_id)
}

async function servedIn(ctx: Ctx, publisherIds: string[], month: Temporal.PlainDate): Promise<Set<string>> {
  const rows = await ctx.tx
    .select({ publisherId: payout.publisherId, currency: payout.currency })
    .from(payout)
    .where(and(eq(payout.month, month), inArray(payout.publisherId, publisherIds)))
  return new Set(rows.map((row) => `${row.publisherId} ${row.currency}`))
}

async function waitingAdjustments(ctx: Ctx, publisherIds: string[]) {
  return ctx.tx
    .select()
    .from(adjustment)
    .where(and(inArray(adjustment.publisherId, publisherIds), eq(adjustment.state, 'approved'), isNull(adjustment.payout)))
    .orderBy(adjustment.number)
}

async function returnedPayouts(ctx: Ctx, publisherIds: string[]) {
  return ctx.tx
    .select()
    .from(payout)
    .where(and(inArray(payout.publisherId, publisherIds), eq(payout.state, 'returned')))
    .orderBy(payout.number)
}

/** Pairs of currencies and days for which a rate is needed. */
async function daysOfLines(ctx: Ctx, sellers: Seller[]): Promise<Omit<Rate, 'rate'>[]> {
  return rowsOf<Omit<Rate, 'rate'>>(
    await ctx.tx.execute(sql`
      select distinct l.currency as source, s.target, to_char(${purchaseDay}, 'YYYY-MM-DD') as day
      from billing.payout_line l
      join unnest(${sql.param(sellers.map((row) => row.publisherId))}::text[], ${sql.param(sellers.map((row) => row.target))}::text[])
        as s(publisher_id, target) on s.publisher_id = l.publisher_id
      ${sources}
      where l.payout is null and l.collected_at is not null and s.target <> l.currency`),
  )
}

/** Rates of the day of purchase, across the US dollar, to ten significant digits; those that cannot be known are left out. */
async function ratesFor(ctx: Ctx, offers: Offers, wanted: Omit<Rate, 'rate'>[]): Promise<Rate[]> {
  const tables = new Map<string, RateTable>()
  const rates = new Map<string, Rate>()
  for (const pair of wanted) {
    if (pair.source === pair.target) continue
    let table = tables.get(pair.day)
    if (!table) {
      // What was entered in the course of that day holds for all of it.
      const endOfDay = startOfDay(Temporal.PlainDate.from(pair.day).add({ days: 1 })).subtract({ nanoseconds: 1000 })
      table = { ...(await offers.rates({ ...ctx, now: endOfDay })), USD: '1' }
      tables.set(pair.day, table)
    }
    const [from, to] = [table[pair.source], table[pair.target]]
    if (from === undefined || to === undefined) continue
    rates.set(`${pair.source} ${pair.target} ${pair.day}`, { ...pair, rate: new Decimal(to).div(from).toSignificantDigits(10) })
  }
  return [...rates.values()]
}

async function sumsOfLines(
  ctx: Ctx,
  sellers: Seller[],
  rates: Rate[],
): Promise<{ publisherId: string; target: string; unknownRate: boolean; part: PayoutPart }[]> {
  const rows = rowsOf<
    Record<
      'publisher_id' | 'currency' | 'target' | 'net' | 'fee' | 'share' | 'withheld' | 'paid' | 'exact' | 'net_paid' | 'withheld_paid',
      string
    > & { lines: number; unknown: boolean }
  >(
    await ctx.tx.execute(sql`
      select publisher_id, currency, target, count(*)::int as lines, sum(net)::text as net, sum(fee)::text as fee, sum(amount)::text as share,
        sum(withheld)::text as withheld, coalesce(sum(paid), 0)::text as paid, coalesce(sum(exact), 0)::text as exact,
        coalesce(sum(net_paid), 0)::text as net_paid, coalesce(sum(withheld_paid), 0)::text as withheld_paid, bool_or(rate is null) as unknown
      from (${figures(sellers, rates, await currenciesOf(ctx, sellers))}) f group by 1, 2, 3 order by 1, 2`),
  )
  return rows.map((row) => ({
    publisherId: row.publisher_id,
    target: row.target,
    unknownRate: row.unknown,
    part: {
      ...emptyPart(row.currency),
      lines: row.lines,
      net: new Decimal(row.net),
      fee: new Decimal(row.fee),
      share: new Decimal(row.share),
      withheld: new Decimal(row.withheld),
      paid: new Decimal(row.paid),
      exact: new Decimal(row.exact),
      netPaid: new Decimal(row.net_paid),
      withheldPaid: new Decimal(row.withheld_paid),
    },
  }))
}

/** All currencies that {@link figures} meets for these sellers. */
export async function currenciesOf(ctx: Ctx, sellers: readonly Seller[]): Promise<string[]> {
  const rows = rowsOf<{ currency: string }>(
    await ctx.tx.execute(sql`
      select distinct currency from billing.payout_line
      where payout is null and publisher_id = any(${sql.param(sellers.map((row) => row.publisherId))}::text[])`),
  )
  return [...new Set([...rows.map((row) => row.currency), ...sellers.flatMap((row) => (row.target ? [row.target] : []))])]
}
