import type { ErrorDetail } from '../../kernel/errors.ts'
import type { DraftView } from './draft.ts'
import { disclosureAdvice, hidesItsLanguage } from './language.ts'
import { fixed, grows, membersKept, neverTo, planDimensionsKept, soldStays, standardContractKept, trialKept } from './locks.ts'
import { type Content, choice, defaultLanguage, field, type OfferType, page, when } from './offer-type.ts'
import type { SaasContent } from './saas-content.ts'
import { saasCertification, saasPhases } from './saas-phases.ts'
import { assembleSaas, fromVersion1 } from './saas-snapshot.ts'

/** Software as a service: sold through the marketplace, or listed only (spec/05 §5). */

const sold = when('setup', 'listingOption', ['transact', undefined], 'for an offer that is sold through the marketplace')

const privatePlan = when('plan-pricing', 'visibility', ['private'], 'for a private plan')

const storefront = { shown: ['storefront' as const] }
const customers = { shown: ['storefront' as const, 'checkout' as const] }
const reviewers = { shown: ['certification' as const] }
const resellers = { shown: ['reseller' as const] }

const documentFile = { accept: 'pdf' as const, maxBytes: 10 * 1024 * 1024 }
const wide = { width: 1280, height: 720 }

const setup = page({
  module: 'setup',
  label: 'Offer setup',
  help: 'How customers get the offer, and where their interest is reported.',
  scope: 'offer',
  fields: {
    listingOption: choice(
      {
        transact: 'Sell through the marketplace',
        'get-it-now-free': 'Get it now (Free)',
        'free-trial': 'Free trial',
        'contact-me': 'Contact me',
      },
      {
        label: 'Listing option',
        help: 'The button on the listing page. Once sold through the marketplace, an offer stays so.',
        group: 'Setup details',
        required: true,
        lock: soldStays,
        ...storefront,
      },
    ),
    offerUrl: field(
      'url',
      { reach: 'http', fragment: false },
      {
        label: 'Offer URL',
        help: 'Customers come here from Get it now.',
        group: 'Setup details',
        required: true,
        shownWhen: when('setup', 'listingOption', ['get-it-now-free'], 'for Get it now (Free)'),
        ...storefront,
      },
    ),
    trialUrl: field(
      'url',
      { reach: 'http', fragment: false },
      {
        label: 'Trial URL',
        help: 'Customers come here from Free trial.',
        group: 'Setup details',
        required: true,
        shownWhen: when('setup', 'listingOption', ['free-trial'], 'for Free trial'),
        ...storefront,
      },
    ),
    leads: field(
      'lead-destination',
      {},
      {
        label: 'Lead destination',
        help: 'Leads are always listed in this portal. An HTTPS endpoint receives them as well.',
        group: 'Customer leads',
        required: when('setup', 'listingOption', ['transact', 'contact-me'], 'for an offer that is sold, and for Contact me'),
        initial: { kind: 'list' },
      },
    ),
    graph: field(
      'flag',
      {},
      {
        label: 'The application works with Microsoft Graph',
        help: 'Administrators can then review the permissions it asks for.',
        group: 'Microsoft 365',
        initial: false,
      },
    ),
    graphApplicationId: field(
      'guid',
      {},
      {
        label: 'Directory application ID for Graph',
        help: 'The application of the landing page, when the offer is sold.',
        group: 'Microsoft 365',
        required: true,
        shownWhen: when('setup', 'graph', [true], 'when the application works with Microsoft Graph'),
      },
    ),
    microsoft365: field(
      'flag',
      {},
      {
        label: 'Link published Microsoft 365 clients',
        help: 'Teams apps, Office add-ins, SharePoint solutions.',
        group: 'Microsoft 365',
        initial: false,
      },
    ),
    linkedProducts: field(
      'products',
      { max: 50 },
      {
        label: 'AppSource links',
        help: 'In the order in which the listing page shows them.',
        group: 'Microsoft 365',
        required: true,
        shownWhen: when('setup', 'microsoft365', [true], 'when Microsoft 365 clients are linked'),
        ...storefront,
      },
    ),
  },
})

