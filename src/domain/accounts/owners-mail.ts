import { and, asc, eq, sql } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import type { OwnersMail } from './agreements.ts'
import { member } from './schema.ts'

/** Addresses of the active owners of a seller account, those who joined first in front. */
export async function ownersOf(ctx: Ctx, directory: Directory, accountId: string): Promise<string[]> {
  const rows = await ctx.tx
    .select({ id: member.memberId })
    .from(member)
    .where(and(eq(member.accountId, accountId), eq(member.memberKind, 'user'), sql`'owner' = any(${member.roles})`))
    .orderBy(asc(member.createdAt), asc(member.memberId))
  const users = await directory.getUsers(
    ctx,
    rows.map((row) => row.id),
  )
  return users.filter((user) => user.status === 'active').map((user) => user.email)
}

/** Tells the owners of a seller account what happened to it, with the page where they find more. */
export function createOwnersMail({ config, mail }: Kernel, directory: Directory) {
  return async (ctx: Ctx, accountId: string, { template, subject, lines, page }: OwnersMail): Promise<void> => {
    const address = `${config.publicUrl}/partner/accounts/${accountId}${page === '' ? '' : `/${page}`}`
    for (const to of await ownersOf(ctx, directory, accountId)) {
      await mail.send(ctx, { to, subject, text: [...lines, '', address, '', config.brand.name].join('\n'), template })
    }
  }
}
