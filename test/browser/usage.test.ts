/** Usage in Partner Center and in the customer portal: totals, events, refused events, files, and what it costs. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { demo, type Marketplace, openMarketplace } from '../subscriptions.ts'
import { launchChromium, signedIn } from './chromium.ts'
import { looksFine } from './looks.ts'

let stoa: TestStoa
let market: Marketplace
let browser: Browser
let seller: BrowserContext
const base = '/partner/publishers/contoso'
const bought = { premium: '', basic: '' }
beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, config: { roles: ['web', 'api'] } })
  market = await openMarketplace(stoa)
  browser = await launchChromium()
  seller = await signedIn(browser, stoa.url, 'owner@contoso.example')
})

afterAll(async () => {
  await browser?.close()
})

const nowUs = async () => Number((await stoa.kernel.clock.marketNow(stoa.kernel.database.db)).epochNanoseconds / 1000n)

async function report(resourceId: string, planId: string, events: { dimension: string; quantity: number; hoursAgo: number }[]) {
  const now = await nowUs()
  return market.domain.metering.accept(
    demo.contoso,
    events.map(({ hoursAgo, ...event }) => ({ resourceId, planId, ...event, effectiveUs: now - hoursAgo * 3_600_000_000 })),
  )
}

async function open(context: BrowserContext, path: string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(path, { waitUntil: 'networkidle' })
  return page
}

test('without usage each page says what to do', async () => {
  const page = await open(seller, `${base}/usage`)
  await page.setViewportSize({ width: 1280, height: 800 })
  expect(await page.textContent('main')).toContain('No usage reported this month')
  await looksFine(page, 'usage-empty')
  await page.getByRole('link', { name: 'Refused' }).click()
  await page.getByText('Nothing was refused').waitFor()
  await looksFine(page, 'usage-refused-empty')
  await page.close()
}, 120_000)

test('totals by day, customer, plan and dimension; events with search; refused events with their reason; files', async () => {
  bought.premium = await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M' })
  bought.basic = await market.active({ offerId: 'contoso-notify', planId: 'basic', purchaser: demo.stranger })
  // The middle of a month, so that all of it lies in this one.
  const at = (await stoa.kernel.clock.marketNow(stoa.kernel.database.db)).toZonedDateTimeISO('UTC')
  await stoa.kernel.due.move(at.with({ day: 1 }).startOfDay().add({ months: 1, days: 14, hours: 12 }).toInstant())
  const accepted = await report(bought.premium, 'premium', [
    { dimension: 'email', quantity: 120.5, hoursAgo: 1 },
    { dimension: 'email', quantity: 30, hoursAgo: 13 },
    { dimension: 'text', quantity: 2000, hoursAgo: 1 },
  ])
  await report(bought.basic, 'basic', [{ dimension: 'email', quantity: 7, hoursAgo: 2 }])
  expect(accepted.map(({ status }) => status)).toEqual(['accepted', 'accepted', 'accepted'])
  await report(bought.premium, 'premium', [
    { dimension: 'email', quantity: 5, hoursAgo: 1 },
    { dimension: 'sms', quantity: 1, hoursAgo: 1 },
    { dimension: 'text', quantity: 3, hoursAgo: 30 },
  ])

  const page = await open(seller, `${base}/usage`)
  await page.setViewportSize({ width: 1280, height: 800 })
  const table = () => page.getByRole('table').innerText()
  expect(await table()).toContain('127.5')
  await looksFine(page, 'usage')
  for (const [by, words] of [
    ['Customer', ['Adatum', 'Northwind', '150.5', '2,000']],
    ['Plan', ['Premium', 'Basic']],
    ['Dimension', ['email message', '157.5']],
  ] as const) {
    await page.getByLabel('Add up by').selectOption({ label: by })
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByRole('table', { name: `Usage by ${by.toLowerCase()}` }).waitFor()
    for (const word of words) expect(await table()).toContain(word)
  }
  const totals = await (await seller.request.get(`${base}/usage.csv?by=customer&dimension=text`)).text()
  expect(totals.trim().split('\r\n').slice(1)).toEqual([
    expect.stringMatching(/^Adatum[^,]*,text,text message,for 1 text message,2000,1,1$/),
  ])

  await page.goto(`${base}/usage/events?q=northwind`, { waitUntil: 'networkidle' })
  expect((await table()).match(/email/g)).toHaveLength(1)
  const one = accepted[0] as { id: string }
  await page.goto(`${base}/usage/events?q=${one.id}`, { waitUntil: 'networkidle' })
  expect(await table()).toContain('120.5')
  expect(await page.getByRole('row').count()).toBe(2)
  await page.goto(`${base}/usage/events?q=nobody+at+all`, { waitUntil: 'networkidle' })
  await page.getByText('No event matches').waitFor()
  await looksFine(page, 'usage-events-none')
  await page.goto(`${base}/usage/events`, { waitUntil: 'networkidle' })
  expect(await page.getByRole('row').count()).toBe(5)
  await looksFine(page, 'usage-events')
  expect(await page.textContent('main')).not.toContain('in the archive')
  await stoa.kernel.database.pool.query(
    `insert into metering.archived_month values ('2020-01-01', 0, 0, 'usage-2020-01.csv.gz', 'x', now(), now())`,
  )
  await page.goto(`${base}/usage/events?from=2020-01-31&to=2020-02-02`, { waitUntil: 'networkidle' })
  expect(await page.textContent('main')).toContain('Events up to 31 Jan 2020 have left the database')
  const events = await (await seller.request.get(`${base}/usage/events.csv`)).text()
  expect(events.trim().split('\r\n')).toHaveLength(5)
  expect(events).toContain(`${one.id},${bought.premium},`)

  await page.goto(`${base}/usage/refused`, { waitUntil: 'networkidle' })
  for (const word of ['Duplicate', 'InvalidDimension', 'Expired', 'more than 24 hours in the past']) expect(await table()).toContain(word)
  await looksFine(page, 'usage-refused')
  await page.goto(`${base}/usage/refused?status=expired`, { waitUntil: 'networkidle' })
  expect(await page.getByRole('row').count()).toBe(2)
  await page.close()

  const stranger = await signedIn(browser, stoa.url, 'owner@fabrikam.example')
  for (const path of ['usage', 'usage/events', 'usage/refused', 'usage.csv', 'usage/events.csv']) {
    expect((await stranger.request.get(`${base}/${path}`)).status()).toBe(404)
    const own = await stranger.request.get(`/partner/publishers/fabrikam/${path}?q=${bought.premium}`)
    expect(await own.text()).not.toContain('120.5')
  }
  await stranger.close()
}, 120_000)

test('the customer sees what was used and what it costs so far, also after a change of plan', async () => {
  const customer = await signedIn(browser, stoa.url, 'buyer@adatum.example')
  const page = await open(customer, `/account/subscriptions/${bought.premium}`)
  await page.setViewportSize({ width: 1280, height: 800 })
  const section = () => page.getByRole('region', { name: 'Usage so far' }).innerText()
  expect(await section()).toMatch(/email message\s+150\.5\s+per 100 emails\s+\$0\.50\s+\$75\.25/)
  expect(await section()).toMatch(/text message\s+2,000\s+for 1 text message\s+\$0\.01\s+\$20\.00/)
  await looksFine(page, 'customer-usage')

  await market.as(demo.buyer, (ctx) => market.domain.subscriptions.changeByCustomer(ctx, bought.premium, { planId: 'basic' }))
  await market.pass({ minutes: 61 })
  const [verdict] = await report(bought.premium, 'basic', [{ dimension: 'email', quantity: 10, hoursAgo: 0 }])
  expect(verdict?.status).toBe('accepted')
  await page.reload({ waitUntil: 'networkidle' })
  // What was used on the plan before is paid at its price.
  expect(await section()).toContain('$75.25')
  expect(await section()).toContain('$10.00')
  await looksFine(page, 'customer-usage-changed')
  await page.close()
  await customer.close()
}, 120_000)
