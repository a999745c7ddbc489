import type { Temporal } from 'temporal-polyfill'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { addTrialPlan, newCustomer } from '../../../test/trial.ts'
import { type Ctx, system } from '../../kernel/context.ts'

let market: Marketplace

beforeAll(async () => {
  market = await openMarketplace()
})

afterEach(() => {
  market.endpoint.answer = 200
  market.endpoint.received.length = 0
})

const days = (n: number) => ({ hours: n * 24 })
const actions = (id: string) => market.endpoint.received.filter(({ body }) => body.subscriptionId === id).map(({ body }) => body.action)

test('SA-171 a purchase waits for activation, and nothing begins before', async () => {
  const id = await market.buy()
  const { subscription, terms } = await market.get(id)
  expect(subscription).toMatchObject({
    status: 'PendingFulfillmentStart',
    planId: 'basic',
    quantity: null,
    termStart: null,
    activatedAt: null,
  })
  expect(terms).toEqual([])
})

test('AP-028 AP-032 activation begins the first term and sends no webhook', async () => {
  const id = await market.active()
  await market.settle()
  const { subscription, terms } = await market.get(id)
  expect(subscription.status).toBe('Subscribed')
  const start = subscription.activatedAt?.toZonedDateTimeISO('UTC').toPlainDate()
  expect(subscription.termStart?.toString()).toBe(start?.toString())
  expect(subscription.termEnd?.toString()).toBe(start?.add({ months: 1 }).subtract({ days: 1 }).toString())
  expect(terms).toHaveLength(1)
  expect(market.endpoint.received).toEqual([])
})

test('AP-052 AP-066 a change succeeds 10 seconds after the webhook was acknowledged, not before', async () => {
  const id = await market.active()
  const { id: operation } = await market.as(demo.contoso, (ctx) =>
    market.domain.subscriptions.changeByPublisher(ctx, id, { planId: 'standard' }),
  )
  await market.settle()
  expect(market.endpoint.received).toMatchObject([
    { body: { id: operation, action: 'ChangePlan', status: 'InProgress', operationRequestSource: 'Partner', planId: 'standard' } },
  ])
  await market.pass({ seconds: 3 })
  expect((await market.get(id)).subscription.planId).toBe('basic')
  await market.pass({ seconds: 8 })
  const { subscription, operations } = await market.get(id)
  expect(subscription).toMatchObject({ planId: 'standard', pendingOperation: null })
  expect(operations).toMatchObject([{ status: 'Succeeded', decidedBy: 'window-passed' }])
  const [{ acknowledgedAt, finishedAt } = { acknowledgedAt: null, finishedAt: null }] = operations
  expect(acknowledgedAt && finishedAt?.since(acknowledgedAt).total('seconds')).toBe(10)
})

test('AP-051 a reported failure keeps plan and seats', async () => {
  const id = await market.active({ offerId: 'contoso-desk', planId: 'team', quantity: 5 })
  const { id: operation } = await market.as(demo.buyer, (ctx) => market.domain.checkout.change(ctx, id, { quantity: 9 }))
  await market.settle()
  await market.as(demo.contoso, (ctx) => market.domain.subscriptions.answerOperation(ctx, id, operation, { success: false }))
  await market.pass({ seconds: 20 })
  const { subscription, operations } = await market.get(id)
  expect(subscription).toMatchObject({ quantity: 5, pendingOperation: null })
  expect(operations).toMatchObject([{ status: 'Failed', decidedBy: 'publisher-failure' }])
})

test('AP-063 a 4xx answer to the webhook of a change refuses it at once', async () => {
  const id = await market.active()
  market.endpoint.answer = 404
  await market.as(demo.buyer, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'standard' }))
  await market.settle()
  const { subscription, operations, deliveries } = await market.get(id)
  expect(subscription.planId).toBe('basic')
  expect(operations).toMatchObject([{ status: 'Failed', decidedBy: 'webhook-refused', errorStatusCode: '404' }])
  expect(deliveries).toMatchObject([{ state: 'rejected', attempts: 1 }])
})

