import type { Temporal } from 'temporal-polyfill'
import { newId } from '../../kernel/ids.ts'
import type { Decimal } from '../../kernel/money.ts'
import type { Store } from '../../kernel/reference-data.ts'
import { lineAmounts, sum, type TaxRule } from './line.ts'
import type { LineKind, PaidBy } from './schema.ts'

/** Something to be put on an invoice: a charge, or usage of one dimension. */
export interface BillableItem {
  kind: LineKind
  subscription: string
  publisherId: string
  customerTenantId: string
  currency: string
  /** in which it was sold; null: neither */
  store: Store | null
  /** null: as the customer's account pays */
  paidBy: PaidBy | null
  /** null: the account's own address */
  billAddress: string | null
  offerId: string
  offerName: string
  planId: string
  planName: string
  description: string
  serviceStart: Temporal.PlainDate
  serviceEnd: Temporal.PlainDate
  quantity: Decimal
  unitPrice: Decimal
  /** Not rounded yet. */
  net: Decimal
  charge?: string
  dimension?: string
  unitOfMeasure?: string
  /** Of usage: what is taken from each month. */
  taken?: { month: Temporal.PlainDate; quantity: Decimal; events: number }[]
  /** Of a reversal: rates of the line that it takes back, whatever holds today. */
  rates?: { tax: TaxRule; feeRate: Decimal }
}

export interface DraftLine extends BillableItem {
  id: string
  position: number
  tax: Decimal
  taxRule: TaxRule
  feeRate: Decimal
  fee: Decimal
  publisherShare: Decimal
}

export interface DraftDocument {
  kind: 'invoice' | 'credit-note'
  lines: DraftLine[]
  net: Decimal
  tax: Decimal
  total: Decimal
}

const kindOrder: LineKind[] = ['fee', 'change-credit', 'change-fee', 'reversal', 'usage']

/**
 * The document for one customer's items in one currency, or null when there is nothing that anybody would want to see: only
 * fees of zero and no usage. A document that owes the customer money is a credit note.
 *
 * @param taxOf tax on what this customer buys in a store
 * @param feeOf percent that the marketplace keeps of a publisher's sales
 */
export function draftDocument(
  items: BillableItem[],
  taxOf: (store: Store | null) => TaxRule,
  feeOf: (publisherId: string) => Decimal,
): DraftDocument | null {
  if (items.every((item) => item.kind !== 'usage' && item.net.isZero())) return null
  const lines = items.toSorted(byReading).map((item, n): DraftLine => {
    const taxRule = item.rates?.tax ?? taxOf(item.store)
    const feeRate = item.rates?.feeRate ?? feeOf(item.publisherId)
    return {
      ...item,
      id: newId<'invoice-line'>(),
      position: n + 1,
      taxRule,
      feeRate,
      ...lineAmounts(item.net, item.currency, taxRule.rate, feeRate),
    }
  })
  const net = sum(lines.map((line) => line.net))
  const tax = sum(lines.map((line) => line.tax))
  const total = net.plus(tax)
  return { kind: total.isNegative() && !total.isZero() ? 'credit-note' : 'invoice', lines, net, tax, total }
}

/** A subscription's lines together, fees before usage. */
function byReading(a: BillableItem, b: BillableItem): number {
  return (
    compare(a.offerName, b.offerName) ||
    compare(a.subscription, b.subscription) ||
    compare(a.serviceStart.toString(), b.serviceStart.toString()) * (a.kind === 'usage' || b.kind === 'usage' ? 0 : 1) ||
    kindOrder.indexOf(a.kind) - kindOrder.indexOf(b.kind) ||
    compare(a.dimension ?? '', b.dimension ?? '')
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
