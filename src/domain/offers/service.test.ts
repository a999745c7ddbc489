import { readFileSync } from 'node:fs'
import { getTableColumns, is, sql } from 'drizzle-orm'
import { PgTable } from 'drizzle-orm/pg-core'
import { expect, test } from 'vitest'
import { offerFixture, ownerOf, publicPricing } from '../../../test/offer-fixture.ts'
import { offerTypeOf } from './offer-types.ts'
import type { SaasContent } from './saas-content.ts'
import * as schema from './schema.ts'

const market = await offerFixture()
const { as, offers, sections, write, writePlan } = market

const refusal = (code: string, target?: string) => expect.objectContaining({ code, ...(target ? { target } : {}) })
const details = async (promise: Promise<unknown>) => {
  const error = (await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )) as { details: { code: string; target?: string }[] } | undefined
  return error?.details.map(({ code, target }) => `${code} ${target}`)
}

test('the tables are those of the migration', async () => {
  for (const table of Object.values(schema)) {
    if (is(table, PgTable)) {
      await market.kernel.database.db.select(getTableColumns(table)).from(table).limit(1)
    }
  }
})

test.each(['Contoso', 'with space', 'über', '', 'x'.repeat(51), 'crm-preview', 'a.b'])(
  'SA-3 the offer ID "%s" is refused',
  async (offerId) => {
    await expect(
      as('contoso', (ctx) => offers.createOffer(ctx, { publisherId: 'contoso', offerId, offerType: 'saas', alias: 'x' })),
    ).rejects.toEqual(refusal('InvalidOfferId', 'offerId'))
  },
)

test('SA-4 an offer ID is used once by a publisher', async () => {
  const create = () =>
    as('contoso', (ctx) => offers.createOffer(ctx, { publisherId: 'contoso', offerId: 'twice_1', offerType: 'saas', alias: 'x' }))
  await create()
  await expect(create()).rejects.toEqual(refusal('OfferIdTaken', 'offerId'))
  await expect(
    Promise.allSettled(
      [1, 2, 3].map(() =>
        as('contoso', (ctx) => offers.createOffer(ctx, { publisherId: 'contoso', offerId: 'race', offerType: 'saas', alias: 'x' })),
      ),
    ),
  ).resolves.toSatisfy((results: PromiseSettledResult<unknown>[]) => results.filter((result) => result.status === 'fulfilled').length === 1)
})

test('another publisher can neither read nor write an offer', async () => {
  const offer = await write({ offerId: 'mine' })
  await expect(as('fabrikam', (ctx) => offers.getDraft(ctx, offer))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as('fabrikam', (ctx) => offers.saveSection(ctx, { offer, module: 'setup', content: {} }))).rejects.toMatchObject({
    kind: 'forbidden',
  })
  await expect(as('contoso', (ctx) => offers.getDraft(ctx, 'no-uuid'))).rejects.toMatchObject({ kind: 'not-found' })
})

test('SA-9 PL-4 a new offer is a draft whose pages are not started, then incomplete, then complete', async () => {
  const { id: offer } = await as('contoso', (ctx) =>
    offers.createOffer(ctx, { publisherId: 'contoso', offerId: 'pages', offerType: 'saas', alias: 'Pages' }),
  )
  const status = async (module: string) =>
    (await as('contoso', (ctx) => offers.getDraft(ctx, offer))).pages.find((page) => page.module === module)?.status
  expect(await status('listing')).toBe('Not started')
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'listing', content: { name: 'Pages' } }))
  expect(await status('listing')).toBe('Incomplete')
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'listing', content: sections('contoso').listing ?? {} }))
  expect(await status('listing')).toBe('Complete')
  expect((await as('contoso', (ctx) => offers.getDraft(ctx, offer))).complete).toBe(false)
})

test('a wrong value names its field and changes nothing', async () => {
  const offer = await write({ offerId: 'wrong' })
  const before = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  const save = as('contoso', (ctx) =>
    offers.saveSection(ctx, {
      offer,
      module: 'listing',
      content: {
        name: 'x'.repeat(51),
        privacyPolicyUrl: 'http://a.example',
        colour: 'red',
        supportContact: { name: 'A', email: 'no', phone: '1' },
      },
    }),
  )
  expect(await details(save)).toEqual([
    'InvalidValue name',
    'InvalidValue privacyPolicyUrl',
    'UnknownField colour',
    'InvalidValue supportContact.email',
    'InvalidValue supportContact.phone',
  ])
  const after = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  expect(after.offer.revision).toBe(before.offer.revision)
  expect(after.draft.content({ module: 'listing', variant: 'en' })).toEqual(before.draft.content({ module: 'listing', variant: 'en' }))
})

