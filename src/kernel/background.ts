import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Audit } from './audit.ts'
import { authorize } from './authorization.ts'
import { rowsOf } from './clock.ts'
import { toInstant } from './columns.ts'
import type { Ctx } from './context.ts'
import { conflict } from './errors.ts'
import { isUuid } from './ids.ts'
import { type Jobs, jobsSchema } from './jobs.ts'

/** Due work of one kind: what stands in the table now. */
export interface DueKind {
  kind: string
  waiting: number
  /** at a market time that has come, and not run yet */
  overdue: number
  /** of which a run has failed and is tried again */
  failing: number
  /** market time of the first one */
  next: Temporal.Instant
}

/** One item of due work. */
export interface DueEntry {
  kind: string
  key: string
  /** market time */
  at: Temporal.Instant
  attempts: number
  error: string | null
  /** wall time before which it is not tried again */
  retryAt: Temporal.Instant | null
}

/** A queue of immediate effects: what it holds of the last seven days. */
export interface Queue {
  name: string
  waiting: number
  running: number
  /** that are tried again */
  retrying: number
  /** that have been given up */
  failed: number
  done: number
}

/** A job that has been given up. */
export interface FailedJob {
  id: string
  queue: string
  /** wall times */
  createdAt: Temporal.Instant
  endedAt: Temporal.Instant | null
  tries: number
  error: string
}

export interface Background {
  dueKinds(ctx: Ctx): Promise<DueKind[]>
  /** The first items ahead, or with `failing` those whose last run failed, at most `limit`. */
  dueItems(ctx: Ctx, filter: { kind?: string | undefined; failing?: boolean }, limit: number): Promise<DueEntry[]>
  /** Lets a failing item run at once, with its attempts counted anew. @throws conflict where it does not fail or has run meanwhile */
  retryDue(ctx: Ctx, item: { kind: string; key: string }): Promise<void>
  queues(ctx: Ctx): Promise<Queue[]>
  failedJobs(ctx: Ctx, limit: number): Promise<FailedJob[]>
  /** Sends a job that has been given up once more. @throws conflict where there is none */
  retryJob(ctx: Ctx, job: { queue: string; id: string }): Promise<void>
}

const jobs = sql.raw(`${jobsSchema}.job`)

/** What happens behind the pages, for the operator: due work (business time) and jobs (immediate effects). */
export function createBackground(audit: Audit, { send }: Pick<Jobs, 'send'>): Background {
  const read = (ctx: Ctx) => authorize(ctx.principal, 'background.read')
  return {
    async dueKinds(ctx) {
      read(ctx)
      const rows = rowsOf<Omit<DueKind, 'next'> & { next: unknown }>(
        await ctx.tx.execute(sql`
          select kind, count(*)::int as waiting, count(*) filter (where at <= ${ctx.now.toString()}::timestamptz)::int as overdue,
            count(*) filter (where attempts > 0)::int as failing, min(at) as next
          from kernel.due group by kind order by min(at), kind`),
      )
      return rows.map((row) => ({ ...row, next: toInstant(row.next) }))
    },
    async dueItems(ctx, { kind, failing = false }, limit) {
      read(ctx)
      const rows = rowsOf<Pick<DueEntry, 'kind' | 'key' | 'attempts' | 'error'> & { at: unknown; retryAt: unknown }>(
        await ctx.tx.execute(sql`
          select kind, key, at, attempts, last_error as error, retry_at as "retryAt" from kernel.due
          where ${kind ? sql`kind = ${kind}` : sql`true`} and ${failing ? sql`attempts > 0` : sql`true`} order by at, seq limit ${limit}`),
      )
      return rows.map((row) => ({ ...row, at: toInstant(row.at), retryAt: row.retryAt === null ? null : toInstant(row.retryAt) }))
    },
    async retryDue(ctx, { kind, key }) {
      authorize(ctx.principal, 'background.manage')
      const rows = rowsOf<{ attempts: number; error: string }>(
        await ctx.tx.execute(sql`
          update kernel.due d set attempts = 0, retry_at = null from kernel.due before
          where d.kind = ${kind} and d.key = ${key} and d.attempts > 0 and before.kind = d.kind and before.key = d.key
          returning before.attempts, before.last_error as error`),
      )
      const [row] = rows
      if (!row) throw conflict('NotFailing', 'This does not fail any more: it has run, or was taken back.')
      await audit.record(ctx, { action: 'background.retry', target: `due:${kind}/${key}`, before: row })
    },
    async queues(ctx) {
      read(ctx)
      return rowsOf<Queue>(
        await ctx.tx.execute(sql`
          select q.name, count(j.id) filter (where j.state = 'created')::int as waiting, count(j.id) filter (where j.state = 'active')::int as running,
            count(j.id) filter (where j.state = 'retry')::int as retrying, count(j.id) filter (where j.state = 'failed')::int as failed,
            count(j.id) filter (where j.state = 'completed')::int as done
          from ${sql.raw(`${jobsSchema}.queue`)} q left join ${jobs} j on j.name = q.name where q.name not like '\\_\\_pgboss%' group by q.name order by q.name`),
      )
    },
    async failedJobs(ctx, limit) {
      read(ctx)
      const rows = rowsOf<{ id: string; queue: string; created: unknown; ended: unknown; tries: number; error: string | null }>(
        await ctx.tx.execute(sql`
          select id, name as queue, created_on as created, completed_on as ended, retry_count + 1 as tries, coalesce(output ->> 'message', output::text) as error
          from ${jobs} where state = 'failed' order by completed_on desc nulls last, id limit ${limit}`),
      )
      return rows.map(({ id, queue, created, ended, tries, error }) => ({
        id,
        queue,
        createdAt: toInstant(created),
        endedAt: ended === null ? null : toInstant(ended),
        tries,
        error: (error ?? 'No reason was kept.').slice(0, 500),
      }))
    },
    async retryJob(ctx, { queue, id }) {
      authorize(ctx.principal, 'background.manage')
      // The same work as a new job, with all its tries before it: the old one's are used up.
      const [given] = isUuid(id)
        ? rowsOf<{ data: object | null; error: string | null }>(
            await ctx.tx.execute(
              sql`delete from ${jobs} where name = ${queue} and id = ${id} and state = 'failed' returning data, coalesce(output ->> 'message', output::text) as error`,
            ),
          )
        : []
      if (!given) throw conflict('NotFailed', 'This job is not given up any more.')
      await send(ctx, queue, given.data ?? {})
      await audit.record(ctx, { action: 'background.retry', target: `job:${queue}/${id}`, before: { error: given.error } })
    },
  }
}
