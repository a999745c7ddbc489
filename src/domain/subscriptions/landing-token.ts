import { createHash, randomBytes } from 'node:crypto'
import { Temporal } from 'temporal-polyfill'

/** seed 001 L25356. The OpenAPI document says one hour; spec/08 C5 chose 24. Market time. */
export const tokenLifetime = Temporal.Duration.from({ hours: 24 })

/** 177 random bytes are 236 characters of base64, as the tokens seen on the wire are (spec/08 §2.2). */
const tokenBytes = 177

/** A new opaque landing-page token. Only its hash is stored. */
export function newToken(): string {
  return randomBytes(tokenBytes).toString('base64')
}

export function tokenHash(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The landing page's address with the token, URL-encoded, joined with `&` when there is a query (AP-023). */
export function landingPageAddress(landingPageUrl: string, token: string): string {
  return `${landingPageUrl}${landingPageUrl.includes('?') ? '&' : '?'}token=${encodeURIComponent(token)}`
}
