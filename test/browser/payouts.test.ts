import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { system } from '../../src/kernel/context.ts'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { launchChromium } from './chromium.ts'
import { buyer, pagesOf, sellSeats } from './desk-sale.ts'
import { looksFine, looksRight } from './looks.ts'

// Payouts on their pages, from the tax form to the bank file. Contoso has sold seven seats to a company in the United States.

let stoa: TestStoa
let browser: Browser
let open: (email: string, path: string) => Promise<Page>
const operator = 'operator@operator.example'
const owner = 'owner@contoso.example'
const contoso = '/partner/publishers/contoso'

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, config: { roles: ['web', 'api'] } })
  browser = await launchChromium()
  open = pagesOf(browser, stoa.url)
  await sellSeats(stoa)
})

afterAll(async () => {
  await browser?.close()
})

/** Pages without anything on them are looked at with pictures only: they are made of the same parts. */
const glance = async (page: Page, name: string) => (process.env.STOA_TEST_PICTURES ? looksRight(page, name) : undefined)
const text = (page: Page) => page.locator('main').textContent()
const now = () => stoa.kernel.read(system, async (ctx) => ctx.now)
const pass = async (hours: number) => stoa.kernel.due.move((await now()).add({ hours: 24 * Math.trunc(hours / 24) + (hours % 24) }))
const day = async () => (await now()).toString().slice(0, 10)

test('AC-046 payout and tax pages are in the owner’s navigation alone; others are answered 403, other publishers 404', {
  timeout: 120_000,
}, async () => {
  const paths = ['/profiles', '/profiles/tax', '/profiles/payout', '/profiles/billing']
  const mine = await open(owner, contoso)
  expect(await mine.locator('nav a').allTextContents()).toEqual(expect.arrayContaining(['Payouts', 'Payout and tax']))
  for (const path of paths) expect((await mine.goto(contoso + path))?.status(), path).toBe(200)
  const manager = await open('manager@contoso.example', contoso)
  const links = await manager.locator('nav a').allTextContents()
  expect(links).toContain('Payouts')
  expect(links).not.toContain('Payout and tax')
  const developer = await open('developer@contoso.example', contoso)
  expect(await developer.locator('nav a').allTextContents()).not.toEqual(expect.arrayContaining(['Payouts']))
  const fabrikam = await open('owner@fabrikam.example', '/partner')
  for (const path of paths) {
    expect((await manager.request.get(contoso + path)).status(), path).toBe(403)
    expect((await manager.request.post(contoso + path, { form: { hold: 'on' }, headers: { origin: stoa.url } })).status(), path).toBe(403)
    expect((await developer.request.get(contoso + path)).status(), path).toBe(403)
    expect((await fabrikam.request.get(contoso + path)).status(), path).toBe(404)
  }
  for (const path of ['/payouts', '/payouts/transactions', '/payouts/forecast', '/payouts.csv']) {
    expect((await manager.request.get(contoso + path)).status(), path).toBe(200)
    expect((await developer.request.get(contoso + path)).status(), path).toBe(403)
    expect((await fabrikam.request.get(contoso + path)).status(), path).toBe(404)
  }
  for (const path of [
    'payouts',
    'payouts/runs',
    'payouts/files',
    'payouts/adjustments',
    'payouts/terms',
    'profiles',
    'ledger',
    'aging',
    'rates',
    'fees',
  ]) {
    expect((await mine.request.get(`/operator/${path}`)).status(), path).toBe(403)
  }
})

