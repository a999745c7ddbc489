import type { Temporal } from 'temporal-polyfill'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { testKernel } from '../../../test/harness.ts'
import { startStripeStub, type StripeStub } from '../../../test/stripe-stub.ts'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { wallNow } from '../../kernel/clock.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { createDomain } from '../domain.ts'
import type { InvoiceDetail } from './index.ts'
import { stripeAmount } from './stripe.ts'

// Cards through Stripe's own SDK against a stand-in of its HTTP API.

let market: Marketplace
let stripe: StripeStub

beforeAll(async () => {
  stripe = await startStripeStub()
  const { url: apiUrl, secretKey, webhookSecret } = stripe
  const kernel = await testKernel({ template: 'demo', config: { stripe: { apiUrl, secretKey, webhookSecret } } })
  market = await openMarketplace({ kernel, domain: createDomain(kernel) })
})

const operator: UserPrincipal = { ...demo.buyer, tenantId: 'f0000000-0000-4000-8000-000000000001', roles: ['operator'] }
const { tenantId } = demo.buyer
const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const moveTo = (at: Temporal.Instant) => market.kernel.due.move(at)
const firstOfNextMonth = async () => (await now()).toZonedDateTimeISO('UTC').startOfDay().with({ day: 1 }).add({ months: 1 }).toInstant()
const cards = () => market.as(demo.buyer, (ctx) => market.domain.billing.cards.list(ctx, tenantId))
const account = () => market.as(system, (ctx) => market.domain.accounts.billingAccount(ctx, tenantId))
const newest = (): Promise<InvoiceDetail> =>
  market.as(system, async (ctx) => {
    const [row] = await market.domain.billing.listInvoices(ctx, tenantId)
    return market.domain.billing.getInvoice(ctx, row?.id ?? '')
  })
const callsOf = (path: string) => stripe.calls.filter((call) => call.method === 'POST' && call.path === path)

/** Enters a card as a person does: our button, Stripe's page, Stripe's webhook. */
async function addCard(method: string): Promise<string> {
  const page = await market.domain.billing.cards.beginSetup(demo.buyer, tenantId)
  const session = page.split('/').at(-1) as string
  stripe.enterCard(session, method)
  const { body, signature } = stripe.webhook('checkout.session.completed', { id: session })
  await market.domain.billing.cards.receive(body, signature)
  await market.pass({ seconds: 1 })
  return session
}

async function healthy() {
  const findings = await market.kernel.doctor.examine(market.kernel.database.db)
  expect(findings.flatMap((finding) => finding.problems)).toEqual([])
}

let bought: string[] = []
beforeEach(async () => {
  market.endpoint.answer = 200
  await moveTo((await firstOfNextMonth()).add({ hours: 36 }))
})
afterEach(async () => {
  for (const id of bought.splice(0)) await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id).catch(() => undefined))
  await market.pass({ hours: 26 })
  await healthy()
})
const buy = async (wanted: Parameters<Marketplace['active']>[0] = { planId: 'basic' }) => {
  const id = await market.active(wanted)
  bought.push(id)
  return id
}

test('amounts as Stripe counts them: cents, yen, dinars in whole tens of fils', () => {
  const units = (amount: string, currency: string) => stripeAmount(new Decimal(amount), currency)
  expect([units('53.65', 'EUR'), units('4530', 'JPY'), units('15.020', 'KWD'), units('15.021', 'KWD'), units('12', 'ISK')]).toEqual([
    5365,
    4530,
    15020,
    null,
    1200,
  ])
})

test('a card is entered on Stripe’s page, saved, and charged without the customer', async () => {
  const page = await market.domain.billing.cards.beginSetup(demo.buyer, tenantId)
  expect(page).toMatch(/\/pay\/cs_/)
  const [session] = callsOf('/v1/checkout/sessions')
  expect(session?.form).toMatchObject({ mode: 'setup', currency: 'usd', 'allowed_payment_method_types[0]': 'card' })
  expect(session?.form.success_url).toMatch(/\/account\/billing\?card=\{CHECKOUT_SESSION_ID\}$/)
  const id = page.split('/').at(-1) as string
  const state = () => market.as(demo.buyer, (ctx) => market.domain.billing.cards.setupState(ctx, tenantId, id))
  expect(await state()).toBe('waiting')
  // Without its webhook we ask by ourselves, a minute later and then ever more seldom.
  await market.pass({ seconds: 61 })
  expect(await state()).toBe('waiting')
  stripe.enterCard(id, 'pm_ok')
  await market.pass({ minutes: 5 })
  expect(await state()).toBe('saved')
  expect(await cards()).toMatchObject([{ brand: 'visa', last4: '4242', method: 'pm_ok' }])
  expect((await account())?.paymentMethod).toBe('card')

  await buy()
  const first = await firstOfNextMonth()
  await moveTo(first.add({ hours: 1 }))
  const bill = await newest()
  expect(bill).toMatchObject({ state: 'paid', attempts: 0 })
  expect(bill.payments).toMatchObject([{ state: 'captured', method: 'card', reference: expect.stringMatching(/^pi_/) }])
  const [charge] = callsOf('/v1/payment_intents')
  expect(charge).toMatchObject({
    idempotencyKey: `stoa-charge-${bill.payments[0]?.id}`,
    form: { amount: '4900', currency: 'usd', payment_method: 'pm_ok', off_session: 'true', confirm: 'true', 'metadata[invoice]': bill.id },
  })
  const mails = await market.as(system, (ctx) => market.kernel.mail.list(ctx, { to: demo.buyer.email }))
  expect(mails.some((mail) => mail.subject.startsWith(`Your invoice ${bill.number}`))).toBe(true)
})

