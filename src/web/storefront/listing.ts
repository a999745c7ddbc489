import type { DeploymentObstacle } from '../../domain/catalog/index.ts'
/** The two storefronts, as in their addresses. */
export type StoreId = 'business' | 'cloud'

export type TermUnit = 'P1M' | 'P1Y'

/** How customers get an offer. Only `transact` is bought here (spec/05 §5.1). */
export type ListingOption = 'transact' | 'get-it-now-free' | 'free-trial' | 'contact-me'

export type PricingModel = 'flat-rate' | 'per-user'

export interface PlanDimension {
  id: string
  displayName: string
  unitOfMeasure: string
  /** decimal text; null where the plan is not sold here */
  pricePerUnit: string | null
  infinite: boolean
  included: { P1M?: number | undefined; P1Y?: number | undefined }
}

export interface ProductPlan {
  planId: string
  name: string
  description: string
  private: boolean
  /** not on the list of what the reader's organisation lets its people buy */
  onRequest: boolean
  currency: string
  /** priced in the visitor's market, none where the plan is not sold; in the order month, year */
  terms: { termUnit: TermUnit; price: string }[]
  freeTrial: boolean
  /** max null: as many as wanted */
  seats: { min: number; max: number | null } | null
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
  /** sanitised; may be empty */
  gettingStartedHtml: string
  logo: string | null
  screenshots: { file: string; caption: string }[]
  /** on YouTube or Vimeo; `thumbnail` is a file of ours */
  videos: { title: string; url: string; thumbnail: string }[]
  /** PDF */
  documents: { name: string; file: string }[]
  stores: StoreId[]
  listingOption: ListingOption
  /** addresses of Microsoft 365 apps that belong to it, by rank */
  linkedProducts: string[]
  /** why offer and apps cannot be deployed at once; null without such apps */
  deploymentObstacles: DeploymentObstacle[] | null
  categories: { id: string; title: string; store: StoreId }[]
  industries: string[]
  appVersion: string | null
  /** null when it is listed only */
  pricingModel: PricingModel | null
  plans: ProductPlan[]
  /** the cheapest term of all plans shown, by month where any is sold by month */
  from: { amount: string; currency: string; termUnit: TermUnit; perUser: boolean; metered: boolean } | null
  privacyPolicyUrl: string
  supportUrl: string
  links: { title: string; url: string }[]
  terms: Terms
  /** what only resellers that may sell it see */
  reseller: { contact: { name: string; email: string; phone: string } | null; materialsUrl: string | null } | null
  /** of a preview, whose name ends in `-preview`: whether the reader is one of its audience. Null for what is live */
  preview: { mayBuy: boolean } | null
}

/** `contoso.contoso-crm`, the last part of a product's address. */
export function productKey(offer: { publisherId: string; offerId: string }): string {
  return `${offer.publisherId}.${offer.offerId}`
}

/** A publisher id has no dot, so the first dot separates it from the offer id, which ends in `-preview` for a preview. Null for what cannot be a product. */
export function parseProductKey(key: string): { publisherId: string; offerId: string } | null {
  const [, publisherId, offerId] = /^([a-z0-9_-]{1,50})\.([a-z0-9_-]{1,58})$/.exec(key) ?? []
  return publisherId && offerId ? { publisherId, offerId } : null
}
