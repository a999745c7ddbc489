import { and, desc, eq, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { rowsOf, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { roundMoney } from '../../kernel/money.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Offers } from '../offers/index.ts'
import { insertAll } from '../../kernel/bulk.ts'
import { takeNumbers } from './series.ts'
import { type LedgerEntry, post, type Posting } from './ledger.ts'
import { sum } from './line.ts'
import type { PayoutMail } from './payout-mail.ts'
import { currenciesOf, figures, type Plan, type PlannedPayout, planPayouts } from './payout-plan.ts'
import { payerAccount, payoutRun, payoutRunItem } from './payout-schema.ts'
import { payouts } from './runs.ts'
import { payout } from './schema.ts'
import type { PayoutTransfers } from './payout-transfers.ts'

export type PayoutRow = typeof payout.$inferSelect
export type PayoutRun = typeof payoutRun.$inferSelect
export type PayoutRunItem = typeof payoutRunItem.$inferSelect

/** Publishers of one transaction of a run. */
const publishersPerPart = 100

interface Part {
  /** the run that this continues; absent: it begins */
  run?: string
  /** the publisher that the part before ended with */
  after?: string
  startedBy?: string
}

/**
 * The run of payouts: due on the 15th, or when the operator asks for it. It goes through the publishers in parts, one transaction each; a part that
 * was interrupted is begun anew, and what has been paid is not due any more, so that nothing is paid twice.
 */
export function createPayoutRuns(
  kernel: Kernel,
  rooms: { accounts: Accounts; offers: Offers },
  { transfers, mail }: { transfers: PayoutTransfers; mail: PayoutMail },
) {
  const { due, events, config } = kernel

  due.register<Part>(payouts, {
    async run(ctx, { key, at, payload }) {
      // Of two runs at once the second finds what the first has left.
      await ctx.tx.execute(sql`lock table billing.payout_run in share row exclusive mode`)
      const month = Temporal.PlainDate.from(key.slice(0, 10))
      const run = payload.run ?? (await begin(ctx, month, payload.startedBy ?? 'the schedule'))
      const plan = await planPayouts(ctx, rooms, { month, at: ctx.now, after: payload.after, limit: publishersPerPart })
      await carryOut(ctx, run, month, plan)
      if (plan.next === null) {
        await ctx.tx.update(payoutRun).set({ finishedAt: ctx.now }).where(eq(payoutRun.id, run))
      } else {
        const next: Part = { run, after: plan.next }
        await due.schedule(ctx, { kind: payouts, key: `${key.slice(0, 10)} ${run} after ${plan.next}`, at, payload: next })
      }
    },
  })

  async function begin(ctx: Ctx, month: Temporal.PlainDate, startedBy: string): Promise<string> {
    const id = newId<'payout-run'>()
    await ctx.tx.insert(payoutRun).values({ id, month, startedAt: ctx.now, startedBy, finishedAt: null })
    return id
  }

  async function carryOut(ctx: Ctx, run: string, month: Temporal.PlainDate, plan: Plan): Promise<void> {
    const paid = plan.planned.filter((one) => one.outcome === 'paid')
    const made = paid.filter((one) => one.again === null)
    const rows = await prepare(ctx, run, month, plan, made)
    const again: PayoutRow[] = []
    for (const one of paid) {
      if (one.again) again.push(await transfers.prepareAgain(ctx, one.again.id, { run, profile: one.profile }))
    }
    const idOf = (one: PlannedPayout) => one.again?.id ?? rows[made.indexOf(one)]?.id ?? null
    await insertAll(ctx, payoutRunItem, itemsOf(run, plan.planned, idOf))
    await events.publishAll(
      ctx,
      'payout.prepared',
      [...rows, ...again].map(({ id, number, publisherId, currency, amount }) => ({
        publisherId,
        payload: { payout: id, number, currency, amount: amount.toFixed() },
      })),
    )
    await mail.held(ctx, plan.planned)
    if (config.mode === 'sandbox' && !(await hasPayerAccount(ctx))) {
      // The demo bank takes every transfer at once, until an account to pay from is entered: then there are bank files, as in production.
      for (const row of [...rows, ...again]) {
        await transfers.change(ctx, row.id, 'send', `test-transfer-${row.number}`)
        await transfers.change(ctx, row.id, 'confirm')
      }
    }
  }

  /** New payouts: their rows, their lines with what each came to, and the books. */
  async function prepare(ctx: Ctx, run: string, month: Temporal.PlainDate, plan: Plan, planned: PlannedPayout[]): Promise<PayoutRow[]> {
    if (planned.length === 0) return []
    const numbers = await takeNumbers(ctx, 'payout', planned.length)
    const rows = planned.map(
      (one, n): PayoutRow => ({
        id: newId<'payout'>(),
        number: numbers[n] as string,
        publisherId: one.publisherId,
        currency: one.currency,
        month,
        state: 'prepared',
        net: one.net,
        fee: one.fee,
        withheld: one.withheld,
        adjusted: one.adjusted,
        amount: one.amount,
        lines: one.lines,
        preparedAt: ctx.now,
        sentAt: null,
        paidAt: null,
        reference: null,
        run,
        profile: one.profile,
        bankFile: null,
        returnReason: null,
      }),
    )
    await ctx.tx.insert(payout).values(rows)
    await takeLines(ctx, plan, planned, rows)
    const adjustments = planned.flatMap((one, n) => one.adjustments.map((of) => ({ ...of, payout: rows[n]?.id as string })))
    if (adjustments.length > 0) {
      await ctx.tx.execute(sql`
        update billing.adjustment a set payout = f.payout, rate = f.rate, paid = f.paid
        from unnest(${sql.param(adjustments.map((of) => of.id))}::uuid[], ${sql.param(adjustments.map((of) => of.payout))}::uuid[],
          ${sql.param(adjustments.map((of) => of.rate.toFixed()))}::numeric[], ${sql.param(adjustments.map((of) => of.paid.toFixed()))}::numeric[])
          as f(id, payout, rate, paid) where a.id = f.id`)
    }
    await post(
      ctx,
      planned.map((one, n) => preparation(one, rows[n] as PayoutRow)),
    )
    return rows
  }

  async function takeLines(ctx: Ctx, plan: Plan, planned: PlannedPayout[], rows: PayoutRow[]): Promise<void> {
    const chosen = new Set(planned.map((one) => one.publisherId))
    const sellers = plan.sellers.filter((seller) => chosen.has(seller.publisherId))
    const taken = rowsOf<{ payout: string; lines: number; paid: string }>(
      await ctx.tx.execute(sql`
        with taken as (
          update billing.payout_line l set payout = p.id, withholding_rate = f.withholding_rate, withheld = f.withheld, rate = f.rate, paid = f.paid
          from (${figures(sellers, plan.rates, await currenciesOf(ctx, sellers))}) f
          join unnest(${sql.param(rows.map((row) => row.id))}::uuid[], ${sql.param(rows.map((row) => row.publisherId))}::text[],
            ${sql.param(rows.map((row) => row.currency))}::text[]) as p(id, publisher_id, currency)
            on p.publisher_id = f.publisher_id and p.currency = f.target
          where l.line = f.line and l.part = f.part and l.payout is null
          returning l.payout, l.paid)
        select payout, count(*)::int as lines, sum(paid)::text as paid from taken group by 1`),
    )
    const of = new Map(taken.map((row) => [row.payout, row]))
    for (const row of rows) {
      const { lines = 0, paid = '0' } = of.get(row.id) ?? {}
      // An invoice was paid between the plan and now: everything is undone, and the part is begun anew with it.
      if (lines !== row.lines || !row.amount.minus(row.adjusted).equals(paid))
        throw new Error(`What ${row.number} pays has changed meanwhile.`)
    }
  }

  return {
    /** Begins a run for the current month, beside the one on the 15th: whoever was paid this month is left out. */
    async start(ctx: Ctx, startedBy: string): Promise<string> {
      const month = utcDate(ctx.now).with({ day: 1 })
      const run = await begin(ctx, month, startedBy)
      await due.schedule(ctx, { kind: payouts, key: `${month.toString()} ${run}`, at: ctx.now, payload: { run } satisfies Part })
      return run
    },

    /** Newest first. */
    list(ctx: Ctx, limit: number): Promise<PayoutRun[]> {
      return ctx.tx.select().from(payoutRun).orderBy(desc(payoutRun.startedAt), desc(payoutRun.id)).limit(limit)
    },

    /** What runs have held of a publisher, newest first. */
    async heldOf(ctx: Ctx, publisherId: string, limit: number): Promise<(PayoutRunItem & { month: Temporal.PlainDate })[]> {
      const rows = await ctx.tx
        .select({ item: payoutRunItem, month: payoutRun.month })
        .from(payoutRunItem)
        .innerJoin(payoutRun, eq(payoutRun.id, payoutRunItem.run))
        .where(and(eq(payoutRunItem.publisherId, publisherId), eq(payoutRunItem.outcome, 'held')))
        .orderBy(desc(payoutRun.startedAt))
        .limit(limit)
      return rows.map(({ item, month }) => ({ ...item, month }))
    },

    async find(ctx: Ctx, id: string): Promise<{ run: PayoutRun; items: PayoutRunItem[] } | null> {
      const [run] = isUuid(id) ? await ctx.tx.select().from(payoutRun).where(eq(payoutRun.id, id)) : []
      if (!run) return null
      return { run, items: await ctx.tx.select().from(payoutRunItem).where(eq(payoutRunItem.run, id)).orderBy(payoutRunItem.publisherId) }
    },
  }
}

/** One item a publisher and currency: a returned payout that is made again counts with the new one. */
function itemsOf(run: string, planned: PlannedPayout[], idOf: (one: PlannedPayout) => string | null): PayoutRunItem[] {
  return [...Map.groupBy(planned, (one) => `${one.publisherId} ${one.currency}`).values()].map((of) => {
    const [first] = of as [PlannedPayout]
    const lead = of.find((one) => one.outcome === 'paid') ?? first
    const counted = of.filter((one) => one.outcome === lead.outcome)
    return {
      run,
      publisherId: lead.publisherId,
      currency: lead.currency,
      outcome: lead.outcome,
      reason: lead.reason,
      amount: sum(counted.map((one) => one.amount)),
      lines: counted.reduce((lines, one) => lines + one.lines, 0),
      payout: lead.outcome === 'paid' ? idOf(lead) : null,
    }
  })
}

/**
 * Books a payout's preparation: what is withheld is owed to the tax office, and other currencies become the payout's. Each currency balances by
 * itself through the exchange account; what rounding line by line adds or takes is on the rounding account.
 */
function preparation(one: PlannedPayout, row: PayoutRow): LedgerEntry {
  const { publisherId, currency: target } = one
  const postings = one.parts.flatMap((part): Posting[] => {
    const { currency } = part
    const net = part.share.minus(part.withheld).plus(part.adjusted)
    const withholding: Posting[] = [
      { account: 'payable', currency, amount: part.withheld, publisherId },
      { account: 'withholding', currency, amount: part.withheld.negated(), publisherId },
    ]
    if (currency === target) return withholding
    const exchanged = roundMoney(part.exact, target)
    const paid = part.paid.plus(part.adjustedPaid)
    return [
      ...withholding,
      { account: 'payable', currency, amount: net, publisherId },
      { account: 'exchange', currency, amount: net.negated() },
      { account: 'exchange', currency: target, amount: exchanged },
      { account: 'rounding', currency: target, amount: paid.minus(exchanged) },
      { account: 'payable', currency: target, amount: paid.negated(), publisherId },
    ]
  })
  return { kind: 'payout-prepared', reference: row.id, description: row.number, postings }
}

async function hasPayerAccount(ctx: Ctx): Promise<boolean> {
  const [row] = await ctx.tx.select({ id: payerAccount.id }).from(payerAccount)
  return row !== undefined
}
