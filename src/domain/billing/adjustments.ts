import { desc, eq } from 'drizzle-orm'
import { z } from 'zod'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal, minorUnits } from '../../kernel/money.ts'
import { type Accounts, payoutCurrencies } from '../accounts/index.ts'
import { type AdjustmentState, adjustmentStates, type AdjustmentTrigger } from './adjustment-states.ts'
import { identityOf } from './second-person.ts'
import { takeNumbers } from './series.ts'
import { post } from './ledger.ts'
import type { PayoutMail } from './payout-mail.ts'
import { adjustment } from './payout-schema.ts'

export type Adjustment = typeof adjustment.$inferSelect

/** As the operator enters it: texts of a form. */
export interface AdjustmentInput {
  publisherId: string
  currency: string
  /** above zero for the publisher, below zero for the marketplace */
  amount: string
  reason: string
}

const reasonText = (missing: string) =>
  z
    .string()
    .trim()
    .min(1, missing)
    .max(300, 'A reason has at most 300 characters.')
    .regex(/^\P{Cc}*$/u, 'The reason has characters that cannot be printed.')

const shape = z.object({
  currency: z.string().refine((code) => payoutCurrencies.includes(code), 'Choose a currency from the list.'),
  amount: z
    .string()
    .regex(/^-?\d{1,9}(\.\d{1,3})?$/, 'The amount is a number like 120.50 or -120.50.')
    .refine((text) => !/^-?[0.]*$/.test(text), 'The amount is not zero.'),
  reason: reasonText('Say why: the publisher and the second operator read it.'),
})

/** Corrections of publishers' balances: asked for by one operator, approved by another, booked at once, paid with the next payout. */
export function createAdjustments(kernel: Kernel, accounts: Accounts, mail: PayoutMail) {
  const { audit, events } = kernel

  async function decide(ctx: Ctx, id: string, trigger: AdjustmentTrigger, note: string): Promise<Adjustment> {
    const [row] = isUuid(id) ? await ctx.tx.select().from(adjustment).where(eq(adjustment.id, id)).for('update') : []
    if (!row) throw notFound('UnknownAdjustment', 'There is no such adjustment.', { target: 'adjustment' })
    const state: AdjustmentState | undefined = adjustmentStates[row.state][trigger]
    if (state === undefined) throw conflict('IllegalTransition', `${row.number} is ${row.state}: ${trigger} is not possible.`)
    const who = identityOf(ctx.principal)
    const own = who.id === row.requestedBy
    if (trigger === 'approve' && own) throw forbidden('SecondPersonNeeded', 'Somebody else must approve what you asked for.')
    if (trigger === 'withdraw' && !own) throw forbidden('NotYours', 'Only who asked for it withdraws it; refuse it instead.')
    const decided: Adjustment = {
      ...row,
      state,
      decidedAt: ctx.now,
      decidedBy: who.id,
      decidedName: who.name,
      note: note === '' ? null : note,
    }
    await ctx.tx.update(adjustment).set(decided).where(eq(adjustment.id, id))
    await audit.record(ctx, {
      action: `adjustment.${trigger}`,
      target: row.number,
      before: { state: row.state },
      after: { state, publisherId: row.publisherId, currency: row.currency, amount: row.amount },
      ...(note === '' ? {} : { reason: note }),
    })
    return decided
  }

  return {
    /** Newest first (operator). @throws forbidden */
    async adjustments(ctx: Ctx, limit = 200): Promise<Adjustment[]> {
      authorize(ctx.principal, 'operator.console')
      return ctx.tx.select().from(adjustment).orderBy(desc(adjustment.requestedAt), desc(adjustment.number)).limit(limit)
    },

    /** @throws invalid `AdjustmentInvalid` naming each field, not-found `UnknownPublisher`, forbidden */
    async requestAdjustment(ctx: Ctx, input: AdjustmentInput): Promise<Adjustment> {
      authorize(ctx.principal, 'operator.console')
      const parsed = shape.safeParse(input)
      const details = (parsed.error?.issues ?? []).map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
      if (parsed.success && new Decimal(input.amount).decimalPlaces() > minorUnits(input.currency)) {
        details.push({
          code: 'TooManyDigits',
          message: `${input.currency} has ${minorUnits(input.currency)} digits after the point.`,
          target: 'amount',
        })
      }
      if (!parsed.success || details.length > 0) {
        throw invalid('AdjustmentInvalid', 'The adjustment cannot be made. See the fields.', { details })
      }
      const { publisherId } = await accounts.publisher(ctx, input.publisherId)
      const [number] = await takeNumbers(ctx, 'adjustment', 1)
      const who = identityOf(ctx.principal)
      const row: Adjustment = {
        id: newId<'adjustment'>(),
        number: number as string,
        publisherId,
        currency: parsed.data.currency,
        amount: new Decimal(parsed.data.amount),
        reason: parsed.data.reason,
        state: 'requested',
        requestedAt: ctx.now,
        requestedBy: who.id,
        requestedName: who.name,
        decidedAt: null,
        decidedBy: null,
        decidedName: null,
        note: null,
        payout: null,
        rate: null,
        paid: null,
      }
      await ctx.tx.insert(adjustment).values(row)
      const { currency, amount, reason } = row
      await audit.record(ctx, { action: 'adjustment.request', target: row.number, after: { publisherId, currency, amount }, reason })
      return row
    },

    /**
     * Approves, refuses or withdraws. Approval books it: the marketplace's own fee bears it.
     * @throws forbidden `SecondPersonNeeded` or `NotYours`, invalid `NoteInvalid`, conflict `IllegalTransition`, not-found `UnknownAdjustment`
     */
    async decideAdjustment(ctx: Ctx, id: string, trigger: AdjustmentTrigger, note = ''): Promise<Adjustment> {
      authorize(ctx.principal, 'operator.console')
      const text = note.trim()
      if (!/^\P{Cc}{0,300}$/u.test(text)) throw invalid('NoteInvalid', 'A note has at most 300 characters.', { target: 'note' })
      if (trigger === 'refuse' && text === '') throw invalid('NoteInvalid', 'Say why it is refused.', { target: 'note' })
      const row = await decide(ctx, id, trigger, text)
      if (row.state !== 'approved') return row
      const { number, currency, amount, publisherId } = row
      await post(ctx, [
        {
          kind: 'adjustment',
          reference: row.id,
          description: number,
          postings: [
            { account: 'store-fee', currency, amount, publisherId },
            { account: 'payable', currency, amount: amount.negated(), publisherId },
          ],
        },
      ])
      await events.publish(ctx, {
        type: 'adjustment.approved',
        publisherId,
        payload: { adjustment: id, number, currency, amount: amount.toFixed() },
      })
      await mail.adjusted(ctx, row)
      return row
    },
  }
}
