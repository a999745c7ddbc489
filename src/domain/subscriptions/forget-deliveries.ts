import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'

/**
 * Deletes webhooks that are over and whose last attempt was made before `wall` (the machine's time), with all their attempts; at most `most`. What
 * became of the operation stays with the operation. Returns how many went.
 */
export async function forgetDeliveries(ctx: Ctx, wall: Temporal.Instant, most: number): Promise<number> {
  const gone = rowsOf<{ id: string }>(
    await ctx.tx.execute(sql`
      select d.id from subscriptions.delivery d
      where d.state <> 'waiting'
        and exists (select from subscriptions.delivery_attempt a where a.delivery = d.id)
        and not exists (select from subscriptions.delivery_attempt a where a.delivery = d.id and a.wall_at >= ${wall.toString()}::timestamptz)
      order by d.seq limit ${most}`),
  ).map(({ id }) => id)
  if (gone.length === 0) return 0
  await ctx.tx.execute(sql`delete from subscriptions.delivery_attempt where delivery = any(${sql.param(gone)}::uuid[])`)
  await ctx.tx.execute(sql`delete from subscriptions.delivery where id = any(${sql.param(gone)}::uuid[])`)
  return gone.length
}
