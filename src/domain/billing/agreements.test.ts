import { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import type { InvoiceDetail } from './index.ts'
import { statementDay } from './statements.ts'
import { ruleFor, type TaxRateRow } from './tax.ts'

// What depends on the customer's agreement: when it is billed and presented, and who sees to the tax.

let market: Marketplace

beforeAll(async () => {
  market = await openMarketplace()
})

const operator: UserPrincipal = { ...demo.buyer, tenantId: 'f0000000-0000-4000-8000-000000000001', roles: ['operator'] }
const moveTo = (text: string) => market.kernel.due.move(Temporal.Instant.from(text))
const agreement = (who: UserPrincipal, kind: string) =>
  market.as(operator, (ctx) => market.domain.accounts.setAgreementKind(ctx, who.tenantId, kind))
const invoices = (who: UserPrincipal): Promise<InvoiceDetail[]> =>
  market.as(system, async (ctx) => {
    const rows = await market.domain.billing.listInvoices(ctx, who.tenantId)
    return Promise.all(rows.toReversed().map((row) => market.domain.billing.getInvoice(ctx, row.id)))
  })
const statements = (who: UserPrincipal) => market.as(system, (ctx) => market.domain.billing.listStatements(ctx, who.tenantId))

async function healthy() {
  const findings = await market.kernel.doctor.examine(market.kernel.database.db)
  expect(findings.flatMap((finding) => finding.problems)).toEqual([])
}

test('the days of statements: firsts of quarters; the run that ends a quarter still belongs to it', () => {
  const day = (today: string, reason: string) => statementDay(Temporal.PlainDate.from(today), reason).toString()
  expect(day('2027-01-01', 'monthly')).toBe('2027-01-01')
  expect(day('2027-01-01', 'closing')).toBe('2027-04-01')
  expect(day('2027-02-01', 'monthly')).toBe('2027-04-01')
  expect(day('2027-03-31', 'closing')).toBe('2027-04-01')
  expect(day('2027-11-01', 'monthly')).toBe('2028-01-01')
})

test('AC-149 AC-150 pay-as-you-go is billed and presented monthly; an enterprise agreement is billed monthly and presented quarterly', async () => {
  const now = await market.kernel.clock.marketNow(market.kernel.database.db)
  const year = now.toZonedDateTimeISO('UTC').year + 1
  await moveTo(`${year}-01-05T12:00:00Z`)
  const mine = await market.active({ planId: 'basic' })
  const theirs = await market.active({ planId: 'basic', purchaser: demo.stranger })
  await agreement(demo.stranger, 'enterprise')
  await moveTo(`${year}-03-20T12:00:00Z`)

  // Two months are billed on both. The enterprise customer is neither told nor charged.
  expect((await invoices(demo.buyer)).map((row) => [row.issuedAt.toString().slice(0, 10), row.state])).toEqual([
    [`${year}-02-01`, 'paid'],
    [`${year}-03-01`, 'paid'],
  ])
  const waiting = await invoices(demo.stranger)
  expect(waiting.map((row) => [row.issuedAt.toString().slice(0, 10), row.state, row.payments, row.dueOn.toString()])).toEqual([
    [`${year}-02-01`, 'open', [], `${year}-05-01`],
    [`${year}-03-01`, 'open', [], `${year}-05-01`],
  ])
  const mails = async () => market.as(system, (ctx) => market.kernel.mail.list(ctx, { to: demo.stranger.email }))
  expect((await mails()).filter((mail) => /invoice|statement/i.test(mail.subject))).toEqual([])
  expect(await statements(demo.stranger)).toEqual([])

  await moveTo(`${year}-04-01T01:00:00Z`)
  const [statement] = await statements(demo.stranger)
  expect(statement?.documents.map((row) => [row.issuedAt.toString().slice(0, 10), row.state, row.total.toFixed(2)])).toEqual([
    [`${year}-02-01`, 'paid', '53.65'],
    [`${year}-03-01`, 'paid', '53.65'],
    [`${year}-04-01`, 'paid', '53.65'],
  ])
  expect([statement?.number, statement?.total.toFixed(2), statement?.tax.toFixed(2), statement?.dueOn.toString()]).toEqual([
    'ST-000001',
    '160.95',
    '25.71',
    `${year}-05-01`,
  ])
  expect((await mails()).filter((mail) => /invoice|statement/i.test(mail.subject)).map((mail) => mail.subject)).toEqual([
    'Your statement ST-000001: €160.95',
  ])
  expect(await statements(demo.buyer)).toEqual([])
  await expect(market.as(demo.buyer, (ctx) => market.domain.billing.getStatement(ctx, statement?.id ?? ''))).rejects.toMatchObject({
    code: 'UnknownStatement',
  })
  const pdf = await market.as(demo.stranger, (ctx) => market.domain.billing.statementPdf(ctx, statement?.id ?? ''))
  expect([pdf.fileName, pdf.bytes.subarray(0, 5).toString()]).toEqual(['ST-000001.pdf', '%PDF-'])

  // By transfer: due 30 days after the statement, one reference for all of it.
  await market.as(demo.stranger, (ctx) => market.domain.billing.setPaymentMethod(ctx, demo.stranger.tenantId, 'bank-transfer'))
  await moveTo(`${year}-07-01T01:00:00Z`)
  const [second] = await statements(demo.stranger)
  expect(second?.documents.map((row) => row.state)).toEqual(['open', 'open', 'open'])
  await expect(
    market.as(demo.stranger, (ctx) => market.domain.billing.markStatementPaid(ctx, second?.id ?? '', 'x')),
  ).rejects.toMatchObject({
    kind: 'forbidden',
  })
  await market.as(operator, (ctx) => market.domain.billing.markStatementPaid(ctx, second?.id ?? '', 'SEPA 1'))
  expect((await statements(demo.stranger))[0]?.documents.map((row) => row.state)).toEqual(['paid', 'paid', 'paid'])
  await expect(market.as(operator, (ctx) => market.domain.billing.markStatementPaid(ctx, second?.id ?? '', 'again'))).rejects.toMatchObject(
    {
      code: 'NotPayable',
    },
  )
  // A declined charge is tried again from the day of the statement on, not of its invoices.
  await market.as(demo.stranger, (ctx) => market.domain.billing.setPaymentMethod(ctx, demo.stranger.tenantId, 'test-card-declines'))
  await moveTo(`${year}-10-01T01:00:00Z`)
  const third = (await statements(demo.stranger))[0]
  expect(third?.documents.map((row) => [row.attempts, row.nextAttemptAt?.toString().slice(0, 10)])).toEqual(
    Array.from({ length: 3 }, () => [1, `${year}-10-04`]),
  )
  await market.as(demo.stranger, (ctx) => market.domain.billing.setPaymentMethod(ctx, demo.stranger.tenantId, 'test-card'))
  // The closing invoice waits for the quarter's statement too.
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, theirs))
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, mine))
  await moveTo(`${year + 1}-01-01T01:00:00Z`)
  await agreement(demo.stranger, 'pay-as-you-go')
  expect((await invoices(demo.stranger)).every((row) => row.state === 'paid')).toBe(true)
  await healthy()
})

