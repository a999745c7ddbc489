import { Decimal, roundMoney } from '../../kernel/money.ts'

/** Amounts of an invoice line, or a part of them. */
export interface LinePart {
  line: string
  publisherId: string
  feeRate: Decimal
  net: Decimal
  tax: Decimal
  fee: Decimal
  publisherShare: Decimal
}

/**
 * What `amount` of a document's total takes from each of its lines, pro rata: amounts of whole minor units that come to `amount` exactly. All of the
 * total takes every line as it is. Whoever takes twice takes the difference of two such divisions, so that nothing is left over in the end.
 *
 * @param lines in the order of the document
 */
export function divide(lines: readonly LinePart[], currency: string, amount: Decimal): LinePart[] {
  const total = lines.reduce((all, line) => all.plus(line.net).plus(line.tax), new Decimal(0))
  let reached = new Decimal(0)
  let taken = new Decimal(0)
  return lines.map((line) => {
    const gross = line.net.plus(line.tax)
    reached = reached.plus(gross)
    const until = total.isZero() ? new Decimal(0) : roundMoney(amount.times(reached).div(total), currency)
    const part = until.minus(taken)
    taken = until
    const tax = gross.isZero() ? new Decimal(0) : roundMoney(line.tax.times(part).div(gross), currency)
    const net = part.minus(tax)
    const fee = line.net.isZero() ? new Decimal(0) : roundMoney(line.fee.times(net).div(line.net), currency)
    return { ...line, net, tax, fee, publisherShare: net.minus(fee) }
  })
}

/** What lies between two divisions of the same lines. */
export function difference(to: readonly LinePart[], from: readonly LinePart[]): LinePart[] {
  return to.map((line, n) => {
    const { net, tax, fee, publisherShare } = from[n] as LinePart
    return {
      ...line,
      net: line.net.minus(net),
      tax: line.tax.minus(tax),
      fee: line.fee.minus(fee),
      publisherShare: line.publisherShare.minus(publisherShare),
    }
  })
}

/** The same below zero. */
export function negated(lines: readonly LinePart[]): LinePart[] {
  return lines.map((line) => ({
    ...line,
    net: line.net.negated(),
    tax: line.tax.negated(),
    fee: line.fee.negated(),
    publisherShare: line.publisherShare.negated(),
  }))
}