const properties = page({
  module: 'properties',
  label: 'Properties',
  help: 'Where the offer is found, and on which terms it is used.',
  scope: 'offer',
  fields: {
    categories: field(
      'categories',
      { column: 'saas', max: 2, maxChildren: 2 },
      { label: 'Categories', help: 'One or two. They decide in which store the offer is listed.', required: true, ...storefront },
    ),
    industries: field(
      'industries',
      { column: 'saasDynamics365', max: 2, maxChildren: 2 },
      { label: 'Industries', help: 'Leave empty unless the offer is made for an industry.', ...storefront },
    ),
    appVersion: field('text', { max: 50 }, { label: 'App version', ...storefront }),
    terms: field(
      'terms',
      {
        max: 10_000,
        consequence: 'An offer that has been published under the standard contract cannot change to terms of its own later.',
      },
      {
        label: 'Legal',
        help: 'The standard contract, with amendments or without, or terms of your own.',
        group: 'Legal',
        required: true,
        lock: standardContractKept,
        ...customers,
      },
    ),
  },
})

const listing = page({
  module: 'listing',
  label: 'Offer listing',
  help: 'What customers read and see before they decide.',
  scope: 'offer',
  perLanguage: true,
  fields: {
    name: field('text', { max: 50, emoji: false }, { label: 'Name', required: true, initial: ({ alias }) => alias, ...storefront }),
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
        required: sold,
        shown: ['checkout'],
      },
    ),
    keywords: field('keywords', { max: 3 }, { label: 'Search keywords', help: 'Up to three. Name and description are searched anyway.' }),
    privacyPolicyUrl: field('url', { reach: 'https' }, { label: 'Privacy policy link', group: 'Links', required: true, ...storefront }),
    supportUrl: field('url', { reach: 'https' }, { label: 'Support URL', group: 'Links', required: true, ...storefront }),
    links: field('links', { max: 25 }, { label: 'Useful links', group: 'Links', ...storefront }),
    supportContact: field(
      'contact',
      {},
      { label: 'Support contact', help: 'For the marketplace, never shown to customers.', group: 'Contacts', required: true },
    ),
    engineeringContact: field(
      'contact',
      {},
      { label: 'Engineering contact', help: 'For questions of certification.', group: 'Contacts', required: true },
    ),
    cspContact: field('contact', {}, { label: 'CSP program contact', help: 'For resellers only.', group: 'Contacts', ...resellers }),
    cspMaterialsUrl: field(
      'url',
      { reach: 'https' },
      { label: 'CSP program marketing materials', help: 'For resellers only.', group: 'Contacts', ...resellers },
    ),
    logos: field(
      'logos',
      { min: 216, max: 350, medium: 90, small: 48 },
      {
        label: 'Logos',
        help: 'PNG of 216 to 350 pixels. The smaller ones are made from it; you can replace them.',
        group: 'Media',
        required: true,
        ...storefront,
      },
    ),
    screenshots: field(
      'screenshots',
      { max: 5, ...wide },
      { label: 'Screenshots', help: 'PNG of 1280 × 720 pixels, with a caption.', group: 'Media', required: true, ...storefront },
    ),
    videos: field(
      'videos',
      { max: 4, ...wide },
      { label: 'Videos', help: 'On YouTube or Vimeo, each with a PNG of 1280 × 720 pixels.', group: 'Media', ...storefront },
    ),
    documents: field(
      'documents',
      { max: 3, ...documentFile },
      {
        label: 'Documents',
        help: 'One to three PDF files with the name that customers read.',
        group: 'Media',
        required: true,
        ...storefront,
      },
    ),
  },
  advice: [
    ({ description }) =>
      description && hidesItsLanguage(description)
        ? [{ code: 'LanguageNotDisclosed', target: 'description', message: disclosureAdvice }]
        : [],
  ],
})

const previewAudience = page({
  module: 'preview-audience',
  label: 'Preview audience',
  help: 'They see and buy the preview, with every plan, before it goes live.',
  scope: 'offer',
  shownWhen: sold,
  fields: {
    people: field(
      'audience',
      // spec/05 C-6: printed with a lower-case L once; both are taken, the right one is written.
      { id: 'person', manual: 10, max: 20, csvType: ['MixedAadMsaId', 'MixedAadMsald'] },
      { label: 'People', help: 'The e-mail address or the sign-in name: where the two differ, the sign-in name counts.', required: true },
    ),
  },
})

