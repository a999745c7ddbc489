import { beforeAll, describe, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace, personOf } from '../../../test/subscriptions.ts'
import { memberOf } from '../../../test/people.ts'
import { testKernel } from '../../../test/harness.ts'
import { newCustomer } from '../../../test/trial.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import type { InvoiceDetail } from '../billing/index.ts'
import { createDomain } from '../domain.ts'
import type { PurchaseInput } from './index.ts'

let market: Marketplace
let offer = ''

const owner: UserPrincipal = {
  kind: 'user',
  tenantId: demo.contoso.tenantId,
  objectId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a001',
  email: 'owner@contoso.example',
  displayName: 'Contoso Owner',
  roles: [],
  memberships: memberOf(demo.contoso.tenantId, 'owner'),
}
const operator: UserPrincipal = {
  ...owner,
  objectId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001',
  tenantId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b70001',
  email: 'operator@operator.example',
  roles: ['operator'],
  memberships: undefined,
}
const crm = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic', termUnit: 'P1M', quantity: null }

beforeAll(async () => {
  market = await openMarketplace()
  offer = (await market.as(system, (ctx) => market.domain.offers.findOffer(ctx, 'contoso', 'contoso-crm')))?.id ?? ''
})

async function buy(as: UserPrincipal, input: Partial<PurchaseInput> = {}, on = market): Promise<string> {
  return on.as(as, async (ctx) => {
    const wanted = { ...crm, ...input }
    const { terms } = await on.domain.checkout.quote(ctx, { ...wanted, tenant: as.tenantId })
    return (await on.domain.checkout.purchase(ctx, { ...wanted, acceptedTermsVersion: terms.version })).subscriptionId
  })
}

const invoicesOf = (as: UserPrincipal) =>
  market.as(as, async (ctx) => {
    const found = await market.domain.billing.listInvoices(ctx, as.tenantId)
    const all: InvoiceDetail[] = []
    for (const { id } of found) all.push(await market.domain.billing.getInvoice(ctx, id))
    return all
  })

const branch = {
  label: 'Branch Berlin',
  legalName: 'Adatum Deutschland GmbH',
  line1: 'Lindenstr. 1',
  line2: '',
  postalCode: '10969',
  city: 'Berlin',
  region: '',
  purchaseOrder: 'PO-77',
}