test('an answer that is lost, or an outage: the call is repeated with its key and the card is charged once', async () => {
  await addCard('pm_ok')
  await buy()
  const before = stripe.charged.length
  stripe.trouble.push('lost', '500')
  await moveTo((await firstOfNextMonth()).add({ hours: 1 }))
  expect((await newest()).state).toBe('paid')
  expect(stripe.charged.slice(before)).toHaveLength(1)
  const [, , ...again] = callsOf('/v1/payment_intents').slice(-3)
  expect(again.at(-1)?.repeated).toBe(true)
})

test('a declined card: retries on days 3, 7 and 14, then another card pays and everything is reinstated', async () => {
  await addCard('pm_declined')
  const id = await buy()
  const first = await firstOfNextMonth()
  await moveTo(first.add({ hours: 1 }))
  const bill = await newest()
  expect(bill).toMatchObject({ state: 'open', attempts: 1, payments: [{ state: 'failed', failure: 'Your card was declined.' }] })
  expect(bill.nextAttemptAt?.toString()).toBe(first.add({ hours: 3 * 24 }).toString())
  // A try of the customer's own does not use up one of the schedule.
  await market.as(demo.buyer, async (ctx) => {
    expect(await market.domain.billing.payInvoice(ctx, bill.id)).toMatchObject({ state: 'processing' })
  })
  // While it is under way nobody else takes money for the same invoice.
  await expect(market.as(demo.buyer, (ctx) => market.domain.billing.payInvoice(ctx, bill.id))).rejects.toMatchObject({ code: 'NotPayable' })
  await expect(market.as(operator, (ctx) => market.domain.billing.markInvoicePaid(ctx, bill.id, 'SEPA'))).rejects.toMatchObject({
    code: 'NotPayable',
  })
  await market.pass({ seconds: 1 })
  expect(await newest()).toMatchObject({ attempts: 1, state: 'open' })
  await moveTo(first.add({ hours: 14 * 24 + 1 }))
  expect((await newest()).payments.map((payment) => payment.state)).toEqual(['failed', 'failed', 'failed', 'failed', 'failed'])
  expect((await market.get(id)).subscription.status).toBe('Suspended')
  await addCard('pm_ok')
  await market.pass({ seconds: 30 })
  expect(await newest()).toMatchObject({ state: 'paid', nextAttemptAt: null })
  expect((await market.get(id)).subscription.status).toBe('Subscribed')
})

test('expired, or to be confirmed by its owner: the reason reaches the customer', async () => {
  await addCard('pm_confirm')
  await buy()
  await moveTo((await firstOfNextMonth()).add({ hours: 1 }))
  expect((await newest()).payments.at(-1)?.failure).toMatch(/wants the card’s owner to confirm/)
  await addCard('pm_expired')
  expect((await newest()).payments.at(-1)?.failure).toBe('Your card has expired.')
  await addCard('pm_ok')
  expect((await newest()).state).toBe('paid')
})

test('a payment that the bank decides later: a webhook tells, the intent is asked again', async () => {
  await addCard('pm_slow')
  await buy()
  await moveTo((await firstOfNextMonth()).add({ minutes: 5 }))
  const bill = await newest()
  expect(bill.payments).toMatchObject([{ state: 'processing' }])
  const made = stripe.calls.filter((call) => call.path === '/v1/payment_intents').length
  const { rows } = await market.kernel.database.pool.query<{ intent: string }>(
    'select intent from billing.card_charge where payment = $1',
    [bill.payments[0]?.id],
  )
  const intent = rows[0]?.intent as string
  stripe.decide(intent, true)
  const event = stripe.webhook('payment_intent.succeeded', { id: intent, metadata: { payment: bill.payments[0]?.id } })
  await market.domain.billing.cards.receive(event.body, event.signature)
  await market.pass({ seconds: 1 })
  expect(await newest()).toMatchObject({ state: 'paid', payments: [{ state: 'captured', reference: intent }] })
  expect(stripe.calls.filter((call) => call.path === '/v1/payment_intents')).toHaveLength(made)
})

