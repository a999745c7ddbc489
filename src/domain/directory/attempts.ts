import { inArray, sql } from 'drizzle-orm'
import { toInstant } from '../../kernel/columns.ts'
import type { Ctx } from '../../kernel/context.ts'
import { rowsOf } from '../../kernel/clock.ts'
import type { Temporal } from 'temporal-polyfill'
import * as tables from './schema.ts'

/** How many failures a subject may have within a window before it has to wait for the window's end. */
export interface AttemptLimit {
  key: string
  limit: number
  windowMinutes: number
}

/**
 * Counts an attempt as failed before it is tried, so that a hundred attempts at the same moment are a hundred, and says until when the
 * subject must wait, if it must. A locked subject's window does not grow: an attacker cannot lock an owner out for longer than one window.
 */
export async function reserveAttempt(ctx: Ctx, limits: AttemptLimit[]): Promise<{ lockedUntil: Temporal.Instant | null }> {
  // One order for everybody, or two statements could wait for each other.
  const ordered = limits.toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const wall = ctx.wall.toString()
  const values = ordered.map((limit) => sql`(${limit.key}, 1, ${ctx.wall.add({ minutes: limit.windowMinutes }).toString()}::timestamptz)`)
  const result = await ctx.tx.execute(sql`
    insert into directory.attempt as kept (key, failures, window_ends_at) values ${sql.join(values, sql`, `)}
    on conflict (key) do update set
      failures = case when kept.window_ends_at <= ${wall}::timestamptz then 1 else kept.failures + 1 end,
      window_ends_at = case when kept.window_ends_at <= ${wall}::timestamptz then excluded.window_ends_at else kept.window_ends_at end
    returning key, failures, window_ends_at`)
  let lockedUntil: Temporal.Instant | null = null
  for (const row of rowsOf<{ key: string; failures: number; window_ends_at: unknown }>(result)) {
    const limit = limits.find((one) => one.key === row.key)
    if (!limit || row.failures <= limit.limit) continue
    const ends = toInstant(row.window_ends_at)
    if (!lockedUntil || ends.since(lockedUntil).sign > 0) lockedUntil = ends
  }
  return { lockedUntil }
}

/** The attempt succeeded: `cleared` subjects start anew, `returned` ones only get this attempt back. */
export async function settleAttempt(ctx: Ctx, cleared: string[], returned: string[]): Promise<void> {
  if (cleared.length > 0) await ctx.tx.delete(tables.attempt).where(inArray(tables.attempt.key, cleared))
  if (returned.length > 0) {
    await ctx.tx
      .update(tables.attempt)
      .set({ failures: sql`greatest(0, ${tables.attempt.failures} - 1)` })
      .where(inArray(tables.attempt.key, returned))
  }
}
