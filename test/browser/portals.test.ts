import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Principal, system } from '../../src/kernel/context.ts'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { launchChromium, signedIn } from './chromium.ts'
import { looksRight, noViolation } from './looks.ts'

let stoa: TestStoa
let browser: Browser
/** A call in the request log and a captured mail. */
let call = ''
let mail = ''
const people = new Map<string, BrowserContext>()
/** Ids of what was bought before the tests. */
const bought = { active: '', pending: '', fabrikam: '' }

const adatum = '3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004'
const buyer: Principal = {
  kind: 'user',
  tenantId: adatum,
  objectId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a001',
  email: 'buyer@adatum.example',
  displayName: 'Adatum Buyer',
  roles: ['billing-admin'],
}

async function buy(offer: {
  publisherId: string
  offerId: string
  planId: string
  termUnit: 'P1M' | 'P1Y'
  quantity?: number
}): Promise<string> {
  const { kernel, domain } = stoa
  const choice = { ...offer, quantity: offer.quantity ?? null }
  const { terms } = await kernel.run(buyer, (ctx) => domain.checkout.quote(ctx, { ...choice, tenant: adatum }))
  const { subscriptionId } = await kernel.run(buyer, (ctx) =>
    domain.checkout.purchase(ctx, { ...choice, acceptedTermsVersion: terms.version }),
  )
  return subscriptionId
}

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, config: { roles: ['web', 'api'] } })
  browser = await launchChromium()
  const { kernel, domain } = stoa
  bought.active = await buy({ publisherId: 'contoso', offerId: 'contoso-desk', planId: 'team', termUnit: 'P1M', quantity: 7 })
  await kernel.run(system, (ctx) => domain.subscriptions.activate(ctx, bought.active, { planId: 'team', quantity: 7 }))
  bought.pending = await buy({ publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic', termUnit: 'P1M' })
  bought.fabrikam = await buy({ publisherId: 'fabrikam', offerId: 'fabrikam-backup', planId: 'standard', termUnit: 'P1M' })
  const now = await kernel.read(system, async (ctx) => ctx.now)
  await kernel.due.move(now.add({ hours: 24 * 33 }))
  mail = (await kernel.read(system, (ctx) => kernel.mail.list(ctx, { limit: 1 })))[0]?.id ?? ''
  await fetch(`${stoa.url}/api/saas/subscriptions/${bought.active}?api-version=2018-08-31`)
  await vi.waitFor(async () => {
    const { rows } = await kernel.database.pool.query<{ id: string }>('select id from kernel.request order by wall_at desc limit 1')
    call = rows[0]?.id ?? ''
    expect(call).not.toBe('')
  })
})

afterAll(async () => {
  await browser?.close()
})

async function as(email: string): Promise<BrowserContext> {
  let context = people.get(email)
  if (!context) {
    context = await signedIn(browser, stoa.url, email)
    people.set(email, context)
  }
  return context
}

async function open(email: string, path: string): Promise<Page> {
  const page = await (await as(email)).newPage()
  await page.goto(path, { waitUntil: 'networkidle' })
  return page
}

async function statusOf(email: string, path: string): Promise<number> {
  return (await (await as(email)).request.get(path)).status()
}

const contoso = '/partner/publishers/contoso'

test.each([
  [
    'buyer@adatum.example',
    () => [
      '/account',
      `/account/subscriptions/${bought.active}`,
      `/account/subscriptions/${bought.pending}`,
      '/account/invoices',
      '/account/nowhere',
    ],
  ],
  ['buyer@northwind.example', () => ['/account', '/account/invoices', '/operator']],
  [
    'owner@contoso.example',
    () => [
      contoso,
      `${contoso}/offers`,
      `${contoso}/offers/contoso-notify`,
      `${contoso}/offers/contoso-draft`,
      `${contoso}/subscriptions`,
      `${contoso}/subscriptions?q=zzzz`,
      `${contoso}/subscriptions/${bought.active}`,
      `${contoso}/usage`,
      `${contoso}/payouts`,
    ],
  ],
  [
    'operator@operator.example',
    () => [
      '/operator',
      '/operator/publishers',
      '/operator/calls',
      `/operator/calls/${call}`,
      '/operator/mail',
      `/operator/mail/${mail}`,
      '/operator/clock',
    ],
  ],
])(
  'pages of %s: no axe violation, no sideways scrolling at 390 px, light and dark',
  async (email, paths) => {
    for (const path of paths()) {
      const page = await open(email, path)
      await looksRight(page, path)
      await page.close()
    }
  },
  120_000,
)

