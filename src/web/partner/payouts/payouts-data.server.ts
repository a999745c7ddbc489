import { Temporal } from 'temporal-polyfill'
import type { PayoutLine, PayoutLineQuery } from '../../../domain/billing/index.ts'
import { allows } from '../../../kernel/authorization.ts'
import { utcDate } from '../../../kernel/clock.ts'
import { Decimal, formatMoney } from '../../../kernel/money.ts'
import { fieldText } from '../../form.ts'
import { refuse } from '../../ui/portal-access.server.ts'
import type { PublisherVisit } from '../publisher-access.server.ts'

const pageSize = 50

export const payoutsBase = ({ publisher }: PublisherVisit) => `/partner/publishers/${publisher.publisherId}`

/** Whether the visitor may open payout and tax profiles. */
export const managesPayouts = ({ user, publisher }: PublisherVisit) => allows(user, 'payout.manage', { tenantId: publisher.tenantId })

/** A payout of this publisher with its lines; another publisher's does not exist here. */
export async function payoutStatement({ domain, publisher, read }: PublisherVisit, id: string) {
  const statement = await read((ctx) => domain.billing.payoutStatement(ctx, id))
  if (statement.payout.publisherId !== publisher.publisherId) throw refuse(404, 'There is no such payout.')
  return statement
}

const corrections = {
  'written-off': 'Written off',
  recovered: 'Paid after all',
  returned: 'Payment taken back',
  'owed-again': 'Owed again',
} as const

/** What a line is, a correction with what it corrects. */
export function lineText({ correction, description }: PayoutLine): string {
  return correction ? `${corrections[correction]}: ${description}` : description
}

function lineRow(line: PayoutLine) {
  return {
    id: `${line.line} ${line.part}`,
    description: lineText(line),
    offer: `${line.offerName}, ${line.planName}`,
    customer: line.customerName,
    invoice: line.invoiceNumber,
    date: line.earnedAt.toString(),
    state: line.state,
    net: formatMoney(line.net, line.currency),
    fee: formatMoney(line.fee, line.currency),
    share: formatMoney(line.amount, line.currency),
  }
}

/** What the publisher has earned and where it is. */
export async function payoutSummary({ domain, publisher, read }: PublisherVisit) {
  const { publisherId } = publisher
  return read(async (ctx) => {
    const { billing, accounts } = domain
    const totals = await billing.payoutTotals(ctx, publisherId)
    const payouts = await billing.listPayouts(ctx, publisherId)
    const lines = await billing.listPayoutLines(ctx, publisherId, { limit: 20 })
    const adjustments = await billing.publisherAdjustments(ctx, publisherId)
    const standing = await billing.payoutStanding(ctx, publisherId)
    const { storeFeePercent } = await accounts.publisher(ctx, publisherId)
    const problem = (await accounts.paymentReadiness(ctx, [publisherId])).get(publisherId)?.problem ?? null
    const held = await accounts.payoutsHeld(ctx, [publisherId], ctx.now.add({ nanoseconds: 1000 }))
    return {
      fee: storeFeePercent.toString(),
      problem,
      held: held.size > 0,
      nextRun: standing.nextRun.toString(),
      next: standing.planned.map((one) => ({
        id: `${one.currency} ${one.again?.number ?? ''}`,
        what: one.again ? `Again: ${one.again.number}` : `${one.lines.toLocaleString('en-US')} ${one.lines === 1 ? 'line' : 'lines'}`,
        reason: one.reason,
        withheld: formatMoney(one.withheld, one.currency),
        adjusted: formatMoney(one.adjusted, one.currency),
        amount: formatMoney(one.amount, one.currency),
      })),
      totals: totals.flatMap(({ currency, ...sums }) => [
        { label: `Awaiting customers (${currency})`, value: formatMoney(sums.awaitingCustomers, currency) },
        { label: `In the next payout (${currency})`, value: formatMoney(sums.inNextPayout, currency) },
        { label: `Under way (${currency})`, value: formatMoney(sums.underWay, currency) },
        { label: `Paid (${currency})`, value: formatMoney(sums.paid, currency) },
      ]),
      payouts: payouts.map((payout) => ({
        id: payout.id,
        number: payout.number,
        month: payout.month.toString(),
        state: payout.state,
        lines: payout.lines,
        net: formatMoney(payout.net, payout.currency),
        fee: formatMoney(payout.fee, payout.currency),
        withheld: formatMoney(payout.withheld, payout.currency),
        amount: formatMoney(payout.amount, payout.currency),
      })),
      adjustments: adjustments.map((one) => ({
        id: one.id,
        number: one.number,
        date: (one.decidedAt ?? one.requestedAt).toString(),
        reason: one.reason,
        paid: one.payout !== null,
        amount: formatMoney(one.amount, one.currency),
      })),
      lines: lines.map(lineRow),
    }
  })
}

/** The filter of transactions in an address. A day that is none filters nothing. */
export function transactionFilter(search: URLSearchParams) {
  return {
    q: fieldText(search, 'q', 100),
    state: fieldText(search, 'state', 40),
    currency: fieldText(search, 'currency', 3).toUpperCase(),
    from: dayOf(search.get('from')),
    to: dayOf(search.get('to')),
    page: Math.min(10_000, Math.max(1, Number.parseInt(search.get('page') ?? '1', 10) || 1)),
  }
}

