import { getTableColumns, is, sql } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { offerFixture, publicPricing } from '../../../test/offer-fixture.ts'
import { utcDate } from '../../kernel/clock.ts'
import { anonymous, type UserPrincipal } from '../../kernel/context.ts'
import { markets } from '../../kernel/reference-data.ts'
import type { SaasContent } from '../offers/index.ts'
import * as schema from './schema.ts'
import { likelyMeant, slips, wanted, wordsOf } from './search-words.ts'
import type { ListInput } from './service.ts'
import { marketBit } from './shelf.ts'
import { createShelves } from './shelves.ts'
import * as store from './store.ts'
import { storesOf } from './store-rules.ts'

const market = await offerFixture()
const { as, catalog, kernel, offers, publishing, sections, write, publish } = market

/** One of the marketplace's own people. */
const desk: UserPrincipal = {
  kind: 'user',
  tenantId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b70001',
  objectId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001',
  email: 'operator@operator.example',
  displayName: 'Operator',
  roles: ['operator'],
}
const adatum = '3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004'
const northwind = '9b2d4f85-7e13-4c6d-8a90-1f2e3d4c0005'

const list = (input: Partial<ListInput> = {}) => kernel.read(anonymous, (ctx) => catalog.list(ctx, { store: 'business', ...input }))
const found = async (input: Partial<ListInput>) => (await list(input)).items.map((card) => card.offerId)
const product = (offerId: string, input: { tenantId?: string; market?: string; store?: 'business' | 'cloud' } = {}) =>
  kernel.read(anonymous, (ctx) => catalog.product(ctx, { publisherId: 'contoso', offerId, ...input }))

/** A live offer with a listing of its own. */
async function live(offerId: string, listing: Record<string, unknown>, other: Parameters<typeof write>[0] = {}) {
  const offer = await write({ offerId, ...other, sections: { listing: { ...sections('contoso').listing, ...listing }, ...other.sections } })
  await publish(offer)
  return offer
}

test('the tables are those of the migration', async () => {
  for (const table of Object.values(schema)) {
    if (is(table, PgTable)) await kernel.database.db.select(getTableColumns(table)).from(table).limit(1)
  }
})

const plan = (visibility: 'public' | 'private', metered: boolean) =>
  ({
    planId: `${visibility}${metered}`,
    visibility,
    dimensions: metered ? [{ dimensionId: 'd', enabled: true, infinite: false, included: {} }] : [],
  }) as unknown as SaasContent['plans'][number]
const content = (plans: SaasContent['plans'], business = ['Sales/crm'], cloud = ['web/web-apps']) =>
  ({ setup: { listingOption: 'transact' }, plans, properties: { categories: { business, cloud } } }) as unknown as SaasContent

test('SA-169 SA-113 stores follow metering, visibility and categories', () => {
  expect(storesOf(content([plan('public', true)]))).toEqual(['cloud'])
  expect(storesOf(content([plan('public', true), plan('private', true)]))).toEqual(['cloud'])
  expect(storesOf(content([plan('private', true)]))).toEqual([])
  expect(storesOf(content([plan('private', false)]))).toEqual([])
  expect(storesOf(content([plan('public', false)]))).toEqual(['business', 'cloud'])
  expect(storesOf(content([plan('public', false)], [], ['web']))).toEqual(['cloud'])
  expect(storesOf(content([plan('public', false)], ['Sales'], []))).toEqual(['business'])
  expect(storesOf(content([plan('public', false)]), new Set(['publicfalse']))).toEqual([])
})

test('AC-002 AC-003 with every listing option the categories decide about the stores, both of them too; the publisher cannot name a store', async () => {
  for (const listingOption of ['transact', 'get-it-now-free', 'free-trial', 'contact-me']) {
    const stores = (business: string[], cloud: string[]) => {
      const own = content(listingOption === 'transact' ? [plan('public', false)] : [], business, cloud)
      return storesOf({ ...own, setup: { ...own.setup, listingOption } } as SaasContent)
    }
    expect(stores(['Sales'], ['web'])).toEqual(['business', 'cloud'])
    expect(stores(['Sales'], [])).toEqual(['business'])
    expect(stores([], ['web'])).toEqual(['cloud'])
  }
  const { setup, properties } = sections('contoso')
  const offer = await live('everywhere', { name: 'Axolotl' })
  for (const [module, own] of Object.entries({ setup, properties })) {
    const named = { offer, module, content: { ...own, stores: ['cloud'] } }
    await expect(as('contoso', (ctx) => offers.saveSection(ctx, named))).rejects.toMatchObject({ kind: 'invalid' })
  }
  for (const store of ['business', 'cloud'] as const) expect(await found({ store, q: 'axolotl' })).toEqual(['everywhere'])
  await as('contoso', (ctx) =>
    offers.saveSection(ctx, {
      offer,
      module: 'properties',
      content: { ...properties, categories: { business: [], cloud: ['web/web-apps'] } },
    }),
  )
  await publish(offer)
  expect(await found({ q: 'axolotl' })).toEqual([])
  expect(await found({ store: 'cloud', q: 'axolotl' })).toEqual(['everywhere'])
})

