/**
 * The five-minute tour of README.md in a real browser, with the example publisher as a process of its own: buy, configure, activate, meter,
 * move the clock, see the invoice and the payout line.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { fillSignIn, launchChromium } from './chromium.ts'
import { looksRight, picture } from './looks.ts'

// The demo's offers name this address as landing page and webhook.
const PUBLISHER = 'http://localhost:3980'

let stoa: TestStoa
let browser: Browser
let publisher: ChildProcess
let publisherOutput = ''

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, worker: true, config: { roles: ['web', 'api', 'worker'] } })
  publisher = await startPublisher()
  browser = await launchChromium()
})

// What the pages showed when it went wrong says more than the line that waited in vain.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    console.error(`${page.url()}\n${(await page.locator('body').innerText()).slice(0, 1500)}\n`)
  }
  console.error(publisherOutput)
})

afterAll(async () => {
  await browser?.close()
  if (publisher && publisher.exitCode === null) {
    publisher.kill()
    await once(publisher, 'exit')
  }
})

async function startPublisher(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, '../../examples/publisher/src/main.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      NODE_EXTRA_CA_CERTS: stoa.caFile,
      MARKETPLACE_API_URL: `${stoa.tlsUrl}/api`,
      MARKETPLACE_AUTHORITY_URL: stoa.tlsUrl,
      MARKETPLACE_BROWSER_URL: stoa.url,
      MARKETPLACE_PORTAL_URL: `${stoa.url}/account`,
      DATA_FILE: path.join(mkdtempSync(path.join(tmpdir(), 'stoa-publisher-')), 'accounts.json'),
    },
  })
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      publisherOutput += chunk.toString()
      if (publisherOutput.includes('Example publisher:')) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', () => reject(new Error(`The example publisher did not start:\n${publisherOutput}`)))
  })
  return child
}

/** A browser of one person, and the mistakes that its pages report. */
async function person(): Promise<{ context: BrowserContext; page: Page; problems: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' })
  context.setDefaultTimeout(20_000)
  const problems: string[] = []
  context.on('page', (opened) => {
    opened.on('pageerror', (error) => problems.push(`${opened.url()}: ${error.message}`))
    opened.on('response', (response) => {
      if (response.status() >= 500) problems.push(`${response.status()} ${response.url()}`)
    })
  })
  return { context, page: await context.newPage(), problems }
}