test('two editors of one page: the second is told, and nothing is lost', async () => {
  const offer = await write({ offerId: 'editors' })
  const revision = 1
  const save = (version: string) =>
    as('contoso', (ctx) =>
      offers.saveSection(ctx, {
        offer,
        module: 'properties',
        revision,
        content: { ...sections('contoso').properties, appVersion: version },
      }),
    )
  const results = await Promise.allSettled([save('1'), save('2')])
  expect(results.map((result) => result.status).sort()).toEqual(['fulfilled', 'rejected'])
  const lost = results.find((result) => result.status === 'rejected') as PromiseRejectedResult
  const kept = results[0]?.status === 'fulfilled' ? '1' : '2'
  expect(lost.reason).toMatchObject({ code: 'RevisionConflict', data: { revision: 2, content: { appVersion: kept } } })
})

test('AP-013 SA-134 an application of another publisher account is refused at save', async () => {
  await write({ offerId: 'app-1' })
  const offer = await write({ offerId: 'app-2', publisher: 'fabrikam' })
  const content = { ...sections('contoso')['technical-configuration'] }
  await expect(as('fabrikam', (ctx) => offers.saveSection(ctx, { offer, module: 'technical-configuration', content }))).rejects.toEqual(
    refusal('ApplicationInUse', 'applicationId'),
  )
  // The same account uses its application in as many offers as it likes.
  await write({ offerId: 'app-3' })
})

test('an application that no offer names any more is free again', async () => {
  const free = { ...sections('contoso')['technical-configuration'], applicationId: '11111111-2222-4333-8444-555555555555' }
  const mine = await write({ offerId: 'free-1', sections: { 'technical-configuration': free } })
  const theirs = await write({ offerId: 'free-2', publisher: 'fabrikam' })
  await as('contoso', (ctx) =>
    offers.saveSection(ctx, {
      offer: mine,
      module: 'technical-configuration',
      content: sections('contoso')['technical-configuration'] ?? {},
    }),
  )
  await as('fabrikam', (ctx) => offers.saveSection(ctx, { offer: theirs, module: 'technical-configuration', content: free }))
})

test('SA-41 SA-42 plan IDs and names are unique within the offer', async () => {
  const offer = await write({ offerId: 'plans' })
  await expect(as('contoso', (ctx) => offers.createPlan(ctx, { offer, planId: 'Gold', name: 'Gold' }))).rejects.toEqual(
    refusal('InvalidPlanId', 'planId'),
  )
  await expect(as('contoso', (ctx) => offers.createPlan(ctx, { offer, planId: 'basic', name: 'Other' }))).rejects.toEqual(
    refusal('PlanIdTaken', 'planId'),
  )
  await as('contoso', (ctx) => writePlan(ctx, offer, { planId: 'gold', name: 'BASIC' }))
  const { pages } = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  expect(pages.find((page) => page.module === 'plan-listing' && page.planId === 'gold')?.problems).toEqual([
    expect.objectContaining({ code: 'PlanNameTaken' }),
  ])
})

test('SA-149 prices are frozen at save for every market', async () => {
  const offer = await write({ offerId: 'frozen' })
  const list = await as(
    'contoso',
    async (ctx) => (await offers.getDraft(ctx, offer)).draft.find({ module: 'plan-pricing', plan: 'basic' })?.priceList ?? '',
  )
  expect(await as('contoso', (ctx) => offers.prices(ctx, list, 'DE'))).toEqual({ currency: 'EUR', terms: { P1M: '45.08' }, dimensions: {} })
  expect(await as('contoso', (ctx) => offers.prices(ctx, list, 'JP'))).toEqual({ currency: 'JPY', terms: { P1M: '7424' }, dimensions: {} })
  expect(await as('contoso', (ctx) => offers.prices(ctx, list, 'CA'))).toEqual({ currency: 'USD', terms: { P1M: '49.00' }, dimensions: {} })
  expect(await as('contoso', (ctx) => offers.prices(ctx, list, 'FR'))).toBeNull()
})

test('saving the same prices again keeps the list, whatever the rates did since', async () => {
  const offer = await write({ offerId: 'again' })
  const listOf = async () =>
    (await as('contoso', (ctx) => offers.getDraft(ctx, offer))).draft.find({ module: 'plan-pricing', plan: 'basic' })?.priceList
  const first = await listOf()
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, planId: 'basic', module: 'plan-pricing', content: publicPricing }))
  expect(await listOf()).toBe(first)
})

