import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { Decimal } from '../../kernel/money.ts'
import { type History, type HistoryFact, type PriceFact, rate, type TermFact } from './history.ts'
import { sum } from './line.ts'

const price = (over: Partial<PriceFact> = {}): PriceFact => ({
  planId: 'premium',
  planName: 'Premium',
  currency: 'USD',
  unitPrice: '350.00',
  perUser: false,
  quantity: null,
  ...over,
})
const term = (index: number, startDate: string, endDate: string, over: Partial<TermFact> = {}): TermFact => ({
  index,
  startDate,
  endDate,
  termUnit: 'P1M',
  isFreeTrial: false,
  ...over,
})
const at = (text: string, fact: HistoryFact): History[number] => ({ at: Temporal.Instant.from(text), fact })
const read = (history: History) => rate(history).map((charge) => [charge.key, charge.kind, charge.amount.toFixed(2)])

const november = term(0, '2026-11-10', '2026-12-09')
const activated = at('2026-11-10T08:00:00Z', { type: 'activated', price: price(), term: november })

test('a term is charged in full when it begins, month after month', () => {
  const renewed = at('2026-12-10T00:00:00Z', { type: 'renewed', price: price(), term: term(1, '2026-12-10', '2027-01-09') })
  expect(read([activated, renewed])).toEqual([
    ['term:0', 'fee', '350.00'],
    ['term:1', 'fee', '350.00'],
  ])
})

test('per user: seats times the price of one', () => {
  const seats = price({ perUser: true, unitPrice: '12.00', quantity: 7 })
  const [charge] = rate([at('2026-11-10T08:00:00Z', { type: 'activated', price: seats, term: november })])
  expect([charge?.quantity.toFixed(), charge?.unitPrice.toFixed(), charge?.amount.toFixed(2)]).toEqual(['7', '12', '84.00'])
})

test('AC-210 a free month costs nothing; the first paid term does', () => {
  const trial = at('2026-11-10T08:00:00Z', { type: 'activated', price: price(), term: { ...november, isFreeTrial: true } })
  const renewed = at('2026-12-10T00:00:00Z', { type: 'renewed', price: price(), term: term(1, '2026-12-10', '2027-01-09') })
  expect(read([trial])).toEqual([])
  expect(read([trial, renewed])).toEqual([['term:1', 'fee', '350.00']])
})

test('AC-216 leaving a free month for a plan without one: its term is charged in full', () => {
  const trial = at('2026-11-10T08:00:00Z', { type: 'activated', price: price(), term: { ...november, isFreeTrial: true } })
  const basic = price({ planId: 'basic', planName: 'Basic', unitPrice: '49' })
  const changed = at('2026-11-20T08:00:00Z', {
    type: 'changed',
    previous: price(),
    price: basic,
    term: term(1, '2026-11-20', '2026-12-19'),
  })
  expect(read([trial, changed])).toEqual([['term:1', 'fee', '49.00']])
})

test('AC-141 a change of plan: the rest of the term back at the old price, charged at the new one', () => {
  const basic = price({ planId: 'basic', planName: 'Basic', unitPrice: '49' })
  const changed = at('2026-11-25T23:59:59Z', { type: 'changed', previous: price(), price: basic, term: november })
  // 25 November to 9 December: 15 of 30 days
  expect(read([activated, changed])).toEqual([
    ['term:0', 'fee', '350.00'],
    ['change:1:credit', 'change-credit', '-175.00'],
    ['change:1:fee', 'change-fee', '24.50'],
  ])
  expect(rate([activated, changed]).map((charge) => charge.description)).toEqual([
    'Premium, monthly fee',
    'Premium, unused 15 of 30 days',
    'Basic, 15 of 30 days',
  ])
})

test('AC-141 seats added and given back within a term', () => {
  const seats = (quantity: number) => price({ perUser: true, unitPrice: '10', quantity })
  const start = at('2026-11-10T08:00:00Z', { type: 'activated', price: seats(5), term: november })
  const more = at('2026-11-20T08:00:00Z', { type: 'changed', previous: seats(5), price: seats(8), term: november })
  const fewer = at('2026-12-09T08:00:00Z', { type: 'changed', previous: seats(8), price: seats(6), term: november })
  expect(read([start, more, fewer])).toEqual([
    ['term:0', 'fee', '50.00'],
    ['change:1:credit', 'change-credit', '-33.33'],
    ['change:1:fee', 'change-fee', '53.33'],
    ['change:2:credit', 'change-credit', '-2.67'],
    ['change:2:fee', 'change-fee', '2.00'],
  ])
})

