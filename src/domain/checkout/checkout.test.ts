import { beforeAll, describe, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace, personOf } from '../../../test/subscriptions.ts'
import { system } from '../../kernel/context.ts'
import type { PurchaseInput } from './index.ts'

let market: Marketplace

beforeAll(async () => {
  market = await openMarketplace()
})

const crm = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic', termUnit: 'P1M', quantity: null }
const desk = { publisherId: 'contoso', offerId: 'contoso-desk', planId: 'team', termUnit: 'P1M', quantity: 5 }

const terms = async (offer: typeof crm | typeof desk = { ...crm, planId: 'standard' }) =>
  (await market.as(demo.buyer, (ctx) => market.domain.checkout.quote(ctx, { ...offer, tenant: demo.buyer.tenantId }))).terms.version

async function buy(input: Partial<PurchaseInput>, as = demo.buyer) {
  const acceptedTermsVersion = await terms()
  return market.as(as, (ctx) => market.domain.checkout.purchase(ctx, { ...crm, acceptedTermsVersion, ...input }))
}

const count = async () => (await market.as(demo.buyer, (ctx) => market.domain.checkout.purchasesOf(ctx, demo.buyer.tenantId))).length

describe('quote', () => {
  test('SA-184 says price, seats, trial, dimensions and terms', async () => {
    const quote = await market.as(demo.buyer, (ctx) =>
      market.domain.checkout.quote(ctx, { ...desk, quantity: 7, tenant: demo.buyer.tenantId }),
    )
    expect(quote).toMatchObject({
      currency: 'USD',
      market: 'US',
      unitPrice: '12.00',
      total: '84.00',
      quantity: 7,
      perUser: true,
      seats: { min: 1, max: 50 },
      freeTrial: false,
    })
    expect(quote.terms.version).not.toBe('')
  })

  test('a German customer sees euros', async () => {
    const quote = await market.as(demo.stranger, (ctx) => market.domain.checkout.quote(ctx, { ...crm, tenant: demo.stranger.tenantId }))
    expect(quote).toMatchObject({ currency: 'EUR', market: 'DE' })
  })

  test('without a term it is the shortest', async () => {
    const quote = await market.as(demo.buyer, (ctx) =>
      market.domain.checkout.quote(ctx, { ...crm, termUnit: undefined, tenant: demo.buyer.tenantId }),
    )
    expect(quote.termUnit).toBe('P1M')
  })
})

