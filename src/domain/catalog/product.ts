import { categoryTree, findInTree, type Store } from '../../kernel/reference-data.ts'
import type { PricingModel, SaasContent, TermUnit } from '../offers/index.ts'
import { plainText } from '../offers/index.ts'

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

/** What product pages show of an offer, apart from prices: those depend on the market. Contacts are never part of it (SA-127). */
export interface PageContent {
  publisherName: string
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
    }
  >
  categories: CategoryName[]
  industries: string[]
  appVersion: string | null
  terms: SaasContent['properties']['terms']
  /** null when it is listed only */
  pricingModel: PricingModel | null
  dimensions: SaasContent['dimensions']
  plans: (Omit<SaasContent['plans'][number], 'markets'> & { markets: string[] })[]
}

/** Names of the chosen categories, in the order of the publisher's choice. */
function categoryNames(categories: SaasContent['properties']['categories']): CategoryName[] {
  return (['business', 'cloud'] as const).flatMap((store) =>
    categories[store].flatMap((key) => {
      const found = findInTree(categoryTree(store, 'saas'), key)
      return found ? [{ store, key, name: found.child ?? found.name, parent: found.name }] : []
    }),
  )
}

/** Paths under which a product is found: `Sales/crm` is also in `Sales`. */
export function categoryPaths(keys: string[]): string[] {
  return [...new Set(keys.flatMap((key) => [key.split('/')[0] ?? key, key]))]
}

export function pageContent(content: SaasContent, publisherName: string): PageContent {
  return {
    publisherName,
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
        } = texts
        return [
          language,
          { name, summary, shortDescription, description, gettingStarted, links, privacyPolicyUrl, supportUrl, logos, screenshots },
        ]
      }),
    ),
    categories: categoryNames(content.properties.categories),
    industries: content.properties.industries,
    appVersion: content.properties.appVersion ?? null,
    terms: content.properties.terms,
    pricingModel: content.pricingModel ?? null,
    dimensions: content.dimensions,
    plans: content.plans,
  }
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
    names: [publisherName, ...(listing?.keywords ?? [])].join(' '),
    summary: [listing?.summary, listing?.shortDescription].filter(Boolean).join(' '),
    description: listing ? plainText(listing.description) : '',
  }
}
