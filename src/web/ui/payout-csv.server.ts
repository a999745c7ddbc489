import type { PayoutLine } from '../../domain/billing/index.ts'
import { csvFile } from './csv.ts'

/** What a publisher earned, transaction by transaction: one row an invoice line. */
export function payoutCsv(fileName: string, lines: PayoutLine[]): Response {
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
  ]
  return csvFile(fileName, [
    header,
    ...lines.map((line) => [
      line.earnedAt.toString().slice(0, 10),
      line.invoiceNumber,
      line.customerName,
      line.customerTenantId,
      line.subscription,
      line.offerId,
      line.planId,
      line.description,
      line.kind,
      line.quantity,
      line.unitPrice,
      line.currency,
      line.net,
      line.feeRate,
      line.fee,
      line.amount,
      line.state,
      line.payoutNumber,
    ]),
  ])
}
