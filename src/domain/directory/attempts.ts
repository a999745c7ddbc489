import { and, eq, gt, gte, inArray, sql } from 'drizzle-orm'
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
export async function reserveAttempt(ctx: Ctx, { key, limit, windowMinutes }: AttemptLimit): Promise<Temporal.Instant | null> {
  const wall = ctx.wall.toString()
  const result = await ctx.tx.execute(sql`
    insert into directory.attempt as kept (key, failures, window_ends_at)
    values (${key}, 1, ${ctx.wall.add({ minutes: windowMinutes }).toString()}::timestamptz)
    on conflict (key) do update set
      failures = case when kept.window_ends_at <= ${wall}::timestamptz then 1 else kept.failures + 1 end,
      window_ends_at = case when kept.window_ends_at <= ${wall}::timestamptz then excluded.window_ends_at else kept.window_ends_at end
    returning failures, window_ends_at`)
  const row = rowsOf<{ failures: number; window_ends_at: unknown }>(result)[0]
  return row && row.failures > limit ? toInstant(row.window_ends_at) : null
}

/** The attempt succeeded: `cleared` subjects start anew, `returned` ones only get this attempt back. */
export async function settleAttempt(ctx: Ctx, cleared: string[], returned: string[]): Promise<void> {
  // Rows in the order in which a sign-in reserves them: place, then address.
  if (returned.length > 0) {
    await ctx.tx
      .update(tables.attempt)
      .set({ failures: sql`greatest(0, ${tables.attempt.failures} - 1)` })
      .where(inArray(tables.attempt.key, returned))
  }
  if (cleared.length > 0) await ctx.tx.delete(tables.attempt).where(inArray(tables.attempt.key, cleared))
}

/** Until when a subject must wait, without counting anything. */
export async function lockedUntil(ctx: Ctx, { key, limit }: Pick<AttemptLimit, 'key' | 'limit'>): Promise<Temporal.Instant | null> {
  const { attempt } = tables
  const [row] = await ctx.tx
    .select({ windowEndsAt: attempt.windowEndsAt })
    .from(attempt)
    .where(and(eq(attempt.key, key), gte(attempt.failures, limit), gt(attempt.windowEndsAt, ctx.wall)))
  return row?.windowEndsAt ?? null
}