test('RF-02 no price in China; SA-142 a plan needs a market', async () => {
  const offer = await write({ offerId: 'china' })
  const save = (markets: string[]) =>
    as('contoso', (ctx) =>
      offers.saveSection(ctx, { offer, planId: 'basic', module: 'plan-pricing', content: { ...publicPricing, markets } }),
    )
  expect(await details(save(['CN']))).toEqual(['InvalidValue markets.0'])
  expect((await save([])).problems).toEqual([expect.objectContaining({ code: 'Required', target: 'markets' })])
})

test('SA-152 SA-156 no trial with dimensions; no dimensions and no flat rate with users', async () => {
  const offer = await write({
    offerId: 'rules',
    sections: { pricing: { model: 'flat-rate', dimensions: [{ id: 'email', displayName: 'email', unitOfMeasure: 'per email' }] } },
  })
  const save = async (content: Record<string, unknown>) =>
    (
      await as('contoso', (ctx) =>
        offers.saveSection(ctx, { offer, planId: 'basic', module: 'plan-pricing', content: { ...publicPricing, ...content } }),
      )
    ).problems.map((problem) => problem.code)
  const email = { dimensionId: 'email', pricePerUnit: '1' }
  expect(await save({ dimensions: [email] })).toEqual([])
  expect(await save({ dimensions: [email], freeTrial: 'P1M' })).toEqual(['TrialNotAllowed'])
  expect(await save({ dimensions: [{ dimensionId: 'text', pricePerUnit: '1' }] })).toEqual(['UnknownDimension'])
  const hidden = async () => {
    const { pages } = await as('contoso', (ctx) => offers.form(ctx, { offer }))
    const fields = pages.find((page) => page.module === 'plan-pricing')?.fields ?? []
    return fields.filter((field) => field.hidden).map((field) => field.name)
  }
  expect(await hidden()).toEqual(['seats', 'audience'])
  await as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'pricing', content: { model: 'per-user' } }))
  expect(await hidden()).toEqual(['dimensions', 'audience'])
  // What was entered before is kept, but neither checked nor sold.
  expect(await save({ dimensions: [{ dimensionId: 'text', pricePerUnit: '1' }] })).toEqual([])
  const { draft } = await as('contoso', (ctx) => offers.getDraft(ctx, offer))
  expect((offerTypeOf('saas').assemble(draft) as SaasContent).dimensions).toEqual([])
})

test('SA-153 a private plan needs an audience of tenant IDs', async () => {
  const offer = await write({ offerId: 'private', plans: [{ planId: 'special', pricing: { visibility: 'private' } }] })
  const problems = async () =>
    (await as('contoso', (ctx) => offers.getDraft(ctx, offer))).pages.flatMap((page) => page.problems.map((problem) => problem.code))
  expect(await problems()).toEqual(['AudienceRequired'])
  await expect(
    as('contoso', (ctx) => offers.setAudience(ctx, { offer, planId: 'special', members: [{ tenantId: 'adatum.example' }] })),
  ).rejects.toEqual(refusal('InvalidTenant'))
  await as('contoso', (ctx) => offers.setAudience(ctx, { offer, planId: 'special', members: [{ tenantId: ownerOf('fabrikam').tenantId }] }))
  expect(await problems()).toEqual([])
  const many = Array.from({ length: 20_001 }, (_, index) => ({ tenantId: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}` }))
  await expect(as('contoso', (ctx) => offers.setAudience(ctx, { offer, planId: 'special', members: many }))).rejects.toEqual(
    refusal('AudienceTooLarge'),
  )
})

test('PL-72 a plan that was never published can be deleted, and its ID is free again', async () => {
  const offer = await write({ offerId: 'deleted' })
  await as('contoso', (ctx) => writePlan(ctx, offer, { planId: 'gold', name: 'Gold' }))
  await as('contoso', (ctx) => offers.deletePlan(ctx, { offer, planId: 'gold' }))
  expect((await as('contoso', (ctx) => offers.getDraft(ctx, offer))).draft.plans.map((plan) => plan.planId)).toEqual(['basic'])
  await as('contoso', (ctx) => writePlan(ctx, offer, { planId: 'gold', name: 'Gold' }))
})

test('SA-1 offers are found by alias and offer ID', async () => {
  await write({ offerId: 'needle-1' })
  const found = await as('contoso', (ctx) => offers.listOffers(ctx, { publisherIds: ['contoso'], search: 'NEEDLE' }))
  expect(found.map((row) => [row.offerId, row.typeLabel])).toEqual([['needle-1', 'Software as a Service']])
})

test('rates in force are the newest whose time has come', async () => {
  const later = market.at('2999-01-01')
  await as('contoso', async (ctx) => {
    await ctx.tx.execute(sql`insert into offers.exchange_rate values ('EUR', ${later.toString()}, 0.5, 'test')`)
  })
  expect((await as('contoso', (ctx) => offers.rates(ctx))).EUR).toBe('0.92')
  await expect(as('contoso', (ctx) => offers.setRates(ctx, { rates: { EUR: '9' }, source: 'x' }))).rejects.toMatchObject({
    kind: 'forbidden',
  })
})

test('AP-023 a landing page on this machine over plain http is for the sandbox only', async () => {
  const content = (host: string) => ({ ...sections('contoso')['technical-configuration'], landingPageUrl: `http://${host}/signup` })
  const save = async (fixture: typeof market, offerId: string, host: string) => {
    const offer = await fixture.write({ offerId })
    return fixture.as('contoso', (ctx) =>
      fixture.offers.saveSection(ctx, { offer, module: 'technical-configuration', content: content(host) }),
    )
  }
  await expect(save(market, 'loopback', 'localhost:3980')).resolves.toBeDefined()
  await expect(save(market, 'elsewhere', 'contoso.example')).rejects.toEqual(refusal('InvalidValue', 'landingPageUrl'))
  const production = await offerFixture({ config: { mode: 'production' } })
  await expect(save(production, 'loopback', 'localhost:3980')).rejects.toEqual(refusal('InvalidValue', 'landingPageUrl'))
})

test.each(['a\u0000b', 'half \ud83d'])('text that no database keeps is refused: %j', async (name) => {
  const offer = await write({ offerId: `odd-${name.length}` })
  for (const content of [{ name }, { description: name }, { links: [{ title: name, url: `https://a.example/${name}` }] }, { [name]: 1 }]) {
    await expect(as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'listing', content }))).rejects.toMatchObject({
      kind: 'invalid',
    })
  }
})