const technicalConfiguration = page({
  module: 'technical-configuration',
  label: 'Technical configuration',
  help: 'How the marketplace reaches your service, and how your service proves who it is.',
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
    tenantId: field('guid', {}, { label: 'Directory tenant ID', required: true }),
    applicationId: field('guid', {}, { label: 'Directory application ID', required: true }),
  },
  application: ({ tenantId, applicationId }) => (tenantId && applicationId ? { tenantId, applicationId } : undefined),
})

const pricing = page({
  module: 'pricing',
  label: 'Pricing model',
  help: 'What all plans of the offer have in common.',
  scope: 'offer',
  shownWhen: sold,
  fields: {
    model: choice(
      { 'flat-rate': 'Flat rate', 'per-user': 'Per user' },
      {
        label: 'Pricing model',
        help: 'The same for all plans. It cannot change once it has been published.',
        required: true,
        lock: fixed,
        ...customers,
      },
    ),
    dimensions: field(
      'dimensions',
      { max: 30 },
      {
        label: 'Dimensions',
        help: 'What you meter beyond the flat rate. Shared by all plans.',
        lock: grows,
        shownWhen: when('pricing', 'model', ['flat-rate', undefined], 'for the flat rate'),
        ...customers,
      },
    ),
  },
})

const planListing = page({
  module: 'plan-listing',
  label: 'Plan listing',
  scope: 'plan',
  shownWhen: sold,
  language: defaultLanguage,
  fields: {
    name: field('text', { max: 50, emoji: false }, { label: 'Plan name', required: true, ...customers }),
    description: field('multiline', { max: 500 }, { label: 'Plan description', required: true, ...customers }),
  },
  rules: [uniquePlanName],
})

function uniquePlanName({ name }: { name?: string }, draft: DraftView, plan: string | undefined): ErrorDetail[] {
  const taken = draft.plans.some(
    ({ planId }) =>
      planId !== plan &&
      draft.content<{ name: string }>({ module: 'plan-listing', plan: planId, variant: defaultLanguage }).name?.toLowerCase() ===
        name?.toLowerCase(),
  )
  return name && taken ? [{ code: 'PlanNameTaken', target: 'name', message: `Another plan of the offer is already named ${name}.` }] : []
}

type OfPricing = Content<(typeof pricing)['fields']>

