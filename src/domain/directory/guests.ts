import { and, eq } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import * as tables from './schema.ts'
import { emailKey } from './users.ts'

/** Somebody whom a directory lets in from elsewhere, by address; a user once the invitation was accepted. */
export interface Guest {
  tenantId: string
  email: string
  objectId: string | null
  invitedAt: Temporal.Instant
  acceptedAt: Temporal.Instant | null
}

const ofGuest = (tenantId: string, email: string) => and(eq(tables.guest.tenantId, tenantId), eq(tables.guest.emailKey, emailKey(email)))

/** Writes down that a directory lets somebody in. Nobody has access by it before accepting. Twice is once. */
export async function inviteGuest(ctx: Ctx, { tenantId, email }: { tenantId: string; email: string }): Promise<void> {
  await ctx.tx
    .insert(tables.guest)
    .values({ tenantId, email: email.trim(), emailKey: emailKey(email), objectId: null, invitedAt: ctx.wall, acceptedAt: null })
    .onConflictDoNothing()
}

/** The guest is this user from now on. */
export async function acceptGuest(
  ctx: Ctx,
  { tenantId, email, objectId }: { tenantId: string; email: string; objectId: string },
): Promise<void> {
  await ctx.tx.update(tables.guest).set({ objectId, acceptedAt: ctx.wall }).where(ofGuest(tenantId, email))
}

/** The directory lets him in no longer. */
export async function removeGuest(ctx: Ctx, { tenantId, email }: { tenantId: string; email: string }): Promise<void> {
  await ctx.tx.delete(tables.guest).where(ofGuest(tenantId, email))
}

/** The guests of a directory, invited and accepted, by address. */
export async function guestsOf(ctx: Ctx, tenantId: string): Promise<Guest[]> {
  const { tenantId: tenant, email, objectId, invitedAt, acceptedAt } = tables.guest
  return ctx.tx
    .select({ tenantId: tenant, email, objectId, invitedAt, acceptedAt })
    .from(tables.guest)
    .where(eq(tenant, tenantId))
    .orderBy(tables.guest.emailKey)
}
