import { sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { rowsOf, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'

/** Days after which nothing of a day is accepted any more: it ends, and 24 hours later its last event has expired. */
const closedAfterDays = 2
/** Wall time for what was judged before a day was seen closed and is still on its way to the database. */
const grace = { minutes: 2 }

/** Notes the days that nothing can be added to any more. Returns the first days of months that have days to add up. */
export async function closeDays(ctx: Ctx): Promise<string[]> {
  const last = utcDate(ctx.now).subtract({ days: closedAfterDays })
  await ctx.tx.execute(sql`
    insert into metering.rolled_day (day, closed_wall)
    select d::date, ${ctx.wall.toString()}::timestamptz from generate_series(
      coalesce((select max(day) + 1 from metering.rolled_day),
        (select to_date(substr(min(inhrelid::regclass::text), 22), 'YYYY_MM') from pg_inherits where inhparent = 'metering.usage_event'::regclass)),
      ${last.toString()}::date, interval '1 day') d
    on conflict do nothing`)
  const rows = rowsOf<{ month: string }>(
    await ctx.tx.execute(sql`
      select distinct to_char(day, 'YYYY-MM-01') as month from metering.rolled_day
      where rolled_at is null and closed_wall < ${ctx.wall.subtract(grace).toString()}::timestamptz order by 1`),
  )
  return rows.map(({ month }) => month)
}

/** Adds up the closed days of a month. Returns how many; repeating it adds nothing. */
export async function rollUp(ctx: Ctx, month: string): Promise<number> {
  const last = Temporal.PlainDate.from(month).add({ months: 1 }).subtract({ days: 1 })
  const [row] = rowsOf<{ days: number }>(
    await ctx.tx.execute(
      sql`select metering.roll_up(${month}::date, ${last.toString()}::date, ${ctx.wall.subtract(grace).toString()}::timestamptz, ${ctx.wall.toString()}::timestamptz) as days`,
    ),
  )
  return row?.days ?? 0
}

/** Of these days, both included, those that were added up; and the others as periods of which the events are read. */
export async function readFrom(
  ctx: Ctx,
  from: Temporal.PlainDate,
  to: Temporal.PlainDate,
): Promise<{ rolled: string[]; live: { from: Temporal.PlainDate; until: Temporal.PlainDate }[] }> {
  const rows = rowsOf<{ day: string }>(
    await ctx.tx.execute(sql`
      select to_char(day, 'YYYY-MM-DD') as day from metering.rolled_day
      where rolled_at is not null and day between ${from.toString()}::date and ${to.toString()}::date order by day`),
  )
  const rolled = rows.map(({ day }) => day)
  const live: { from: Temporal.PlainDate; until: Temporal.PlainDate }[] = []
  let begin = from
  for (const day of rolled.map((text) => Temporal.PlainDate.from(text))) {
    if (Temporal.PlainDate.compare(begin, day) < 0) live.push({ from: begin, until: day })
    begin = day.add({ days: 1 })
  }
  if (Temporal.PlainDate.compare(begin, to) <= 0) live.push({ from: begin, until: to.add({ days: 1 }) })
  return { rolled, live }
}