test('every link in the navigation of each portal leads to a page', async () => {
  for (const [email, home] of [
    ['buyer@adatum.example', '/account'],
    ['owner@contoso.example', '/partner'],
    ['operator@operator.example', '/operator'],
  ] as const) {
    const page = await open(email, home)
    const links = await page.locator('a[href^="/"]').evaluateAll((found) => found.map((link) => link.getAttribute('href') ?? ''))
    for (const link of new Set(links)) expect(await statusOf(email, link), link).toBe(200)
    await page.close()
  }
}, 120_000)

test('a page that a role may not use answers 403 and is not in its navigation', async () => {
  expect(await statusOf('user@adatum.example', '/account/invoices')).toBe(403)
  expect(await statusOf('developer@contoso.example', `${contoso}/payouts`)).toBe(403)
  expect(await statusOf('owner@contoso.example', '/operator')).toBe(403)
  expect(await statusOf('buyer@adatum.example', '/operator/mail')).toBe(403)
  expect(await statusOf('buyer@adatum.example', '/partner/account/legal')).toBe(403)

  const developer = await open('developer@contoso.example', contoso)
  expect(await developer.locator('nav a').allTextContents()).not.toContain('Payouts')
  const user = await open('user@adatum.example', '/account')
  expect(await user.locator('nav a').allTextContents()).not.toContain('Invoices')
  await user.goto(`/account/subscriptions/${bought.active}`)
  expect(await user.getByRole('button', { name: 'Cancel this subscription' }).count()).toBe(0)
})

test('another publisher’s and another customer’s data are not found', async () => {
  expect(await statusOf('owner@contoso.example', '/partner/publishers/fabrikam')).toBe(404)
  expect(await statusOf('owner@contoso.example', '/partner/publishers/fabrikam/subscriptions.csv')).toBe(404)
  expect(await statusOf('owner@contoso.example', `${contoso}/subscriptions/${bought.fabrikam}`)).toBeGreaterThanOrEqual(403)
  expect(await statusOf('owner@contoso.example', `${contoso}/offers/fabrikam-backup`)).toBe(404)
  expect(await statusOf('buyer@northwind.example', `/account/subscriptions/${bought.active}`)).toBeGreaterThanOrEqual(403)
  const invoices = await open('buyer@adatum.example', '/account/invoices')
  const invoice = await invoices.getByRole('link', { name: /^INV-/ }).first().getAttribute('href')
  expect(await statusOf('buyer@northwind.example', invoice ?? '')).toBe(404)
  expect(await statusOf('buyer@northwind.example', `${invoice}/pdf`)).toBe(404)
})

test('who is not signed in comes back to the page after signing in', async () => {
  const answer = await fetch(`${stoa.url}/account/invoices`, { redirect: 'manual' })
  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toBe('/signin?return=%2Faccount%2Finvoices')
})

test('invoice: number, lines and PDF; payout line is the amount minus 3 %', async () => {
  const page = await open('buyer@adatum.example', '/account/invoices')
  await page.getByRole('link', { name: /^INV-/ }).first().click()
  await page.waitForURL(/\/account\/invoices\/./)
  expect(await page.getByRole('table', { name: /^Lines of invoice/ }).textContent()).toContain('$84.00')
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download PDF' }).click()])
  expect(download.suggestedFilename()).toMatch(/^INV-.+\.pdf$/)

  const payouts = await open('owner@contoso.example', `${contoso}/payouts`)
  const lines = await payouts.getByRole('table', { name: 'Payout lines, newest first' }).textContent()
  expect(lines).toContain('$84.00')
  expect(lines).toContain('$2.52')
  expect(lines).toContain('$81.48')
})

test('Configure account redirects to the landing page with a token, and only from a form of ours', async () => {
  const context = await as('buyer@adatum.example')
  const path = `/account/subscriptions/${bought.pending}/open`
  const sent = await context.request.post(path, { maxRedirects: 0 })
  expect(sent.status()).toBe(303)
  expect(sent.headers().location).toMatch(/^http:\/\/localhost:3980\/signup\?token=/)
  expect(sent.headers()['cache-control']).toBe('no-store')
  const foreign = await context.request.post(path, { maxRedirects: 0, headers: { origin: 'https://evil.example' } })
  expect(foreign.status()).toBe(403)
})