test('AP-062 a dead endpoint is given up after 500 attempts in 8 hours, and the change fails; in a clock move it is called three times', async () => {
  const id = await market.active()
  market.endpoint.answer = 500
  await market.as(demo.buyer, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'standard' }))
  await market.pass({ hours: 9 })
  expect(market.endpoint.received).toHaveLength(3)
  const { subscription, operations, deliveries } = await market.get(id)
  expect(subscription).toMatchObject({ planId: 'basic', pendingOperation: null })
  expect(operations).toMatchObject([{ status: 'Failed', decidedBy: 'webhook-undeliverable' }])
  const created = operations[0]?.createdAt as Temporal.Instant
  expect(operations[0]?.finishedAt?.since(created).total('hours')).toBeCloseTo(8, 2)
  expect(deliveries[0]).toMatchObject({ state: 'failed', attempts: 500 })
  expect(deliveries[0]?.tries.map(({ number, collapsed }) => [number, collapsed])).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
    [500, 497],
  ])
})

test('attempts go on after a clock move that was shorter than 8 hours', async () => {
  const id = await market.active()
  market.endpoint.answer = 503
  await market.as(demo.buyer, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'standard' }))
  await market.pass({ hours: 2 })
  expect(market.endpoint.received).toHaveLength(3)
  market.endpoint.answer = 200
  await market.pass({ minutes: 5 })
  const { subscription, deliveries } = await market.get(id)
  expect(deliveries[0]).toMatchObject({ state: 'delivered' })
  expect(deliveries[0]?.attempts).toBeGreaterThan(100)
  expect(deliveries[0]?.attempts).toBeLessThan(500)
  expect(subscription.planId).toBe('standard')
})

test('AP-054 SA-186 a failed payment suspends at once; payment brings it back when the reinstatement succeeds', async () => {
  const id = await market.active()
  await market.as({ kind: 'system' }, (ctx) => market.domain.subscriptions.paymentFailed(ctx, id))
  await market.settle()
  expect((await market.get(id)).subscription.status).toBe('Suspended')
  expect(market.endpoint.received).toMatchObject([
    { body: { action: 'Suspend', status: 'Succeeded', subscription: { saasSubscriptionStatus: 'Suspended' } } },
  ])
  await market.as({ kind: 'system' }, (ctx) => market.domain.subscriptions.paymentRecovered(ctx, id))
  await market.settle()
  expect((await market.get(id)).subscription.status).toBe('Suspended')
  await market.pass({ seconds: 11 })
  expect((await market.get(id)).subscription).toMatchObject({ status: 'Subscribed', suspendedAt: null })
  expect(actions(id)).toEqual(['Suspend', 'Reinstate'])
})

test('AP-055 SA-186 30 days of suspension end the subscription', async () => {
  const id = await market.active({ termUnit: 'P1Y' })
  await market.as({ kind: 'system' }, (ctx) => market.domain.subscriptions.paymentFailed(ctx, id))
  await market.pass(days(29))
  expect((await market.get(id)).subscription.status).toBe('Suspended')
  await market.pass(days(2))
  expect((await market.get(id)).subscription).toMatchObject({
    status: 'Unsubscribed',
    endReason: 'suspended-30-days',
    withinFreePeriod: false,
  })
  expect(actions(id)).toEqual(['Suspend', 'Unsubscribe'])
})

test('AP-036 AP-056 a month renews on the day after its end, with the new dates in the webhook', async () => {
  const id = await market.active()
  const first = (await market.get(id)).subscription
  await market.pass(days(32))
  const { subscription, terms } = await market.get(id)
  expect(subscription).toMatchObject({ status: 'Subscribed', termIndex: 2 })
  expect(subscription.termStart?.toString()).toBe(first.termEnd?.add({ days: 1 }).toString())
  expect(terms).toHaveLength(2)
  const [renewal] = market.endpoint.received.filter(({ body }) => body.subscriptionId === id)
  expect(renewal?.body).toMatchObject({
    action: 'Renew',
    status: 'Succeeded',
    subscription: { term: { startDate: `${String(subscription.termStart)}T00:00:00Z` } },
  })
})

