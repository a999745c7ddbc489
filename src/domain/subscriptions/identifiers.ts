import { desc, sql } from 'drizzle-orm'
import type { Ctx, UserPrincipal } from '../../kernel/context.ts'
import { forbidden, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Accounts } from '../accounts/index.ts'
import { type SubscriptionRow, subscription } from './schema.ts'
import * as store from './store.ts'

/** The ids by which a subscription is found when something has to be cleared up (spec/09 §8, RF-31). */
export interface SubscriptionIdentifiers {
  subscriptionId: string
  name: string
  /** whose directory it is in */
  tenantId: string
  /** the owner who asks */
  objectId: string
  /** the seller's id in the partner network; null: the publisher has none */
  partnerId: string | null
  partnerName: string
  /** of the association with the partner */
  state: 'Active' | 'Inactive'
}

/** Subscriptions that a page of ids shows. */
const most = 100

/** Use cases of "find my IDs": for the people who own a subscription, that is who bought it and for whom it was bought. */
export function createIdentifiers(accounts: Pick<Accounts, 'partnerOf'>) {
  const owns = (user: UserPrincipal, row: SubscriptionRow) =>
    [row.purchaser, row.beneficiary].find((person) => person.objectId === user.objectId && person.tenantId === user.tenantId)

  type Partner = Awaited<ReturnType<typeof accounts.partnerOf>>

  function describe(user: UserPrincipal, row: SubscriptionRow, partner: Partner): SubscriptionIdentifiers {
    return {
      subscriptionId: row.id,
      name: row.name,
      tenantId: user.tenantId,
      objectId: user.objectId,
      partnerId: partner.partnerId,
      partnerName: partner.name,
      state: partner.isActive && row.status !== 'Unsubscribed' ? 'Active' : 'Inactive',
    }
  }

  return {
    /** The ids of one subscription, for one of its owners. @throws forbidden `NotTheOwner`, not-found `SubscriptionNotFound` */
    async identifiers(ctx: Ctx, id: string): Promise<SubscriptionIdentifiers> {
      const { principal } = ctx
      const row = isUuid(id) ? await store.findSubscription(ctx, id) : null
      if (principal.kind !== 'user' || (row && !owns(principal, row))) {
        throw forbidden('NotTheOwner', 'Only an owner of the subscription, who bought it or for whom it was bought, sees its IDs.')
      }
      if (!row) throw notFound('SubscriptionNotFound', 'There is no such subscription.', { target: 'subscriptionId' })
      return describe(principal, row, await accounts.partnerOf(ctx, row.publisherId))
    },

    /** The ids of the subscriptions that the signed-in person owns, the newest first. */
    async ownIdentifiers(ctx: Ctx): Promise<SubscriptionIdentifiers[]> {
      const { principal } = ctx
      if (principal.kind !== 'user') return []
      const { objectId } = principal
      const rows = await ctx.tx
        .select()
        .from(subscription)
        .where(
          sql`${principal.tenantId} in (${subscription.customerTenantId}::text, ${subscription.beneficiaryTenantId}::text)
            and ${objectId} in (${subscription.purchaser} ->> 'objectId', ${subscription.beneficiary} ->> 'objectId')`,
        )
        .orderBy(desc(subscription.createdAt))
        .limit(most)
      const partners = new Map<string, Partner>()
      for (const { publisherId } of rows) {
        if (!partners.has(publisherId)) partners.set(publisherId, await accounts.partnerOf(ctx, publisherId))
      }
      return rows.flatMap((row) => (owns(principal, row) ? describe(principal, row, partners.get(row.publisherId) as Partner) : []))
    },
  }
}
