import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import { and, asc, eq } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Config } from '../../kernel/config.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import * as tables from './schema.ts'
import { checked } from './tenants.ts'
import { issueTicket, spendTicket, type TicketUse } from './tickets.ts'
import type { User } from './users.ts'

/** A key that a device of a user keeps. */
export interface Passkey {
  credentialId: string
  /** as its user calls it */
  name: string
  /** kept by a password manager on more than one device */
  synced: boolean
  createdAt: Temporal.Instant
  lastUsedAt: Temporal.Instant | null
}

const challengeMinutes = 10
const mostPasskeys = 20
/** EdDSA, ES256, RS256: what every authenticator has one of. */
const algorithms = [-8, -7, -257]
const nameRule = z.object({ name: z.string().trim().min(1).max(60) })

const bytesAsText = z.string().regex(/^[\w-]+$/)
const answer = {
  id: bytesAsText.max(1400),
  rawId: bytesAsText.max(1400),
  type: z.literal('public-key'),
  clientExtensionResults: z.looseObject({}).default({}),
}
const registration = z.object({
  ...answer,
  response: z.object({
    clientDataJSON: bytesAsText,
    attestationObject: bytesAsText,
    transports: z.array(z.string().max(20)).max(10).default([]),
  }),
})
const assertion = z.object({
  ...answer,
  response: z.object({
    clientDataJSON: bytesAsText,
    authenticatorData: bytesAsText,
    signature: bytesAsText,
    userHandle: z.string().max(100).nullish(),
  }),
})

/** The site as authenticators know it: a host name, and the addresses from which it is used. */
function site(config: Config): { id: string; origins: string[] } {
  const id = new URL(config.publicUrl).hostname
  const named = [config.publicUrl, config.issuerUrl, ...config.knownHosts.map((host) => `https://${host}`)]
  const ofThis = named.filter((address) => {
    const host = URL.canParse(address) ? new URL(address).hostname : ''
    return host === id || host.endsWith(`.${id}`)
  })
  return { id, origins: [...new Set(ofThis)] }
}

const registering = (objectId: string, browser: string): TicketUse => ({ purpose: 'passkey-register', bound: [objectId, browser] })
const proving = (objectId: string | null, browser: string): TicketUse => ({ purpose: 'passkey-prove', bound: [objectId ?? '', browser] })

export type { PublicKeyCredentialCreationOptionsJSON, PublicKeyCredentialRequestOptionsJSON }

/** The passkeys of a user, the oldest first. */
export async function listPasskeys(ctx: Ctx, objectId: string): Promise<Passkey[]> {
  const { credentialId, name, synced, createdAt, lastUsedAt } = tables.passkey
  return ctx.tx
    .select({ credentialId, name, synced, createdAt, lastUsedAt })
    .from(tables.passkey)
    .where(eq(tables.passkey.objectId, objectId))
    .orderBy(asc(createdAt), asc(credentialId))
}

/**
 * What a browser needs to make a passkey for this user. It is good for ten minutes, once, in this browser.
 * @param browser what ties a form to its browser
 */
export async function offerPasskey(
  ctx: Ctx,
  kernel: Pick<Kernel, 'config' | 'secrets'>,
  input: { user: User; browser: string },
): Promise<PublicKeyCredentialCreationOptionsJSON> {
  const { user, browser } = input
  const known = await ctx.tx
    .select({ id: tables.passkey.credentialId, transports: tables.passkey.transports })
    .from(tables.passkey)
    .where(eq(tables.passkey.objectId, user.objectId))
  return generateRegistrationOptions({
    rpName: kernel.config.brand.name,
    rpID: site(kernel.config).id,
    userName: user.email,
    userDisplayName: user.displayName,
    userID: bytes(Buffer.from(user.objectId.replaceAll('-', ''), 'hex')),
    challenge: bytes(issueTicket(ctx, kernel.secrets, registering(user.objectId, browser), challengeMinutes)),
    timeout: challengeMinutes * 60_000,
    excludeCredentials: known,
    supportedAlgorithmIDs: algorithms,
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
  })
}

/**
 * Keeps the passkey that a browser has made.
 * @param input.response what the browser answered, as JSON text; any text may be given
 * @throws invalid `PasskeyRefused` (not an answer to our challenge, not made here), invalid `InvalidValue` (name), conflict `PasskeyTaken` or `TooManyPasskeys`
 */
