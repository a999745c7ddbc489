import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../../kernel/clock.ts'
import { Decimal, formatMoney } from '../../../kernel/money.ts'
import { markets } from '../../../kernel/reference-data.ts'
import type { Visit } from '../../ui/portal-access.server.ts'
import { agingBuckets, writeOffRow } from '../billing-data.server.ts'

/** The day in the address, or today. */
function dayOf(search: URLSearchParams, today: Temporal.PlainDate): Temporal.PlainDate {
  const text = search.get('on') ?? ''
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return today
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' })
  } catch {
    return today
  }
}

/** Balances of all accounts and of publishers at the end of a day, and the transactions that led there. */
export async function ledger({ domain, read }: Visit, search: URLSearchParams) {
  return read(async (ctx) => {
    const on = dayOf(search, utcDate(ctx.now))
    const balances = await domain.billing.balances(ctx, on)
    const ofPublishers = await domain.billing.balances(ctx, on, { byPublisher: true })
    const transactions = await domain.billing.ledgerTransactions(ctx, on)
    return {
      on: on.toString(),
      currencies: [...Map.groupBy(balances, (row) => row.currency)]
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([currency, of]) => ({
          currency,
          rows: of.map((row) => ({
            id: row.account,
            account: row.account,
            debit: row.amount.greaterThan(0) ? formatMoney(row.amount, currency) : '',
            credit: row.amount.lessThan(0) ? formatMoney(row.amount.negated(), currency) : '',
          })),
        })),
      publishers: ofPublishers.map((row) => ({
        id: `${row.publisherId} ${row.account} ${row.currency}`,
        publisher: row.publisherId ?? '–',
        account: row.account,
        amount: formatMoney(row.amount.negated(), row.currency),
      })),
      transactions: transactions.map((one) => ({
        id: one.id,
        at: one.at.toString(),
        kind: one.kind,
        description: one.description,
        postings: one.postings
          .map((row) => `${row.account} ${formatMoney(row.amount, row.currency)}${row.publisherId ? ` (${row.publisherId})` : ''}`)
          .join(' · '),
      })),
    }
  })
}

/** Write-offs, newest first. */
export async function writeOffList({ user, domain, kernel, read }: Visit) {
  return read(async (ctx) => ({
    alone: formatMoney(kernel.config.writeOffAlone, 'USD'),
    rows: (await domain.billing.writeOffs(ctx)).map((row) => ({ ...writeOffRow(row), mine: row.requestedBy === user.objectId })),
  }))
}

/** Payments by card that were taken back, undecided ones first. */
export async function returnList({ domain, read }: Visit) {
  const { cards } = domain.billing
  const rows = await read((ctx) => cards.returns.list(ctx))
  return {
    configured: cards.configured,
    rows: rows.map((row) => ({
      id: row.id,
      name: row.stripeId,
      kind: row.kind,
      invoice: row.invoice,
      invoiceNumber: row.invoiceNumber,
      customer: row.customerName,
      amount: formatMoney(row.amount, row.currency),
      reason: row.reason,
      state: row.state,
      openedAt: row.openedAt.toString(),
      closedBy: row.closedBy,
    })),
  }
}

/** What each customer owed at the end of a day, by how long it had been due. */
export async function aging({ domain, read }: Visit, search: URLSearchParams) {
  return read(async (ctx) => {
    const on = dayOf(search, utcDate(ctx.now))
    const open = await domain.billing.aging(ctx, on)
    const currencies = [...Map.groupBy(open, (row) => row.currency)]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([currency, of]) => {
        const rowOf = (id: string, customer: string, rows: typeof of) => {
          const sums = agingBuckets.map(() => new Decimal(0))
          for (const row of rows) {
            const late = row.dueOn.until(on, { largestUnit: 'days' }).days
            const n = agingBuckets.findLastIndex((bucket) => late >= bucket.from)
            sums[n] = (sums[n] as Decimal).plus(row.left)
          }
          const total = sums.reduce((all, one) => all.plus(one), new Decimal(0))
          return {
            id,
            customer,
            documents: rows.length,
            buckets: sums.map((one) => (one.isZero() ? '–' : formatMoney(one, currency))),
            total: formatMoney(total, currency),
          }
        }
        const customers = [...Map.groupBy(of, (row) => row.customerTenantId)].map(([tenant, rows]) =>
          rowOf(tenant, rows[0]?.billTo.legalName ?? tenant, rows),
        )
        return {
          currency,
          buckets: agingBuckets.map((bucket) => bucket.label),
          rows: [...customers.toSorted((a, b) => a.customer.localeCompare(b.customer)), rowOf('all', 'All customers', of)],
        }
      })
    return { on: on.toString(), currencies }
  })
}

/** Rates of exchange in force, and every one that was entered. */
export async function exchangeRates({ domain, read }: Visit) {
  return read(async (ctx) => {
    const history = await domain.offers.rateHistory(ctx)
    const current = await domain.offers.rates(ctx)
    return {
      currencies: [...new Set(markets.map((market) => market.currency))]
        .filter((code) => code !== 'USD')
        .toSorted()
        .map((code) => ({ value: code, label: code })),
      missing: [...new Set(markets.map((market) => market.currency))]
        .filter((code) => code !== 'USD' && current[code] === undefined)
        .toSorted(),
      rates: history.map((row) => ({
        id: `${row.currency} ${row.validFrom.toString()}`,
        currency: row.currency,
        validFrom: row.validFrom.toString(),
        units: row.unitsPerUsd.toFixed(),
        source: row.source,
        state:
          Temporal.Instant.compare(row.validFrom, ctx.now) > 0
            ? ('ahead' as const)
            : history.find((one) => one.currency === row.currency && Temporal.Instant.compare(one.validFrom, ctx.now) <= 0) === row
              ? ('in force' as const)
              : ('past' as const),
      })),
    }
  })
}

/** The fee of each publisher today, and what was agreed with whom. */
export async function storeFees({ domain, kernel, read }: Visit) {
  return read(async (ctx) => {
    const publishers = await domain.accounts.listPublishers(ctx)
    const names = new Map(publishers.map((one) => [one.publisherId, one.name]))
    return {
      usual: String(kernel.config.brand.storeFeePercent),
      today: utcDate(ctx.now).toString(),
      publishers: publishers.map((one) => ({
        value: one.publisherId,
        label: `${one.name} (${one.publisherId})`,
        name: one.name,
        fee: `${one.storeFeePercent.toString()} %`,
      })),
      agreed: (await domain.accounts.storeFees(ctx)).map((row) => ({
        id: `${row.publisherId} ${row.validFrom.toString()}`,
        publisher: names.get(row.publisherId) ?? row.publisherId,
        validFrom: row.validFrom.toString(),
        percent: row.percent === null ? 'The usual fee' : `${row.percent.toString()} %`,
        reason: row.reason,
        setBy: row.setBy,
      })),
    }
  })
}
