import type { Ctx } from '../../kernel/context.ts'
import * as tables from './schema.ts'

/** Lets people of a directory be given rights in an account. Twice is once. @param input.by e-mail address; empty when the account was opened with it */
export async function associateTenant(ctx: Ctx, input: { accountId: string; tenantId: string; by: string }): Promise<boolean> {
  const made = await ctx.tx
    .insert(tables.accountTenant)
    .values({ accountId: input.accountId, tenantId: input.tenantId, associatedAt: ctx.now, associatedBy: input.by })
    .onConflictDoNothing()
    .returning({ tenantId: tables.accountTenant.tenantId })
  return made.length > 0
}
