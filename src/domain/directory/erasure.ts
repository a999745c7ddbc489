import { eq } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import * as tables from './schema.ts'
import { emailKey } from './users.ts'

/** Overwrites what the directory knows of a person; the entry stays, so that its object id is never given again. Nobody signs in with it any more. */
export async function eraseUser(ctx: Ctx, objectId: string, alias: { email: string; displayName: string }): Promise<void> {
  await ctx.tx
    .update(tables.userAccount)
    .set({
      email: alias.email,
      emailKey: emailKey(alias.email),
      displayName: alias.displayName,
      roles: [],
      passwordHash: null,
      status: 'disabled',
      recoveryEmail: null,
      givenName: null,
      surname: null,
      jobTitle: null,
      mobilePhone: null,
      preferredLanguage: null,
      externalId: null,
      contactEmail: null,
    })
    .where(eq(tables.userAccount.objectId, objectId))
}
