import fc from 'fast-check'
import { expect, test } from 'vitest'
import { convertFromUsd, Decimal, formatMoney, minorUnits, roundMoney } from './money.ts'

const currency = fc.constantFrom('USD', 'EUR', 'JPY', 'KWD')
const amount = fc
  .tuple(fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }), fc.integer({ min: 0, max: 10 }))
  .map(([digits, scale]) => new Decimal(digits.toString()).div(new Decimal(10).pow(scale)))

test('halves are rounded away from zero, to 0, 2 or 3 digits', () => {
  expect(roundMoney('1.005', 'USD').toFixed()).toBe('1.01')
  expect(roundMoney('-1.005', 'USD').toFixed()).toBe('-1.01')
  expect(roundMoney('0.5', 'JPY').toFixed()).toBe('1')
  expect(roundMoney('-0.5', 'JPY').toFixed()).toBe('-1')
  expect(roundMoney('1.0005', 'KWD').toFixed()).toBe('1.001')
  expect(roundMoney('1.00049999', 'KWD').toFixed()).toBe('1')
})

test('a rounded amount has at most the minor digits, is nearest, and rounding it again changes nothing', () => {
  fc.assert(
    fc.property(amount, currency, (value, code) => {
      const rounded = roundMoney(value, code)
      const half = new Decimal(10).pow(-minorUnits(code)).div(2)
      expect(rounded.decimalPlaces()).toBeLessThanOrEqual(minorUnits(code))
      expect(rounded.minus(value).abs().lte(half)).toBe(true)
      expect(roundMoney(rounded, code).eq(rounded)).toBe(true)
      expect(roundMoney(value.neg(), code).eq(rounded.neg())).toBe(true)
    }),
  )
})

test('a dollar amount is converted at the stored rate without rounding; a currency without rate is refused', () => {
  const rates = { USD: '1', EUR: '0.92', JPY: '151.5' }
  expect(convertFromUsd('49.00', 'EUR', rates).toFixed()).toBe('45.08')
  expect(convertFromUsd('0.0001', 'JPY', rates).toFixed()).toBe('0.01515')
  expect(convertFromUsd('12.34', 'USD', {}).toFixed()).toBe('12.34')
  expect(() => convertFromUsd('1', 'KWD', rates)).toThrow('KWD')
})

test('amounts are shown with the currency’s digits, unit prices with as many as they have', () => {
  expect(formatMoney('1234.5', 'USD')).toBe('$1,234.50')
  expect(formatMoney('0.0005', 'USD')).toBe('$0.0005')
  expect(formatMoney('150', 'JPY')).toBe('¥150')
  expect(formatMoney('12345678901234567890.12', 'USD')).toBe('$12,345,678,901,234,567,890.12')
})
