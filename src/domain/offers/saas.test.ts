import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { offerFixture, ownerOf, publicPricing } from '../../../test/offer-fixture.ts'
import { system } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import { offerTypeOf, offerTypes } from './offer-types.ts'
import { referenceOf } from './reference.ts'
import type { SaasContent } from './saas-content.ts'

/** The SaaS definition against spec/05 §5 and spec/01 §10, §13-17: what each field takes, needs, locks and shows. */

const market = await offerFixture()
const { as, offers, sections, write, writePlan, publish } = market

async function refusal(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error !== undefined && !isDomainError(error)) throw error
  return error && { code: error.code, targets: error.details.length > 0 ? error.details.map((detail) => detail.target) : [error.target] }
}

const save = (offer: string, module: string, content: Record<string, unknown>, planId?: string) =>
  as('contoso', (ctx) => offers.saveSection(ctx, { offer, module, content, planId }))
const targets = async (saved: ReturnType<typeof save>) => (await saved).problems.map((problem) => problem.target)
const assembled = async (offer: string) =>
  offerTypeOf('saas').assemble((await as('contoso', (ctx) => offers.getDraft(ctx, offer))).draft) as SaasContent
const without = (content: Record<string, unknown> | undefined, ...names: string[]) =>
  Object.fromEntries(Object.entries(content ?? {}).filter(([name]) => !names.includes(name)))
const listing = sections('contoso').listing ?? {}
const technical = sections('contoso')['technical-configuration'] ?? {}
const email = { id: 'email', displayName: 'e-mail', unitOfMeasure: 'per 100' }
const flat = { model: 'flat-rate', dimensions: [email] }

const form = await write({ offerId: 'definition' })
const { pages: formPages } = await as('contoso', (ctx) => offers.form(ctx, { offer: form }))

/** Fields of spec/05 §5.2-5.10 by page: required, hidden at first, and who sees them. */
test.each([
  ['setup', 'listingOption', 'required', 'storefront'],
  ['setup', 'offerUrl', 'hidden', 'storefront'],
  ['setup', 'trialUrl', 'hidden', 'storefront'],
  ['setup', 'leads', 'required', ''],
  ['setup', 'graph', 'optional', ''],
  ['setup', 'graphApplicationId', 'hidden', ''],
  ['setup', 'microsoft365', 'optional', ''],
  ['setup', 'linkedProducts', 'hidden', 'storefront'],
  ['properties', 'categories', 'required', 'storefront'],
  ['properties', 'industries', 'optional', 'storefront'],
  ['properties', 'appVersion', 'optional', 'storefront'],
  ['properties', 'terms', 'required', 'storefront checkout'],
  ['listing', 'name', 'required', 'storefront'],
  ['listing', 'summary', 'required', 'storefront'],
  ['listing', 'description', 'required', 'storefront'],
  ['listing', 'gettingStarted', 'required', 'checkout'],
  ['listing', 'keywords', 'optional', ''],
  ['listing', 'privacyPolicyUrl', 'required', 'storefront'],
  ['listing', 'links', 'optional', 'storefront'],
  ['listing', 'supportContact', 'required', ''],
  ['listing', 'supportUrl', 'required', 'storefront'],
  ['listing', 'engineeringContact', 'required', ''],
  ['listing', 'cspContact', 'optional', 'reseller'],
  ['listing', 'cspMaterialsUrl', 'optional', 'reseller'],
  ['listing', 'documents', 'required', 'storefront'],
  ['listing', 'logos', 'required', 'storefront'],
  ['listing', 'screenshots', 'required', 'storefront'],
  ['listing', 'videos', 'optional', 'storefront'],
  ['preview-audience', 'people', 'required', ''],
  ['technical-configuration', 'landingPageUrl', 'required', ''],
  ['technical-configuration', 'webhookUrl', 'required', ''],
  ['technical-configuration', 'tenantId', 'required', ''],
  ['technical-configuration', 'applicationId', 'required', ''],
  ['pricing', 'model', 'required', 'storefront checkout'],
  ['pricing', 'dimensions', 'optional', 'storefront checkout'],
  ['plan-listing', 'name', 'required', 'storefront checkout'],
  ['plan-listing', 'description', 'required', 'storefront checkout'],
  ['plan-pricing', 'markets', 'required', 'storefront checkout'],
  ['plan-pricing', 'prices', 'required', 'storefront checkout'],
  ['plan-pricing', 'seats', 'hidden', 'storefront checkout'],
  ['plan-pricing', 'dimensions', 'optional', 'storefront checkout'],
  ['plan-pricing', 'freeTrial', 'optional', 'storefront checkout'],
  ['plan-pricing', 'visibility', 'required', 'storefront'],
  ['plan-pricing', 'audience', 'hidden', ''],
  ['cosell', 'cosell', 'optional', ''],
  ['resell', 'partners', 'optional', 'reseller'],
  ['supplemental', 'instructions', 'optional', 'certification'],
])('%s: %s is %s and shown to (%s)', (module, name, need, shown) => {
  const field = formPages.find((page) => page.module === module)?.fields.find((one) => one.name === name)
  expect(field).toBeDefined()
  expect(field?.hidden ? 'hidden' : field?.required ? 'required' : 'optional').toBe(need)
  expect(field?.shown.join(' ')).toBe(shown)
})

