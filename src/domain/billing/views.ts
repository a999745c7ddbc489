import { and, asc, desc, eq, inArray } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { isUuid } from '../../kernel/ids.ts'
import { type Decimal, roundMoney } from '../../kernel/money.ts'
import type { Metering } from '../metering/index.ts'
import { sum } from './line.ts'
import { mayHaveOpen, openItems } from './open-items.ts'
import { type BillTo, contract, invoice, type InvoiceKind, invoiceLine, payment, type statement } from './schema.ts'

export type Invoice = typeof invoice.$inferSelect
export type InvoiceLine = typeof invoiceLine.$inferSelect
export type Payment = typeof payment.$inferSelect
export type { BillTo, InvoiceKind }

export type Statement = typeof statement.$inferSelect

/** A quarter's statement with its documents in the order of their numbers, and what they come to. */
export interface StatementDetail extends Statement {
  documents: Invoice[]
  net: Decimal
  tax: Decimal
  total: Decimal
}

export interface InvoiceDetail extends Invoice {
  lines: InvoiceLine[]
  payments: Payment[]
}

/** Documents that these statements present. */
export async function invoicesOn(ctx: Ctx, statements: string[]): Promise<Invoice[]> {
  if (statements.length === 0) return []
  return ctx.tx.select().from(invoice).where(inArray(invoice.statement, statements)).orderBy(asc(invoice.issuedAt), asc(invoice.number))
}

/** Documents of a customer, newest first. */
export function invoicesOf(ctx: Ctx, customerTenantId: string, limit: number): Promise<Invoice[]> {
  return ctx.tx
    .select()
    .from(invoice)
    .where(eq(invoice.customerTenantId, customerTenantId))
    .orderBy(desc(invoice.issuedAt), desc(invoice.number))
    .limit(limit)
}

/** A document by its id or its number. */
export async function invoiceDetail(ctx: Ctx, name: string): Promise<InvoiceDetail | null> {
  const [row] = await ctx.tx
    .select()
    .from(invoice)
    .where(isUuid(name) ? eq(invoice.id, name) : eq(invoice.number, name))
  if (!row) return null
  const lines = await ctx.tx.select().from(invoiceLine).where(eq(invoiceLine.invoice, row.id)).orderBy(asc(invoiceLine.position))
  const payments = await ctx.tx.select().from(payment).where(eq(payment.invoice, row.id)).orderBy(asc(payment.at), asc(payment.id))
  return { ...row, lines, payments }
}

/** Something that will be on the next invoice. */
export interface OpenItem {
  kind: string
  subscription: string
  offerName: string
  planId: string
  planName: string
  description: string
  dimension: string | null
  quantity: Decimal
  unitPrice: Decimal
  currency: string
  /** Rounded to the minor unit, before tax. */
  net: Decimal
  serviceStart: Temporal.PlainDate
  serviceEnd: Temporal.PlainDate
}

/** What a customer owes so far this period and has no invoice for, before tax. */
export interface OpenPeriod {
  items: OpenItem[]
  totals: { currency: string; net: Decimal }[]
  nextInvoiceOn: Temporal.PlainDate
}

export async function openPeriod(ctx: Ctx, metering: Metering, customerTenantId: string): Promise<OpenPeriod> {
  const contracts = await ctx.tx
    .select()
    .from(contract)
    .where(and(eq(contract.customerTenantId, customerTenantId), mayHaveOpen(ctx.now)))
  const open = await openItems(ctx, metering, contracts, ctx.now.add({ nanoseconds: 1000 }))
  const items = open
    .map(
      (item): OpenItem => ({
        kind: item.kind,
        subscription: item.subscription,
        offerName: item.offerName,
        planId: item.planId,
        planName: item.planName,
        description: item.description,
        dimension: item.dimension ?? null,
        quantity: item.quantity,
        unitPrice: item.unitPrice,
        currency: item.currency,
        net: roundMoney(item.net, item.currency),
        serviceStart: item.serviceStart,
        serviceEnd: item.serviceEnd,
      }),
    )
    .toSorted((a, b) => (a.offerName < b.offerName ? -1 : a.offerName > b.offerName ? 1 : 0))
  const totals = [...Map.groupBy(items, (item) => item.currency)].map(([currency, of]) => ({
    currency,
    net: sum(of.map((item) => item.net)),
  }))
  return { items, totals, nextInvoiceOn: utcDate(ctx.now).with({ day: 1 }).add({ months: 1 }) }
}

/** Until when usage of these subscriptions is billed, where it is at all. */
export async function usageBilledUntil(ctx: Ctx, subscriptions: string[]): Promise<Map<string, Temporal.Instant>> {
  if (subscriptions.length === 0) return new Map()
  const rows = await ctx.tx
    .select({ subscription: contract.subscription, until: contract.usageBilledUntil })
    .from(contract)
    .where(inArray(contract.subscription, subscriptions))
  return new Map(rows.flatMap((row) => (row.until ? [[row.subscription, row.until] as const] : [])))
}

/** A document that is not settled, with what is left of it and the last failure. */
export interface OpenInvoice extends Invoice {
  left: Decimal
  method: string | null
  failure: string | null
}

/** Documents that are not settled, the longest due first. */
export async function openInvoices(ctx: Ctx, limit = 500): Promise<OpenInvoice[]> {
  const rows = await ctx.tx
    .select()
    .from(invoice)
    .where(eq(invoice.state, 'open'))
    .orderBy(asc(invoice.dueOn), asc(invoice.number))
    .limit(limit)
  if (rows.length === 0) return []
  const payments = await ctx.tx
    .select()
    .from(payment)
    .where(
      inArray(
        payment.invoice,
        rows.map((row) => row.id),
      ),
    )
    .orderBy(asc(payment.at), asc(payment.id))
  const of = Map.groupBy(payments, (row) => row.invoice)
  return rows.map((row) => {
    const made = of.get(row.id) ?? []
    const last = made.at(-1)
    const captured = sum(made.filter((one) => one.state === 'captured').map((one) => one.amount))
    return { ...row, left: row.total.minus(captured), method: last?.method ?? null, failure: last?.failure ?? null }
  })
}