test('AC-052 AC-042 the tax form by residence, then the bank account; what is wrong is said at the field', {
  timeout: 240_000,
}, async () => {
  const page = await open(owner, `${contoso}/profiles`)
  expect(await text(page)).toMatch(/StatusValidatedEntity typeCorporationTax certificate informationForm W-9/)
  await looksFine(page, 'profiles')
  await page.getByRole('link', { name: 'Edit the tax profile' }).click()
  await page.getByRole('heading', { name: 'Form W-9' }).waitFor()
  await looksFine(page, 'tax-form-w9')
  await page.getByLabel('Country or region of residence').selectOption('DE')
  await page.getByLabel('Entity type').selectOption('individual')
  await page.getByRole('button', { name: 'Show the form' }).click()
  await page.getByRole('heading', { name: 'Form W-8BEN' }).waitFor()
  await page.getByLabel('Signature: your full name').fill('Olga Owner')
  await page.getByLabel(/^Part II: I claim/).check()
  await page.getByRole('button', { name: 'Submit form W-8BEN' }).click()
  await page.getByText('This was not submitted.').waitFor()
  expect(await text(page)).toContain('Choose the country of citizenship.')
  expect(await text(page)).toContain('Name the article of the treaty.')
  await looksFine(page, 'tax-form-errors')
  await page.goto(`${contoso}/profiles/tax`, { waitUntil: 'networkidle' })
  await page.getByLabel('EIN or SSN').fill('12-3456789')
  await page.getByLabel('Signature: your full name').fill('Olga Owner')
  await page.getByLabel(/^Under penalties/).check()
  await page.getByRole('button', { name: 'Submit form W-9' }).click()
  await page.getByText('Validation takes up to 48 hours.').waitFor()
  expect(await text(page)).toContain('The tax profile is being checked.')
  expect(await text(page)).toContain('Pending validation')
  await page.getByRole('link', { name: 'Change the bank account' }).click()
  await page.getByLabel('Account number').fill('12x')
  await page.getByLabel('Routing number').fill('123456789')
  await page.getByRole('button', { name: 'Submit the account' }).click()
  await page.getByText('This was not saved.').waitFor()
  expect(await text(page)).toContain('An account number has 4 to 17 digits.')
  expect(await text(page)).toContain('This is not a routing number')
  await looksFine(page, 'bank-account-errors')
  await page.getByLabel('Account number').fill('11100022233')
  await page.getByLabel('Routing number').fill('021000021')
  await page.getByRole('button', { name: 'Submit the account' }).click()
  await page.getByText('The bank account is submitted.').waitFor()
  expect(await text(page)).toContain('ends in 2233')
  await looksRight(page, 'profiles-pending')
  await page.goto(`${contoso}/profiles/billing`, { waitUntil: 'networkidle' })
  await looksFine(page, 'billing-profile')
})

test('the operator’s queue: the numbers are shown on request, a check is named, a rejection has a reason', {
  timeout: 240_000,
}, async () => {
  const page = await open(operator, '/operator/profiles')
  const queue = page.getByRole('table', { name: /^Profiles/ })
  await looksFine(page, 'operator-profiles')
  await queue.getByRole('link', { name: 'Tax profile of Contoso Ltd' }).click()
  await page.getByRole('heading', { name: 'Tax profile of Contoso Ltd' }).waitFor()
  await page.getByRole('button', { name: 'Validate' }).click()
  await page.getByText('Validated', { exact: true }).waitFor()
  await page.goto('/operator/profiles', { waitUntil: 'networkidle' })
  await queue.getByRole('link', { name: 'Bank account of Contoso Ltd' }).click()
  await page.getByRole('heading', { name: 'Bank account of Contoso Ltd' }).waitFor()
  expect(await text(page)).not.toContain('11100022233')
  await page.getByRole('button', { name: 'Show the numbers in full' }).click()
  await page.getByText('11100022233').waitFor()
  await page.getByRole('button', { name: 'Reject' }).click()
  await page.getByText('Say what is wrong').first().waitFor()
  await page.getByRole('button', { name: 'Validate' }).click()
  await page.getByText('Say how the account was checked.').first().waitFor()
  await looksFine(page, 'operator-profile-errors')
  await page.getByLabel('Checked with').selectOption('zero-amount')
  await page.getByLabel('Reference of the check').fill('ZA-1')
  await page.getByRole('button', { name: 'Validate' }).click()
  await page.getByText('Validated', { exact: true }).waitFor()
  await page.goto('/operator/profiles', { waitUntil: 'networkidle' })
  expect(await text(page)).toContain('Nothing waits for you')
  await glance(page, 'operator-profiles-empty')
})

