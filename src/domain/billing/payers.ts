import { eq } from 'drizzle-orm'
import type { Audit } from '../../kernel/audit.ts'
import { allows } from '../../kernel/authorization.ts'
import type { Config } from '../../kernel/config.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Accounts } from '../accounts/index.ts'
import { cardOf, methodOf, takesCards } from './payment.ts'
import { contract, type PaidBy } from './schema.ts'

interface Neighbours {
  accounts: Pick<Accounts, 'billingAccount' | 'billingAddress'>
  audit: Audit
  hasSavedCard(ctx: Ctx, tenantId: string): Promise<boolean>
}

/** How and where single purchases are billed, where it is not simply as the customer's account is. */
export function createPayers(config: Config, { accounts, audit, hasSavedCard }: Neighbours) {
  return {
    /** Whether this marketplace takes cards. Without, the business store's purchases are paid as all others. */
    takesCards: () => takesCards(config),

    /** What pays a customer's purchases: by card only (`card`; null when it has none), and otherwise. Labels for people. */
    async payersOf(ctx: Ctx, tenantId: string): Promise<{ card: string | null; account: string }> {
      const chosen = (await accounts.billingAccount(ctx, tenantId))?.paymentMethod ?? null
      const card = cardOf({ chosen, hasSaved: await hasSavedCard(ctx, tenantId) }, config)
      return { card: card?.label ?? null, account: methodOf(chosen, config).label }
    },

    /** How a subscription is billed: by card only, or on the account at one of its addresses (null: the account's own). Whoever asks was checked. */
    async billedTo(ctx: Ctx, subscription: string): Promise<{ paidBy: PaidBy | null; billAddress: string | null } | null> {
      const [row] = await ctx.tx
        .select({ paidBy: contract.paidBy, billAddress: contract.billAddress })
        .from(contract)
        .where(eq(contract.subscription, subscription))
      return row ?? null
    },

    /**
     * Bills a subscription at another of the customer's addresses, from the next document on; null: the account's own.
     * @throws conflict `CardOnly`, not-found `UnknownAddress`, `SubscriptionNotFound`, forbidden
     */
    async billAt(ctx: Ctx, subscription: string, address: string | null): Promise<void> {
      const [row] = isUuid(subscription)
        ? await ctx.tx.select().from(contract).where(eq(contract.subscription, subscription)).for('update')
        : []
      if (!row || !allows(ctx.principal, 'billing.manage', { tenantId: row.customerTenantId })) {
        throw notFound('SubscriptionNotFound', 'There is no such subscription.', { target: 'subscription' })
      }
      if (row.paidBy === 'card') {
        throw conflict('CardOnly', 'A purchase of the business store is charged to a card, at the account’s own address.')
      }
      const billAddress = address === null ? null : (await accounts.billingAddress(ctx, row.customerTenantId, address)).addressId
      await ctx.tx.update(contract).set({ billAddress }).where(eq(contract.subscription, subscription))
      await audit.record(ctx, {
        action: 'subscription.bill-at',
        target: `subscription:${subscription}`,
        before: { billAddress: row.billAddress },
        after: { billAddress },
      })
    },

    /** Says of a purchase just made how it is paid and where it is billed. */
    async arrange(ctx: Ctx, subscription: string, how: { paidBy: PaidBy | null; billAddress: string | null }): Promise<void> {
      await ctx.tx.update(contract).set(how).where(eq(contract.subscription, subscription))
    },
  }
}