test('SA-113 SA-114 AC-236 AC-237 RF-16 one or two categories with two subcategories, up to two industries, by the type’s own limits', async () => {
  const offer = await write({ offerId: 'trees' })
  const properties = (content: Record<string, unknown>) => save(offer, 'properties', { ...sections('contoso').properties, ...content })
  expect(await targets(properties({ categories: { business: [], cloud: [] } }))).toEqual(['categories'])
  expect(await refusal(properties({ categories: { business: ['Sales', 'Marketing'], cloud: ['web'] } }))).toMatchObject({
    targets: ['categories'],
  })
  expect(
    await refusal(properties({ industries: ['Distribution/Wholesale', 'Education/HigherEducation', 'Automotive/AutomotiveL2'] })),
  ).toMatchObject({
    targets: ['industries'],
  })
  expect(await targets(properties({ industries: [] }))).toEqual([])
  const { options } = referenceField('properties', 'categories')
  expect(options).toMatchObject({ max: 2, maxChildren: 2 })
})

const referenceField = (module: string, name: string) => {
  const field = offerTypeOf('saas').pages.find((page) => page.module === module)?.fields[name]
  if (!field) throw new Error(`There is no field ${module}.${name}.`)
  return field
}

test('SA-122 AC-234 AC-235 RF-24 name 50, summary 100 plain, description 3,000 of the documented elements, getting started 3,000', async () => {
  const offer = await write({ offerId: 'texts' })
  const texts = (content: Record<string, unknown>) => save(offer, 'listing', { ...listing, ...content })
  const long = (n: number) => 'x'.repeat(n)
  for (const [name, max] of [
    ['name', 50],
    ['summary', 100],
  ] as const) {
    expect(await refusal(texts({ [name]: long(max + 1) }))).toMatchObject({ targets: [name] })
    expect(await refusal(texts({ [name]: 'two\nlines' }))).toMatchObject({ targets: [name] })
    expect(await targets(texts({ [name]: long(max) }))).toEqual([])
  }
  for (const name of ['description', 'gettingStarted']) {
    expect(await refusal(texts({ [name]: `<p>${long(2994)}</p>` }))).toMatchObject({ targets: [name] })
    expect(await targets(texts({ [name]: `<p>${long(2993)}</p>` }))).toEqual([])
  }
  const { content } = await texts({
    summary: '<b>plain</b>',
    description: '<h2>a</h2><ul><li>b</li></ul><div onclick="x()">c</div><img src="x">',
  })
  expect(content).toMatchObject({ summary: '<b>plain</b>', description: '<h2>a</h2><ul><li>b</li></ul>c' })
})

test('SA-124 getting started instructions are needed only of an offer that is sold', async () => {
  const offer = await write({ offerId: 'started' })
  const bare = without(listing, 'gettingStarted')
  expect(await targets(save(offer, 'listing', bare))).toEqual(['gettingStarted'])
  await save(offer, 'setup', { listingOption: 'contact-me', leads: { kind: 'list' } })
  expect(await targets(save(offer, 'listing', bare))).toEqual([])
})

