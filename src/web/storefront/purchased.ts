import type { Services } from '../services.ts'
import type { User } from '../session.ts'

/** What the page after a purchase tells of the subscription. */
export interface Purchased {
  offerName: string
  planName: string
  quantity: number | null
  status: string
}

/** The subscription, if the user's organisation bought it. */
export function readPurchased({ kernel, domain }: Services, user: User, subscriptionId: string): Promise<Purchased | null> {
  return kernel.read(user, async (ctx) => {
    const subscription = await domain.subscriptions.get(ctx, subscriptionId)
    if (!subscription || subscription.customerTenantId !== user.tenantId) return null
    const { agreement, quantity, status } = subscription
    return { offerName: agreement.offerName, planName: agreement.planName, quantity, status }
  })
}

/** The publisher's landing page with a token of this purchase. */
export async function createConfigureAddress({ kernel, domain }: Services, user: User, subscriptionId: string): Promise<string> {
  const { landingPageUrl } = await kernel.run(user, (ctx) => domain.subscriptions.createToken(ctx, subscriptionId))
  return landingPageUrl
}