export async function addPasskey(
  ctx: Ctx,
  kernel: Pick<Kernel, 'config' | 'secrets'>,
  input: { user: User; browser: string; name: string; response: string },
): Promise<Passkey> {
  const { objectId } = input.user
  const { name } = checked(nameRule, { name: input.name })
  const response = parsed(registration, input.response)
  if (!response) throw refused()
  const known = await listPasskeys(ctx, objectId)
  if (known.length >= mostPasskeys) throw conflict('TooManyPasskeys', `A user has at most ${mostPasskeys} passkeys. Remove one first.`)
  const { id: expectedRPID, origins } = site(kernel.config)
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: (challenge) => spendTicket(ctx, kernel.secrets, registering(objectId, input.browser), challenge),
    expectedOrigin: origins,
    expectedRPID,
    requireUserVerification: false,
    supportedAlgorithmIDs: algorithms,
  }).catch((cause: unknown) => {
    throw refused(cause)
  })
  if (!verified.verified) throw refused()
  const { credential, credentialBackedUp } = verified.registrationInfo
  const passkey: Passkey = { credentialId: credential.id, name, synced: credentialBackedUp, createdAt: ctx.wall, lastUsedAt: null }
  const kept = await ctx.tx
    .insert(tables.passkey)
    .values({
      ...passkey,
      objectId,
      publicKey: Buffer.from(credential.publicKey).toString('base64url'),
      uses: credential.counter,
      transports: response.response.transports,
    })
    .onConflictDoNothing()
    .returning({ credentialId: tables.passkey.credentialId })
  if (kept.length === 0) throw conflict('PasskeyTaken', 'This passkey is known already.')
  return passkey
}

/** Calls a passkey of a user by another name. @throws invalid `InvalidValue`, not-found `UnknownPasskey` */
export async function renamePasskey(ctx: Ctx, objectId: string, credentialId: string, name: string): Promise<void> {
  const renamed = await ctx.tx
    .update(tables.passkey)
    .set(checked(nameRule, { name }))
    .where(and(eq(tables.passkey.objectId, objectId), eq(tables.passkey.credentialId, credentialId)))
    .returning({ credentialId: tables.passkey.credentialId })
  if (renamed.length === 0) throw unknown()
}

/** From now on the passkey opens nothing. @throws not-found `UnknownPasskey` */
export async function removePasskey(ctx: Ctx, objectId: string, credentialId: string): Promise<void> {
  const removed = await ctx.tx
    .delete(tables.passkey)
    .where(and(eq(tables.passkey.objectId, objectId), eq(tables.passkey.credentialId, credentialId)))
    .returning({ credentialId: tables.passkey.credentialId })
  if (removed.length === 0) throw unknown()
}

/**
 * What a browser needs to prove a passkey: one of this user's, or with `objectId` null whichever the person chooses, who then need not say who
 * he is. Good for ten minutes, once, in this browser.
 */
export async function askPasskey(
  ctx: Ctx,
  kernel: Pick<Kernel, 'config' | 'secrets'>,
  input: { objectId: string | null; browser: string },
): Promise<PublicKeyCredentialRequestOptionsJSON> {
  const { objectId, browser } = input
  const allowed = objectId
    ? await ctx.tx
        .select({ id: tables.passkey.credentialId, transports: tables.passkey.transports })
        .from(tables.passkey)
        .where(eq(tables.passkey.objectId, objectId))
    : undefined
  return generateAuthenticationOptions({
    rpID: site(kernel.config).id,
    challenge: bytes(issueTicket(ctx, kernel.secrets, proving(objectId, browser), challengeMinutes)),
    timeout: challengeMinutes * 60_000,
    // Alone it must say who holds the device; after a password, having the device is enough.
    userVerification: objectId ? 'preferred' : 'required',
    ...(allowed ? { allowCredentials: allowed } : {}),
  })
}

/**
 * Whose passkey answered, or null when the answer proves nothing: unknown key, wrong signature, another site's or an old challenge, a copied
 * authenticator. Without `objectId` the holder must have been verified by PIN or body.
 * @param input.response what the browser answered, as JSON text; any text may be given
 */
export async function takePasskey(
  ctx: Ctx,
  kernel: Pick<Kernel, 'config' | 'secrets'>,
  input: { objectId: string | null; browser: string; response: string },
): Promise<string | null> {
  const response = parsed(assertion, input.response)
  if (!response) return null
  const { passkey } = tables
  const [row] = await ctx.tx.select().from(passkey).where(eq(passkey.credentialId, response.id)).for('update')
  if (!row || (input.objectId && row.objectId !== input.objectId)) return null
  const { id: expectedRPID, origins } = site(kernel.config)
  const { userHandle, ...proof } = response.response
  const result = await verifyAuthenticationResponse({
    response: { ...response, response: { ...proof, ...(userHandle ? { userHandle } : {}) } },
    expectedChallenge: (challenge) => spendTicket(ctx, kernel.secrets, proving(input.objectId, input.browser), challenge),
    expectedOrigin: origins,
    expectedRPID,
    requireUserVerification: input.objectId === null,
    credential: { id: row.credentialId, publicKey: bytes(Buffer.from(row.publicKey, 'base64url')), counter: row.uses },
  }).catch(() => null)
  if (!result?.verified) return null
  await ctx.tx
    .update(passkey)
    .set({ uses: result.authenticationInfo.newCounter, synced: result.authenticationInfo.credentialBackedUp, lastUsedAt: ctx.wall })
    .where(eq(passkey.credentialId, row.credentialId))
  return row.objectId
}

function parsed<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}

/** The library wants arrays over memory of their own. */
const bytes = (buffer: Buffer) => new Uint8Array(buffer)

const refused = (cause?: unknown) =>
  invalid('PasskeyRefused', 'The passkey could not be added: the answer of the device does not fit this page. Try again.', { cause })

const unknown = () => notFound('UnknownPasskey', 'You have no such passkey.')
