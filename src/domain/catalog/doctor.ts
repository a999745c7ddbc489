import { sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Tx } from '../../kernel/database.ts'

/** The read model against what is live: each row of each query is a problem in one sentence. */
const checks = [
  sql`select 'The live offer ' || p.publisher_id || '.' || p.offer_id || ' is missing in the catalog, or shows another version.' as problem
      from publishing.publication p where p.live_snapshot is not null and p.stop_requested_at is null
        and not exists (select from catalog.page c where c.offer = p.offer and c.snapshot = p.live_snapshot)`,
  sql`select 'The catalog shows ' || c.publisher_id || '.' || c.offer_id || ', which is not live.' as problem
      from catalog.page c where not exists (
        select from publishing.publication p where p.offer = c.offer and p.live_snapshot = c.snapshot and p.stop_requested_at is null)`,
  sql`select 'The ' || r.store || ' store lists ' || r.publisher_id || '.' || r.offer_id || ' without a page.' as problem
      from catalog.product r where not exists (select from catalog.page c where c.offer = r.offer and r.store = any(c.stores))`,
]

/** Offers whose lists or page are not what is live. */
const mistaken = sql`
  select p.offer::text as offer, p.publisher_id || '.' || p.offer_id as name from publishing.publication p
  where p.live_snapshot is not null and p.stop_requested_at is null
    and not exists (select from catalog.page c where c.offer = p.offer and c.snapshot = p.live_snapshot)
  union select c.offer::text, c.publisher_id || '.' || c.offer_id from catalog.page c
  where not exists (select from publishing.publication p where p.offer = c.offer and p.live_snapshot = c.snapshot and p.stop_requested_at is null)
  union select r.offer::text, r.publisher_id || '.' || r.offer_id from catalog.product r
  where not exists (select from catalog.page c where c.offer = r.offer and r.store = any(c.stores))
  order by name`

/** Builds the pages and lists of those offers anew from what is live. */
export async function repairCatalog(ctx: Ctx, rebuild: (ctx: Ctx, offer: string) => Promise<void>): Promise<string[]> {
  const offers = rowsOf<{ offer: string; name: string }>(await ctx.tx.execute(mistaken))
  for (const { offer } of offers) await rebuild(ctx, offer)
  return offers.map(({ name }) => `The page and the lists of ${name} were built anew.`)
}

export async function checkCatalog(tx: Tx): Promise<string[]> {
  const problems: string[] = []
  for (const check of checks) {
    problems.push(...rowsOf<{ problem: string }>(await tx.execute(sql`${check} limit 100`)).map((row) => row.problem))
  }
  return problems
}
