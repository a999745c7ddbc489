import { desc, lte } from 'drizzle-orm'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { taxRate } from './schema.ts'
import { demoRates } from './tax.ts'

/**
 * Countries where the marketplace itself remits the tax on sales today: the newest rate of any store or kind of agreement is the platform's
 * and above zero (spec/09 RF-06: as the operator has configured it, no list of its own). In sandbox mode the rates of the demo data count where
 * the operator has entered none, as they do on invoices.
 *
 * @returns ISO 3166-1 alpha-2 codes, sorted
 */
export async function taxRemittedIn(ctx: Ctx, mode: 'sandbox' | 'production'): Promise<string[]> {
  const entered = await ctx.tx
    .selectDistinctOn([taxRate.country, taxRate.store, taxRate.agreementKind])
    .from(taxRate)
    .where(lte(taxRate.validFrom, utcDate(ctx.now)))
    .orderBy(taxRate.country, taxRate.store, taxRate.agreementKind, desc(taxRate.validFrom))
  const known = new Set(entered.map((row) => row.country))
  const demo = mode === 'sandbox' ? demoRates().filter((row) => !known.has(row.country)) : []
  const remitted = [...entered, ...demo].filter((row) => row.managedBy === 'platform' && row.rate.greaterThan(0))
  return [...new Set(remitted.map((row) => row.country))].sort()
}
