import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hourOf, isoOf, quantityProblem, windowProblem } from './usage-event.ts'

test('quantities above 0, at most 1e12, at most 10 decimals', () => {
  for (const good of [1, 0.5, 1e12, 1e-10, 0.1234567891, 123456.789, 5e-9]) expect([good, quantityProblem(good)]).toEqual([good, null])
  for (const bad of [0, -0, -1, Number.NaN, Infinity, -Infinity, 1e12 + 1, 1e308, 1e-11, 5e-324, 0.12345678912, 0.1 + 0.2]) {
    expect([bad, quantityProblem(bad)]).toEqual([bad, expect.stringMatching(/^The quantity must /)])
  }
})

test('the window closes 24 hours back and 5 minutes ahead, to the microsecond', () => {
  const now = 1_800_000_000_000_000
  expect(windowProblem(now - 24 * 3_600_000_000, now)).toBeNull()
  expect(windowProblem(now - 24 * 3_600_000_000 - 1, now)?.status).toBe('expired')
  expect(windowProblem(now + 300_000_000, now)).toBeNull()
  expect(windowProblem(now + 300_000_001, now)?.status).toBe('ahead-of-time')
})

test('times are written with the digits they have, and read back the same', () => {
  expect(isoOf(1_800_000_000_000_000)).toBe('2027-01-15T08:00:00Z')
  expect(isoOf(1_800_000_000_120_000)).toBe('2027-01-15T08:00:00.120Z')
  expect(isoOf(1_800_000_000_120_007)).toBe('2027-01-15T08:00:00.120007Z')
  fc.assert(
    fc.property(fc.integer({ min: -1e15, max: 4e15 }), (us) => {
      expect(Math.floor(us / 1000)).toBe(Date.parse(isoOf(us).replace(/(\.\d{3})\d{3}Z$/, '$1Z')))
      expect(isoOf(hourOf(us))).toMatch(/:00:00Z$/)
    }),
  )
})
