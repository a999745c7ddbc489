import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import { contract } from './schema.ts'

/** Whom invoices are mailed to. */
export const contacts = {
  /** What was mailed to one address goes to another; '' to nobody. Returns how many contracts it were. */
  async changeContact(ctx: Ctx, { tenantId, from, to }: { tenantId: string; from: string; to: string }): Promise<number> {
    const changed = await ctx.tx
      .update(contract)
      .set({ contact: to })
      .where(and(eq(contract.customerTenantId, tenantId), eq(sql`lower(${contract.contact})`, from.toLowerCase())))
      .returning({ subscription: contract.subscription })
    return changed.length
  },

  /** Whether a customer has something that goes on being billed. */
  async hasOpenContracts(ctx: Ctx, tenantId: string): Promise<boolean> {
    const [row] = await ctx.tx
      .select({ subscription: contract.subscription })
      .from(contract)
      .where(and(eq(contract.customerTenantId, tenantId), isNull(contract.endedAt)))
      .limit(1)
    return row !== undefined
  },
}