test('SA-127 SA-208 AC-148 AC-233 AC-241 AC-243 contacts, support URL, privacy policy and terms are needed, the addresses with https', async () => {
  const offer = await write({ offerId: 'contacts' })
  const needed = ['privacyPolicyUrl', 'supportUrl', 'supportContact', 'engineeringContact']
  expect(await targets(save(offer, 'listing', without(listing, ...needed)))).toEqual(needed)
  for (const name of ['privacyPolicyUrl', 'supportUrl', 'cspMaterialsUrl'])
    expect(await refusal(save(offer, 'listing', { ...listing, [name]: 'http://contoso.example' }))).toMatchObject({ targets: [name] })
  for (const part of ['name', 'email', 'phone'])
    expect(
      await refusal(
        save(offer, 'listing', { ...listing, supportContact: { name: 'A', email: 'a@a.example', phone: '+1 425', [part]: '' } }),
      ),
    ).toMatchObject({
      targets: [`supportContact.${part}`],
    })
  const { properties } = sections('contoso')
  expect(await targets(save(offer, 'properties', without(properties, 'terms')))).toEqual(['terms'])
  await expect(publish(offer)).rejects.toMatchObject({
    code: 'DraftIncomplete',
    details: expect.arrayContaining([expect.objectContaining({ target: 'properties.terms' })]),
  })
  for (const terms of [{ kind: 'standard' }, { kind: 'own', html: '<p>Ours.</p>' }]) {
    expect(await targets(save(offer, 'properties', { ...properties, terms }))).toEqual([])
  }
})

test('AC-242 phone numbers are taken in international notation, words are not', () => {
  const { schema } = referenceField('listing', 'supportContact')
  const taken = (phone: string) => schema.safeParse({ name: 'A', email: 'a@a.example', phone }).success
  for (const phone of ['+1 425 555 0100', '+49 (0)30 5550-100', '0800.555.010', '+34 915 55 01 00']) expect(taken(phone), phone).toBe(true)
  for (const phone of ['call us', 'ext', '+']) expect(taken(phone), phone).toBe(false)
})

test('SA-132 SA-133 landing page and webhook are needed, without #; directory IDs are GUIDs', async () => {
  const offer = await write({ offerId: 'technical' })
  expect(await targets(save(offer, 'technical-configuration', {}))).toEqual(['landingPageUrl', 'webhookUrl', 'tenantId', 'applicationId'])
  for (const [name, value] of [
    ['landingPageUrl', 'https://contoso.example/#/signup'],
    ['webhookUrl', 'https://contoso.example/#hook'],
    ['webhookUrl', 'http://contoso.example/hook'],
    ['tenantId', 'contoso'],
    ['applicationId', 'my-app'],
  ] as const)
    expect(await refusal(save(offer, 'technical-configuration', { ...technical, [name]: value }))).toMatchObject({ targets: [name] })
})

test('SA-115 an app version is optional, and part of what stores show', async () => {
  const offer = await write({ offerId: 'version' })
  expect(await assembled(offer)).not.toHaveProperty('properties.appVersion')
  expect(await targets(save(offer, 'properties', { ...sections('contoso').properties, appVersion: '4.2' }))).toEqual([])
  expect((await assembled(offer)).properties.appVersion).toBe('4.2')
})

test('SA-20 a video is on YouTube or Vimeo', async () => {
  const [shot] = listing.screenshots as { file: string }[]
  const offer = await write({ offerId: 'videos' })
  const video = (url: string) => save(offer, 'listing', { ...listing, videos: [{ title: 'Tour', url, thumbnail: shot?.file }] })
  for (const url of ['https://videos.contoso.example/tour.mp4', 'https://youtube.com.evil.example/x', 'javascript:alert(1)'])
    expect(await refusal(video(url))).toMatchObject({ targets: ['videos.0.url'] })
  for (const url of ['https://www.youtube.com/watch?v=1', 'https://youtu.be/1', 'https://vimeo.com/1', 'https://player.vimeo.com/video/1'])
    expect(await targets(video(url))).toEqual([])
})

test('SA-145 SA-207 a month, a year or both, a fee of 0 too, and no other term', async () => {
  const offer = await write({ offerId: 'terms' })
  const prices = (value: Record<string, unknown>) => save(offer, 'plan-pricing', { ...publicPricing, prices: value }, 'basic')
  expect(await targets(prices({}))).toEqual(['prices'])
  for (const value of [{ P1M: '0' }, { P1Y: '10' }, { P1M: '1', P1Y: '10' }]) expect(await targets(prices(value))).toEqual([])
  for (const term of ['P2Y', 'P3Y', 'P6M', 'P1W'])
    expect(await refusal(prices({ P1M: '1', [term]: '5' }))).toMatchObject({ targets: ['prices'] })
})

