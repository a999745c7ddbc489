import { and, asc, eq, gte, inArray, lte, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Audit } from '../../kernel/audit.ts'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid } from '../../kernel/errors.ts'
import { Decimal } from '../../kernel/money.ts'
import { attributedUsage, trackingGuid } from './schema.ts'
import { accountFor, mpnIdsOf } from './seller-account.ts'

/** What a day's use of a resource cost, as the cloud's operator reports it: texts of a file. */
export interface AttributedUsageRow {
  guid: string
  day: string
  resource: string
  amount: string
  currency: string
}

/** What was used under a partner id and a tracking GUID within some days. */
export interface AttributedTotal {
  partnerId: string | null
  guid: string
  name: string
  product: string
  channel: string
  resources: number
  amount: Decimal
  currency: string
}

const shape = z.object({
  guid: z
    .string()
    .trim()
    .toLowerCase()
    .transform((text) => text.replaceAll('-', '')),
  day: z.iso.date(),
  resource: z
    .string()
    .trim()
    .regex(/^\P{Cc}{1,200}$/u),
  amount: z.string().regex(/^\d{1,12}(\.\d{1,10})?$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
})

/** Use cases of cloud usage that is attributed to sellers by tracking GUIDs (spec/01 §4.4). */
export function createAttribution(audit: Audit) {
  return {
    /**
     * Writes down what was used; a day's resource that was reported before is replaced (operator). All of it or nothing.
     * @throws invalid `UsageInvalid` naming each line, forbidden
     */
    async recordAttributedUsage(ctx: Ctx, rows: readonly AttributedUsageRow[]): Promise<{ recorded: number }> {
      authorize(ctx.principal, 'operator.console')
      const parsed = rows.map((row) => shape.safeParse(row))
      const guids = parsed.flatMap((one) => (one.success ? [one.data.guid] : []))
      const known = new Set(
        guids.length === 0
          ? []
          : (
              await ctx.tx
                .select({ guid: trackingGuid.guid })
                .from(trackingGuid)
                .where(inArray(trackingGuid.guid, [...new Set(guids)]))
            ).map((one) => one.guid),
      )
      const details = parsed.flatMap((one, index) => {
        const target = `line ${index + 1}`
        if (!one.success) {
          const field = String(one.error.issues[0]?.path[0] ?? '')
          return [{ code: 'InvalidValue', target, message: `${field} is not as it should be.` }]
        }
        return known.has(one.data.guid) ? [] : [{ code: 'UnknownGuid', target, message: 'Nobody has registered this GUID.' }]
      })
      if (details.length > 0)
        throw invalid('UsageInvalid', `${details.length} lines cannot be recorded.`, { details: details.slice(0, 100) })
      for (const one of parsed) {
        if (!one.success) continue
        const { guid, day, resource, amount, currency } = one.data
        const set = { amount: new Decimal(amount), currency, recordedAt: ctx.now }
        await ctx.tx
          .insert(attributedUsage)
          .values({ guid, onDay: Temporal.PlainDate.from(day), resource, ...set })
          .onConflictDoUpdate({ target: [attributedUsage.guid, attributedUsage.onDay, attributedUsage.resource], set })
      }
      await audit.record(ctx, { action: 'attributed-usage.record', target: 'tracking-guids', after: { lines: rows.length } })
      return { recorded: rows.length }
    },

    /**
     * What was used within these days, by partner id, tracking GUID and currency. Of a product with several GUIDs each is told by itself.
     * @throws forbidden, not-found `UnknownAccount`
     */
    async attributedUsage(
      ctx: Ctx,
      accountId: string,
      { from, to }: { from: Temporal.PlainDate; to: Temporal.PlainDate },
    ): Promise<AttributedTotal[]> {
      await accountFor(ctx, accountId, 'seller-account.read')
      const [first] = await mpnIdsOf(ctx, accountId)
      const partnerId = sql<string | null>`coalesce(${trackingGuid.mpnId}, ${first?.mpnId ?? null})`
      return ctx.tx
        .select({
          partnerId,
          guid: trackingGuid.guid,
          name: trackingGuid.name,
          product: trackingGuid.product,
          channel: trackingGuid.channel,
          resources: sql<number>`count(distinct ${attributedUsage.resource})::int`,
          amount: sql<Decimal>`sum(${attributedUsage.amount})`.mapWith((value) => new Decimal(value)),
          currency: attributedUsage.currency,
        })
        .from(attributedUsage)
        .innerJoin(trackingGuid, eq(trackingGuid.guid, attributedUsage.guid))
        .where(and(eq(trackingGuid.accountId, accountId), gte(attributedUsage.onDay, from), lte(attributedUsage.onDay, to)))
        .groupBy(trackingGuid.guid, attributedUsage.currency)
        .orderBy(asc(partnerId), asc(trackingGuid.product), asc(trackingGuid.guid), asc(attributedUsage.currency))
    },
  }
}