test('SA-188 with automatic renewal off the subscription ends with its term', async () => {
  const id = await market.active()
  await market.as(demo.buyer, (ctx) => market.domain.subscriptions.setAutoRenew(ctx, id, false))
  await market.pass(days(32))
  expect((await market.get(id)).subscription).toMatchObject({
    status: 'Unsubscribed',
    endReason: 'auto-renew-off',
    withinFreePeriod: false,
  })
  expect(actions(id)).toEqual(['Unsubscribe'])
})

test.each([
  ['P1M', 23, true],
  ['P1M', 25, false],
  ['P1Y', 13 * 24, true],
  ['P1Y', 14 * 24 + 1, false],
])('AP-057 SA-187 cancelling a %s subscription %i hours after activation is free: %s', async (termUnit, hours, free) => {
  const id = await market.active({ termUnit })
  await market.pass({ hours })
  await market.as(demo.buyer, (ctx) => market.domain.checkout.cancel(ctx, id))
  await market.settle()
  expect((await market.get(id)).subscription).toMatchObject({ status: 'Unsubscribed', withinFreePeriod: free, endedBy: 'customer' })
  expect(actions(id).at(-1)).toBe('Unsubscribe')
})

test('SA-187 what has ended is never active again, whoever asks', async () => {
  const id = await market.active()
  await market.as(demo.buyer, (ctx) => market.domain.checkout.cancel(ctx, id))
  const { subscriptions, checkout } = market.domain
  const again: ((ctx: Ctx) => Promise<unknown>)[] = [
    (ctx) => subscriptions.activate(ctx, id, { planId: 'basic', quantity: undefined }),
    (ctx) => subscriptions.paymentRecovered(ctx, id),
    (ctx) => subscriptions.setAutoRenew(ctx, id, true),
    (ctx) => checkout.change(ctx, id, { planId: 'standard' }),
    (ctx) => checkout.cancel(ctx, id),
  ]
  for (const ask of again) await expect(market.as(system, ask)).rejects.toMatchObject({ code: 'SubscriptionEnded' })
  await market.pass(days(40))
  expect((await market.get(id)).subscription).toMatchObject({ status: 'Unsubscribed', withinFreePeriod: true })
})

test('SA-176 the publisher hears nothing of a purchase before its customer opens the landing page', async () => {
  const id = await market.buy()
  await market.pass(days(1))
  const { token } = await market.as(demo.buyer, (ctx) => market.domain.subscriptions.createToken(ctx, id))
  await market.settle()
  expect(market.endpoint.received).toEqual([])
  expect(await market.get(id)).toMatchObject({ operations: [], deliveries: [], subscription: { resolvedAt: null } })
  // Resolving the token is the first that it may know of.
  await market.as(demo.contoso, (ctx) => market.domain.subscriptions.resolve(ctx, token))
  expect((await market.get(id)).subscription.resolvedAt).not.toBeNull()
})

test('AP-065 cancelling what was never activated sends no webhook', async () => {
  const id = await market.buy()
  await market.as(demo.buyer, (ctx) => market.domain.checkout.cancel(ctx, id))
  await market.settle()
  expect((await market.get(id)).subscription.status).toBe('Unsubscribed')
  expect(market.endpoint.received).toEqual([])
})

test('a purchase that is never configured ends after 90 days', async () => {
  const id = await market.buy()
  await market.pass(days(89))
  expect((await market.get(id)).subscription.status).toBe('PendingFulfillmentStart')
  await market.pass(days(2))
  expect((await market.get(id)).subscription).toMatchObject({ status: 'Unsubscribed', endReason: 'never-configured' })
})

