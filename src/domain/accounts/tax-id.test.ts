import { expect, test } from 'vitest'
import { hasVatNumbers, normalTaxId } from './tax-id.ts'

test.each([
  ['DE', 'DE 136,695 976'.replace(',', ''), 'DE136695976'],
  ['DE', '136695976', 'DE136695976'],
  ['AT', 'ATU 13585627', 'ATU13585627'],
  ['GR', 'EL 094259216', 'EL094259216'],
  ['NL', 'NL004495445B01', 'NL004495445B01'],
  ['DE', 'DE136695977', null],
  ['FR', 'hello', null],
  ['US', '12-3456789', '123456789'],
  ['US', '<b>', null],
] as const)('AC-060 tax id of %s: %s', (country, text, expected) => {
  expect(normalTaxId(country, text)).toBe(expected)
})

test('all 27 members of the European Union have VAT numbers, and each is checked', () => {
  const members = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ')
  expect(members.every(hasVatNumbers)).toBe(true)
  expect(members.map((country) => normalTaxId(country, 'not a number'))).toEqual(members.map(() => null))
  expect(hasVatNumbers('US')).toBe(false)
})
