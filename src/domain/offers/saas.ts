import { createHash } from 'node:crypto'
import type { ErrorDetail } from '../../kernel/errors.ts'
import type { DraftView } from './draft.ts'
import type { SealedText } from './sealed.ts'
import { fixed, grows, membersKept, neverTo, planDimensionsKept, soldStays, standardContractKept, trialKept } from './locks.ts'
import { type Content, choice, field, type OfferType, type Page, page, shownContent, when } from './offer-type.ts'
import { saasCertification, saasPhases } from './saas-phases.ts'

/** Software as a service: sold through the marketplace, or listed only (spec/05 §5). */

/** Version of the marketplace's standard contract that customers accept. */
const standardContractVersion = 'standard-2021-11'

/** How customers get the offer (spec/05 §5.1). Only `transact` is sold through the marketplace. */
export type ListingOption = 'transact' | 'get-it-now-free' | 'free-trial' | 'contact-me'

export type TermUnit = 'P1M' | 'P1Y'
export type PricingModel = 'flat-rate' | 'per-user'

interface Contact {
  name: string
  email: string
  phone: string
}

interface SaasListing {
  name: string
  summary: string
  shortDescription: string
  /** sanitised HTML */
  description: string
  gettingStarted?: string
  keywords: string[]
  privacyPolicyUrl: string
  supportUrl: string
  supportContact: Contact
  engineeringContact: Contact
  links: { title: string; url: string }[]
  logos: { small: string; medium: string; large: string }
  screenshots: { file: string; caption: string }[]
  /** YouTube or Vimeo, each with a picture that stands for it */
  videos: { title: string; url: string; thumbnail: string }[]
  /** PDF */
  documents: { name: string; file: string }[]
  /** For resellers only, never for customers (SA-128, SA-210). */
  cspContact?: Contact
  cspMaterialsUrl?: string
}

/** Where leads go besides the portal's own list. The address holds its own credential and is encrypted. */
export type LeadDestination = { kind: 'list' } | { kind: 'https'; url: SealedText; emails: string[] }

interface SaasPlanDimension {
  dimensionId: string
  enabled: boolean
  infinite: boolean
  included: { P1M?: number | undefined; P1Y?: number | undefined }
}

export interface SaasPlan {
  planId: string
  listing: Record<string, { name: string; description: string }>
  visibility: 'public' | 'private'
  /** ISO 3166-1 alpha-2 */
  markets: string[]
  terms: TermUnit[]
  freeTrial?: 'P1M'
  /** Without `max` the number of seats is not limited. */
  seats?: { min: number; max?: number | undefined }
  dimensions: SaasPlanDimension[]
  /** hash */
  priceList: string
}

/** What a snapshot of a SaaS offer holds, version 2. */
export interface SaasContent {
  setup: {
    listingOption: ListingOption
    /** where Get it now leads, for `get-it-now-free` */
    offerUrl?: string
    /** where Free trial leads, for `free-trial` */
    trialUrl?: string
    graphApplicationId?: string
    /** published Microsoft 365 clients, in the order in which they are shown */
    linkedProducts: { url: string }[]
    /** absent: not connected */
    leads?: LeadDestination
  }
  properties: {
    categories: { business: string[]; cloud: string[] }
    industries: string[]
    appVersion?: string
    terms: { kind: 'standard' | 'own'; version: string; html?: string; url?: string }
    /** For customers of these tenants, in addition to the terms. Never public (AC-231). */
    customAmendments: { version: string; html: string; tenantIds: string[] }[]
  }
  /** language → texts */
  listing: Record<string, SaasListing>
  /** e-mail addresses or sign-in names; empty when the offer is listed only */
  previewAudience: string[]
  /** only of an offer that is sold */
  technicalConfiguration?: { landingPageUrl: string; webhookUrl: string; tenantId: string; applicationId: string }
  /** only of an offer that is sold */
  pricingModel?: PricingModel
  dimensions: { id: string; displayName: string; unitOfMeasure: string }[]
  /** none when the offer is listed only */
  plans: SaasPlan[]
  /** which resellers may sell it: all, those of the tenants, none */
  resell: { partners: 'any' | 'selected' | 'none'; tenantIds: string[] }
}

