import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { system } from '../../src/kernel/context.ts'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { startStripeStub } from '../stripe-stub.ts'
import { launchChromium } from './chromium.ts'
import { buyer, pagesOf, sellSeats } from './desk-sale.ts'
import { looksRight } from './looks.ts'

let stoa: TestStoa
let browser: Browser
let open: (email: string, path: string) => Promise<Page>
const adatum = buyer.tenantId
let subscription = ''
const operator = 'operator@operator.example'

beforeAll(async () => {
  const { url: apiUrl, secretKey, webhookSecret } = await startStripeStub()
  stoa = await startTestStoa({ demo: true, config: { roles: ['web', 'api'], stripe: { apiUrl, secretKey, webhookSecret } } })
  browser = await launchChromium()
  open = pagesOf(browser, stoa.url)
  subscription = await sellSeats(stoa)
})

afterAll(async () => {
  await browser?.close()
})

const pass = async (hours: number) => {
  const now = await stoa.kernel.read(system, async (ctx) => ctx.now)
  await stoa.kernel.due.move(now.add({ hours }))
}

test('the billing account: what is wrong is said at the field, what is right is kept', { timeout: 120_000 }, async () => {
  const page = await open('buyer@adatum.example', '/account/billing')
  await looksRight(page, 'billing-account')
  await page.getByLabel('Street and number').fill('1 Main Street')
  await page.getByLabel('City').fill(' ') // the browser stops what is empty
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('This was not saved.').waitFor()
  expect(await page.locator('main').textContent()).toContain('Give the city.')
  expect(await page.getByLabel('Street and number').inputValue()).toBe('1 Main Street')
  await looksRight(page, 'billing-account-errors')
  await page.getByLabel('City').fill('Springfield')
  await page.getByLabel('Purchase order number').fill('PO-2026-17')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved. It is on invoices from now on.').waitFor()
  expect(await page.getByLabel('City').inputValue()).toBe('Springfield')
  await page.getByLabel('Invoices are paid by').selectOption('test-card-declines')
  await page.getByRole('button', { name: 'Use this method' }).click()
  await page.getByText('Saved. The next invoice is paid like this.').waitFor()
  const colleague = await open('user@adatum.example', '/account')
  expect(await colleague.locator('nav a').allTextContents()).not.toContain('Billing account')
  expect((await colleague.goto('/account/billing'))?.status()).toBe(403)
})

test('a month later the card is declined, two weeks later it is suspended; another card brings it back', { timeout: 180_000 }, async () => {
  const empty = await open(operator, '/operator/invoices')
  expect(await empty.locator('main').textContent()).toContain('Nobody owes anything')
  await looksRight(empty, 'operator-invoices-empty')
  await pass(24 * 31)
  const page = await open('buyer@adatum.example', '/account/invoices')
  await page.getByRole('link', { name: /^INV-/ }).first().click()
  await page.getByRole('heading', { name: /^Invoice INV-/ }).waitFor()
  expect(await page.locator('main').textContent()).toContain('The card was declined.')
  expect(await page.locator('main').textContent()).toContain('PO-2026-17')
  await looksRight(page, 'invoice-open')
  await page.getByRole('button', { name: 'Pay now' }).click()
  await page.getByText('The payment failed.').waitFor()
  await pass(24 * 15)
  await page.reload({ waitUntil: 'networkidle' })
  expect(await page.locator('main').textContent()).toContain('are suspended until it is paid')
  const status = () => stoa.kernel.run(system, async (ctx) => (await stoa.domain.subscriptions.get(ctx, subscription)).status)
  expect(await status()).toBe('Suspended')

  const aging = await open(operator, '/operator/invoices')
  expect(await aging.getByRole('table', { name: /not settled/ }).textContent()).toContain('Suspended')
  await looksRight(aging, 'operator-invoices')
  await aging
    .getByRole('table', { name: /not settled/ })
    .getByRole('link')
    .first()
    .click()
  await aging.getByRole('heading', { name: /^Invoice INV-/ }).waitFor()
  await aging.getByLabel('Reference of the transfer').fill(' ')
  await aging.getByRole('button', { name: 'The money has arrived' }).click()
  await aging.getByText('This was not done.').waitFor()
  await looksRight(aging, 'operator-invoice')

  const method = await open('buyer@adatum.example', '/account/billing')
  await method.getByLabel('Invoices are paid by').selectOption('test-card')
  await method.getByRole('button', { name: 'Use this method' }).click()
  await method.getByText('Saved, and what was not paid yet has been paid.').waitFor()
  await pass(1)
  expect(await status()).not.toBe('Unsubscribed')
  await page.reload({ waitUntil: 'networkidle' })
  expect(await page.getByText('Paid', { exact: true }).count()).toBe(1)
})

