import { Decimal, roundMoney } from '../../kernel/money.ts'

/** Tax on a sale: percent of net, and how the document calls it. */
export interface TaxRule {
  country: string
  /** null where nothing is charged and nothing needs to be said. */
  name: string | null
  rate: Decimal
}

/** Amounts of one invoice line; each was rounded once, half away from zero, to the currency's minor unit (design.md, Money). */
export interface LineAmounts {
  net: Decimal
  tax: Decimal
  fee: Decimal
  /** net − fee: what the publisher gets (AC-130). */
  publisherShare: Decimal
}

/**
 * @param net not rounded yet
 * @param feeRate percent that the marketplace keeps; it comes out of the publisher's part, not on top of the bill (AC-131)
 */
export function lineAmounts(net: Decimal, currency: string, taxRate: Decimal, feeRate: Decimal): LineAmounts {
  const rounded = roundMoney(net, currency)
  const fee = roundMoney(rounded.times(feeRate).div(100), currency)
  return {
    net: rounded,
    tax: roundMoney(rounded.times(taxRate).div(100), currency),
    fee,
    publisherShare: rounded.minus(fee),
  }
}

/** Sum of amounts, exact. */
export function sum(amounts: Iterable<Decimal>): Decimal {
  let total = new Decimal(0)
  for (const amount of amounts) total = total.plus(amount)
  return total
}
