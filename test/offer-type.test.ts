/**
 * The engine with an offer type of its own: one definition with a field of every kind is authored, checked, published, compared and locked,
 * and nothing else had to be told about it.
 */
import { afterAll, expect, test } from 'vitest'
import type { DraftView } from '../src/domain/offers/draft.ts'
import { type FieldKind, fieldKinds } from '../src/domain/offers/field-kinds.ts'
import { fixed } from '../src/domain/offers/locks.ts'
import { type Field, field, type OfferType, page, when } from '../src/domain/offers/offer-type.ts'
import { addOfferType, offerTypeOf } from '../src/domain/offers/offer-types.ts'
import { jsonSchemaOf, referenceOf } from '../src/domain/offers/reference.ts'
import { offerFixture, ownerOf, pdf, picture } from './offer-fixture.ts'

const market = await offerFixture()
const { as, offers, publishing } = market

const keep = async (bytes: Buffer, type: string) => (await market.kernel.files.put(bytes, type)).hash
const wide = await keep(await picture(1280, 720), 'image/png')
const logo = (pixels: number) => picture(pixels, pixels).then((bytes) => keep(bytes, 'image/png'))
const sheet = await keep(pdf(), 'application/pdf')
const guid = '50c464d3-4930-494c-963c-1e951d15360e'
const contact = { name: 'Ana', email: 'ana@contoso.example', phone: '+1 425 555 0100' }

/** Every kind with its options and a value. `live-audience` is kept apart from sections. */
const kinds: Record<Exclude<FieldKind, 'live-audience'>, [options: unknown, value: unknown, changed?: unknown]> = {
  text: [{ max: 50, emoji: false }, 'One line', 'Another line'],
  multiline: [{ max: 500 }, 'Two\nlines'],
  'rich-text': [{ max: 500 }, '<p>Rich</p>'],
  integer: [{ min: 1, max: 9 }, 3],
  url: [{ reach: 'https' }, 'https://contoso.example/a'],
  email: [{}, 'ana@contoso.example'],
  phone: [{}, '+1 425 555 0100'],
  guid: [{}, guid],
  choice: [{ values: { a: 'Option A', b: 'Option B' } }, 'a'],
  'multi-choice': [{ values: { a: 'Option A', b: 'Option B' }, max: 2 }, ['a', 'b']],
  flag: [{ consequence: 'It cannot be taken back.' }, true],
  categories: [
    { column: 'saas', max: 2, maxChildren: 2 },
    { business: ['Sales/crm'], cloud: [] },
  ],
  industries: [{ column: 'saasDynamics365', max: 2, maxChildren: 2 }, ['Distribution/Wholesale']],
  regions: [{ max: 9 }, ['DE', 'FR']],
  keywords: [{ max: 3 }, ['toy']],
  contact: [{}, contact],
  links: [{ max: 2 }, [{ title: 'Guide', url: 'https://contoso.example/guide' }]],
  products: [{ max: 2 }, [{ url: 'https://appsource.microsoft.com/product/office/WA104381441' }]],
  repeated: [
    {
      max: 2,
      itemLabel: 'person',
      fields: {
        name: field('text', { max: 50 }, { label: 'Name', required: true }),
        photo: field('image', { width: 90, height: 90 }, { label: 'Photo' }),
      },
    },
    [{ name: 'Ana', photo: await logo(90) }, { name: 'Bo' }],
  ],
  file: [
    { accept: 'pdf', maxBytes: 1024 * 1024 },
    { file: sheet, fileName: 'sheet.pdf' },
  ],
  documents: [{ accept: 'pdf', maxBytes: 1024 * 1024, max: 2 }, [{ name: 'Sheet', file: sheet }]],
  image: [{ width: 1280, height: 720 }, wide],
  logos: [
    { min: 216, max: 350, medium: 90, small: 48 },
    { large: await logo(216), medium: await logo(90), small: await logo(48) },
  ],
  screenshots: [{ max: 2, width: 1280, height: 720 }, [{ file: wide, caption: 'Wide' }]],
  videos: [{ max: 2, width: 1280, height: 720 }, [{ title: 'Tour', url: 'https://vimeo.com/1', thumbnail: wide }]],
  terms: [{ max: 500 }, { kind: 'own', html: '<p>Ours</p>' }],
  audience: [{ id: 'person', manual: 10, max: 20, csvType: ['MixedAadMsaId'] }, [{ id: 'buyer@adatum.example', description: 'tester' }]],
  markets: [{ max: 141 }, ['DE', 'US']],
  money: [{ decimals: 2 }, '12.50'],
  'term-prices': [{}, { P1M: '5.00' }],
  'market-prices': [{}, { DE: { 'term:P1M': '4.50' } }],
  seats: [{}, { min: 1, max: 5 }],
  dimensions: [{ max: 2 }, [{ id: 'email', displayName: 'E-mail', unitOfMeasure: 'each' }]],
  'plan-dimensions': [
    { of: { module: 'everything', field: 'dimensions' } },
    [{ dimensionId: 'email', enabled: true, infinite: false, pricePerUnit: '0.10', included: {} }],
  ],
  secret: [{ max: 50 }, 'open sesame'],
  'lead-destination': [{}, { kind: 'list' }],
}

