import { eq } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { reserveAttempt, settleAttempt } from './attempts.ts'
import * as tables from './schema.ts'
import { fingerprint, hashChosen, passwordMatches, randomSecret } from './secrets.ts'
import { type Origin, startSession } from './sessions.ts'
import { emailKey, findUserByEmail } from './users.ts'

/** Ten wrong passwords for one address, or a hundred from one place, within a quarter of an hour. */
const windowMinutes = 15
const failuresOfOneEmail = 10
const failuresOfOneAddress = 100

export type SignInStart =
  | { kind: 'locked'; until: Temporal.Instant }
  /** `passwordHash` of an unknown user belongs to no password, so that both cost the same time. */
  | { kind: 'open'; email: string; passwordHash: string }

let nobodysHash: Promise<string> | undefined

const keysOf = (email: string, origin: Origin) => ({
  // An address may be of any length and is nobody's business before it proved to be a user's.
  email: `email:${fingerprint(emailKey(email))}`,
  address: `address:${origin.address}`,
})

/**
 * First of three steps of a sign-in: counts the attempt and finds what the password must match. Runs in its own transaction, because the
 * count must stay when the attempt fails; the password is checked between the transactions, because that takes long.
 */
export async function beginSignIn(ctx: Ctx, input: { email: string; origin: Origin }): Promise<SignInStart> {
  const keys = keysOf(input.email, input.origin)
  // The place first: where it is locked, no more addresses are written down.
  const lockedUntil =
    (await reserveAttempt(ctx, { key: keys.address, limit: failuresOfOneAddress, windowMinutes })) ??
    (await reserveAttempt(ctx, { key: keys.email, limit: failuresOfOneEmail, windowMinutes }))
  if (lockedUntil) return { kind: 'locked', until: lockedUntil }
  const [row] = await ctx.tx
    .select({ passwordHash: tables.userAccount.passwordHash, status: tables.userAccount.status })
    .from(tables.userAccount)
    .where(eq(tables.userAccount.emailKey, emailKey(input.email)))
  nobodysHash ??= hashChosen(randomSecret())
  const passwordHash = row?.status === 'active' && row.passwordHash ? row.passwordHash : await nobodysHash
  return { kind: 'open', email: emailKey(input.email), passwordHash }
}

/** Second step, outside of a transaction. */
export function passwordFits(start: Extract<SignInStart, { kind: 'open' }>, password: string): Promise<boolean> {
  return passwordMatches(start.passwordHash, password)
}

/**
 * Third step, after the password matched: gives the attempt back and starts the session.
 * @returns the cookie's value, or null when the user vanished meanwhile
 */
export async function completeSignIn(
  ctx: Ctx,
  input: { start: Extract<SignInStart, { kind: 'open' }>; origin: Origin; previousSession?: string | undefined },
): Promise<string | null> {
  const user = await findUserByEmail(ctx, input.start.email)
  if (user?.status !== 'active') return null
  const keys = keysOf(input.start.email, input.origin)
  await settleAttempt(ctx, [keys.email], [keys.address])
  return startSession(ctx, user, input.origin, input.previousSession)
}
