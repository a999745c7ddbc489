import { z } from 'zod'
import { Decimal, minorUnits } from '../../../kernel/money.ts'
import { findMarket } from '../../../kernel/reference-data.ts'
import { kind } from './kind.ts'

/** Digits after the point of a price per unit of a dimension as it is entered: it may be far below a cent (spec/05 §5.10). */
export const unitPriceDecimals = 8

/** Amounts of a currency: digits before the point. */
const integerDigits = 13

/** Why a text is no amount with at most `decimals` digits after the point, or the amount in its shortest form of at least two. */
export function readAmount(entered: string, decimals: number): { amount: string } | { problem: string } {
  if (/^-\s*\d/.test(entered)) return { problem: 'A price must not be negative.' }
  if (!new RegExp(`^\\d{1,${integerDigits}}(\\.\\d+)?$`).test(entered))
    return { problem: 'Enter an amount such as 49.00, without sign and currency.' }
  const number = new Decimal(entered)
  if (number.decimalPlaces() > decimals) return { problem: `Use at most ${decimals} decimals.` }
  return { amount: number.toFixed(Math.max(number.decimalPlaces(), Math.min(2, decimals))) }
}

function amount(decimals: number) {
  return z.union([z.string(), z.number()], 'Enter an amount such as 49.00.').transform((value, check) => {
    const read = readAmount(String(value).trim(), decimals)
    if ('amount' in read) return read.amount
    check.addIssue({ code: 'custom', message: read.problem })
    return z.NEVER
  })
}

/** An amount of money without currency, as decimal text. */
export const money = kind((options: { decimals: number }) => amount(options.decimals), {
  rules: ({ decimals }) => [`An amount of 0 or more with at most ${decimals} decimals.`],
})

/** Markets by ISO code, each once, where a purchase is possible. */
export const markets = kind(
  (options: { max: number }) =>
    z
      .array(
        z.string().refine((code) => findMarket(code) !== undefined, { error: (issue) => `Nothing can be sold in ${String(issue.input)}.` }),
      )
      .max(options.max, `Choose at most ${options.max} markets.`)
      .transform((codes) => [...new Set(codes)].sort()),
  {
    rules: ({ max }) => [`At least one and at most ${max} countries where customers can purchase.`],
    readable: (value: string[]) => value.map((code) => findMarket(code)?.name ?? code).join('\n'),
  },
)

export const termNames = { P1M: 'Monthly', P1Y: 'Annual' } as const

/** Prices in US dollars by billing term. */
export const termPrices = kind(
  (_options: undefined | Record<string, never>) => z.strictObject({ P1M: amount(2).optional(), P1Y: amount(2).optional() }),
  {
    rules: () => ['For a month, a year or both: an amount of 0 or more with at most 2 decimals.'],
    readable: (value: Partial<Record<keyof typeof termNames, string>>) =>
      Object.entries(value)
        .map(([term, price]) => `${termNames[term as keyof typeof termNames]}: ${price} USD`)
        .join('\n'),
    mergedByMember: true,
  },
)

const pricedItem = /^(term:P1M|term:P1Y|dimension:.{1,50})$/

/** Prices that the publisher set for a market in its own currency, instead of the converted ones: market → item → amount. */
export const marketPrices = kind(
  (_options: undefined | Record<string, never>) =>
    z
      .record(z.string(), z.record(z.string(), z.union([z.string(), z.number()], 'Enter an amount such as 49.00.')))
      .transform((value, check) => {
        const problem = (path: string[], message: string) => check.addIssue({ code: 'custom', path, message })
        const prices: Record<string, Record<string, string>> = {}
        for (const [code, items] of Object.entries(value)) {
          const market = findMarket(code)
          if (!market) problem([code], `Nothing can be sold in ${code}.`)
          for (const [item, entered] of Object.entries(items)) {
            const decimals = item.startsWith('term:') ? minorUnits(market?.currency ?? 'USD') : unitPriceDecimals
            const read = readAmount(String(entered).trim(), decimals)
            if (!pricedItem.test(item)) problem([code, item], 'Name a term or a dimension.')
            else if ('problem' in read) problem([code, item], read.problem)
            else (prices[code] ??= {})[item] = read.amount
          }
        }
        return prices
      }),
  {
    rules: () => [
      `By market, in its own currency: amounts of 0 or more, for a unit of a dimension with at most ${unitPriceDecimals} decimals.`,
    ],
    readable: (value: Record<string, Record<string, string>>) =>
      Object.entries(value)
        .flatMap(([market, items]) =>
          Object.entries(items).map(
            ([item, price]) => `${findMarket(market)?.name ?? market}, ${itemName(item)}: ${price} ${findMarket(market)?.currency ?? ''}`,
          ),
        )
        .join('\n'),
    mergedByMember: true,
  },
)

/** `term:P1M` → Monthly, `dimension:email` → Dimension email. */
export function itemName(item: string): string {
  const [, name = item] = /^(?:term|dimension):(.*)$/s.exec(item) ?? []
  return item.startsWith('term:') ? (termNames[name as keyof typeof termNames] ?? name) : `Dimension ${name}`
}

/** How many users can be bought: no maximum is no limit. */
export const seats = kind(
  (_options: undefined | Record<string, never>) => {
    const count = z.int('Enter a whole number.').min(1, 'Use at least 1.').max(10_000_000, 'Use at most 10,000,000.')
    return z
      .strictObject({ min: count.default(1), max: count.optional() })
      .refine((value) => value.max === undefined || value.max >= value.min, { error: 'The maximum is below the minimum.', path: ['max'] })
  },
  {
    rules: () => ['Whole numbers of 1 or more. Without a maximum there is no limit.'],
    readable: (value: { min: number; max?: number }) => (value.max === undefined ? `${value.min} or more` : `${value.min} to ${value.max}`),
    mergedByMember: true,
  },
)