test('from the run to the bank file: preview, why something waits, adjustment, file, return', { timeout: 300_000 }, async () => {
  const page = await open(operator, '/operator/payouts')
  expect(await text(page)).toContain('No payouts yet')
  await glance(page, 'operator-payouts-empty')
  await page.goto('/operator/payouts/files', { waitUntil: 'networkidle' })
  await page.getByLabel('Account holder').fill('Stoa Ltd')
  await page.getByLabel('IBAN').fill('DE00')
  await page.getByRole('button', { name: 'Save the account' }).click()
  await page.getByText('This is not a valid IBAN').waitFor()
  await looksFine(page, 'operator-files-error')
  await page.getByLabel('IBAN').fill('DE02 1203 0000 0000 2020 51')
  await page.getByRole('button', { name: 'Save the account' }).click()
  await page.getByText('Stoa Ltd, account ending in 2051.').waitFor()

  await page.goto('/operator/payouts/terms', { waitUntil: 'networkidle' })
  await glance(page, 'operator-terms-empty')
  await page.getByLabel('Smallest payout').fill('100')
  await page.getByRole('button', { name: 'Save the terms' }).click()
  await page
    .getByRole('table', { name: /^Terms/ })
    .getByText('$100.00')
    .waitFor()

  const partner = await open(owner, `${contoso}/payouts`)
  expect(await text(partner)).toContain('No payouts yet')
  await looksFine(partner, 'payouts-empty')
  await partner.goto(`${contoso}/payouts/forecast`, { waitUntil: 'networkidle' })
  await glance(partner, 'forecast-empty')
  await partner.goto(`${contoso}/payouts/transactions?q=nothing`, { waitUntil: 'networkidle' })
  expect(await text(partner)).toContain('No transaction matches')
  // To the 10th of a month after the next 1st, so that an invoice is paid and no run has been.
  const first = (await now()).toZonedDateTimeISO('UTC').toPlainDate().with({ day: 10 }).add({ months: 1 })
  await stoa.kernel.due.move(first.toZonedDateTime('UTC').toInstant())

  await page.goto('/operator/payouts', { waitUntil: 'networkidle' })
  const preview = page.getByRole('table', { name: 'What the next payout run would pay' })
  expect(await preview.textContent()).toContain('$81.48')
  expect(await preview.textContent()).toContain('The amount is below the threshold.')
  await looksFine(page, 'operator-payouts-preview')
  await partner.goto(`${contoso}/payouts`, { waitUntil: 'networkidle' })
  expect(await text(partner)).toContain('The amount is below the threshold.')

  await page.goto('/operator/payouts/adjustments', { waitUntil: 'networkidle' })
  await glance(page, 'operator-adjustments-empty')
  await page.getByLabel('Amount').fill('0.001')
  await page.getByLabel('Why').fill('Goodwill for the outage')
  await page.getByRole('button', { name: 'Ask for approval' }).click()
  await page.getByText('USD has 2 digits after the point.').waitFor()
  await page.getByLabel('Publisher').selectOption('contoso')
  await page.getByLabel('Amount').fill('20')
  await page.getByRole('button', { name: 'Ask for approval' }).click()
  await page.getByText('Somebody else must approve it.').waitFor()
  await looksFine(page, 'operator-adjustments')
  expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
  // A second operator, whom the demo data does not have.
  const [asked] = await stoa.kernel.run(system, (ctx) => stoa.domain.billing.adjustments(ctx))
  const second = { ...buyer, objectId: buyer.tenantId, email: 'second@operator.example', roles: ['operator'] }
  await stoa.kernel.run(second, (ctx) => stoa.domain.billing.decideAdjustment(ctx, asked?.id ?? '', 'approve'))

  await page.goto('/operator/payouts', { waitUntil: 'networkidle' })
  expect(await preview.textContent()).toContain('$101.48')
  await page.getByRole('button', { name: 'Run the payouts now' }).click()
  await page.getByRole('button', { name: 'Run now' }).click()
  await page.getByRole('heading', { name: 'Payout run', exact: true }).waitFor()
  await stoa.kernel.due.runDue()
  await page.reload({ waitUntil: 'networkidle' })
  expect(await text(page)).toContain('$101.48')
  await looksFine(page, 'operator-run')
  await page.goto('/operator/payouts/runs', { waitUntil: 'networkidle' })
  await glance(page, 'operator-runs')

  await page.goto('/operator/payouts/files', { waitUntil: 'networkidle' })
  expect(await text(page)).toContain('1 payout is prepared.')
  await page.getByLabel('The bank shall pay on').fill('2020-01-01')
  await page.getByRole('button', { name: 'Make the files' }).click()
  await page.getByText('Give the day on which the bank shall pay').first().waitFor()
  await page.getByLabel('The bank shall pay on').fill(await day())
  await page.getByRole('button', { name: 'Make the files' }).click()
  await page.getByRole('heading', { name: /^Bank file BF-/ }).waitFor()
  await looksRight(page, 'operator-file')
  const csv = await page.request.get(`${page.url()}/csv`)
  expect(csv.headers()['content-disposition']).toMatch(/BF-\d{6}\.csv/)
  expect(await csv.text()).toContain(',11100022233,,021000021,USD,101.48')
  expect((await page.request.get(`${page.url()}/pain.001.001.09`)).status()).toBe(400)
  expect((await partner.request.get(`${page.url()}/csv`)).status()).toBe(403)
  await page.getByRole('button', { name: 'The bank has paid' }).click()
  await page.getByRole('button', { name: 'Mark as paid' }).click()
  await page.getByText('Paid', { exact: true }).waitFor()

  await partner.goto(`${contoso}/payouts`, { waitUntil: 'networkidle' })
  await looksRight(partner, 'payouts')
  await partner.getByRole('table', { name: 'Payouts, newest first' }).getByRole('link').first().click()
  await partner.getByRole('heading', { name: /^Payout PO-/ }).waitFor()
  expect(await text(partner)).toContain('Goodwill for the outage')
  await looksFine(partner, 'payout-statement')
  const statement = await partner.request.get(`${partner.url()}/csv`)
  const [, line, adjusted] = (await statement.text()).trim().split('\r\n')
  expect(line).toContain(',USD,84,3,2.52,81.48,paid,PO-')
  expect(adjusted).toContain('Goodwill for the outage,adjustment')
  const fabrikam = await open('owner@fabrikam.example', '/partner')
  expect((await fabrikam.request.get(statement.url().replace('contoso', 'fabrikam'))).status()).toBe(404)

  await page.goto('/operator/payouts', { waitUntil: 'networkidle' })
  const list = page.getByRole('table', { name: 'Payouts, newest first' })
  await list.getByText(/^Steps of/).click()
  await list.getByLabel(/^Reason of the return/).fill('Account closed')
  await list.getByLabel('Returned: the account is wrong').check()
  await list.getByRole('button', { name: 'Returned by the bank' }).click()
  await list.getByText('Account closed').waitFor()
  await looksRight(page, 'operator-payouts')
  await partner.goto(`${contoso}/profiles`, { waitUntil: 'networkidle' })
  expect(await text(partner)).toContain('The bank returned a payment: Account closed')
  await looksFine(partner, 'profiles-failed')
})

