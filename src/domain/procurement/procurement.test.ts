import { beforeAll, describe, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { noRules, reasonsAgainst } from './rules.ts'

let market: Marketplace

const { buyer, colleague, stranger } = demo
/** may buy, decides about nobody */
const purchaser: UserPrincipal = {
  ...buyer,
  objectId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a0aa',
  email: 'p@adatum.example',
  roles: ['purchaser'],
}
const crm = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic', termUnit: 'P1M', quantity: null }
const desk = { publisherId: 'contoso', offerId: 'contoso-desk', planId: 'team', termUnit: 'P1M', quantity: 5 }
const rules = { approvalAbove: '', currency: 'USD', administratorsToo: false, privateMarketplace: false }

beforeAll(async () => {
  market = await openMarketplace()
  await setRules({ approvalAbove: '40' })
})

const setRules = (input: Partial<typeof rules>) =>
  market.as(buyer, (ctx) => market.domain.procurement.setRules(ctx, buyer.tenantId, { ...rules, ...input }))

async function buy(as: UserPrincipal, offer: typeof crm | typeof desk = crm) {
  return market.as(as, async (ctx) => {
    const { terms } = await market.domain.checkout.quote(ctx, { ...offer, tenant: as.tenantId })
    return market.domain.checkout.purchase(ctx, { ...offer, acceptedTermsVersion: terms.version })
  })
}
const ask = (as: UserPrincipal, offer: typeof crm | typeof desk = crm, note = 'For the sales team') =>
  market.as(as, (ctx) => market.domain.checkout.requestPurchase(ctx, { ...offer, tenant: as.tenantId }, note))
const bought = async () => (await market.as(buyer, (ctx) => market.domain.checkout.purchasesOf(ctx, buyer.tenantId))).length
const mailsTo = async (to: string) => (await market.as(system, (ctx) => market.kernel.mail.list(ctx, { to }))).map((mail) => mail.template)

describe('what stands in the way', () => {
  const limit = { ...noRules, approvalAbove: new Decimal(100), currency: 'EUR' }
  const wanted = { hasRole: true, isAdministrator: false, isListed: false, total: '100', currency: 'EUR' }
  test('the amount itself is allowed, more is not; another currency is converted; without a rate it needs an approval', () => {
    expect(reasonsAgainst(wanted, limit, {})).toEqual([])
    expect(reasonsAgainst({ ...wanted, total: '100.01' }, limit, {})).toEqual(['amount'])
    expect(reasonsAgainst({ ...wanted, total: '105', currency: 'USD' }, limit, { EUR: '0.9' })).toEqual([])
    expect(reasonsAgainst({ ...wanted, total: '120', currency: 'USD' }, limit, { EUR: '0.9' })).toEqual(['amount'])
    expect(reasonsAgainst({ ...wanted, total: '1', currency: 'JPY' }, limit, { EUR: '0.9' })).toEqual(['amount'])
  })
  test('what becomes cheaper needs nobody; administrators are exempt unless the rules say otherwise; the list holds for all', () => {
    const dear = { ...wanted, total: '500' }
    expect(reasonsAgainst({ ...dear, before: '500' }, limit, {})).toEqual([])
    expect(reasonsAgainst({ ...dear, before: '499' }, limit, {})).toEqual(['amount'])
    expect(reasonsAgainst({ ...dear, isAdministrator: true }, limit, {})).toEqual([])
    expect(reasonsAgainst({ ...dear, isAdministrator: true }, { ...limit, administratorsToo: true }, {})).toEqual(['amount'])
    expect(reasonsAgainst({ ...wanted, isAdministrator: true, hasRole: false }, { ...limit, privateMarketplace: true }, {})).toEqual([
      'role',
      'not-listed',
    ])
  })
})

describe('purchases', () => {
  test('above the amount a purchaser asks, an administrator approves, and exactly that may be bought, once', async () => {
    const before = await bought()
    await expect(buy(purchaser)).rejects.toMatchObject({ kind: 'forbidden', code: 'ApprovalNeeded', data: { reasons: ['amount'] } })
    const { id } = await ask(purchaser)
    expect(await mailsTo(buyer.email)).toContain('request-waiting')
    await expect(ask(purchaser)).rejects.toMatchObject({ code: 'AlreadyAsked' })
    await expect(buy(purchaser)).rejects.toMatchObject({ code: 'ApprovalNeeded' })
    await expect(market.as(purchaser, (ctx) => market.domain.procurement.approve(ctx, id))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(market.as(stranger, (ctx) => market.domain.procurement.approve(ctx, id))).rejects.toMatchObject({ code: 'UnknownRequest' })
    await market.as(buyer, (ctx) => market.domain.procurement.approve(ctx, id, 'Fine.'))
    expect(await mailsTo(purchaser.email)).toContain('request-approved')
    // Another plan, a longer term and somebody else's purchase are not what was approved.
    for (const [who, offer] of [
      [purchaser, { ...crm, termUnit: 'P1Y' }],
      [purchaser, { ...crm, planId: 'standard' }],
      [colleague, crm],
    ] as const) {
      await expect(buy(who, offer)).rejects.toMatchObject({ code: 'ApprovalNeeded' })
    }
    expect(await bought()).toBe(before)
    const { subscriptionId } = await buy(purchaser)
    expect(await market.as(purchaser, (ctx) => market.domain.procurement.getRequest(ctx, id))).toMatchObject({
      state: 'completed',
      subscription: subscriptionId,
    })
    await expect(buy(purchaser)).rejects.toMatchObject({ code: 'ApprovalNeeded' })
    expect(await bought()).toBe(before + 1)
  })

  test('somebody without a role to buy asks too, and completes it after the approval; a denied one buys nothing', async () => {
    await expect(buy(colleague)).rejects.toMatchObject({ code: 'ApprovalNeeded', data: { reasons: ['role', 'amount'] } })
    const denied = await ask(colleague, crm)
    await expect(market.as(buyer, (ctx) => market.domain.procurement.deny(ctx, denied.id, ' '))).rejects.toMatchObject({ target: 'answer' })
    await market.as(buyer, (ctx) => market.domain.procurement.deny(ctx, denied.id, 'We have another one.'))
    await expect(buy(colleague)).rejects.toMatchObject({ code: 'ApprovalNeeded' })
    await expect(market.as(buyer, (ctx) => market.domain.procurement.approve(ctx, denied.id))).rejects.toMatchObject({
      code: 'RequestDecided',
    })
    const { id } = await ask(colleague, crm)
    await market.as(buyer, (ctx) => market.domain.procurement.approve(ctx, id))
    expect((await buy(colleague)).subscriptionId).toBeTruthy()
  })

  test('an administrator may buy without asking, unless the rules say otherwise; nobody approves what he has asked for', async () => {
    expect((await buy(buyer)).subscriptionId).toBeTruthy()
    await setRules({ approvalAbove: '40', administratorsToo: true })
    await expect(buy(buyer)).rejects.toMatchObject({ code: 'ApprovalNeeded' })
    const { id } = await ask(buyer)
    await expect(market.as(buyer, (ctx) => market.domain.procurement.approve(ctx, id))).rejects.toMatchObject({
      code: 'SecondPersonNeeded',
    })
    await market.as(buyer, (ctx) => market.domain.procurement.withdraw(ctx, id))
    await setRules({ approvalAbove: '40' })
    await expect(ask(buyer)).rejects.toMatchObject({ code: 'NothingToAsk' })
  })

  test('another organisation is not bound by it', async () => {
    expect((await buy(stranger)).subscriptionId).toBeTruthy()
  })

  test('a private marketplace sells what is on its list, plan by plan or the whole offer, to anybody', async () => {
    const offer = (await market.as(system, (ctx) => market.domain.offers.findOffer(ctx, 'contoso', 'contoso-crm')))?.id ?? ''
    await setRules({ privateMarketplace: true })
    const entry = {
      tenantId: buyer.tenantId,
      offer,
      publisherId: 'contoso',
      offerId: 'contoso-crm',
      offerName: 'Contoso CRM',
      planName: 'Basic',
    }
    await expect(buy(buyer)).rejects.toMatchObject({ code: 'ApprovalNeeded', data: { reasons: ['not-listed'] } })
    await expect(market.as(purchaser, (ctx) => market.domain.procurement.allow(ctx, { ...entry, planId: 'basic' }))).rejects.toMatchObject({
      kind: 'forbidden',
    })
    await market.as(buyer, (ctx) => market.domain.procurement.allow(ctx, { ...entry, planId: 'basic' }))
    expect(await market.as(buyer, (ctx) => market.domain.procurement.unlisted(ctx, buyer.tenantId, offer, ['basic', 'standard']))).toEqual(
      new Set(['standard']),
    )
    expect((await buy(purchaser)).subscriptionId).toBeTruthy()
    await expect(buy(purchaser, { ...crm, planId: 'standard' })).rejects.toMatchObject({ code: 'ApprovalNeeded' })
    await market.as(buyer, (ctx) => market.domain.procurement.allow(ctx, { ...entry, planId: '' }))
    expect((await buy(purchaser, { ...crm, planId: 'standard' })).subscriptionId).toBeTruthy()
    for (const planId of ['', 'basic'])
      await market.as(buyer, (ctx) => market.domain.procurement.disallow(ctx, buyer.tenantId, offer, planId))
    await expect(buy(purchaser)).rejects.toMatchObject({ code: 'ApprovalNeeded' })
    await setRules({ approvalAbove: '40' })
  })
})

describe('changes', () => {
  test('more seats above the amount wait; fewer do not; the approval carries the change out', async () => {
    await setRules({ approvalAbove: '70' })
    const id = await market.active({ ...desk, termUnit: 'P1M', quantity: 5 })
    const change = (as: UserPrincipal, wanted: { planId?: string; quantity?: number }) =>
      market.as(as, (ctx) => market.domain.checkout.change(ctx, id, wanted))
    await expect(change(purchaser, { quantity: 6 })).rejects.toMatchObject({ code: 'ApprovalNeeded' })
    expect((await market.get(id)).subscription).toMatchObject({ quantity: 5, pendingOperation: null })
    const request = await market.as(colleague, (ctx) => market.domain.checkout.requestChange(ctx, id, { quantity: 9 }, ''))
    expect(request).toMatchObject({ kind: 'seats', quantity: 9, subscription: id, reasons: ['role', 'amount'] })
    expect(request.total.toFixed()).toBe('108')
    expect(await market.as(buyer, (ctx) => market.domain.procurement.approve(ctx, request.id))).toMatchObject({ state: 'completed' })
    await market.pass({ seconds: 12 })
    expect((await market.get(id)).subscription.quantity).toBe(9)
    await change(purchaser, { quantity: 8 })
    await market.pass({ seconds: 12 })
    expect((await market.get(id)).subscription.quantity).toBe(8)
  })

  test('a dearer plan waits, and a plan that is not on the list does too', async () => {
    const id = await market.active(crm)
    const change = () => market.as(purchaser, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'standard' }))
    await expect(change()).rejects.toMatchObject({ code: 'ApprovalNeeded', data: { reasons: ['amount'] } })
    await setRules({ privateMarketplace: true })
    await expect(change()).rejects.toMatchObject({ code: 'ApprovalNeeded', data: { reasons: ['not-listed'] } })
    await setRules({})
    await change()
  })
})

