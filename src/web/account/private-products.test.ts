import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { anonymous, system, type UserPrincipal } from '../../kernel/context.ts'
import type { Services } from '../services.ts'
import type { User } from '../session.ts'
import { listProducts, readProduct } from '../storefront/catalog-reader.ts'
import { privateProducts } from './change-data.server.ts'

let market: Marketplace
let services: Services

const crm = { publisherId: 'contoso', offerId: 'contoso-crm' }

beforeAll(async () => {
  market = await openMarketplace()
  services = { kernel: market.kernel, domain: market.domain }
})

/** Plans of the page that a customer finds in the own portal. */
async function privatePlans(user: UserPrincipal): Promise<string[]> {
  const read: Parameters<typeof privateProducts>[0]['read'] = (use) => market.as(user, use)
  const plans = await privateProducts({ ...services, user: user as User, origin: '', read, run: read })
  for (const { product } of plans) expect(product).toBe('/product/contoso.contoso-crm?from=account')
  return plans.map(({ key }) => key)
}

const productPlans = async (user: UserPrincipal | null, store?: 'business' | 'cloud') =>
  (await readProduct(services, user as User | null, crm, 'US', undefined, store))?.plans.map(({ planId }) => planId) ?? null

const special = 'contoso.contoso-crm.adatum-special'

/** Sets whom the private plan is for, without publishing anew. */
const offerTo = (tenants: string[]) =>
  market.kernel.run(system, async (ctx) => {
    const { offers } = market.domain
    const { id: offer } = (await offers.findOffer(ctx, crm.publisherId, crm.offerId)) ?? { id: '' }
    await offers.setAudience(ctx, { offer, planId: 'adatum-special', members: tenants.map((tenantId) => ({ tenantId })) })
    await offers.syncAudience(ctx, { offer })
  })

test('AC-203 private products are the plans whose audience the customer is in, and no public ones', async () => {
  expect(await privatePlans(demo.buyer)).toEqual([special])
  expect(await privatePlans(demo.stranger)).toEqual([])
  await offerTo([demo.stranger.tenantId])
  expect(await privatePlans(demo.buyer)).toEqual([])
  expect(await privatePlans(demo.stranger)).toEqual([special])
  await offerTo([demo.buyer.tenantId])
})

test('AC-191 AC-205 the page shows a private plan to its audience in the business store and from the own portal, never in the cloud store', async () => {
  const open = ['basic', 'standard']
  for (const store of ['business', undefined] as const) {
    expect(await productPlans(demo.buyer, store)).toEqual([...open, 'adatum-special'])
    expect(await productPlans(demo.stranger, store)).toEqual(open)
  }
  for (const user of [demo.buyer, demo.stranger, null]) expect(await productPlans(user, 'cloud')).toEqual(open)
})

// The last test: the public plans stay stopped.
test('AC-192 with private plans only an offer is found, read and priced by its audience alone', async () => {
  await market.as(system, async (ctx) => {
    const { offers, publishing } = market.domain
    const { id: offer } = (await offers.findOffer(ctx, crm.publisherId, crm.offerId)) ?? { id: '' }
    for (const planId of ['basic', 'standard']) await publishing.stopPlan(ctx, { offer, planId })
    await publishing.publishNow(ctx, { offer })
  })
  const { catalog, checkout } = market.domain
  for (const store of ['business', 'cloud'] as const) {
    for (const q of ['', 'contoso crm']) {
      const { items, facets } = await market.as(anonymous, (ctx) => catalog.list(ctx, { store, q, pageSize: 100 }))
      expect(items.map(({ offerId }) => offerId)).not.toContain('contoso-crm')
      expect(facets.option.reduce((sum, { count }) => sum + (count ?? 0), 0)).toBe(items.length)
    }
  }
  expect((await listProducts(services)).map(({ offerId }) => offerId)).not.toContain('contoso-crm')

  const quote = (as: UserPrincipal, planId: string) =>
    market.as(as, (ctx) => checkout.quote(ctx, { ...crm, planId, termUnit: 'P1M', quantity: null, tenant: as.tenantId }))
  expect(await productPlans(null)).toBeNull()
  expect(await productPlans(demo.stranger)).toBeNull()
  expect(await privatePlans(demo.stranger)).toEqual([])
  await expect(quote(demo.stranger, 'adatum-special')).rejects.toMatchObject({ code: 'PlanNotAvailable' })

  expect(await productPlans(demo.buyer)).toEqual(['adatum-special'])
  expect(await privatePlans(demo.buyer)).toEqual([special])
  expect(await quote(demo.buyer, 'adatum-special')).toMatchObject({ total: '199.00' })
})