test('SA-190 cancelling says before what it costs, asks, and is shown in the history', async () => {
  const page = await open('buyer@adatum.example', `/account/subscriptions/${bought.active}`)
  await page.getByRole('button', { name: 'Cancel this subscription' }).click()
  const dialog = page.getByRole('alertdialog')
  expect(await dialog.textContent()).toContain('$84.00 are not refunded')
  await noViolation(page)
  await dialog.getByRole('button', { name: 'Keep it' }).click()
  expect(await page.getByText('Active', { exact: true }).count()).toBe(1)

  await page.getByRole('button', { name: 'Cancel this subscription' }).click()
  await dialog.getByRole('button', { name: 'Yes, cancel it' }).click()
  await page.getByText('The subscription was cancelled.').waitFor()
  expect(await page.getByRole('list').last().textContent()).toContain('By Adatum Buyer')
  expect(await page.getByRole('button', { name: 'Cancel this subscription' }).count()).toBe(0)
})

test('forms work without script: automatic renewal, the clock, filters', async () => {
  const plain = await signedIn(browser, stoa.url, 'operator@operator.example', { javaScriptEnabled: false })
  const page = await plain.newPage()
  await page.goto('/operator/clock')
  await page.getByRole('button', { name: '+ 1 hour' }).click()
  expect(await page.locator('main').textContent()).toContain('The clock has moved')
  await page.fill('[name=to]', '2020-01-01T00:00')
  await page.getByRole('button', { name: 'Move to this time' }).click()
  expect(await page.locator('main').textContent()).toContain('Market time only goes forward')

  const owner = await signedIn(browser, stoa.url, 'owner@contoso.example', { javaScriptEnabled: false })
  const list = await owner.newPage()
  await list.goto(`${contoso}/subscriptions`)
  await list.selectOption('[name=offer]', 'contoso-crm')
  await list.getByRole('button', { name: 'Filter' }).click()
  expect(await list.getByRole('row').count()).toBe(2)
})

test('the list of customers as CSV: a header and one row a subscription of this publisher', async () => {
  const context = await as('owner@contoso.example')
  const answer = await context.request.get(`${contoso}/subscriptions.csv`)
  expect(answer.headers()['content-type']).toBe('text/csv; charset=utf-8')
  const rows = (await answer.text()).trim().split('\r\n')
  expect(rows).toHaveLength(3)
  expect(rows[0]).toContain('Subscription id,Name,Customer')
  expect(rows.join()).not.toContain(bought.fabrikam)
})

test('at 390 px the navigation is a drawer that opens, takes the focus and closes with Escape', async () => {
  const page = await open('owner@contoso.example', contoso)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('button', { name: 'Open navigation' }).click()
  const drawer = page.getByRole('dialog')
  await drawer.waitFor()
  const links = await drawer.getByRole('link').allTextContents()
  expect(links.slice(0, 4)).toEqual(['Home', 'What’s new', 'Overview', 'Offers'])
  expect(links).toEqual(expect.arrayContaining(['Payouts', 'Support', 'Payout and tax', 'Legal info', 'Users', 'Tenants']))
  await page.waitForTimeout(400)
  await noViolation(page)
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
})

test('the menus lead to the other sites and to signing out', async () => {
  const page = await open('owner@contoso.example', contoso)
  await page.getByRole('button', { name: 'Sites to switch to' }).click()
  const sites = await page.getByRole('menuitem').allTextContents()
  expect(sites).toContain('My account')
  expect(sites).not.toContain('Operator console')
  await noViolation(page)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Contoso Owner: your profile' }).click()
  expect(await page.getByRole('menuitem', { name: 'Sign out' }).getAttribute('href')).toBe('/signout')
})

test('a captured mail is shown as text and in a frame that runs no script', async () => {
  const page = await open('operator@operator.example', '/operator/mail')
  await page
    .getByRole('link', { name: /^Configure / })
    .first()
    .click()
  await page.waitForURL(/\/operator\/mail\/./)
  const sandbox = await page.locator('iframe').first().getAttribute('sandbox')
  expect(sandbox).not.toContain('allow-scripts')
  expect(sandbox).not.toContain('allow-same-origin')
  expect(await page.locator('pre').textContent()).toContain('/account/subscriptions/')
})