test.each([
  ['Contoso CRM', ['contoso', 'crm']],
  ["  O'Reilly & Söhne!  ", ['o', 'reilly', 'söhne']],
  ['&|!()<->:*', []],
  ['', []],
])('what is typed, "%s", is searched as words', (typed, words) => {
  expect(wordsOf(typed)).toEqual(words)
})

test('words are looked for as typed and by their stems; what says nothing by itself need not occur', () => {
  const stems = new Map([
    ['backups', 'backup'],
    ['happy', 'happi'],
    ['the', null],
  ])
  const beginnings = (...words: string[]) =>
    wanted(
      words.map((word) => [word]),
      stems,
    ).map((all) => all.map(({ prefixes }) => prefixes.join()))
  expect(beginnings('backups')).toEqual([['backup']])
  expect(beginnings('happy')).toEqual([['happy'], ['happi']])
  expect(beginnings('the', 'backups')).toEqual([['the', 'backups'], ['backup']])
  expect(beginnings('the')).toEqual([['the']])
})

test('an offer is listed the moment it goes live, with its cheapest price in the market', async () => {
  const offer = await write({
    offerId: 'fresh',
    plans: [
      { planId: 'dear', pricing: { prices: { P1M: '299.00' }, freeTrial: 'P1M' } },
      { planId: 'cheap', pricing: { prices: { P1M: '49.00', P1Y: '9.00' } } },
    ],
  })
  expect(await found({ q: 'contoso' })).toEqual([])
  await publish(offer)
  const { items, total } = await list({ q: 'contoso' })
  expect(total).toBe(1)
  expect(items[0]).toMatchObject({
    offerId: 'fresh',
    publisherName: 'Contoso Ltd',
    title: 'Contoso CRM',
    freeTrial: true,
    startingPrice: { amount: '49.00', currency: 'USD', termUnit: 'P1M', perUser: false, metered: false },
    categories: [{ key: 'Sales/crm', parent: 'Sales' }],
  })
  expect((await list({ q: 'contoso', market: 'JP' })).items[0]?.startingPrice).toMatchObject({ amount: '7424', currency: 'JPY' })
  expect(await found({ q: 'contoso', market: 'FR' })).toEqual([])
})

test('search weighs title before publisher and keywords, before summary and description; SA-125 all of them are searched', async () => {
  await live('in-title', { name: 'Zebra stripes', keywords: [] })
  await live('in-keywords', { name: 'Stripes for horses', keywords: ['zebra'] })
  await live('in-summary', { name: 'Plain coat', summary: 'Like a zebra, but plain', keywords: [] })
  await live('in-description', { name: 'Savannah', description: '<p>Home of many a zebra.</p>', keywords: [] })
  expect(await found({ q: 'zebra' })).toEqual(['in-title', 'in-keywords', 'in-summary', 'in-description'])
  expect(await found({ q: 'zeb' })).toEqual(['in-title', 'in-keywords', 'in-summary', 'in-description'])
  expect(await found({ q: 'zebras' })).toEqual(['in-title', 'in-keywords', 'in-summary', 'in-description'])
  expect(await found({ q: 'zebra coat' })).toEqual(['in-summary'])
  expect(await found({ q: 'contoso zebra' })).toContain('in-title')
})

test('a slip of the finger still finds, and says so', async () => {
  const result = await list({ q: 'savanah' })
  expect(result.similar).toBe(true)
  expect(result.items.map((card) => card.offerId)).toEqual(['in-description'])
})

test.each(["'; drop table catalog.product; --", '%', '\\', 'a'.repeat(5000), 'a\u0000b', '🦓'])(
  'odd words are just words: %j',
  async (q) => {
    await expect(list({ q })).resolves.toBeDefined()
    await expect(list({ filters: { category: q } })).resolves.toMatchObject({ total: 0 })
    await expect(list({ market: q })).resolves.toMatchObject({ total: 0 })
    await expect(product(q)).resolves.toBeNull()
  },
)

