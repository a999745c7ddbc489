import { sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { rowsOf, startOfDay, utcDate } from '../../kernel/clock.ts'
import { toInstant } from '../../kernel/columns.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { inForce, termsOf } from './payout-terms.ts'
import { payoutDay } from './runs.ts'
import type { UnbilledShare } from './unbilled-share.ts'

/** What a publisher may expect of one run, in one currency of sale, before withholding and exchange. */
export interface ForecastRow {
  /** the day of the run; null: customers are late, nobody can say when */
  on: Temporal.PlainDate | null
  currency: string
  lines: number
  amount: Decimal
  /** part of it that customers have paid already */
  collected: Decimal
  /** part of it that is charged or accepted, and on no invoice yet */
  unbilled: Decimal
}

/** The day of the first run after `at`. */
export function nextPayoutDay(at: Temporal.Instant): Temporal.PlainDate {
  const day = utcDate(at)
  const thisMonth = day.with({ day: payoutDay })
  return day.day < payoutDay ? thisMonth : thisMonth.add({ months: 1 })
}

/**
 * When what is owed to a publisher will be paid out: what customers have paid, at the first run after the days it is kept; what they have not, as if they
 * paid on the day it is due; what is not invoiced yet, after its invoice; payouts that came back and adjustments, with the next run.
 */
export async function forecast(
  ctx: Ctx,
  publisherId: string,
  payoutCurrency: string | null,
  unbilled: readonly UnbilledShare[],
): Promise<ForecastRow[]> {
  const { escrowDays } = inForce(await termsOf(ctx), payoutCurrency, utcDate(ctx.now))
  const rows = rowsOf<{ currency: string; collected_at: unknown; due_on: string; lines: number; amount: string; kept: boolean }>(
    await ctx.tx.execute(sql`
      select l.currency, date_trunc('day', l.collected_at at time zone 'UTC') at time zone 'UTC' as collected_at, to_char(i.due_on, 'YYYY-MM-DD') as due_on,
        count(*)::int as lines, sum(l.amount)::text as amount, true as kept
      from billing.payout_line l join billing.invoice i on i.id = l.invoice
      where l.publisher_id = ${publisherId} and l.payout is null and (l.collected_at is not null or i.state <> 'written-off') group by 1, 2, 3
      union all
      select currency, ${ctx.now.toString()}::timestamptz, '', lines, amount::text, false from billing.payout
      where publisher_id = ${publisherId} and state = 'returned'
      union all
      select currency, ${ctx.now.toString()}::timestamptz, '', 0, amount::text, false from billing.adjustment
      where publisher_id = ${publisherId} and state = 'approved' and payout is null`),
  )
  const sums = new Map<string, ForecastRow>()
  const zero = new Decimal(0)
  const add = (on: ForecastRow['on'], currency: string, more: Omit<ForecastRow, 'on' | 'currency'>) => {
    const key = `${on?.toString() ?? ''} ${currency}`
    const known = sums.get(key) ?? { on, currency, lines: 0, amount: zero, collected: zero, unbilled: zero }
    sums.set(key, {
      ...known,
      lines: known.lines + more.lines,
      amount: known.amount.plus(more.amount),
      collected: known.collected.plus(more.collected),
      unbilled: known.unbilled.plus(more.unbilled),
    })
  }
  for (const row of rows) {
    const paidAt = row.collected_at === null ? null : toInstant(row.collected_at)
    const expected = paidAt ?? startOfDay(Temporal.PlainDate.from(row.due_on))
    const late = paidAt === null && expected.epochMilliseconds < ctx.now.epochMilliseconds
    const free = row.kept ? expected.add({ hours: 24 * escrowDays }) : expected
    const on = late ? null : nextPayoutDay(free.epochMilliseconds < ctx.now.epochMilliseconds ? ctx.now : free)
    add(on, row.currency, {
      lines: row.lines,
      amount: new Decimal(row.amount),
      collected: new Decimal(paidAt ? row.amount : 0),
      unbilled: zero,
    })
  }
  for (const { currency, expectedOn, amount } of unbilled) {
    const free = startOfDay(expectedOn).add({ hours: 24 * escrowDays })
    add(nextPayoutDay(free), currency, { lines: 1, amount, collected: zero, unbilled: amount })
  }
  return [...sums.values()].toSorted((a, b) => order(a).localeCompare(order(b)))
}

/** By day, what has none last. */
const order = (row: ForecastRow) => `${row.on?.toString() ?? '9999'} ${row.currency}`