test('SA-143 SA-144 AC-180 AC-181 one pricing model for all plans: it is the offer’s, a plan has none of its own, and it stays once published', async () => {
  const offer = await write({ offerId: 'model' })
  expect(await refusal(save(offer, 'plan-pricing', { ...publicPricing, model: 'per-user' }, 'basic'))).toMatchObject({
    code: 'UnknownField',
    targets: ['model'],
  })
  expect(await targets(save(offer, 'pricing', { model: 'per-user' }))).toEqual([])
  await publish(offer)
  expect(await refusal(save(offer, 'pricing', { model: 'flat-rate' }))).toMatchObject({ code: 'Locked', targets: ['model'] })
})

test('SA-147 AC-188 SA-156 users are for prices per user and stay editable, dimensions for the flat rate', async () => {
  const offer = await write({ offerId: 'users', sections: { pricing: { model: 'per-user' } } })
  const seats = (value: Record<string, unknown> | undefined) =>
    save(offer, 'plan-pricing', { ...publicPricing, ...(value ? { seats: value } : {}) }, 'basic')
  await seats(undefined)
  expect((await assembled(offer)).plans[0]).toMatchObject({ seats: { min: 1 }, dimensions: [] })
  await seats({ min: 5, max: 50 })
  await publish(offer)
  expect(await targets(seats({ min: 1, max: 500 }))).toEqual([])
  expect((await assembled(offer)).plans[0]?.seats).toEqual({ min: 1, max: 500 })
  const other = await write({ offerId: 'metered', sections: { pricing: flat } })
  await save(
    other,
    'plan-pricing',
    { ...publicPricing, seats: { min: 5 }, dimensions: [{ dimensionId: 'email', pricePerUnit: '1' }] },
    'basic',
  )
  expect((await assembled(other)).plans[0]).not.toHaveProperty('seats')
  expect((await assembled(other)).plans[0]?.dimensions).toHaveLength(1)
})

test('SA-158 SA-159 a dimension is the offer’s: changed before publishing it changes in all plans, afterwards it stays', async () => {
  const metered = { dimensions: [{ dimensionId: 'email', pricePerUnit: '1' }] }
  const offer = await write({
    offerId: 'shared',
    sections: { pricing: flat },
    plans: [
      { planId: 'a', pricing: metered },
      { planId: 'b', pricing: metered },
    ],
  })
  await save(offer, 'pricing', { ...flat, dimensions: [{ ...email, displayName: 'message', unitOfMeasure: 'each' }] })
  const { pages } = await as('contoso', (ctx) => offers.form(ctx, { offer }))
  const shown = pages
    .filter((page) => page.module === 'plan-pricing')
    .map((page) => page.fields.find((field) => field.name === 'dimensions')?.options.dimensions)
  expect(shown).toEqual([
    [{ id: 'email', displayName: 'message', unitOfMeasure: 'each' }],
    [{ id: 'email', displayName: 'message', unitOfMeasure: 'each' }],
  ])
  await publish(offer)
  for (const change of [{ id: 'mail' }, { displayName: 'x' }, { unitOfMeasure: 'x' }])
    expect(
      await refusal(
        save(offer, 'pricing', { ...flat, dimensions: [{ ...email, displayName: 'message', unitOfMeasure: 'each', ...change }] }),
      ),
    ).toMatchObject({
      code: 'Locked',
      targets: ['dimensions'],
    })
  expect(await refusal(save(offer, 'pricing', { model: 'flat-rate' }))).toMatchObject({ code: 'Locked' })
})

test('SA-160 SA-164 what a published plan makes of a dimension stays, and a dimension added later is not enabled there', async () => {
  const row = { dimensionId: 'email', pricePerUnit: '1.00', included: { P1M: 10 } }
  const offer = await write({
    offerId: 'kept-dimensions',
    sections: { pricing: flat },
    plans: [{ planId: 'basic', pricing: { dimensions: [row] } }],
  })
  await publish(offer)
  const dimensions = (rows: Record<string, unknown>[]) => save(offer, 'plan-pricing', { ...publicPricing, dimensions: rows }, 'basic')
  for (const change of [{ pricePerUnit: '2.00' }, { included: { P1M: 11 } }, { enabled: false }])
    expect(await refusal(dimensions([{ ...row, ...change }]))).toMatchObject({ code: 'Locked', targets: ['dimensions'] })
  await save(offer, 'pricing', { ...flat, dimensions: [email, { ...email, id: 'text' }] })
  expect(await refusal(dimensions([row, { dimensionId: 'text', pricePerUnit: '1' }]))).toMatchObject({ code: 'Locked' })
  expect(await targets(dimensions([row, { dimensionId: 'text', enabled: false }]))).toEqual([])
  const { page } = await as('contoso', (ctx) => offers.section(ctx, { offer, module: 'plan-pricing', planId: 'basic' }))
  expect(page.fields.find((field) => field.name === 'dimensions')?.locked).toContain('Create another plan')
  // A new plan takes the new dimension.
  await as('contoso', (ctx) =>
    writePlan(ctx, offer, { planId: 'new', name: 'New', pricing: { dimensions: [{ dimensionId: 'text', pricePerUnit: '1' }] } }),
  )
  await publish(offer)
})