const sold = when('setup', 'listingOption', ['transact', undefined], 'for an offer that is sold through the marketplace')

const setup = page({
  module: 'setup',
  label: 'Offer setup',
  scope: 'offer',
  fields: {
    listingOption: choice(
      {
        transact: 'Sell through the marketplace',
        'get-it-now-free': 'Get it now (Free)',
        'free-trial': 'Free trial',
        'contact-me': 'Contact me',
      },
      { label: 'Listing option', help: 'How customers get the offer.', required: true, lock: soldStays, shown: ['storefront'] },
    ),
    offerUrl: field(
      'url',
      { reach: 'http', fragment: false },
      {
        label: 'Offer URL',
        help: 'Customers come here from Get it now.',
        required: true,
        shownWhen: when('setup', 'listingOption', ['get-it-now-free'], 'for Get it now (Free)'),
      },
    ),
    trialUrl: field(
      'url',
      { reach: 'http', fragment: false },
      {
        label: 'Trial URL',
        help: 'Customers come here from Free trial.',
        required: true,
        shownWhen: when('setup', 'listingOption', ['free-trial'], 'for Free trial'),
      },
    ),
  },
})

const properties = page({
  module: 'properties',
  label: 'Properties',
  scope: 'offer',
  fields: {
    categories: field(
      'categories',
      { column: 'saas', max: 2, maxChildren: 2 },
      {
        label: 'Categories',
        help: 'One or two. They decide in which store the offer is listed.',
        required: true,
        shown: ['storefront'],
      },
    ),
    industries: field(
      'industries',
      { column: 'saasDynamics365', max: 2, maxChildren: 2 },
      { label: 'Industries', help: 'Leave empty unless the offer is made for an industry.', shown: ['storefront'] },
    ),
    appVersion: field('text', { max: 50 }, { label: 'App version', shown: ['storefront'] }),
    terms: field(
      'terms',
      { max: 10_000 },
      {
        label: 'Legal',
        help: 'The standard contract, or terms of your own.',
        required: true,
        lock: standardContractKept,
        shown: ['storefront', 'checkout'],
      },
    ),
  },
})

const storefront = { shown: ['storefront' as const] }

const listing = page({
  module: 'listing',
  label: 'Offer listing',
  scope: 'offer',
  perLanguage: true,
  fields: {
    name: field('text', { max: 50, emoji: false }, { label: 'Name', required: true, ...storefront }),
    summary: field(
      'text',
      { max: 100, warnAbove: 50 },
      { label: 'Search results summary', help: 'One sentence, shown in search results.', required: true, ...storefront },
    ),
    shortDescription: field('text', { max: 256 }, { label: 'Short description', help: 'Shown below the title.', ...storefront }),
    description: field(
      'rich-text',
      { max: 3000 },
      {
        label: 'Description',
        help: 'What it does, for whom, and why it is worth it. Headings and lists are welcome.',
        required: true,
        ...storefront,
      },
    ),
    gettingStarted: field(
      'rich-text',
      { max: 3000 },
      {
        label: 'Getting started instructions',
        help: 'What a customer does first after the purchase.',
        required: true,
        shown: ['checkout'],
      },
    ),
    keywords: field('keywords', { max: 3 }, { label: 'Search keywords', help: 'Up to three. Name and description are searched anyway.' }),
    privacyPolicyUrl: field('url', { reach: 'https' }, { label: 'Privacy policy link', required: true, ...storefront }),
    supportUrl: field('url', { reach: 'https' }, { label: 'Support URL', required: true, ...storefront }),
    links: field('links', { max: 25 }, { label: 'Useful links', ...storefront }),
    supportContact: field('contact', undefined, {
      label: 'Support contact',
      help: 'For the marketplace, never shown to customers.',
      required: true,
    }),
    engineeringContact: field('contact', undefined, {
      label: 'Engineering contact',
      help: 'For questions of certification.',
      required: true,
    }),
    logos: field('logos', undefined, {
      label: 'Logos',
      help: 'PNG of 216 to 350 pixels. The smaller ones are generated.',
      required: true,
      ...storefront,
    }),
    screenshots: field(
      'screenshots',
      { max: 5 },
      { label: 'Screenshots', help: 'PNG of 1280 × 720 pixels, with a caption.', required: true, ...storefront },
    ),
  },
})

