import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { isAnyOf } from '../../kernel/bulk.ts'
import { rowsOf, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { isUuid } from '../../kernel/ids.ts'
import { Decimal, roundMoney } from '../../kernel/money.ts'
import type { Metering } from '../metering/index.ts'
import { sum } from './line.ts'
import { mayHaveOpen, openItems } from './open-items.ts'
import { leftOf } from './settlement.ts'
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
  /** what is left to pay, or to pay back */
  left: Decimal
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
  return { ...row, left: (await leftOf(ctx, [row])).get(row.id) as Decimal, lines, payments }
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

/** A document that was not settled at some moment, with what was left of it and, today, the last failure. */
export interface OpenInvoice extends Invoice {
  left: Decimal
  method: string | null
  failure: string | null
}

/**
 * Documents that were not settled just before `before`, the longest due first: issued by then, less what had been captured and was given up by then.
 * Their sum is what the ledger says that customers owed.
 */
export async function openInvoices(ctx: Ctx, before: Temporal.Instant, limit = 100_000): Promise<OpenInvoice[]> {
  // Of today the states tell, without looking at what is settled for good.
  const unsettled = Temporal.Instant.compare(before, ctx.now) > 0 ? sql`and i.state in ('open', 'returned')` : sql``
  const at = sql`${before.toString()}::timestamptz`
  const open = rowsOf<{ id: string; left: string }>(
    await ctx.tx.execute(sql`
      select i.id, (i.total - coalesce(p.amount, 0) - coalesce(w.amount, 0))::text as left from billing.invoice i
      left join lateral (select sum(amount) as amount from billing.payment where invoice = i.id and state = 'captured' and at < ${at}) p on true
      left join lateral (select sum(amount) as amount from billing.write_off where invoice = i.id and booked_at < ${at} and (recovered_at is null or recovered_at >= ${at})) w on true
      where i.issued_at < ${at} ${unsettled} and i.total - coalesce(p.amount, 0) - coalesce(w.amount, 0) <> 0
      order by i.due_on, i.number limit ${limit}`),
  )
  const ids = open.map((row) => row.id)
  const rows = new Map((await ctx.tx.select().from(invoice).where(isAnyOf(invoice.id, ids))).map((row) => [row.id, row]))
  const payments = await ctx.tx.select().from(payment).where(isAnyOf(payment.invoice, ids)).orderBy(asc(payment.at), asc(payment.id))
  const of = Map.groupBy(payments, (row) => row.invoice)
  return open.flatMap(({ id, left }) => {
    const row = rows.get(id)
    const last = (of.get(id) ?? []).at(-1)
    return row ? [{ ...row, left: new Decimal(left), method: last?.method ?? null, failure: last?.failure ?? null }] : []
  })
}
