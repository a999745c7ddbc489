import { type Store, storeCategories, storeIndustries, type TreeNode } from '../../kernel/reference-data.ts'
import type { ListingOption, SaasContent } from '../offers/index.ts'
import { type Places, withParents } from './places.ts'

/** What a list can be narrowed by. Choices of one kind exclude each other, choices of different kinds add up. */
export type FacetKind = 'category' | 'industry' | 'option' | 'pricing' | 'trial' | 'publisher'

export const facetKinds: readonly FacetKind[] = ['category', 'industry', 'option', 'pricing', 'trial', 'publisher']

export interface FacetValue {
  kind: FacetKind
  key: string
}

/** Publishers that are offered as filters. */
const publishersShown = 10

export interface FacetCount extends FacetValue {
  /** only of publishers */
  name: string | null
  count: number
}

export interface Facet {
  key: string
  name: string
  count: number
  children: { key: string; name: string; count: number }[]
}

export type Facets = Record<FacetKind, Facet[]>

/** How an offer is had, as the button on its page says it (spec/05 §5.1). */
const optionNames: Record<ListingOption, string> = {
  transact: 'Buy here',
  'get-it-now-free': 'Free',
  'free-trial': 'Free trial of the publisher',
  'contact-me': 'Contact the publisher',
}

const pricingNames = { 'flat-rate': 'Flat rate', 'per-user': 'Per user', metered: 'By usage' }

/** Industries belong to the business store (spec/09 §4.1). */
const treesOf = (store: Store): Partial<Record<FacetKind, TreeNode[]>> => ({
  category: storeCategories[store],
  ...(store === 'business' && { industry: storeIndustries }),
})

const namesOf: Partial<Record<FacetKind, Record<string, string>>> = {
  option: optionNames,
  pricing: pricingNames,
  trial: { yes: 'First month free' },
}

/** Everything that an offer is found under in a store. */
export function facetsOf(content: SaasContent, places: Places, store: Store, publisherId: string): FacetValue[] {
  const { setup } = content
  const plans = content.plans.filter((plan) => plan.visibility === 'public')
  const metered = plans.some((plan) => plan.dimensions.some((row) => row.enabled && !row.infinite))
  return [
    ...withParents(places.categories[store]).map((key): FacetValue => ({ kind: 'category', key })),
    ...(store === 'business' ? withParents(places.industries) : []).map((key): FacetValue => ({ kind: 'industry', key })),
    { kind: 'option', key: setup.listingOption },
    ...(content.pricingModel ? [{ kind: 'pricing' as const, key: content.pricingModel }] : []),
    ...(metered ? [{ kind: 'pricing' as const, key: 'metered' }] : []),
    ...(plans.some((plan) => plan.freeTrial !== undefined) ? [{ kind: 'trial' as const, key: 'yes' }] : []),
    { kind: 'publisher', key: publisherId },
  ]
}

/** Counts as the store shows them: trees in their published order, the publishers with the most. */
export function presentFacets(store: Store, counts: readonly FacetCount[]): Facets {
  const trees = treesOf(store)
  const present = (kind: FacetKind): Facet[] => {
    const own = new Map(counts.filter((row) => row.kind === kind).map((row) => [row.key, row]))
    const number = (key: string) => own.get(key)?.count ?? 0
    const tree = trees[kind]
    if (tree) {
      return tree.flatMap((node) => {
        if (!own.has(node.key)) return []
        const children = node.children.flatMap((child) => {
          const key = `${node.key}/${child.key}`
          return own.has(key) ? [{ key, name: child.name, count: number(key) }] : []
        })
        return [{ key: node.key, name: node.name, count: number(node.key), children }]
      })
    }
    const names = namesOf[kind]
    if (names)
      return Object.entries(names).flatMap(([key, name]) => (own.has(key) ? [{ key, name, count: number(key), children: [] }] : []))
    const most = [...own.values()].sort((a, b) => b.count - a.count || (a.key < b.key ? -1 : 1)).slice(0, publishersShown)
    return most.map((row) => ({ key: row.key, name: row.name ?? row.key, count: number(row.key), children: [] }))
  }
  return Object.fromEntries(facetKinds.map((kind) => [kind, present(kind)])) as Facets
}