test('categories filter, and facets count what the words find', async () => {
  await live(
    'help',
    { name: 'Quagga help', keywords: [] },
    { sections: { properties: { categories: { business: ['CustomerService/contact-center'], cloud: [] }, terms: { kind: 'standard' } } } },
  )
  await live('sell', { name: 'Quagga sales', keywords: [] })
  expect(await found({ q: 'quagga' })).toEqual(['help', 'sell'])
  expect(await found({ q: 'quagga', filters: { category: 'CustomerService' } })).toEqual(['help'])
  expect(await found({ q: 'quagga', filters: { category: 'Sales/crm' } })).toEqual(['sell'])
  expect(await found({ q: 'quagga', filters: { category: 'Nowhere' } })).toEqual([])
  const { facets } = await list({ q: 'quagga', filters: { category: 'Sales' } })
  expect(facets.category).toEqual([
    {
      key: 'CustomerService',
      name: 'Customer Service',
      count: 1,
      children: [expect.objectContaining({ key: 'CustomerService/contact-center', count: 1 })],
    },
    { key: 'Sales', name: 'Sales', count: 1, children: [expect.objectContaining({ key: 'Sales/crm', count: 1 })] },
  ])
  expect(await found({ store: 'cloud', q: 'quagga' })).toEqual(['sell'])
})

test('pages of the list', async () => {
  const all = await list({ pageSize: 100 })
  const first = await list({ pageSize: 2 })
  const second = await list({ pageSize: 2, page: 2 })
  expect(first.total).toBe(all.total)
  expect(first.pages).toBe(Math.ceil(all.total / 2))
  expect([...first.items, ...second.items].map((card) => card.offerId)).toEqual(all.items.slice(0, 4).map((card) => card.offerId))
})

test('SA-127 SA-8 the product page has neither contacts nor the alias', async () => {
  const text = JSON.stringify(await product('fresh'))
  for (const secret of ['support@contoso.example', '555 0100', 'supportContact', 'engineeringContact', 'alias', 'previewAudience'])
    expect(text).not.toContain(secret)
  expect(text).toContain('https://contoso.example/support')
})

test('SA-27 SA-154 AC-191 AC-205 a private plan is seen by the tenants of its audience only, in the business store and not in the cloud store; AC-007 the starting price is of what the reader sees', async () => {
  const offer = await live(
    'special',
    { name: 'With special plan' },
    {
      plans: [{ planId: 'basic' }, { planId: 'special', audience: [adatum], pricing: { visibility: 'private', prices: { P1M: '1.00' } } }],
    },
  )
  const plans = async (tenantId?: string) => (await product('special', tenantId ? { tenantId } : {}))?.plans.map((row) => row.planId)
  expect(await plans()).toEqual(['basic'])
  expect(await plans(northwind)).toEqual(['basic'])
  expect(await plans(adatum)).toEqual(['basic', 'special'])
  expect((await list({ q: 'special plan' })).items[0]?.startingPrice?.amount).toBe('49.00')
  const starting = async (tenantId: string, store?: 'business' | 'cloud') =>
    (await product('special', { tenantId, ...(store && { store }) }))?.startingPrice?.amount
  expect([await starting(northwind), await starting(adatum)]).toEqual(['49.00', '1.00'])
  const inStore = async (store: 'business' | 'cloud') =>
    (await product('special', { tenantId: adatum, store }))?.plans.map((row) => row.planId)
  expect(await inStore('business')).toEqual(['basic', 'special'])
  expect(await inStore('cloud')).toEqual(['basic'])
  expect([await starting(adatum, 'business'), await starting(adatum, 'cloud')]).toEqual(['1.00', '49.00'])
  await as('contoso', (ctx) => offers.setAudience(ctx, { offer, planId: 'special', members: [{ tenantId: northwind }] }))
  await as('contoso', (ctx) => offers.syncAudience(ctx, { offer }))
  expect(await plans(adatum)).toEqual(['basic'])
  expect(await plans(northwind)).toEqual(['basic', 'special'])
})

test('an offer with private plans only is in no public list and has no page for strangers', async () => {
  await live('hidden', { name: 'Hidden gem' }, { plans: [{ planId: 'special', audience: [adatum], pricing: { visibility: 'private' } }] })
  expect(await found({ q: 'hidden gem' })).toEqual([])
  expect(await found({ store: 'cloud', q: 'hidden gem' })).toEqual([])
  expect(await product('hidden')).toBeNull()
  expect(await product('hidden', { tenantId: northwind })).toBeNull()
  expect(await product('hidden', { tenantId: adatum })).toMatchObject({ name: 'Hidden gem', stores: [] })
})