test('SA-180 the five-minute tour: buy, configure, activate, meter, move the clock, see invoice and payout', {
  timeout: 180_000,
}, async () => {
  const buyer = await person()
  const { page } = buyer

  // Buy.
  await page.goto(`${stoa.url}/store/cloud`)
  await picture(page, '01-store')
  await page.getByRole('link', { name: 'Contoso Notification Services' }).first().click()
  await page.getByRole('heading', { level: 1, name: 'Contoso Notification Services' }).waitFor()
  await picture(page, '02-product')
  await page.getByRole('link', { name: 'Get it now' }).click()
  await picture(page, '03-sign-in')
  await fillSignIn(page, 'buyer@adatum.example')
  await page.getByRole('radio', { name: /^Basic/ }).check()
  await picture(page, '04-plan')
  await page.getByRole('button', { name: 'Review order' }).click()
  await page.getByRole('heading', { name: 'Review your order' }).waitFor()
  await page.getByRole('checkbox', { name: /I accept/ }).check()
  await picture(page, '05-review')
  await page.getByRole('button', { name: 'Confirm purchase' }).click()
  await page.getByRole('heading', { name: /^Thank you/ }).waitFor()
  await picture(page, '06-thanks')

  // Configure: the publisher signs the buyer in; the buyer allows once that it learns who that is.
  await page.getByRole('button', { name: 'Configure account' }).click()
  await looksRight(page, '06-consent')
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await page.getByRole('heading', { name: 'Set up your subscription' }).waitFor()
  expect(page.url()).toBe(`${PUBLISHER}/purchase`)
  const landing = (await page.locator('main').textContent()) ?? ''
  for (const shown of ['contoso-notify', 'basic', 'one month', 'Adatum Buyer', 'buyer@adatum.example']) expect(landing).toContain(shown)
  await looksRight(page, '07-landing-page')
  await page.getByRole('button', { name: 'Activate' }).click()
  await page.getByText('Your subscription is active').waitFor()
  await picture(page, '08-activated')

  // Meter: 12,000 e-mails, of which the plan includes 10,000.
  const emails = page.locator('.usage').filter({ hasText: 'E-mails' })
  await emails.getByRole('spinbutton').fill('12000')
  await emails.getByRole('button', { name: 'Send' }).click()
  await page.getByText('E-mails: 12000 sent.').waitFor()
  await page.getByRole('button', { name: 'Report usage now' }).click()
  await page.getByText('E-mails: 2000 reported.').first().waitFor()
  await looksRight(page, '09-usage')
  await page.setViewportSize({ width: 1280, height: 900 })

  // The same hour again: nothing is charged twice, the rest waits.
  await emails.getByRole('spinbutton').fill('100')
  await emails.getByRole('button', { name: 'Send' }).click()
  await page.getByRole('button', { name: 'Report usage now' }).click()
  await page
    .getByText(/this hour was reported already/)
    .first()
    .waitFor()

  // Move the clock.
  const operator = await person()
  await operator.page.goto(`${stoa.url}/operator/clock`)
  await fillSignIn(operator.page, 'operator@operator.example')
  await operator.page.getByRole('button', { name: '+ 1 month' }).click()
  await operator.page.getByText('The clock has moved.').waitFor({ timeout: 60_000 })
  await picture(operator.page, '10-clock')

  // Manage the account: the renewal has arrived, what the plan includes counts anew.
  await page.goto(`${stoa.url}/account`)
  await picture(page, '11-account')
  await page
    .getByRole('link', { name: /Contoso Notification Services/ })
    .first()
    .click()
  await page.getByRole('heading', { name: 'Details' }).waitFor()
  await picture(page, '12-subscription')
  const opened = buyer.context.waitForEvent('page')
  await page.getByRole('button', { name: /^Manage account/ }).click()
  const manage = await opened
  await manage.getByText('New term').waitFor()
  await picture(manage, '13-manage')
  await manage.close()

  // See the invoice, with its PDF.
  await page.goto(`${stoa.url}/account/invoices`)
  await picture(page, '14-invoices')
  const pdf = await page.request.get(
    new URL((await page.getByRole('link', { name: /^PDF/ }).first().getAttribute('href')) ?? '', stoa.url).href,
  )
  expect(pdf.status()).toBe(200)
  expect((await pdf.body()).subarray(0, 5).toString()).toBe('%PDF-')
  await page
    .getByRole('row', { name: /\$20\.00/ })
    .getByRole('link')
    .first()
    .click()
  await page.getByRole('heading', { name: /^Invoice / }).waitFor()
  await page.getByText('$20.00').first().waitFor()
  await picture(page, '15-invoice')

  // See the payout line, less the store's fee of 3 %.
  const seller = await person()
  await seller.page.goto(`${stoa.url}/partner/publishers/contoso/payouts`)
  await fillSignIn(seller.page, 'owner@contoso.example')
  await seller.page.getByText('$19.40').first().waitFor()
  await picture(seller.page, '16-payouts')
  await seller.page.goto(`${stoa.url}/partner/publishers/contoso/offers`)
  await seller.page.getByText('Contoso CRM').first().waitFor()
  await picture(seller.page, '17-offers')
  await seller.page.goto(`${stoa.url}/partner/publishers/contoso`)
  await seller.page.getByRole('heading', { level: 1 }).waitFor()
  await picture(seller.page, '18-partner-center')

  expect([...buyer.problems, ...operator.problems, ...seller.problems]).toEqual([])
})
