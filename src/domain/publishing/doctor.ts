import { sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Tx } from '../../kernel/database.ts'
import type { Due } from '../../kernel/due.ts'

/** References between offers and publishing: each row of each query is a problem in one sentence. */
const checks = [
  sql`select 'Publication of ' || p.publisher_id || '.' || p.offer_id || ' belongs to no offer.' as problem
      from publishing.publication p where not exists (select from offers.offer o where o.id = p.offer)`,
  sql`select 'Snapshot ' || s.id || ' refers to price list ' || (plan ->> 'priceList') || ', which does not exist.' as problem
      from publishing.snapshot s, jsonb_array_elements(s.content -> 'plans') plan
      where not exists (select from offers.price_list l where l.hash = plan ->> 'priceList')`,
  sql`select 'Submission ' || s.id || ' has frozen a section that does not exist.' as problem
      from publishing.submission s where exists (
        select from unnest(s.instances) i where not exists (select from offers.draft d where d.id = i and d.frozen))`,
  sql`select 'Submission ' || s.id || ' is running, but no work is due for it.' as problem
      from publishing.submission s where s.state in ('validating', 'publishing', 'cancelling')
        and not exists (select from kernel.due d where d.kind in ('publishing.advance', 'publishing.call', 'publishing.cancel') and d.key = s.id::text)
        and not exists (select from publishing.certification c where c.submission = s.id and c.outcome is null)`,
  sql`select 'Certification of ' || c.publisher_id || '.' || c.offer_id || ' waits, but its submission does not.' as problem
      from publishing.certification c join publishing.submission s on s.id = c.submission where c.outcome is null and s.state <> 'publishing'
        and s.state <> 'validating'`,
  sql`select 'Offer ' || o.publisher_id || '.' || o.offer_id || ' is live, but has no lock facts.' as problem
      from offers.offer o join publishing.publication p on p.offer = o.id where p.live_snapshot is not null and o.published_at is null`,
]

/** Has submissions go on that run although nothing is due for them. One that is being cancelled has lost who cancelled it: it stays. */
export async function repairPublishing(ctx: Ctx, due: Pick<Due, 'schedule'>): Promise<string[]> {
  const found = rowsOf<{ id: string; name: string }>(
    await ctx.tx.execute(sql`
      select s.id::text as id, s.publisher_id || '.' || s.offer_id as name from publishing.submission s where s.state in ('validating', 'publishing')
        and not exists (select from kernel.due d where d.kind in ('publishing.advance', 'publishing.call', 'publishing.cancel') and d.key = s.id::text)
        and not exists (select from publishing.certification c where c.submission = s.id and c.outcome is null)
      order by s.id`),
  )
  for (const { id } of found) await due.schedule(ctx, { kind: 'publishing.advance', key: id, at: ctx.now, payload: { submission: id } })
  return found.map(({ id, name }) => `Submission ${id} of ${name} goes on now.`)
}

export async function checkPublishing(tx: Tx): Promise<string[]> {
  const problems: string[] = []
  for (const check of checks) {
    problems.push(...rowsOf<{ problem: string }>(await tx.execute(sql`${check} limit 100`)).map((row) => row.problem))
  }
  return problems
}