test('a request that nobody decides expires after 30 days, an approval after 30 more', async () => {
  await setRules({ approvalAbove: '10' })
  const forgotten = await ask(purchaser, { ...desk, quantity: 7 })
  const unused = await ask(purchaser, crm)
  await market.as(buyer, (ctx) => market.domain.procurement.approve(ctx, unused.id))
  await market.pass({ hours: 24 * 30 + 1 })
  for (const { id } of [forgotten, unused])
    expect(await market.as(buyer, (ctx) => market.domain.procurement.getRequest(ctx, id))).toMatchObject({ state: 'expired' })
  await expect(buy(purchaser)).rejects.toMatchObject({ code: 'ApprovalNeeded' })
  expect(await mailsTo(purchaser.email)).toContain('request-expired')
})

test.each([
  [{ approvalAbove: 'much' }, 'approvalAbove'],
  [{ approvalAbove: '-1' }, 'approvalAbove'],
  [{ approvalAbove: '1.234' }, 'approvalAbove'],
  [{ currency: 'XXX' }, 'currency'],
])('rules like %o are refused at the field', async (input, target) => {
  await expect(setRules(input)).rejects.toMatchObject({ code: 'RulesInvalid', details: [{ target }] })
})

test('a person switches mails off, also those of its own purchases; what must be known is sent all the same', async () => {
  const configured = async () => (await mailsTo(buyer.email)).filter((template) => template === 'configure-now').length
  await setRules({})
  const before = await configured()
  await market.as(buyer, (ctx) => market.domain.notifications.chooseMail(ctx, { purchases: false }))
  await buy(buyer)
  expect(await configured()).toBe(before)
  await market.as(buyer, (ctx) => market.domain.notifications.chooseMail(ctx, { purchases: true }))
  await buy(buyer)
  expect(await configured()).toBe(before + 1)
  await market.as(system, (ctx) => market.kernel.mail.send(ctx, { to: buyer.email, subject: 's', text: 't', template: 'suspended' }))
  expect(await mailsTo(buyer.email)).toContain('suspended')
  await expect(market.as(buyer, (ctx) => market.domain.notifications.chooseMail(ctx, { passwords: false }))).rejects.toMatchObject({
    code: 'UnknownMailKind',
  })
})

test('the bell counts what is new for a person, and nothing of others', async () => {
  await setRules({ approvalAbove: '10' })
  const unread = (as: UserPrincipal) => market.as(as, (ctx) => market.domain.notifications.customerUnread(ctx))
  for (const who of [buyer, colleague]) await market.as(who, (ctx) => market.domain.notifications.markCustomerNewsSeen(ctx))
  const { id } = await ask(colleague, crm)
  expect([await unread(buyer), await unread(colleague), await unread(stranger)]).toEqual([1, 0, 0])
  await market.as(buyer, (ctx) => market.domain.procurement.deny(ctx, id, 'No.'))
  expect(await unread(colleague)).toBe(1)
  const [news] = await market.as(colleague, (ctx) => market.domain.notifications.customerNews(ctx))
  expect(news).toMatchObject({ kind: 'request-denied', path: `/account/requests/${id}`, isNew: true })
})
