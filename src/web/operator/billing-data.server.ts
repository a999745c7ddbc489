import type { OpenInvoice, WriteOffView } from '../../domain/billing/index.ts'
import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import { Decimal, formatMoney } from '../../kernel/money.ts'
import { countries } from '../../kernel/reference-data.ts'
import { explained } from '../ui/invoice-explanation.server.ts'
import { paymentStateOf } from '../ui/payment-state.ts'
import type { Visit } from '../ui/portal-access.server.ts'

/** Days past due from which a bucket of the aging begins. */
export const agingBuckets = [
  { label: 'Not due yet', from: Number.NEGATIVE_INFINITY },
  { label: '1 to 30 days late', from: 1 },
  { label: '31 to 60 days late', from: 31 },
  { label: '61 to 90 days late', from: 61 },
  { label: 'More than 90 days late', from: 91 },
]

function agingOf(rows: OpenInvoice[], today: Temporal.PlainDate) {
  return [...Map.groupBy(rows, (row) => row.currency)].map(([currency, of]) => {
    const sums = agingBuckets.map(() => new Decimal(0))
    for (const row of of) {
      const late = row.dueOn.until(today, { largestUnit: 'days' }).days
      const n = agingBuckets.findLastIndex((bucket) => late >= bucket.from)
      sums[n] = (sums[n] as Decimal).plus(row.left)
    }
    return { currency, buckets: agingBuckets.map(({ label }, n) => ({ label, value: formatMoney(sums[n] as Decimal, currency) })) }
  })
}

/** Where the collection of an open document stands, in words. */
function collectionOf(row: OpenInvoice, today: Temporal.PlainDate): { collection: string; tone: 'neutral' | 'attention' | 'bad' | 'info' } {
  if (row.kind === 'credit-note') return { collection: 'To be paid back', tone: 'attention' }
  if (row.state === 'returned') return { collection: 'Payment taken back', tone: 'attention' }
  if (row.suspendedAt) return { collection: 'Suspended', tone: 'bad' }
  if (row.failure !== null) return { collection: row.failure.replace(/\.$/, ''), tone: 'bad' }
  if (Temporal.PlainDate.compare(row.dueOn, today) < 0) return { collection: 'Late', tone: 'attention' }
  return { collection: 'Awaiting transfer', tone: 'info' }
}

/** Documents that are not settled, on one page. */
const shownOpen = 500

export async function invoicesAndAging({ domain, read }: Visit) {
  return read(async (ctx) => {
    const open = await domain.billing.aging(ctx)
    const recent = await domain.billing.newestInvoices(ctx)
    const today = utcDate(ctx.now)
    return {
      aging: agingOf(open, today),
      open: open.slice(0, shownOpen).map((row) => ({
        id: row.id,
        number: row.number,
        customer: row.billTo.legalName,
        dueOn: row.dueOn.toString(),
        method: row.method === null ? '–' : domain.billing.methodLabel(row.method),
        left: formatMoney(row.left, row.currency),
        ...collectionOf(row, today),
      })),
      recent: recent.map((row) => ({
        id: row.id,
        number: row.number,
        kind: row.kind === 'credit-note' ? 'Credit note' : 'Invoice',
        customer: row.billTo.legalName,
        date: row.issuedAt.toString(),
        state: row.state,
        total: formatMoney(row.total, row.currency),
      })),
    }
  })
}

/** One document with its payments and why it comes to what it does. */
export async function documentOf({ domain, read }: Visit, id: string) {
  return read(async (ctx) => {
    const detail = await domain.billing.getInvoice(ctx, id)
    const explanation = await domain.billing.explainInvoice(ctx, detail.id)
    const writeOffs = await domain.billing.writeOffs(ctx, detail.id)
    const money = (amount: Decimal) => formatMoney(amount, detail.currency)
    return {
      why: explained(detail, explanation, true),
      document: {
        id: detail.id,
        number: detail.number,
        credit: detail.kind === 'credit-note',
        customer: detail.billTo.legalName,
        tenant: detail.customerTenantId,
        country: detail.billTo.country,
        taxId: detail.billTo.taxId ?? null,
        date: detail.issuedAt.toString(),
        dueOn: detail.dueOn.toString(),
        statement: detail.statement,
        statementOn: detail.statementOn?.toString() ?? null,
        state: detail.state,
        net: money(detail.net),
        tax: money(detail.tax),
        total: money(detail.total),
        nextAttemptAt: detail.nextAttemptAt?.toString() ?? null,
        suspendedAt: detail.suspendedAt?.toString() ?? null,
        left: detail.left.isZero() ? null : money(detail.left),
        /** somebody has asked for it and nobody has decided */
        asked: writeOffs.find((row) => row.state === 'requested')?.number ?? null,
        writable:
          detail.kind === 'invoice' && detail.state === 'open' && !detail.payments.some((payment) => payment.state === 'processing'),
        writeOffs: writeOffs.map(writeOffRow),
        payments: detail.payments.map((payment) => ({
          id: payment.id,
          at: payment.at.toString(),
          state: paymentStateOf(payment),
          method: domain.billing.methodLabel(payment.method),
          note: payment.failure ?? payment.reference ?? '–',
          amount: money(payment.amount),
        })),
      },
    }
  })
}

