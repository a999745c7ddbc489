import { asc, desc } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Audit } from '../../kernel/audit.ts'
import { authorize } from '../../kernel/authorization.ts'
import { startOfDay, utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid } from '../../kernel/errors.ts'
import { Decimal, type RateTable } from '../../kernel/money.ts'
import { markets } from '../../kernel/reference-data.ts'
import { exchangeRate } from './schema.ts'
import * as store from './store.ts'

/** A rate that was entered: units of the currency for one US dollar, from a moment on. */
export type ExchangeRate = typeof exchangeRate.$inferSelect

/** As the operator enters it: texts of a form. */
export interface ExchangeRateInput {
  currency: string
  unitsPerUsd: string
  /** a day; empty: from now on */
  validFrom: string
  source: string
}

const shape = z.object({
  currency: z
    .string()
    .refine((code) => code !== 'USD' && markets.some((market) => market.currency === code), 'Choose a currency from the list.'),
  unitsPerUsd: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,10})?$/, 'The rate is a number like 0.92, with at most 10 digits after the point.')
    .refine((text) => !/^[0.]*$/.test(text), 'The rate is above zero.'),
  validFrom: z.union([z.literal(''), z.iso.date('Give a day like 2027-01-01, or nothing.')]),
  source: z
    .string()
    .trim()
    .min(1, 'Say where the rate comes from.')
    .max(100, 'The source has at most 100 characters.')
    .regex(/^\P{Cc}*$/u, 'The source has characters that cannot be printed.'),
})

/** Use cases of rates of exchange: for prices entered in dollars, and for payouts. */
export function createExchangeRates(audit: Audit) {
  async function setRates(ctx: Ctx, input: { rates: RateTable; source: string; validFrom?: Ctx['now'] }): Promise<void> {
    authorize(ctx.principal, 'operator.console')
    await store.insertRates(ctx.tx, input.rates, input.validFrom ?? ctx.now, input.source)
    await audit.record(ctx, { action: 'rates.set', target: input.source, after: input.rates })
  }

  return {
    /** Units of each currency for one dollar, in force now. */
    async rates(ctx: Ctx): Promise<RateTable> {
      return store.selectRates(ctx.tx, ctx.now)
    },

    /** Sets rates from now on. Prices that were converted before stay (SA-149). */
    setRates,

    /** Every rate that was entered, by currency, the newest first (operator). @throws forbidden */
    async rateHistory(ctx: Ctx, limit = 2000): Promise<ExchangeRate[]> {
      authorize(ctx.principal, 'operator.console')
      return ctx.tx.select().from(exchangeRate).orderBy(asc(exchangeRate.currency), desc(exchangeRate.validFrom)).limit(limit)
    },

    /** Enters one rate from a day on that has not begun, or from now on. @throws invalid `RateInvalid` naming each field, forbidden */
    async addRate(ctx: Ctx, input: ExchangeRateInput): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const parsed = shape.safeParse(input)
      const details = (parsed.error?.issues ?? []).map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
      const today = utcDate(ctx.now)
      const day = parsed.success && parsed.data.validFrom !== '' ? Temporal.PlainDate.from(parsed.data.validFrom) : today
      if (Temporal.PlainDate.compare(day, today) < 0) {
        details.push({ code: 'InThePast', message: 'A rate cannot begin in the past: it has been used.', target: 'validFrom' })
      }
      if (!parsed.success || details.length > 0) throw invalid('RateInvalid', 'The rate cannot be saved. See the fields.', { details })
      const { currency, unitsPerUsd, source } = parsed.data
      const validFrom = day.equals(today) ? ctx.now : startOfDay(day)
      await setRates(ctx, { rates: { [currency]: new Decimal(unitsPerUsd).toFixed() }, source, validFrom })
    },
  }
}