const planPricing = page({
  module: 'plan-pricing',
  label: 'Pricing and availability',
  scope: 'plan',
  shownWhen: sold,
  fields: {
    markets: field('markets', { max: 141 }, { label: 'Markets', group: 'Markets', required: true, ...customers }),
    prices: field(
      'term-prices',
      {},
      {
        label: 'Prices in US dollars',
        help: 'For a month, a year or both. 0 is a price too.',
        group: 'Pricing',
        required: true,
        lock: membersKept,
        ...customers,
      },
    ),
    marketPrices: field(
      'market-prices',
      {},
      {
        label: 'Prices of single markets',
        help: 'In the currency of the market, instead of the converted price. For many at once, export and import the prices.',
        group: 'Pricing',
        ...customers,
      },
    ),
    seats: field(
      'seats',
      {},
      {
        label: 'Number of users',
        help: 'How few and how many users a customer can buy.',
        group: 'Pricing',
        shownWhen: when('pricing', 'model', ['per-user'], 'for prices per user'),
        ...customers,
      },
    ),
    dimensions: field(
      'plan-dimensions',
      { of: { module: 'pricing', field: 'dimensions' } },
      {
        label: 'Dimensions of the plan',
        help: 'They cannot change once the plan has been published.',
        group: 'Metering',
        lock: planDimensionsKept,
        shownWhen: when('pricing', 'model', ['flat-rate', undefined], 'for the flat rate'),
        ...customers,
      },
    ),
    freeTrial: choice(
      { P1M: 'One month' },
      {
        label: 'Free trial',
        help: 'Not with dimensions. It cannot be taken back once it has been published.',
        group: 'Free trial',
        lock: trialKept,
        ...customers,
      },
    ),
    visibility: choice(
      { public: 'Public', private: 'Private: only the tenants of its audience see it' },
      {
        label: 'Plan visibility',
        help: 'A private plan can become public, a public one never private.',
        group: 'Visibility',
        required: true,
        lock: neverTo('private'),
        ...storefront,
      },
    ),
    audience: field(
      'live-audience',
      { id: 'tenant', manual: 10, max: 20_000, csvType: ['TenantID'] },
      {
        label: 'Private audience',
        help: 'Tenant IDs of the customers who see the plan.',
        group: 'Visibility',
        shownWhen: privatePlan,
      },
    ),
  },
  rules: [
    ({ dimensions = [], freeTrial }) =>
      freeTrial && dimensions.some((row) => row.enabled)
        ? [{ code: 'TrialNotAllowed', target: 'freeTrial', message: 'A plan with dimensions cannot have a free trial.' }]
        : [],
    ({ dimensions = [] }, draft) => {
      const known = new Set((draft.content<OfPricing>({ module: 'pricing' }).dimensions ?? []).map((dimension) => dimension.id))
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

const cosell = page({
  module: 'cosell',
  label: 'Co-sell with Microsoft',
  help: 'For sellers who bring the offer to their customers. Nothing of it is shown to customers.',
  scope: 'offer',
  compared: false,
  fields: {
    cosell: field('flag', {}, { label: 'The offer can be co-sold', initial: false }),
    documents: field(
      'documents',
      { max: 5, ...documentFile },
      {
        label: 'Documents for sellers',
        help: 'A one-page summary, a pitch deck, a reference architecture.',
        shownWhen: when('cosell', 'cosell', [true], 'for an offer that can be co-sold'),
        ...reviewers,
      },
    ),
    contacts: field(
      'repeated',
      {
        max: 10,
        itemLabel: 'contact',
        fields: {
          name: field('text', { max: 100, emoji: false }, { label: 'Name', required: true }),
          email: field('email', {}, { label: 'E-mail address', required: true }),
          phone: field('phone', {}, { label: 'Phone' }),
          countries: field('regions', { max: 249 }, { label: 'Countries', required: true }),
        },
      },
      {
        label: 'Contacts',
        help: 'Whom sellers ask, and in which countries.',
        required: true,
        shownWhen: when('cosell', 'cosell', [true], 'for an offer that can be co-sold'),
        ...reviewers,
      },
    ),
  },
})

const resell = page({
  module: 'resell',
  label: 'Resell through CSPs',
  help: 'Which partners of the Cloud Solution Provider program may sell the offer to their customers.',
  scope: 'offer',
  compared: false,
  shownWhen: sold,
  fields: {
    partners: choice(
      { any: 'Any partner in the program', selected: 'Partners that I select', none: 'No partner' },
      { label: 'Resellers', help: 'Without a choice no partner sells it.', initial: 'none', ...resellers },
    ),
    tenants: field(
      'repeated',
      {
        max: 1000,
        itemLabel: 'partner',
        fields: {
          tenantId: field('guid', {}, { label: 'Tenant ID', required: true }),
          name: field('text', { max: 100 }, { label: 'Name' }),
        },
      },
      {
        label: 'Selected partners',
        required: true,
        shownWhen: when('resell', 'partners', ['selected'], 'for selected partners'),
        ...resellers,
      },
    ),
  },
  rules: [
    ({ tenants = [] }) => {
      const ids = tenants.map((row) => row.tenantId)
      const twice = ids.findIndex((id, index) => ids.indexOf(id) !== index)
      return twice < 0 ? [] : [{ code: 'PartnerTwice', target: `tenants.${twice}.tenantId`, message: 'Select each partner once.' }]
    },
  ],
})

const supplemental = page({
  module: 'supplemental',
  label: 'Supplemental content',
  help: 'For certification only: what a reviewer needs to try the offer.',
  scope: 'offer',
  compared: false,
  fields: {
    instructions: field('multiline', { max: 3000 }, { label: 'Validation instructions', help: 'Accounts, settings, steps.', ...reviewers }),
    documents: field('documents', { max: 5, ...documentFile }, { label: 'Documents for reviewers', ...reviewers }),
  },
})

export const saasPages = { setup, properties, listing, previewAudience, technicalConfiguration, pricing, planListing, planPricing, resell }

export const saas: OfferType<SaasContent> = {
  type: 'saas',
  label: 'Software as a Service',
  definitionVersion: 2,
  upcasters: { 1: fromVersion1 },
  pages: [
    setup,
    properties,
    listing,
    previewAudience,
    technicalConfiguration,
    pricing,
    planListing,
    planPricing,
    cosell,
    resell,
    supplemental,
  ] as unknown as OfferType['pages'],
  plans: { max: 100, maxPrivate: 45, shownWhen: sold, required: sold, privateWhen: privatePlan },
  phases: saasPhases,
  certification: saasCertification,
  assemble: (draft) => assembleSaas(draft, saasPages),
}