const previewAudience = page({
  module: 'preview-audience',
  label: 'Preview audience',
  scope: 'offer',
  shownWhen: sold,
  fields: {
    people: field(
      'people',
      { max: 20 },
      { label: 'People', help: 'They can see and buy the preview before it goes live.', required: true },
    ),
  },
})

const technicalConfiguration = page({
  module: 'technical-configuration',
  label: 'Technical configuration',
  scope: 'offer',
  shownWhen: sold,
  fields: {
    landingPageUrl: field(
      'url',
      { reach: 'https-or-loopback', fragment: false },
      { label: 'Landing page URL', help: 'Customers come here with a token to configure their purchase.', required: true },
    ),
    webhookUrl: field(
      'url',
      { reach: 'https-or-loopback', fragment: false },
      { label: 'Connection webhook', help: 'Changes of subscriptions are sent here.', required: true },
    ),
    tenantId: field('guid', undefined, { label: 'Directory tenant ID', required: true }),
    applicationId: field('guid', undefined, { label: 'Directory application ID', required: true }),
  },
  application: ({ tenantId, applicationId }) => (tenantId && applicationId ? { tenantId, applicationId } : undefined),
})

const pricing = page({
  module: 'pricing',
  label: 'Pricing model',
  scope: 'offer',
  shownWhen: sold,
  fields: {
    model: choice(
      { 'flat-rate': 'Flat rate', 'per-user': 'Per user' },
      { label: 'Pricing model', help: 'The same for all plans.', required: true, lock: fixed, shown: ['storefront', 'checkout'] },
    ),
    dimensions: field(
      'dimensions',
      { max: 30 },
      {
        label: 'Dimensions',
        help: 'What you meter beyond the flat rate. Shared by all plans.',
        lock: grows,
        shown: ['storefront', 'checkout'],
      },
    ),
  },
  rules: [
    ({ model, dimensions }) =>
      model === 'per-user' && dimensions
        ? [{ code: 'DimensionsNotAllowed', target: 'dimensions', message: 'Dimensions are for the flat rate only.' }]
        : [],
  ],
})

const planListing = page({
  module: 'plan-listing',
  label: 'Plan listing',
  scope: 'plan',
  shownWhen: sold,
  perLanguage: true,
  fields: {
    name: field('text', { max: 50, emoji: false }, { label: 'Plan name', required: true, shown: ['storefront', 'checkout'] }),
    description: field('multiline', { max: 500 }, { label: 'Plan description', required: true, shown: ['storefront', 'checkout'] }),
  },
  rules: [uniquePlanName],
})

function modelOf(draft: DraftView): PricingModel | undefined {
  return draft.content<Content<(typeof pricing)['fields']>>({ module: 'pricing' }).model
}

function dimensionsOf(draft: DraftView): { id: string; displayName: string; unitOfMeasure: string }[] {
  return draft.content<Content<(typeof pricing)['fields']>>({ module: 'pricing' }).dimensions ?? []
}