test('the agreement is the operator’s to set; every change is in the audit log', async () => {
  await expect(agreement(demo.stranger, 'gold')).rejects.toMatchObject({ code: 'UnknownAgreementKind', target: 'agreementKind' })
  await expect(agreement({ ...demo.buyer, tenantId: 'nobody' }, 'enterprise')).rejects.toMatchObject({ code: 'UnknownCustomer' })
  const { accounts } = market.domain
  await expect(market.as(demo.buyer, (ctx) => accounts.setAgreementKind(ctx, demo.buyer.tenantId, 'enterprise'))).rejects.toMatchObject({
    kind: 'forbidden',
  })
  await expect(market.as(demo.buyer, (ctx) => accounts.listBillingAccounts(ctx))).rejects.toMatchObject({ kind: 'forbidden' })
  const found = await market.as(operator, (ctx) => accounts.listBillingAccounts(ctx, { search: 'NORTH' }))
  expect(found.map((row) => [row.legalName, row.agreementKind])).toEqual([['Northwind GmbH', 'pay-as-you-go']])
  expect(await market.as(operator, (ctx) => accounts.listBillingAccounts(ctx, { search: '%' }))).toEqual([])
  const { rows } = await market.kernel.database.pool.query<{ n: number }>(
    `select count(*)::int as n from kernel.audit where action = 'billing-account.agreement'`,
  )
  expect(rows[0]?.n).toBe(2)
})

