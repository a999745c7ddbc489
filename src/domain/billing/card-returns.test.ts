import type { Temporal } from 'temporal-polyfill'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { testKernel } from '../../../test/harness.ts'
import { startStripeStub, type StripeStub } from '../../../test/stripe-stub.ts'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { utcDate } from '../../kernel/clock.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { createDomain } from '../domain.ts'
import type { InvoiceDetail } from './index.ts'
import { sum } from './line.ts'

// Disputes of the bank and refunds made at Stripe itself, against a stand-in of its HTTP API: whatever its webhooks say, in whatever order.

let market: Marketplace
let stripe: StripeStub

beforeAll(async () => {
  stripe = await startStripeStub()
  const { url: apiUrl, secretKey, webhookSecret } = stripe
  const kernel = await testKernel({ template: 'demo', config: { stripe: { apiUrl, secretKey, webhookSecret } } })
  market = await openMarketplace({ kernel, domain: createDomain(kernel) })
  market.endpoint.answer = 200
  const page = await billing().cards.beginSetup(demo.buyer, demo.buyer.tenantId)
  stripe.enterCard(page.split('/').at(-1) as string, 'pm_ok')
  await tell('checkout.session.completed', { id: page.split('/').at(-1) })
})

const operator: UserPrincipal = { ...demo.buyer, tenantId: 'f0000000-0000-4000-8000-000000000001', roles: ['operator'] }
const billing = () => market.domain.billing
const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const moveTo = (at: Temporal.Instant) => market.kernel.due.move(at)
const firstOfNextMonth = async () => (await now()).toZonedDateTimeISO('UTC').startOfDay().with({ day: 1 }).add({ months: 1 }).toInstant()
const detail = (id: string): Promise<InvoiceDetail> => market.as(system, (ctx) => billing().getInvoice(ctx, id))
const lines = (number: string) => market.as(system, (ctx) => billing().listPayoutLines(ctx, 'contoso', { search: number }))
const shareOf = async (number: string) => sum((await lines(number)).map((line) => line.amount)).toFixed()
const returns = () => market.as(operator, (ctx) => billing().cards.returns.list(ctx))
const owed = async () => (await market.as(operator, (ctx) => billing().aging(ctx))).map((row) => row.id)
const onAccount = async (name: string): Promise<Decimal> => {
  const balances = await market.as(operator, async (ctx) => billing().balances(ctx, utcDate(ctx.now)))
  return balances.find((row) => row.account === name && row.currency === 'USD')?.amount ?? new Decimal(0)
}
const tell = async (type: string, object: Record<string, unknown>, id?: string) => {
  const { body, signature } = stripe.webhook(type, object, id === undefined ? {} : { id })
  await billing().cards.receive(body, signature)
  await market.pass({ seconds: 1 })
}

/** An invoice of one month that was charged to the card; and, when `paidOut`, whose share the publisher has been paid. */
async function charged(paidOut = false): Promise<{ bill: InvoiceDetail; intent: string }> {
  const id = await market.active({ planId: 'basic' })
  await moveTo((await firstOfNextMonth()).add({ hours: 1 }))
  const [newest] = await market.as(system, (ctx) => billing().listInvoices(ctx, demo.buyer.tenantId))
  const bill = await detail(newest?.id ?? '')
  expect(bill.state).toBe('paid')
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  if (paidOut) await moveTo((await now()).add({ hours: 15 * 24 }))
  return { bill, intent: bill.payments[0]?.reference as string }
}

afterEach(async () => {
  const findings = await market.kernel.doctor.examine(market.kernel.database.db)
  expect(findings.flatMap((finding) => finding.problems)).toEqual([])
})