const planPricing = page({
  module: 'plan-pricing',
  label: 'Pricing and availability',
  scope: 'plan',
  shownWhen: sold,
  fields: {
    visibility: choice(
      { public: 'Public', private: 'Private: only the tenants of its audience see it' },
      { label: 'Plan visibility', required: true, lock: neverTo('private'), shown: ['storefront'] },
    ),
    markets: field('markets', { max: 141 }, { label: 'Markets', required: true, shown: ['storefront', 'checkout'] }),
    prices: field('term-prices', undefined, {
      label: 'Prices in US dollars',
      help: 'For a month, a year or both. 0 is a price too.',
      required: true,
      lock: membersKept,
      shown: ['storefront', 'checkout'],
    }),
    marketPrices: field('market-prices', undefined, {
      label: 'Prices of single markets',
      help: 'In the currency of the market, instead of the converted price.',
      shown: ['storefront', 'checkout'],
    }),
    freeTrial: choice({ P1M: 'One month' }, { label: 'Free trial', lock: trialKept, shown: ['storefront', 'checkout'] }),
    seats: field('seats', undefined, { label: 'Number of users', shown: ['storefront', 'checkout'] }),
    dimensions: field('plan-dimensions', undefined, {
      label: 'Dimensions of the plan',
      lock: planDimensionsKept,
      shown: ['storefront', 'checkout'],
    }),
  },
  rules: [
    ({ seats }, draft) =>
      seats && modelOf(draft) === 'flat-rate'
        ? [{ code: 'SeatsNotAllowed', target: 'seats', message: 'A flat rate has no number of users.' }]
        : [],
    ({ dimensions = [] }, draft) =>
      dimensions.some((row) => row.enabled) && modelOf(draft) === 'per-user'
        ? [{ code: 'DimensionsNotAllowed', target: 'dimensions', message: 'Dimensions are for the flat rate only.' }]
        : [],
    ({ dimensions = [], freeTrial }) =>
      freeTrial && dimensions.some((row) => row.enabled)
        ? [{ code: 'TrialNotAllowed', target: 'freeTrial', message: 'A plan with dimensions cannot have a free trial.' }]
        : [],
    ({ dimensions = [] }, draft) => {
      const known = new Set(dimensionsOf(draft).map((dimension) => dimension.id))
      return dimensions.flatMap((row, index): ErrorDetail[] =>
        known.has(row.dimensionId)
          ? []
          : [
              {
                code: 'UnknownDimension',
                target: `dimensions.${index}.dimensionId`,
                message: `The offer has no dimension ${row.dimensionId}.`,
              },
            ],
      )
    },
    ({ visibility }, draft, plan) =>
      visibility === 'private' && (draft.audienceSizes.get(plan ?? '') ?? 0) === 0
        ? [{ code: 'AudienceRequired', target: 'visibility', message: 'A private plan needs at least one tenant in its audience.' }]
        : [],
  ],
  prices: ({ markets = [], prices = {}, marketPrices = {}, dimensions = [] }) => {
    const usd: Record<string, string> = {}
    for (const [term, amount] of Object.entries(prices)) if (amount !== undefined) usd[`term:${term}`] = amount
    for (const row of dimensions) if (row.enabled && row.pricePerUnit !== undefined) usd[`dimension:${row.dimensionId}`] = row.pricePerUnit
    return { markets, usd, overrides: marketPrices }
  },
})

function uniquePlanName({ name }: { name?: string }, draft: DraftView, plan: string | undefined): ErrorDetail[] {
  const taken = draft.plans.some(
    ({ planId }) =>
      planId !== plan &&
      draft.content<{ name: string }>({ module: 'plan-listing', plan: planId, variant: 'en' }).name?.toLowerCase() === name?.toLowerCase(),
  )
  return name && taken ? [{ code: 'PlanNameTaken', target: 'name', message: `Another plan of the offer is already named ${name}.` }] : []
}

type FieldsOf = Parameters<typeof page>[0]['fields']
/** Content of a complete section: everything is there except what is optional. */
type Filled<F extends FieldsOf, Optional extends keyof F = never> = Required<Omit<Content<F>, Optional>> &
  Partial<Pick<Content<F>, Optional>>

