import { beforeAll, describe, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace, personOf } from '../../../test/subscriptions.ts'
import { addTrialPlan, newCustomer } from '../../../test/trial.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
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

const quoteTerms = async (as: UserPrincipal, offer: Partial<typeof crm> = {}) =>
  (await market.as(as, (ctx) => market.domain.checkout.quote(ctx, { ...crm, ...offer, tenant: as.tenantId }))).terms

/** Publishes an offer of contoso under other terms. */
async function publishTerms(offerId: string, terms: Record<string, unknown>) {
  const { offers, publishing } = market.domain
  await market.as(system, async (ctx) => {
    const offer = (await offers.findOffer(ctx, 'contoso', offerId))?.id ?? ''
    const { content } = await offers.section(ctx, { offer, module: 'properties' })
    await offers.saveSection(ctx, { offer, module: 'properties', content: { ...content, terms } })
    await publishing.publishNow(ctx, { offer })
  })
}

/** Publishes a copy of contoso-crm under the publisher's own terms: `contoso-own`. */
async function publishOwnTerms(html: string) {
  const { offers } = market.domain
  await market.as(system, async (ctx) => {
    const offer = (await offers.findOffer(ctx, 'contoso', 'contoso-crm'))?.id ?? ''
    await offers.copyOffer(ctx, { offer, offerId: 'contoso-own', alias: 'Own terms' })
  })
  await publishTerms('contoso-own', { kind: 'own', html })
}

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

  test('AC-190 SA-46 a private plan is sold to its audience, and does not exist for others or through a reseller (AC-198)', async () => {
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

  test('SA-148 a purchase or a change outside the plan’s users is refused, and changes nothing; its bounds are not', async () => {
    for (const quantity of [0, 51]) await expect(market.buy({ ...desk, quantity })).rejects.toMatchObject({ code: 'SeatsOutOfRange' })
    const id = await market.active({ ...desk, quantity: 50 })
    const change = (quantity: number) => market.as(demo.buyer, (ctx) => market.domain.checkout.change(ctx, id, { quantity }))
    await expect(change(0)).rejects.toMatchObject({ kind: 'invalid', target: 'quantity' })
    await expect(change(51)).rejects.toMatchObject({ code: 'SeatsOutOfRange', target: 'quantity' })
    expect((await market.get(id)).subscription).toMatchObject({ quantity: 50 })
    await change(1)
    await market.pass({ seconds: 12 })
    expect((await market.get(id)).subscription).toMatchObject({ quantity: 1 })
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

  test('AC-224 AC-226 the amendment for all is every customer’s, that for a tenant adds to it for that tenant alone; both are accepted', async () => {
    const first = await terms()
    await publishTerms('contoso-crm', {
      kind: 'standard',
      amendment: 'For all.',
      custom: [{ text: 'For Adatum.', tenants: [{ tenantId: demo.buyer.tenantId, description: '' }] }],
    })
    const adatum = await quoteTerms(demo.buyer)
    const northwind = await quoteTerms(demo.stranger)
    const page = await market.as(system, (ctx) =>
      market.domain.catalog.product(ctx, { publisherId: 'contoso', offerId: 'contoso-crm', market: 'US' }),
    )
    for (const { html } of [adatum, northwind, page?.terms ?? { html: '' }]) expect(html).toBe('<p>For all.</p>')
    expect(adatum.amendments.map(({ html }) => html)).toEqual(['<p>For Adatum.</p>'])
    expect(northwind.amendments).toEqual([])
    expect(JSON.stringify([northwind, page?.terms])).not.toContain('For Adatum')
    // The contract alone, or with the amendment for all, is not what Adatum has to accept.
    for (const acceptedTermsVersion of [first, northwind.version]) {
      await expect(buy({ acceptedTermsVersion })).rejects.toMatchObject({ code: 'TermsChanged', target: 'acceptedTermsVersion' })
    }
    expect((await buy({ acceptedTermsVersion: adatum.version })).subscriptionId).toBeTruthy()
    expect((await buy({ acceptedTermsVersion: northwind.version }, demo.stranger)).subscriptionId).toBeTruthy()
  })

  test('AC-228 AC-229 SA-121 the standard contract is read once, amendments each time, own terms before each trial; without acceptance nothing is bought', async () => {
    await addTrialPlan(market)
    const customer = await newCustomer(market)
    const version = (await quoteTerms(customer)).version
    expect((await quoteTerms(customer)).contractAcceptedAt).toBeNull()
    const trial = { ...crm, planId: 'growth' }
    await expect(buy({ ...trial, acceptedTermsVersion: undefined }, customer)).rejects.toMatchObject({ code: 'TermsNotAccepted' })
    expect((await quoteTerms(customer)).contractAcceptedAt).toBeNull()
    await buy({ ...trial, acceptedTermsVersion: version }, customer)
    const again = await quoteTerms(customer)
    expect(again).toMatchObject({ html: '<p>For all.</p>', contractAcceptedAt: expect.stringMatching(/^20/) })
    // Of another publisher it is the same contract.
    const backup = { publisherId: 'fabrikam', offerId: 'fabrikam-backup', planId: 'standard' }
    expect((await quoteTerms(customer, backup)).contractAcceptedAt).toBe(again.contractAcceptedAt)
    expect((await quoteTerms(await newCustomer(market))).contractAcceptedAt).toBeNull()

    await publishOwnTerms('<p>Ours.</p>')
    const own = { offerId: 'contoso-own', planId: 'growth' }
    const theirs = await quoteTerms(customer, own)
    expect(theirs).toMatchObject({ kind: 'own', html: '<p>Ours.</p>', contractAcceptedAt: null })
    await expect(buy({ ...own, acceptedTermsVersion: undefined }, customer)).rejects.toMatchObject({ code: 'TermsNotAccepted' })
    await expect(buy({ ...own, acceptedTermsVersion: again.version }, customer)).rejects.toMatchObject({ code: 'TermsChanged' })
    await buy({ ...own, acceptedTermsVersion: theirs.version }, customer)
    expect(await quoteTerms(customer, own)).toEqual(theirs)
  })

  test('AC-232 a purchase keeps what was agreed to: terms and privacy, billing, sharing of data; by whom and when', async () => {
    const customer = await newCustomer(market)
    const { version } = await quoteTerms(customer)
    await buy({ acceptedTermsVersion: version }, customer)
    const [bought] = await market.as(customer, (ctx) => market.domain.checkout.purchasesOf(ctx, customer.tenantId))
    expect(bought?.consent).toEqual({
      legal: { terms: version, privacyPolicyUrl: expect.stringMatching(/^https:/) },
      billing: { every: 'P1M', currency: 'USD' },
      sharing: ['contact', 'usage', 'transactions'],
      by: customer.email,
      at: bought?.boughtAt.toString(),
    })
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
