import type { Visit } from '../ui/portal-access.server.ts'

export async function marketplaceOverview({ domain, read }: Visit) {
  return read(async (ctx) => {
    const publishers = await domain.accounts.listPublishers(ctx)
    const live = await domain.publishing.livePublications(ctx)
    const active = await domain.subscriptions.listAll(ctx, { status: 'Subscribed', pageSize: 1 })
    const pending = await domain.subscriptions.listAll(ctx, { status: 'PendingFulfillmentStart', pageSize: 1 })
    return {
      now: ctx.now.toString(),
      publishers: publishers.length,
      liveOffers: live.length,
      activeSubscriptions: active.total,
      pendingSubscriptions: pending.total,
    }
  })
}

export async function publishersAndOffers({ domain, read }: Visit) {
  return read(async (ctx) => {
    const publishers = await domain.accounts.listPublishers(ctx)
    const offers = await domain.publishing.listOffers(ctx, { publisherIds: publishers.map((publisher) => publisher.publisherId) })
    const tenants = await domain.directory.getTenants(ctx, [...new Set(publishers.map((publisher) => publisher.tenantId))])
    const names = new Map<string, string>(tenants.map((tenant) => [tenant.tenantId, tenant.name]))
    return {
      publishers: publishers.map((publisher) => ({
        publisherId: publisher.publisherId,
        name: publisher.name,
        status: publisher.status,
        tenant: names.get(publisher.tenantId) ?? publisher.tenantId,
        fee: `${publisher.storeFeePercent.toString()} %`,
        offers: offers.filter((offer) => offer.publisherId === publisher.publisherId).length,
      })),
      offers: offers.map((offer) => ({
        key: offer.offer,
        name: offer.name,
        publisherId: offer.publisherId,
        offerId: offer.offerId,
        status: offer.status,
        modifiedAt: offer.modifiedAt.toString(),
        product: offer.isLive ? `/product/${offer.publisherId}.${offer.offerId}` : null,
      })),
    }
  })
}