test('a dispute takes the money back, also from the next payout; when it is won everything is as before', async () => {
  const { bill, intent } = await charged(true)
  expect((await lines(bill.number)).map((line) => line.state)).toEqual(['paid'])
  const before = { cash: await onAccount('cash'), receivable: await onAccount('receivable'), payable: await onAccount('payable') }
  const share = await shareOf(bill.number)

  // A question of the bank moves nothing.
  const dispute = stripe.dispute(intent, 4900, 'warning_needs_response')
  await tell('charge.dispute.created', { id: dispute, amount: 4900 })
  expect(await detail(bill.id)).toMatchObject({ state: 'paid' })
  stripe.disputed(dispute, 'needs_response')
  for (const id of ['evt_opened', 'evt_opened', 'evt_updated']) await tell('charge.dispute.funds_withdrawn', { id: dispute }, id)
  const open = await detail(bill.id)
  expect(open.state).toBe('returned')
  expect(open.payments.map((row) => [row.method, row.amount.toFixed(), row.reference])).toEqual([
    ['card', '49', intent],
    ['taken-back', '-49', dispute],
  ])
  expect(await returns()).toMatchObject([
    { stripeId: dispute, kind: 'dispute', state: 'open', reason: 'product not received', amount: new Decimal(49) },
  ])
  expect((await onAccount('cash')).minus(before.cash).toFixed()).toBe('-49')
  expect((await onAccount('receivable')).minus(before.receivable).toFixed()).toBe('49')
  expect((await onAccount('payable')).minus(before.payable).toFixed()).toBe(share)
  expect(await owed()).toContain(bill.id)
  // The publisher was paid: it owes its share, and earns it again only when the bank decides so.
  expect(
    (await lines(bill.number))
      .toSorted((x, y) => x.part - y.part)
      .map((line) => [line.part, line.correction, line.state, line.amount.toFixed()]),
  ).toEqual([
    [0, null, 'paid', share],
    [1, 'returned', 'in-next-payout', `-${share}`],
    [2, 'owed-again', 'awaiting-customer', share],
  ])
  const planned = await market.as(operator, (ctx) => billing().previewPayouts(ctx))
  expect(planned.find((one) => one.publisherId === 'contoso')).toMatchObject({ reason: 'credits-exceed' })
  // The bank decides, nobody here; nobody is charged, and nothing is collected by hand.
  const [row] = await returns()
  await expect(market.as(operator, (ctx) => billing().cards.returns.decide(ctx, row?.id ?? '', 'accept'))).rejects.toMatchObject({
    code: 'BankDecides',
  })
  await expect(market.as(operator, (ctx) => billing().markInvoicePaid(ctx, bill.id, 'x'))).rejects.toMatchObject({ code: 'NotPayable' })
  await market.pass({ hours: 30 * 24 })
  expect((await detail(bill.id)).payments).toHaveLength(2)

  stripe.disputed(dispute, 'won')
  await tell('charge.dispute.closed', { id: dispute })
  await tell('charge.dispute.funds_reinstated', { id: dispute })
  expect(await detail(bill.id)).toMatchObject({ state: 'paid' })
  expect(await returns()).toMatchObject([{ state: 'won', closedBy: 'Stripe' }])
  expect((await onAccount('cash')).toFixed()).toBe(before.cash.toFixed())
  expect((await onAccount('receivable')).toFixed()).toBe(before.receivable.toFixed())
  expect((await onAccount('payable')).toFixed()).toBe(before.payable.toFixed())
  expect((await owed()).includes(bill.id)).toBe(false)
})

test('a dispute that is lost: written off, with what Stripe takes for it; also when only its end is told', async () => {
  const { bill, intent } = await charged(true)
  const fees = await onAccount('store-fee')
  const share = await shareOf(bill.number)
  const dispute = stripe.dispute(intent, 4900)
  stripe.disputed(dispute, 'lost', 1500)
  await tell('charge.dispute.closed', { id: dispute })
  await tell('charge.dispute.created', { id: dispute })
  expect(await detail(bill.id)).toMatchObject({ state: 'written-off' })
  expect(await market.as(operator, (ctx) => billing().writeOffs(ctx, bill.id))).toMatchObject([
    { state: 'booked', requestedName: 'the marketplace', reason: 'Dispute lost: product not received' },
  ])
  expect((await onAccount('payment-cost')).toFixed()).toBe('15')
  // The fee of the sale is given up too.
  expect((await onAccount('store-fee')).minus(fees).toFixed()).toBe('1.47')
  expect(await shareOf(bill.number)).toBe('0')
  expect((await lines(bill.number)).filter((line) => line.state === 'in-next-payout').map((line) => line.amount.toFixed())).toEqual([
    `-${share}`,
  ])

  // The customer transfers the money all the same.
  await market.as(operator, (ctx) => billing().markInvoicePaid(ctx, bill.id, 'TR-9'))
  expect(await detail(bill.id)).toMatchObject({ state: 'paid' })
  expect(await shareOf(bill.number)).toBe(share)
})

