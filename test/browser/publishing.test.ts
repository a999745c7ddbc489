import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { UserPrincipal } from '../../src/kernel/context.ts'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { launchChromium, signedIn } from './chromium.ts'
import { noViolation } from './looks.ts'
import { memberOf } from '../people.ts'

let stoa: TestStoa
let browser: Browser
let publisher: Page
let operator: Page
let offer = ''
let sections: Record<string, Record<string, unknown>> = {}

const base = '/partner/publishers/contoso/offers/second-crm'
const owner: UserPrincipal = {
  kind: 'user',
  tenantId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002',
  objectId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a001',
  email: 'owner@contoso.example',
  displayName: 'Contoso Owner',
  roles: [],
  memberships: memberOf('7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', 'owner'),
}

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, worker: true, config: { roles: ['web', 'api'] } })
  const { kernel, domain } = stoa
  // A complete draft that was never published: the demo's CRM under another name.
  offer = await kernel.run(owner, async (ctx) => {
    const source = await domain.offers.findOffer(ctx, 'contoso', 'contoso-crm')
    const { id } = await domain.offers.copyOffer(ctx, { offer: source?.id ?? '', offerId: 'second-crm', alias: 'Second CRM' })
    const { draft } = await domain.offers.getDraft(ctx, id)
    sections = { listing: { ...draft.content({ module: 'listing', variant: 'en' }), name: 'Second CRM' } }
    await domain.offers.saveSection(ctx, { offer: id, module: 'preview-audience', content: { people: [{ id: 'buyer@adatum.example' }] } })
    return id
  })
  await describe('Lorem ipsum dolor sit amet.')
  browser = await launchChromium()
  const as = async (email: string) => (await signedIn(browser, stoa.url, email, { viewport: { width: 1280, height: 900 } })).newPage()
  publisher = await as('owner@contoso.example')
  operator = await as('operator@operator.example')
})

afterAll(async () => {
  await browser?.close()
})

const save = (content: Record<string, unknown>) =>
  stoa.kernel.run(owner, (ctx) =>
    stoa.domain.offers.saveSection(ctx, { offer, module: 'listing', content: { ...sections.listing, ...content } }),
  )
const describe = (text: string) => save({ description: `<p>${text} ${'It keeps the records of customers current. '.repeat(8)}</p>` })

/** Clicks a button that asks first, and confirms. */
async function confirm(page: Page, button: Locator, name: string) {
  await button.click()
  await page.getByRole('alertdialog').getByRole('button', { name, exact: true }).click()
}

const open = (page: Page, path: string) => page.goto(path, { waitUntil: 'networkidle' })

async function publish(notes: string) {
  await open(publisher, `${base}/review`)
  await publisher.getByLabel('Notes for certification').fill(notes)
  await publisher.getByRole('button', { name: 'Publish', exact: true }).click()
  await publisher.waitForURL(/\/overview$/)
}

/** The page refreshes itself until it says so. */
const says = (text: string | RegExp) => publisher.getByText(text).first().waitFor({ timeout: 30_000 })
const goLive = () => confirm(publisher, publisher.getByRole('button', { name: 'Go live', exact: true }), 'Go live')

test('PL-3 PL-8 PL-16 SA-198 a submission is validated, shows its report, and reaches the preview with Go live and the links', async () => {
  // The operator has a word that no listing may hold.
  await open(operator, '/operator/certification/rules')
  await operator.getByLabel('Word or phrase').fill('lorem ipsum')
  await operator.getByLabel('Reason, as publishers read it').fill('It is a placeholder.')
  await operator.getByRole('button', { name: 'Forbid' }).click()
  await operator.getByRole('rowheader', { name: 'lorem ipsum' }).waitFor()
  await noViolation(operator)

  await open(publisher, `${base}/pages/listing`)
  await publisher.getByRole('link', { name: 'Review and publish' }).first().click()
  await publisher.waitForURL(/\/review$/)
  for (const page of ['Offer setup', 'Properties', 'Offer listing', 'Technical configuration']) {
    expect(await publisher.getByRole('row', { name: new RegExp(`^${page}`) }).textContent()).toContain('Complete')
  }
  await noViolation(publisher)

  await publish('Sign in as demo.')
  await says('Your offer is not live yet. Please select the Go live button.')
  await says('Review and address the validation issues before go live.')
  await publisher.getByRole('link', { name: 'View validation report' }).click()
  const report = publisher.getByRole('region', { name: 'Validation report' })
  expect(await report.textContent()).toContain('It is a placeholder.')
  expect(await report.getByRole('link', { name: 'Open the page' }).first().getAttribute('href')).toBe(`${base}/pages/listing`)
  expect(await publisher.getByRole('link', { name: /preview$/ }).count()).toBe(2)
  await noViolation(publisher)
  // What a submission has is told in the header too.
  expect(await publisher.getByRole('link', { name: /Notifications, 1 new/ }).count()).toBe(1)
}, 120_000)

