import type { Temporal } from 'temporal-polyfill'
import fc from 'fast-check'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { utcDate } from '../../kernel/clock.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { Decimal, minorUnits } from '../../kernel/money.ts'
import { difference, divide, type LinePart } from './correction.ts'
import type { Invoice, InvoiceDetail } from './index.ts'
import { sum } from './line.ts'

// What will never be paid: given up pro rata, undone by the money itself.

let market: Marketplace
beforeAll(async () => {
  market = await openMarketplace()
})

const operator: UserPrincipal = { ...demo.buyer, tenantId: 'f0000000-0000-4000-8000-000000000001', roles: ['operator'] }
const second: UserPrincipal = { ...operator, objectId: 'f0000000-0000-4000-8000-0000000000aa', email: 'second@marketplace.example' }
const billing = () => market.domain.billing
const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const moveTo = (at: Temporal.Instant) => market.kernel.due.move(at)
async function nextFirst(): Promise<Temporal.Instant> {
  const day = utcDate(await now())
    .with({ day: 1 })
    .add({ months: 1 })
  return day.toZonedDateTime('UTC').toInstant()
}
const method = (id: string) => market.as(demo.buyer, (ctx) => billing().setPaymentMethod(ctx, demo.buyer.tenantId, id))
const detail = (id: string): Promise<InvoiceDetail> => market.as(system, (ctx) => billing().getInvoice(ctx, id))
const newest = async (): Promise<Invoice> =>
  (await market.as(demo.buyer, (ctx) => billing().listInvoices(ctx, demo.buyer.tenantId)))[0] as Invoice
const account = async (name: string, currency = 'USD'): Promise<string> => {
  const balances = await market.as(operator, async (ctx) => billing().balances(ctx, utcDate(ctx.now)))
  return balances.find((row) => row.account === name && row.currency === currency)?.amount.toFixed() ?? '0'
}
const totals = () => market.as(system, (ctx) => billing().payoutTotals(ctx, 'contoso'))
const lines = (search: string) => market.as(system, (ctx) => billing().listPayoutLines(ctx, 'contoso', { search }))
async function healthy() {
  const findings = await market.kernel.doctor.examine(market.kernel.database.db)
  expect(findings.flatMap((finding) => finding.problems)).toEqual([])
}

/** An invoice of this plan that nobody pays. */
async function unpaid(planId: string): Promise<{ bill: Invoice; subscription: string }> {
  await method('test-card-declines')
  const subscription = await market.active({ planId })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  return { bill: await newest(), subscription }
}

beforeEach(async () => {
  market.endpoint.answer = 200
  await moveTo((await nextFirst()).add({ hours: 36 }))
})

test('a small amount: one operator, with a reason; receivable, share, fee and tax are back where they were; nobody is paid or asked', async () => {
  const before = await Promise.all(['receivable', 'revenue-share', 'store-fee', 'tax', 'payable', 'cash'].map((name) => account(name)))
  const { bill, subscription } = await unpaid('basic')
  expect(bill).toMatchObject({ state: 'open', attempts: 1 })
  for (const reason of ['', ' ', 'a\u0007b', 'x'.repeat(301)]) {
    await expect(market.as(operator, (ctx) => billing().requestWriteOff(ctx, bill.id, reason))).rejects.toMatchObject({
      code: 'ReasonMissing',
      target: 'reason',
    })
  }
  await expect(market.as(demo.buyer, (ctx) => billing().requestWriteOff(ctx, bill.id, 'Because'))).rejects.toMatchObject({
    kind: 'forbidden',
  })
  await expect(market.as(operator, (ctx) => billing().requestWriteOff(ctx, 'nonsense', 'Because'))).rejects.toMatchObject({
    code: 'UnknownInvoice',
  })
  const made = await market.as(operator, (ctx) => billing().requestWriteOff(ctx, bill.id, 'Insolvent'))
  expect(made).toMatchObject({ state: 'booked', needsApproval: false, reason: 'Insolvent' })
  expect(await detail(bill.id)).toMatchObject({ state: 'written-off', nextAttemptAt: null })
  expect(await Promise.all(['receivable', 'revenue-share', 'store-fee', 'tax', 'payable', 'cash'].map((name) => account(name)))).toEqual(
    before,
  )
  // The publisher sees the sale and what was given up of it; neither waits for a payout.
  const [taken, sold] = (await lines(bill.number)).toSorted((a, b) => b.part - a.part)
  expect(sold).toMatchObject({ part: 0, correction: null, state: 'written-off' })
  expect(taken).toMatchObject({ part: 1, correction: 'written-off', state: 'written-off', amount: sold?.amount.negated() })
  expect((await totals()).find((row) => row.currency === 'USD')?.awaitingCustomers.isZero() ?? true).toBe(true)
  // Nothing more is charged.
  const attempts = (await detail(bill.id)).payments.length
  await market.pass({ hours: 16 * 24 })
  expect((await detail(bill.id)).payments).toHaveLength(attempts)
  expect((await market.as(operator, (ctx) => billing().aging(ctx))).map((row) => row.id)).not.toContain(bill.id)
  expect(await market.as(operator, (ctx) => billing().explainInvoice(ctx, bill.id))).toMatchObject({
    agrees: true,
    afterwards: [expect.stringContaining('Insolvent')],
  })
  const log = await market.as(operator, (ctx) => market.kernel.audit.search(ctx, { target: made.number }, { limit: 5 }))
  expect(log).toMatchObject([{ action: 'write-off.book', reason: 'Insolvent' }])
  await healthy()

  // The money comes after all.
  await expect(market.as(operator, (ctx) => billing().requestWriteOff(ctx, bill.id, 'Again'))).rejects.toMatchObject({
    code: 'NotWrittenOff',
  })
  await market.as(operator, (ctx) => billing().markInvoicePaid(ctx, bill.id, 'TR-1'))
  expect(await detail(bill.id)).toMatchObject({ state: 'paid' })
  expect(await market.as(operator, (ctx) => billing().writeOffs(ctx, bill.id))).toMatchObject([{ state: 'recovered' }])
  const after = await lines(bill.number)
  expect(sum(after.map((row) => row.amount)).toFixed()).toBe(sold?.amount.toFixed())
  expect(after.map((row) => row.state)).toEqual(['in-next-payout', 'in-next-payout', 'in-next-payout'])
  expect(await account('receivable')).toBe(before[0])
  await healthy()
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, subscription))
})

