import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../../kernel/clock.ts'
import type { Ctx } from '../../../kernel/context.ts'
import { formatMoney } from '../../../kernel/money.ts'
import { markets, publisherCountries } from '../../../kernel/reference-data.ts'
import type { Visit } from '../../ui/portal-access.server.ts'

const countryName = (iso2: string) => publisherCountries.find((one) => one.iso2 === iso2)?.name ?? iso2

/** Currencies that publishers are paid in and balances are kept in, for a choice. */
export const currencyOptions = [...new Set(markets.map((market) => market.currency))]
  .toSorted()
  .map((code) => ({ value: code, label: code }))

/** Names of publishers by id. */
async function namesOf({ domain }: Visit, ctx: Ctx, publisherIds: readonly string[]): Promise<(publisherId: string) => string> {
  const publishers = await domain.accounts.getPublishers(ctx, publisherIds)
  const names = new Map(publishers.map((publisher) => [publisher.publisherId, publisher.name]))
  return (publisherId) => names.get(publisherId) ?? publisherId
}

/** Publishers for a choice, by id. */
export async function publisherOptions({ domain, read }: Visit) {
  const publishers = await read((ctx) => domain.accounts.listPublishers(ctx))
  return publishers.map(({ publisherId, name }) => ({ value: publisherId, label: `${name} (${publisherId})` }))
}

/** Payouts of all publishers, and what the next run would pay and hold. */
export async function payoutsAndPreview(visit: Visit) {
  const { domain, read } = visit
  return read(async (ctx) => {
    const payouts = await domain.billing.allPayouts(ctx)
    const preview = await domain.billing.previewPayouts(ctx)
    const nameOf = await namesOf(
      visit,
      ctx,
      [...payouts, ...preview].map((row) => row.publisherId),
    )
    const today = utcDate(ctx.now)
    const thisMonth = today.with({ day: 15 })
    return {
      nextRun: (today.day < 15 ? thisMonth : thisMonth.add({ months: 1 })).toString(),
      preview: preview.map((row) => ({
        id: `${row.publisherId} ${row.currency} ${row.again?.number ?? ''}`,
        publisher: nameOf(row.publisherId),
        what: row.again ? `Again: ${row.again.number}` : String(row.lines),
        net: formatMoney(row.net, row.currency),
        fee: formatMoney(row.fee, row.currency),
        withheld: formatMoney(row.withheld, row.currency),
        adjusted: formatMoney(row.adjusted, row.currency),
        amount: formatMoney(row.amount, row.currency),
        reason: row.reason,
      })),
      payouts: payouts.map((row) => ({
        id: row.id,
        number: row.number,
        publisher: nameOf(row.publisherId),
        month: row.month.toString(),
        state: row.state,
        reference: row.reference ?? '–',
        returnReason: row.state === 'returned' ? row.returnReason : null,
        amount: formatMoney(row.amount, row.currency),
      })),
    }
  })
}

export async function runList({ domain, read }: Visit) {
  return read(async (ctx) =>
    (await domain.billing.payoutRuns(ctx)).map((run) => ({
      id: run.id,
      month: run.month.toString(),
      startedAt: run.startedAt.toString(),
      startedBy: run.startedBy,
      finishedAt: run.finishedAt?.toString() ?? null,
    })),
  )
}

/** A run: what it paid, what it held and why. */
export async function runDetail(visit: Visit, id: string) {
  const { domain, read } = visit
  return read(async (ctx) => {
    const { run, items } = await domain.billing.payoutRun(ctx, id)
    const nameOf = await namesOf(
      visit,
      ctx,
      items.map((item) => item.publisherId),
    )
    return {
      month: run.month.toString(),
      startedAt: run.startedAt.toString(),
      startedBy: run.startedBy,
      finishedAt: run.finishedAt?.toString() ?? null,
      items: items.map((item) => ({
        id: `${item.publisherId} ${item.currency}`,
        publisher: nameOf(item.publisherId),
        reason: item.reason,
        lines: item.lines,
        amount: formatMoney(item.amount, item.currency),
      })),
    }
  })
}

export async function bankFileList({ domain, read }: Visit) {
  return read(async (ctx) => {
    const prepared = (await domain.billing.allPayouts(ctx, 10_000)).filter((row) => row.state === 'prepared').length
    return {
      today: utcDate(ctx.now).toString(),
      prepared,
      payer: await domain.billing.payerAccount(ctx).then((found) => found && { holder: found.holder, accountEnd: found.accountEnd }),
      files: (await domain.billing.bankFiles(ctx)).map((file) => ({
        id: file.id,
        number: file.number,
        rail: file.rail,
        payOn: file.payOn.toString(),
        createdAt: file.createdAt.toString(),
        payouts: file.payouts,
        open: file.open,
        totals: file.totals.map(({ currency, amount }) => formatMoney(amount, currency)).join(', '),
      })),
    }
  })
}

