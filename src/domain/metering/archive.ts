import { sql } from 'drizzle-orm'
import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { Readable } from 'node:stream'
import { Temporal } from 'temporal-polyfill'
import { rowsOf, utcDate, wallNow } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'

/** Billing reads usage of the month it bills and of the two before; nothing younger leaves the database. */
export const leastMonthsKept = 3

/** A month that has been archived. */
export interface WrittenMonth {
  /** First day. */
  month: Temporal.PlainDate
  events: number
  file: string
  sha256: string
}

export interface ArchivedMonth extends WrittenMonth {
  /** its totals by day are still here */
  totalsKept: boolean
}

/** Stores the rows of one month outside, durably, and says where. Called again for the same month, it writes the same file anew. */
export type WriteMonth = (month: Temporal.PlainDate, rows: Readable) => Promise<{ file: string; sha256: string }>

/** Session lock of the one process that archives. */
const archiveLock = 0x57_0a_0003

const tableOf = (month: string) => `usage_event_${month.slice(0, 4)}_${month.slice(5, 7)}`

/**
 * Takes usage events of months that ended more than `keepMonths` months ago out of the database, the oldest first: writes them, records where,
 * and drops the month's table. Reporting goes on meanwhile (the table is detached without a lock that stops it). May be killed at any point
 * and run again: a month is dropped only after its file was recorded.
 *
 * @throws invalid `MonthsKept` when months that billing may still read would go
 * @throws conflict `ArchiveRunning` while another one runs
 */
export async function archiveMonths(kernel: Kernel, ctx: Pick<Ctx, 'now'>, keepMonths: number, write: WriteMonth): Promise<WrittenMonth[]> {
  if (!Number.isInteger(keepMonths) || keepMonths < leastMonthsKept) {
    throw invalid('MonthsKept', `At least ${leastMonthsKept} months stay in the database: their usage may not be billed yet.`, {
      target: 'months',
    })
  }
  const client = await kernel.database.pool.connect()
  const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${archiveLock}) as mine`)
  if (!rows[0]?.mine) {
    client.release()
    throw conflict('ArchiveRunning', 'Another process archives usage just now.')
  }
  try {
    const before = utcDate(ctx.now).with({ day: 1 }).subtract({ months: keepMonths })
    const archived: WrittenMonth[] = []
    for (const month of await monthsBefore(client, before)) {
      const known = await recordOf(client, month)
      await keepTotals(client, month)
      const record = known ?? (await writeOut(client, ctx, month, write))
      await drop(client, ctx, month)
      archived.push({ month: Temporal.PlainDate.from(month), ...record })
    }
    return archived
  } finally {
    await client.query(`select pg_advisory_unlock(${archiveLock})`)
    client.release()
  }
}

/** Months with a table of their own, attached or left over from an archive that was interrupted. */
async function monthsBefore(client: pg.ClientBase, before: Temporal.PlainDate): Promise<string[]> {
  const { rows } = await client.query<{ month: string }>(
    `select to_char(to_date(substr(relname, 13), 'YYYY_MM'), 'YYYY-MM-DD') as month from pg_class
     where relnamespace = 'metering'::regnamespace and relkind = 'r' and relname ~ '^usage_event_[0-9]{4,}_[0-9]{2}$' order by 1`,
  )
  return rows.map(({ month }) => month).filter((month) => month < before.toString())
}

async function recordOf(client: pg.ClientBase, month: string): Promise<Omit<WrittenMonth, 'month'> | undefined> {
  const { rows } = await client.query<{ events: string; file: string; sha256: string }>(
    'select events, file, sha256 from metering.archived_month where month = $1 and dropped_at is null',
    [month],
  )
  const [row] = rows
  return row && { events: Number(row.events), file: row.file, sha256: row.sha256 }
}

/** The month's totals by day stay in the database. (A month that is detached already has had them added up before.) */
async function keepTotals(client: pg.ClientBase, month: string): Promise<void> {
  const attached = await client.query('select from pg_inherits where inhrelid = to_regclass($1) and not inhdetachpending', [
    `metering.${tableOf(month)}`,
  ])
  if (attached.rowCount === 0) return
  const wall = wallNow().toString()
  const last = Temporal.PlainDate.from(month).add({ months: 1 }).subtract({ days: 1 }).toString()
  await client.query('begin')
  try {
    await client.query(
      `insert into metering.rolled_day (day, closed_wall) select d::date, $3 from generate_series($1::date, $2::date, interval '1 day') d on conflict do nothing`,
      [month, last, wall],
    )
    await client.query(`select metering.roll_up($1, $2, 'infinity', $3)`, [month, last, wall])
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

async function writeOut(client: pg.ClientBase, ctx: Pick<Ctx, 'now'>, month: string, write: WriteMonth) {
  const table = `metering.${tableOf(month)}`
  const stream = client.query(
    copyTo(
      `copy (select id, publisher_id, resource, plan_id, dimension, quantity, effective_at, accepted_at from ${table}
             order by publisher_id, resource, dimension, hour) to stdout (format csv, header)`,
    ),
  )
  const written = await write(Temporal.PlainDate.from(month), stream)
  // No event of so old an hour is accepted any more, so that what is counted now is what was written.
  const { rows } = await client.query<{ events: string }>(
    `insert into metering.archived_month (month, events, quantity, file, sha256, archived_at)
     select $1, count(*), coalesce(sum(quantity), 0), $2, $3, $4 from ${table}
     on conflict (month) do update set events = excluded.events, quantity = excluded.quantity, file = excluded.file, sha256 = excluded.sha256,
       archived_at = excluded.archived_at, dropped_at = null
     returning events`,
    [month, written.file, written.sha256, ctx.now.toString()],
  )
  return { events: Number(rows[0]?.events), ...written }
}

async function drop(client: pg.ClientBase, ctx: Pick<Ctx, 'now'>, month: string): Promise<void> {
  const table = `metering.${tableOf(month)}`
  const { rows } = await client.query<{ pending: boolean }>(
    'select inhdetachpending as pending from pg_inherits where inhrelid = to_regclass($1)',
    [table],
  )
  const [attached] = rows
  // Concurrently takes no lock that stops reports; it cannot run in a transaction, and what was interrupted must be finished.
  if (attached)
    await client.query(`alter table metering.usage_event detach partition ${table} ${attached.pending ? 'finalize' : 'concurrently'}`)
  await client.query(`drop table ${table}`)
  await client.query('update metering.archived_month set dropped_at = $2 where month = $1', [month, ctx.now.toString()])
}

/** Months that were archived, the newest first. */
export async function archivedMonths(ctx: Ctx): Promise<ArchivedMonth[]> {
  const rows = rowsOf<{ month: string; events: string; file: string; sha256: string; totals_kept: boolean }>(
    await ctx.tx.execute(
      sql`select to_char(month, 'YYYY-MM-DD') as month, events, file, sha256,
          exists (select from metering.rolled_day d where d.day = m.month and d.rolled_at is not null) as totals_kept
        from metering.archived_month m order by 1 desc`,
    ),
  )
  return rows.map(({ totals_kept: totalsKept, ...row }) => ({
    ...row,
    month: Temporal.PlainDate.from(row.month),
    events: Number(row.events),
    totalsKept,
  }))
}