test('above the amount a second person approves; who asked cannot; what was paid meanwhile needs no decision', async () => {
  const { bill, subscription } = await unpaid('standard')
  const ask = () => market.as(operator, (ctx) => billing().requestWriteOff(ctx, bill.id, 'The company is dissolved'))
  const decide = (who: UserPrincipal, id: string, trigger: 'approve' | 'refuse' | 'withdraw', note = '') =>
    market.as(who, (ctx) => billing().decideWriteOff(ctx, id, trigger, note))
  const first = await ask()
  expect(first).toMatchObject({ state: 'requested', needsApproval: true })
  expect(await detail(bill.id)).toMatchObject({ state: 'open' })
  await expect(ask()).rejects.toMatchObject({ code: 'AlreadyRequested' })
  await expect(decide(operator, first.id, 'approve')).rejects.toMatchObject({ code: 'SecondPersonNeeded' })
  await expect(decide(second, first.id, 'withdraw')).rejects.toMatchObject({ code: 'NotYours' })
  await expect(decide(second, first.id, 'refuse')).rejects.toMatchObject({ code: 'NoteInvalid', target: 'note' })
  await expect(decide(second, '00000000-0000-4000-8000-000000000000', 'approve')).rejects.toMatchObject({ code: 'UnknownWriteOff' })
  expect(await decide(second, first.id, 'refuse', 'Ask their lawyer first')).toMatchObject({ state: 'refused' })
  const withdrawn = await ask()
  expect(await decide(operator, withdrawn.id, 'withdraw')).toMatchObject({ state: 'withdrawn' })
  const paid = await ask()
  await method('test-card')
  expect(await detail(bill.id)).toMatchObject({ state: 'paid' })
  await expect(decide(second, paid.id, 'approve')).rejects.toMatchObject({ code: 'IllegalTransition' })

  const { bill: other } = await unpaid('standard')
  const asked = await market.as(operator, (ctx) => billing().requestWriteOff(ctx, other.id, 'The company is dissolved'))
  expect(await decide(second, asked.id, 'approve', 'Seen the register')).toMatchObject({ state: 'booked', decidedName: second.email })
  expect(await detail(other.id)).toMatchObject({ state: 'written-off' })
  await expect(decide(second, asked.id, 'approve')).rejects.toMatchObject({ code: 'IllegalTransition' })
  await healthy()

  // The customer pays after all, with a card: the same again.
  await method('test-card')
  expect(await market.as(demo.buyer, (ctx) => billing().payInvoice(ctx, other.id))).toMatchObject({ state: 'captured' })
  expect(await detail(other.id)).toMatchObject({ state: 'paid' })
  await healthy()
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, subscription))
})