test('SA-162 SA-163 disabled dimensions are absent, infinite ones have no price', async () => {
  const dimensions = ['email', 'text', 'fax'].map((id) => ({ id, displayName: id, unitOfMeasure: `per ${id}` }))
  await live(
    'metered',
    { name: 'Metered' },
    {
      sections: { pricing: { model: 'flat-rate', dimensions } },
      plans: [
        {
          planId: 'basic',
          pricing: {
            dimensions: [
              { dimensionId: 'email', pricePerUnit: '0.5', included: { P1M: 10 } },
              { dimensionId: 'text', infinite: true },
              { dimensionId: 'fax', enabled: false },
            ],
          },
        },
      ],
    },
  )
  const page = await product('metered', { market: 'DE' })
  expect(page?.plans[0]?.dimensions).toEqual([
    { ...dimensions[0], infinite: false, included: { P1M: 10 }, pricePerUnit: '0.46' },
    { ...dimensions[1], infinite: true, included: {}, pricePerUnit: null },
  ])
  expect(page?.stores).toEqual(['cloud'])
})

test('a plan has no price where it is not sold', async () => {
  const page = await product('fresh', { market: 'FR' })
  expect(page?.plans.map((row) => row.prices)).toEqual([null, null])
  expect(page?.startingPrice).toBeNull()
  expect((await product('fresh', { market: 'nowhere' }))?.startingPrice).toBeNull()
})

test('PL-67 PL-68 stopped offers and plans leave the stores', async () => {
  const offer = await live('leaving', { name: 'Leaving soon' }, { plans: [{ planId: 'a' }, { planId: 'b' }] })
  await as('contoso', (ctx) => publishing.stopPlan(ctx, { offer, planId: 'a' }))
  expect((await product('leaving'))?.plans.map((row) => row.planId)).toEqual(['a', 'b'])
  await publish(offer)
  expect((await product('leaving'))?.plans.map((row) => row.planId)).toEqual(['b'])
  await as('contoso', (ctx) => publishing.stopOffer(ctx, { offer }))
  expect(await product('leaving')).toBeNull()
  expect(await found({ q: 'leaving' })).toEqual([])
})

test('SA-26 PL-25 a preview shows all plans and reaches no store', async () => {
  const offer = await write({ offerId: 'preview', plans: [{ planId: 'special', audience: [adatum], pricing: { visibility: 'private' } }] })
  await as('contoso', async (ctx) => {
    const { submission } = await publishing.submit(ctx, { offer, notes: 'Sign in as tester.' })
    await publishing.run(ctx, submission)
  })
  expect(await product('preview', { tenantId: adatum })).toBeNull()
  const snapshot = await as('contoso', (ctx) => publishing.getPreview(ctx, offer))
  const page = snapshot && (await kernel.read(anonymous, (ctx) => catalog.preview(ctx, { snapshot })))
  expect(page).toMatchObject({ kind: 'preview', plans: [{ planId: 'special', prices: { currency: 'USD' } }] })
})

test('SA-168 the sample offer with dimensions in all markets', async () => {
  const all = { markets: markets.map((row) => row.iso2) }
  await live(
    'cns',
    { name: 'Notification sample' },
    {
      sections: {
        pricing: {
          model: 'flat-rate',
          dimensions: [
            { id: 'email', displayName: 'email message', unitOfMeasure: 'per 100 emails' },
            { id: 'text', displayName: 'text message', unitOfMeasure: 'for 1 text message' },
          ],
        },
      },
      plans: [
        {
          planId: 'premium',
          pricing: {
            ...publicPricing,
            ...all,
            prices: { P1M: '350.00', P1Y: '3500.00' },
            dimensions: [
              { dimensionId: 'email', pricePerUnit: '0.5', included: { P1M: 50_000, P1Y: 5_000_000 } },
              { dimensionId: 'text', pricePerUnit: '0.01', included: { P1M: 10_000, P1Y: 1_000_000 } },
            ],
          },
        },
      ],
    },
  )
  expect((await product('cns', { market: 'JP' }))?.plans[0]).toMatchObject({
    prices: {
      currency: 'JPY',
      terms: [
        { termUnit: 'P1M', amount: '53025' },
        { termUnit: 'P1Y', amount: '530250' },
      ],
    },
    dimensions: [{ pricePerUnit: '75.75' }, { pricePerUnit: '1.515' }],
  })
})

const listedOnly = (listingOption: string, more: Record<string, unknown> = {}) => ({
  sections: { setup: { listingOption, leads: { kind: 'list' }, ...more } },
  plans: [],
})

