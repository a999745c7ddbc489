import { eq, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf, startOfDay, utcDate } from '../../kernel/clock.ts'
import { toInstant } from '../../kernel/columns.ts'
import type { Ctx } from '../../kernel/context.ts'
import { notFound } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Accounts } from '../accounts/index.ts'
import { takeNumbers } from './issue.ts'
import { type LedgerEntry, post } from './ledger.ts'
import { next, type PayoutState, type PayoutTrigger, payoutStates } from './life-cycle.ts'
import { payout } from './schema.ts'

type PayoutRow = typeof payout.$inferSelect

interface Sum {
  publisher_id: string
  currency: string
  net: string
  fee: string
  amount: string
  lines: number
}

/**
 * Prepares one payout a publisher and currency, of everything that customers have paid until now. Where credits exceed
 * earnings nothing is paid and the difference waits for the next run. A publisher that has been served this month is skipped, and so is one that
 * held its payouts before the month began; what it earned waits.
 */
export async function preparePayouts(ctx: Ctx, accounts: Accounts): Promise<PayoutRow[]> {
  const month = utcDate(ctx.now).with({ day: 1 })
  const due = rowsOf<Sum>(
    await ctx.tx.execute(sql`
      select publisher_id, currency, sum(net)::text as net, sum(fee)::text as fee, sum(amount)::text as amount, count(*)::int as lines
      from billing.payout_line l
      where payout is null and collected_at < ${ctx.now.toString()}::timestamptz
        and not exists (select from billing.payout p where p.publisher_id = l.publisher_id and p.currency = l.currency and p.month = ${month.toString()}::date)
      group by 1, 2 having sum(amount) > 0 order by 1, 2`),
  )
  const held = await accounts.payoutsHeld(
    ctx,
    due.map((of) => of.publisher_id),
    startOfDay(month),
  )
  const sums = due.filter((of) => !held.has(of.publisher_id))
  if (sums.length === 0) return []
  const numbers = await takeNumbers(ctx, 'payout', sums.length)
  const rows = sums.map(
    (of, n): PayoutRow => ({
      id: newId<'payout'>(),
      number: numbers[n] as string,
      publisherId: of.publisher_id,
      currency: of.currency,
      month,
      state: 'prepared',
      net: new Decimal(of.net),
      fee: new Decimal(of.fee),
      amount: new Decimal(of.amount),
      lines: of.lines,
      preparedAt: ctx.now,
      sentAt: null,
      paidAt: null,
      reference: null,
    }),
  )
  await ctx.tx.insert(payout).values(rows)
  await ctx.tx.execute(sql`
    update billing.payout_line l set payout = p.id from unnest(${sql.param(rows.map((row) => row.id))}::uuid[],
      ${sql.param(rows.map((row) => row.publisherId))}::text[], ${sql.param(rows.map((row) => row.currency))}::text[]) as p(id, publisher_id, currency)
    where l.publisher_id = p.publisher_id and l.currency = p.currency and l.payout is null and l.collected_at < ${ctx.now.toString()}::timestamptz`)
  return rows
}

/** What the next run pays to a publisher in one currency; nothing where the amount is not above zero. */
export interface PayoutPreview {
  publisherId: string
  currency: string
  net: Decimal
  fee: Decimal
  amount: Decimal
  lines: number
}

/** What has been paid by customers and is in no payout yet. */
export async function previewPayouts(ctx: Ctx): Promise<PayoutPreview[]> {
  const sums = rowsOf<Sum>(
    await ctx.tx.execute(sql`
      select publisher_id, currency, sum(net)::text as net, sum(fee)::text as fee, sum(amount)::text as amount, count(*)::int as lines
      from billing.payout_line where payout is null and collected_at is not null group by 1, 2 order by 1, 2`),
  )
  return sums.map((of) => ({
    publisherId: of.publisher_id,
    currency: of.currency,
    net: new Decimal(of.net),
    fee: new Decimal(of.fee),
    amount: new Decimal(of.amount),
    lines: of.lines,
  }))
}

/**
 * Moves a payout on. Sending books the money out, a return books it back.
 * @throws conflict `IllegalTransition`, not-found `UnknownPayout`
 */
export async function changePayout(ctx: Ctx, id: string, trigger: PayoutTrigger, reference?: string): Promise<PayoutRow> {
  const [row] = await ctx.tx.select().from(payout).where(eq(payout.id, id)).for('update')
  if (!row) throw notFound('UnknownPayout', 'There is no such payout.', { target: 'payout' })
  const state: PayoutState = next(payoutStates, 'payout', row.state, trigger)
  const changed: PayoutRow = {
    ...row,
    state,
    reference: reference ?? row.reference,
    sentAt: trigger === 'send' ? ctx.now : row.sentAt,
    paidAt: trigger === 'confirm' ? ctx.now : trigger === 'return' ? null : row.paidAt,
  }
  await ctx.tx
    .update(payout)
    .set({ state, reference: changed.reference, sentAt: changed.sentAt, paidAt: changed.paidAt })
    .where(eq(payout.id, id))
  if (trigger === 'send') await post(ctx, [entry(row, 'payout', row.amount)])
  if (trigger === 'return') await post(ctx, [entry(row, 'payout-returned', row.amount.negated())])
  return changed
}

