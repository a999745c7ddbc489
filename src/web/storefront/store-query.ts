import type { FacetKind } from '../../domain/catalog/index.ts'
import { fieldText } from '../form.ts'
import type { StoreId } from './listing.ts'

export type Sort = '' | 'name' | 'price' | 'newest'

/** What the address of a list asks for. */
export interface StoreQuery {
  q: string
  filters: Partial<Record<FacetKind, string>>
  sort: Sort
  page: number
}

/** The kinds of filter with the heading of their group, in the order in which they are shown. */
export const filterGroups: readonly (readonly [FacetKind, string])[] = [
  ['category', 'Categories'],
  ['industry', 'Industries'],
  ['option', 'How you get it'],
  ['pricing', 'Pricing'],
  ['trial', 'Free trial'],
  ['publisher', 'Publishers'],
]

const sorts: readonly string[] = ['name', 'price', 'newest'] satisfies Sort[]

/** Unknown values are treated as absent: an address is typed, shared and cut off. */
export function readStoreQuery(search: URLSearchParams): StoreQuery {
  const page = Number(search.get('page') ?? '1')
  const sort = search.get('sort') ?? ''
  const chosen = filterGroups.flatMap(([kind]) => {
    const key = fieldText(search, kind, 100)
    return key ? [[kind, key] as const] : []
  })
  return {
    q: fieldText(search, 'q'),
    filters: Object.fromEntries(chosen),
    sort: (sorts.includes(sort) ? sort : '') as Sort,
    page: Number.isInteger(page) && page >= 1 && page <= 10_000 ? page : 1,
  }
}

/** The address of a list: of its first page unless `page` says otherwise. */
export function storeAddress(store: StoreId, query: Partial<StoreQuery>): string {
  const { q, filters = {}, sort, page = 1 } = query
  const search = new URLSearchParams({
    ...(q && { q }),
    ...filters,
    ...(sort && { sort }),
    ...(page > 1 && { page: String(page) }),
  })
  return search.size > 0 ? `/store/${store}?${search}` : `/store/${store}`
}

/** The same filters with one of them changed, or taken away. */
export function withFilter({ filters }: StoreQuery, kind: FacetKind, key: string | null): StoreQuery['filters'] {
  const { [kind]: _changed, ...others } = filters
  return key === null ? others : { ...others, [kind]: key }
}
