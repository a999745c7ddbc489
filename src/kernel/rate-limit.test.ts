import { expect, test } from 'vitest'
import { createMetrics } from './metrics.ts'
import { createBuckets, createRateLimits, networkOf } from './rate-limit.ts'

test('a minute of calls may come at once, then they come in evenly; who waits is let in again; others are not concerned', () => {
  let now = 0
  const { take } = createBuckets(60, () => now)
  const taken = (n: number) => Array.from({ length: n }, () => take('a')).filter((wait) => wait === null).length
  expect(taken(60)).toBe(60)
  expect(take('a')).toBe(1)
  expect(take('b')).toBeNull()
  now += 1000
  expect(take('a')).toBeNull()
  expect(take('a')).toBe(1)
  now += 600_000
  expect(taken(100)).toBe(60)
})

test('memory stays bounded however many callers there are', () => {
  let now = 0
  const { take, size } = createBuckets(10, () => now)
  let most = 0
  for (let caller = 0; caller < 250_000; caller++) {
    if (caller % 1000 === 0) now += 1
    take(`caller ${caller}`)
    most = Math.max(most, size())
  }
  expect(most).toBeLessThanOrEqual(100_000)
})

test('an IPv4 address counts for itself, an IPv6 one for its network, loopback not at all', () => {
  expect(networkOf('203.0.113.9')).toBe('203.0.113.9')
  expect(networkOf('::ffff:203.0.113.9')).toBe('203.0.113.9')
  expect(networkOf('2001:db8:0:1:ffff::9')).toBe('2001:db8:0:1')
  expect(networkOf('2001:db8::9')).toBe('2001:db8:0:0')
  expect(networkOf('2001:0db8:0000:0000:0:0:0:1')).toBe('2001:db8:0:0')
  const limits = createRateLimits({ address: 1, principal: 1 }, createMetrics())
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.0.0.1']) expect(limits.countAddress(address)).toBeNull()
  expect(limits.countAddress('2001:db8::1')).toBeNull()
  expect(limits.countAddress('2001:db8::2')).toMatchObject({ kind: 'limit', code: 'TooManyRequests', data: { retryAfter: 60 } })
  expect(limits.countAddress('2001:db8:0:1::2')).toBeNull()
  const off = createRateLimits({ address: 0, principal: 0 }, createMetrics())
  for (let call = 0; call < 100; call++) expect(off.countPrincipal('x') ?? off.countAddress('203.0.113.9')).toBeNull()
})
