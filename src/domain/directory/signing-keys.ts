import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto'
import { promisify } from 'node:util'
import { gt, isNull, lt, or, sql } from 'drizzle-orm'
import { generate } from 'selfsigned'
import { Temporal } from 'temporal-polyfill'
import { wallNow } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import * as tables from './schema.ts'

/** A key that signs tokens, or did. */
export interface SigningKey {
  /** also its x5t: SHA-1 of the certificate, base64url, as Azure AD names its keys */
  kid: string
  publicJwk: { kty: string; n: string; e: string }
  /** the certificate's DER, base64 */
  x5c: string
  privateKey: KeyObject
  publicKey: KeyObject
  /** PKCS #8, for libraries that want it so */
  privatePem: string
  signsFrom: Temporal.Instant
}

/** The keys of this installation, the same in every process. */
export interface KeyRing {
  /** The key that signs now. */
  current(): Promise<SigningKey>
  /** All keys that verifiers should accept, the newest first. */
  published(): Promise<SigningKey[]>
  /** The published key of this id, asking the database once more before it says no. */
  find(kid: string): Promise<SigningKey | undefined>
}

const pair = promisify(generateKeyPair)
/** How long a process may work with the keys it knows. A key that ends is refused everywhere after that time. */
const freshSeconds = 60
/** A new key is published so long before it signs; verifiers fetch keys again within it. */
const leadMinutes = 10
/** Longest life of a token, and some more for clocks. */
const tokenMinutes = 65
/** Serialises the making of the first key ("stok" in ASCII). */
const keyLock = 0x73746f6b
const purpose = 'directory signing key'

async function makeKey(): Promise<{ kid: string; publicJwk: SigningKey['publicJwk']; certificate: string; privatePem: string }> {
  const { privateKey, publicKey } = await pair('rsa', { modulusLength: 2048 })
  const privatePem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const pems = await generate([{ name: 'commonName', value: 'Stoa token signing' }], {
    algorithm: 'sha256',
    keyPair: { privateKey: privatePem, publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString() },
  })
  const der = new X509Certificate(pems.cert).raw
  const { kty, n, e } = publicKey.export({ format: 'jwk' }) as SigningKey['publicJwk']
  return {
    kid: createHash('sha1').update(der).digest('base64url'),
    publicJwk: { kty, n, e },
    certificate: der.toString('base64'),
    privatePem,
  }
}

async function insertKey(kernel: Kernel, ctx: Ctx, signsFrom: Temporal.Instant): Promise<void> {
  const key = await makeKey()
  const privatePem = kernel.secrets.encrypt(key.privatePem, purpose)
  await ctx.tx.insert(tables.signingKey).values({ ...key, privatePem, createdAt: ctx.wall, signsFrom, endsAt: null })
}

/** Makes a new key that takes over after a while; the present ones stay published until their last token has expired. */
export async function rotateSigningKey(kernel: Kernel, ctx: Ctx): Promise<void> {
  const signsFrom = ctx.wall.add({ minutes: leadMinutes })
  await ctx.tx.execute(sql`select pg_advisory_xact_lock(${keyLock})`)
  await ctx.tx
    .update(tables.signingKey)
    .set({ endsAt: signsFrom.add({ minutes: tokenMinutes }) })
    .where(isNull(tables.signingKey.endsAt))
  await insertKey(kernel, ctx, signsFrom)
}

/** A key signs for a quarter of a year: long enough to be no trouble, short enough that losing one unnoticed does not last. */
const keyDays = 90

/**
 * What the calendar asks for: a new key when the present one is old, and private keys that sign and verify nothing any more are deleted.
 * Any number of processes may ask; one does it. Returns whether a key was made.
 */
export async function rotateOldKey(kernel: Kernel, ctx: Ctx): Promise<boolean> {
  const { signingKey } = tables
  await ctx.tx.execute(sql`select pg_advisory_xact_lock(${keyLock})`)
  await ctx.tx.delete(signingKey).where(lt(signingKey.endsAt, ctx.wall))
  const [present] = await ctx.tx.select({ createdAt: signingKey.createdAt }).from(signingKey).where(isNull(signingKey.endsAt))
  if (!present || ctx.wall.since(present.createdAt).total('hours') < 24 * keyDays) return false
  await rotateSigningKey(kernel, ctx)
  return true
}

async function readKeys(kernel: Kernel, ctx: Ctx): Promise<SigningKey[]> {
  const rows = await ctx.tx
    .select()
    .from(tables.signingKey)
    .where(or(isNull(tables.signingKey.endsAt), gt(tables.signingKey.endsAt, ctx.wall)))
  const keys: SigningKey[] = []
  for (const row of rows) {
    const privatePem = kernel.secrets.decrypt(row.privatePem, purpose)
    keys.push({
      kid: row.kid,
      publicJwk: row.publicJwk,
      x5c: row.certificate,
      privateKey: createPrivateKey(privatePem),
      publicKey: createPublicKey(privatePem),
      privatePem,
      signsFrom: row.signsFrom,
    })
  }
  return keys.sort((a, b) => Temporal.Instant.compare(b.signsFrom, a.signsFrom))
}

/** Keys as this process knows them, at most a minute old. The first key of an installation is made when it is first needed. */
export function createKeyRing(kernel: Kernel): KeyRing {
  let known: { keys: SigningKey[]; until: Temporal.Instant } | undefined
  let loading: Promise<SigningKey[]> | undefined

  async function load(): Promise<SigningKey[]> {
    let keys = await kernel.read(system, (ctx) => readKeys(kernel, ctx))
    if (keys.length === 0) {
      keys = await kernel.run(system, async (ctx) => {
        await ctx.tx.execute(sql`select pg_advisory_xact_lock(${keyLock})`)
        const made = await readKeys(kernel, ctx)
        if (made.length > 0) return made
        await insertKey(kernel, ctx, ctx.wall)
        return readKeys(kernel, ctx)
      })
    }
    known = { keys, until: wallNow().add({ seconds: freshSeconds }) }
    return keys
  }

  async function refresh(): Promise<SigningKey[]> {
    loading ??= load().finally(() => {
      loading = undefined
    })
    return loading
  }

  async function published(): Promise<SigningKey[]> {
    if (known && Temporal.Instant.compare(wallNow(), known.until) < 0) return known.keys
    return refresh()
  }

  return {
    published,
    async current() {
      const keys = await published()
      const now = wallNow()
      const key = keys.find((one) => Temporal.Instant.compare(one.signsFrom, now) <= 0) ?? keys.at(-1)
      if (!key) throw new Error('There is no signing key.')
      return key
    },
    async find(kid) {
      const has = (keys: SigningKey[]) => keys.find((key) => key.kid === kid)
      return has(await published()) ?? has(await refreshSeldom())
    },
  }

  /** Tokens with invented key ids must not become a database query each. */
  async function refreshSeldom(): Promise<SigningKey[]> {
    const age = known ? freshSeconds - known.until.since(wallNow()).total('seconds') : Number.POSITIVE_INFINITY
    return age < 1 && known ? known.keys : refresh()
  }
}