describe('who pays, and how', () => {
  test('AC-124 AC-125 the business store charges a card only; the cloud store bills the existing account, at an address of its choice', async () => {
    const customer = await newCustomer(market)
    await market.as(customer, (ctx) => market.domain.billing.setPaymentMethod(ctx, customer.tenantId, 'bank-transfer'))
    const { addressId } = await market.as(customer, (ctx) => market.domain.accounts.saveBillingAddress(ctx, customer.tenantId, branch))
    const ids = {
      business: await buy(customer, { origin: 'business' }),
      cloud: await buy(customer, { origin: 'cloud' }),
      branch: await buy(customer, { origin: 'cloud', billAddress: addressId }),
    }
    for (const id of Object.values(ids)) await market.activate(id)
    await market.kernel.due.move((from) => from.add({ hours: 24 * 32 }))
    const invoices = await invoicesOf(customer)
    const of = (id: string) => invoices.find((one) => one.lines.some((line) => line.subscription === id))
    expect(invoices.length).toBeGreaterThanOrEqual(3)
    expect(of(ids.business)).toMatchObject({
      state: 'paid',
      payments: [{ method: 'test-card' }],
      billTo: { legalName: expect.stringMatching(/^customer/) },
    })
    expect(of(ids.cloud)).toMatchObject({ state: 'open', payments: [{ method: 'bank-transfer', state: 'pending' }] })
    expect(of(ids.branch)).toMatchObject({
      state: 'open',
      billTo: { legalName: branch.legalName, address: { line1: 'Lindenstr. 1', city: 'Berlin' }, purchaseOrder: 'PO-77' },
    })
    expect(new Set(Object.values(ids).map((id) => of(id)?.number)).size).toBe(3)
    await expect(market.as(customer, (ctx) => market.domain.billing.billAt(ctx, ids.business, addressId))).rejects.toMatchObject({
      code: 'CardOnly',
    })
    await expect(market.as(demo.stranger, (ctx) => market.domain.billing.billAt(ctx, ids.cloud, null))).rejects.toMatchObject({
      kind: 'not-found',
    })
    await expect(market.as(customer, (ctx) => market.domain.billing.billAt(ctx, ids.cloud, demo.buyer.tenantId))).rejects.toMatchObject({
      code: 'UnknownAddress',
    })
    await market.as(customer, (ctx) => market.domain.billing.billAt(ctx, ids.cloud, addressId))
    expect(await market.as(customer, (ctx) => market.domain.billing.billedTo(ctx, ids.cloud))).toEqual({
      paidBy: null,
      billAddress: addressId,
    })
    // Renewals stay where they are, and each document says the whole of one address.
    for (const one of invoices) expect(new Set(one.lines.map((line) => line.subscription)).size).toBe(1)
  })

  test('AC-124 without a card nothing is bought in the business store; in the cloud store it is', async () => {
    const kernel = await testKernel({
      template: 'demo',
      config: { stripe: { secretKey: 'sk_test_x', webhookSecret: 'whsec_x', apiUrl: 'http://127.0.0.1:9' } },
    })
    const cards = await openMarketplace({ kernel, domain: createDomain(kernel) })
    await cards.as(demo.stranger, (ctx) => cards.domain.billing.setPaymentMethod(ctx, demo.stranger.tenantId, 'bank-transfer'))
    await expect(buy(demo.stranger, { origin: 'business' }, cards)).rejects.toMatchObject({ code: 'CardRequired', target: 'payment' })
    expect(await cards.as(demo.stranger, (ctx) => cards.domain.checkout.purchasesOf(ctx, demo.stranger.tenantId))).toEqual([])
    expect(await buy(demo.stranger, { origin: 'cloud' }, cards)).toBeTruthy()
    const shown = (origin: 'business' | 'cloud') =>
      cards.as(demo.stranger, (ctx) => cards.domain.checkout.payment(ctx, { tenant: demo.stranger.tenantId, origin }))
    expect(await shown('business')).toEqual({ cardOnly: true, method: null, addresses: [] })
    expect(await shown('cloud')).toMatchObject({ cardOnly: false, method: 'Bank transfer' })
  })

  test('addresses are one’s own, named once, and a retired one takes nothing new', async () => {
    const { accounts } = market.domain
    const customer = await newCustomer(market)
    const save = (input: Partial<typeof branch>, id?: string) =>
      market.as(customer, (ctx) => accounts.saveBillingAddress(ctx, customer.tenantId, { ...branch, ...input }, id))
    const { addressId } = await save({})
    await expect(save({})).rejects.toMatchObject({ code: 'LabelTaken', target: 'label' })
    await expect(save({ label: '', line1: '', city: 'x'.repeat(81) })).rejects.toMatchObject({
      details: expect.arrayContaining([expect.objectContaining({ target: 'label' }), expect.objectContaining({ target: 'city' })]),
    })
    await expect(buy(demo.stranger, { billAddress: addressId })).rejects.toMatchObject({ code: 'UnknownAddress' })
    await expect(
      market.as(demo.colleague, (ctx) => accounts.saveBillingAddress(ctx, demo.colleague.tenantId, branch)),
    ).rejects.toMatchObject({ kind: 'forbidden' })
    expect((await save({ label: 'Branch Bonn' }, addressId)).addressId).toBe(addressId)
    await market.as(customer, (ctx) => accounts.retireBillingAddress(ctx, customer.tenantId, addressId))
    await expect(buy(customer, { billAddress: addressId })).rejects.toMatchObject({ code: 'UnknownAddress' })
  })
})

test('RF-04 a customer in Brazil pays in reais, through a reseller in US dollars, also after a change of plan', async () => {
  const { checkout, accounts, directory } = market.domain
  const tenantId = '22222222-2222-4222-8222-222222222222'
  await market.as(system, async (ctx) => {
    await directory.createTenant(ctx, { tenantId, name: 'Rio Ltda', domain: 'rio.example', country: 'BR' })
    await accounts.addResellerCustomer(ctx, { resellerTenantId: demo.reseller.tenantId, customerTenantId: tenantId })
  })
  const rio: UserPrincipal = { ...demo.buyer, tenantId, objectId: '22222222-2222-4222-8222-2222222222a1', email: 'a@rio.example' }
  const quote = (byReseller: boolean) => market.as(system, (ctx) => checkout.quote(ctx, { ...crm, tenant: tenantId, byReseller }))
  expect(await quote(false)).toMatchObject({ market: 'BR', currency: 'BRL' })
  const dollars = await quote(true)
  expect(dollars).toMatchObject({ market: 'BR', currency: 'USD', total: '49.00' })
  const id = await market.as(demo.reseller, async (ctx) => {
    const bought = await checkout.purchase(ctx, { ...crm, beneficiary: personOf(rio), acceptedTermsVersion: dollars.terms.version })
    return bought.subscriptionId
  })
  await market.activate(id)
  expect((await market.get(id)).subscription.agreement).toMatchObject({ currency: 'USD', unitPrice: '49' })
  await market.as(demo.reseller, (ctx) => checkout.change(ctx, id, { planId: 'standard' }))
  await market.pass({ seconds: 12 })
  expect((await market.get(id)).subscription).toMatchObject({ planId: 'standard', agreement: { currency: 'USD' } })
  // Another market's reseller pays what the market pays.
  const northwind = await market.as(system, (ctx) => checkout.quote(ctx, { ...crm, tenant: demo.stranger.tenantId, byReseller: true }))
  expect(northwind).toMatchObject({ market: 'DE', currency: 'EUR' })
})

