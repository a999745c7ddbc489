import { isDomainError } from '../../kernel/errors.ts'
import type { Services } from '../services.ts'
import type { User } from '../session.ts'

/** What the page after a purchase tells of the subscription. */
export interface Purchased {
  offerName: string
  planName: string
  quantity: number | null
  status: string
}

/** The subscription, or null for one that is none of the user's organisation. */
export async function readPurchased({ kernel, domain }: Services, user: User, subscriptionId: string): Promise<Purchased | null> {
  try {
    const { agreement, quantity, status } = await kernel.read(user, (ctx) => domain.subscriptions.get(ctx, subscriptionId))
    return { offerName: agreement.offerName, planName: agreement.planName, quantity, status }
  } catch (error) {
    if (isDomainError(error) && (error.kind === 'not-found' || error.kind === 'forbidden')) return null
    throw error
  }
}

/** The publisher's landing page with a token of this purchase. Errors: as `subscriptions.createToken`. */
export async function createConfigureAddress({ kernel, domain }: Services, user: User, subscriptionId: string): Promise<string> {
  const { landingPageUrl } = await kernel.run(user, (ctx) => domain.subscriptions.createToken(ctx, subscriptionId))
  return landingPageUrl
}
