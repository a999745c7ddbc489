import type { Adjustment, Payout, PayoutLine } from '../../domain/billing/index.ts'
import { type Cell, csvFile } from './csv.ts'

const header = [
  'Date',
  'Invoice',
  'Customer',
  'Customer id',
  'Subscription id',
  'Offer',
  'Plan',
  'Description',
  'Kind',
  'Quantity',
  'Unit price',
  'Currency',
  'Customer pays',
  'Store fee %',
  'Store fee',
  'Your share',
  'State',
  'Payout',
  'Customer country',
  'Withheld %',
  'Withheld',
  'Exchange rate',
  'Payout currency',
  'Paid out',
]

/** What a publisher earned, transaction by transaction: one row an invoice line; in a payout's file also its adjustments. */
export function payoutCsv(fileName: string, lines: PayoutLine[], adjustments: Adjustment[] = [], payout?: Payout): Response {
  return csvFile(fileName, [header, ...lines.map(lineCells), ...adjustments.map((one) => adjustmentCells(one, payout))])
}

function lineCells(line: PayoutLine): Cell[] {
  return [
    line.earnedAt.toString().slice(0, 10),
    line.invoiceNumber,
    line.customerName,
    line.customerTenantId,
    line.subscription,
    line.offerId,
    line.planId,
    line.description,
    line.correction ?? line.kind,
    line.quantity,
    line.unitPrice,
    line.currency,
    line.net,
    line.feeRate,
    line.fee,
    line.amount,
    line.state,
    line.payoutNumber,
    line.customerCountry,
    line.withholdingRate,
    line.withheld,
    line.rate,
    line.payoutCurrency,
    line.paid,
  ]
}

function adjustmentCells(one: Adjustment, payout: Payout | undefined): Cell[] {
  const none = (n: number): Cell[] => Array.from({ length: n }, () => null)
  return [
    (one.decidedAt ?? one.requestedAt).toString().slice(0, 10),
    one.number,
    ...none(5),
    one.reason,
    'adjustment',
    ...none(2),
    one.currency,
    ...none(3),
    one.amount,
    payout?.state ?? null,
    payout?.number ?? null,
    ...none(3),
    one.rate,
    payout?.currency ?? null,
    one.paid,
  ]
}
