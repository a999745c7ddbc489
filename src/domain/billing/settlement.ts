import { and, eq, sql } from 'drizzle-orm'
import { isAnyOf } from '../../kernel/bulk.ts'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { collectShares, recoverWriteOffs } from './correction-books.ts'
import { type LedgerEntry, post } from './ledger.ts'
import { invoiceStates, next } from './life-cycle.ts'
import { sum } from './line.ts'
import { invoice, payment } from './schema.ts'
import { writeOff } from './write-off-schema.ts'
import { writeOffStates } from './write-off-states.ts'

type InvoiceRow = typeof invoice.$inferSelect
type PaymentRow = typeof payment.$inferSelect

/** What is left to pay of these documents: total less what was captured and what was given up. Of one that is written off, what was given up. */
export async function leftOf(ctx: Ctx, rows: InvoiceRow[]): Promise<Map<string, Decimal>> {
  if (rows.length === 0) return new Map()
  const givenUp = await givenUpOf(
    ctx,
    rows.filter((row) => row.state !== 'written-off').map((row) => row.id),
  )
  const sums = rowsOf<{ invoice: string; amount: string }>(
    await ctx.tx.execute(
      sql`select invoice, sum(amount)::text as amount from billing.payment where state = 'captured' and invoice = any(${sql.param(rows.map((row) => row.id))}::uuid[]) group by 1`,
    ),
  )
  const captured = new Map(sums.map((row) => [row.invoice, row.amount]))
  return new Map(rows.map((row) => [row.id, row.total.minus(captured.get(row.id) ?? 0).minus(givenUp.get(row.id) ?? 0)]))
}

/** Of these invoices what is written off. */
async function givenUpOf(ctx: Ctx, ids: string[]): Promise<Map<string, Decimal>> {
  const rows = await ctx.tx
    .select({ invoice: writeOff.invoice, amount: writeOff.amount })
    .from(writeOff)
    .where(and(isAnyOf(writeOff.invoice, ids), eq(writeOff.state, 'booked')))
  return new Map([...Map.groupBy(rows, (row) => row.invoice)].map(([id, of]) => [id, sum(of.map((row) => row.amount))]))
}

/**
 * The money of these documents has moved: they are paid, and what publishers earn from them is due to them. What was written off of them is taken up
 * again.
 * @param payments the payment that moved it, by invoice; none where nothing moved: the total is zero, or all of it was set off
 */
export async function markCollected(
  ctx: Ctx,
  invoices: InvoiceRow[],
  payments: Map<string, Pick<PaymentRow, 'id' | 'amount'>>,
): Promise<void> {
  if (invoices.length === 0) return
  const ids = invoices.map((row) => row.id)
  await recoverWriteOffs(
    ctx,
    invoices.filter((row) => row.state === 'written-off'),
  )
  const partly = await givenUpOf(
    ctx,
    invoices.filter((row) => row.state === 'open').map((row) => row.id),
  )
  const triggerOf = (row: InvoiceRow) => (row.kind === 'credit-note' ? 'credit' : partly.has(row.id) ? 'write-off' : 'collect')
  for (const of of Map.groupBy(invoices, (row) => `${row.state} ${triggerOf(row)}`).values()) {
    const [first] = of as [InvoiceRow]
    await ctx.tx
      .update(invoice)
      .set({ state: next(invoiceStates, first.kind, first.state, triggerOf(first)) })
      .where(
        isAnyOf(
          invoice.id,
          of.map((row) => row.id),
        ),
      )
  }
  // Nobody needs to decide any more.
  await ctx.tx
    .update(writeOff)
    .set({ state: writeOffStates.requested.withdraw as 'withdrawn', decidedAt: ctx.now, note: 'The invoice was paid.' })
    .where(and(isAnyOf(writeOff.invoice, ids), eq(writeOff.state, 'requested')))
  const shares = await collectShares(ctx, ids)
  await post(
    ctx,
    invoices.map((row): LedgerEntry => {
      const { currency, customerTenantId } = row
      const made = payments.get(row.id)
      const moved = made?.amount ?? new Decimal(0)
      return {
        kind: 'payment',
        reference: made?.id ?? row.id,
        description: row.number,
        postings: [
          { account: 'cash', currency, amount: moved },
          { account: 'receivable', currency, amount: moved.negated(), customerTenantId },
          ...(shares.get(row.id) ?? []),
        ],
      }
    }),
  )
}

/** Of these invoices those for which a provider has been asked and has not answered. */
export async function paymentsUnderWay(ctx: Ctx, invoices: string[]): Promise<Set<string>> {
  if (invoices.length === 0) return new Set()
  const rows = await ctx.tx
    .select({ invoice: payment.invoice })
    .from(payment)
    .where(and(isAnyOf(payment.invoice, invoices), eq(payment.state, 'processing')))
  return new Set(rows.map((row) => row.invoice))
}

/** Payments of these invoices that somebody still has to make. */
export async function pendingPayments(ctx: Ctx, invoices: string[]): Promise<PaymentRow[]> {
  if (invoices.length === 0) return []
  return ctx.tx
    .select()
    .from(payment)
    .where(and(isAnyOf(payment.invoice, invoices), eq(payment.state, 'pending')))
    .for('update')
}