test('SA-103 SA-113 what is listed only is found in every market, in the stores of its categories, with its button and where it leads', async () => {
  await live('ask', { name: 'Okapi advice' }, listedOnly('contact-me'))
  await live('try', { name: 'Okapi trial' }, listedOnly('free-trial', { trialUrl: 'https://contoso.example/trial' }))
  await live('free', { name: 'Okapi free' }, listedOnly('get-it-now-free', { offerUrl: 'https://contoso.example/app' }))
  expect(await found({ q: 'okapi', market: 'FR' })).toEqual(['ask', 'free', 'try'])
  expect(await found({ store: 'cloud', q: 'okapi' })).toEqual(['ask', 'free', 'try'])
  expect((await list({ q: 'okapi advice' })).items[0]).toMatchObject({ listingOption: 'contact-me', startingPrice: null, freeTrial: false })
  expect(await product('ask')).toMatchObject({ listingOption: 'contact-me', targetUrl: null, plans: [], pricingModel: null })
  expect(await product('try')).toMatchObject({ targetUrl: 'https://contoso.example/trial' })
  expect(await product('free')).toMatchObject({ targetUrl: 'https://contoso.example/app' })
})

test('SA-101 what becomes sold by republishing has its plans and prices in the stores', async () => {
  const offer = await live('growing', { name: 'Tapir' }, listedOnly('contact-me'))
  await as('contoso', async (ctx) => {
    for (const [module, content] of Object.entries(sections('contoso')))
      if (module !== 'listing') await offers.saveSection(ctx, { offer, module, content })
    await market.writePlan(ctx, offer, { planId: 'basic', name: 'Basic' })
  })
  await publish(offer)
  expect((await list({ q: 'tapir' })).items).toMatchObject([{ listingOption: 'transact', startingPrice: { amount: '49.00' } }])
})

test('filters of different kinds add up; the numbers of a kind are those without its own choice', async () => {
  const industry = { industries: ['Education/HigherEducation'] }
  const categories = { categories: { business: ['Sales/crm'], cloud: [] }, terms: { kind: 'standard' } }
  await live('school', { name: 'Numbat school' }, { sections: { properties: { ...categories, ...industry } } })
  await live(
    'shop',
    { name: 'Numbat shop' },
    { sections: { properties: categories }, plans: [{ planId: 'a', pricing: { freeTrial: 'P1M' } }] },
  )
  await live(
    'talk',
    { name: 'Numbat talk' },
    { ...listedOnly('contact-me'), sections: { ...listedOnly('contact-me').sections, properties: categories } },
  )
  const narrowed = await list({ q: 'numbat', filters: { option: 'transact', trial: 'yes' } })
  expect(narrowed.items.map((card) => card.offerId)).toEqual(['shop'])
  const count = (facets: { key: string; count: number | null }[]) => Object.fromEntries(facets.map(({ key, count: n }) => [key, n]))
  const { facets } = await list({ q: 'numbat', filters: { option: 'transact' } })
  expect(count(facets.option)).toEqual({ transact: 2, 'contact-me': 1 })
  expect(count(facets.pricing)).toEqual({ 'flat-rate': 2 })
  expect(count(facets.trial)).toEqual({ yes: 1 })
  expect(facets.publisher).toMatchObject([{ key: 'contoso', name: 'Contoso Ltd', count: 2 }])
  expect(await found({ q: 'numbat', filters: { industry: 'Education' } })).toEqual(['school'])
  expect(await found({ q: 'numbat', filters: { publisher: 'fabrikam' } })).toEqual([])
  // Without words the same, from remembered numbers that follow what goes live and what is stopped.
  const trials = async () => count((await list({})).facets.trial).yes ?? 0
  const before = await trials()
  expect(await trials()).toBe(before)
  const offer = await live('another', { name: 'Numbat more' }, { plans: [{ planId: 'a', pricing: { freeTrial: 'P1M' } }] })
  expect(await trials()).toBe(before + 1)
  await as('contoso', (ctx) => publishing.stopOffer(ctx, { offer }))
  expect(await trials()).toBe(before)
})

test('one wrong word of several is understood, words that occur are left as they are', async () => {
  await live('understood', { name: 'Pangolin ledger', keywords: [] })
  for (const q of ['pangolin ldeger', 'pangolni ledger', 'pnagolin', 'pangolinn', 'panoglin ledgr']) {
    expect([q, (await list({ q })).items.map((card) => card.offerId)]).toEqual([q, ['understood']])
  }
  expect(await found({ q: 'pangolin crm' })).toEqual([])
  expect(await found({ q: 'pangolin qqqqqqqq' })).toEqual([])
})

test.each([
  ['ledger', 'ledger', 0],
  ['ldeger', 'ledger', 1],
  ['ledgr', 'ledger', 1],
  ['leddger', 'ledger', 1],
  ['lexger', 'ledger', 1],
  ['', 'abc', 3],
])('from %j to %j it takes %i slips', (typed, meant, count) => {
  expect(slips(typed, meant)).toBe(count)
})

