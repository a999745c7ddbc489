import { Temporal } from 'temporal-polyfill'
import { expect, test } from 'vitest'
import { buildPriceList, changedPrices } from './price-list.ts'

const monday = Temporal.Instant.from('2026-11-02T00:00:00Z')
const friday = Temporal.Instant.from('2026-11-06T00:00:00Z')
const rates = { EUR: '0.92', JPY: '151.5' }
const entry = { markets: ['US', 'DE', 'JP', 'GB'], usd: { 'term:P1M': '49.99', 'dimension:email': '0.0005' }, overrides: {} }
const amount = (list: ReturnType<typeof buildPriceList>, market: string, item: string) => {
  const found = list?.prices.find((price) => price.market === market && price.item === item)
  return found && `${found.amount} ${found.currency}`
}

test('SA-149 dollars are converted to the currency of each market, fees rounded to its minor unit', () => {
  const list = buildPriceList(entry, rates, monday)
  expect(amount(list, 'US', 'term:P1M')).toBe('49.99 USD')
  expect(amount(list, 'DE', 'term:P1M')).toBe('45.99 EUR') // 45.9908
  expect(amount(list, 'JP', 'term:P1M')).toBe('7573 JPY') // 7573.485
})

test('a price per unit keeps up to ten decimals', () => {
  expect(amount(buildPriceList(entry, rates, monday), 'DE', 'dimension:email')).toBe('0.00046 EUR')
})

test('a market whose currency has no rate is priced in dollars', () => {
  expect(amount(buildPriceList(entry, rates, monday), 'GB', 'term:P1M')).toBe('49.99 USD')
})

test('SA-149 RF-07 later rates do not alter a price that was converted; a market added later takes the later rate', () => {
  const first = buildPriceList({ ...entry, markets: ['DE'] }, rates, monday)
  const second = buildPriceList({ ...entry, markets: ['DE', 'FR'] }, { EUR: '0.80' }, friday, first?.prices)
  expect(amount(second, 'DE', 'term:P1M')).toBe('45.99 EUR')
  expect(amount(second, 'FR', 'term:P1M')).toBe('39.99 EUR')
  expect(second?.prices.find((price) => price.market === 'DE')?.validFrom).toBe(monday.toString())
})

test('a new dollar price is converted with the rate of today', () => {
  const first = buildPriceList(entry, rates, monday)
  const second = buildPriceList({ ...entry, usd: { 'term:P1M': '100' } }, { EUR: '0.80' }, friday, first?.prices)
  expect(amount(second, 'DE', 'term:P1M')).toBe('80.00 EUR')
})

test('the price of a single market is the one entered', () => {
  const list = buildPriceList({ ...entry, overrides: { DE: { 'term:P1M': '44.90' } } }, rates, monday)
  expect(amount(list, 'DE', 'term:P1M')).toBe('44.90 EUR')
})

test('the same prices are the same list', () => {
  const first = buildPriceList(entry, rates, monday)
  expect(buildPriceList(entry, { EUR: '0.5' }, friday, first?.prices)?.hash).toBe(first?.hash)
  expect(buildPriceList({ ...entry, usd: { 'term:P1M': '50' } }, rates, friday, first?.prices)?.hash).not.toBe(first?.hash)
})

test('SA-146 a published price that changes is found; a market that is left is no change', () => {
  const first = buildPriceList(entry, rates, monday)
  const dearer = buildPriceList({ ...entry, usd: { ...entry.usd, 'term:P1M': '60' } }, rates, friday, first?.prices)
  expect(changedPrices(first?.prices ?? [], dearer?.prices ?? []).map((price) => price.market)).toEqual(['DE', 'GB', 'JP', 'US'])
  const smaller = buildPriceList({ ...entry, markets: ['US'] }, rates, friday, first?.prices)
  expect(changedPrices(first?.prices ?? [], smaller?.prices ?? [])).toEqual([])
})
