/** The documentation pages in a browser: readable by everybody, at every width, in light and dark, without a script. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { launchChromium } from './chromium.ts'
import { looksRight } from './looks.ts'

let stoa: TestStoa
let browser: Browser

beforeAll(async () => {
  stoa = await startTestStoa()
  browser = await launchChromium()
})

afterAll(async () => {
  await browser?.close()
})

const pages = ['/docs', '/docs/tour', '/docs/configuration', '/docs/pointing-an-integration-at-stoa', '/docs/api/metering', '/docs/nothing']

test('documentation: no accessibility violation, nothing wider than the window', { timeout: 120_000 }, async () => {
  const context = await browser.newContext({ baseURL: stoa.url })
  const page = await context.newPage()
  for (const address of pages) {
    await page.goto(address)
    await looksRight(page, address)
  }
  await context.close()
})

test('every link of the contents leads to a page, with scripts switched off', async () => {
  const context = await browser.newContext({ baseURL: stoa.url, javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto('/docs')
  const links = await page.locator('.docs-wide a').all()
  const addresses = await Promise.all(links.map((link) => link.getAttribute('href')))
  expect(addresses).toContain('/docs/api/sandbox')
  expect(addresses).toContain('/docs/api/saas-fulfillment')
  for (const address of addresses) expect((await page.request.get(address!)).status(), address!).toBe(200)
  await context.close()
})