test('AC-212 AC-218 a trial is a month and converts to the paid plan in use', async () => {
  const fresh = { purchaser: demo.stranger }
  const id = await market.active({ ...fresh, planId: 'standard', termUnit: 'P1Y' })
  const { subscription: trial, terms: first } = await market.get(id)
  expect(trial.isFreeTrial).toBe(true)
  expect(first).toMatchObject([{ termUnit: 'P1M', isFreeTrial: true }])
  await market.pass(days(32))
  const { subscription, terms } = await market.get(id)
  expect(subscription).toMatchObject({ isFreeTrial: false, termIndex: 2 })
  expect(terms[1]).toMatchObject({ termUnit: 'P1Y', isFreeTrial: false })
  expect(terms[1]?.startDate.toString()).toBe(terms[0]?.endDate.add({ days: 1 }).toString())
})

test('AC-217 who has paid for the offer gets no trial', async () => {
  const id = await market.active({ purchaser: demo.stranger, planId: 'standard' })
  expect((await market.get(id)).subscription.isFreeTrial).toBe(false)
})

test('AC-216 changing to a plan without trial ends the trial at once', async () => {
  const id = await market.active({ offerId: 'contoso-desk', planId: 'business', quantity: 5, purchaser: demo.stranger })
  expect((await market.get(id)).subscription.isFreeTrial).toBe(true)
  await market.pass(days(10))
  await market.as(demo.stranger, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'team' }))
  await market.pass({ seconds: 12 })
  const { subscription, terms } = await market.get(id)
  expect(subscription).toMatchObject({ planId: 'team', isFreeTrial: false, termIndex: 2 })
  expect(terms[1]?.startDate.toString()).toBe(terms[0]?.endDate.add({ days: 1 }).toString())
  expect(terms[0]?.endDate.since(terms[0].startDate).days).toBe(9)
})

test('SA-185 AC-213 AC-214 AC-215 AC-217 another trial plan does not restart the trial, nothing converts it before its end, what it converts to is the plan in use, and then there is no other trial', async () => {
  await addTrialPlan(market)
  const customer = await newCustomer(market)
  const id = await market.active({ purchaser: customer, planId: 'standard' })
  const [trial] = (await market.get(id)).terms
  await market.pass(days(10))
  await market.as(customer, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'growth' }))
  await market.pass({ seconds: 12 })
  const switched = await market.get(id)
  expect(switched.subscription).toMatchObject({ planId: 'growth', isFreeTrial: true, termIndex: 1 })
  expect(switched.terms).toHaveLength(1)
  expect(switched.subscription.termEnd?.toString()).toBe(trial?.endDate.toString())
  // Paying for the plan under trial is not asked for: it comes with the end of the month.
  await expect(market.as(customer, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'growth' }))).rejects.toMatchObject({
    kind: 'invalid',
    code: 'SamePlan',
  })
  expect((await market.get(id)).subscription).toMatchObject({ isFreeTrial: true, termIndex: 1 })
  // A second one while the first is on trial is on trial too; nobody has paid yet.
  await market.pass(days(25))
  const converted = await market.get(id)
  expect(converted.subscription).toMatchObject({ planId: 'growth', isFreeTrial: false, termIndex: 2, status: 'Subscribed' })
  expect(converted.terms[1]?.startDate.toString()).toBe(trial?.endDate.add({ days: 1 }).toString())
  const next = await market.active({ purchaser: customer, planId: 'standard' })
  expect((await market.get(next)).subscription.isFreeTrial).toBe(false)
  // Cancelled in time, a trial costs nothing and does not convert.
  const left = await market.active({ offerId: 'contoso-desk', planId: 'business', quantity: 5, purchaser: customer })
  await market.pass(days(20))
  await market.as(customer, (ctx) => market.domain.checkout.cancel(ctx, left))
  await market.pass(days(20))
  expect(await market.get(left)).toMatchObject({ subscription: { status: 'Unsubscribed' }, terms: [{ isFreeTrial: true }] })
})

test('AP-064 webhooks of a subscription are delivered in order', async () => {
  const id = await market.active()
  market.endpoint.answer = ({ body }) => (body.action === 'ChangePlan' && market.endpoint.received.length < 3 ? 500 : 200)
  await market.as(demo.buyer, (ctx) => market.domain.checkout.change(ctx, id, { planId: 'standard' }))
  await market.pass({ seconds: 30 })
  await market.as(demo.buyer, (ctx) => market.domain.checkout.cancel(ctx, id))
  await market.settle()
  expect(actions(id)).toEqual(['ChangePlan', 'ChangePlan', 'ChangePlan', 'Unsubscribe'])
})

