import { and, arrayContains, eq } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import * as tables from './schema.ts'

/** The marketplace's own staff, at most a hundred: who reads what waits for the operator. */
export async function operators(ctx: Ctx): Promise<{ objectId: string; email: string; displayName: string }[]> {
  return ctx.tx
    .select({
      objectId: tables.userAccount.objectId,
      email: tables.userAccount.email,
      displayName: tables.userAccount.displayName,
    })
    .from(tables.userAccount)
    .where(and(arrayContains(tables.userAccount.roles, ['operator']), eq(tables.userAccount.status, 'active')))
    .limit(100)
}
