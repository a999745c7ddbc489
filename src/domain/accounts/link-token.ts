import { createHash, randomBytes } from 'node:crypto'

/** What a mailed link carries: 256 random bits; only the hash is kept. */
export function newLinkToken(): { token: string; tokenHash: string } {
  const token = randomBytes(32).toString('base64url')
  return { token, tokenHash: hashOfLink(token) }
}

export function hashOfLink(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