test('what is taken back after it was paid goes back to the card; a card that takes nothing back leaves it to the operator', async () => {
  for (const [method, state] of [
    ['pm_ok', 'credited'],
    ['pm_no_refund', 'open'],
  ] as const) {
    await addCard(method)
    await moveTo((await firstOfNextMonth()).subtract({ hours: 30 }))
    const id = await buy({ planId: 'basic', termUnit: 'P1Y' })
    await moveTo((await firstOfNextMonth()).add({ hours: 1 }))
    expect((await newest()).state).toBe('paid')
    await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
    await market.pass({ seconds: 1 })
    const note = await newest()
    expect(note).toMatchObject({ kind: 'credit-note', state })
    if (state === 'open') {
      expect(note.payments).toMatchObject([{ state: 'failed', failure: expect.stringMatching(/it is transferred/) }])
      await market.as(operator, (ctx) => market.domain.billing.markInvoicePaid(ctx, note.id, 'SEPA back'))
      expect((await newest()).state).toBe('credited')
    } else {
      expect(stripe.refunded.at(-1)?.amount).toBe(note.total.negated().times(100).toNumber())
      expect(note.payments).toMatchObject([{ state: 'captured', reference: expect.stringMatching(/^re_/) }])
    }
    bought = []
  }
})

test('webhooks: only with Stripe’s signature, only fresh, each once', async () => {
  const { cards: room } = market.domain.billing
  const seconds = Math.floor(wallNow().epochMilliseconds / 1000)
  const count = async () =>
    (await market.kernel.database.pool.query<{ n: number }>('select count(*)::int as n from billing.stripe_event')).rows[0]?.n
  const before = await count()
  const refused = { code: 'SignatureInvalid', kind: 'invalid' }
  const forged = stripe.webhook('charge.refunded', { id: 'ch_1' }, { secret: 'whsec_other' })
  await expect(room.receive(forged.body, forged.signature)).rejects.toMatchObject(refused)
  const old = stripe.webhook('charge.refunded', { id: 'ch_1' }, { at: seconds - 301 })
  await expect(room.receive(old.body, old.signature)).rejects.toMatchObject(refused)
  const good = stripe.webhook('charge.refunded', { id: 'ch_1', payment_intent: 'pi_told' }, { id: 'evt_twice', at: seconds - 200 })
  await expect(room.receive(`${good.body} `, good.signature)).rejects.toMatchObject(refused)
  await expect(room.receive(good.body, undefined)).rejects.toMatchObject(refused)
  expect(await count()).toBe(before)
  await room.receive(good.body, good.signature)
  await room.receive(good.body, good.signature)
  expect(await count()).toBe((before ?? 0) + 1)
  // What it says is not believed: Stripe is asked, once.
  await market.pass({ seconds: 1 })
  const asked = stripe.calls.filter((call) => call.method === 'GET' && call.query.payment_intent === 'pi_told')
  expect(asked.map((call) => call.path)).toEqual(['/v1/refunds'])
})

test('another card is used, one is removed here and at Stripe; the last one leaves the usual method', async () => {
  await addCard('pm_ok')
  await addCard('pm_second')
  const usual = market.domain.billing.usualPaymentMethod()
  const [second] = await cards()
  expect(second?.method).toBe('pm_second')
  const ok = (await cards()).find((one) => one.method === 'pm_ok')
  await market.as(demo.buyer, (ctx) => market.domain.billing.cards.use(ctx, tenantId, ok?.id ?? ''))
  expect((await cards())[0]?.method).toBe('pm_ok')
  for (const one of await cards()) await market.as(demo.buyer, (ctx) => market.domain.billing.cards.remove(ctx, tenantId, one.id, usual))
  expect(await cards()).toEqual([])
  expect((await account())?.paymentMethod).toBe(usual)
  await market.pass({ seconds: 1 })
  expect(callsOf('/v1/payment_methods/pm_ok/detach')).toHaveLength(1)
  await expect(market.as(demo.buyer, (ctx) => market.domain.billing.cards.use(ctx, tenantId, ok?.id ?? ''))).rejects.toMatchObject({
    code: 'UnknownCard',
  })
  // Without a card the method cannot be chosen.
  await expect(market.as(demo.buyer, (ctx) => market.domain.billing.setPaymentMethod(ctx, tenantId, 'card'))).rejects.toMatchObject({
    code: 'UnknownPaymentMethod',
  })
})

test('cards of others cannot be seen, used or removed; people without the role cannot add any', async () => {
  await addCard('pm_ok')
  const [mine] = await cards()
  const { cards: room } = market.domain.billing
  await expect(market.as(demo.stranger, (ctx) => room.list(ctx, tenantId))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(market.as(demo.stranger, (ctx) => room.use(ctx, demo.stranger.tenantId, mine?.id ?? ''))).rejects.toMatchObject({
    code: 'UnknownCard',
  })
  await expect(room.beginSetup(demo.colleague, tenantId)).rejects.toMatchObject({ kind: 'forbidden' })
  stripe.trouble.push('500')
  await expect(room.beginSetup(demo.buyer, tenantId)).rejects.toMatchObject({ kind: 'unavailable', code: 'StripeUnavailable' })
})
