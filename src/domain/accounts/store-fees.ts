import { asc, desc, eq, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Audit } from '../../kernel/audit.ts'
import { authorize } from '../../kernel/authorization.ts'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import { Decimal } from '../../kernel/money.ts'
import { publisher, storeFee } from './schema.ts'

/** What a publisher agreed to from a day on; percent null: the marketplace's usual fee. */
export type StoreFee = typeof storeFee.$inferSelect

/** A fee as the operator enters it: texts of a form. An empty percentage goes back to the usual fee. */
export interface StoreFeeInput {
  publisherId: string
  percent: string
  validFrom: string
  reason: string
}

const shape = z.object({
  publisherId: z.string(),
  percent: z.union([z.literal(''), z.string().regex(/^\d{1,2}(\.\d{1,4})?$/, 'The store fee is a percentage from 0 to 99.9999.')]),
  validFrom: z.iso.date('Give the day from which the fee holds, like 2027-01-01.'),
  reason: z
    .string()
    .trim()
    .min(1, 'Say why: it is kept with the fee.')
    .max(300, 'A reason has at most 300 characters.')
    .regex(/^\P{Cc}*$/u, 'The reason has characters that cannot be printed.'),
})

/** The percentage that is in force today, in a select from accounts.publisher. */
export function feeInForce(ctx: Ctx, usual: Decimal) {
  return sql<Decimal>`coalesce((select coalesce(f.percent, ${usual.toFixed()}::numeric) from accounts.store_fee f
    where f.publisher_id = ${publisher.publisherId} and f.valid_from <= ${utcDate(ctx.now).toString()}::date
    order by f.valid_from desc limit 1), ${publisher.storeFeePercent}, ${usual.toFixed()}::numeric)`.mapWith((value) => new Decimal(value))
}

/** Use cases of fees that differ from the marketplace's. */
export function createStoreFees(audit: Audit) {
  return {
    /** Every fee that was ever agreed, by publisher, the newest first (operator). @throws forbidden */
    async storeFees(ctx: Ctx): Promise<StoreFee[]> {
      authorize(ctx.principal, 'operator.console')
      return ctx.tx.select().from(storeFee).orderBy(asc(storeFee.publisherId), desc(storeFee.validFrom))
    },

    /**
     * Sets a publisher's fee from a day on; issued lines keep theirs. The same day again replaces it while that day has not come.
     * @throws invalid `StoreFeeInvalid` naming each field, not-found `UnknownPublisher`, forbidden
     */
    async setStoreFee(ctx: Ctx, input: StoreFeeInput): Promise<void> {
      authorize(ctx.principal, 'operator.console')
      const parsed = shape.safeParse(input)
      const details = (parsed.error?.issues ?? []).map(({ message, path }) => ({ code: 'InvalidValue', message, target: path.join('.') }))
      const today = utcDate(ctx.now)
      if (parsed.success && Temporal.PlainDate.compare(parsed.data.validFrom, today) < 0) {
        details.push({
          code: 'InThePast',
          message: 'A fee cannot begin in the past: lines were billed with the old one.',
          target: 'validFrom',
        })
      }
      if (!parsed.success || details.length > 0) throw invalid('StoreFeeInvalid', 'The fee cannot be saved. See the fields.', { details })
      const { publisherId, percent, validFrom, reason } = parsed.data
      const [known] = await ctx.tx.select().from(publisher).where(eq(publisher.publisherId, publisherId)).for('update')
      if (!known) throw notFound('UnknownPublisher', `There is no publisher ${publisherId}.`, { target: 'publisherId' })
      const row: StoreFee = {
        publisherId,
        validFrom: Temporal.PlainDate.from(validFrom),
        percent: percent === '' ? null : new Decimal(percent),
        reason,
        setBy: ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind,
        setAt: ctx.now,
      }
      await ctx.tx
        .insert(storeFee)
        .values(row)
        .onConflictDoUpdate({ target: [storeFee.publisherId, storeFee.validFrom], set: row })
      await audit.record(ctx, { action: 'store-fee.set', target: publisherId, after: row, reason })
    },
  }
}
