import { Decimal } from 'decimal.js'

/** 40 significant digits: sums of amounts with 10 decimals up to 1e20 stay exact. */
Decimal.set({ precision: 40, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -30, toExpPos: 40 })

export { Decimal }

const digits = new Map<string, number>()

/** Digits after the point in a currency's amounts (ISO 4217): USD 2, JPY 0, KWD 3. Throws RangeError for what is no currency code. */
export function minorUnits(currency: string): number {
  let n = digits.get(currency)
  if (n === undefined) {
    n = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
    digits.set(currency, n)
  }
  return n
}

/** Rounds to the currency's minor unit, half away from zero. A line's net, tax, fee and withholding are each rounded once with this (design.md, Money). */
export function roundMoney(amount: Decimal.Value, currency: string): Decimal {
  // decimal.js: ROUND_HALF_UP rounds halves away from zero, for negative amounts too.
  return new Decimal(amount).toDecimalPlaces(minorUnits(currency), Decimal.ROUND_HALF_UP)
}

/** Units of each currency for one US dollar, as decimal text. */
export type RateTable = Record<string, string>

/** A US dollar amount in another currency, not rounded. Throws RangeError when the table has no rate for it. */
export function convertFromUsd(amountUsd: Decimal.Value, currency: string, rates: RateTable): Decimal {
  if (currency === 'USD') return new Decimal(amountUsd)
  const rate = rates[currency]
  if (rate === undefined) throw new RangeError(`The rate table has no rate for ${currency}.`)
  return new Decimal(amountUsd).times(rate)
}

const formats = new Map<string, Intl.NumberFormat>()

/** An amount for people: `$1,234.50`, `¥150`. More digits than the minor unit are shown (unit prices such as $0.0005), up to 10. */
export function formatMoney(amount: Decimal.Value, currency: string, locale = 'en-US'): string {
  const value = new Decimal(amount)
  const least = minorUnits(currency)
  const most = Math.min(10, Math.max(least, value.decimalPlaces()))
  const key = `${locale} ${currency} ${most}`
  let format = formats.get(key)
  if (!format) {
    format = new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: least, maximumFractionDigits: most })
    formats.set(key, format)
  }
  // Intl reads decimal text exactly, where a number would pass through a float.
  return format.format(value.toFixed() as Intl.StringNumericLiteral)
}