test('SA-152 AC-209 AC-220 a free trial is one month, not with dimensions, and stays once published', async () => {
  const offer = await write({ offerId: 'trial', sections: { pricing: flat } })
  const trial = (content: Record<string, unknown>) => save(offer, 'plan-pricing', { ...publicPricing, ...content }, 'basic')
  for (const length of ['P3M', 'P30D', true]) expect(await refusal(trial({ freeTrial: length }))).toMatchObject({ targets: ['freeTrial'] })
  expect(await targets(trial({ freeTrial: 'P1M', dimensions: [{ dimensionId: 'email', pricePerUnit: '1' }] }))).toEqual(['freeTrial'])
  expect(await targets(trial({ freeTrial: 'P1M' }))).toEqual([])
  await publish(offer)
  expect(await refusal(trial({}))).toMatchObject({ code: 'Locked', targets: ['freeTrial'] })
})

test('SA-45 AC-195 AC-206 a private plan has prices of its own and can become public, never the other way', async () => {
  const tenant = ownerOf('fabrikam').tenantId
  const secret = { planId: 'vip', audience: [tenant], pricing: { visibility: 'private', prices: { P1M: '5' } } }
  const offer = await write({ offerId: 'visible', plans: [{ planId: 'basic' }, secret] })
  await publish(offer)
  const visibility = (planId: string, value: string, prices = publicPricing.prices) =>
    save(offer, 'plan-pricing', { ...publicPricing, prices, visibility: value }, planId)
  expect(await refusal(visibility('basic', 'private'))).toMatchObject({ code: 'Locked', targets: ['visibility'] })
  expect(await targets(visibility('vip', 'public', { P1M: '5' }))).toEqual([])
  await publish(offer)
  expect(await refusal(visibility('vip', 'private', { P1M: '5' }))).toMatchObject({ code: 'Locked' })
})

test('AC-193 PL-60 the audience of a SaaS plan is tenants, nothing else, entered by hand or imported from a file', async () => {
  const offer = await write({ offerId: 'tenants', plans: [{ planId: 'vip' }] })
  const csv = (type: string, id: string) =>
    as('contoso', (ctx) => offers.importAudience(ctx, { offer, planId: 'vip', bytes: Buffer.from(`ID,Type\n${id},${type}\n`) }))
  expect(await refusal(csv('SubscriptionId', ownerOf('fabrikam').tenantId))).toMatchObject({
    code: 'InvalidAudience',
    targets: ['rows.2.Type'],
  })
  expect(await refusal(csv('TenantID', 'buyer@adatum.example'))).toMatchObject({ targets: ['rows.2.ID'] })
  const edited = async () =>
    (await as('contoso', (ctx) => offers.editedAudience(ctx, { offer, planId: 'vip' }))).map((member) => member.tenantId)
  const [first, second] = ['3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004', '9b2d4f85-7e13-4c6d-8a90-1f2e3d4c0005'] as const
  const byHand = (...ids: string[]) =>
    as('contoso', (ctx) => offers.setAudience(ctx, { offer, planId: 'vip', members: ids.map((tenantId) => ({ tenantId })) }))
  await byHand(first)
  await byHand(first, second)
  expect((await edited()).sort()).toEqual([first, second])
  expect(await refusal(byHand(first, 'b5c11e1e-subscription'))).toMatchObject({ targets: ['members.1.tenantId'] })
  expect(await csv('TenantID', ownerOf('fabrikam').tenantId)).toBe(1)
  expect(await edited()).toEqual([ownerOf('fabrikam').tenantId])
})

test('AC-170 SA-136 an offer that is sold needs a plan, a listing needs none', async () => {
  const offer = await write({ offerId: 'planless', plans: [] })
  const draft = () => as('contoso', (ctx) => offers.getDraft(ctx, offer))
  expect(await draft()).toMatchObject({ complete: false, problems: [{ code: 'PlanRequired' }] })
  await save(offer, 'setup', { listingOption: 'contact-me', leads: { kind: 'list' } })
  expect(await draft()).toMatchObject({ complete: true, problems: [] })
})