test('SA-98 SA-99 SA-102 a listing asks for its address and has no plans, preview audience and technical configuration', async () => {
  const { id: offer } = await as('contoso', (ctx) =>
    offers.createOffer(ctx, { publisherId: 'contoso', offerId: 'listing-only', offerType: 'saas', alias: 'Listing' }),
  )
  const setup = (content: Record<string, unknown>) => as('contoso', (ctx) => offers.saveSection(ctx, { offer, module: 'setup', content }))
  const pages = async () => (await as('contoso', (ctx) => offers.getDraft(ctx, offer))).pages.map((page) => page.module)
  await expect(setup({ listingOption: 'rent' })).rejects.toEqual(refusal('InvalidValue', 'listingOption'))
  expect((await setup({})).problems).toContainEqual(expect.objectContaining({ code: 'Required', target: 'listingOption' }))
  await setup({ listingOption: 'transact' })
  expect(await pages()).toEqual(expect.arrayContaining(['preview-audience', 'technical-configuration', 'pricing']))
  for (const [listingOption, address] of [
    ['get-it-now-free', 'offerUrl'],
    ['free-trial', 'trialUrl'],
  ] as const) {
    expect((await setup({ listingOption })).problems).toContainEqual(expect.objectContaining({ code: 'Required', target: address }))
    for (const url of ['ftp://contoso.example', 'contoso.example', 'https://contoso.example/#/trial'])
      await expect(setup({ listingOption, [address]: url })).rejects.toEqual(refusal('InvalidValue', address))
    expect((await setup({ listingOption, [address]: 'http://contoso.example/go' })).problems).toEqual([])
    expect(await pages()).not.toEqual(expect.arrayContaining(['preview-audience']))
    expect(await pages()).not.toEqual(expect.arrayContaining(['technical-configuration']))
    expect(await pages()).not.toEqual(expect.arrayContaining(['pricing']))
  }
  expect((await as('contoso', (ctx) => offers.getDraft(ctx, offer))).problems).toEqual([])
  await expect(as('contoso', (ctx) => offers.createPlan(ctx, { offer, planId: 'gold', name: 'Gold' }))).rejects.toEqual(
    refusal('PlansNotAllowed'),
  )
})

test('a snapshot of version 1 is read as version 2; the stored one is not touched', () => {
  const stored = JSON.parse(readFileSync(new URL('./fixtures/saas-1.json', import.meta.url), 'utf8'))
  const before = structuredClone(stored)
  const lifted = offerTypeOf('saas').upcasters[1]?.(stored) as SaasContent
  expect(stored).toEqual(before)
  expect(lifted).toMatchObject({
    setup: { listingOption: 'transact', linkedProducts: [] },
    properties: { terms: before.properties.terms, customAmendments: [] },
    listing: { en: { name: 'Contoso CRM', videos: [], documents: [] } },
    technicalConfiguration: before.technicalConfiguration,
    plans: before.plans,
    resell: { partners: 'any', tenantIds: [] },
  })
})