test('AC-140 cancelling gives nothing back', () => {
  expect(read([activated, at('2026-11-30T00:00:00Z', { type: 'cancelled', price: price(), withinFreePeriod: false })])).toHaveLength(1)
})

test('AP-057 cancelling in the free period takes everything back', () => {
  const basic = price({ planId: 'basic', planName: 'Basic', unitPrice: '49' })
  const changed = at('2026-11-10T12:00:00Z', { type: 'changed', previous: price(), price: basic, term: november })
  const charges = rate([activated, changed, at('2026-11-11T00:00:00Z', { type: 'cancelled', price: basic, withinFreePeriod: true })])
  expect(charges.map((charge) => charge.key)).toEqual([
    'term:0',
    'change:1:credit',
    'change:1:fee',
    'reversal:term:0',
    'reversal:change:1:credit',
    'reversal:change:1:fee',
  ])
  expect(sum(charges.map((charge) => charge.amount)).isZero()).toBe(true)
})

test('yen have no minor unit, dinars three digits', () => {
  const yen = price({ currency: 'JPY', unitPrice: '53025' })
  const cheap = price({ currency: 'JPY', unitPrice: '7424' })
  const changed = at('2026-11-30T00:00:00Z', { type: 'changed', previous: yen, price: cheap, term: november })
  expect(
    rate([at('2026-11-10T08:00:00Z', { type: 'activated', price: yen, term: november }), changed]).map((c) => c.amount.toFixed()),
  ).toEqual(['53025', '-17675', '2475'])
  const dinar = price({ currency: 'KWD', unitPrice: '15.0205' })
  expect(rate([at('2026-11-10T08:00:00Z', { type: 'activated', price: dinar, term: november })])[0]?.amount.toFixed(3)).toBe('15.021')
})

/** Histories as a subscription can have them: terms one after the other, changes within, perhaps an end. */
const histories = fc
  .array(
    fc.record({
      unit: fc.integer({ min: 0, max: 100_000 }),
      changes: fc.array(fc.tuple(fc.integer({ min: 0, max: 27 }), fc.integer({ min: 0, max: 100_000 })), { maxLength: 3 }),
    }),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .chain((terms) => fc.record({ terms: fc.constant(terms), free: fc.boolean(), currency: fc.constantFrom('USD', 'JPY', 'KWD') }))
  .map(({ terms, free, currency }): History => {
    const history: History = []
    let start = Temporal.PlainDate.from('2026-01-31')
    let now = price({ currency, unitPrice: '1' })
    terms.forEach(({ unit, changes }, index) => {
      const end = start.add({ months: 1 }).subtract({ days: 1 })
      const of = term(index, start.toString(), end.toString())
      now = price({ currency, unitPrice: new Decimal(unit).div(1000).toFixed() })
      history.push(at(`${start.toString()}T00:00:00Z`, { type: index === 0 ? 'activated' : 'renewed', price: now, term: of }))
      for (const [day, changed] of changes.toSorted((a, b) => a[0] - b[0])) {
        const next = price({ currency, unitPrice: new Decimal(changed).div(1000).toFixed(), planId: 'other', planName: 'Other' })
        history.push(at(`${start.add({ days: day }).toString()}T10:00:00Z`, { type: 'changed', previous: now, price: next, term: of }))
        now = next
      }
      start = end.add({ days: 1 })
    })
    if (free) history.push(at(`${start.toString()}T00:00:00Z`, { type: 'cancelled', price: now, withinFreePeriod: true }))
    return history
  })

test('more history only adds charges, and cancelling free leaves nothing', () => {
  fc.assert(
    fc.property(histories, fc.nat(), (history, n) => {
      const all = rate(history)
      const earlier = rate(history.slice(0, n % (history.length + 1)))
      expect(all.slice(0, earlier.length)).toEqual(earlier)
      expect(new Set(all.map((charge) => charge.key)).size).toBe(all.length)
      if (history.at(-1)?.fact.type === 'cancelled') expect(sum(all.map((charge) => charge.amount)).isZero()).toBe(true)
    }),
  )
})