function entry(row: PayoutRow, kind: 'payout' | 'payout-returned', amount: Decimal): LedgerEntry {
  return {
    kind,
    reference: row.id,
    description: row.number,
    postings: [
      { account: 'payable', currency: row.currency, amount, publisherId: row.publisherId },
      { account: 'cash', currency: row.currency, amount: amount.negated() },
    ],
  }
}

/** What a publisher has earned in one currency, by where the money is. */
export interface PayoutTotals {
  currency: string
  /** Invoiced, the customer has not paid yet. */
  awaitingCustomers: Decimal
  /** Paid by customers, in the next payout. */
  inNextPayout: Decimal
  /** In payouts that have not arrived yet. */
  underWay: Decimal
  paid: Decimal
}

export async function payoutTotals(ctx: Ctx, publisherId: string): Promise<PayoutTotals[]> {
  const rows = rowsOf<Record<'currency' | 'awaiting' | 'next' | 'under_way' | 'paid', string>>(
    await ctx.tx.execute(sql`
      select l.currency,
        coalesce(sum(l.amount) filter (where l.payout is null and l.collected_at is null), 0)::text as awaiting,
        coalesce(sum(l.amount) filter (where l.payout is null and l.collected_at is not null), 0)::text as next,
        coalesce(sum(l.amount) filter (where p.state <> 'paid'), 0)::text as under_way,
        coalesce(sum(l.amount) filter (where p.state = 'paid'), 0)::text as paid
      from billing.payout_line l left join billing.payout p on p.id = l.payout
      where l.publisher_id = ${publisherId} group by 1 order by 1`),
  )
  return rows.map((row) => ({
    currency: row.currency,
    awaitingCustomers: new Decimal(row.awaiting),
    inNextPayout: new Decimal(row.next),
    underWay: new Decimal(row.under_way),
    paid: new Decimal(row.paid),
  }))
}

/** One invoice line as the publisher sees it: what was sold, the fee, what it gets and where that is. */
export interface PayoutLine {
  line: string
  invoice: string
  invoiceNumber: string
  earnedAt: Temporal.Instant
  customerTenantId: string
  customerName: string
  subscription: string
  offerId: string
  offerName: string
  planId: string
  planName: string
  description: string
  kind: string
  quantity: Decimal
  unitPrice: Decimal
  currency: string
  net: Decimal
  feeRate: Decimal
  fee: Decimal
  amount: Decimal
  state: 'awaiting-customer' | 'in-next-payout' | PayoutState
  payout: string | null
  payoutNumber: string | null
}

export async function payoutLines(
  ctx: Ctx,
  publisherId: string,
  query: { payout?: string; subscription?: string; limit?: number } = {},
): Promise<PayoutLine[]> {
  const rows = rowsOf<Record<string, string | null>>(
    await ctx.tx.execute(sql`
      select l.line, l.invoice, i.number as invoice_number, l.earned_at, i.customer_tenant_id, i.bill_to->>'legalName' as customer_name, n.subscription,
        n.offer_id, n.offer_name, n.plan_id, n.plan_name, n.description, n.kind, n.quantity::text as quantity, n.unit_price::text as unit_price,
        l.currency, l.net::text as net, l.fee_rate::text as fee_rate, l.fee::text as fee, l.amount::text as amount, l.collected_at, l.payout,
        p.number as payout_number, p.state
      from billing.payout_line l
      join billing.invoice_line n on n.id = l.line
      join billing.invoice i on i.id = l.invoice
      left join billing.payout p on p.id = l.payout
      where l.publisher_id = ${publisherId} ${query.payout === undefined ? sql`` : sql`and l.payout = ${query.payout}::uuid`}
        ${query.subscription === undefined ? sql`` : sql`and n.subscription = ${query.subscription}::uuid`}
      order by l.earned_at desc, i.number desc, n.position limit ${query.limit ?? 200}`),
  )
  return rows.map((row) => ({
    line: row.line as string,
    invoice: row.invoice as string,
    invoiceNumber: row.invoice_number as string,
    earnedAt: toInstant(row.earned_at),
    customerTenantId: row.customer_tenant_id as string,
    customerName: row.customer_name as string,
    subscription: row.subscription as string,
    offerId: row.offer_id as string,
    offerName: row.offer_name as string,
    planId: row.plan_id as string,
    planName: row.plan_name as string,
    description: row.description as string,
    kind: row.kind as string,
    quantity: new Decimal(row.quantity as string),
    unitPrice: new Decimal(row.unit_price as string),
    currency: row.currency as string,
    net: new Decimal(row.net as string),
    feeRate: new Decimal(row.fee_rate as string),
    fee: new Decimal(row.fee as string),
    amount: new Decimal(row.amount as string),
    state: row.payout === null ? (row.collected_at === null ? 'awaiting-customer' : 'in-next-payout') : (row.state as PayoutState),
    payout: row.payout as string | null,
    payoutNumber: row.payout_number as string | null,
  }))
}