/** Builds the snapshot's content. The draft is complete: publishing checks every page first. */
function assemble(draft: DraftView): SaasContent {
  const get = <F extends FieldsOf, Optional extends keyof F = never>(
    definition: { module: string; fields: F },
    { plan, variant }: { plan?: string; variant?: string; optional?: Optional[] } = {},
  ) => {
    const content = draft.content({ module: definition.module, plan, variant })
    return shownContent(definition as unknown as Page, content, draft, plan) as Filled<F, Optional>
  }
  const { categories, industries = [], appVersion, terms } = get(properties, { optional: ['industries', 'appVersion'] })
  const chosen = get(setup, { optional: ['offerUrl', 'trialUrl'] })
  return {
    setup: {
      listingOption: chosen.listingOption,
      ...(chosen.offerUrl ? { offerUrl: chosen.offerUrl } : {}),
      ...(chosen.trialUrl ? { trialUrl: chosen.trialUrl } : {}),
      linkedProducts: [],
    },
    properties: { categories, industries, ...(appVersion ? { appVersion } : {}), terms: termsOf(terms), customAmendments: [] },
    listing: Object.fromEntries(
      draft.variants('listing').map((language) => {
        const texts = get(listing, { variant: language, optional: ['shortDescription', 'keywords', 'links'] })
        const { shortDescription = texts.summary, keywords = [], links = [], ...rest } = texts
        return [language, { ...rest, shortDescription, keywords, links, videos: [], documents: [] }]
      }),
    ),
    ...(sold.holds(draft, undefined) ? soldContent() : { previewAudience: [], dimensions: [], plans: [] }),
    resell: { partners: 'any', tenantIds: [] },
  }

  /** What only an offer has that is sold. */
  function soldContent() {
    const { landingPageUrl, webhookUrl, tenantId, applicationId } = get(technicalConfiguration)
    const { model, dimensions = [] } = get(pricing, { optional: ['dimensions'] })
    return {
      previewAudience: get(previewAudience).people,
      technicalConfiguration: { landingPageUrl, webhookUrl, tenantId, applicationId },
      pricingModel: model,
      dimensions,
      plans: draft.plans.map(({ planId }) => planContent(planId, model)),
    }
  }

  function planContent(planId: string, model: PricingModel): SaasPlan {
    const content = get(planPricing, { plan: planId, optional: ['freeTrial', 'seats', 'dimensions'] })
    const { visibility, markets, prices, freeTrial, seats, dimensions: planDimensions = [] } = content
    return {
      planId,
      listing: Object.fromEntries(
        draft.variants('plan-listing', planId).map((language) => {
          const { name, description } = get(planListing, { plan: planId, variant: language })
          return [language, { name, description }]
        }),
      ),
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

/** Version 1 knew only offers that are sold, without links, leads, videos, documents and resellers: any reseller sold them. */
function fromVersion1(content: unknown): SaasContent {
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

/** Terms with the version that a customer accepts: own terms are a new version whenever their text changes. */
function termsOf(terms: Filled<(typeof properties)['fields']>['terms']): SaasContent['properties']['terms'] {
  if (terms.kind === 'standard') {
    if (!terms.amendment) return { kind: 'standard', version: standardContractVersion }
    return { kind: 'standard', version: `${standardContractVersion}+${digest(terms.amendment)}`, html: escapeLines(terms.amendment) }
  }
  return { kind: 'own', version: `own-${digest(terms.html)}`, html: terms.html, ...(terms.url ? { url: terms.url } : {}) }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

function escapeLines(text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  return `<p>${escaped.split(/\n+/).join('</p><p>')}</p>`
}

export const saas: OfferType<SaasContent> = {
  type: 'saas',
  label: 'Software as a Service',
  definitionVersion: 2,
  upcasters: { 1: fromVersion1 },
  pages: [setup, properties, listing, previewAudience, technicalConfiguration, pricing, planListing, planPricing] as OfferType['pages'],
  plans: { max: 100, maxPrivate: 45, shownWhen: sold, required: sold },
  phases: saasPhases,
  certification: saasCertification,
  assemble,
}
