import type { InvoiceDetail } from '../../domain/billing/index.ts'
import { csvFile } from './csv.ts'

/** An invoice or credit note as its lines. */
export function invoiceCsv(detail: InvoiceDetail): Response {
  return invoicesCsv(`${detail.number}.csv`, [detail])
}

/** Documents as their lines, with everything a bookkeeper sorts by. Without what the marketplace and its publishers share. */
export function invoicesCsv(fileName: string, documents: InvoiceDetail[]): Response {
  const header = [
    'Document',
    'Kind',
    'Date',
    'Due',
    'Purchase order',
    'Line',
    'Line kind',
    'Subscription id',
    'Publisher',
    'Offer',
    'Plan',
    'Description',
    'Dimension',
    'Unit',
    'From',
    'To',
    'Quantity',
    'Unit price',
    'Currency',
    'Net',
    'Tax name',
    'Tax %',
    'Tax country',
    'Tax',
    'Total',
  ]
  const day = (at: { toString(): string }) => at.toString().slice(0, 10)
  return csvFile(fileName, [
    header,
    ...documents.flatMap((detail) =>
      detail.lines.map((line) => [
        detail.number,
        detail.kind,
        day(detail.issuedAt),
        detail.kind === 'invoice' ? day(detail.dueOn) : null,
        detail.billTo.purchaseOrder ?? null,
        line.position,
        line.kind,
        line.subscription,
        line.publisherId,
        line.offerName,
        line.planName,
        line.description,
        line.dimension,
        line.unitOfMeasure,
        day(line.serviceStart),
        day(line.serviceEnd),
        line.quantity,
        line.unitPrice,
        detail.currency,
        line.net,
        line.taxName,
        line.taxRate,
        line.taxCountry,
        line.tax,
        line.net.plus(line.tax),
      ]),
    ),
  ])
}
