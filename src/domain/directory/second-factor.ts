import { randomInt } from 'node:crypto'
import { and, count, eq, isNotNull, isNull, lt, or } from 'drizzle-orm'
import { generateSecret, generateURI, verify } from 'otplib'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid } from '../../kernel/errors.ts'
import type { Secrets } from '../../kernel/secrets.ts'
import { listPasskeys, type Passkey } from './passkeys.ts'
import * as tables from './schema.ts'
import { fingerprint } from './secrets.ts'

/** How a user proves a second time who he is: at least one of the two. */
export interface SecondFactor {
  /** since when an authenticator app is in force, or null */
  app: Temporal.Instant | null
  passkeys: Passkey[]
  recoveryCodesLeft: number
}

const purpose = 'directory.authenticator'
/** A code of 30 seconds is taken half a minute before and after: phones' clocks differ. */
const toleranceSeconds = 30
const recoveryCodes = 10
/** Without letters and digits that are read for each other. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

/** The second factor of a user, or null when none is in force. */
export async function findSecondFactor(ctx: Ctx, objectId: string): Promise<SecondFactor | null> {
  const { authenticator, recoveryCode } = tables
  const [row] = await ctx.tx
    .select({ since: authenticator.confirmedAt })
    .from(authenticator)
    .where(and(eq(authenticator.objectId, objectId), isNotNull(authenticator.confirmedAt)))
  const passkeys = await listPasskeys(ctx, objectId)
  if (!row?.since && passkeys.length === 0) return null
  const [left] = await ctx.tx
    .select({ codes: count() })
    .from(recoveryCode)
    .where(and(eq(recoveryCode.objectId, objectId), isNull(recoveryCode.usedAt)))
  return { app: row?.since ?? null, passkeys, recoveryCodesLeft: left?.codes ?? 0 }
}

/**
 * A secret for an authenticator app, not in force before {@link confirmSecondFactor}. Asked again, it is the same until it is confirmed, so that
 * a reloaded page does not make the scanned one worthless.
 * @throws conflict `SecondFactorSet`
 */
export async function offerSecondFactor(
  ctx: Ctx,
  secrets: Secrets,
  input: { objectId: string; email: string; issuer: string },
): Promise<{ secret: string; uri: string }> {
  const { authenticator } = tables
  const fresh = secrets.encrypt(generateSecret(), purpose)
  await ctx.tx
    .insert(authenticator)
    .values({ objectId: input.objectId, secret: fresh, confirmedAt: null, lastStep: null, createdAt: ctx.wall })
    .onConflictDoNothing()
  const [row] = await ctx.tx.select().from(authenticator).where(eq(authenticator.objectId, input.objectId))
  if (!row || row.confirmedAt) throw conflict('SecondFactorSet', 'A second factor is in force already. Remove it first.')
  const secret = secrets.decrypt(row.secret, purpose)
  return { secret, uri: generateURI({ issuer: input.issuer, label: input.email, secret }) }
}

/**
 * Puts an authenticator app into force after it has shown a right code, and answers the recovery codes, which are shown this once.
 * @throws invalid `WrongCode`
 */
export async function confirmSecondFactor(ctx: Ctx, secrets: Secrets, input: { objectId: string; code: string }): Promise<string[]> {
  const { authenticator } = tables
  const [row] = await ctx.tx.select().from(authenticator).where(eq(authenticator.objectId, input.objectId)).for('update')
  const step = row && !row.confirmedAt ? await stepOf(ctx, secrets.decrypt(row.secret, purpose), input.code) : null
  if (step === null) throw invalid('WrongCode', 'This is not the code that the app shows now.', { target: 'code' })
  await ctx.tx.update(authenticator).set({ confirmedAt: ctx.wall, lastStep: step }).where(eq(authenticator.objectId, input.objectId))
  return renewRecoveryCodes(ctx, input.objectId)
}

/** Makes recovery codes; those before are worth nothing any more. They are kept as hashes only. */
export async function renewRecoveryCodes(ctx: Ctx, objectId: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodes }, () =>
    Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => alphabet[randomInt(alphabet.length)]).join('')).join('-'),
  )
  await ctx.tx.delete(tables.recoveryCode).where(eq(tables.recoveryCode.objectId, objectId))
  await ctx.tx.insert(tables.recoveryCode).values(codes.map((code) => ({ objectId, hash: hashOf(code), usedAt: null })))
  return codes
}

/**
 * Whether a code proves the user: one of the app's, or one of the recovery codes. Each is taken once.
 * @returns which it was, or null
 */
export async function takeCode(ctx: Ctx, secrets: Secrets, input: { objectId: string; code: string }): Promise<'app' | 'recovery' | null> {
  const { authenticator, recoveryCode } = tables
  const [row] = await ctx.tx
    .select()
    .from(authenticator)
    .where(and(eq(authenticator.objectId, input.objectId), isNotNull(authenticator.confirmedAt)))
  const step = row ? await stepOf(ctx, secrets.decrypt(row.secret, purpose), input.code) : null
  if (step !== null) {
    const taken = await ctx.tx
      .update(authenticator)
      .set({ lastStep: step })
      .where(and(eq(authenticator.objectId, input.objectId), or(isNull(authenticator.lastStep), lt(authenticator.lastStep, step))))
      .returning({ objectId: authenticator.objectId })
    return taken.length > 0 ? 'app' : null
  }
  const used = await ctx.tx
    .update(recoveryCode)
    .set({ usedAt: ctx.wall })
    .where(and(eq(recoveryCode.objectId, input.objectId), eq(recoveryCode.hash, hashOf(input.code)), isNull(recoveryCode.usedAt)))
    .returning({ hash: recoveryCode.hash })
  return used.length > 0 ? 'recovery' : null
}

/** Ends the authenticator app of a user. Returns whether there was one. */
export async function removeAuthenticator(ctx: Ctx, objectId: string): Promise<boolean> {
  const removed = await ctx.tx
    .delete(tables.authenticator)
    .where(eq(tables.authenticator.objectId, objectId))
    .returning({ confirmedAt: tables.authenticator.confirmedAt })
  await dropCodesWithoutFactor(ctx, objectId)
  return removed.some((row) => row.confirmedAt !== null)
}

/** Ends every second proof of a user: app, passkeys, recovery codes. Returns whether there was one. */
export async function removeSecondFactor(ctx: Ctx, objectId: string): Promise<boolean> {
  const passkeys = await ctx.tx
    .delete(tables.passkey)
    .where(eq(tables.passkey.objectId, objectId))
    .returning({ credentialId: tables.passkey.credentialId })
  const app = await removeAuthenticator(ctx, objectId)
  return app || passkeys.length > 0
}

/** Recovery codes stand in for something that was lost: where nothing is in force they are worth nothing. */
export async function dropCodesWithoutFactor(ctx: Ctx, objectId: string): Promise<void> {
  if (await findSecondFactor(ctx, objectId)) return
  await ctx.tx.delete(tables.recoveryCode).where(eq(tables.recoveryCode.objectId, objectId))
}

const hashOf = (code: string) => fingerprint(code.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))

/** The time step of a code that is right now, or null. */
async function stepOf(ctx: Ctx, secret: string, code: string): Promise<number | null> {
  const token = code.replaceAll(/\s/g, '')
  if (!/^\d{6}$/.test(token)) return null
  const result = await verify({ secret, token, epoch: Math.floor(ctx.wall.epochMilliseconds / 1000), epochTolerance: toleranceSeconds })
  return result.valid && 'timeStep' in result ? (result.timeStep as number) : null
}
