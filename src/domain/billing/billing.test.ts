import { writeFile } from 'node:fs/promises'
import type { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { system } from '../../kernel/context.ts'
import { roundMoney } from '../../kernel/money.ts'
import type { InvoiceDetail } from './index.ts'
import { renderInvoice } from './pdf.ts'

let market: Marketplace

beforeAll(async () => {
  market = await openMarketplace()
})

const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const moveTo = (at: Temporal.Instant) => market.kernel.due.move(at)

async function nextFirst(): Promise<Temporal.Instant> {
  const day = (await now()).toZonedDateTimeISO('UTC').toPlainDate().with({ day: 1 }).add({ months: 1 })
  return day.toZonedDateTime('UTC').toInstant()
}

/** Moves to 12:00 on the second day of the next month, so that tests have a month before them. */
async function freshMonth(): Promise<void> {
  await moveTo((await nextFirst()).add({ hours: 36 }))
}

async function use(id: string, planId: string, dimension: string, quantity: number, hoursAgo = 0) {
  const at = (await now()).subtract({ hours: hoursAgo })
  const [verdict] = await market.domain.metering.accept(demo.contoso, [
    { resourceId: id, planId, dimension, quantity, effectiveUs: Number(at.epochNanoseconds / 1000n) },
  ])
  return verdict
}

async function invoices(tenantId: string): Promise<InvoiceDetail[]> {
  return market.as(system, async (ctx) => {
    const list = await market.domain.billing.listInvoices(ctx, tenantId)
    return Promise.all(list.map((row) => market.domain.billing.getInvoice(ctx, row.id)))
  })
}

const linesOf = (all: InvoiceDetail[], subscription: string) =>
  all.flatMap((one) => one.lines.filter((line) => line.subscription === subscription).map((line) => ({ ...line, document: one })))

async function healthy() {
  const findings = await market.kernel.doctor.examine(market.kernel.database.db)
  expect(findings.flatMap((finding) => finding.problems)).toEqual([])
}

test('AC-144 AP-081 a month of the sample offer: fee and every reported unit, to the cent', async () => {
  await freshMonth()
  const id = await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M' })
  expect((await use(id, 'premium', 'email', 120))?.status).toBe('accepted')
  expect((await use(id, 'premium', 'email', 30.5, 1))?.status).toBe('accepted')
  expect((await use(id, 'premium', 'text', 333))?.status).toBe('accepted')
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const lines = linesOf(await invoices(demo.buyer.tenantId), id)
  expect(
    lines.map((line) => [
      line.kind,
      line.dimension,
      line.quantity.toFixed(),
      line.unitPrice.toFixed(),
      line.net.toFixed(2),
      line.fee.toFixed(2),
    ]),
  ).toEqual([
    ['fee', null, '1', '350', '350.00', '10.50'],
    ['usage', 'email', '150.5', '0.5', '75.25', '2.26'],
    ['usage', 'text', '333', '0.01', '3.33', '0.10'],
  ])
  const [first] = lines
  expect(first?.document.state).toBe('paid')
  const mails = await market.as(system, (ctx) => market.kernel.mail.list(ctx, { to: demo.buyer.email }))
  expect(mails.find((mail) => mail.subject === `Your invoice ${first?.document.number}: $428.58`)?.text).toContain('It is paid')
  expect(first?.document.payments.map((payment) => [payment.state, payment.method])).toEqual([['captured', 'test-card']])
  await healthy()
})

test('AC-131 tax of the customer’s country on every line; the fee comes out of the publisher’s part, not on top of the bill', async () => {
  await freshMonth()
  const id = await market.active({ planId: 'basic', purchaser: demo.stranger })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const [line] = linesOf(await invoices(demo.stranger.tenantId), id)
  // 49 US dollars at the demo's rate of 0.92
  expect([
    line?.document.currency,
    line?.net.toFixed(2),
    line?.taxRate.toFixed(),
    line?.tax.toFixed(2),
    line?.document.total.toFixed(2),
  ]).toEqual(['EUR', '45.08', '19', '8.57', '53.65'])
  expect([line?.feeRate.toFixed(), line?.fee.toFixed(2), line?.publisherShare.toFixed(2)]).toEqual(['3', '1.35', '43.73'])
  await healthy()
})

test('AC-210 a free month is not billed; the first paid term is', async () => {
  await freshMonth()
  const id = await market.active({ planId: 'standard' })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  expect(linesOf(await invoices(demo.buyer.tenantId), id)).toEqual([])
  await moveTo((await nextFirst()).add({ hours: 1 }))
  expect(linesOf(await invoices(demo.buyer.tenantId), id).map((line) => line.net.toFixed(2))).toEqual(['299.00'])
})

test('AP-057 cancelled within the free period before billing: nothing is billed', async () => {
  await freshMonth()
  const id = await market.active()
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  await moveTo((await nextFirst()).add({ hours: 1 }))
  expect(linesOf(await invoices(demo.buyer.tenantId), id)).toEqual([])
  await healthy()
})

test('AP-057 cancelled within the free period after the invoice: a credit note takes everything back', async () => {
  await moveTo((await nextFirst()).subtract({ hours: 30 }))
  const id = await market.active({ planId: 'basic', termUnit: 'P1Y', purchaser: demo.stranger })
  await moveTo((await nextFirst()).add({ hours: 1 }))
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  const lines = linesOf(await invoices(demo.stranger.tenantId), id)
  expect(lines.map((line) => [line.document.kind, line.document.state, line.net.toFixed(2), line.tax.toFixed(2)])).toEqual([
    ['credit-note', 'credited', '-432.40', '-82.16'],
    ['invoice', 'paid', '432.40', '82.16'],
  ])
  await healthy()
})

test('AC-140 cancelled later: the term stays billed, and a closing invoice follows 25 hours after the end', async () => {
  await freshMonth()
  const id = await market.active({ offerId: 'contoso-notify', planId: 'basic' })
  await moveTo((await now()).add({ hours: 48 }))
  await use(id, 'basic', 'text', 1000)
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  expect((await use(id, 'basic', 'text', 50, 2))?.status).toBe('accepted')
  expect((await use(id, 'basic', 'email', 1))?.status).toBe('not-active')
  await moveTo((await now()).add({ hours: 26 }))
  const lines = linesOf(await invoices(demo.buyer.tenantId), id)
  expect(lines.map((line) => [line.document.reason, line.kind, line.net.toFixed(2)])).toEqual([
    ['closing', 'fee', '0.00'],
    ['closing', 'usage', '21.00'],
  ])
  await moveTo((await nextFirst()).add({ hours: 1 }))
  expect(linesOf(await invoices(demo.buyer.tenantId), id)).toHaveLength(2)
  await healthy()
})

test('AC-130 AC-053 SA-155 payouts: what customers paid, less the fee of 3%, once a month', async () => {
  await moveTo((await nextFirst()).add({ hours: 24 * 15 }))
  const { lines, payouts, totals } = await market.as(system, async (ctx) => ({
    lines: await market.domain.billing.listPayoutLines(ctx, 'contoso', { limit: 1000 }),
    payouts: await market.domain.billing.listPayouts(ctx, 'contoso'),
    totals: await market.domain.billing.payoutTotals(ctx, 'contoso'),
  }))
  expect(payouts.length).toBeGreaterThan(2)
  expect(payouts.every((payout) => payout.state === 'paid' && payout.amount.equals(payout.net.minus(payout.fee)))).toBe(true)
  for (const total of totals) {
    const paid = payouts
      .filter((payout) => payout.currency === total.currency)
      .reduce((sum, payout) => sum.plus(payout.amount), total.paid.times(0))
    expect(total.paid.toFixed()).toBe(paid.toFixed())
  }
  expect(lines.every((line) => line.amount.equals(line.net.minus(line.fee)))).toBe(true)
  expect(lines.every((line) => line.fee.equals(roundMoney(line.net.times('0.03'), line.currency)))).toBe(true)
  expect(lines.map((line) => [line.currency, line.net.toFixed(2), line.amount.toFixed(2)])).toContainEqual(['USD', '350.00', '339.50'])
  await healthy()
})

test('every issued document can be explained: calculated again, it is the same', async () => {
  const all = [...(await invoices(demo.buyer.tenantId)), ...(await invoices(demo.stranger.tenantId))]
  expect(all.length).toBeGreaterThan(6)
  for (const one of all) {
    const explanation = await market.as(system, (ctx) => market.domain.billing.explainInvoice(ctx, one.id))
    expect(explanation).toMatchObject({ agrees: true })
    expect(explanation.lines.every((line) => line.why.length > 2)).toBe(true)
  }
})

test('AC-146 usage is never taken back: cancelled in the free period only the fee is', async () => {
  await freshMonth()
  const id = await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1Y' })
  expect((await use(id, 'premium', 'email', 10))?.status).toBe('accepted')
  await moveTo((await nextFirst()).add({ hours: 1 }))
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id)).catch(() => undefined)
  const early = await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M' })
  expect((await use(early, 'premium', 'email', 7))?.status).toBe('accepted')
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, early))
  await moveTo((await now()).add({ hours: 26 }))
  const lines = linesOf(await invoices(demo.buyer.tenantId), early)
  expect(lines.map((line) => [line.document.reason, line.kind, line.dimension, line.net.toFixed(2)])).toEqual([
    ['closing', 'usage', 'email', '3.50'],
  ])
  const other = linesOf(await invoices(demo.buyer.tenantId), id)
  expect(other.filter((line) => line.kind === 'usage' && line.net.isNegative())).toEqual([])
  await healthy()
})

