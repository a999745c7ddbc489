import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { subscriptionBody } from '../../api/saas-fulfillment/mapping.ts'
import { type Principal, type UserPrincipal } from '../../kernel/context.ts'
import { recordOf } from '../subscriptions/index.ts'
import { memberOf } from '../../../test/people.ts'

const owner: UserPrincipal = {
  kind: 'user',
  tenantId: demo.contoso.tenantId,
  objectId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a001',
  email: 'owner@contoso.example',
  displayName: 'Contoso Owner',
  roles: [],
  memberships: memberOf(demo.contoso.tenantId, 'owner'),
}
const operator: Principal = { ...owner, memberships: undefined, tenantId: '00000000-0000-4000-8000-000000000001', roles: ['operator'] }
const preview = { publisherId: 'contoso', offerId: 'contoso-crm-preview', planId: 'basic', termUnit: 'P1M', quantity: null }

let market: Marketplace
let offer = ''

beforeAll(async () => {
  market = await openMarketplace()
  offer = (await market.as(owner, (ctx) => market.domain.offers.findOffer(ctx, 'contoso', 'contoso-crm')))?.id ?? ''
  // Its audience is a buyer who is written as nobody signs in: in other letters.
  await edit({ module: 'preview-audience', content: { people: [{ id: 'Buyer@Adatum.example' }] } })
  const { tenantId, clientId: applicationId } = demo.contoso
  const technical = { landingPageUrl: 'http://localhost:3980/signup', webhookUrl: market.endpoint.url, tenantId, applicationId }
  await edit({ module: 'technical-configuration', content: technical })
  await submit()
})

const edit = (section: { module: string; content: Record<string, unknown> }) =>
  market.as(owner, (ctx) => market.domain.offers.saveSection(ctx, { offer, ...section }))

async function submit() {
  await market.as(owner, (ctx) => market.domain.publishing.submit(ctx, { offer, notes: 'Buy it.' }))
  await market.pass({ seconds: 1 })
}

async function buy(as: UserPrincipal = demo.buyer, choice: Partial<typeof preview> = {}) {
  return market.as(as, async (ctx) => {
    const wanted = { ...preview, ...choice }
    const { terms } = await market.domain.checkout.quote(ctx, { ...wanted, tenant: as.tenantId })
    const { subscriptionId } = await market.domain.checkout.purchase(ctx, { ...wanted, acceptedTermsVersion: terms.version })
    return subscriptionId
  })
}

const look = (as: Principal, key?: string) =>
  market.as(as, (ctx) => market.domain.publishing.previewFor(ctx, { publisherId: 'contoso', offerId: 'contoso-crm', key }))

test('PL-25 PL-26 SA-131 SA-199 the preview is bought by its audience only; its page is for whoever has the link', async () => {
  const id = await buy()
  expect((await market.get(id)).subscription).toMatchObject({ preview: true, offerId: 'contoso-crm', status: 'PendingFulfillmentStart' })
  await expect(buy(demo.stranger)).rejects.toMatchObject({ kind: 'forbidden', code: 'NotInPreviewAudience' })
  // A colleague of the same organisation is not invited by that.
  await expect(buy(demo.colleague)).rejects.toMatchObject({ kind: 'forbidden' })
  const stranger = {
    ...demo.buyer,
    purchaser: { email: demo.stranger.email, objectId: demo.stranger.objectId, tenantId: demo.stranger.tenantId },
  }
  expect(stranger.purchaser.email).not.toBe(demo.buyer.email)

  const { preview: made } = await market.as(owner, (ctx) => market.domain.publishing.status(ctx, { offer }))
  expect(await look({ kind: 'anonymous' })).toBeNull()
  expect(await look(demo.stranger)).toBeNull()
  expect(await look(demo.stranger, 'a-guess')).toBeNull()
  expect(await look(demo.stranger, made?.key)).toMatchObject({ mayBuy: false })
  expect(await look({ kind: 'anonymous' }, made?.key)).toMatchObject({ mayBuy: false })
  expect(await look(demo.buyer)).toMatchObject({ mayBuy: true })
  expect(await look(owner)).toMatchObject({ mayBuy: false })
})

