import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attemptOffset, attemptsWithin, maxAttempts, pauses } from './webhook-schedule.ts'

test('AP-062 500 attempts, the last one 8 hours after the first', () => {
  expect(pauses).toHaveLength(maxAttempts - 1)
  expect(attemptOffset(1)).toBe(0)
  expect(attemptOffset(maxAttempts)).toBe(8 * 3600_000)
  expect(() => attemptOffset(maxAttempts + 1)).toThrow(RangeError)
})

test('pauses grow from a second to a minute', () => {
  expect(pauses.slice(0, 6)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000])
  for (const pause of pauses.slice(6)) {
    expect(pause).toBeGreaterThan(58_000)
    expect(pause).toBeLessThan(60_000)
  }
})

test('attemptsWithin counts the attempts up to a moment', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: maxAttempts }), (n) => {
      expect(attemptsWithin(attemptOffset(n))).toBe(n)
      expect(attemptsWithin(attemptOffset(n) - 1)).toBe(n - 1)
    }),
  )
})