test('a refund made at Stripe awaits an operator: accepted it is written off, otherwise the customer is charged again', async () => {
  const { bill, intent } = await charged()
  const part = stripe.refundThere(intent, 1000)
  await tell('charge.refunded', { id: 'ch_1', payment_intent: intent })
  await tell('refund.created', { id: part, payment_intent: intent })
  expect((await returns())[0]).toMatchObject({
    stripeId: part,
    kind: 'refund',
    state: 'open',
    amount: new Decimal(10),
    reason: 'requested by customer',
  })
  expect(await detail(bill.id)).toMatchObject({ state: 'returned' })
  const decide = (who: UserPrincipal, id: string, decision: 'accept' | 'collect') =>
    market.as(who, (ctx) => billing().cards.returns.decide(ctx, id, decision))
  const first = (await returns())[0]?.id ?? ''
  await expect(decide(demo.buyer, first, 'accept')).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(decide(operator, 'nonsense', 'accept')).rejects.toMatchObject({ code: 'UnknownReturn' })
  await decide(operator, first, 'accept')
  await expect(decide(operator, first, 'collect')).rejects.toMatchObject({ code: 'IllegalTransition' })
  // Ten of forty-nine: the publisher keeps the share of thirty-nine.
  expect(await detail(bill.id)).toMatchObject({ state: 'written-off' })
  expect(await shareOf(bill.number)).toBe(new Decimal('39').times('0.97').toFixed())

  // The rest, refunded by mistake: it is asked for again.
  const rest = stripe.refundThere(intent, 3900)
  await tell('charge.refunded', { id: 'ch_1', payment_intent: intent })
  const second = (await returns()).find((row) => row.stripeId === rest)
  expect(second).toMatchObject({ state: 'open', amount: new Decimal(39) })
  expect(await shareOf(bill.number)).toBe(new Decimal('39').times('0.97').toFixed())
  await decide(operator, second?.id ?? '', 'collect')
  expect(await detail(bill.id)).toMatchObject({ state: 'open' })
  await market.pass({ hours: 25 })
  const again = await detail(bill.id)
  expect(again).toMatchObject({ state: 'written-off', left: new Decimal(10) })
  expect(stripe.charged.at(-1)).toMatchObject({ amount: 3900 })
  // What was given up of it stays given up.
  expect(await shareOf(bill.number)).toBe(new Decimal('39').times('0.97').toFixed())
})

test('a refund that the bank refuses is undone; what belongs to no payment of ours is only noted', async () => {
  const { bill, intent } = await charged()
  const refund = stripe.refundThere(intent, 4900)
  await tell('charge.refunded', { id: 'ch_2', payment_intent: intent })
  expect(await detail(bill.id)).toMatchObject({ state: 'returned' })
  stripe.refundFails(refund)
  await tell('refund.failed', { id: refund, payment_intent: intent })
  expect(await detail(bill.id)).toMatchObject({ state: 'paid' })
  const known = (await returns()).length
  const foreign = stripe.dispute('pi_of_somebody', 4900)
  await tell('charge.dispute.created', { id: foreign })
  await tell('charge.refunded', { id: 'ch_3', payment_intent: null })
  await tell('charge.dispute.created', { id: 'dp_nobody_knows' })
  const { rows } = await market.kernel.database.pool.query(`select from kernel.due where kind = 'billing.card-return'`)
  expect(rows).toHaveLength(0)
  expect(await returns()).toHaveLength(known)
  expect(await market.as(operator, (ctx) => market.kernel.audit.search(ctx, { target: foreign }, { limit: 5 }))).toMatchObject([
    { action: 'card-return.unknown' },
  ])
})
