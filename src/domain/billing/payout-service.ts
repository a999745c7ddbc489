import { desc } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { allows, authorize } from '../../kernel/authorization.ts'
import { startOfDay } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Decimal } from '../../kernel/money.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Metering } from '../metering/index.ts'
import type { Offers } from '../offers/index.ts'
import { type Adjustment, createAdjustments } from './adjustments.ts'
import { type Balance, balancesBefore, type LedgerTransaction, ledgerTransactions } from './balances.ts'
import { createBankFiles } from './bank-files.ts'
import type { PayoutTrigger } from './life-cycle.ts'
import { forecast, type ForecastRow, nextPayoutDay } from './payout-forecast.ts'
import { createPayoutMail } from './payout-mail.ts'
import { type PlannedPayout, planPayouts } from './payout-plan.ts'
import { createPayoutRuns, type PayoutRun, type PayoutRunItem } from './payout-run.ts'
import { payoutTerms } from './payout-schema.ts'
import { checkedTerms, type PayoutTerms, type PayoutTermsInput, termsOf } from './payout-terms.ts'
import { createPayoutTransfers } from './payout-transfers.ts'
import { type PayoutLine, type PayoutLineQuery, payoutLines, payoutLineSums, type PayoutTotals, payoutTotals } from './payouts.ts'
import { payout } from './schema.ts'
import { unbilledShares } from './unbilled-share.ts'
import { adjustmentsOf, findPayout, type Payout, payoutParts, type PayoutPartView, payoutsOf } from './payout-views.ts'

/** A payout with everything that it consists of. */
export interface PayoutStatement {
  payout: Payout
  lines: PayoutLine[]
  /** by currency of sale */
  parts: PayoutPartView[]
  adjustments: Adjustment[]
}

/** Where a publisher stands before the next run. */
export interface PayoutStanding {
  nextRun: Temporal.PlainDate
  /** what that run would do if it were now */
  planned: PlannedPayout[]
  /** the last run that held something of it, newest first */
  held: (PayoutRunItem & { month: Temporal.PlainDate })[]
}

