import writeWorkbook from 'write-excel-file/node'
import type { ErrorDetail } from '../../kernel/errors.ts'
import { Decimal, minorUnits } from '../../kernel/money.ts'
import { findMarket } from '../../kernel/reference-data.ts'
import { itemName, readAmount, unitPriceDecimals } from './kinds/price.ts'
import type { Price } from './price-list.ts'
import { readTable, refuseRows, rowProblem } from './table-file.ts'

/** Prices of a plan as a spreadsheet: one row for each market and item (spec/05 §5.9). */

export const priceFileName = 'exportedPrice.xlsx'

/** Items in the file: `base:P1M` for a billing term, `dimension:email` for a dimension. */
const toFile = (item: string) => item.replace(/^term:/, 'base:')
const fromFile = (item: string) => item.trim().replace(/^base:/i, 'term:')

const columns = [
  { name: 'Market', width: 10 },
  { name: 'Country', width: 28 },
  { name: 'Currency', width: 10 },
  { name: 'Item', width: 24 },
  { name: 'Name', width: 28 },
  { name: 'Price', width: 18 },
] as const

/** The exact number where a spreadsheet's number is exact, else its text. */
function numberCell(amount: string) {
  const number = Number(amount)
  return new Decimal(number).equals(amount) ? { value: number, type: Number } : { value: amount, type: String }
}

export async function writePrices(prices: readonly Price[]): Promise<Buffer> {
  const text = (value: string) => ({ value, type: String })
  const rows = prices.map(({ market, currency, item, amount }) => [
    text(market),
    text(findMarket(market)?.name ?? market),
    text(currency),
    text(toFile(item)),
    text(itemName(item)),
    numberCell(amount),
  ])
  const header = columns.map(({ name }) => ({ value: name, type: String, fontWeight: 'bold' as const }))
  const sheet = { sheet: 'Prices', columns: columns.map(({ width }) => ({ width })), stickyRowsCount: 1 }
  return writeWorkbook([header, ...rows], sheet).toBuffer()
}

/** Market → item → amount in the market's currency, for prices that the publisher set. */
export type Overrides = Record<string, Record<string, string>>

function priceProblem(entered: string, price: Price): { amount: string } | { problem: string } {
  const text = /^\d+(\.\d+)?e[-+]?\d+$/i.test(entered) ? new Decimal(entered).toFixed() : entered
  const read = readAmount(text, price.item.startsWith('term:') ? minorUnits(price.currency) : unitPriceDecimals)
  if ('problem' in read && /^\d+,\d+$/.test(entered)) return { problem: 'write the price with a point: 49.00.' }
  return 'problem' in read
    ? { problem: `${entered === '' ? 'the price is missing.' : `“${entered.slice(0, 40)}”: ${read.problem}`} (${price.currency})` }
    : read
}

/**
 * Reads an edited price file. A price that is as it was stays what it was, converted or set; a changed one is set for its market.
 *
 * @param prices the saved prices of the plan, which the file must cover
 * @param before prices of markets that the publisher had set already
 * @param published live prices: what is published in a market stays
 * @throws `UnreadableFile`, `InvalidPrices` (invalid), the latter with one detail for each row that is wrong or missing
 */
export async function readPrices(
  bytes: Buffer,
  { prices, before, published }: { prices: readonly Price[]; before: Overrides; published: readonly Price[] },
): Promise<Overrides> {
  const rows = await readTable(bytes, ['Market', 'Item', 'Price'])
  const keyOf = (market: string, item: string) => `${market}\n${item}`
  const known = new Map(prices.map((price) => [keyOf(price.market, price.item), price]))
  const live = new Map(published.map((price) => [keyOf(price.market, price.item), price]))
  const markets = new Set(prices.map((price) => price.market))
  const problems: ErrorDetail[] = []
  const seen = new Map<string, number>()
  const overrides: Overrides = {}
  for (const { number, cells } of rows) {
    const problem = (column: string, message: string) => problems.push(rowProblem('InvalidRow', number, column, message))
    const market = (cells.market ?? '').toUpperCase()
    const item = fromFile(cells.item ?? '')
    const price = known.get(keyOf(market, item))
    if (!findMarket(market)) {
      problem('Market', `nothing can be sold in “${market.slice(0, 20)}”.`)
      continue
    }
    if (!markets.has(market)) {
      problem('Market', `the plan is not sold in ${market}. Add the market to the plan first.`)
      continue
    }
    if (!price) {
      problem('Item', `the plan has no price “${(cells.item ?? '').slice(0, 60)}”.`)
      continue
    }
    const earlier = seen.get(keyOf(market, item))
    if (earlier !== undefined) problem('Item', `${market} ${toFile(item)} stands in row ${earlier} already.`)
    seen.set(keyOf(market, item), earlier ?? number)
    if (cells.currency && cells.currency.toUpperCase() !== price.currency)
      problem('Currency', `prices of ${market} are in ${price.currency}, not in ${cells.currency.slice(0, 10)}.`)
    const entered = (cells.price ?? '').replaceAll(/[\s\u00a0]/g, '')
    const isUnchanged = /^\d+(\.\d+)?(e[-+]?\d+)?$/i.test(entered) && new Decimal(entered).equals(price.amount)
    const set = before[market]?.[item]
    if (isUnchanged) {
      if (set !== undefined) (overrides[market] ??= {})[item] = set
      continue
    }
    const read = priceProblem(entered, price)
    if ('problem' in read) {
      problem('Price', read.problem)
      continue
    }
    const fixed = live.get(keyOf(market, item))
    if (fixed && !new Decimal(fixed.amount).equals(read.amount)) {
      problem('Price', `${market} ${toFile(item)} has been published at ${fixed.amount} ${fixed.currency} and cannot change.`)
      continue
    }
    ;(overrides[market] ??= {})[item] = read.amount
  }
  for (const [key, { market, item }] of known) {
    if (!seen.has(key))
      problems.push({
        code: 'MissingRow',
        target: `${market}.${toFile(item)}`,
        message: `The price ${toFile(item)} of ${market} is missing from the file.`,
      })
  }
  if (problems.length > 0) refuseRows('InvalidPrices', problems)
  return overrides
}