test('the webhook of the preview was tried by a call that is what its schema says', () => {
  // The endpoint holds every call against the schema; what is malformed fails the file.
  expect(market.endpoint.received[0]?.body).toMatchObject({
    action: 'Renew',
    offerId: 'contoso-crm-preview',
    subscription: { isTest: true },
  })
  expect(market.endpoint.received[0]?.authorization).toMatch(/^Bearer /)
})

test('AP-037 what is bought in preview is named so in the API, and can be used like any other', async () => {
  const id = await buy()
  await market.activate(id)
  const { subscription } = await market.get(id)
  expect(subscriptionBody(recordOf(subscription)).offerId).toBe('contoso-crm-preview')
  expect(subscription.status).toBe('Subscribed')
})

test('AC-197 in preview the audience sees and buys every plan, private ones of others too', async () => {
  const found = await look(demo.buyer)
  const page = found && (await market.as(demo.buyer, (ctx) => market.domain.catalog.preview(ctx, { snapshot: found.snapshot })))
  expect(page?.plans.map((plan) => plan.planId)).toEqual(['basic', 'standard', 'adatum-special'])
  await expect(buy(demo.buyer, { planId: 'adatum-special' })).resolves.toBeTruthy()
})

test('PL-28 the operator lets a preview be bought free of charge, also after a change of plan', async () => {
  await market.as(operator, (ctx) => market.domain.publishing.setPreviewFree(ctx, { offer, free: true }))
  const quote = await market.as(demo.buyer, (ctx) => market.domain.checkout.quote(ctx, { ...preview, tenant: demo.buyer.tenantId }))
  expect(quote).toMatchObject({ total: '0.00', preview: true })
  const id = await buy()
  await market.activate(id)
  expect((await market.get(id)).subscription.agreement).toMatchObject({ unitPrice: '0', isFree: true })
  await market.as(demo.buyer, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'standard' }))
  await market.settle()
  await market.pass({ seconds: 30 })
  const { subscription } = await market.get(id)
  expect(subscription).toMatchObject({ planId: 'standard' })
  expect(subscription.agreement).toMatchObject({ unitPrice: '0', isFree: true })
  await market.as(operator, (ctx) => market.domain.publishing.setPreviewFree(ctx, { offer, free: false }))
  const billed = await market.as(demo.buyer, (ctx) => market.domain.checkout.quote(ctx, { ...preview, tenant: demo.buyer.tenantId }))
  expect(billed.total).toBe('49.00')
})

test('PL-36 PL-67 PL-70 going live ends the preview; a stopped offer is not sold, and whoever has it keeps it and renews', async () => {
  await market.as(owner, (ctx) => market.domain.publishing.signOff(ctx, { offer }))
  await market.pass({ seconds: 2 })
  expect((await market.as(owner, (ctx) => market.domain.publishing.status(ctx, { offer }))).status).toBe('Live')
  await expect(buy()).rejects.toMatchObject({ kind: 'not-found' })
  expect(await look(demo.buyer)).toBeNull()

  const id = await market.active()
  const before = (await market.get(id)).subscription
  await market.as(owner, (ctx) => market.domain.publishing.stopOffer(ctx, { offer }))
  const product = () =>
    market.as(demo.buyer, (ctx) => market.domain.catalog.product(ctx, { publisherId: 'contoso', offerId: 'contoso-crm' }))
  expect(await product()).toBeNull()
  await expect(buy(demo.buyer, { offerId: 'contoso-crm' })).rejects.toMatchObject({ code: 'PlanStopped' })
  await market.pass({ hours: 24 * 40 })
  const after = (await market.get(id)).subscription
  expect(after).toMatchObject({ status: 'Subscribed', planId: before.planId })
  expect(after.termIndex).toBeGreaterThan(before.termIndex ?? 0)
})
