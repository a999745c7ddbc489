import { type SQL, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf, startOfDay } from '../../kernel/clock.ts'
import { toInstant } from '../../kernel/columns.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import type { PayoutState } from './life-cycle.ts'

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
      select currency, sum(awaiting)::text as awaiting, sum(next)::text as next, sum(under_way)::text as under_way, sum(paid)::text as paid from (
        select currency, case when collected_at is null then amount else 0 end as awaiting, case when collected_at is null then 0 else amount end as next,
          0 as under_way, 0 as paid from billing.payout_line where publisher_id = ${publisherId} and payout is null
        union all select currency, 0, amount, 0, 0 from billing.adjustment where publisher_id = ${publisherId} and state = 'approved' and payout is null
        union all select currency, 0, 0, case when state = 'paid' then 0 else amount end, case when state = 'paid' then amount else 0 end
          from billing.payout where publisher_id = ${publisherId}) t
      group by 1 order by 1`),
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
  /** 0: the sale; above it what was corrected later */
  part: number
  /** what a correction is: null of the sale itself */
  correction: 'written-off' | 'recovered' | 'returned' | 'owed-again' | null
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
  /** of the customer, ISO 3166-1: decides whether tax is withheld */
  customerCountry: string
  /** percent and amount kept back for the tax office; null until it is in a payout */
  withholdingRate: Decimal | null
  withheld: Decimal | null
  /** units of the payout's currency for one of the line's, and what was paid of the line */
  rate: Decimal | null
  paid: Decimal | null
  payoutCurrency: string | null
  state: 'awaiting-customer' | 'written-off' | 'in-next-payout' | PayoutState
  payout: string | null
  payoutNumber: string | null
}

/** Which lines: all criteria that are given must fit. */
export interface PayoutLineQuery {
  payout?: string
  subscription?: string
  /** part of the invoice's number, the customer's name, the offer, the plan or the description */
  search?: string
  state?: string
  currency?: string
  /** days on which it was earned, both included */
  from?: Temporal.PlainDate
  to?: Temporal.PlainDate
  limit?: number
  offset?: number
}

const joined = sql`
  from billing.payout_line l
  join billing.invoice_line n on n.id = l.line
  join billing.invoice i on i.id = l.invoice
  left join billing.payout p on p.id = l.payout`

const stateOfLine = sql`case when l.payout is not null then p.state when l.collected_at is not null then 'in-next-payout'
  when i.state = 'written-off' or exists (select from billing.write_off w where w.id = l.correction)
    or exists (select from billing.card_return r where r.id = l.correction and r.state = 'lost') then 'written-off'
  else 'awaiting-customer' end`

/** A share given up comes back with the opposite sign. */
const correctionOf = sql`case when l.correction is null then null
  when not exists (select from billing.write_off w where w.id = l.correction)
    then case when l.amount * n.publisher_share < 0 then 'returned' else 'owed-again' end
  when l.amount * n.publisher_share < 0 then 'written-off' else 'recovered' end`

function wanted(publisherId: string, query: PayoutLineQuery): SQL {
  const criteria = [sql`l.publisher_id = ${publisherId}`]
  if (query.payout !== undefined) criteria.push(sql`l.payout = ${query.payout}::uuid`)
  if (query.subscription !== undefined) criteria.push(sql`n.subscription = ${query.subscription}::uuid`)
  if (query.currency !== undefined) criteria.push(sql`l.currency = ${query.currency}`)
  if (query.state !== undefined) criteria.push(sql`${stateOfLine} = ${query.state}`)
  if (query.from !== undefined) criteria.push(sql`l.earned_at >= ${startOfDay(query.from).toString()}::timestamptz`)
  if (query.to !== undefined) criteria.push(sql`l.earned_at < ${startOfDay(query.to.add({ days: 1 })).toString()}::timestamptz`)
  if (query.search !== undefined) {
    const pattern = `%${query.search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    const texts = sql`concat_ws(' ', i.number, i.bill_to->>'legalName', n.offer_id, n.offer_name, n.plan_id, n.plan_name, n.description)`
    criteria.push(sql`${texts} ilike ${pattern}`)
  }
  return sql.join(criteria, sql` and `)
}

/** How many lines fit, and what they come to by currency. */
export async function payoutLineSums(
  ctx: Ctx,
  publisherId: string,
  query: PayoutLineQuery,
): Promise<{ currency: string; lines: number; net: Decimal; fee: Decimal; amount: Decimal }[]> {
  const rows = rowsOf<Record<'currency' | 'net' | 'fee' | 'amount', string> & { lines: number }>(
    await ctx.tx.execute(sql`
      select l.currency, count(*)::int as lines, sum(l.net)::text as net, sum(l.fee)::text as fee, sum(l.amount)::text as amount
      ${joined} where ${wanted(publisherId, query)} group by 1 order by 1`),
  )
  return rows.map((row) => ({
    currency: row.currency,
    lines: row.lines,
    net: new Decimal(row.net),
    fee: new Decimal(row.fee),
    amount: new Decimal(row.amount),
  }))
}

/** Lines that fit, newest first. */
export async function payoutLines(ctx: Ctx, publisherId: string, query: PayoutLineQuery = {}): Promise<PayoutLine[]> {
  const rows = rowsOf<Record<string, string | null>>(
    await ctx.tx.execute(sql`
      select l.line, l.part, ${correctionOf} as correction, l.invoice, i.number as invoice_number, l.earned_at, i.customer_tenant_id, i.bill_to->>'legalName' as customer_name,
        i.bill_to->>'country' as customer_country, n.subscription, n.offer_id, n.offer_name, n.plan_id, n.plan_name, n.description, n.kind,
        n.quantity::text as quantity, n.unit_price::text as unit_price, l.currency, l.net::text as net, l.fee_rate::text as fee_rate, l.fee::text as fee,
        l.amount::text as amount, l.withholding_rate::text as withholding_rate, l.withheld::text as withheld, l.rate::text as rate, l.paid::text as paid,
        l.payout, p.number as payout_number, p.currency as payout_currency, ${stateOfLine} as state
      ${joined} where ${wanted(publisherId, query)}
      order by l.earned_at desc, i.number desc, n.position, l.part limit ${query.limit ?? 200} offset ${query.offset ?? 0}`),
  )
  const decimalOf = (text: string | null | undefined) => (text == null ? null : new Decimal(text))
  return rows.map((row) => ({
    line: row.line as string,
    part: Number(row.part),
    correction: row.correction as PayoutLine['correction'],
    invoice: row.invoice as string,
    invoiceNumber: row.invoice_number as string,
    earnedAt: toInstant(row.earned_at),
    customerTenantId: row.customer_tenant_id as string,
    customerName: row.customer_name as string,
    customerCountry: row.customer_country as string,
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
    withholdingRate: decimalOf(row.withholding_rate),
    withheld: decimalOf(row.withheld),
    rate: decimalOf(row.rate),
    paid: decimalOf(row.paid),
    payoutCurrency: row.payout_currency as string | null,
    state: row.state as PayoutLine['state'],
    payout: row.payout as string | null,
    payoutNumber: row.payout_number as string | null,
  }))
}
