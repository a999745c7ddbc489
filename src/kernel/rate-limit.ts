import { isIP } from 'node:net'
import { wallMilliseconds } from './clock.ts'
import { type DomainError, limit } from './errors.ts'
import type { Metrics } from './metrics.ts'

/** How many calls in a minute; 0: as many as come. */
export interface RateLimitConfig {
  /** from one address (IPv6: one /64 network) */
  address: number
  /** of one application or signed-in person */
  principal: number
}

/** Refuses who calls too often. Counted by each process for itself: it protects a process, and is no quota to be sold. */
export interface RateLimits {
  /** Null, or the refusal: limit `TooManyRequests`, whose `data.retryAfter` is in seconds. Loopback is let through. */
  countAddress(address: string): DomainError | null
  /** The same for an application or a person, by id. */
  countPrincipal(id: string): DomainError | null
}

interface Bucket {
  left: number
  at: number
}

/** More callers than this at a time: those that have been idle are forgotten. */
const mostBuckets = 100_000

/** A bucket of one minute's calls for each key, refilled evenly: a burst may spend it at once, then one call is let through at a time. */
export function createBuckets(perMinute: number, milliseconds: () => number = wallMilliseconds) {
  const buckets = new Map<string, Bucket>()
  const perMs = perMinute / 60_000
  return { take, size: () => buckets.size }

  /** Seconds to wait, or null when the call may go on. */
  function take(key: string): number | null {
    const now = milliseconds()
    const bucket = buckets.get(key)
    if (!bucket) {
      if (buckets.size >= mostBuckets) forgetIdle(now)
      buckets.set(key, { left: perMinute - 1, at: now })
      return null
    }
    bucket.left = Math.min(perMinute, bucket.left + Math.max(0, now - bucket.at) * perMs)
    bucket.at = now
    if (bucket.left < 1) return Math.ceil((1 - bucket.left) / perMs / 1000)
    bucket.left -= 1
    return null
  }

  /** Whoever has not called for a minute has a full bucket: forgetting it changes nothing. If all are busy, the oldest go. */
  function forgetIdle(now: number) {
    for (const [key, { at }] of buckets) if (now - at >= 60_000) buckets.delete(key)
    for (const key of buckets.keys()) {
      if (buckets.size < mostBuckets * 0.9) break
      buckets.delete(key)
    }
  }
}

export function createRateLimits(config: RateLimitConfig, metrics: Metrics): RateLimits {
  const refused = metrics.counter('stoa_rate_limited_total', 'Requests refused because they came too often', ['by'])
  const counter = (by: 'address' | 'principal', perMinute: number): ((key: string) => DomainError | null) => {
    if (perMinute === 0) return () => null
    const { take } = createBuckets(perMinute)
    return (key: string) => {
      const retryAfter = take(key)
      if (retryAfter === null) return null
      refused.inc({ by })
      return limit(
        'TooManyRequests',
        `Too many requests: at most ${perMinute.toLocaleString('en-US')} in a minute are answered. Try again in ${retryAfter} s.`,
        { data: { retryAfter } },
      )
    }
  }
  const countNetwork = counter('address', config.address)
  return {
    countAddress: (address) => (config.address === 0 || isLoopback(address) ? null : countNetwork(networkOf(address))),
    countPrincipal: counter('principal', config.principal),
  }
}

const isLoopback = (address: string) => /^(?:::ffff:)?127\.|^::1$/.test(address)

/** What counts as one caller: an IPv4 address, or the /64 network of an IPv6 one, all of whose addresses one customer has. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  if (isIP(plain) !== 6) return plain
  const [head = '', tail] = plain.toLowerCase().split('::')
  const first = head === '' ? [] : head.split(':')
  const last = tail === undefined || tail === '' ? [] : tail.split(':')
  const words = tail === undefined ? first : [...first, ...Array.from({ length: 8 - first.length - last.length }, () => '0'), ...last]
  return words
    .slice(0, 4)
    .map((word) => word.replace(/^0+(?=.)/, ''))
    .join(':')
}
