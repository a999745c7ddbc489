import { createHash } from 'node:crypto'
import type { DraftView } from './draft.ts'
import { type Content, defaultLanguage, type Fields, type Page, shownContent } from './offer-type.ts'
import type { saasPages } from './saas.ts'
import type { PricingModel, SaasContent, SaasPlan, TermUnit } from './saas-content.ts'

/** Version of the marketplace's standard contract that customers accept. */
const standardContractVersion = 'standard-2021-11'

type Pages = typeof saasPages

/** Content of a complete section: everything is there except what is optional. */
type Filled<F extends Fields, Optional extends keyof F = never> = Required<Omit<Content<F>, Optional>> & Partial<Pick<Content<F>, Optional>>

/** The members of an object that have a value. */
function given<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== '')) as never
}

/** Builds the snapshot's content. The draft is complete: publishing checks every page first. Hidden pages and fields are left out. */
export function assembleSaas(draft: DraftView, pages: Pages): SaasContent {
  const shown = (definition: { module: string }) => {
    const { shownWhen } = definition as Page
    return shownWhen === undefined || shownWhen.holds(draft, undefined)
  }
  const get = <F extends Fields, Optional extends keyof F = never>(
    definition: { module: string; fields: F },
    { plan, variant }: { plan?: string; variant?: string; optional?: Optional[] } = {},
  ) => {
    const content = shown(definition) ? draft.content({ module: definition.module, plan, variant }) : {}
    return shownContent(definition as unknown as Page, content, draft, plan) as Filled<F, Optional>
  }
  const {
    listingOption,
    offerUrl,
    trialUrl,
    graphApplicationId,
    linkedProducts = [],
    leads,
  } = get(pages.setup, {
    optional: ['offerUrl', 'trialUrl', 'graphApplicationId', 'linkedProducts', 'leads'],
  })
  const { categories, industries = [], appVersion, terms } = get(pages.properties, { optional: ['industries', 'appVersion'] })
  const { partners = 'none', tenants = [] } = get(pages.resell, { optional: ['partners', 'tenants'] })
  return {
    setup: {
      listingOption,
      linkedProducts,
      ...given({ offerUrl, trialUrl, graphApplicationId, leads: leads as SaasContent['setup']['leads'] }),
    },
    properties: { categories, industries, ...given({ appVersion }), terms: termsOf(terms), customAmendments: customAmendmentsOf(terms) },
    listing: Object.fromEntries(draft.variants('listing').map((language) => [language, listingIn(language)])),
    ...(shown(pages.pricing) ? soldContent() : { previewAudience: [], dimensions: [], plans: [] }),
    resell: { partners: shown(pages.resell) ? partners : 'none', tenantIds: tenants.map((row) => String(row.tenantId)) },
  } as SaasContent

  function listingIn(language: string) {
    const texts = get(pages.listing, {
      variant: language,
      optional: ['shortDescription', 'gettingStarted', 'keywords', 'links', 'videos', 'documents', 'cspContact', 'cspMaterialsUrl'],
    })
    const { shortDescription = texts.summary, keywords = [], links = [], videos = [], documents = [], ...rest } = texts
    return { ...rest, shortDescription, keywords, links, videos, documents }
  }

  /** What only an offer has that is sold. */
  function soldContent() {
    const { landingPageUrl, webhookUrl, tenantId, applicationId } = get(pages.technicalConfiguration)
    const { model, dimensions = [] } = get(pages.pricing, { optional: ['dimensions'] })
    return {
      // Drafts of before the audience had descriptions hold the addresses alone.
      previewAudience: get(pages.previewAudience).people.map((one: string | { id: string }) => (typeof one === 'string' ? one : one.id)),
      technicalConfiguration: { landingPageUrl, webhookUrl, tenantId, applicationId },
      pricingModel: model,
      dimensions,
      plans: draft.plans.map(({ planId }) => planContent(planId, model)),
    }
  }

  function planContent(planId: string, model: PricingModel): SaasPlan {
    const content = get(pages.planPricing, { plan: planId, optional: ['freeTrial', 'seats', 'dimensions'] })
    const { name, description } = get(pages.planListing, { plan: planId, variant: defaultLanguage })
    const { visibility, markets, prices, freeTrial, seats, dimensions: planDimensions = [] } = content
    return {
      planId,
      listing: { [defaultLanguage]: { name, description } },
      visibility,
      markets,
      terms: (['P1M', 'P1Y'] satisfies TermUnit[]).filter((term) => prices[term] !== undefined),
      ...(freeTrial ? { freeTrial } : {}),
      ...(model === 'per-user' ? { seats: seats ?? { min: 1 } } : {}),
      dimensions: planDimensions.map(({ dimensionId, enabled, infinite, included }) => ({ dimensionId, enabled, infinite, included })),
      priceList: draft.find({ module: 'plan-pricing', plan: planId })?.priceList ?? '',
    }
  }
}

type Terms = Filled<Pages['properties']['fields']>['terms']

/** Terms with the version that a customer accepts: own terms are a new version whenever their text changes. */
function termsOf(terms: Terms): SaasContent['properties']['terms'] {
  if (terms.kind === 'standard') {
    if (!terms.amendment) return { kind: 'standard', version: standardContractVersion }
    return { kind: 'standard', version: `${standardContractVersion}+${digest(terms.amendment)}`, html: paragraphs(terms.amendment) }
  }
  return { kind: 'own', version: `own-${digest(terms.html)}`, html: terms.html, ...(terms.url ? { url: terms.url } : {}) }
}

/** Amendments for single tenants, each a version of its own whenever its text changes. */
function customAmendmentsOf(terms: Terms): SaasContent['properties']['customAmendments'] {
  if (terms.kind !== 'standard') return []
  return (terms.custom ?? []).map((row) => ({
    version: `amendment-${digest(row.text)}`,
    html: paragraphs(row.text),
    tenantIds: row.tenants.map((tenant) => tenant.tenantId),
  }))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function paragraphs(text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  return `<p>${escaped.split(/\n+/).join('</p><p>')}</p>`
}

/** Version 1 knew only offers that are sold, without links, leads, videos, documents and resellers: any reseller sold them. */
export function fromVersion1(content: unknown): SaasContent {
  const before = content as Omit<SaasContent, 'resell'>
  return {
    ...before,
    setup: { ...before.setup, linkedProducts: [] },
    properties: { ...before.properties, customAmendments: [] },
    listing: Object.fromEntries(
      Object.entries(before.listing).map(([language, texts]) => [language, { ...texts, videos: [], documents: [] }]),
    ),
    resell: { partners: 'any', tenantIds: [] },
  }
}
