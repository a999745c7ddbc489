import type { Product, StoreId } from './listing.ts'

const cookieName = 'stoa_store'
const pattern = /(?:^|;\s*)stoa_store=(business|cloud)(?:;|$)/

function lastStore(request: Request): StoreId | null {
  return (pattern.exec(request.headers.get('cookie') ?? '')?.[1] as StoreId | undefined) ?? null
}

/**
 * The store in which an offer is looked at: the one of a preview's link, or the one that was visited last, where it lists the offer. Undefined
 * for an offer in no store, which its audience finds in the own portal.
 */
export function storeOf(request: Request, { stores, preview }: Pick<Product, 'stores' | 'preview'>): StoreId | undefined {
  const named = preview && stores.find((store) => store === new URL(request.url).searchParams.get('store'))
  const last = named ?? lastStore(request)
  return last && stores.includes(last) ? last : stores[0]
}

/** Customers come from their own portal to what is sold to them alone, whichever store lists the offer. */
export function comesFromPortal(request: Request): boolean {
  return new URL(request.url).searchParams.get('from') === 'account'
}

/** Remembers the store until the browser is closed; null when it is remembered already. */
export function storeCookie(request: Request, store: StoreId): string | null {
  return lastStore(request) === store ? null : `${cookieName}=${store}; Path=/; HttpOnly; SameSite=Lax`
}