const row = (over: Partial<Omit<TaxRateRow, 'rate' | 'validFrom'>> & { rate?: string; validFrom?: string }): TaxRateRow => ({
  country: 'AU',
  store: 'any',
  agreementKind: 'any',
  name: 'GST',
  reverseCharge: false,
  managedBy: 'platform',
  ...over,
  rate: new Decimal(over.rate ?? '10'),
  validFrom: Temporal.PlainDate.from(over.validFrom ?? '2021-07-01'),
})

test('AC-016 RF-10 who sees to the tax depends on country, store and agreement at a date: Australia, Nigeria, Thailand', () => {
  const rows = [
    // Handled by the platform, except purchases under an enterprise agreement, which the publisher handles (2021-07-01).
    row({}),
    row({ agreementKind: 'enterprise', managedBy: 'publisher' }),
    row({ rate: '12', validFrom: '2030-01-01' }),
    // Nigeria differs by marketplace: the platform's in the cloud store from 2021-09-13 on.
    row({ country: 'NG', name: 'VAT', rate: '7.5', managedBy: 'publisher' }),
    row({ country: 'NG', name: 'VAT', rate: '7.5', store: 'cloud', validFrom: '2021-09-13' }),
    row({ country: 'TH', name: 'VAT', rate: '7', store: 'cloud', validFrom: '2021-09-13' }),
  ]
  const rule = (country: string, store: 'business' | 'cloud' | null, agreementKind: 'pay-as-you-go' | 'enterprise', day: string) => {
    const { name, rate } = ruleFor({ country, store, agreementKind }, Temporal.PlainDate.from(day), rows)
    return [name, rate.toFixed()]
  }
  expect(rule('AU', 'cloud', 'pay-as-you-go', '2021-06-30')).toEqual([null, '0'])
  expect(rule('AU', 'cloud', 'pay-as-you-go', '2021-07-01')).toEqual(['GST', '10'])
  expect(rule('AU', 'business', 'enterprise', '2021-07-01')).toEqual(['Tax by the publisher', '0'])
  // The exception outlives a new general rate.
  expect(rule('AU', 'cloud', 'pay-as-you-go', '2030-01-01')).toEqual(['GST', '12'])
  expect(rule('AU', 'cloud', 'enterprise', '2030-01-01')).toEqual(['Tax by the publisher', '0'])
  expect(rule('NG', 'cloud', 'pay-as-you-go', '2021-09-12')).toEqual(['Tax by the publisher', '0'])
  expect(rule('NG', 'cloud', 'pay-as-you-go', '2021-09-13')).toEqual(['VAT', '7.5'])
  expect(rule('NG', 'business', 'pay-as-you-go', '2021-09-13')).toEqual(['Tax by the publisher', '0'])
  expect(rule('NG', null, 'pay-as-you-go', '2021-09-13')).toEqual(['Tax by the publisher', '0'])
  expect(rule('TH', 'business', 'pay-as-you-go', '2021-09-13')).toEqual([null, '0'])
  // No default list is shipped: without rows nothing is charged.
  expect(ruleFor({ country: 'FR', store: 'cloud', agreementKind: 'enterprise' }, Temporal.PlainDate.from('2026-01-01'), [])).toMatchObject({
    name: null,
  })
})

test('AC-016 the same customer and month: tax by store on the lines of one invoice', async () => {
  const { billing } = market.domain
  const today = (await market.kernel.clock.marketNow(market.kernel.database.db)).toZonedDateTimeISO('UTC').toPlainDate()
  const rate = { country: 'US', validFrom: today.toString(), name: 'Sales tax', reverseCharge: false, managedBy: 'platform' }
  await market.as(operator, (ctx) => billing.setTaxRate(ctx, { ...rate, store: 'any', agreementKind: 'any', rate: '5' }))
  await market.as(operator, (ctx) => billing.setTaxRate(ctx, { ...rate, store: 'cloud', agreementKind: 'any', rate: '6' }))
  expect(await market.as(operator, (ctx) => billing.taxRates(ctx))).toHaveLength(2)
  // contoso-notify is metered and so in the cloud store only; contoso-desk in the business store.
  const notify = await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M' })
  const desk = await market.active({ offerId: 'contoso-desk', planId: 'team', termUnit: 'P1M', quantity: 3 })
  await market.kernel.due.move(today.with({ day: 1 }).add({ months: 1 }).toZonedDateTime('UTC').add({ hours: 1 }).toInstant())
  const [last] = (await invoices(demo.buyer)).slice(-1)
  const rateOf = (id: string) => last?.lines.filter((line) => line.subscription === id).map((line) => line.taxRate.toFixed())
  expect([rateOf(notify), rateOf(desk)]).toEqual([['6'], ['5']])
  await healthy()
})

