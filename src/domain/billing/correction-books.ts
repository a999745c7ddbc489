import { and, asc, eq, isNull, sql } from 'drizzle-orm'
import { insertAll, isAnyOf } from '../../kernel/bulk.ts'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { cardReturn } from './card-schema.ts'
import { difference, divide, type LinePart, negated } from './correction.ts'
import { type LedgerEntry, post, type Posting } from './ledger.ts'
import { invoiceStates, next, paymentStates } from './life-cycle.ts'
import { sum } from './line.ts'
import { invoice, invoiceLine, payment, payoutLine } from './schema.ts'
import { correctionLine, writeOff } from './write-off-schema.ts'
import { writeOffStates } from './write-off-states.ts'

type InvoiceRow = typeof invoice.$inferSelect
export type WriteOff = typeof writeOff.$inferSelect

/**
 * What the next `amount` that a document loses takes from its lines, beyond what it has lost already. A line that was credited has less to lose: who
 * sold it bears no loss for what others sold. (Unless the credit was set off against an older document, and all of this one is open.)
 */
export async function partsOf(ctx: Ctx, row: InvoiceRow, amount: Decimal): Promise<LinePart[]> {
  const rows = await ctx.tx.select().from(invoiceLine).where(eq(invoiceLine.invoice, row.id)).orderBy(asc(invoiceLine.position))
  const lines = rows.map(
    ({ id, publisherId, feeRate, net, tax, fee, publisherShare }): LinePart => ({
      line: id,
      publisherId,
      feeRate,
      net,
      tax,
      fee,
      publisherShare,
    }),
  )
  const lost = await ctx.tx
    .select({ amount: writeOff.amount })
    .from(writeOff)
    .where(and(eq(writeOff.invoice, row.id), eq(writeOff.state, 'booked')))
    .unionAll(
      ctx.tx
        .select({ amount: cardReturn.amount })
        .from(cardReturn)
        .where(and(eq(cardReturn.invoice, row.id), eq(cardReturn.state, 'open'))),
    )
  const before = sum(lost.map((one) => one.amount))
  const credited = await afterCredits(ctx, row.id, lines)
  const enough = sum(credited.map((line) => line.net.plus(line.tax))).greaterThanOrEqualTo(before.plus(amount))
  const base = enough ? credited : lines
  return difference(divide(base, row.currency, before.plus(amount)), divide(base, row.currency, before))
}

/** The lines of a document less what credit notes have taken back of them. */
async function afterCredits(ctx: Ctx, id: string, lines: readonly LinePart[]): Promise<LinePart[]> {
  const rows = rowsOf<Record<'line' | 'net' | 'tax' | 'fee' | 'share', string>>(
    await ctx.tx.execute(sql`
      select o.id as line, sum(r.net)::text as net, sum(r.tax)::text as tax, sum(r.fee)::text as fee, sum(r.publisher_share)::text as share
      from billing.invoice_line o join billing.charge c on c.reverses = o.charge join billing.invoice_line r on r.charge = c.id
      where o.invoice = ${id}::uuid group by 1`),
  )
  const credits = new Map(rows.map((row) => [row.line, row]))
  return lines.map((line) => {
    const { net = 0, tax = 0, fee = 0, share = 0 } = credits.get(line.line) ?? {}
    return {
      ...line,
      net: line.net.plus(net),
      tax: line.tax.plus(tax),
      fee: line.fee.plus(fee),
      publisherShare: line.publisherShare.plus(share),
    }
  })
}

/** The lines that a write-off or return was booked with. */
export async function bookedParts(ctx: Ctx, correction: string): Promise<LinePart[]> {
  return ctx.tx
    .select({
      line: correctionLine.line,
      publisherId: invoiceLine.publisherId,
      feeRate: invoiceLine.feeRate,
      net: correctionLine.net,
      tax: correctionLine.tax,
      fee: correctionLine.fee,
      publisherShare: correctionLine.publisherShare,
    })
    .from(correctionLine)
    .innerJoin(invoiceLine, eq(invoiceLine.id, correctionLine.line))
    .where(eq(correctionLine.correction, correction))
    .orderBy(asc(invoiceLine.position))
}

export async function keepParts(ctx: Ctx, correction: string, parts: readonly LinePart[]): Promise<void> {
  await insertAll(
    ctx,
    correctionLine,
    parts.map(({ line, net, tax, fee, publisherShare }) => ({ correction, line, net, tax, fee, publisherShare })),
  )
}

/** Adds to what publishers earn from these lines; `collected`: it is due to them (or they owe it) at once. */
export async function addEarnings(
  ctx: Ctx,
  { invoice: id, currency, correction, collected }: { invoice: string; currency: string; correction: string; collected: boolean },
  parts: readonly LinePart[],
): Promise<void> {
  const rows = parts.filter((part) => !part.net.isZero() || !part.publisherShare.isZero())
  if (rows.length === 0) return
  const known = rowsOf<{ line: string; part: number }>(
    await ctx.tx.execute(
      sql`select line, max(part)::int as part from billing.payout_line where line = any(${sql.param(rows.map((row) => row.line))}::uuid[]) group by 1`,
    ),
  )
  const last = new Map(known.map((row) => [row.line, row.part]))
  await insertAll(
    ctx,
    payoutLine,
    rows.map(({ line, publisherId, net, feeRate, fee, publisherShare }) => ({
      line,
      part: (last.get(line) ?? 0) + 1,
      correction,
      invoice: id,
      publisherId,
      currency,
      net,
      feeRate,
      fee,
      amount: publisherShare,
      earnedAt: ctx.now,
      collectedAt: collected ? ctx.now : null,
    })),
  )
}

