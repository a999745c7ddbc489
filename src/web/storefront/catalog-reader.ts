import type { Services } from '../services.ts'
import type { User } from '../session.ts'
import type { ListPage, Product, StoreId } from './listing.ts'

export interface ListQuery {
  store: StoreId
  market: string
  q?: string
  category?: string
  sort?: 'relevance' | 'name' | 'price'
  page?: number
}

/** A page of a store's public offers. */
export function listOffers({ kernel, domain }: Services, query: ListQuery): Promise<ListPage> {
  return kernel.read({ kind: 'anonymous' }, async (ctx) => {
    const list = await domain.catalog.list(ctx, query)
    return { ...list, categories: list.facets.categories }
  })
}

/** The product page of a live offer, with the private plans of the reader's tenant. Null when there is none. */
export function readProduct(
  { kernel, domain }: Services,
  user: User | null,
  offer: { publisherId: string; offerId: string },
  market: string,
): Promise<Product | null> {
  return kernel.read(user ?? { kind: 'anonymous' }, (ctx) =>
    domain.catalog.product(ctx, { ...offer, market, ...(user && { tenantId: user.tenantId }) }),
  )
}