export async function bankFileDetail(visit: Visit, id: string) {
  const { domain, read } = visit
  return read(async (ctx) => {
    const { file, payouts } = await domain.billing.bankFile(ctx, id)
    const nameOf = await namesOf(
      visit,
      ctx,
      payouts.map((row) => row.publisherId),
    )
    return {
      file: {
        id: file.id,
        number: file.number,
        rail: file.rail,
        payOn: file.payOn.toString(),
        createdAt: file.createdAt.toString(),
        createdBy: file.createdBy,
      },
      underWay: payouts.filter((row) => row.state === 'sent').length,
      payouts: payouts.map((row) => ({
        id: row.id,
        number: row.number,
        publisher: nameOf(row.publisherId),
        state: row.state,
        amount: formatMoney(row.amount, row.currency),
      })),
    }
  })
}

export async function adjustmentList(visit: Visit) {
  const { domain, read, user } = visit
  return read(async (ctx) => {
    const rows = await domain.billing.adjustments(ctx)
    const nameOf = await namesOf(
      visit,
      ctx,
      rows.map((row) => row.publisherId),
    )
    return rows.map((row) => ({
      id: row.id,
      number: row.number,
      publisher: nameOf(row.publisherId),
      amount: formatMoney(row.amount, row.currency),
      reason: row.reason,
      state: row.state,
      requestedAt: row.requestedAt.toString(),
      requestedBy: row.requestedName,
      decidedBy: row.decidedName,
      note: row.note,
      mine: row.requestedBy === user.objectId,
    }))
  })
}

export async function termsList({ domain, read }: Visit) {
  return read(async (ctx) => ({
    today: utcDate(ctx.now).toString(),
    terms: (await domain.billing.payoutTerms(ctx)).map((row) => ({
      id: `${row.currency} ${row.validFrom.toString()}`,
      currency: row.currency,
      validFrom: row.validFrom.toString(),
      threshold: formatMoney(row.threshold, row.currency),
      escrowDays: row.escrowDays,
      setBy: row.setBy,
    })),
  }))
}

/** How long a check may take (spec/01 §4.6). */
const hoursToCheck = 48

export async function profileQueue({ domain, read }: Visit, status: 'pending' | 'validated' | 'failed') {
  return read(async (ctx) =>
    (await domain.accounts.queuedProfiles(ctx, status)).map((row) => ({
      id: row.profileId,
      kind: row.kind,
      seller: row.sellerName,
      country: countryName(row.sellerCountry),
      publishers: row.publisherIds.join(', '),
      status: row.status,
      submittedAt: row.submittedAt.toString(),
      late: row.status === 'pending' && Temporal.Instant.compare(row.submittedAt.add({ hours: hoursToCheck }), ctx.now) < 0,
    })),
  )
}

/** One profile for the operator's check. */
export async function profileDetail({ domain, read }: Visit, kind: 'tax' | 'payout', id: string) {
  return read(async (ctx) => {
    const { seller, tax, payout } = await domain.accounts.findProfile(ctx, kind, id)
    return {
      seller: { name: seller.legalName, country: countryName(seller.country) },
      tax: tax && {
        status: tax.status,
        reason: tax.reason,
        form: tax.form,
        entityType: tax.entityType,
        legalName: tax.legalName,
        residence: countryName(tax.residence),
        citizenship: tax.citizenship ? countryName(tax.citizenship) : '–',
        numberEnd: tax.taxNumberEnd,
        treaty: tax.treatyRate === null ? 'None claimed' : `${tax.treatyRate.toString()} % by ${tax.treatyArticle ?? '–'}`,
        signedBy: tax.signedBy,
        submittedAt: tax.submittedAt.toString(),
        submittedBy: tax.submittedBy,
        decidedBy: tax.decidedBy,
      },
      payout: payout && {
        status: payout.status,
        reason: payout.reason,
        holder: payout.holder,
        country: countryName(payout.country),
        currency: payout.currency,
        bank: payout.bank ?? '–',
        accountEnd: payout.accountEnd,
        check: payout.checkedWith ? `${payout.checkedWith}${payout.checkReference ? `, ${payout.checkReference}` : ''}` : null,
        submittedAt: payout.submittedAt.toString(),
        submittedBy: payout.submittedBy,
        decidedBy: payout.decidedBy,
      },
    }
  })
}
