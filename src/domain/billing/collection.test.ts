import type { Temporal } from 'temporal-polyfill'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import type { Invoice, InvoiceDetail } from './index.ts'
import { memberOf } from '../../../test/people.ts'

let market: Marketplace

beforeAll(async () => {
  market = await openMarketplace()
})

const operator: UserPrincipal = { ...demo.buyer, tenantId: 'f0000000-0000-4000-8000-000000000001', roles: ['operator'] }
const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const moveTo = (at: Temporal.Instant) => market.kernel.due.move(at)

async function nextFirst(): Promise<Temporal.Instant> {
  const day = (await now()).toZonedDateTimeISO('UTC').toPlainDate().with({ day: 1 }).add({ months: 1 })
  return day.toZonedDateTime('UTC').toInstant()
}

const method = (who: UserPrincipal, id: string) => market.as(who, (ctx) => market.domain.billing.setPaymentMethod(ctx, who.tenantId, id))
const newest = async (who: UserPrincipal): Promise<Invoice> => {
  const [row] = await market.as(who, (ctx) => market.domain.billing.listInvoices(ctx, who.tenantId))
  if (!row) throw new Error('There is no invoice.')
  return row
}
const detail = (id: string): Promise<InvoiceDetail> => market.as(system, (ctx) => market.domain.billing.getInvoice(ctx, id))
const statusOf = async (id: string) => (await market.get(id)).subscription.status
async function subjects(who: UserPrincipal): Promise<string[]> {
  return (await market.as(system, (ctx) => market.kernel.mail.list(ctx, { to: who.email }))).map((mail) => mail.subject)
}

async function healthy() {
  const findings = await market.kernel.doctor.examine(market.kernel.database.db)
  expect(findings.flatMap((finding) => finding.problems)).toEqual([])
}

beforeEach(async () => {
  market.endpoint.answer = 200
  await moveTo((await nextFirst()).add({ hours: 36 }))
})

test('a declined card: retries on days 3, 7 and 14, suspension, payment, reinstatement', async () => {
  await method(demo.buyer, 'test-card-declines')
  const id = await market.active({ planId: 'basic' })
  const first = await nextFirst()
  await moveTo(first.add({ hours: 1 }))
  const bill = await newest(demo.buyer)
  expect(bill).toMatchObject({ state: 'open', attempts: 1 })
  expect(bill.nextAttemptAt?.toString()).toBe(first.add({ hours: 3 * 24 }).toString())
  const mails = await market.as(system, (ctx) => market.kernel.mail.list(ctx, { to: demo.buyer.email }))
  expect(mails.find((mail) => mail.subject.startsWith(`Your invoice ${bill.number}`))?.text).toContain(
    'It could not be collected: The card was declined.',
  )

  await moveTo(first.add({ hours: 3 * 24 + 1 }))
  expect(await statusOf(id)).toBe('Subscribed')
  expect(await subjects(demo.buyer)).toContain(`Payment of ${bill.number} failed`)
  await moveTo(first.add({ hours: 14 * 24 - 1 }))
  expect(await statusOf(id)).toBe('Subscribed')
  await moveTo(first.add({ hours: 14 * 24 + 1 }))
  expect((await detail(bill.id)).payments.map((payment) => [payment.state, payment.at.since(first).total('hours') / 24])).toEqual([
    ['failed', 0],
    ['failed', 3],
    ['failed', 7],
    ['failed', 14],
  ])
  expect(await statusOf(id)).toBe('Suspended')
  expect(await subjects(demo.buyer)).toContain(`Suspended: ${bill.number} is not paid`)
  expect(market.endpoint.received.map((webhook) => webhook.body.action)).toContain('Suspend')

  const [charged] = await method(demo.buyer, 'test-card')
  expect(charged).toMatchObject({ state: 'captured', method: 'test-card' })
  await market.pass({ seconds: 30 })
  expect(await statusOf(id)).toBe('Subscribed')
  expect(await newest(demo.buyer)).toMatchObject({ state: 'paid', nextAttemptAt: null })
  expect(await subjects(demo.buyer)).toContain(`Paid: ${bill.number}`)
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  await market.pass({ hours: 26 })
  await healthy()
})

