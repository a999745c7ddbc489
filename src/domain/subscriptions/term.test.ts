import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { nextTermStart, termEnd, termUnits } from './term.ts'

const day = (text: string) => Temporal.PlainDate.from(text)

test.each([
  ['2019-05-31', 'P1M', '2019-06-29'],
  ['2021-01-31', 'P1M', '2021-02-27'],
  ['2021-02-28', 'P1M', '2021-03-27'],
  ['2024-01-31', 'P1M', '2024-02-28'],
  ['2021-03-01', 'P1M', '2021-03-31'],
  ['2024-02-29', 'P1Y', '2025-02-27'],
  ['2021-06-15', 'P1Y', '2022-06-14'],
] as const)('AP-036 a term from %s for %s ends on %s', (start, unit, end) => {
  expect(termEnd(day(start), unit).toString()).toBe(end)
})

test('AP-036 terms follow each other day by day, and the anchor day only ever moves back', () => {
  const anyDay = fc.integer({ min: 0, max: 40_000 }).map((n) => day('2000-01-01').add({ days: n }))
  fc.assert(
    fc.property(anyDay, fc.constantFrom(...termUnits), fc.integer({ min: 1, max: 40 }), (first, unit, terms) => {
      let start = first
      for (let i = 0; i < terms; i++) {
        const end = termEnd(start, unit)
        const next = nextTermStart(end)
        expect(next.since(end).days).toBe(1)
        expect(next.day).toBeLessThanOrEqual(start.day)
        const months = (next.year - start.year) * 12 + next.month - start.month
        expect(months).toBe(unit === 'P1M' ? 1 : 12)
        start = next
      }
    }),
  )
})
