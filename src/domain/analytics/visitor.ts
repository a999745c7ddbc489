import { createHash } from 'node:crypto'

/** What a request says of its visitor. Nothing of it is stored. */
export interface VisitorFacts {
  ip: string
  userAgent: string
  referrer: string
  /** Sec-GPC, DNT: the visitor asks not to be counted. */
  objects: boolean
  /** Sec-Purpose: fetched ahead, not looked at. */
  prefetch: boolean
}

const robots = /bot\b|bots\b|crawl|spider|slurp|preview|headlesschrome|lighthouse|curl\/|wget\/|python-|monitor/i

/** People who look and have nothing against being counted. */
export function counts({ userAgent, objects, prefetch }: VisitorFacts): boolean {
  return !objects && !prefetch && userAgent !== '' && !robots.test(userAgent)
}

/** The same within a day and for one browser; without the day's salt it cannot be made again, nor traced to an address. */
export function visitorCode({ ip, userAgent }: Pick<VisitorFacts, 'ip' | 'userAgent'>, salt: string): string {
  return createHash('sha256').update(`${salt}\n${ip}\n${userAgent}`).digest('base64url').slice(0, 16)
}

/** The host of another site that led here; null for none and for our own pages. */
export function referralDomain(referrer: string, ownHost: string): string | null {
  const host = URL.canParse(referrer) ? new URL(referrer).hostname.toLowerCase() : ''
  return host === '' || host === ownHost ? null : host.slice(0, 253)
}
