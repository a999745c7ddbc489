import { createHash } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from './clock.ts'
import type { Ctx } from './context.ts'
import type { Tx } from './database.ts'
import { invalid } from './errors.ts'

export interface Idempotency {
  /**
   * Runs `fn` once for a key; a repeated call within 24 hours gets the first answer (which must be JSON), a parallel one waits for it.
   * A call that failed leaves nothing behind and may be repeated. Without a key, `fn` simply runs.
   * `request` is what the caller asked for: the same key with another request is refused (`IdempotencyKeyReused`).
   */
  once<T>(ctx: Ctx, scope: string, key: string | undefined, fn: () => Promise<T>, request?: unknown): Promise<T>
}

const keptHours = 24

/** Forgets the keys that have ended. */
export async function deleteEndedKeys(tx: Tx, wall: Temporal.Instant): Promise<void> {
  await tx.execute(sql`delete from kernel.idempotency where wall_at < ${wall.subtract({ hours: keptHours }).toString()}::timestamptz`)
}

export function createIdempotency(): Idempotency {
  return {
    async once<T>(ctx: Ctx, scope: string, key: string | undefined, fn: () => Promise<T>, request?: unknown): Promise<T> {
      if (key === undefined || key === '') return fn()
      if (key.length > 200)
        throw invalid('IdempotencyKeyInvalid', 'An Idempotency-Key has at most 200 characters.', { target: 'Idempotency-Key' })
      const hash = createHash('sha256')
        .update(JSON.stringify(request ?? null))
        .digest('hex')
      const wall = ctx.wall.toString()
      const expired = ctx.wall.subtract({ hours: keptHours }).toString()
      // A second transaction with the key waits here until the first has ended.
      const taken = await ctx.tx.execute(sql`
        insert into kernel.idempotency (scope, key, request_hash, wall_at) values (${scope}, ${key}, ${hash}, ${wall}::timestamptz)
        on conflict (scope, key) do update set request_hash = excluded.request_hash, wall_at = excluded.wall_at, answer = null
          where idempotency.wall_at < ${expired}::timestamptz
        returning 1`)
      if (rowsOf(taken).length === 0) {
        const result = await ctx.tx.execute(
          sql`select request_hash, answer from kernel.idempotency where scope = ${scope} and key = ${key}`,
        )
        const row = rowsOf<{ request_hash: string; answer: { value: T } }>(result)[0]
        if (!row || row.request_hash !== hash) {
          throw invalid('IdempotencyKeyReused', 'This Idempotency-Key was used for another request.', { target: 'Idempotency-Key' })
        }
        return row.answer.value
      }
      const answer = await fn()
      await ctx.tx.execute(
        sql`update kernel.idempotency set answer = ${JSON.stringify({ value: answer })}::jsonb where scope = ${scope} and key = ${key}`,
      )
      return answer
    },
  }
}
