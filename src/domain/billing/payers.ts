import { eq } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import type { Config } from '../../kernel/config.ts'
import type { Accounts } from '../accounts/index.ts'
import { cardOf, methodOf, takesCards } from './payment.ts'
import { contract, type PaidBy } from './schema.ts'

interface Neighbours {
  accounts: Pick<Accounts, 'billingAccount'>
  hasSavedCard(ctx: Ctx, tenantId: string): Promise<boolean>
}

/** How and where single purchases are billed, where it is not simply as the customer's account is. */
export function createPayers(config: Config, { accounts, hasSavedCard }: Neighbours) {
  return {
    /** Whether this marketplace takes cards. Without, the business store's purchases are paid as all others. */
    takesCards: () => takesCards(config),

    /** What pays a customer's purchases: by card only (`card`; null when it has none), and otherwise. Labels for people. */
    async payersOf(ctx: Ctx, tenantId: string): Promise<{ card: string | null; account: string }> {
      const chosen = (await accounts.billingAccount(ctx, tenantId))?.paymentMethod ?? null
      const card = cardOf({ chosen, hasSaved: await hasSavedCard(ctx, tenantId) }, config)
      return { card: card?.label ?? null, account: methodOf(chosen, config).label }
    },

    /** Says of a purchase just made how it is paid and where it is billed. */
    async arrange(ctx: Ctx, subscription: string, how: { paidBy: PaidBy | null; billAddress: string | null }): Promise<void> {
      await ctx.tx.update(contract).set(how).where(eq(contract.subscription, subscription))
    },
  }
}