test('short words allow one slip, long ones two, and only the likeliest words are taken', () => {
  expect(likelyMeant('crn', ['crm', 'corn', 'acorn'])).toEqual(['crm', 'corn'])
  expect(likelyMeant('bakcup', ['backups', 'backup', 'checkup', 'bucket'])).toEqual(['backup'])
  // A word with one slip leaves no room for words with two.
  expect(likelyMeant('planer', ['plan', 'plans', 'planner', 'later'])).toEqual(['planner'])
  expect(likelyMeant('xyz', ['backup'])).toEqual([])
})

test('SA-128 SA-210 what resellers are told is for the resellers that may sell the offer', async () => {
  const contact = { name: 'Partner desk', email: 'partners@contoso.example', phone: '+1 425 555 0199' }
  const materials = { cspContact: contact, cspMaterialsUrl: 'https://contoso.example/partners' }
  await live('open', { name: 'For all resellers', ...materials })
  await live(
    'chosen',
    { name: 'For one reseller', ...materials },
    { sections: { resell: { partners: 'selected', tenants: [{ tenantId: northwind }] } } },
  )
  const asReader = (offerId: string, reader: { tenantId?: string; reseller?: boolean }) =>
    kernel.read(anonymous, (ctx) => catalog.product(ctx, { publisherId: 'contoso', offerId, ...reader }))
  for (const reader of [{}, { tenantId: adatum }]) {
    const page = await asReader('open', reader)
    expect(page?.reseller).toBeNull()
    expect(JSON.stringify(page)).not.toContain('partners@contoso.example')
  }
  const told = { contact, materialsUrl: 'https://contoso.example/partners' }
  expect((await asReader('open', { tenantId: adatum, reseller: true }))?.reseller).toEqual(told)
  expect((await asReader('chosen', { tenantId: adatum, reseller: true }))?.reseller).toBeNull()
  expect((await asReader('chosen', { tenantId: northwind, reseller: true }))?.reseller).toEqual(told)
})

test('SA-118 the amendment for everybody is on the page; SA-120 one for a customer is not', async () => {
  const amended = {
    categories: { business: ['Sales/crm'], cloud: [] },
    terms: { kind: 'standard', amendment: 'For all.', custom: [{ text: 'For Adatum alone.', tenants: [{ tenantId: adatum }] }] },
  }
  await live('amended', { name: 'Amended' }, { sections: { properties: amended } })
  const page = await product('amended', { tenantId: adatum })
  expect(page?.terms.html).toContain('For all.')
  expect(JSON.stringify(page)).not.toContain('For Adatum alone.')
})

const clientUrl = (id: string) => `https://appsource.microsoft.com/product/office/${id}`
/** Setup of an offer with Microsoft 365 clients. */
const withClients = (clients: string[], other: Record<string, unknown> = {}) => ({
  sections: {
    setup: { ...sections('contoso').setup, microsoft365: true, linkedProducts: clients.map((id) => ({ url: clientUrl(id) })), ...other },
  },
})
const graph = (last: number) => ({ graph: true, graphApplicationId: `50c464d3-4930-494c-963c-1e951d1536${last}` })

test('SA-111 an offer and its Microsoft 365 clients are one result, and their pages lead to each other', async () => {
  const offer = await live('with-clients', { name: 'Caracal' }, withClients(['WA104381441', 'WA104381442'], graph(10)))
  for (const q of ['caracal', 'WA104381442']) {
    const { items, total } = await list({ q })
    expect(total).toBe(1)
    expect(items[0]).toMatchObject({ offerId: 'with-clients', linkedClients: ['WA104381441', 'WA104381442'] })
  }
  expect((await product('with-clients'))?.linkedProducts).toEqual([clientUrl('WA104381441'), clientUrl('WA104381442')])
  const client = (id: string) => kernel.read(anonymous, (ctx) => catalog.client(ctx, { id }))
  expect(await client('wa104381442')).toMatchObject({
    id: 'WA104381442',
    url: clientUrl('WA104381442'),
    offers: [{ offerId: 'with-clients' }],
  })
  for (const id of ['WA104381449', "'; --", '']) expect(await client(id)).toBeNull()
  await as('contoso', (ctx) => publishing.stopOffer(ctx, { offer }))
  expect(await client('WA104381442')).toBeNull()
})

test('SA-110 a linked client that is sold no more stays linked until the publisher takes it out and publishes again', async () => {
  const offer = await live('clients-stay', { name: 'Serval' }, withClients(['WA104381451', 'WA104381452']))
  const linked = async () => (await product('clients-stay'))?.linkedProducts
  // Whatever becomes of it at the other store: nothing here reads it, and publishing again keeps it.
  await publish(offer)
  expect(await linked()).toEqual([clientUrl('WA104381451'), clientUrl('WA104381452')])
  const { setup } = withClients(['WA104381452']).sections
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'setup', content: setup }))
  expect(await linked()).toHaveLength(2)
  await publish(offer)
  expect(await linked()).toEqual([clientUrl('WA104381452')])
})

