import type { StoreId } from './listing.ts'

const cookieName = 'stoa_store'
const pattern = /(?:^|;\s*)stoa_store=(business|cloud)(?:;|$)/

/** The store that the visitor looked at last; null when none is known. An offer in both stores is shown, and its leads are told, as of this one. */
export function lastStore(request: Request): StoreId | null {
  return (pattern.exec(request.headers.get('cookie') ?? '')?.[1] as StoreId | undefined) ?? null
}

/** Remembers the store until the browser is closed; null when it is remembered already. */
export function storeCookie(request: Request, store: StoreId): string | null {
  return lastStore(request) === store ? null : `${cookieName}=${store}; Path=/; HttpOnly; SameSite=Lax`
}
