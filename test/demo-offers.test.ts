import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createDomain } from '../src/domain/domain.ts'
import { anonymous, system } from '../src/kernel/context.ts'
import { testKernel } from './harness.ts'

const demo = JSON.parse(readFileSync(new URL('../reference-data/demo.json', import.meta.url), 'utf8')) as {
  lists: { businessStore: string[]; cloudStore: string[] }
  offers: { offerId: string; state: string }[]
}
const { kernel } = await testKernel({ template: 'demo' })
const { catalog, offers, publishing } = createDomain(kernel)

const listed = async (store: 'business' | 'cloud', market = 'US') =>
  (await kernel.read(anonymous, (ctx) => catalog.list(ctx, { store, market }))).items.map((card) => card.offerId).sort()
const product = (publisherId: string, offerId: string, input: { tenantId?: string; market?: string } = {}) =>
  kernel.read(anonymous, (ctx) => catalog.product(ctx, { publisherId, offerId, ...input }))

test('the stores list what demo.json says', async () => {
  expect(await listed('business')).toEqual([...demo.lists.businessStore].sort())
  expect(await listed('cloud')).toEqual([...demo.lists.cloudStore].sort())
  expect(await listed('cloud', 'ZA')).toEqual([...demo.lists.cloudStore].sort())
})

test('the demo offers went through publishing, and the draft stayed one', async () => {
  const rows = await kernel.run(system, (ctx) => publishing.listOffers(ctx, { publisherIds: ['contoso', 'fabrikam'] }))
  expect(Object.fromEntries(rows.map((row) => [row.offerId, row.status]))).toEqual(
    Object.fromEntries(demo.offers.map((offer) => [offer.offerId, offer.state === 'live' ? 'Live' : 'Draft'])),
  )
  expect(await product('contoso', 'contoso-draft')).toBeNull()
})

test('prices of the demo offers in dollars, euros and yen', async () => {
  const prices = async (market: string) =>
    (await product('contoso', 'contoso-crm', { market }))?.plans.map((plan) =>
      plan.prices?.terms.map((term) => `${term.amount} ${plan.prices?.currency}`),
    )
  expect(await prices('US')).toEqual([
    ['49.00 USD', '470.00 USD'],
    ['299.00 USD', '2870.00 USD'],
  ])
  expect(await prices('DE')).toEqual([
    ['45.08 EUR', '432.40 EUR'],
    ['275.08 EUR', '2640.40 EUR'],
  ])
  expect((await prices('JP'))?.[0]).toEqual(['7424 JPY', '71205 JPY'])
})

test('the private plan is for Adatum', async () => {
  const page = await product('contoso', 'contoso-crm', { tenantId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004' })
  expect(page?.plans.map((plan) => plan.planId)).toEqual(['basic', 'standard', 'adatum-special'])
})

test('every picture of a product page is there', async () => {
  for (const [publisherId, offerId] of [
    ['contoso', 'contoso-crm'],
    ['contoso', 'contoso-notify'],
    ['contoso', 'contoso-desk'],
    ['fabrikam', 'fabrikam-backup'],
  ] as const) {
    const page = await product(publisherId, offerId)
    const hashes = [...Object.values(page?.logos ?? {}), ...(page?.screenshots ?? []).map((shot) => shot.file)]
    expect(hashes).toHaveLength(5)
    for (const hash of hashes) expect(await kernel.files.get(hash)).toMatchObject({ contentType: 'image/png' })
  }
})

test('nothing is wrong in the drafts of what is live', async () => {
  for (const { offer, status } of await kernel.run(system, (ctx) =>
    publishing.listOffers(ctx, { publisherIds: ['contoso', 'fabrikam'] }),
  )) {
    if (status !== 'Live') continue
    const { pages } = await kernel.run(system, (ctx) => offers.getDraft(ctx, offer))
    expect(new Set(pages.map((page) => page.status))).toEqual(new Set(['Complete']))
  }
})