test('SA-112 offer and clients are deployed together but for the four cases', async () => {
  await live('together', { name: 'Margay together' }, withClients(['WA104381461'], graph(20)))
  await live('no-clients', { name: 'Margay alone' })
  await live('no-application', { name: 'Margay without Graph' }, withClients(['WA104381462']))
  const asked = listedOnly('contact-me')
  await live(
    'asked',
    { name: 'Margay asked' },
    {
      ...asked,
      sections: {
        ...asked.sections,
        setup: { ...asked.sections.setup, ...withClients(['WA104381463'], { ...graph(21), listingOption: 'contact-me' }).sections.setup },
      },
    },
  )
  await live('shared-client', { name: 'Margay shared' }, withClients(['WA104381464'], graph(22)))
  await live('shared-client-2', { name: 'Margay shared too' }, withClients(['WA104381464'], graph(23)))
  await live('shared-app', { name: 'Margay app' }, withClients(['WA104381465'], graph(24)))
  await live('shared-app-2', { name: 'Margay app too' }, withClients(['WA104381466'], graph(24)))
  const obstacles = async (offerId: string) => (await product(offerId))?.deploymentObstacles
  expect(await obstacles('together')).toEqual([])
  expect(await obstacles('no-clients')).toBeNull()
  expect(await obstacles('no-application')).toEqual(['no-application'])
  expect(await obstacles('asked')).toEqual(['contact-me'])
  for (const offerId of ['shared-client', 'shared-client-2']) expect(await obstacles(offerId)).toEqual(['client-shared'])
  for (const offerId of ['shared-app', 'shared-app-2']) expect(await obstacles(offerId)).toEqual(['application-shared'])
})

test('PL-81 benefits stand in one of the offer’s own categories; every Monday the score chooses the others anew, and search knows nothing of it', async () => {
  const bestOf = async (category?: string) =>
    (await kernel.read(anonymous, (ctx) => catalog.featured(ctx, { store: 'business', category }))).map((card) => card.offerId)
  const operator = <T>(fn: Parameters<typeof kernel.run<T>>[1]) => kernel.run(desk, fn)
  const [busy, plain] = await Promise.all([live('busy', { name: 'Kodkod busy' }), live('plain', { name: 'Kodkod plain' })])
  for (let sold = 0; sold < 12; sold++) {
    await as('contoso', (ctx) => catalog.onPurchase(ctx, { payload: { offer: busy, preview: false } }))
    await as('contoso', (ctx) => catalog.onPurchase(ctx, { payload: { offer: plain, preview: true } }))
  }
  expect(await bestOf('Sales')).toEqual([])
  const order = await found({ q: 'kodkod' })
  await kernel.due.move((from) => from.add({ hours: 24 * 7 }))
  expect((await bestOf('Sales'))[0]).toBe('busy')
  expect(await bestOf('Sales')).toHaveLength(3)
  expect((await operator((ctx) => catalog.featuredList(ctx))).filter((row) => row.store === 'business' && row.offerId === 'plain')).toEqual(
    [],
  )
  expect(await found({ q: 'kodkod' })).toEqual(order)

  const from = utcDate(await kernel.read(anonymous, async (ctx) => ctx.now))
  const benefit = {
    publisherId: 'contoso',
    offerId: 'plain',
    store: 'business' as const,
    category: 'Sales',
    from,
    until: from.add({ days: 3 }),
  }
  const feature = (change: Partial<typeof benefit>) => operator((ctx) => catalog.feature(ctx, { ...benefit, ...change }))
  for (const category of ['Marketing', 'Sales/crm', ''])
    await expect(feature({ category })).rejects.toMatchObject({ code: 'NotItsCategory' })
  await expect(feature({ offerId: 'nothing' })).rejects.toMatchObject({ code: 'NotListed' })
  await expect(feature({ offerId: 'talk' })).rejects.toMatchObject({ code: 'NotSold' })
  await expect(feature({ until: from })).rejects.toMatchObject({ code: 'WrongDays' })
  await expect(as('contoso', (ctx) => catalog.feature(ctx, benefit))).rejects.toMatchObject({ kind: 'forbidden' })
  const { id } = await feature({})
  expect((await bestOf('Sales')).slice(0, 2)).toEqual(['plain', 'busy'])
  expect(await bestOf('CustomerService')).not.toContain('plain')
  await operator((ctx) => catalog.unfeature(ctx, { id }))
  await expect(operator((ctx) => catalog.unfeature(ctx, { id }))).rejects.toMatchObject({ code: 'FeaturedNotFound' })
  await feature({})
  await kernel.due.move((start) => start.add({ hours: 24 * 3 }))
  expect(await bestOf('Sales')).not.toContain('plain')
  // What is sold no more is featured no more.
  await as('contoso', (ctx) => publishing.stopOffer(ctx, { offer: busy }))
  expect(await bestOf('Sales')).not.toContain('busy')
})