test('a paused endpoint gets its webhooks when it is resumed', async () => {
  const id = await market.active()
  const { subscription } = await market.get(id)
  await market.as({ kind: 'system' }, (ctx) => market.domain.subscriptions.setWebhookPaused(ctx, subscription, true))
  await market.as(demo.buyer, (ctx) => market.domain.checkout.cancel(ctx, id))
  await market.pass({ hours: 1 })
  expect(market.endpoint.received).toEqual([])
  await market.as({ kind: 'system' }, (ctx) => market.domain.subscriptions.setWebhookPaused(ctx, subscription, false))
  await market.settle()
  expect(actions(id)).toEqual(['Unsubscribe'])
})

test('a delivered webhook can be sent again, and every attempt is kept without its token', async () => {
  const id = await market.active()
  await market.as(demo.buyer, (ctx) => market.domain.checkout.cancel(ctx, id))
  await market.settle()
  const [first] = (await market.get(id)).deliveries
  await market.as({ kind: 'system' }, (ctx) => market.domain.subscriptions.redeliver(ctx, String(first?.id)))
  await market.settle()
  expect(market.endpoint.received[0]?.authorization).toMatch(/^Bearer ey/)
  const { deliveries } = await market.get(id)
  expect(deliveries).toMatchObject([{ state: 'delivered', redeliveryOf: first?.id }, { state: 'delivered' }])
  expect(JSON.stringify(deliveries)).not.toContain('Bearer ey')
  expect(deliveries[0]?.tries[0]).toMatchObject({ status: 200, number: 1 })
})

test('what the reseller pays is not its customer’s business', async () => {
  const id = await market.active({
    purchaser: demo.reseller,
    beneficiary: demo.colleague,
    offerId: 'contoso-desk',
    planId: 'team',
    quantity: 3,
  })
  const seenBy = (viewer: typeof demo.buyer) => market.as(viewer, (ctx) => market.domain.subscriptions.detail(ctx, id))
  const payer = await seenBy(demo.reseller)
  expect(payer.subscription).toMatchObject({ pricesShown: true, nextCharge: { amount: '36' }, agreement: { unitPrice: '12.00' } })
  const customer = await seenBy(demo.buyer)
  expect(customer.subscription).toMatchObject({ pricesShown: false, nextCharge: null, agreement: { unitPrice: '0' }, quantity: 3 })
  expect(customer.terms.map((term) => term.unitPrice.toNumber())).toEqual([0])
  const { items } = await market.as(demo.buyer, (ctx) =>
    market.domain.subscriptions.listForTenant(ctx, { tenantId: demo.buyer.tenantId, pageSize: 1000 }),
  )
  expect(items.find((row) => row.id === id)).toMatchObject({ pricesShown: false, nextCharge: null })
  expect(items.filter((row) => !row.byReseller).every((row) => row.pricesShown)).toBe(true)
})

test('a publisher’s subscriptions are read to the last one, in parts', async () => {
  const filter = { publisherId: 'contoso', offerId: 'contoso-desk' }
  const next = (after?: string) => market.as(system, (ctx) => market.domain.subscriptions.nextForPublisher(ctx, { ...filter, after }))
  const all = await next()
  const { total } = await market.as(system, (ctx) => market.domain.subscriptions.listForPublisher(ctx, filter))
  expect(all).toHaveLength(total)
  expect((await next(all[0]?.id)).map((row) => row.id)).toEqual(all.slice(1).map((row) => row.id))
  expect(await next(all.at(-1)?.id)).toEqual([])
})

test('the doctor finds nothing wrong', async () => {
  const findings = await market.kernel.doctor.examine(market.kernel.database.db)
  expect(findings.flatMap(({ problems }) => problems)).toEqual([])
})
