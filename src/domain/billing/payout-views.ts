import { and, desc, eq, sql } from 'drizzle-orm'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Adjustment } from './adjustments.ts'
import { adjustment } from './payout-schema.ts'
import { payout } from './schema.ts'

export type Payout = typeof payout.$inferSelect

/** Newest first. */
export function payoutsOf(ctx: Ctx, publisherId: string): Promise<Payout[]> {
  return ctx.tx.select().from(payout).where(eq(payout.publisherId, publisherId)).orderBy(desc(payout.preparedAt), desc(payout.number))
}

export async function findPayout(ctx: Ctx, id: string): Promise<Payout | null> {
  const [row] = await ctx.tx.select().from(payout).where(eq(payout.id, id))
  return row ?? null
}

/** Approved adjustments of a publisher, newest first; those of one payout where it is given. */
export function adjustmentsOf(ctx: Ctx, publisherId: string, id?: string): Promise<Adjustment[]> {
  const approved = and(eq(adjustment.publisherId, publisherId), eq(adjustment.state, 'approved'))
  return ctx.tx
    .select()
    .from(adjustment)
    .where(id === undefined ? approved : and(approved, eq(adjustment.payout, id)))
    .orderBy(desc(adjustment.decidedAt), desc(adjustment.number))
}

/** Lines of a payout in one currency: what customers paid, what was kept, what was paid on. */
export interface PayoutPartView {
  currency: string
  lines: number
  net: Decimal
  fee: Decimal
  withheld: Decimal
  /** in the payout's currency */
  paid: Decimal
}

export async function payoutParts(ctx: Ctx, id: string): Promise<PayoutPartView[]> {
  const rows = rowsOf<Record<'currency' | 'net' | 'fee' | 'withheld' | 'paid', string> & { lines: number }>(
    await ctx.tx.execute(sql`
      select currency, count(*)::int as lines, sum(net)::text as net, sum(fee)::text as fee, sum(withheld)::text as withheld, sum(paid)::text as paid
      from billing.payout_line where payout = ${id}::uuid group by 1 order by 1`),
  )
  return rows.map((row) => ({
    currency: row.currency,
    lines: row.lines,
    net: new Decimal(row.net),
    fee: new Decimal(row.fee),
    withheld: new Decimal(row.withheld),
    paid: new Decimal(row.paid),
  }))
}