type Filter = ReturnType<typeof transactionFilter>

export function transactionQuery({ q, state, currency, from, to }: Filter): PayoutLineQuery {
  return {
    ...(q === '' ? {} : { search: q }),
    ...(state === '' ? {} : { state }),
    ...(currency === '' ? {} : { currency }),
    ...(from === '' ? {} : { from: Temporal.PlainDate.from(from) }),
    ...(to === '' ? {} : { to: Temporal.PlainDate.from(to) }),
  }
}

function dayOf(text: string | null): string {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return ''
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString()
  } catch {
    return ''
  }
}

/** One page of the transactions that fit, with what all of them come to. */
export async function transactions({ domain, publisher, read }: PublisherVisit, filter: Filter) {
  const query = transactionQuery(filter)
  return read(async (ctx) => {
    const sums = await domain.billing.payoutLineSums(ctx, publisher.publisherId, query)
    const total = sums.reduce((n, row) => n + row.lines, 0)
    const lines = await domain.billing.listPayoutLines(ctx, publisher.publisherId, {
      ...query,
      limit: pageSize,
      offset: (filter.page - 1) * pageSize,
    })
    return {
      total,
      pages: Math.ceil(total / pageSize),
      sums: sums.map((row) => ({
        label: `Your share of ${row.lines.toLocaleString('en-US')} ${row.lines === 1 ? 'line' : 'lines'} in ${row.currency}`,
        value: formatMoney(row.amount, row.currency),
      })),
      currencies: (await domain.billing.payoutTotals(ctx, publisher.publisherId)).map((row) => row.currency),
      lines: lines.map(lineRow),
    }
  })
}

/** The expected payouts, and what stood on the publisher's accounts at the end of a day. */
export async function forecastAndBalances({ domain, publisher, read }: PublisherVisit, search: URLSearchParams) {
  return read(async (ctx) => {
    const standing = await domain.billing.payoutStanding(ctx, publisher.publisherId)
    const on = dayOf(search.get('on')) || utcDate(ctx.now).toString()
    const balances = await domain.billing.publisherBalances(ctx, publisher.publisherId, Temporal.PlainDate.from(on))
    return {
      nextRun: standing.nextRun.toString(),
      forecast: (await domain.billing.payoutForecast(ctx, publisher.publisherId)).map((row) => ({
        id: `${row.on?.toString() ?? 'late'} ${row.currency}`,
        on: row.on?.toString() ?? null,
        lines: row.lines,
        collected: formatMoney(row.collected, row.currency),
        awaited: formatMoney(row.amount.minus(row.collected).minus(row.unbilled), row.currency),
        unbilled: formatMoney(row.unbilled, row.currency),
        amount: formatMoney(row.amount, row.currency),
      })),
      held: standing.held.map((item) => ({
        id: `${item.run} ${item.currency}`,
        month: item.month.toString(),
        reason: item.reason,
        amount: formatMoney(item.amount, item.currency),
      })),
      on,
      balances: balances
        .filter((row) => row.account === 'payable' || row.account === 'revenue-share' || row.account === 'withholding')
        .map((row) => ({
          id: `${row.account} ${row.currency}`,
          account: row.account as 'payable' | 'revenue-share' | 'withholding',
          amount: formatMoney(row.amount.negated(), row.currency),
        })),
    }
  })
}

/** Figures of a statement in words. */
export function statementView({ payout, lines, parts, adjustments }: Awaited<ReturnType<typeof payoutStatement>>) {
  const money = (amount: Decimal) => formatMoney(amount, payout.currency)
  const shown = 500
  return {
    payout: {
      id: payout.id,
      number: payout.number,
      state: payout.state,
      preparedAt: payout.preparedAt.toString(),
      sentAt: payout.sentAt?.toString() ?? null,
      paidAt: payout.paidAt?.toString() ?? null,
      reference: payout.reference,
      returnReason: payout.returnReason,
      net: money(payout.net),
      fee: money(payout.fee),
      withheld: payout.withheld.isZero() ? null : money(payout.withheld),
      adjusted: payout.adjusted.isZero() ? null : money(payout.adjusted),
      amount: money(payout.amount),
    },
    parts: parts.map((part) => ({
      currency: part.currency,
      lines: part.lines,
      net: formatMoney(part.net, part.currency),
      fee: formatMoney(part.fee, part.currency),
      withheld: formatMoney(part.withheld, part.currency),
      paid: money(part.paid),
    })),
    exchanged: parts.some((part) => part.currency !== payout.currency),
    adjustments: adjustments.map((one) => ({
      id: one.id,
      number: one.number,
      reason: one.reason,
      amount: formatMoney(one.amount, one.currency),
      paid: money(one.paid ?? new Decimal(0)),
    })),
    lines: lines.slice(0, shown).map((line) => ({
      ...lineRow(line),
      withheld:
        line.withheld?.isZero() === false ? `${formatMoney(line.withheld, line.currency)} (${line.withholdingRate?.toString()} %)` : '–',
      rate: line.currency === payout.currency ? '–' : (line.rate?.toString() ?? '–'),
      paid: line.paid ? money(line.paid) : '–',
    })),
    more: Math.max(0, lines.length - shown),
  }
}
