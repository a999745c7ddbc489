import type { Ctx } from '../kernel/context.ts'
import type { DomainEvent } from '../kernel/events.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { createAccounts } from './accounts/index.ts'
import { createAnalytics } from './analytics/index.ts'
import { createAnnouncements } from './announcements/index.ts'
import { createBilling, taxRemittedIn } from './billing/index.ts'
import { createCatalog } from './catalog/index.ts'
import { createCheckout } from './checkout/index.ts'
import { createDirectory } from './directory/index.ts'
import { createIntegrationChecks } from './integration-check/index.ts'
import { createLeads } from './leads/index.ts'
import { createMetering } from './metering/index.ts'
import { createNotifications } from './notifications/index.ts'
import { createOffers } from './offers/index.ts'
import { createPrivacy } from './privacy/index.ts'
import { createProcurement } from './procurement/index.ts'
import { createPublishing } from './publishing/index.ts'
import { createSubscriptions, type SubscriptionEventType } from './subscriptions/index.ts'
import { createSupport } from './support/index.ts'

/** The business: one service a room, each knowing only those to its left. */
export type Domain = ReturnType<typeof createDomain>

const subscriptionEvents: readonly SubscriptionEventType[] = [
  'subscription.purchased',
  'subscription.activated',
  'subscription.renewed',
  'subscription.plan-changed',
  'subscription.quantity-changed',
  'subscription.suspended',
  'subscription.reinstated',
  'subscription.cancelled',
]

/** Builds the rooms from left to right and lets news travel right. */
export function createDomain(kernel: Kernel) {
  const directory = createDirectory(kernel)
  const accounts = createAccounts(kernel, { directory })
  const announcements = createAnnouncements(kernel)
  const notifications = createNotifications(kernel, { directory, accounts })
  const offers = createOffers(kernel, { accounts })
  offers.remitsTaxIn((ctx) => taxRemittedIn(ctx, kernel.config.mode))
  const publishing = createPublishing(kernel, { directory, accounts, notifications, offers })
  const catalog = createCatalog(kernel, { accounts, offers, publishing })
  const subscriptions = createSubscriptions(kernel, { directory, accounts, offers, publishing })
  const metering = createMetering(kernel, { publishing })
  const billing = createBilling(kernel, { accounts, offers, publishing, subscriptions, metering })
  const procurement = createProcurement(kernel, { accounts, notifications, offers, subscriptions })
  const checkout = createCheckout(kernel, { accounts, offers, publishing, subscriptions, procurement, billing })
  const analytics = createAnalytics(kernel, { accounts })
  const leads = createLeads(kernel, { accounts, directory, notifications, publishing })
  const support = createSupport(kernel, { accounts, directory, notifications, offers, publishing, subscriptions })
  const privacy = createPrivacy(kernel, { directory, accounts, subscriptions, billing, procurement, checkout, leads })
  const integrationCheck = createIntegrationChecks(kernel, { accounts })

  const on = <Payload>(types: readonly string[], handler: (ctx: Ctx, event: DomainEvent<Payload>) => Promise<void>) => {
    for (const type of types) kernel.events.on(type, handler)
  }
  on(['offer.published'], offers.onPublished)
  on(['offer.created', 'plan.created', 'plan.deleted', 'audience.changed'], publishing.onOfferEvent)
  on(['offer.deleted'], publishing.onOfferDeleted)
  on(['publisher.changed'], publishing.onPublisherChanged)
  on(
    ['offer.published', 'offer.stopped', 'offer.relisted', 'plan.stopped', 'plan.resumed', 'audience.changed'],
    catalog.onPublicationChanged,
  )
  on(['offer.previewed'], subscriptions.onOfferPreviewed)
  on(['offer.previewed'], metering.onOfferPreviewed)
  on(['offer.published'], subscriptions.onOfferPublished)
  on(['offer.published'], metering.onOfferPublished)
  on(['purchase.made'], catalog.onPurchase)
  on(['purchase.made'], leads.onPurchase)
  const renewed = 'subscription.renewed'
  const others = subscriptionEvents.filter((type) => type !== renewed)
  on(others, metering.onSubscriptionEvent)
  on(others, billing.onSubscriptionEvent)
  // Thousands of subscriptions may renew in one midnight.
  kernel.events.on(renewed, metering.onSubscriptionEvent, metering.onRenewals)
  kernel.events.on(renewed, billing.onSubscriptionEvent, billing.onRenewals)

  return {
    directory,
    accounts,
    notifications,
    announcements,
    offers,
    publishing,
    catalog,
    subscriptions,
    metering,
    billing,
    procurement,
    checkout,
    leads,
    analytics,
    support,
    privacy,
    integrationCheck,
  }
}
