import { findInTree, type Store, storeCategories, storeIndustries } from '../../kernel/reference-data.ts'
import type { ListingOption, PricingModel, SaasContent, TermUnit } from '../offers/index.ts'
import { linkedProductId, plainText } from '../offers/index.ts'
import type { Places } from './places.ts'

export interface CategoryName {
  store: Store
  /** path `parent` or `parent/child` */
  key: string
  name: string
  parent: string
}

export interface StartingPrice {
  /** decimal text in the currency */
  amount: string
  currency: string
  termUnit: TermUnit
  perUser: boolean
  /** usage above the included quantities comes on top */
  metered: boolean
}

export interface IndustryName {
  /** path `industry` or `industry/vertical` */
  key: string
  name: string
  parent: string
}

/** What resellers are told about selling the offer (SA-128, SA-210). */
export interface ResellerFacts {
  partners: 'any' | 'selected' | 'none'
  tenantIds: string[]
  contact: { name: string; email: string; phone: string } | null
  materialsUrl: string | null
}

/**
 * What product pages show of an offer, apart from prices: those depend on the market. Contacts are never part of it (SA-127), except the one
 * that resellers see.
 */
export interface PageContent {
  publisherName: string
  listingOption: ListingOption
  /** where Get it now or Free trial of an offer leads that is not sold here */
  targetUrl: string | null
  /** Microsoft 365 apps that belong to it, by rank (SA-109) */
  linkedProducts: string[]
  /** the application that works with Graph; null where none does */
  graphApplicationId: string | null
  listing: Record<
    string,
    {
      name: string
      summary: string
      shortDescription: string
      description: string
      gettingStarted: string
      links: { title: string; url: string }[]
      privacyPolicyUrl: string
      supportUrl: string
      logos: { small: string; medium: string; large: string }
      screenshots: { file: string; caption: string }[]
      videos: { title: string; url: string; thumbnail: string }[]
      documents: { name: string; file: string }[]
    }
  >
  categories: CategoryName[]
  industries: IndustryName[]
  appVersion: string | null
  terms: SaasContent['properties']['terms']
  /** null when it is listed only */
  pricingModel: PricingModel | null
  dimensions: SaasContent['dimensions']
  plans: SaasContent['plans']
  resell: ResellerFacts
}

/** Names of an offer's categories, in the order of the publisher's choice. */
function categoryNames(categories: Places['categories']): CategoryName[] {
  return (['business', 'cloud'] as const).flatMap((store) =>
    categories[store].flatMap((key) => {
      const found = findInTree(storeCategories[store], key)
      return found ? [{ store, key, name: found.child ?? found.name, parent: found.name }] : []
    }),
  )
}

/** Names of an offer's industries, in the order of the publisher's choice. */
function industryNames(paths: string[]): IndustryName[] {
  return paths.flatMap((key) => {
    const found = findInTree(storeIndustries, key)
    return found ? [{ key, name: found.child ?? found.name, parent: found.name }] : []
  })
}

export function pageContent(content: SaasContent, places: Places, publisherName: string): PageContent {
  const { setup, properties, resell } = content
  const own = inLanguage(content.listing, 'en')
  return {
    publisherName,
    listingOption: setup.listingOption,
    targetUrl: (setup.listingOption === 'free-trial' ? setup.trialUrl : setup.offerUrl) ?? null,
    linkedProducts: setup.linkedProducts.map(({ url }) => url),
    graphApplicationId: setup.graphApplicationId ?? null,
    listing: Object.fromEntries(
      Object.entries(content.listing).map(([language, texts]) => {
        const {
          name,
          summary,
          shortDescription,
          description,
          gettingStarted = '',
          links,
          privacyPolicyUrl,
          supportUrl,
          logos,
          screenshots,
          videos,
          documents,
        } = texts
        const shown = { name, summary, shortDescription, description, gettingStarted, links, privacyPolicyUrl, supportUrl, logos }
        return [language, { ...shown, screenshots, videos, documents }]
      }),
    ),
    categories: categoryNames(places.categories),
    industries: industryNames(places.industries),
    appVersion: properties.appVersion ?? null,
    terms: properties.terms,
    pricingModel: content.pricingModel ?? null,
    dimensions: content.dimensions,
    plans: content.plans,
    resell: { ...resell, contact: own?.cspContact ?? null, materialsUrl: own?.cspMaterialsUrl ?? null },
  }
}

/** Ids of the Microsoft 365 clients that belong to an offer, by rank: `WA104381441`. */
export function clientIds({ setup }: Pick<SaasContent, 'setup'>): string[] {
  return setup.linkedProducts.flatMap(({ url }) => linkedProductId(url) ?? [])
}

/** The text of a language, else the English one, else any. */
export function inLanguage<T>(texts: Record<string, T>, language: string): T | undefined {
  return texts[language] ?? texts.en ?? Object.values(texts)[0]
}

/** Words that a product is searched by, from the weightiest: title; publisher and keywords; summary; description. */
export function searchTexts(content: SaasContent, language: string, publisherName: string) {
  const listing = inLanguage(content.listing, language)
  return {
    title: listing?.name ?? '',
    // An offer and the clients that belong to it are one result (SA-111).
    names: [publisherName, ...(listing?.keywords ?? []), ...clientIds(content)].join(' '),
    summary: [listing?.summary, listing?.shortDescription].filter(Boolean).join(' '),
    description: listing ? plainText(listing.description) : '',
  }
}