test('an invoice in yen (no minor unit): lines, tax, fee, ledger and payout in whole yen', async () => {
  await freshMonth()
  const { accounts } = market.domain
  const profile = {
    legalName: 'Northwind KK',
    line1: '1-1',
    line2: '',
    postalCode: '100-0001',
    city: 'Tokyo',
    region: '',
    taxId: '',
    purchaseOrder: '',
  }
  await market.as(demo.stranger, (ctx) => accounts.updateBillingProfile(ctx, demo.stranger.tenantId, { ...profile, country: 'JP' }))
  const id = await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M', purchaser: demo.stranger })
  expect((await use(id, 'premium', 'email', 3.3))?.status).toBe('accepted')
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const lines = linesOf(await invoices(demo.stranger.tenantId), id)
  // 350 dollars at 151.5 yen; 0.5 dollars an e-mail at the same rate, 3.3 of them; 10 % consumption tax and 3 % fee, each rounded to whole yen
  expect(
    lines.map((line) => [
      line.kind,
      line.net.toFixed(),
      line.taxRate.toFixed(),
      line.tax.toFixed(),
      line.fee.toFixed(),
      line.publisherShare.toFixed(),
    ]),
  ).toEqual([
    ['fee', '53025', '10', '5303', '1591', '51434'],
    ['usage', '250', '10', '25', '8', '242'],
  ])
  expect(lines.every((line) => [line.net, line.tax, line.fee, line.publisherShare].every((value) => value.isInteger()))).toBe(true)
  expect(lines[0]?.document).toMatchObject({ currency: 'JPY', state: 'paid' })
  expect(lines[0]?.document.total.isInteger()).toBe(true)
  await market.as(demo.stranger, (ctx) =>
    accounts.updateBillingProfile(ctx, demo.stranger.tenantId, { ...profile, country: 'DE', legalName: 'Northwind GmbH' }),
  )
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  await healthy()
})

