import { eq } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { forbidden } from '../../kernel/errors.ts'
import { reserveAttempt, settleAttempt } from './attempts.ts'
import { endHalfSignIn, startHalfSignIn } from './half-sign-in.ts'
import { issueResetToken } from './password-reset.ts'
import * as tables from './schema.ts'
import { findSecondFactor } from './second-factor.ts'
import { fingerprint, hashChosen, passwordMatches, randomSecret } from './secrets.ts'
import { type Origin, startSession } from './sessions.ts'
import { emailKey, findUserByEmail, getUsers, type User } from './users.ts'

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

async function hasTemporaryPassword(ctx: Ctx, objectId: string): Promise<boolean> {
  const { userAccount } = tables
  const [row] = await ctx.tx
    .select({ temporary: userAccount.passwordTemporary })
    .from(userAccount)
    .where(eq(userAccount.objectId, objectId))
  return row?.temporary ?? false
}

/** Second step, outside of a transaction. */
export function passwordFits(start: Extract<SignInStart, { kind: 'open' }>, password: string): Promise<boolean> {
  return passwordMatches(start.passwordHash, password)
}

/**
 * `half`: the password was right, a second proof is wanted; `setUp` when the user has none yet and must have one. `new-password`: an administrator
 * made the password and has seen it; the token sets another one.
 */
export type SignInEnd =
  | { kind: 'signed-in'; value: string }
  | { kind: 'half'; value: string; setUp: boolean }
  | { kind: 'new-password'; token: string }

/**
 * Third step, after the password matched: gives the attempt back and starts the session, or half of it.
 * @param input.mustHaveSecond whether the policy wants a second proof of this user
 * @returns the cookie's value, or null when the user vanished meanwhile
 */
export async function completeSignIn(
  ctx: Ctx,
  input: {
    start: Extract<SignInStart, { kind: 'open' }>
    origin: Origin
    previousSession?: string | undefined
    mustHaveSecond: (user: User) => Promise<boolean>
  },
): Promise<SignInEnd | null> {
  const user = await findUserByEmail(ctx, input.start.email)
  if (user?.status !== 'active') return null
  const keys = keysOf(input.start.email, input.origin)
  await settleAttempt(ctx, [keys.email], [keys.address])
  if (await hasTemporaryPassword(ctx, user.objectId)) return { kind: 'new-password', token: await issueResetToken(ctx, user) }
  const has = (await findSecondFactor(ctx, user.objectId)) !== null
  if (has || (await input.mustHaveSecond(user))) {
    return { kind: 'half', value: await startHalfSignIn(ctx, user.objectId), setUp: !has }
  }
  return { kind: 'signed-in', value: await startSession(ctx, user, input.origin, input.previousSession) }
}

/**
 * Counts a sign-in by passkey from one place, in a transaction of its own. Keys cannot be guessed: the limit spares the processor.
 * @returns until when nobody may try from here, or null
 */
export function countPasskey(ctx: Ctx, origin: Origin): Promise<Temporal.Instant | null> {
  return reserveAttempt(ctx, { key: `address:${origin.address}`, limit: failuresOfOneAddress, windowMinutes })
}

/** A passkey that proved its holder is possession and PIN or body at once: the session begins. Null when the user is gone. */
export async function signInByPasskey(
  ctx: Ctx,
  input: { objectId: string; origin: Origin; previousSession?: string | undefined },
): Promise<string | null> {
  const [user] = await getUsers(ctx, [input.objectId])
  if (user?.status !== 'active') return null
  await settleAttempt(ctx, [], [`address:${input.origin.address}`])
  return startSession(ctx, user, input.origin, input.previousSession)
}

/**
 * A user whom the outside issuer has proved. Where this installation wants a second proof of him, or he has set one up, it is asked for unless the
 * issuer says that it has asked for one (`amr` with `mfa`).
 */
export async function signInFromOutside(
  ctx: Ctx,
  input: { user: User; proved: 'once' | 'twice'; mustHave: boolean; origin: Origin; previousSession?: string | undefined },
): Promise<Exclude<SignInEnd, { kind: 'new-password' }>> {
  const { user, proved, origin, previousSession } = input
  if (user.status !== 'active') throw forbidden('UserDisabled', 'Your account here is switched off. Ask your administrator.')
  const has = (await findSecondFactor(ctx, user.objectId)) !== null
  if (proved === 'once' && (has || input.mustHave)) {
    return { kind: 'half', value: await startHalfSignIn(ctx, user.objectId), setUp: !has }
  }
  return { kind: 'signed-in', value: await startSession(ctx, user, origin, previousSession) }
}

const wrongCodes = 10

/**
 * Counts an attempt at the second proof, in a transaction of its own: the count must stay when the code is wrong.
 * @returns until when no code is taken of this user, or null
 */
export function countCode(ctx: Ctx, objectId: string): Promise<Temporal.Instant | null> {
  return reserveAttempt(ctx, { key: `code:${objectId}`, limit: wrongCodes, windowMinutes })
}

/** A code was right: earlier wrong ones count no more. */
export function forgetCodes(ctx: Ctx, objectId: string): Promise<void> {
  return settleAttempt(ctx, [`code:${objectId}`], [])
}

/** The second proof succeeded: the session begins. */
export async function finishHalfSignIn(
  ctx: Ctx,
  input: { half: string; user: User; origin: Origin; previousSession?: string | undefined },
): Promise<string> {
  await endHalfSignIn(ctx, input.half)
  return startSession(ctx, input.user, input.origin, input.previousSession)
}