const fields = Object.fromEntries(
  Object.entries(kinds).map(([kind, [options]]) => [
    kind,
    field(kind as 'text', options as never, {
      label: `A ${kind}`,
      required: true,
      ...(kind === 'guid' ? { lock: fixed } : {}),
      shown: ['storefront'],
    }) as Field,
  ]),
)

const toy: OfferType = {
  ...offerTypeOf('saas'),
  type: 'toy',
  label: 'Toy',
  definitionVersion: 1,
  upcasters: {},
  plans: { max: 0, maxPrivate: 0 },
  phases: [
    { key: 'play', label: 'Play', steps: [{ step: 'offer-validation', label: 'Looked at', duration: '<1 min', blocking: false }] },
    { key: 'preview-creation', label: 'Shown', steps: [{ step: 'preview-creation', label: 'Shown', duration: '<1 min', blocking: true }] },
    { key: 'publisher-signoff', label: 'Agreed', steps: [], waitsForPublisher: true },
    { key: 'publish', label: 'Sold', steps: [{ step: 'final-publish', label: 'Sold', duration: '<1 min', blocking: true }] },
  ],
  pages: [
    page({ module: 'everything', label: 'Everything', scope: 'offer', fields }),
    page({
      module: 'extra',
      label: 'Extra',
      scope: 'offer',
      shownWhen: when('everything', 'choice', ['b'], 'for option B'),
      fields: { note: field('text', { max: 10 }, { label: 'Note', required: true }) },
    }),
  ] as unknown as OfferType['pages'],
  // What every storefront needs, and the values of the toy beside it.
  assemble: (draft: DraftView) => {
    const content = draft.content<Record<string, never>>({ module: 'everything' })
    return {
      setup: { listingOption: 'contact-me', linkedProducts: [] },
      properties: {
        categories: content.categories,
        industries: [],
        terms: { kind: 'own', version: 'own-1', html: '<p>Ours</p>' },
        customAmendments: [],
      },
      listing: {
        en: {
          name: content.text,
          summary: content.text,
          shortDescription: content.text,
          description: content['rich-text'],
          keywords: content.keywords,
          privacyPolicyUrl: content.url,
          supportUrl: content.url,
          supportContact: content.contact,
          engineeringContact: content.contact,
          links: content.links,
          logos: content.logos,
          screenshots: content.screenshots,
          videos: content.videos,
          documents: content.documents,
        },
      },
      previewAudience: [],
      dimensions: [],
      plans: [],
      resell: { partners: 'none', tenantIds: [] },
      toy: content,
    }
  },
}

const remove = addOfferType(toy)
afterAll(remove)

const values = Object.fromEntries(Object.entries(kinds).map(([kind, [, value]]) => [kind, value]))
const create = (offerId: string) =>
  as('contoso', (ctx) => offers.createOffer(ctx, { publisherId: 'contoso', offerId, offerType: 'toy', alias: 'Toy' })).then(
    (offer) => offer.id,
  )
const save = (offer: string, content: Record<string, unknown>, module = 'everything') =>
  as('contoso', (ctx) => offers.saveSection(ctx, { offer, module, content }))

test('the toy has every kind of field that there is', () => {
  expect(Object.keys(kinds).sort()).toEqual(
    Object.keys(fieldKinds)
      .filter((kind) => kind !== 'live-audience')
      .sort(),
  )
})