/** Shares of an invoice that were not due to publishers become due; returns what they come to. */
export async function collectShares(ctx: Ctx, invoices: readonly string[]): Promise<Map<string, Posting[]>> {
  const rows = rowsOf<{ invoice: string; publisher_id: string; currency: string; amount: string }>(
    await ctx.tx.execute(sql`
      with due as (
        update billing.payout_line set collected_at = ${ctx.now.toString()}::timestamptz
        where invoice = any(${sql.param([...invoices])}::uuid[]) and collected_at is null returning invoice, publisher_id, currency, amount)
      select invoice, publisher_id, currency, sum(amount)::text as amount from due group by 1, 2, 3 order by 1, 2`),
  )
  return new Map(
    [...Map.groupBy(rows, (row) => row.invoice)].map(([id, of]) => [
      id,
      of.flatMap(({ publisher_id: publisherId, currency, amount }): Posting[] => [
        { account: 'revenue-share', currency, amount: new Decimal(amount), publisherId },
        { account: 'payable', currency, amount: new Decimal(amount).negated(), publisherId },
      ]),
    ]),
  )
}

/** Publisher's share, store fee and tax of these parts given up, with what the customer owes; below zero they are taken up again. */
function givenUp(row: InvoiceRow, parts: readonly LinePart[]): Posting[] {
  const { currency, customerTenantId } = row
  const gross = sum(parts.map((part) => part.net.plus(part.tax)))
  const shares = [...Map.groupBy(parts, (part) => part.publisherId)].map(
    ([publisherId, of]): Posting => ({
      account: 'revenue-share',
      currency,
      amount: sum(of.map((part) => part.publisherShare)),
      publisherId,
    }),
  )
  return [
    { account: 'receivable', currency, amount: gross.negated(), customerTenantId },
    ...shares,
    { account: 'store-fee', currency, amount: sum(parts.map((part) => part.fee)) },
    { account: 'tax', currency, amount: sum(parts.map((part) => part.tax)) },
  ]
}

/**
 * Books a write-off that is stored as booked: the claim, the shares, the fee and the tax of these parts are given up. What had been collected of the
 * invoice is due to publishers now.
 * @throws conflict `IllegalTransition`
 */
export async function bookWriteOff(ctx: Ctx, row: InvoiceRow, of: WriteOff, parts: readonly LinePart[]): Promise<void> {
  await keepParts(ctx, of.id, parts)
  await addEarnings(ctx, { invoice: row.id, currency: row.currency, correction: of.id, collected: false }, negated(parts))
  await ctx.tx
    .update(payment)
    .set({ state: next(paymentStates, 'payment', 'pending', 'fail'), failure: 'Written off.' })
    .where(and(eq(payment.invoice, row.id), eq(payment.state, 'pending')))
  await ctx.tx
    .update(invoice)
    .set({ state: next(invoiceStates, 'invoice', row.state, 'write-off'), nextAttemptAt: null })
    .where(eq(invoice.id, row.id))
  const entry = { reference: of.id, description: `${of.number}, ${row.number}` }
  await post(ctx, [{ ...entry, kind: 'write-off', postings: givenUp(row, parts) }])
  if (row.state !== 'open' || !(await sharesLeft(ctx, row.id))) return
  const shares = await collectShares(ctx, [row.id])
  await post(ctx, [{ ...entry, kind: 'write-off', postings: shares.get(row.id) ?? [] }])
}

/** Whether publishers have something coming from an invoice that is not due to them yet. */
async function sharesLeft(ctx: Ctx, id: string): Promise<boolean> {
  const rows = await ctx.tx
    .select({ publisherId: payoutLine.publisherId })
    .from(payoutLine)
    .where(and(eq(payoutLine.invoice, id), isNull(payoutLine.collectedAt)))
    .groupBy(payoutLine.publisherId)
    .having(sql`sum(${payoutLine.amount}) <> 0`)
  return rows.length > 0
}

/** The money for these written-off invoices has come after all: everything given up is taken up again. */
export async function recoverWriteOffs(ctx: Ctx, rows: readonly InvoiceRow[]): Promise<void> {
  if (rows.length === 0) return
  const given = await ctx.tx
    .select()
    .from(writeOff)
    .where(
      and(
        isAnyOf(
          writeOff.invoice,
          rows.map((row) => row.id),
        ),
        eq(writeOff.state, 'booked'),
      ),
    )
    .for('update')
  const entries: LedgerEntry[] = []
  for (const of of given) {
    const row = rows.find((one) => one.id === of.invoice) as InvoiceRow
    const back = await bookedParts(ctx, of.id)
    await addEarnings(ctx, { invoice: row.id, currency: row.currency, correction: of.id, collected: false }, back)
    const state = writeOffStates[of.state].recover
    if (state) await ctx.tx.update(writeOff).set({ state, recoveredAt: ctx.now }).where(eq(writeOff.id, of.id))
    entries.push({
      kind: 'write-off-recovered',
      reference: of.id,
      description: `${of.number}, ${row.number}`,
      postings: givenUp(row, negated(back)),
    })
  }
  await post(ctx, entries)
}