test('nobody pays: 30 days after the suspension the subscription is cancelled, what was billed stays owed', async () => {
  await method(demo.buyer, 'test-card-declines')
  const id = await market.active({ planId: 'basic' })
  const first = await nextFirst()
  await moveTo(first.add({ hours: (14 + 30) * 24 + 2 }))
  expect((await market.get(id)).subscription).toMatchObject({ status: 'Unsubscribed', endReason: 'suspended-30-days' })
  expect(await subjects(demo.buyer)).toContain('Cancelled: Contoso CRM')
  const aging = await market.as(operator, (ctx) => market.domain.billing.aging(ctx))
  const owed = aging.filter((row) => row.customerTenantId === demo.buyer.tenantId)
  expect(owed.length).toBeGreaterThan(0)
  expect(owed[0]).toMatchObject({ failure: 'The card was declined.', method: 'test-card-declines' })
  // The operator sees the money arrive by transfer after all.
  for (const row of owed) await market.as(operator, (ctx) => market.domain.billing.markInvoicePaid(ctx, row.id, 'SEPA 4711'))
  expect(await statusOf(id)).toBe('Unsubscribed')
  await method(demo.buyer, 'test-card')
  await healthy()
})

test('a card that expires pays until the end of the month after it was chosen', async () => {
  await method(demo.stranger, 'test-card-expires')
  const id = await market.active({ planId: 'basic', purchaser: demo.stranger })
  const first = await nextFirst()
  await moveTo(first.add({ hours: 1 }))
  expect((await newest(demo.stranger)).state).toBe('paid')
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const bill = await newest(demo.stranger)
  expect(bill.state).toBe('open')
  expect((await detail(bill.id)).payments[0]?.failure).toBe('The card has expired.')
  await market.as(demo.stranger, async (ctx) => {
    expect(await market.domain.billing.payInvoice(ctx, bill.id)).toMatchObject({ state: 'failed' })
  })
  expect((await detail(bill.id)).attempts).toBe(1)
  await method(demo.stranger, 'test-card')
  expect((await detail(bill.id)).state).toBe('paid')
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  await market.pass({ hours: 26 })
  await healthy()
})

test('by bank transfer: reminders after the due date, suspension with the last, the operator marks it paid', async () => {
  await method(demo.stranger, 'bank-transfer')
  const id = await market.active({ planId: 'basic', termUnit: 'P1Y', purchaser: demo.stranger })
  const first = await nextFirst()
  await moveTo(first.add({ hours: 1 }))
  const bill = await newest(demo.stranger)
  expect((await detail(bill.id)).payments).toMatchObject([{ state: 'pending', method: 'bank-transfer' }])
  const due = bill.dueOn.toZonedDateTime('UTC').toInstant()
  await moveTo(due.add({ hours: 26 }))
  expect(await subjects(demo.stranger)).toContain(`Reminder: ${bill.number} is not paid`)
  await moveTo(due.add({ hours: 14 * 24 + 1 }))
  expect(await subjects(demo.stranger)).toContain(`Last reminder: ${bill.number} is not paid`)
  expect(await statusOf(id)).toBe('Suspended')
  await expect(market.as(demo.stranger, (ctx) => market.domain.billing.payInvoice(ctx, bill.id))).rejects.toMatchObject({
    code: 'NotPayable',
  })
  await expect(market.as(demo.stranger, (ctx) => market.domain.billing.markInvoicePaid(ctx, bill.id, 'x'))).rejects.toMatchObject({
    kind: 'forbidden',
  })
  await expect(market.as(operator, (ctx) => market.domain.billing.markInvoicePaid(ctx, bill.id, ''))).rejects.toMatchObject({
    code: 'ReferenceMissing',
  })
  await market.as(operator, (ctx) => market.domain.billing.markInvoicePaid(ctx, bill.id, 'SEPA 4712'))
  await market.pass({ seconds: 30 })
  expect(await statusOf(id)).toBe('Subscribed')
  await expect(market.as(operator, (ctx) => market.domain.billing.markInvoicePaid(ctx, bill.id, 'again'))).rejects.toMatchObject({
    code: 'NotPayable',
  })
  await healthy()
})