test('a type is one definition: from it come menu, form, page status, checks, snapshot, locks and comparison, from draft to live', async () => {
  expect(offers.types().map((type) => type.label)).toContain('Toy')
  const offer = await create('toy')

  const form = await as('contoso', (ctx) => offers.form(ctx, { offer }))
  expect(form.pages.map((one) => one.module)).toEqual(['everything'])
  expect(form.pages[0]?.fields.map((one) => one.kind)).toEqual(Object.keys(kinds))
  expect(JSON.parse(JSON.stringify(form))).toEqual(form)

  const status = async () => (await as('contoso', (ctx) => offers.getDraft(ctx, offer))).pages.map((one) => [one.module, one.status])
  expect(await status()).toEqual([['everything', 'Not started']])
  const { text: _, ...most } = values
  expect((await save(offer, most)).problems).toEqual([expect.objectContaining({ code: 'Required', target: 'text' })])
  expect(await status()).toEqual([['everything', 'Incomplete']])
  const { content } = await save(offer, values)
  expect(content.secret).toEqual({ kept: true })
  expect(await status()).toEqual([['everything', 'Complete']])
  expect((await save(offer, { ...values, choice: 'b' })).problems).toEqual([])
  expect(await status()).toEqual([
    ['everything', 'Complete'],
    ['extra', 'Not started'],
  ])
  await save(offer, values)

  await as('contoso', (ctx) => publishing.publishNow(ctx, { offer }))
  const live = await as('contoso', (ctx) => publishing.getLive(ctx, offer))
  expect(live?.content.listing.en?.name).toBe('One line')
  const published = (live?.content as unknown as { toy: Record<string, unknown> } | undefined)?.toy ?? {}
  expect(JSON.stringify(published)).not.toContain('open sesame')
  expect(Object.keys(published).sort()).toEqual(Object.keys(values).sort())

  const { phases, status: offerStatus } = await as('contoso', (ctx) => publishing.status(ctx, { offer }))
  expect([offerStatus, ...phases.map((phase) => phase.label)]).toEqual(['Live', 'Play', 'Shown', 'Agreed', 'Sold'])

  await expect(save(offer, { ...values, guid: guid.replace('5', '6') })).rejects.toMatchObject({ code: 'Locked', target: 'guid' })
  await save(offer, { ...values, text: 'Another line' })
  expect(await status()).toEqual([['everything', 'Unpublished changes']])
  const comparison = await as('contoso', (ctx) => publishing.compare(ctx, { offer, with: 'live' }))
  const changed = comparison.fields.filter((one) => one.change !== 'unchanged')
  expect(changed.map((one) => [one.label, one.published, one.draft])).toEqual([['A text', ['One line'], ['Another line']]])
  expect(comparison.fields.length).toBeGreaterThan(30)
})

test('the reference and the JSON Schema of a new type are written from its definition', () => {
  const reference = referenceOf(toy)
  expect(reference.pages.map((one) => [one.module, one.shownWhen])).toEqual([
    ['everything', undefined],
    ['extra', 'Only for option B.'],
  ])
  for (const one of reference.pages[0]?.fields ?? []) expect(one.rules.length, one.name).toBeGreaterThan(0)
  expect(reference.pages[0]?.fields.find((one) => one.name === 'guid')?.lock).toBe('Cannot change once published.')
  const schema = jsonSchemaOf(toy, '/schemas/offers/toy.json') as { $defs: { everything: { properties: Record<string, unknown> } } }
  expect(Object.keys(schema.$defs.everything.properties)).toEqual(Object.keys(kinds))
})

test('AC-171 a type without plans refuses plans, and another publisher sees nothing of the offer', async () => {
  const offer = await create('toy-plans')
  await expect(as('contoso', (ctx) => offers.createPlan(ctx, { offer, planId: 'gold', name: 'Gold' }))).rejects.toMatchObject({
    code: 'PlansNotAllowed',
  })
  expect(ownerOf('fabrikam').tenantId).not.toBe(ownerOf('contoso').tenantId)
  await expect(as('fabrikam', (ctx) => offers.form(ctx, { offer }))).rejects.toMatchObject({ kind: 'forbidden' })
})

test('a type of the same name cannot be added twice, and a type that is gone is unknown', async () => {
  expect(() => addOfferType(toy)).toThrow('There is an offer type toy already.')
  const away = addOfferType({ ...toy, type: 'gone' })
  away()
  await expect(
    as('contoso', (ctx) => offers.createOffer(ctx, { publisherId: 'contoso', offerId: 'x', offerType: 'gone', alias: 'x' })),
  ).rejects.toMatchObject({
    code: 'UnknownOfferType',
  })
})