describe('purchases of a preview', () => {
  const { buyer } = demo
  async function tryPreview(): Promise<string> {
    const id = await buy(buyer, { offerId: 'contoso-crm-preview' })
    await market.activate(id)
    return id
  }
  const refund = (as: UserPrincipal, id: string, late = false) =>
    market.as(as, (ctx) => market.domain.billing.refundPreview(ctx, id, { late }))

  beforeAll(async () => {
    const edit = (module: string, content: Record<string, unknown>) =>
      market.as(owner, (ctx) => market.domain.offers.saveSection(ctx, { offer, module, content }))
    await edit('preview-audience', { people: [{ id: buyer.email }] })
    const { tenantId, clientId: applicationId } = demo.contoso
    await edit('technical-configuration', {
      landingPageUrl: 'http://localhost:3980/signup',
      webhookUrl: market.endpoint.url,
      tenantId,
      applicationId,
    })
    await market.as(owner, (ctx) => market.domain.publishing.submit(ctx, { offer, notes: 'Try it.' }))
    await market.pass({ seconds: 1 })
  })

  test('SA-192 are processed and marked, and paid back in full by the operator, without a fee; after 7 days only when that is confirmed', async () => {
    const id = await tryPreview()
    const live = await market.active()
    await market.kernel.due.move((from) => from.add({ hours: 24 * 33 }))
    const billed = (await invoicesOf(buyer)).flatMap((one) => one.lines).filter((line) => line.subscription === id && line.kind === 'fee')
    expect(billed[0]).toMatchObject({ feeRate: expect.anything() })
    expect(billed.every((line) => line.fee.greaterThan(0))).toBe(true)
    expect((await market.get(id)).subscription.preview).toBe(true)

    await expect(refund(buyer, id)).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(refund(owner, id)).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(refund(operator, live, true)).rejects.toMatchObject({ code: 'NotAPreview' })
    await expect(refund(operator, id)).rejects.toMatchObject({ code: 'RefundIsLate' })
    expect((await market.get(id)).subscription.status).toBe('Subscribed')

    const total = billed.reduce((sum, line) => sum.plus(line.net), billed[0]?.net.times(0) ?? (0 as never))
    expect(await refund(operator, id, true)).toEqual({ net: { currency: 'USD', amount: total.toFixed(2) } })
    expect((await market.get(id)).subscription.status).toBe('Unsubscribed')
    const credit = (await invoicesOf(buyer)).find((one) => one.reason === 'preview-refund')
    expect(credit).toMatchObject({ kind: 'credit-note', state: 'credited' })
    const sums = (lines: typeof billed) =>
      ['net', 'tax', 'fee', 'publisherShare'].map((part) =>
        lines.reduce((sum, line) => sum.plus(line[part as 'net']), total.times(0)).toFixed(2),
      )
    expect(sums(credit?.lines ?? [])).toEqual(sums(billed).map((amount) => (amount === '0.00' ? amount : `-${amount}`)))
    expect((await market.as(operator, (ctx) => market.domain.billing.explainInvoice(ctx, credit?.id ?? ''))).agrees).toBe(true)

    // Nothing more is ever billed of it, and it is not paid back twice.
    await expect(refund(operator, id, true)).rejects.toMatchObject({ code: 'AlreadyRefunded' })
    await market.kernel.due.move((from) => from.add({ hours: 24 * 40 }))
    const after = (await invoicesOf(buyer)).flatMap((one) => one.lines).filter((line) => line.subscription === id)
    expect(sums(after)).toEqual(['0.00', '0.00', '0.00', '0.00'])
    expect((await market.kernel.doctor.examine(market.kernel.database.db)).flatMap(({ problems }) => problems)).toEqual([])
  })

  test('SA-192 within 7 days nothing needs to be confirmed, and what was not billed yet never is', async () => {
    const id = await tryPreview()
    await market.pass({ hours: 24 * 6 })
    const before = (await invoicesOf(buyer)).filter((one) => one.lines.some((line) => line.subscription === id))
    await refund(operator, id)
    await market.kernel.due.move((from) => from.add({ hours: 24 * 40 }))
    const lines = (await invoicesOf(buyer)).flatMap((one) => one.lines).filter((line) => line.subscription === id)
    expect(lines.reduce((sum, line) => sum + Number(line.net), 0)).toBe(0)
    expect(before).toEqual([])
    expect(await market.as(operator, (ctx) => market.domain.billing.refundedAmong(ctx, [id]))).toHaveProperty('size', 1)
  })
})