test('PL-23 going live with a finding is possible, and certification rejects it with a report', async () => {
  await goLive()
  await says('This step needs attention.')
  const report = publisher.getByRole('region', { name: 'Certification report' })
  expect(await report.textContent()).toContain('C2 Description')
  expect(await publisher.getByRole('button', { name: 'Try again' }).count()).toBe(0)
}, 60_000)

test('the mended offer is bought in preview by its audience, and by nobody else', async () => {
  await describe('A calm place for every conversation with customers.')
  await publish('Sign in as demo.')
  await says('Your offer is not live yet. Please select the Go live button.')
  const link =
    (await publisher
      .getByRole('link', { name: /preview$/ })
      .first()
      .getAttribute('href')) ?? ''
  const visit = async (email: string) => {
    const context: BrowserContext = await signedIn(browser, stoa.url, email)
    return context.newPage()
  }

  const stranger = await visit('buyer@northwind.example')
  expect((await stranger.goto('/product/contoso.second-crm-preview'))?.status()).toBe(404)
  expect((await stranger.goto(link))?.status()).toBe(200)
  expect(await stranger.textContent('body')).toContain('only people of its preview audience can buy it')
  expect(await stranger.getByRole('link', { name: 'Get it now' }).count()).toBe(0)
  expect((await stranger.goto(`/purchase/contoso.second-crm-preview?${link.split('?')[1]}`))?.status()).toBe(403)

  const buyer = await visit('buyer@adatum.example')
  await buyer.goto(link)
  await noViolation(buyer)
  await buyer.getByRole('link', { name: 'Get it now' }).click()
  await buyer.getByRole('radio', { name: /^Basic.*month/ }).check()
  await buyer.getByRole('button', { name: 'Review order' }).click()
  await buyer.getByRole('checkbox').check()
  await buyer.getByRole('button', { name: 'Confirm purchase' }).click()
  await buyer.waitForURL(/\/done\//)
  const id = buyer.url().split('/').at(-1) ?? ''
  const { subscription } = await stoa.kernel.run({ kind: 'system' }, (ctx) => stoa.domain.subscriptions.detail(ctx, id))
  expect(subscription).toMatchObject({ preview: true, offerId: 'second-crm' })
}, 120_000)

test('PL-19 a reviewer rejects by hand, then approves; the offer goes live', async () => {
  await open(operator, '/operator/certification')
  await operator.getByLabel('Certify').selectOption('manual')
  await operator.getByRole('button', { name: 'Save' }).click()
  await operator.getByText('Now: by hand').waitFor()

  await goLive()
  await says('Being checked')
  await open(operator, '/operator/certification')
  await operator.getByRole('button', { name: 'Assign to me' }).click()
  await operator.waitForURL(/\/certification\/0/)
  await noViolation(operator)
  for (const passed of await operator.getByRole('radio', { name: 'Passed' }).all()) await passed.check()
  await operator.getByRole('radiogroup', { name: /^C3/ }).getByRole('radio', { name: 'Failed' }).check()
  await operator.getByRole('button', { name: 'Reject with report' }).click()
  await operator.getByText('add a finding that is an error').waitFor()
  await operator.getByLabel('Policy').selectOption('C3')
  await operator.getByLabel('What is not as it should be').fill('The screenshots show another product.')
  await operator.getByLabel(/^Review notes/).fill('Screenshot 1 shows a calendar.')
  await operator.getByRole('button', { name: 'Reject with report' }).click()
  await operator.waitForURL(/certification\?done/)

  await says('This step needs attention.')
  expect(await publisher.getByRole('region', { name: 'Certification report' }).textContent()).toContain('Screenshot 1 shows a calendar.')

  await publish('Screenshots replaced.')
  await says('Your offer is not live yet. Please select the Go live button.')
  await goLive()
  await says('Being checked')
  await open(operator, '/operator/certification')
  await operator.getByRole('button', { name: 'Assign to me' }).click()
  await operator.getByText('Screenshots replaced.').waitFor()
  for (const passed of await operator.getByRole('radio', { name: 'Passed' }).all()) await passed.check()
  await operator.getByRole('button', { name: 'Approve' }).click()
  await operator.waitForURL(/certification\?done/)
  await publisher.getByRole('button', { name: 'Stop distribution' }).waitFor({ timeout: 30_000 })
  expect((await publisher.request.get('/product/contoso.second-crm')).status()).toBe(200)
}, 120_000)

test('PL-65 an update is compared, and a plan is stopped with it', async () => {
  await save({ summary: 'Now with a better summary' })
  await open(publisher, `${base}/compare`)
  const row = publisher.getByRole('row', { name: /Search results summary/ })
  expect(await row.textContent()).toContain('Now with a better summary')
  expect(await publisher.getByRole('link', { name: /^Added values/ }).count()).toBe(0)
  await noViolation(publisher)
  await row.getByRole('link').click()
  await publisher.waitForURL(/\/pages\/listing/)

  await open(publisher, `${base}/plans`)
  const plan = publisher.getByRole('row', { name: /standard/i })
  await confirm(publisher, plan.getByRole('button', { name: 'Stop distribution' }), 'Stop distribution')
  await plan.getByText('Pending Stop distribution').waitFor()

  await open(operator, '/operator/certification')
  await operator.getByLabel('Certify').selectOption('automatic')
  await operator.getByRole('button', { name: 'Save' }).click()
  await operator.getByText('Now: automatically').waitFor()
  await publish('An update.')
  await says('The latest version of your offer is not live yet. Please select the Go live button.')
  // Customers still see what is live.
  expect(await (await publisher.request.get('/product/contoso.second-crm')).text()).not.toContain('Now with a better summary')
  await goLive()
  await expect.poll(() => publisher.getByRole('button', { name: 'Go live', exact: true }).count(), { timeout: 30_000 }).toBe(0)
  await expect
    .poll(async () => (await publisher.request.get('/product/contoso.second-crm')).text(), { timeout: 30_000 })
    .toContain('Now with a better summary')
  await open(publisher, `${base}/plans`)
  expect(await publisher.getByRole('row', { name: /standard/i }).textContent()).toContain('Not available')

  await open(publisher, `${base}/history`)
  const events = await publisher.getByRole('rowheader').allTextContents()
  expect(events).toEqual(expect.arrayContaining(['Created offer', 'Initiated plan Stop distribution: Standard', 'Sign-off to go live']))
  await publisher.getByRole('button', { name: 'Filters' }).click()
  await noViolation(publisher)
  await publisher.getByRole('checkbox', { name: 'Sign-off to go live' }).check()
  await publisher.getByRole('button', { name: 'Apply' }).click()
  await publisher.waitForURL(/event=/)
  await publisher.getByText('Events that fit the filters').waitFor()
  expect(new Set(await publisher.getByRole('rowheader').allTextContents())).toEqual(new Set(['Sign-off to go live']))
  await publisher.getByRole('link', { name: 'Clear filters' }).click()
  await publisher.getByText('All events').waitFor()
}, 120_000)

test('notifications are there, and read when they have been seen; pages fit a phone', async () => {
  await open(publisher, '/partner/publishers/contoso/notifications')
  await publisher.getByText('the update is live').first().waitFor()
  await publisher.getByRole('link', { name: 'Notifications', exact: true }).waitFor()
  await noViolation(publisher)
  await publisher.setViewportSize({ width: 390, height: 844 })
  for (const path of [
    `${base}/overview`,
    `${base}/review`,
    `${base}/compare?show=all`,
    `${base}/history`,
    '/partner/publishers/contoso/notifications',
  ]) {
    await open(publisher, path)
    expect(await publisher.evaluate(() => document.documentElement.scrollWidth), path).toBeLessThanOrEqual(390)
  }
}, 60_000)
