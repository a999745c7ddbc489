import { asc, desc } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid } from '../../kernel/errors.ts'
import { Decimal, minorUnits } from '../../kernel/money.ts'
import { payoutCurrencies } from '../accounts/index.ts'
import { payoutTerms } from './payout-schema.ts'

/** From which amount payouts in a currency are made, and for how many days a customer's payment is kept first; from a day on. */
export type PayoutTerms = typeof payoutTerms.$inferSelect

/** As the operator enters them: texts of a form. */
export interface PayoutTermsInput {
  currency: string
  validFrom: string
  threshold: string
  escrowDays: string
}

/** Every set of terms, by currency, the newest first. */
export function termsOf(ctx: Ctx): Promise<PayoutTerms[]> {
  return ctx.tx.select().from(payoutTerms).orderBy(asc(payoutTerms.currency), desc(payoutTerms.validFrom))
}

/** The terms of a currency on a day; without any every amount is paid, at the first run after the customer's payment. */
export function inForce(
  terms: readonly PayoutTerms[],
  currency: string | null,
  day: Temporal.PlainDate,
): Pick<PayoutTerms, 'threshold' | 'escrowDays'> {
  const found = terms.find((row) => row.currency === currency && Temporal.PlainDate.compare(row.validFrom, day) <= 0)
  return found ?? { threshold: new Decimal(0), escrowDays: 0 }
}

const shape = z.object({
  currency: z.string().refine((code) => payoutCurrencies.includes(code), 'Choose a currency from the list.'),
  validFrom: z.iso.date('Give the day from which the terms hold, like 2027-01-01.'),
  threshold: z.string().regex(/^\d{1,9}(\.\d{1,3})?$/, 'The threshold is an amount from 0 to 999,999,999.'),
  escrowDays: z.string().regex(/^(\d|[1-9]\d|1[0-7]\d|180)$/, 'Days are a whole number from 0 to 180.'),
})

/** @throws invalid `PayoutTermsInvalid` naming each field */
export function checkedTerms(ctx: Ctx, input: PayoutTermsInput): Omit<PayoutTerms, 'setBy' | 'setAt'> {
  const parsed = shape.safeParse(input)
  const details = (parsed.error?.issues ?? []).map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
  if (parsed.success) {
    const { currency, threshold, validFrom } = parsed.data
    if (new Decimal(threshold).decimalPlaces() > minorUnits(currency)) {
      details.push({
        code: 'TooManyDigits',
        message: `${currency} has ${minorUnits(currency)} digits after the point.`,
        target: 'threshold',
      })
    }
    if (Temporal.PlainDate.compare(validFrom, utcDate(ctx.now)) < 0) {
      details.push({ code: 'InThePast', message: 'Terms cannot begin in the past.', target: 'validFrom' })
    }
  }
  if (!parsed.success || details.length > 0) throw invalid('PayoutTermsInvalid', 'The terms cannot be saved. See the fields.', { details })
  const { currency, validFrom, threshold, escrowDays } = parsed.data
  return { currency, validFrom: Temporal.PlainDate.from(validFrom), threshold: new Decimal(threshold), escrowDays: Number(escrowDays) }
}
