import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'

/** SHA-256 as base64url: how bearer values (cookies, codes, refresh tokens) are kept. */
export function fingerprint(value: string): string {
  return createHash('sha256').update(value).digest('base64url')
}

/** 256 random bits as 43 characters: cookies and generated application secrets. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Characters that nobody takes for another when reading them aloud. */
const legible = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A password that is read from a page and typed once: 20 characters in groups, about 115 bits. */
export function temporaryPassword(): string {
  const characters = Array.from({ length: 20 }, () => legible.charAt(randomInt(legible.length)))
  return characters.join('').replaceAll(/.{5}(?=.)/g, '$&-')
}

const generatedPrefix = 'sha256:'

/**
 * Hash of a secret that we made ourselves. Its 256 random bits cannot be guessed, so that a fast hash is enough and a token costs
 * microseconds, not the 14 ms of a password hash.
 */
export function hashGenerated(secret: string): string {
  return generatedPrefix + fingerprint(secret)
}

/** Argon2id hash of a secret that a person chose. */
export function hashChosen(secret: string): Promise<string> {
  return hash(secret)
}

/**
 * Proofs already made in this process: (hash, secret) pairs that match. A matching pair matches forever, so this needs no invalidation:
 * whether the key is still valid is read from the database every time.
 */
const proven = new Set<string>()
const provenLimit = 10_000

/** Whether a secret belongs to a stored hash. Chosen secrets cost 14 ms the first time and microseconds afterwards. */
export async function secretMatches(stored: string, secret: string): Promise<boolean> {
  if (stored.startsWith(generatedPrefix)) {
    return timingSafeEqual(Buffer.from(stored), Buffer.from(hashGenerated(secret)))
  }
  const pair = fingerprint(`${stored}\n${secret}`)
  if (proven.has(pair)) return true
  if (!(await verify(stored, secret))) return false
  if (proven.size >= provenLimit) proven.clear()
  proven.add(pair)
  return true
}

/** Whether a password belongs to a stored hash. Never remembered. */
export function passwordMatches(stored: string, password: string): Promise<boolean> {
  return verify(stored, password)
}
