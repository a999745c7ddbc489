import { and, asc, eq, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import { acceptance, type Acceptance, purchase } from './schema.ts'
import { contractVersion } from './terms.ts'

/** When the tenant first accepted the standard contract, buying or before, of whichever publisher; null: not yet. */
export async function contractAcceptedAt(ctx: Ctx, tenantId: string, version: string): Promise<string | null> {
  const contract = contractVersion(version)
  const [bought] = await ctx.tx
    .select({ at: purchase.boughtAt })
    .from(purchase)
    .where(and(eq(purchase.customerTenantId, tenantId), eq(sql`split_part(${purchase.termsVersion}, '+', 1)`, contract)))
    .orderBy(asc(purchase.id))
    .limit(1)
  const [accepted] = await ctx.tx
    .select({ at: acceptance.acceptedAt })
    .from(acceptance)
    .where(and(eq(acceptance.tenantId, tenantId), eq(sql`split_part(${acceptance.termsVersion}, '+', 1)`, contract)))
    .orderBy(asc(acceptance.id))
    .limit(1)
  return earlier(bought?.at, accepted?.at)?.toString() ?? null
}

function earlier(a: Temporal.Instant | undefined, b: Temporal.Instant | undefined): Temporal.Instant | undefined {
  if (!a || !b) return a ?? b
  return a.epochMilliseconds <= b.epochMilliseconds ? a : b
}

/** The tenant's acceptance of exactly these terms, outside of a purchase; null: there is none. */
export async function findAcceptance(ctx: Ctx, key: { tenantId: string; offer: string; termsVersion: string }): Promise<Acceptance | null> {
  const [row] = await ctx.tx
    .select()
    .from(acceptance)
    .where(and(eq(acceptance.tenantId, key.tenantId), eq(acceptance.offer, key.offer), eq(acceptance.termsVersion, key.termsVersion)))
  return row ?? null
}

/** Keeps an acceptance; the first one of the same terms counts. */
export async function keepAcceptance(ctx: Ctx, facts: Omit<Acceptance, 'id' | 'acceptedAt' | 'wallAt'>): Promise<Acceptance> {
  await ctx.tx
    .insert(acceptance)
    .values({ ...facts, id: newId<'acceptance'>(), acceptedAt: ctx.now, wallAt: ctx.wall })
    .onConflictDoNothing()
  const kept = await findAcceptance(ctx, facts)
  if (!kept) throw new Error('An acceptance that was just kept is gone.')
  return kept
}