test('what a credit has taken back bears no loss; the rest is given up with its tax, and what was collected stays earned', async () => {
  const { stranger } = demo
  const pay = (id: string) => market.as(stranger, (ctx) => billing().setPaymentMethod(ctx, stranger.tenantId, id))
  const documents = () => market.as(stranger, (ctx) => billing().listInvoices(ctx, stranger.tenantId))
  await moveTo((await nextFirst()).subtract({ hours: 30 }))
  await pay('test-card-declines')
  const taken = await market.active({ planId: 'basic', termUnit: 'P1Y', purchaser: stranger })
  await market.active({ offerId: 'contoso-notify', planId: 'premium', purchaser: stranger })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const bill = await detail((await documents())[0]?.id ?? '')
  expect(bill.lines.map((line) => line.taxRate.toFixed())).toEqual(['19', '19'])
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, taken))
  const [credit] = await documents()
  expect(credit).toMatchObject({ kind: 'credit-note', state: 'credited' })

  const { amount, id, state } = await market.as(operator, (ctx) => billing().requestWriteOff(ctx, bill.id, 'Gone away'))
  expect([state, amount.toFixed()]).toEqual(['requested', bill.total.plus(credit?.total ?? 0).toFixed()])
  await market.as(second, (ctx) => billing().decideWriteOff(ctx, id, 'approve'))
  const [kept, lost] = await Promise.all(
    [taken, undefined].map((subscription) =>
      market.as(system, async (ctx) => {
        const all = await billing().listPayoutLines(ctx, 'contoso', { search: bill.number })
        return all.filter((line) => (line.subscription === taken) === (subscription === taken))
      }),
    ),
  )
  // The cancelled one: earned with the invoice, given back with the credit note.
  expect(kept?.map((line) => [line.part, line.state])).toEqual([[0, 'in-next-payout']])
  // The other: nothing of it was collected.
  expect(new Set(lost?.map((line) => line.part))).toEqual(new Set([0, 1]))
  expect(sum((lost ?? []).map((line) => line.amount)).toFixed()).toBe('0')
  await healthy()
  await market.as(operator, (ctx) => billing().markInvoicePaid(ctx, bill.id, 'TR-2'))
  expect(await detail(bill.id)).toMatchObject({ state: 'paid', left: new Decimal(0) })
  await healthy()
})

const linesOf = fc.array(
  fc.record({ net: fc.integer({ min: -100_000, max: 1_000_000 }), tax: fc.constantFrom(0, 7, 19, 25), fee: fc.constantFrom(0, 3, 20) }),
  { minLength: 1, maxLength: 12 },
)

test.each(['USD', 'JPY', 'KWD'])(
  'parts of a document in %s: whole minor units, exactly what is taken, everything in the end',
  (currency) => {
    const scale = new Decimal(10).pow(-minorUnits(currency))
    fc.assert(
      fc.property(linesOf, fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), (wanted, a, b) => {
        const lines = wanted.map(({ net, tax, fee }, n): LinePart => {
          const amounts = {
            net: new Decimal(net),
            tax: new Decimal(net).times(tax).div(100).round(),
            fee: new Decimal(net).times(fee).div(100).round(),
          }
          const [inNet, inTax, inFee] = [amounts.net, amounts.tax, amounts.fee].map((one) => one.times(scale)) as [
            Decimal,
            Decimal,
            Decimal,
          ]
          return {
            line: String(n),
            publisherId: 'p',
            feeRate: new Decimal(fee),
            net: inNet,
            tax: inTax,
            fee: inFee,
            publisherShare: inNet.minus(inFee),
          }
        })
        const gross = (of: readonly LinePart[]) => sum(of.map((one) => one.net.plus(one.tax)))
        const total = gross(lines)
        fc.pre(total.greaterThan(0))
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((percent) =>
          total.div(scale).times(percent).div(100).round().times(scale),
        ) as [Decimal, Decimal]
        const [first, both, all] = [divide(lines, currency, low), divide(lines, currency, high), divide(lines, currency, total)]
        expect(gross(first).toFixed()).toBe(low.toFixed())
        expect(gross(difference(both, first)).toFixed()).toBe(high.minus(low).toFixed())
        for (const part of first) {
          expect(part.publisherShare.toFixed()).toBe(part.net.minus(part.fee).toFixed())
          for (const amount of [part.net, part.tax, part.fee]) expect(amount.div(scale).isInteger()).toBe(true)
        }
        expect(all.map(({ net, tax, fee }) => [net.toFixed(), tax.toFixed(), fee.toFixed()])).toEqual(
          lines.map(({ net, tax, fee }) => [net.toFixed(), tax.toFixed(), fee.toFixed()]),
        )
      }),
      { numRuns: 60 },
    )
  },
)