/** A write-off as the pages show it. */
export function writeOffRow(row: WriteOffView) {
  return {
    id: row.id,
    number: row.number,
    invoice: row.invoice,
    invoiceNumber: row.invoiceNumber,
    customer: row.customerName,
    amount: formatMoney(row.amount, row.currency),
    reason: row.reason,
    state: row.state,
    requestedAt: row.requestedAt.toString(),
    requestedBy: row.requestedName,
    decidedBy: row.decidedName,
    note: row.note,
    recoveredAt: row.recoveredAt?.toString() ?? null,
  }
}

/** Kinds of agreements, in words. */
const agreementKinds = { 'pay-as-you-go': 'Pay-as-you-go', enterprise: 'Enterprise agreement' } as const

/** Customers by name with how they buy. */
export async function customerList({ domain, read }: Visit, search: string) {
  const rows = await read((ctx) => domain.accounts.listBillingAccounts(ctx, { search, limit: 200 }))
  const names = new Map(countries.map((country) => [country.iso2, country.name]))
  return rows.map((row) => ({
    id: row.tenantId,
    name: row.legalName,
    country: names.get(row.country) ?? row.country,
    currency: row.currency,
    taxId: row.taxId ?? '–',
    method: domain.billing.methodLabel(row.paymentMethod ?? domain.billing.usualPaymentMethod()),
    enterprise: row.agreementKind === 'enterprise',
    agreement: agreementKinds[row.agreementKind],
  }))
}

/** A quarterly statement with its documents. */
export async function statementOf({ domain, read }: Visit, id: string) {
  const found = await read((ctx) => domain.billing.getStatement(ctx, id))
  const money = (amount: Decimal) => formatMoney(amount, found.currency)
  return {
    id: found.id,
    number: found.number,
    customer: found.documents[0]?.billTo.legalName ?? found.customerTenantId,
    date: found.statementOn.toString(),
    dueOn: found.dueOn.toString(),
    total: money(found.total),
    open: found.documents.some((row) => row.kind === 'invoice' && row.state === 'open'),
    documents: found.documents.map((row) => ({
      id: row.id,
      number: row.kind === 'invoice' ? row.number : `Credit note ${row.number}`,
      date: row.issuedAt.toString(),
      state: row.state,
      net: money(row.net),
      tax: money(row.tax),
      total: money(row.total),
    })),
  }
}

/** The operator's tax rates as the page shows them. */
export async function taxTable({ domain, read, kernel }: Visit) {
  const rates = await read((ctx) => domain.billing.taxRates(ctx))
  const names = new Map(countries.map((country) => [country.iso2, country.name]))
  return {
    sandbox: kernel.config.mode === 'sandbox',
    countries: countries.map(({ iso2, name }) => ({ value: iso2, label: name })),
    stores: [
      { value: 'business', label: kernel.config.brand.businessStore },
      { value: 'cloud', label: kernel.config.brand.cloudStore },
    ],
    rates: rates.map((row) => ({
      id: `${row.country} ${row.store} ${row.agreementKind} ${row.validFrom.toString()}`,
      country: names.get(row.country) ?? row.country,
      scope:
        [
          row.store === 'any' ? '' : row.store === 'business' ? kernel.config.brand.businessStore : kernel.config.brand.cloudStore,
          row.agreementKind === 'any' ? '' : agreementKinds[row.agreementKind],
        ]
          .filter(Boolean)
          .join(', ') || 'All sales',
      validFrom: row.validFrom.toString(),
      name: row.name ?? '–',
      rate: `${row.rate.toFixed()} %`,
      reverseCharge: row.reverseCharge ? 'Yes' : 'No',
      managedBy: row.managedBy === 'publisher' ? 'Each publisher' : 'The marketplace',
    })),
  }
}