describe('purchase', () => {
  test('SA-171 SA-172 AP-147 makes a subscription that waits, a record of what was accepted, and a mail with a working link of its own', async () => {
    const { subscriptionId, token, landingPageUrl } = await buy({ expectedTotal: '49.00' })
    expect(landingPageUrl).toBe(`http://localhost:3980/signup?token=${encodeURIComponent(token)}`)
    const { subscription } = await market.get(subscriptionId)
    expect(subscription.status).toBe('PendingFulfillmentStart')
    expect(subscription.agreement).toMatchObject({ currency: 'USD', termUnit: 'P1M', termsAccepted: { by: 'buyer@adatum.example' } })
    expect(Number(subscription.agreement.unitPrice)).toBe(49)
    const [mail] = await market.as(system, (ctx) => market.kernel.mail.list(ctx, { limit: 1 }))
    expect(mail).toMatchObject({ to: 'buyer@adatum.example', template: 'configure-now' })
    const linked = decodeURIComponent(/token=([^\s"&]+)/.exec(mail?.text ?? '')?.[1] ?? '')
    expect(linked).not.toBe(token)
    for (const value of [token, linked]) {
      expect((await market.as(demo.contoso, (ctx) => market.domain.subscriptions.resolve(ctx, value))).id).toBe(subscriptionId)
    }
  })

  test.each<[string, Partial<PurchaseInput>, string, string]>([
    ['zero seats', { ...desk, quantity: 0 }, 'SeatsOutOfRange', 'quantity'],
    ['too many seats', { ...desk, quantity: 51 }, 'SeatsOutOfRange', 'quantity'],
    ['half a seat', { ...desk, quantity: 2.5 }, 'SeatsOutOfRange', 'quantity'],
    ['no number of seats', { ...desk, quantity: Number.NaN }, 'SeatsOutOfRange', 'quantity'],
    ['no seats where they are needed', { ...desk, quantity: null }, 'QuantityRequired', 'quantity'],
    ['seats of a flat plan', { quantity: 3 }, 'QuantityNotAllowed', 'quantity'],
    ['an unknown plan', { planId: 'gold' }, 'PlanNotAvailable', 'planId'],
    ['a plan of another offer', { planId: 'team' }, 'PlanNotAvailable', 'planId'],
    ['an unknown offer', { offerId: 'nothing' }, 'OfferNotFound', 'offerId'],
    ['an offer that is not live', { offerId: 'contoso-draft' }, 'OfferNotFound', 'offerId'],
    ['a term that does not exist', { termUnit: 'P2Y' }, 'TermNotOffered', 'termUnit'],
    ['no acceptance of the terms', { acceptedTermsVersion: undefined }, 'TermsNotAccepted', 'acceptedTermsVersion'],
    ['acceptance of older terms', { acceptedTermsVersion: 'standard-1999' }, 'TermsChanged', 'acceptedTermsVersion'],
    ['another price than shown', { expectedTotal: '48.00' }, 'PriceChanged', ''],
    ['another tenant’s money', { purchaser: personOf(demo.stranger) }, 'NotAllowed', ''],
    ['an organisation that is no customer', { beneficiary: personOf(demo.stranger) }, 'NotAReseller', 'beneficiary'],
  ])('refuses %s', async (_name, input, code, target) => {
    const before = await count()
    await expect(buy(input)).rejects.toMatchObject({ name: 'DomainError', code, ...(target ? { target } : {}) })
    expect(await count()).toBe(before)
  })

  test('AC-190 a private plan is sold to its audience, and does not exist for others or through a reseller (AC-198)', async () => {
    expect((await buy({ planId: 'adatum-special' })).subscriptionId).toBeTruthy()
    await expect(buy({ planId: 'adatum-special' }, demo.stranger)).rejects.toMatchObject({ code: 'PlanNotAvailable', target: 'planId' })
    const throughReseller = { planId: 'adatum-special', purchaser: personOf(demo.reseller), beneficiary: personOf(demo.buyer) }
    const acceptedTermsVersion = await terms()
    await expect(
      market.as(system, (ctx) => market.domain.checkout.purchase(ctx, { ...crm, acceptedTermsVersion, ...throughReseller })),
    ).rejects.toMatchObject({
      code: 'PlanNotAvailable',
    })
  })

  test('a market without a price is refused with the reason', async () => {
    await market.as(system, (ctx) =>
      market.domain.directory.createTenant(ctx, {
        tenantId: '11111111-1111-4111-8111-111111111111',
        name: 'Nowhere',
        domain: 'nowhere.example',
        country: 'CN',
      }),
    )
    const stranger = { ...demo.buyer, tenantId: '11111111-1111-4111-8111-111111111111' }
    await expect(buy({}, stranger)).rejects.toMatchObject({ kind: 'invalid', code: 'CountryWithoutPurchases' })
  })

  test('people without the right do not buy', async () => {
    await expect(buy({}, demo.colleague)).rejects.toMatchObject({ kind: 'forbidden' })
  })

  test('with an idempotency key it buys once, also when sent in parallel', async () => {
    const before = await count()
    const answers = await Promise.all(Array.from({ length: 5 }, () => buy({ idempotencyKey: 'the same' })))
    expect(new Set(answers.map(({ subscriptionId }) => subscriptionId)).size).toBe(1)
    expect(await count()).toBe(before + 1)
    await expect(buy({ idempotencyKey: 'the same', planId: 'standard' })).rejects.toMatchObject({ code: 'IdempotencyKeyReused' })
  })

  test('SA-189 what a reseller sold is changed and cancelled by the reseller, read by its customer', async () => {
    const id = await market.active({ purchaser: demo.reseller, beneficiary: demo.stranger })
    await expect(market.as(demo.stranger, (ctx) => market.domain.checkout.cancel(ctx, id))).rejects.toMatchObject({ kind: 'forbidden' })
    expect((await market.as(demo.stranger, (ctx) => market.domain.subscriptions.get(ctx, id))).byReseller).toBe(true)
    expect((await market.as(demo.reseller, (ctx) => market.domain.checkout.cancel(ctx, id))).endedBy).toBe('reseller')
  })

  test('SA-204 a reseller sells what the publisher has opened to any partner or to this one, and nothing else', async () => {
    const { offers, publishing } = market.domain
    const sale = { purchaser: demo.reseller, beneficiary: demo.stranger }
    const open = (content: Record<string, unknown>) =>
      market.kernel.run(system, async (ctx) => {
        const offer = await offers.findOffer(ctx, 'contoso', 'contoso-crm')
        await offers.saveSection(ctx, { offer: offer?.id ?? '', module: 'resell', content })
        await publishing.publishNow(ctx, { offer: offer?.id ?? '' })
      })
    await open({ partners: 'none' })
    await expect(market.buy(sale)).rejects.toMatchObject({ code: 'NotForResale' })
    await open({ partners: 'selected', tenants: [{ tenantId: demo.buyer.tenantId }] })
    await expect(market.buy(sale)).rejects.toMatchObject({ code: 'NotForResale' })
    await open({ partners: 'selected', tenants: [{ tenantId: demo.reseller.tenantId }] })
    await market.buy(sale)
    await open({ partners: 'any' })
    await market.buy(sale)
  })

  test('nobody else sees a subscription', async () => {
    const id = await market.buy()
    await expect(market.as(demo.stranger, (ctx) => market.domain.subscriptions.detail(ctx, id))).rejects.toMatchObject({
      kind: 'forbidden',
    })
    expect((await market.as(demo.colleague, (ctx) => market.domain.subscriptions.detail(ctx, id))).subscription.id).toBe(id)
    await expect(market.as(demo.colleague, (ctx) => market.domain.checkout.cancel(ctx, id))).rejects.toMatchObject({ kind: 'forbidden' })
  })

  // The last test: the plan stays stopped.
  test('a stopped plan is not sold any more, is shown as stopped to who has it, and still renews', async () => {
    const id = await market.active()
    const { subscription } = await market.get(id)
    await market.as(system, async (ctx) => {
      await market.domain.publishing.stopPlan(ctx, { offer: subscription.offer, planId: 'basic' })
      await market.domain.publishing.publishNow(ctx, { offer: subscription.offer })
    })
    const before = await count()
    await expect(buy({ planId: 'basic' })).rejects.toMatchObject({ kind: 'invalid', code: 'PlanStopped', target: 'planId' })
    expect(await count()).toBe(before)
    const plans = await market.as(demo.contoso, (ctx) => market.domain.subscriptions.availablePlans(ctx, id))
    expect(plans.find(({ planId }) => planId === 'basic')).toMatchObject({ isStopped: true })
    expect(plans.find(({ planId }) => planId === 'standard')).toMatchObject({ isStopped: false })
    await market.pass({ hours: 32 * 24 })
    const renewed = (await market.get(id)).subscription
    expect(renewed).toMatchObject({ status: 'Subscribed', planId: 'basic' })
    expect(renewed.termIndex).toBeGreaterThan(subscription.termIndex ?? 0)
  })
})
