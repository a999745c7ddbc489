import { categoryTree, industryTree, samePlace, type Store, storeCategories, storeIndustries } from '../../kernel/reference-data.ts'
import { type SaasContent, treeColumns } from '../offers/index.ts'

/** Where an offer stands in the stores' own lists: paths of the stores' trees, whatever keys its type of offer uses. */
export interface Places {
  categories: Record<Store, string[]>
  industries: string[]
}

/** The places of an offer, in the order of its publisher's choice. What its type's tables do not have any more is left out. */
export function placesOf(offerType: string, { categories, industries }: SaasContent['properties']): Places {
  const columns = treeColumns(offerType)
  const inStore = (store: Store) => {
    const own = columns.categories === undefined ? [] : categoryTree(store, columns.categories)
    return categories[store].flatMap((path) => samePlace(own, path, storeCategories[store]) ?? [])
  }
  const own = columns.industries === undefined ? [] : industryTree(columns.industries)
  return {
    categories: { business: inStore('business'), cloud: inStore('cloud') },
    industries: industries.flatMap((path) => samePlace(own, path, storeIndustries) ?? []),
  }
}

/** Paths under which a product is found: `Sales/crm` is also in `Sales`. */
export function withParents(paths: readonly string[]): string[] {
  return [...new Set(paths.flatMap((path) => [path.split('/')[0] ?? path, path]))]
}
