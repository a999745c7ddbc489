import { eq } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Decimal } from '../../kernel/money.ts'
import type { Accounts } from '../accounts/index.ts'
import { type LedgerEntry, post } from './ledger.ts'
import { next, type PayoutTrigger, payoutStates } from './life-cycle.ts'
import type { PayoutMail } from './payout-mail.ts'
import { payout } from './schema.ts'

type PayoutRow = typeof payout.$inferSelect

export interface PayoutTransfers {
  /** Moves a payout on. Sending books the money out, a return books it back. @throws conflict `IllegalTransition` or `NotPayable`, not-found `UnknownPayout` */
  change(ctx: Ctx, id: string, trigger: PayoutTrigger, reference?: string): Promise<PayoutRow>
  /** A payout that the bank returned is prepared again, to the account that the publisher has now. */
  prepareAgain(ctx: Ctx, id: string, to: { run: string | null; profile: string | null }): Promise<PayoutRow>
}

/** What becomes of a prepared payout: sent, paid, returned, prepared again. */
export function createPayoutTransfers(kernel: Kernel, accounts: Accounts, mail: PayoutMail): PayoutTransfers {
  const { events } = kernel

  async function lock(ctx: Ctx, id: string): Promise<PayoutRow> {
    const [row] = isUuid(id) ? await ctx.tx.select().from(payout).where(eq(payout.id, id)).for('update') : []
    if (!row) throw notFound('UnknownPayout', 'There is no such payout.', { target: 'payout' })
    return row
  }

  async function store(ctx: Ctx, row: PayoutRow): Promise<PayoutRow> {
    const { id, state, reference, sentAt, paidAt, run, profile, bankFile, returnReason } = row
    await ctx.tx.update(payout).set({ state, reference, sentAt, paidAt, run, profile, bankFile, returnReason }).where(eq(payout.id, id))
    return row
  }

  async function prepareAgain(ctx: Ctx, id: string, { run, profile }: { run: string | null; profile: string | null }): Promise<PayoutRow> {
    const row = await lock(ctx, id)
    const state = next(payoutStates, 'payout', row.state, 'prepare')
    return store(ctx, { ...row, state, run: run ?? row.run, profile, bankFile: null, reference: null, sentAt: null })
  }

  return {
    prepareAgain,
    async change(ctx, id, trigger, reference) {
      if (trigger === 'prepare') {
        const { publisherId } = await lock(ctx, id)
        const ready = (await accounts.paymentReadiness(ctx, [publisherId])).get(publisherId)
        if (ready?.problem !== null) {
          throw conflict('NotPayable', 'The publisher has no valid payout and tax profiles: it must correct them first.')
        }
        return prepareAgain(ctx, id, { run: null, profile: ready.payout?.profileId ?? null })
      }
      const row = await lock(ctx, id)
      const changed = await store(ctx, {
        ...row,
        state: next(payoutStates, 'payout', row.state, trigger),
        reference: trigger === 'return' ? row.reference : (reference ?? row.reference),
        returnReason: trigger === 'return' ? (reference ?? null) : row.returnReason,
        sentAt: trigger === 'send' ? ctx.now : row.sentAt,
        paidAt: trigger === 'confirm' ? ctx.now : trigger === 'return' ? null : row.paidAt,
      })
      if (trigger === 'send') await post(ctx, [entry(row, 'payout', row.amount)])
      if (trigger === 'return') await post(ctx, [entry(row, 'payout-returned', row.amount.negated())])
      const { publisherId, number, currency, amount, state } = changed
      await events.publish(ctx, {
        type: `payout.${state}`,
        publisherId,
        payload: { payout: id, number, currency, amount: amount.toFixed() },
      })
      if (trigger === 'send' || trigger === 'return') await mail.transfer(ctx, changed)
      return changed
    },
  }
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
