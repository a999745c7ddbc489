import { asc, ilike, or, sql } from 'drizzle-orm'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { sellerAccount } from './schema.ts'

/** Accounts a page shows; others are found by searching. */
const pageSize = 200

/** Seller accounts by legal name; with `search` those whose name, seller id or account id has it (operator). @throws forbidden */
export async function listAccounts(ctx: Ctx, { search }: { search: string }): Promise<(typeof sellerAccount.$inferSelect)[]> {
  authorize(ctx.principal, 'operator.console')
  const like = `%${search.trim().replaceAll(/[\\%_]/g, '\\$&')}%`
  return ctx.tx
    .select()
    .from(sellerAccount)
    .where(
      or(
        ilike(sellerAccount.legalName, like),
        ilike(sellerAccount.displayName, like),
        ilike(sellerAccount.sellerId, like),
        sql`${sellerAccount.accountId}::text ilike ${like}`,
      ),
    )
    .orderBy(asc(sellerAccount.legalName), asc(sellerAccount.accountId))
    .limit(pageSize)
}
