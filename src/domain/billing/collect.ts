import { and, eq, inArray, isNull, sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { Decimal } from '../../kernel/money.ts'
import { insertAll } from './bulk.ts'
import { type LedgerEntry, post, type Posting } from './ledger.ts'
import { invoiceStates, next } from './life-cycle.ts'
import { defaultMethod } from './payment.ts'
import { invoice, payment, payoutLine } from './schema.ts'

type InvoiceRow = typeof invoice.$inferSelect

/** Asks the customers' payment methods for what these new documents come to; below zero it is paid back. */
export async function collect(ctx: Ctx, issued: InvoiceRow[], mode: 'sandbox' | 'production'): Promise<void> {
  const method = defaultMethod(mode)
  const payments = issued
    .filter((row) => !row.total.isZero())
    .map((row) => {
      const id = newId<'payment'>()
      const outcome = method.settle({
        id,
        invoiceNumber: row.number,
        customerTenantId: row.customerTenantId,
        currency: row.currency,
        amount: row.total,
      })
      return {
        id,
        invoice: row.id,
        method: method.id,
        currency: row.currency,
        amount: row.total,
        state: outcome.state,
        reference: outcome.state === 'captured' ? outcome.reference : null,
        failure: outcome.state === 'failed' ? outcome.failure : null,
        at: ctx.now,
      }
    })
  await insertAll(ctx, payment, payments)
  const captured = new Map(payments.filter((p) => p.state === 'captured').map((p) => [p.invoice, p.id]))
  await markCollected(
    ctx,
    issued.filter((row) => row.total.isZero() || captured.has(row.id)),
    captured,
  )
}

/**
 * The money of these documents has moved: they are paid, and what publishers earn from them is due to them.
 * @param payments id of the payment by invoice; none where the total is zero
 */
export async function markCollected(ctx: Ctx, invoices: InvoiceRow[], payments: Map<string, string>): Promise<void> {
  if (invoices.length === 0) return
  const ids = invoices.map((row) => row.id)
  for (const [kind, trigger] of [
    ['invoice', 'collect'],
    ['credit-note', 'credit'],
  ] as const) {
    const of = invoices.filter((row) => row.kind === kind).map((row) => row.id)
    if (of.length > 0) {
      await ctx.tx
        .update(invoice)
        .set({ state: next(invoiceStates, kind, 'open', trigger) })
        .where(inArray(invoice.id, of))
    }
  }
  await ctx.tx
    .update(payoutLine)
    .set({ collectedAt: ctx.now })
    .where(and(inArray(payoutLine.invoice, ids), isNull(payoutLine.collectedAt)))
  const shares = rowsOf<{ invoice: string; publisher_id: string; amount: string }>(
    await ctx.tx.execute(sql`
      select invoice, publisher_id, sum(amount)::text as amount from billing.payout_line where invoice in ${ids} group by 1, 2 order by 1, 2`),
  )
  const sharesOf = Map.groupBy(shares, (share) => share.invoice)
  await post(
    ctx,
    invoices.map((row): LedgerEntry => {
      const { currency, customerTenantId } = row
      return {
        kind: 'payment',
        reference: payments.get(row.id) ?? row.id,
        description: row.number,
        postings: [
          { account: 'cash', currency, amount: row.total },
          { account: 'receivable', currency, amount: row.total.negated(), customerTenantId },
          ...(sharesOf.get(row.id) ?? []).flatMap((share): Posting[] => {
            const amount = new Decimal(share.amount)
            const publisherId = share.publisher_id
            return [
              { account: 'revenue-share', currency, amount, publisherId },
              { account: 'payable', currency, amount: amount.negated(), publisherId },
            ]
          }),
        ],
      }
    }),
  )
}

/** The pending payment of an invoice that was paid by bank transfer. */
export async function pendingPayment(ctx: Ctx, invoiceId: string) {
  const [row] = await ctx.tx
    .select()
    .from(payment)
    .where(and(eq(payment.invoice, invoiceId), eq(payment.state, 'pending')))
    .for('update')
  return row ?? null
}
