import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { addPeriod, advance, startOfDay, utcDate } from './clock.ts'

const date = fc
  .record({ year: fc.integer({ min: 2019, max: 2040 }), month: fc.integer({ min: 1, max: 12 }), day: fc.integer({ min: 1, max: 31 }) })
  .map((fields) => Temporal.PlainDate.from(fields))

test('a day that the target month lacks becomes its last day', () => {
  expect(addPeriod(Temporal.PlainDate.from('2027-01-31'), 'P1M').toString()).toBe('2027-02-28')
  expect(addPeriod(Temporal.PlainDate.from('2028-02-29'), 'P1Y').toString()).toBe('2029-02-28')
})

test('a month or year later is a later day, in the month that follows, on the same day or the month’s last', () => {
  fc.assert(
    fc.property(date, fc.integer({ min: 1, max: 24 }), (start, months) => {
      const end = addPeriod(start, `P${months}M`)
      expect(Temporal.PlainDate.compare(end, start)).toBe(1)
      expect((end.year - start.year) * 12 + end.month - start.month).toBe(months)
      expect(end.day === start.day || (end.day === end.daysInMonth && end.day < start.day)).toBe(true)
    }),
  )
})

test('midnight UTC of a day is the first instant of that day', () => {
  fc.assert(
    fc.property(date, (day) => {
      const first = startOfDay(day)
      expect(utcDate(first).equals(day)).toBe(true)
      expect(utcDate(first.subtract({ nanoseconds: 1 })).equals(day.subtract({ days: 1 }))).toBe(true)
    }),
  )
})

test('an instant moves by calendar periods in UTC and keeps its time of day', () => {
  const from = Temporal.Instant.from('2026-11-30T21:15:00Z')
  expect(advance(from, 'P1M').toString()).toBe('2026-12-30T21:15:00Z')
  expect(advance(from, 'PT24H').toString()).toBe('2026-12-01T21:15:00Z')
  expect(() => advance(from, 'a month')).toThrow(RangeError)
})