test('an invoice in dinars (three digits): the same way from history to ledger, and calculated again the same', async () => {
  await freshMonth()
  const id = await market.active({ planId: 'basic' })
  const { pool } = market.kernel.database
  // No market of the reference data sells in a currency of three digits: this agreement is made one.
  await pool.query(`update billing.contract set currency = 'KWD' where subscription = $1`, [id])
  await pool.query(`update billing.charge set currency = 'KWD', unit_price = 15.0205, amount = 15.021 where subscription = $1`, [id])
  await pool.query(
    `update billing.history set fact = jsonb_set(jsonb_set(fact, '{price,currency}', '"KWD"'), '{price,unitPrice}', '"15.0205"') where subscription = $1`,
    [id],
  )
  await moveTo((await nextFirst()).add({ hours: 1 }))
  const [line, ...more] = linesOf(await invoices(demo.buyer.tenantId), id)
  expect(more).toEqual([])
  expect([
    line?.document.currency,
    line?.net.toFixed(),
    line?.fee.toFixed(),
    line?.publisherShare.toFixed(),
    line?.document.total.toFixed(),
  ]).toEqual(['KWD', '15.021', '0.451', '14.57', '15.021'])
  expect(await market.as(system, (ctx) => market.domain.billing.explainInvoice(ctx, line?.document.id ?? ''))).toMatchObject({
    agrees: true,
  })
  await market.as(system, (ctx) => market.domain.checkout.cancel(ctx, id))
  await healthy()
})