test('RF-20 category keys decide in which store an offer stands, those that both stores have in both', async () => {
  const offerIdOf = (keys: string[]) => `keys-${keys.length}-${keys[0]?.replace('/', '-').toLowerCase()}`
  const standsIn = async (keys: string[]) => {
    const offer = await write({ offerId: offerIdOf(keys) })
    const content = { ...sections('contoso').properties, categories: keys }
    await as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'properties', content }))
    await publish(offer)
    return (await as('contoso', (ctx) => catalog.product(ctx, { publisherId: 'contoso', offerId: offerIdOf(keys) })))?.stores
  }
  expect(await standsIn(['Sales/crm'])).toEqual(['business'])
  expect(await standsIn(['web/web-apps'])).toEqual(['cloud'])
  expect(await standsIn(['Sales/crm', 'web/web-apps'])).toEqual(['business', 'cloud'])
  expect(await standsIn(['analytics'])).toEqual(['business', 'cloud'])
  const offer = await write({ offerId: 'keys-unknown' })
  const save = (keys: string[]) =>
    as('contoso', (ctx) =>
      offers.saveSection(ctx, { offer, module: 'properties', content: { ...sections('contoso').properties, categories: keys } }),
    )
  const refused: [string[], string][] = [
    [['sales/crm'], 'sales/crm is no category of this store for this type of offer.'],
    [['analytics-amp'], 'analytics-amp is no category of this store for this type of offer.'],
    [['Sales', 'web', 'analytics'], 'Choose at most 2 categories.'],
  ]
  for (const [keys, message] of refused)
    await expect(save(keys)).rejects.toMatchObject({ kind: 'invalid', details: [{ message: expect.stringContaining(message) }] })
})

test('rows of an earlier release are written anew at start, once', async () => {
  const before = await list({ pageSize: 100 })
  await kernel.database.db.execute(sql`update catalog.product set facets = '{}', lexemes = ''`)
  await kernel.database.db.execute(sql`update catalog.state set model = 1`)
  await as('contoso', (ctx) => catalog.bringUpToDate(ctx))
  expect(await list({ pageSize: 100 })).toEqual(before)
})

test('another process follows what goes live, what is stopped, and databases that were emptied', async () => {
  const other = createShelves()
  const titles = () =>
    kernel.read(anonymous, async (ctx) => {
      const { change } = await store.selectStanding(ctx.tx, [])
      const shelf = (await other.at(ctx.tx, change)).of('business', 'en')
      const all = shelf?.find({ market: marketBit('US'), chosen: new Map(), typed: '' }, { sort: 'name', offset: 0, limit: 100 })
      expect(all?.offers.length ?? 0).toBe((await list({ pageSize: 100 })).total)
      return all?.offers ?? []
    })
  const before = await titles()
  const offer = await live('followed', { name: 'Followed' })
  expect((await titles()).filter((one) => !before.includes(one))).toEqual([offer])
  await as('contoso', (ctx) => publishing.stopOffer(ctx, { offer }))
  expect(await titles()).toEqual(before)
  await kernel.database.db.execute(sql`truncate catalog.change`)
  await live('followed-too', { name: 'Followed too' })
  expect(await titles()).toHaveLength(before.length + 1)
  // What is undone was never there, also where a list was asked for in between.
  await expect(
    as('contoso', async (ctx) => {
      await publishing.stopOffer(ctx, { offer: (await list({ q: 'followed too' })).items[0]?.offer ?? '' })
      expect((await catalog.list(ctx, { store: 'business', q: 'followed too' })).total).toBe(0)
      throw new Error('undone')
    }),
  ).rejects.toThrow('undone')
  expect(await found({ q: 'followed too' })).toEqual(['followed-too'])
})

test('the read model can be rebuilt, and the doctor finds nothing', async () => {
  const before = await list({ pageSize: 100 })
  await as('contoso', (ctx) => catalog.rebuildAll(ctx))
  expect(await list({ pageSize: 100 })).toEqual(before)
  expect((await kernel.doctor.examine(kernel.database.db)).flatMap((finding) => finding.problems)).toEqual([])
})