test('an event whose transaction is held while an invoice is made, also a closing one, is on the next: accepted = billed + open', async () => {
  const { kernel, domain } = market
  await market.pass({ hours: 10 * 24 })
  const bought = await market.active({ offerId: 'contoso-notify', planId: 'basic', purchaser: demo.stranger })
  const now = await kernel.clock.marketNow(kernel.database.db)
  const billed = async () => {
    const { rows } = await kernel.database.pool.query<{ quantity: string }>(
      `select coalesce(sum(quantity), 0)::text as quantity from billing.invoice_line where kind = 'usage' and subscription = $1`,
      [bought],
    )
    return rows[0]?.quantity
  }
  const open = async () => {
    const { items } = await market.as(system, (ctx) => domain.billing.openPeriod(ctx, demo.stranger.tenantId))
    return items.filter((item) => item.kind === 'usage' && item.subscription === bought).map((item) => item.quantity.toFixed())
  }
  const held = async (at: Temporal.Instant) => {
    const client = await kernel.database.pool.connect()
    await client.query('begin')
    await client.query(
      `insert into metering.usage_event (publisher_id, resource, dimension, hour, id, plan_id, quantity, effective_at, accepted_at)
       values ('contoso', $1, 'text', date_trunc('hour', $2::timestamptz, 'UTC'), gen_random_uuid(), 'basic', 40, $2, $2)`,
      [bought, at.toString()],
    )
    return async () => {
      await client.query('commit')
      client.release()
    }
  }
  const use = (quantity: number, at: Temporal.Instant) =>
    domain.metering.accept(demo.contoso, [
      { resourceId: bought, planId: 'basic', dimension: 'text', quantity, effectiveUs: Number(at.epochNanoseconds / 1000n) },
    ])
  expect(await use(2, now)).toMatchObject([{ status: 'accepted' }])
  const commit = await held(now.subtract({ hours: 2 }))
  const first = now.toZonedDateTimeISO('UTC').startOfDay().with({ day: 1 }).add({ months: 1 })
  await kernel.due.move(first.add({ hours: 1 }).toInstant())
  expect([await billed(), await open()]).toEqual(['2', []])
  await commit()
  expect([await billed(), await open()]).toEqual(['2', ['40']])
  await kernel.due.move(first.add({ months: 1, hours: 1 }).toInstant())
  expect([await billed(), await open()]).toEqual(['42', []])

  // The same at the end: stored by a transaction that ends after the closing invoice was made.
  const late = await held(await kernel.clock.marketNow(kernel.database.db))
  await market.as(system, (ctx) => domain.checkout.cancel(ctx, bought))
  await market.pass({ hours: 24 })
  const reasons = async () =>
    (await invoices(demo.stranger)).filter((one) => one.lines.some((line) => line.subscription === bought)).map((one) => one.reason)
  const before = await reasons()
  await market.pass({ hours: 2 })
  // 25 hours after the end (24 for late reports, one for what is being stored) the closing run has been: there was nothing to bill.
  const { rows } = await kernel.database.pool.query<{ closed: Date | null }>(
    'select closed_at as closed from billing.contract where subscription = $1',
    [bought],
  )
  expect(rows[0]?.closed).not.toBeNull()
  await late()
  expect([await billed(), await open()]).toEqual(['42', ['40']])
  await kernel.due.move(first.add({ months: 2, hours: 1 }).toInstant())
  expect([await billed(), await open()]).toEqual(['82', []])
  expect(await reasons()).toEqual([...before, 'monthly'])
  await healthy()
})
