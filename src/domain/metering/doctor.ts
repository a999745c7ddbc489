import { sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Tx } from '../../kernel/database.ts'

/** What can be wrong with the meters: each row of each query is a problem in one sentence. */
const checks = [
  sql`select 'Meter ' || resource || ' has no application that may report for it (offer ' || offer_id || ').' as problem
      from metering.meter m where not exists (select from metering.reporter r where r.offer = m.offer and r.preview = m.preview)`,
  sql`select 'Meter ' || m.resource || ' has no row for its plan ' || m.plan_id || '.' as problem
      from metering.meter m where not exists (select from metering.meter_plan p where p.resource = m.resource and p.plan_id = m.plan_id and p.valid_until is null)`,
  sql`select 'Meter ' || resource || ' has ' || count(*) || ' plans of today.' as problem
      from metering.meter_plan where valid_until is null group by resource having count(*) > 1`,
  sql`select 'Meter ' || m.resource || ' has other dimensions than its plan ' || m.plan_id || '.' as problem
      from metering.meter m join metering.meter_plan p on p.resource = m.resource and p.plan_id = m.plan_id where p.dimensions <> m.dimensions`,
  sql`select 'Usage of ' || month || ' was archived and is still in the database: run the archive again.' as problem
      from metering.archived_month where dropped_at is null`,
  sql`select 'Usage event ' || id || ' belongs to no meter of publisher ' || publisher_id || '.' as problem
      from metering.usage_event e where not exists (select from metering.meter m where m.resource = e.resource and m.publisher_id = e.publisher_id)`,
  sql`select 'Usage event ' || id || ' is stored under another hour than its effective time.' as problem
      from metering.usage_event where hour <> date_trunc('hour', effective_at, 'UTC')`,
  // Days of archived months have no events any more to compare with.
  sql`select 'Usage of ' || coalesce(d.publisher_id, e.publisher_id) || ' on ' || coalesce(d.day, e.day) || ' was added up as ' || coalesce(d.quantity, 0) || ' in '
        || coalesce(d.events, 0) || ' events; there are ' || coalesce(e.quantity, 0) || ' in ' || coalesce(e.events, 0) || '.' as problem
      from (
        select publisher_id, day, dimension, sum(quantity) as quantity, sum(events) as events from metering.usage_day
        where to_char(day, 'YYYY-MM-01')::date not in (select month from metering.archived_month) group by 1, 2, 3) d
      full join (
        select u.publisher_id, r.day, u.dimension, sum(u.quantity) as quantity, count(*) as events
        from metering.usage_event u join metering.rolled_day r on r.day = (u.hour at time zone 'UTC')::date and r.rolled_at is not null
        where date_trunc('month', r.day)::date not in (select month from metering.archived_month) group by 1, 2, 3) e
        on e.publisher_id = d.publisher_id and e.day = d.day and e.dimension = d.dimension
      where (d.quantity, d.events) is distinct from (e.quantity, e.events)`,
]

export async function checkMetering(tx: Tx): Promise<string[]> {
  const problems: string[] = []
  for (const check of checks) {
    problems.push(...rowsOf<{ problem: string }>(await tx.execute(sql`${check} limit 100`)).map((row) => row.problem))
  }
  return problems
}