test('transactions, forecast, hold; ledger, aging, rates and fees', { timeout: 240_000 }, async () => {
  const partner = await open(owner, `${contoso}/payouts/transactions`)
  expect(await partner.getByRole('table', { name: 'Transactions, newest first' }).textContent()).toContain('$81.48')
  await looksFine(partner, 'transactions')
  await partner.getByLabel('State').selectOption('awaiting-customer')
  await partner.getByRole('button', { name: 'Filter' }).click()
  await partner.getByText('No transaction matches').waitFor()
  const filtered = await partner.request.get(`${contoso}/payouts.csv?state=awaiting-customer`)
  expect((await filtered.text()).trim().split('\r\n')).toHaveLength(1)
  expect((await partner.request.get(`${contoso}/payouts/transactions?from=2027-02-31&page=-4&currency=%25%27`)).status()).toBe(200)
  await partner.goto(`${contoso}/payouts/forecast`, { waitUntil: 'networkidle' })
  await looksFine(partner, 'forecast')
  await partner.goto(`${contoso}/profiles`, { waitUntil: 'networkidle' })
  await partner.getByLabel('Hold my payments').check()
  await partner.getByRole('button', { name: 'Save the hold' }).click()
  await partner.getByText('Your payments are on hold from the next month on.').waitFor()
  await partner.goto(`${contoso}/payouts`, { waitUntil: 'networkidle' })
  expect(await text(partner)).toContain('Your payments are on hold.')

  const page = await open(operator, '/operator/ledger')
  expect(await page.getByRole('table', { name: 'Balances in USD' }).textContent()).toContain('Store fee')
  await looksFine(page, 'operator-ledger')
  await page.goto('/operator/ledger?on=2020-01-01', { waitUntil: 'networkidle' })
  expect(await text(page)).toContain('Nothing was booked until then')
  await page.goto('/operator/aging', { waitUntil: 'networkidle' })
  await glance(page, 'operator-aging-empty')
  await stoa.kernel.run(buyer, (ctx) => stoa.domain.billing.setPaymentMethod(ctx, buyer.tenantId, 'test-card-declines'))
  await pass(24 * 40)
  await page.reload({ waitUntil: 'networkidle' })
  expect(await page.getByRole('table', { name: 'Receivables in USD by age' }).textContent()).toContain('All customers')
  await looksFine(page, 'operator-aging')

  await page.goto('/operator/rates', { waitUntil: 'networkidle' })
  expect(await text(page)).toContain('0.92')
  await page.getByLabel('Units for one US dollar').fill('0')
  await page.getByLabel('From').fill('2020-01-01')
  await page.getByLabel('Source').fill('Treasury')
  await page.getByRole('button', { name: 'Save the rate' }).click()
  await page.getByText('The rate is above zero.').waitFor()
  await looksFine(page, 'operator-rates-error')
  await page.getByLabel('Units for one US dollar').fill('0.95')
  await page.getByLabel('From').fill('')
  await page.getByRole('button', { name: 'Save the rate' }).click()
  await page
    .getByRole('table', { name: /^Rates by currency/ })
    .getByText('0.95')
    .waitFor()

  await page.goto('/operator/fees', { waitUntil: 'networkidle' })
  await looksFine(page, 'operator-fees')
  await page.getByLabel('Percent').fill('2.5')
  await page.getByLabel('Why').fill('Agreement of 2027')
  await page.getByRole('button', { name: 'Save the fee' }).click()
  await page
    .getByRole('table', { name: /^Fees that were agreed/ })
    .getByText('2.5 %')
    .waitFor()
})