test('why an invoice comes to what it does, and its lines as CSV; for its customer and for the operator', {
  timeout: 120_000,
}, async () => {
  const page = await open('buyer@adatum.example', '/account/invoices')
  await page.getByRole('link', { name: /^INV-/ }).first().click()
  await page.getByRole('link', { name: 'Why these amounts' }).click()
  await page.getByText('Calculated again, it is the same.').waitFor()
  const text = await page.locator('main').textContent()
  expect(text).toContain('7 × $12.00')
  expect(text).not.toContain('publisher gets')
  await looksRight(page, 'invoice-why')
  const csv = await page.request.get(page.url().replace(/why$/, 'csv'))
  expect(csv.headers()['content-type']).toBe('text/csv; charset=utf-8')
  const rows = (await csv.text()).trim().split('\r\n')
  expect(rows[0]).toContain('Document,Kind,Date')
  expect(rows[1]).toContain(',7,12,USD,84,')

  const list = await open(operator, '/operator/invoices')
  await list.getByRole('table', { name: 'The newest documents' }).getByRole('link').first().click()
  await list.getByText('Calculated again, it is the same.').waitFor()
  expect(await list.locator('main').textContent()).toContain('The publisher gets $81.48')
  const id = list.url().split('/').at(-1)
  const stranger = await open('buyer@northwind.example', '/account')
  for (const path of ['', '/why', '/csv', '/pdf']) {
    expect((await stranger.request.get(`/account/invoices/${id}${path}`)).status(), path).toBe(404)
  }
})

test('tax rates: none yet, what is wrong, saved', { timeout: 120_000 }, async () => {
  const page = await open(operator, '/operator/tax')
  expect(await page.locator('main').textContent()).toContain('No rates entered')
  await looksRight(page, 'tax-empty')
  await page.getByLabel('Country').selectOption('DE')
  await page.getByLabel('From').fill('2027-01-01')
  await page.getByLabel('Name on invoices').fill('VAT')
  await page.getByLabel('Rate in percent').fill('190')
  await page.getByRole('button', { name: 'Save the rate' }).click()
  await page.getByText('The rate is a percentage from 0 to 99.9999.').waitFor()
  await looksRight(page, 'tax-error')
  await page.getByLabel('Rate in percent').fill('19')
  await page.getByRole('button', { name: 'Save the rate' }).click()
  await page.getByText('Saved. Invoices from its day on use it.').waitFor()
  expect(await page.getByRole('table', { name: /^Tax rates/ }).textContent()).toContain('Germany')
  await looksRight(page, 'tax')
})

test('a card is added on Stripe’s page, used, and removed again', { timeout: 120_000 }, async () => {
  const page = await open('buyer@adatum.example', '/account/billing')
  await page.getByRole('button', { name: 'Add a card' }).click()
  await page.getByRole('button', { name: 'Save the card' }).click()
  await page.getByText('Stripe has not told us about the card yet.').waitFor()
  await looksRight(page, 'card-waiting')
  await page.getByRole('button', { name: 'Look again' }).click()
  await pass(1)
  await page.reload({ waitUntil: 'networkidle' })
  await page.getByText('Your card is saved and is charged from now on.').waitFor()
  expect(await page.getByRole('table', { name: 'Your cards' }).textContent()).toContain('Visa ending in 4242')
  expect(await page.getByLabel('Invoices are paid by').inputValue()).toBe('card')
  await looksRight(page, 'card-saved')
  await page.getByRole('button', { name: 'Remove Visa ending in 4242' }).click()
  await page.getByText('The card is forgotten.').waitFor()
  expect(await page.getByRole('table', { name: 'Your cards' }).count()).toBe(0)
})

test('the operator puts a customer on an enterprise agreement; its quarter is presented by a statement and paid at once', {
  timeout: 180_000,
}, async () => {
  const customers = await open(operator, '/operator/customers?q=adatum')
  await looksRight(customers, 'operator-customers')
  await customers.getByRole('button', { name: 'Make Adatum Corp enterprise' }).click()
  await customers.getByText('Saved. It holds for documents issued from now on.').waitFor()
  const none = await open(operator, '/operator/customers?q=nobody')
  await none.getByText('Nobody is called that').waitFor()
  await stoa.kernel.run(buyer, (ctx) => stoa.domain.billing.setPaymentMethod(ctx, adatum, 'bank-transfer'))
  await sellSeats(stoa)
  await pass(24 * 100)
  const page = await open('buyer@adatum.example', '/account/invoices')
  await looksRight(page, 'invoices-enterprise')
  await page.getByRole('link', { name: 'ST-000001' }).click()
  await page.getByRole('heading', { name: 'Statement ST-000001' }).waitFor()
  await looksRight(page, 'statement')
  const csv = await page.request.get(`${page.url()}/csv`)
  expect((await csv.text()).split('\r\n')[1]).toMatch(/^INV-/)
  expect((await page.request.get(`${page.url()}/pdf`)).headers()['content-type']).toBe('application/pdf')
  const id = page.url().split('/').at(-1)
  const statement = await open(operator, `/operator/statements/${id}`)
  await looksRight(statement, 'operator-statement')
  await statement.getByLabel('Reference of the transfer').fill('SEPA 2027-1')
  await statement.getByRole('button', { name: 'The money has arrived' }).click()
  await statement.getByText('Its invoices are marked as paid.').waitFor()
  await page.reload({ waitUntil: 'networkidle' })
  const documents = await page.getByRole('table', { name: /^Documents of statement/ }).textContent()
  expect(documents).toContain('Paid')
  expect(documents).not.toContain('Open')
  const strange = await open('buyer@northwind.example', `/account/statements/${id}`)
  expect(await strange.locator('main, body').first().textContent()).toContain('There is no such statement.')
})
