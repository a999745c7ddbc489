/** The two storefronts, as in their addresses. */
export type StoreId = 'business' | 'cloud'

export type TermUnit = 'P1M' | 'P1Y'

export type PricingModel = 'flat-rate' | 'per-user'

/** An offer in a list. */
export interface Card {
  publisherId: string
  offerId: string
  name: string
  publisherName: string
  summary: string
  /** hash of the logo in the file store */
  logo: string | null
  /** titles of the offer's categories in this store */
  categories: readonly string[]
  pricingModel: PricingModel
  /** the lowest price of a public plan in the visitor's market */
  from: { amount: string; currency: string; termUnit: TermUnit } | null
  freeTrial: boolean
  metered: boolean
}

export interface CategoryCount {
  id: string
  title: string
  count: number
}

export interface ListPage {
  items: Card[]
  total: number
  /** counted from 1 */
  page: number
  pageSize: number
  categories: CategoryCount[]
}

export interface PlanDimension {
  id: string
  displayName: string
  unitOfMeasure: string
  pricePerUnit: string
  infinite: boolean
  included: Partial<Record<TermUnit, number>>
}

export interface ProductPlan {
  planId: string
  name: string
  description: string
  private: boolean
  /** priced in the visitor's market; in the order month, year */
  terms: { termUnit: TermUnit; price: string }[]
  freeTrial: boolean
  seats: { min: number; max: number } | null
  dimensions: PlanDimension[]
}

export interface Terms {
  kind: 'standard' | 'own'
  version: string
  html?: string | undefined
  url?: string | undefined
}

/** What the product page and the buying pages show of an offer in one market. */
export interface Product {
  publisherId: string
  offerId: string
  name: string
  publisherName: string
  summary: string
  /** sanitised when the publisher saved it */
  descriptionHtml: string
  logo: string | null
  screenshots: { file: string; caption: string }[]
  stores: StoreId[]
  categories: { id: string; title: string; store: StoreId }[]
  industries: string[]
  appVersion: string | undefined
  pricingModel: PricingModel
  currency: string
  plans: ProductPlan[]
  privacyPolicyUrl: string
  supportUrl: string
  links: { title: string; url: string }[]
  terms: Terms
}

/** `contoso.contoso-crm`, the last part of a product's address. */
export function productKey(offer: { publisherId: string; offerId: string }): string {
  return `${offer.publisherId}.${offer.offerId}`
}

/** A publisher id has no dot, so the first dot separates it from the offer id. Null for what cannot be a product. */
export function parseProductKey(key: string): { publisherId: string; offerId: string } | null {
  const dot = key.indexOf('.')
  if (dot < 1 || dot === key.length - 1) return null
  return { publisherId: key.slice(0, dot), offerId: key.slice(dot + 1) }
}