test('a credit is kept back from what is not paid: nothing is paid back that never came', async () => {
  await moveTo((await nextFirst()).subtract({ hours: 30 }))
  await method(demo.buyer, 'test-card-declines')
  const id = await market.active({ planId: 'basic', termUnit: 'P1Y' })
  const other = await market.active({ offerId: 'contoso-notify', planId: 'premium' })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const bill = await newest(demo.buyer)
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  const credit = await newest(demo.buyer)
  expect([credit.kind, credit.state]).toEqual(['credit-note', 'credited'])
  expect((await detail(credit.id)).payments.map((payment) => payment.method)).toEqual(['set-off'])
  const aging = await market.as(operator, (ctx) => market.domain.billing.aging(ctx))
  expect(aging.find((row) => row.id === bill.id)?.left.toFixed()).toBe(bill.total.plus(credit.total).toFixed())
  await healthy()
  await method(demo.buyer, 'test-card')
  const paid = await detail(bill.id)
  expect(paid.state).toBe('paid')
  expect(paid.payments.at(-1)?.amount.toFixed()).toBe(bill.total.plus(credit.total).toFixed())
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, other))
  await market.pass({ hours: 26 })
  await healthy()
})

const profile = {
  legalName: 'Northwind Traders GmbH',
  country: 'DE',
  line1: 'Hauptstraße 1',
  line2: '',
  postalCode: '10115',
  city: 'Berlin',
  region: '',
  taxId: 'DE 136 695 976',
  purchaseOrder: 'PO-77',
}

test('billing account: on the next document, with reverse charge for a valid VAT number; a new country is for new purchases', async () => {
  await market.as(demo.stranger, (ctx) => market.domain.accounts.updateBillingProfile(ctx, demo.stranger.tenantId, profile))
  await method(demo.stranger, 'test-card')
  const id = await market.active({ planId: 'basic', purchaser: demo.stranger })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const bill = await detail((await newest(demo.stranger)).id)
  expect(bill.billTo).toMatchObject({ taxId: 'DE136695976', purchaseOrder: 'PO-77', address: { city: 'Berlin' } })
  expect(bill.lines.map((line) => [line.taxName, line.taxRate.toFixed(), line.tax.toFixed()])).toEqual([['Reverse charge', '0', '0']])
  expect(bill.currency).toBe('EUR')
  expect((await market.as(system, (ctx) => market.domain.billing.explainInvoice(ctx, bill.id))).agrees).toBe(true)

  await market.as(demo.stranger, (ctx) =>
    market.domain.accounts.updateBillingProfile(ctx, demo.stranger.tenantId, { ...profile, country: 'US', taxId: '' }),
  )
  const bought = await market.buy({ planId: 'basic', purchaser: demo.stranger })
  expect((await market.get(bought)).subscription.agreement).toMatchObject({ market: 'US', currency: 'USD' })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const next = (await detail((await newest(demo.stranger)).id)) as InvoiceDetail
  expect([next.currency, next.billTo.country]).toEqual(['EUR', 'US'])
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
})

test('a billing account that cannot be: every field says why, nothing is changed', async () => {
  const wrong = { ...profile, legalName: ' ', country: 'CN', line1: 'x'.repeat(101), city: '', purchaseOrder: 'a\u0000b' }
  await expect(
    market.as(demo.stranger, (ctx) => market.domain.accounts.updateBillingProfile(ctx, demo.stranger.tenantId, wrong)),
  ).rejects.toMatchObject({
    code: 'BillingProfileInvalid',
    details: ['legalName', 'country', 'line1', 'city', 'purchaseOrder'].map((target) => expect.objectContaining({ target })),
  })
  await expect(
    market.as(demo.stranger, (ctx) =>
      market.domain.accounts.updateBillingProfile(ctx, demo.stranger.tenantId, { ...profile, taxId: 'DE136695977' }),
    ),
  ).rejects.toMatchObject({ details: [expect.objectContaining({ target: 'taxId' })] })
  for (const who of [demo.colleague, demo.buyer]) {
    await expect(
      market.as(who, (ctx) => market.domain.accounts.updateBillingProfile(ctx, demo.stranger.tenantId, profile)),
    ).rejects.toMatchObject({ kind: 'forbidden' })
  }
  await expect(method(demo.stranger, 'gold')).rejects.toMatchObject({ code: 'UnknownPaymentMethod' })
})

