import { and, eq, gt } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { gone, invalid } from '../../kernel/errors.ts'
import { reserveAttempt } from './attempts.ts'
import * as tables from './schema.ts'
import { fingerprint, passwordMatches, randomSecret } from './secrets.ts'
import { emailKey, findUserByEmail, setPassword, type User } from './users.ts'

const lifetimeMinutes = 60
const windowMinutes = 60
const requestsOfOneEmail = 5
const requestsOfOneAddress = 30

/** Counts a request for a reset. @returns until when nobody may ask from here or for this address, or null */
export async function countResetRequest(ctx: Ctx, input: { email: string; address: string }): Promise<Temporal.Instant | null> {
  return (
    (await reserveAttempt(ctx, { key: `reset-from:${input.address}`, limit: requestsOfOneAddress, windowMinutes })) ??
    (await reserveAttempt(ctx, { key: `reset:${fingerprint(emailKey(input.email))}`, limit: requestsOfOneEmail, windowMinutes }))
  )
}

/** A token that sets a new password once, within the hour, and where to mail it; null when nobody has the address. */
export async function issueReset(ctx: Ctx, email: string): Promise<{ user: User; to: string; token: string } | null> {
  const user = await findUserByEmail(ctx, email)
  if (user?.status !== 'active') return null
  return { user, to: user.recoveryEmail ?? user.email, token: await issueResetToken(ctx, user) }
}

/** A token for somebody who has proved already that the address, or the password, is his. */
export async function issueResetToken(ctx: Ctx, user: User): Promise<string> {
  const token = randomSecret()
  await ctx.tx
    .insert(tables.passwordReset)
    .values({ tokenHash: fingerprint(token), objectId: user.objectId, expiresAt: ctx.wall.add({ minutes: lifetimeMinutes }) })
  return token
}

/** Whether a token still sets a password. */
export async function isResetOpen(ctx: Ctx, token: string): Promise<boolean> {
  return (await objectIdOf(ctx, token)) !== null
}

/**
 * Sets the password and ends every session of the user and every other token.
 * @throws gone `ResetExpired`, invalid `PasswordLength` or `PasswordKnown`
 */
export async function resetPassword(ctx: Ctx, input: { token: string; password: string }): Promise<string> {
  const objectId = await objectIdOf(ctx, input.token)
  if (!objectId) throw gone('ResetExpired', 'This link has been used or is older than an hour. Ask for a new one.')
  const { passwordHash, passwordTemporary } = tables.userAccount
  const [row] = await ctx.tx
    .select({ passwordHash, passwordTemporary })
    .from(tables.userAccount)
    .where(eq(tables.userAccount.objectId, objectId))
  if (row?.passwordTemporary && row.passwordHash && (await passwordMatches(row.passwordHash, input.password))) {
    throw invalid('PasswordKnown', 'Somebody else has seen this password. Choose another one.', { target: 'password' })
  }
  await setPassword(ctx, objectId, input.password)
  await ctx.tx.delete(tables.passwordReset).where(eq(tables.passwordReset.objectId, objectId))
  await ctx.tx.delete(tables.halfSignIn).where(eq(tables.halfSignIn.objectId, objectId))
  return objectId
}

async function objectIdOf(ctx: Ctx, token: string): Promise<string | null> {
  const [row] = await ctx.tx
    .select({ objectId: tables.passwordReset.objectId })
    .from(tables.passwordReset)
    .where(and(eq(tables.passwordReset.tokenHash, fingerprint(token)), gt(tables.passwordReset.expiresAt, ctx.wall)))
    .for('update')
  return row?.objectId ?? null
}
