import { sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'

/** Name of a seller account that has this person as its only owner, null where there is none. Who owns through a group counts for nobody. */
export async function soleOwnerOf(ctx: Ctx, objectId: string): Promise<string | null> {
  const [row] = rowsOf<{ legal_name: string }>(
    await ctx.tx.execute(sql`
      select a.legal_name from accounts.member m join accounts.seller_account a on a.account_id = m.account_id
      where m.member_kind = 'user' and m.member_id = ${objectId} and 'owner' = any(m.roles) and not exists (
        select from accounts.member o where o.account_id = m.account_id and o.member_id <> m.member_id and 'owner' = any(o.roles))
      limit 1`),
  )
  return row?.legal_name ?? null
}