test('tax rates hold from their day on, replace the demo’s, and are the operator’s alone', async () => {
  const { billing } = market.domain
  const from = (await nextFirst()).toZonedDateTimeISO('UTC').toPlainDate()
  const wide = { store: 'any', agreementKind: 'any' }
  const rate = {
    country: 'US',
    ...wide,
    validFrom: from.toString(),
    name: 'Sales tax',
    rate: '8.25',
    reverseCharge: false,
    managedBy: 'platform',
  }
  await market.as(operator, (ctx) => billing.setTaxRate(ctx, rate))
  const id = await market.active({ planId: 'basic' })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const taxed = await detail((await newest(demo.buyer)).id)
  expect(taxed.lines.map((line) => [line.taxName, line.tax.toFixed(2)])).toEqual([['Sales tax', '4.04']]) // 8.25 % of 49.00 is 4.0425
  await market.as(operator, (ctx) =>
    billing.setTaxRate(ctx, { ...rate, validFrom: from.add({ days: 2 }).toString(), managedBy: 'publisher' }),
  )
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const untaxed = await detail((await newest(demo.buyer)).id)
  expect(untaxed.lines.map((line) => [line.taxName, line.tax.toFixed()])).toEqual([['Tax by the publisher', '0']])
  expect((await detail(taxed.id)).tax.toFixed(2)).toBe('4.04')

  const wrong = { ...rate, country: 'XX', store: 'x', agreementKind: 'y', validFrom: '31.12.2026', name: ' ', rate: '100' }
  await expect(market.as(operator, (ctx) => billing.setTaxRate(ctx, wrong))).rejects.toMatchObject({
    details: ['country', 'store', 'agreementKind', 'validFrom', 'name', 'rate'].map((target) => expect.objectContaining({ target })),
  })
  await expect(market.as(demo.buyer, (ctx) => billing.setTaxRate(ctx, rate))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(market.as(demo.buyer, (ctx) => billing.allPayouts(ctx))).rejects.toMatchObject({ kind: 'forbidden' })
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  await healthy()
})

test('AC-053 the preview of a payout run is what the run then pays', async () => {
  const id = await market.active({ planId: 'basic' })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const { billing } = market.domain
  const previewed = (await market.as(operator, (ctx) => billing.previewPayouts(ctx))).filter((row) => row.amount.greaterThan(0))
  expect(previewed.length).toBeGreaterThan(0)
  await moveTo((await now()).add({ hours: 15 * 24 }))
  const paid = (await market.as(operator, (ctx) => billing.allPayouts(ctx))).slice(0, previewed.length)
  const shape = (rows: { publisherId: string; currency: string; amount: { toFixed(): string }; lines: number }[]) =>
    rows.map((row) => [row.publisherId, row.currency, row.amount.toFixed(), row.lines].join(' ')).toSorted()
  expect(shape(paid)).toEqual(shape(previewed))
  const [last] = paid
  await market.as(operator, (ctx) => billing.changePayout(ctx, last?.id ?? '', 'return'))
  await healthy()
  for (const trigger of ['prepare', 'send', 'confirm'] as const) {
    await market.as(operator, (ctx) => billing.changePayout(ctx, last?.id ?? '', trigger, 'SEPA 1'))
  }
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  await healthy()
})

test('AC-054 AC-055 AC-056 AC-057 a hold set before a month begins stops its payout; earnings are recorded and paid after the release', async () => {
  const { accounts, billing } = market.domain
  const owner: UserPrincipal = {
    ...demo.buyer,
    tenantId: demo.contoso.tenantId,
    roles: [],
    memberships: memberOf(demo.contoso.tenantId, 'owner'),
  }
  const hold = (held: boolean) => market.as(owner, (ctx) => accounts.setPayoutHold(ctx, 'contoso', held))
  const count = async () => (await market.as(owner, (ctx) => billing.listPayouts(ctx, 'contoso'))).length
  const waiting = async () => {
    const totals = await market.as(owner, (ctx) => billing.payoutTotals(ctx, 'contoso'))
    return totals.find((total) => total.currency === 'USD')?.inNextPayout.toNumber() ?? 0
  }
  const id = await market.active({ planId: 'basic' })
  // Too late for the month that has begun: its payout is made.
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const before = await count()
  await hold(true)
  await moveTo((await now()).add({ hours: 20 * 24 }))
  expect(await count()).toBeGreaterThan(before)
  // The next one is held, and what was earned is shown.
  const paid = await count()
  await moveTo((await nextFirst()).add({ hours: 20 * 24 }))
  expect(await count()).toBe(paid)
  expect(await waiting()).toBeGreaterThan(0)
  await hold(false)
  await moveTo((await nextFirst()).add({ hours: 20 * 24 }))
  expect(await count()).toBeGreaterThan(paid)
  expect(await waiting()).toBe(0)
  await expect(market.as(demo.buyer, (ctx) => accounts.setPayoutHold(ctx, 'contoso', true))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(market.as(operator, (ctx) => accounts.setPayoutHold(ctx, 'contoso', true))).rejects.toMatchObject({ kind: 'forbidden' })
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  await healthy()
})
