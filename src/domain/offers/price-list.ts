import { createHash } from 'node:crypto'
import type { Temporal } from 'temporal-polyfill'
import { Decimal, minorUnits, type RateTable, roundMoney } from '../../kernel/money.ts'
import { findMarket } from '../../kernel/reference-data.ts'
import type { PriceEntry } from './offer-type.ts'

/** Digits after the point of a price per unit that was converted: conversion adds digits to what was entered. */
const convertedDecimals = 10

/** One price of a list. Amounts are decimal text in the currency. */
export interface Price {
  market: string
  item: string
  currency: string
  amount: string
  validFrom: string
  /** The dollars and the rate that the amount was converted with; null where the publisher set it. */
  usd: string | null
  rate: string | null
}

export interface PriceList {
  hash: string
  prices: Price[]
}

/**
 * Freezes entered prices into rows: dollars are converted to each market's currency with the rates of this moment; a market whose
 * currency has no rate is priced in dollars. Fees are rounded half away from zero to the currency's minor unit; prices per unit of a
 * dimension keep up to ten decimals, since they may be far below a cent (spec/09 §2.1, spec/05 §5.10).
 *
 * A price whose dollars did not change keeps its earlier row, so that it stays what the publisher has seen and reviewed, whatever the
 * rates did since; a market added later takes today's rate (seed 001 L2509).
 *
 * @param previous the list this one replaces
 * @returns undefined when nothing is priced yet
 */
export function buildPriceList(
  entry: PriceEntry,
  rates: RateTable,
  now: Temporal.Instant,
  previous: readonly Price[] = [],
): PriceList | undefined {
  const before = new Map(previous.map((price) => [`${price.market} ${price.item}`, price]))
  const prices: Price[] = []
  for (const code of entry.markets) {
    const market = findMarket(code)
    if (!market) continue
    const rate = market.currency === 'USD' ? '1' : rates[market.currency]
    for (const [item, usd] of Object.entries(entry.usd)) {
      const override = entry.overrides[code]?.[item]
      const kept = before.get(`${code} ${item}`)
      if (override !== undefined) {
        const currency = rate === undefined ? 'USD' : market.currency
        const amount = new Decimal(override).toFixed(decimalsOf(item, currency, override))
        if (kept && kept.usd === null && kept.currency === currency && kept.amount === amount) prices.push(kept)
        else prices.push({ market: code, item, currency, amount, validFrom: now.toString(), usd: null, rate: null })
      } else if (kept?.usd !== null && kept !== undefined && new Decimal(kept.usd).equals(usd)) {
        prices.push(kept)
      } else {
        const currency = rate === undefined ? 'USD' : market.currency
        const converted = new Decimal(usd).times(rate ?? 1)
        const amount = item.startsWith('term:')
          ? converted.toDecimalPlaces(minorUnits(currency), Decimal.ROUND_HALF_UP).toFixed(minorUnits(currency))
          : converted.toDecimalPlaces(convertedDecimals, Decimal.ROUND_HALF_UP).toFixed()
        prices.push({ market: code, item, currency, amount, validFrom: now.toString(), usd: new Decimal(usd).toFixed(), rate: rate ?? '1' })
      }
    }
  }
  if (prices.length === 0) return undefined
  prices.sort((a, b) => compare(a.market, b.market) || compare(a.item, b.item))
  return { hash: priceListHash(prices), prices }
}

/**
 * A market's price in dollars: as they were entered, else what the publisher set for the market at today's rate. Where there is no rate it stays in
 * the market's currency.
 */
export function dollarsFor(
  { item, currency, amount, usd }: { item: string; currency: string; amount: string; usd: string | null },
  rates: RateTable,
): { currency: string; amount: string } {
  if (usd !== null) return { currency: 'USD', amount: usd }
  const rate = currency === 'USD' ? '1' : rates[currency]
  if (rate === undefined) return { currency, amount }
  const dollars = new Decimal(amount).div(rate)
  return {
    currency: 'USD',
    amount: item.startsWith('term:') ? roundMoney(dollars, 'USD').toFixed(2) : dollars.toDecimalPlaces(convertedDecimals).toFixed(),
  }
}

function decimalsOf(item: string, currency: string, amount: string): number {
  return item.startsWith('term:') ? minorUnits(currency) : Math.min(convertedDecimals, new Decimal(amount).decimalPlaces())
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** SHA-256 over the rows in order: the same prices are the same list. */
function priceListHash(prices: readonly Price[]): string {
  const hash = createHash('sha256')
  for (const { market, item, currency, amount, validFrom } of prices)
    hash.update(`${market}\t${item}\t${currency}\t${amount}\t${validFrom}\n`)
  return hash.digest('hex')
}

/** Published prices that a new list changes: what customers have been shown in a market stays (seed 001 L2525). A market may be left. */
export function changedPrices(published: readonly Price[], next: readonly Price[]): Price[] {
  const after = new Map(next.map((price) => [`${price.market} ${price.item}`, price]))
  const markets = new Set(next.map((price) => price.market))
  return published.filter((price) => {
    const now = after.get(`${price.market} ${price.item}`)
    return (
      markets.has(price.market) && (now === undefined || now.currency !== price.currency || !new Decimal(now.amount).equals(price.amount))
    )
  })
}