test('AC-173 AC-174 a plan has a name of its own of at most 50 characters, and no summary', async () => {
  const offer = await write({
    offerId: 'plan-names',
    plans: [
      { planId: 'a', name: 'Gold' },
      { planId: 'b', name: 'Silver' },
    ],
  })
  const texts = (content: Record<string, unknown>) => save(offer, 'plan-listing', { description: 'x', ...content }, 'b')
  expect(await targets(texts({}))).toEqual(['name'])
  expect(await targets(texts({ name: 'gold' }))).toEqual(['name'])
  expect(await refusal(texts({ name: 'x'.repeat(51) }))).toMatchObject({ targets: ['name'] })
  expect(await refusal(texts({ name: 'Silver', summary: 'Short' }))).toMatchObject({ code: 'UnknownField' })
})

test('AC-116 AC-119 AC-240 a SaaS listing is Contact me, Free trial, Get it now or sold; a trial needs its link', async () => {
  expect(Object.keys(referenceField('setup', 'listingOption').options.values as object)).toEqual([
    'transact',
    'get-it-now-free',
    'free-trial',
    'contact-me',
  ])
  const offer = await write({
    offerId: 'contact',
    sections: { setup: { listingOption: 'contact-me', leads: { kind: 'list' } } },
    plans: [],
  })
  await publish(offer)
  expect(await targets(save(offer, 'setup', { listingOption: 'free-trial' }))).toEqual(['trialUrl'])
  await save(offer, 'setup', { listingOption: 'free-trial', trialUrl: 'https://contoso.example/trial' })
  await publish(offer)
  const live = await as('contoso', (ctx) => market.publishing.getLive(ctx, offer))
  expect(live?.content.setup).toMatchObject({ listingOption: 'free-trial', trialUrl: 'https://contoso.example/trial' })
  expect(live?.content).toMatchObject({ plans: [], previewAudience: [] })
  expect(live?.content).not.toHaveProperty('technicalConfiguration')
})

test('AC-117 AC-129 AC-169 what is free is listed without prices; what is sold is a fee a month or a year, metered, or per user', async () => {
  const { plans, pages } = offerTypeOf('saas')
  const priced = pages.filter((page) => page.prices).map((page) => page.module)
  expect(priced).toEqual(['plan-pricing'])
  expect(Object.keys(referenceField('pricing', 'model').options.values as object)).toEqual(['flat-rate', 'per-user'])
  // Of all types only these have plans with prices.
  const types = offerTypes().filter((type) => type.pages.some((page) => page.prices))
  expect(['virtual-machine', 'azure-application', 'saas']).toEqual(expect.arrayContaining(types.map((type) => type.type)))
  expect(plans.max).toBeGreaterThan(0)
  const offer = await write({
    offerId: 'options',
    sections: { setup: { listingOption: 'get-it-now-free', offerUrl: 'https://contoso.example' } },
    plans: [],
  })
  expect(await refusal(as('contoso', (ctx) => offers.createPlan(ctx, { offer, planId: 'paid', name: 'Paid' })))).toMatchObject({
    code: 'PlansNotAllowed',
  })
  expect(await assembled(offer)).toMatchObject({ plans: [], dimensions: [] })
  expect(await assembled(offer)).not.toHaveProperty('pricingModel')
  expect(await refusal(save(offer, 'pricing', { model: 'byol' }))).toMatchObject({ targets: ['model'] })
  await save(offer, 'setup', { listingOption: 'transact', leads: { kind: 'list' } })
  await save(offer, 'pricing', flat)
  const pricing = { prices: { P1M: '10', P1Y: '100' }, dimensions: [{ dimensionId: 'email', pricePerUnit: '1' }] }
  await as('contoso', (ctx) => writePlan(ctx, offer, { planId: 'paid', name: 'Paid', pricing }))
  expect(await assembled(offer)).toMatchObject({
    pricingModel: 'flat-rate',
    plans: [{ terms: ['P1M', 'P1Y'], dimensions: [{ dimensionId: 'email', enabled: true }] }],
  })
})

