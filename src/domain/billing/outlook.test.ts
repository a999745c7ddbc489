import type { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { utcDate } from '../../kernel/clock.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import { sum } from './line.ts'

// What is ahead, and what was: forecast of payouts, receivables as of any day, prices of plans that a subscription had before.

let market: Marketplace
beforeAll(async () => {
  market = await openMarketplace()
  market.endpoint.answer = 200
})

const operator: UserPrincipal = { ...demo.buyer, tenantId: 'f0000000-0000-4000-8000-000000000001', roles: ['operator'] }
const billing = () => market.domain.billing
const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const moveTo = (day: Temporal.PlainDate, hours: number) => market.kernel.due.move(day.toZonedDateTime('UTC').toInstant().add({ hours }))
const nextFirst = async () =>
  utcDate(await now())
    .with({ day: 1 })
    .add({ months: 1 })
const forecast = () => market.as(system, (ctx) => billing().payoutForecast(ctx, 'contoso'))
const method = (who: UserPrincipal, id: string) => market.as(who, (ctx) => billing().setPaymentMethod(ctx, who.tenantId, id))

async function use(resourceId: string, planId: string, quantity: number) {
  const effectiveUs = Number((await now()).epochNanoseconds / 1000n)
  const [verdict] = await market.domain.metering.accept(demo.contoso, [{ resourceId, planId, dimension: 'email', quantity, effectiveUs }])
  expect(verdict?.status).toBe('accepted')
}

test('the forecast knows what is charged and used before it is invoiced: for cards after the next invoice, for transfers when it is due', async () => {
  const first = await nextFirst()
  await moveTo(first, 36)
  expect(await forecast()).toEqual([])
  const card = await market.active({ offerId: 'contoso-notify', planId: 'premium' })
  await use(card, 'premium', 20_000)
  const [ahead, ...none] = await forecast()
  const month = first.add({ months: 1 })
  expect(none).toEqual([])
  expect(ahead).toMatchObject({ on: month.with({ day: 15 }), currency: 'USD', lines: 2, collected: new Decimal(0) })
  expect(ahead?.unbilled.toFixed()).toBe(ahead?.amount.toFixed())

  await method(demo.buyer, 'bank-transfer')
  const [later] = await forecast()
  // Due thirty days after the first of the month: the run after that.
  expect(later?.on?.toString()).toBe(
    month
      .add({ days: 30 })
      .with({ day: 1 })
      .add({ months: month.add({ days: 30 }).day < 15 ? 0 : 1 })
      .with({ day: 15 })
      .toString(),
  )
  await method(demo.buyer, 'test-card')

  // What was expected is what is invoiced, collected and paid.
  await moveTo(month, 1)
  const [invoiced] = (await forecast()).filter((row) => row.on?.equals(month.with({ day: 15 })))
  expect(invoiced?.collected.toFixed()).toBe(ahead?.amount.toFixed())
  await moveTo(month.with({ day: 15 }), 1)
  const [paid] = await market.as(system, (ctx) => billing().listPayouts(ctx, 'contoso'))
  expect(paid?.net.minus(paid.fee).toFixed()).toBe(ahead?.amount.toFixed())
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, card))
})

test('what customers owed at the end of any day is what the ledger says of it', async () => {
  await method(demo.buyer, 'bank-transfer')
  const id = await market.active({ planId: 'basic' })
  const first = await nextFirst()
  await moveTo(first, 12)
  const bills = await market.as(system, (ctx) => billing().listInvoices(ctx, demo.buyer.tenantId))
  const bill = bills.find((row) => utcDate(row.issuedAt).equals(first))
  expect(bill).toMatchObject({ state: 'open' })
  await moveTo(first.add({ days: 10 }), 12)
  await market.as(operator, (ctx) => billing().markInvoicePaid(ctx, bill?.id ?? '', 'TR-1'))
  await moveTo(first.add({ days: 20 }), 12)
  const agingOn = (on: Temporal.PlainDate) => market.as(operator, (ctx) => billing().aging(ctx, on))
  for (const days of [-40, -1, 0, 5, 9, 10, 20]) {
    const on = first.add({ days })
    const open = await agingOn(on)
    const books = await market.as(operator, (ctx) => billing().balances(ctx, on))
    for (const currency of new Set([...open.map((row) => row.currency), ...books.map((row) => row.currency)])) {
      expect([days, currency, sum(open.filter((row) => row.currency === currency).map((row) => row.left)).toFixed()]).toEqual([
        days,
        currency,
        books.find((row) => row.account === 'receivable' && row.currency === currency)?.amount.toFixed() ?? '0',
      ])
    }
  }
  const has = async (days: number) => (await agingOn(first.add({ days }))).some((row) => row.id === bill?.id)
  expect([await has(-1), await has(0), await has(9), await has(10)]).toEqual([false, true, true, false])
  await expect(market.as(demo.buyer, (ctx) => billing().aging(ctx, first))).rejects.toMatchObject({ kind: 'forbidden' })
  await method(demo.buyer, 'test-card')
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
})

test('usage of an earlier plan keeps its name and its price', async () => {
  const id = await market.active({ offerId: 'contoso-notify', planId: 'basic' })
  await use(id, 'basic', 7)
  await market.as(demo.buyer, (ctx) => market.domain.subscriptions.changeByCustomer(ctx, id, { planId: 'premium' }))
  await market.pass({ seconds: 30 })
  const prices = await market.as(system, (ctx) => billing().usagePrices(ctx, [id]))
  const [before, today] = ['basic', 'premium'].map((plan) => prices.get(`${id} ${plan} email`))
  expect(before?.planName).toMatch(/basic/i)
  expect(today?.planName).toMatch(/premium/i)
  const open = await market.as(system, (ctx) => billing().openPeriod(ctx, demo.buyer.tenantId))
  const billed = open.items.find((item) => item.subscription === id && item.kind === 'usage')
  expect(billed).toMatchObject({ planId: 'basic', unitPrice: before?.pricePerUnit })
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
})
