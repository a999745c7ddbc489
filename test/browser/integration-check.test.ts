/** Partner Center's integration check in a real browser, against the example publisher. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { type PublisherProcess, startPublisher } from '../publisher-process.ts'
import { fillSignIn, launchChromium } from './chromium.ts'
import { looksRight, picture } from './looks.ts'

let stoa: TestStoa
let publisher: PublisherProcess
let browser: Browser

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, worker: true, config: { roles: ['web', 'api', 'worker'] } })
  publisher = await startPublisher(stoa)
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
  await publisher?.stop()
})

test('a developer of the publisher runs the check and reads its report', { timeout: 180_000 }, async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto(`${stoa.url}/partner/integration-check`)
  await fillSignIn(page, 'developer@contoso.example')
  await page.getByRole('heading', { level: 1, name: 'Integration check' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/partner/publishers/contoso/integration-check')
  await picture(page, 'check-1-form')

  await page.getByLabel('Offer that is bought').selectOption('contoso-desk')
  await page.getByLabel(/^Landing page/).fill('nowhere')
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.getByText('Give an http or https address.').first().waitFor()
  await page.getByLabel(/^Landing page/).fill(publisher.landing)
  await page.getByLabel(/^Webhook/).fill(publisher.webhook)
  await page.getByLabel(/^Move the market clock/).check()
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await page.getByText('The check is running').waitFor()
  await picture(page, 'check-2-running')
  await page.getByText('Took', { exact: true }).waitFor({ timeout: 120_000 })
  expect(await page.getByText('All ok').count(), await page.locator('main').innerText()).toBeGreaterThan(0)
  expect(await page.getByRole('rowheader').count()).toBeGreaterThan(20)

  // Colours fade over; a page that is loaded anew has them at once.
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await looksRight(page, 'check-4')
  expect(problems).toEqual([])
})

test('who does not work for the publisher does not see the page', async () => {
  const page = await browser.newPage()
  await page.goto(`${stoa.url}/partner/publishers/contoso/integration-check`)
  await fillSignIn(page, 'owner@fabrikam.example')
  await page.getByText('You work for no publisher with this id.').waitFor()
})