test('AC-143 an offer has at most 30 dimensions in total, whether new or published before', async () => {
  const dimensions = (n: number) => Array.from({ length: n }, (_, index) => ({ ...email, id: `d${index}` }))
  const pricing = (n: number) => ({ model: 'flat-rate', dimensions: dimensions(n) })
  const offer = await write({ offerId: 'thirty', sections: { pricing: pricing(29) } })
  expect(await refusal(save(offer, 'pricing', pricing(31)))).toMatchObject({ targets: ['dimensions'] })
  await publish(offer)
  expect(await refusal(save(offer, 'pricing', pricing(31)))).toMatchObject({ targets: ['dimensions'] })
  expect(await targets(save(offer, 'pricing', pricing(30)))).toEqual([])
})

test('AC-147 another usage fee takes another plan, and the stop of the one before', async () => {
  const fee = (pricePerUnit: string) => ({ dimensions: [{ dimensionId: 'email', pricePerUnit }] })
  const offer = await write({ offerId: 'fee', sections: { pricing: flat }, plans: [{ planId: 'old', pricing: fee('1.00') }] })
  await publish(offer)
  expect(await refusal(save(offer, 'plan-pricing', { ...publicPricing, ...fee('2.00') }, 'old'))).toMatchObject({
    code: 'Locked',
    targets: ['dimensions'],
  })
  await as('contoso', (ctx) => writePlan(ctx, offer, { planId: 'new', name: 'New', pricing: fee('2.00') }))
  await publish(offer)
  await as('contoso', (ctx) => market.publishing.stopPlan(ctx, { offer, planId: 'old' }))
  await publish(offer)
  const live = await as('contoso', (ctx) => market.publishing.getLive(ctx, offer))
  const lists = new Map(live?.content.plans.map((plan) => [plan.planId, plan.priceList]))
  const sold = await as('contoso', (ctx) => offers.prices(ctx, lists.get('new') ?? '', 'US'))
  expect(Number(sold?.dimensions.email)).toBe(2)
  expect(await as('contoso', (ctx) => market.publishing.isStopped(ctx, offer, 'old'))).toBe(true)
  expect(await as('contoso', (ctx) => market.publishing.isStopped(ctx, offer, 'new'))).toBe(false)
})

test('AC-148 AC-155 without terms an offer is not published, without landing page, webhook and directory application it is not sold', async () => {
  const offer = await write({ offerId: 'bare' })
  const submit = () => refusal(as('contoso', (ctx) => market.publishing.submit(ctx, { offer, notes: 'Sign in as demo.' })))
  const properties = sections('contoso').properties ?? {}
  await save(offer, 'properties', without(properties, 'terms'))
  expect((await submit())?.targets).toEqual(['properties.terms'])
  expect(await refusal(save(offer, 'properties', { ...properties, terms: { kind: 'none' } }))).toBeDefined()
  for (const terms of [{ kind: 'standard' }, { kind: 'own', html: '<p>Ours</p>' }])
    expect(await targets(save(offer, 'properties', { ...properties, terms }))).toEqual([])
  for (const name of ['landingPageUrl', 'webhookUrl', 'tenantId', 'applicationId']) {
    await save(offer, 'technical-configuration', without(technical, name))
    expect((await submit())?.targets).toEqual([`technical-configuration.${name}`])
  }
})

test('PL-52 plans are described in English only; texts in another language that are stored are neither checked nor published', async () => {
  const offer = await write({ offerId: 'english' })
  const texts = (variant: string | undefined, content: Record<string, unknown>) =>
    as('contoso', (ctx) => offers.saveSection(ctx, { offer, planId: 'basic', module: 'plan-listing', variant, content }))
  for (const variant of ['de', 'en-gb', 'fr'])
    expect(await refusal(texts(variant, { name: 'Grund', description: 'Für alle' }))).toMatchObject({
      code: 'InvalidLanguage',
      targets: ['variant'],
    })
  await texts('en', { name: 'Basic', description: 'For all' })
  await texts(undefined, { name: 'Basic', description: 'For everybody' })
  const { pages } = await as('contoso', (ctx) => offers.form(ctx, { offer }))
  expect(pages.filter((page) => page.perLanguage).map((page) => page.module)).toEqual(['listing'])
  // A draft of before, with an unfinished German text.
  await market.kernel.database.db.execute(
    sql`insert into offers.draft select (jsonb_populate_record(d, jsonb_build_object('id', ${newId()}::text, 'variant', 'de', 'content', '{"name": "Grund"}'::jsonb))).* from offers.draft d where offer = ${offer} and module = 'plan-listing'`,
  )
  const draft = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  expect(draft.draft.variants('plan-listing', 'basic')).toEqual(['en', 'de'])
  expect(draft.complete).toBe(true)
  expect(draft.pages.filter((page) => page.module === 'plan-listing').map((page) => page.variant)).toEqual(['en'])
  await publish(offer)
  const live = await as('contoso', (ctx) => market.publishing.getLive(ctx, offer))
  expect(live?.content.plans[0]?.listing).toEqual({ en: { name: 'Basic', description: 'For everybody' } })
  const compared = await as('contoso', (ctx) => market.publishing.compare(ctx, { offer }))
  expect(compared.fields.filter((field) => field.module === 'plan-listing').map((field) => field.variant)).toEqual(['en', 'en'])
})

