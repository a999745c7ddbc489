import type { Card, CatalogList, FacetKind, ProductPage } from '../../domain/catalog/index.ts'
import type { Services } from '../services.ts'
import type { User } from '../session.ts'
import type { Product, StoreId } from './listing.ts'

export interface ListQuery {
  store: StoreId
  market: string
  q?: string
  filters?: Partial<Record<FacetKind, string>>
  sort?: 'name' | 'price' | 'newest' | undefined
  page?: number
}

/** Cards of one page of a list. */
export const PAGE_SIZE = 24

/** A page of a store's public offers. */
export function listOffers({ kernel, domain }: Services, query: ListQuery): Promise<CatalogList> {
  return kernel.read({ kind: 'anonymous' }, (ctx) => domain.catalog.list(ctx, { ...query, pageSize: PAGE_SIZE }))
}

/** Offers that stand first in a store or in one of its categories. */
export function featuredOffers(
  { kernel, domain }: Services,
  place: { store: StoreId; category?: string | undefined; market: string },
): Promise<Card[]> {
  return kernel.read({ kind: 'anonymous' }, (ctx) => domain.catalog.featured(ctx, place))
}

/** Every product with a public page, for the site map. */
export function listProducts({ kernel, domain }: Services): Promise<{ publisherId: string; offerId: string }[]> {
  return kernel.read({ kind: 'anonymous' }, (ctx) => domain.catalog.names(ctx))
}

/**
 * What the pages show of a product, from what the catalogue knows of it.
 *
 * @param unlisted plans that the reader's organisation has not put on its list
 */
function toProduct(page: ProductPage, unlisted: ReadonlySet<string> = new Set()): Product {
  return {
    publisherId: page.publisherId,
    offerId: page.offerId,
    name: page.name,
    publisherName: page.publisherName,
    summary: page.summary,
    descriptionHtml: page.description,
    gettingStartedHtml: page.gettingStarted,
    logo: page.logos.large || null,
    screenshots: page.screenshots,
    videos: page.videos,
    documents: page.documents,
    stores: page.stores,
    listingOption: page.listingOption,
    linkedProducts: page.linkedProducts,
    deploymentObstacles: page.deploymentObstacles,
    categories: page.categories.map(({ key, name, store }) => ({ id: key, title: name, store })),
    industries: page.industries.map(({ name }) => name),
    appVersion: page.appVersion,
    pricingModel: page.pricingModel,
    plans: page.plans.map((plan) => ({
      planId: plan.planId,
      name: plan.name,
      description: plan.description,
      private: plan.visibility === 'private',
      onRequest: unlisted.has(plan.planId),
      currency: plan.prices?.currency ?? '',
      terms: (plan.prices?.terms ?? []).map(({ termUnit, amount }) => ({ termUnit, price: amount })),
      freeTrial: plan.freeTrial !== null,
      seats: plan.seats,
      dimensions: plan.dimensions,
    })),
    from: page.startingPrice,
    privacyPolicyUrl: page.privacyPolicyUrl,
    supportUrl: page.supportUrl,
    links: page.links,
    terms: page.terms,
    reseller: page.reseller,
    preview: null,
  }
}

/**
 * The product page of a live offer, with the private plans of the reader's tenant; with `-preview` after the offer's name that of its preview,
 * for those who may look at it. Null when there is none.
 *
 * @param previewKey of the preview's link
 * @param store in which it is looked at; the own portal without one
 */
export async function readProduct(
  services: Services,
  user: User | null,
  offer: { publisherId: string; offerId: string },
  market: string,
  previewKey?: string,
  store?: StoreId,
): Promise<Product | null> {
  const { kernel, domain } = services
  if (offer.offerId.endsWith(previewSuffix)) return readPreview(services, user, offer, market, previewKey)
  const reader = user && { tenantId: user.tenantId, reseller: user.roles.includes('reseller') }
  return kernel.read(user ?? { kind: 'anonymous' }, async (ctx) => {
    const page = await domain.catalog.product(ctx, { ...offer, market, store, ...reader })
    if (!page) return null
    const plans = page.plans.map((plan) => plan.planId)
    return toProduct(page, user ? await domain.procurement.unlisted(ctx, user.tenantId, page.offer, plans) : undefined)
  })
}

/** Ends the name of an offer's preview; no offer id ends like this. */
const previewSuffix = '-preview'

async function readPreview(
  { kernel, domain }: Services,
  user: User | null,
  { publisherId, offerId }: { publisherId: string; offerId: string },
  market: string,
  key: string | undefined,
): Promise<Product | null> {
  return kernel.read(user ?? { kind: 'anonymous' }, async (ctx) => {
    const found = await domain.publishing.previewFor(ctx, { publisherId, offerId: offerId.slice(0, -previewSuffix.length), key })
    const page = found && (await domain.catalog.preview(ctx, { snapshot: found.snapshot, market }))
    return page ? { ...toProduct(page), offerId, preview: { mayBuy: found.mayBuy } } : null
  })
}