test('AC-139 a SaaS invoice has fees and usage of its subscriptions and nothing of infrastructure', async () => {
  const all = [...(await invoices(demo.buyer.tenantId)), ...(await invoices(demo.stranger.tenantId))]
  const kinds = new Set(all.flatMap((one) => one.lines.map((line) => line.kind)))
  expect([...kinds].filter((kind) => !['fee', 'usage', 'change-credit', 'change-fee', 'reversal'].includes(kind))).toEqual([])
  // Every line is a publisher's sale: nothing on it is the platform's alone.
  for (const line of all.flatMap((one) => one.lines)) {
    expect(line.publisherShare.plus(line.fee).equals(line.net) && line.feeRate.toFixed() === '3').toBe(true)
  }
})

test('the ledger refuses what does not balance, and every change', async () => {
  const { pool } = market.kernel.database
  const id = '0199a000-0000-7000-8000-000000000001'
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(
      `insert into billing.ledger_transaction (id, at, wall_at, kind, reference, description) values ($1, now(), now(), 'invoice', $1, 'x')`,
      [id],
    )
    await client.query(`insert into billing.posting (transaction, position, account, currency, amount) values ($1, 0, 'cash', 'USD', 5)`, [
      id,
    ])
    await expect(client.query('commit')).rejects.toThrow(/does not balance/)
  } finally {
    client.release()
  }
  await expect(pool.query('update billing.posting set amount = amount + 1')).rejects.toThrow(/append-only/)
  await expect(pool.query('delete from billing.ledger_transaction')).rejects.toThrow(/append-only/)
  await expect(
    pool.query(
      `insert into billing.posting (transaction, position, account, currency, amount) select id, 99, 'cash', 'USD', 1 from billing.ledger_transaction limit 1`,
    ),
  ).rejects.toThrow(/never later/)
})

test('another customer’s invoice, payouts of another publisher: refused', async () => {
  const [one] = await invoices(demo.buyer.tenantId)
  await expect(market.as(demo.stranger, (ctx) => market.domain.billing.getInvoice(ctx, one?.id ?? ''))).rejects.toMatchObject({
    code: 'UnknownInvoice',
  })
  await expect(market.as(demo.stranger, (ctx) => market.domain.billing.listInvoices(ctx, demo.buyer.tenantId))).rejects.toMatchObject({
    kind: 'forbidden',
  })
  await expect(market.as(demo.buyer, (ctx) => market.domain.billing.listPayouts(ctx, 'contoso'))).rejects.toMatchObject({
    kind: 'forbidden',
  })
  await expect(market.as(demo.buyer, (ctx) => market.domain.billing.getInvoice(ctx, 'nonsense'))).rejects.toMatchObject({
    code: 'UnknownInvoice',
  })
})

test('the invoice as a PDF', async () => {
  const [one] = await invoices(demo.stranger.tenantId)
  const { fileName, bytes } = await market.as(demo.stranger, (ctx) => market.domain.billing.invoicePdf(ctx, one?.id ?? ''))
  expect(fileName).toMatch(/^(INV|CN)-\d{6}\.pdf$/)
  expect(bytes.subarray(0, 5).toString()).toBe('%PDF-')
})

test('a PDF in letters that are not Western: Greek, Cyrillic, Polish; what no font has becomes a question mark, never a failure', async () => {
  const [one] = await invoices(demo.stranger.tenantId)
  if (!one) throw new Error('There is no invoice.')
  const letters = {
    ...one,
    billTo: {
      legalName: 'Żółć Łódź · Αθήνα Α.Ε. · ООО «Ёлка» · 株式会社',
      country: 'GR',
      address: { line1: 'Οδός Ερμού 1', city: 'Αθήνα', postalCode: '105 63' },
      taxId: 'EL094259216',
      purchaseOrder: 'PO-Ω',
    },
  }
  const bytes = await renderInvoice(letters, market.kernel.config.brand)
  const text = bytes.toString('latin1')
  expect(text).toContain('NotoSans-Regular')
  expect(text).toContain('NotoSans-Bold')
  expect(text).not.toContain('Helvetica')
  // Only the letters used are embedded.
  expect(bytes.length).toBeLessThan(100_000)
  if (process.env.STOA_TEST_PDF) await writeFile(process.env.STOA_TEST_PDF, bytes)
})