test('AC-222 own terms hold for every plan: they are the offer’s, and each text is a version of its own', async () => {
  const offer = await write({ offerId: 'own-terms', plans: [{ planId: 'a' }, { planId: 'b' }] })
  const terms = (html: string) => save(offer, 'properties', { ...sections('contoso').properties, terms: { kind: 'own', html } })
  expect(await refusal(save(offer, 'plan-pricing', { ...publicPricing, terms: { kind: 'standard' } }, 'a'))).toMatchObject({
    code: 'UnknownField',
  })
  await terms('<p>First</p>')
  const first = (await assembled(offer)).properties.terms
  await terms('<p>Second</p>')
  const second = (await assembled(offer)).properties.terms
  expect([first.html, second.html]).toEqual(['<p>First</p>', '<p>Second</p>'])
  expect(first.version).not.toBe(second.version)
})

test('AC-184 AC-186 prices are converted when they are saved, and a market added later is converted then', async () => {
  const offer = await write({ offerId: 'converted', plans: [{ planId: 'basic', pricing: { markets: ['DE'], prices: { P1M: '100' } } }] })
  const inMarket = async (code: string) => {
    const { priceList } = await as('contoso', (ctx) => offers.section(ctx, { offer, module: 'plan-pricing', planId: 'basic' }))
    return (await as('contoso', (ctx) => offers.prices(ctx, priceList ?? '', code)))?.terms.P1M
  }
  expect(await inMarket('DE')).toBe('92.00')
  await market.kernel.run(system, (ctx) => offers.setRates(ctx, { rates: { EUR: '0.8' }, source: 'later' }))
  await save(offer, 'plan-pricing', { ...publicPricing, markets: ['DE', 'FR'], prices: { P1M: '100' } }, 'basic')
  expect([await inMarket('DE'), await inMarket('FR')]).toEqual(['92.00', '80.00'])
})

test('what reviewers need to try the offer is for them alone', async () => {
  const offer = await write({ offerId: 'reviewers' })
  expect(await refusal(save(offer, 'supplemental', { instructions: 'x'.repeat(3001) }))).toMatchObject({ targets: ['instructions'] })
  await save(offer, 'supplemental', { instructions: 'Sign in as demo with the password demo.' })
  expect(JSON.stringify(await assembled(offer))).not.toContain('Sign in as demo')
  const { draft } = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  expect(draft.content({ module: 'supplemental' })).toEqual({ instructions: 'Sign in as demo with the password demo.' })
})

test('each language of a listing has its own texts and status, and one that is incomplete keeps the offer from publishing', async () => {
  const offer = await write({ offerId: 'languages' })
  const german = (content: Record<string, unknown>) =>
    as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'listing', variant: 'de', content }))
  await german({ name: 'Contoso CRM auf Deutsch' })
  const { pages, complete } = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  const found = pages.filter((page) => page.module === 'listing').map((page) => [page.variant, page.status])
  expect(found).toEqual([
    ['en', 'Complete'],
    ['de', 'Incomplete'],
  ])
  expect(complete).toBe(false)
  await german({ ...listing, name: 'Contoso CRM auf Deutsch' })
  expect((await assembled(offer)).listing.de?.name).toBe('Contoso CRM auf Deutsch')
  expect((await as('contoso', (ctx) => offers.getDraft(ctx, offer))).complete).toBe(true)
})

test('the reference names every page and field of the definition', () => {
  const reference = referenceOf(offerTypeOf('saas'))
  expect(reference.pages.map((page) => page.module)).toEqual(offerTypeOf('saas').pages.map((page) => page.module))
  for (const page of reference.pages)
    for (const field of page.fields) expect(field.rules.length, `${page.module}.${field.name}`).toBeGreaterThan(0)
})
