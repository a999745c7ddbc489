import { and, eq, gt } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import * as tables from './schema.ts'
import { fingerprint, randomSecret } from './secrets.ts'
import { getUsers, type User } from './users.ts'

/** Time to find the phone. */
const lifetimeMinutes = 10

/** Remembers that a user typed the right password. Returns a cookie's value, which opens nothing but the page for the second proof. */
export async function startHalfSignIn(ctx: Ctx, objectId: string): Promise<string> {
  const value = randomSecret()
  await ctx.tx
    .insert(tables.halfSignIn)
    .values({ idHash: fingerprint(value), objectId, expiresAt: ctx.wall.add({ minutes: lifetimeMinutes }) })
  return value
}

/** Who has come half way with this cookie, or null. */
export async function findHalfSignIn(ctx: Ctx, value: string | undefined): Promise<User | null> {
  if (!value) return null
  const [row] = await ctx.tx
    .select({ objectId: tables.halfSignIn.objectId })
    .from(tables.halfSignIn)
    .where(and(eq(tables.halfSignIn.idHash, fingerprint(value)), gt(tables.halfSignIn.expiresAt, ctx.wall)))
  const [user] = row ? await getUsers(ctx, [row.objectId]) : []
  return user?.status === 'active' ? user : null
}

/** The other half is done: the value is worth nothing any more. */
export async function endHalfSignIn(ctx: Ctx, value: string): Promise<void> {
  await ctx.tx.delete(tables.halfSignIn).where(eq(tables.halfSignIn.idHash, fingerprint(value)))
}
