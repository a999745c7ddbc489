import { desc, lte } from 'drizzle-orm'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { taxRate } from './schema.ts'

/**
 * Countries where the marketplace itself remits the tax on sales today: the newest rate of any store or kind of agreement is the platform's
 * and above zero (spec/09 RF-06: as the operator has configured it, no list of its own).
 *
 * @returns ISO 3166-1 alpha-2 codes, sorted
 */
export async function taxRemittedIn(ctx: Ctx): Promise<string[]> {
  const rows = await ctx.tx
    .selectDistinctOn([taxRate.country, taxRate.store, taxRate.agreementKind])
    .from(taxRate)
    .where(lte(taxRate.validFrom, utcDate(ctx.now)))
    .orderBy(taxRate.country, taxRate.store, taxRate.agreementKind, desc(taxRate.validFrom))
  return [...new Set(rows.filter((row) => row.managedBy === 'platform' && row.rate.greaterThan(0)).map((row) => row.country))].sort()
}