/** Use cases of payouts: what publishers see, and what the operator does. */
export function createPayouts(kernel: Kernel, rooms: { accounts: Accounts; offers: Offers; metering: Metering }) {
  const { accounts } = rooms
  const { audit } = kernel
  const mail = createPayoutMail(kernel, accounts)
  const transfers = createPayoutTransfers(kernel, accounts, mail)
  const runs = createPayoutRuns(kernel, rooms, { transfers, mail })

  async function checkPublisher(ctx: Ctx, publisherId: string): Promise<void> {
    const publisher = await accounts.publisher(ctx, publisherId)
    authorize(ctx.principal, 'payout.read', { tenantId: publisher.tenantId })
  }

  const plan = (ctx: Ctx, publisherId?: string) =>
    planPayouts(ctx, rooms, {
      month: nextPayoutDay(ctx.now).with({ day: 1 }),
      at: ctx.now,
      ...(publisherId === undefined ? {} : { publisherId }),
    })

  return {
    ...createAdjustments(kernel, accounts, mail),
    ...createBankFiles(kernel, accounts, transfers),

    /** @throws not-found `UnknownPublisher`, forbidden */
    async listPayouts(ctx: Ctx, publisherId: string): Promise<Payout[]> {
      await checkPublisher(ctx, publisherId)
      return payoutsOf(ctx, publisherId)
    },
    /** Invoice lines with what the publisher gets of them, newest first. @throws not-found `UnknownPublisher`, forbidden */
    async listPayoutLines(ctx: Ctx, publisherId: string, query: PayoutLineQuery = {}): Promise<PayoutLine[]> {
      await checkPublisher(ctx, publisherId)
      return payoutLines(ctx, publisherId, query)
    },
    /** How many lines fit and what they come to, by currency. @throws not-found `UnknownPublisher`, forbidden */
    async payoutLineSums(
      ctx: Ctx,
      publisherId: string,
      query: PayoutLineQuery,
    ): Promise<{ currency: string; lines: number; net: Decimal; fee: Decimal; amount: Decimal }[]> {
      await checkPublisher(ctx, publisherId)
      return payoutLineSums(ctx, publisherId, query)
    },
    /** @throws not-found `UnknownPublisher`, forbidden */
    async payoutTotals(ctx: Ctx, publisherId: string): Promise<PayoutTotals[]> {
      await checkPublisher(ctx, publisherId)
      return payoutTotals(ctx, publisherId)
    },
    /** Adjustments that were approved for a publisher, newest first. @throws not-found `UnknownPublisher`, forbidden */
    async publisherAdjustments(ctx: Ctx, publisherId: string): Promise<Adjustment[]> {
      await checkPublisher(ctx, publisherId)
      return adjustmentsOf(ctx, publisherId)
    },
    /** A payout with its lines. @throws not-found `UnknownPayout`, also for another publisher's */
    async payoutStatement(ctx: Ctx, id: string): Promise<PayoutStatement> {
      const row = isUuid(id) ? await findPayout(ctx, id) : null
      const publisher = row && (await accounts.findPublisher(ctx, row.publisherId))
      if (!row || !publisher || !allows(ctx.principal, 'payout.read', { tenantId: publisher.tenantId })) {
        throw notFound('UnknownPayout', 'There is no such payout.', { target: 'payout' })
      }
      return {
        payout: row,
        lines: await payoutLines(ctx, row.publisherId, { payout: row.id, limit: 100_000 }),
        parts: await payoutParts(ctx, row.id),
        adjustments: await adjustmentsOf(ctx, row.publisherId, row.id),
      }
    },
    /** What comes next for a publisher, and what keeps it. @throws not-found `UnknownPublisher`, forbidden */
    async payoutStanding(ctx: Ctx, publisherId: string): Promise<PayoutStanding> {
      await checkPublisher(ctx, publisherId)
      return {
        nextRun: nextPayoutDay(ctx.now),
        planned: (await plan(ctx, publisherId)).planned,
        held: await runs.heldOf(ctx, publisherId, 12),
      }
    },
    /** What the next runs bring, with what is not invoiced yet: calculated as the invoices will be. @throws not-found `UnknownPublisher`, forbidden */
    async payoutForecast(ctx: Ctx, publisherId: string): Promise<ForecastRow[]> {
      await checkPublisher(ctx, publisherId)
      const ready = (await accounts.paymentReadiness(ctx, [publisherId])).get(publisherId)
      const unbilled = await unbilledShares(ctx, { accounts, metering: rooms.metering, config: kernel.config }, publisherId)
      return forecast(ctx, publisherId, ready?.payout?.currency ?? null, unbilled)
    },
    /** What stood on the publisher's accounts at the end of a day. @throws not-found `UnknownPublisher`, forbidden */
    async publisherBalances(ctx: Ctx, publisherId: string, on: Temporal.PlainDate): Promise<Balance[]> {
      await checkPublisher(ctx, publisherId)
      return balancesBefore(ctx, startOfDay(on.add({ days: 1 })), { publisherId })
    },

    /** Moves a payout on (operator). @throws conflict `IllegalTransition` or `NotPayable`, not-found `UnknownPayout`, forbidden */
    async changePayout(ctx: Ctx, id: string, trigger: PayoutTrigger, reference?: string): Promise<Payout> {
      authorize(ctx.principal, 'operator.console')
      const row = await transfers.change(ctx, id, trigger, reference)
      await audit.record(ctx, { action: `payout.${trigger}`, target: row.number, after: { state: row.state, reference: row.reference } })
      return row
    },
    /**
     * The bank has sent a payout back: the balance is due again. A wrong account is not paid to until the publisher enters another one.
     * @throws invalid `ReasonMissing`, conflict `IllegalTransition`, not-found `UnknownPayout`, forbidden
     */
    async returnPayout(ctx: Ctx, id: string, { reason, accountIsWrong }: { reason: string; accountIsWrong: boolean }): Promise<Payout> {
      authorize(ctx.principal, 'operator.console')
      const text = reason.trim()
      if (!/^\P{Cc}{1,200}$/u.test(text))
        throw invalid('ReasonMissing', 'Give the bank’s reason, at most 200 characters.', { target: 'reason' })
      const row = await transfers.change(ctx, id, 'return', text)
      if (accountIsWrong && row.profile) await accounts.revokePayoutProfile(ctx, row.profile, `The bank returned a payment: ${text}`)
      await audit.record(ctx, { action: 'payout.return', target: row.number, after: { state: row.state, accountIsWrong }, reason: text })
      return row
    },
    /** Payouts of all publishers, newest first (operator). @throws forbidden */
    async allPayouts(ctx: Ctx, limit = 200): Promise<Payout[]> {
      authorize(ctx.principal, 'operator.console')
      return ctx.tx.select().from(payout).orderBy(desc(payout.preparedAt), desc(payout.number)).limit(limit)
    },
    /** What the next run would pay, and what it would hold and why (operator). @throws forbidden */
    async previewPayouts(ctx: Ctx): Promise<PlannedPayout[]> {
      authorize(ctx.principal, 'operator.console')
      return (await plan(ctx)).planned
    },
    /** Starts a run for this month now, beside that of the 15th; whoever was paid this month is left out. @returns its id; @throws forbidden */
    async startPayoutRun(ctx: Ctx): Promise<string> {
      authorize(ctx.principal, 'operator.console')
      const startedBy = ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind
      const id = await runs.start(ctx, startedBy)
      await audit.record(ctx, { action: 'payout-run.start', target: id })
      return id
    },
    /** Newest first (operator). @throws forbidden */
    async payoutRuns(ctx: Ctx, limit = 50): Promise<PayoutRun[]> {
      authorize(ctx.principal, 'operator.console')
      return runs.list(ctx, limit)
    },
    /** A run with what it paid and what it held (operator). @throws not-found `UnknownPayoutRun`, forbidden */
    async payoutRun(ctx: Ctx, id: string): Promise<{ run: PayoutRun; items: PayoutRunItem[] }> {
      authorize(ctx.principal, 'operator.console')
      const found = await runs.find(ctx, id)
      if (!found) throw notFound('UnknownPayoutRun', 'There is no such run.', { target: 'run' })
      return found
    },

    /** Thresholds and escrow, by currency, the newest first (operator). @throws forbidden */
    async payoutTerms(ctx: Ctx): Promise<PayoutTerms[]> {
      authorize(ctx.principal, 'operator.console')
      return termsOf(ctx)
    },
    /** Sets them from a day on; the same day again replaces them. @throws invalid `PayoutTermsInvalid` naming each field, forbidden */
    async setPayoutTerms(ctx: Ctx, input: PayoutTermsInput): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const setBy = ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind
      const row = { ...checkedTerms(ctx, input), setBy, setAt: ctx.now }
      await ctx.tx
        .insert(payoutTerms)
        .values(row)
        .onConflictDoUpdate({ target: [payoutTerms.currency, payoutTerms.validFrom], set: row })
      await audit.record(ctx, { action: 'payout-terms.set', target: row.currency, after: row })
    },

    /** Balances of the ledger's accounts at the end of a day (operator). @throws forbidden */
    async balances(ctx: Ctx, on: Temporal.PlainDate, options: { byPublisher?: boolean } = {}): Promise<Balance[]> {
      authorize(ctx.principal, 'operator.console')
      return balancesBefore(ctx, startOfDay(on.add({ days: 1 })), options)
    },
    /** The newest transactions of the ledger until the end of a day (operator). @throws forbidden */
    async ledgerTransactions(ctx: Ctx, on: Temporal.PlainDate, limit = 50): Promise<LedgerTransaction[]> {
      authorize(ctx.principal, 'operator.console')
      return ledgerTransactions(ctx, startOfDay(on.add({ days: 1 })), limit)
    },
  }
}

export type Payouts = ReturnType<typeof createPayouts>
