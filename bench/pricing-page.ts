/**
 * The longest page of Partner Center, pricing of a plan in all markets, in a real browser on a running marketplace with the demo data.
 *
 *   node bench/pricing-page.ts [http://localhost:3978] [runs]
 *
 * Interactive is when the price table answers to keys: React has taken over its inputs. A keystroke is what the browser itself reports as
 * the time from the key to the next picture (Event Timing, in steps of 8 ms). Goals: interactive within 1.5 s, each keystroke under 50 ms.
 * The exit code is 1 when one is missed. Needs Chromium (CHROME_PATH, else /usr/bin/chromium).
 */
import { loadavg } from 'node:os'
import { chromium } from 'playwright-core'

const goals = { interactive: 1500, keystroke: 50 }
const origin = new URL(process.argv[2] ?? 'http://localhost:3978').origin
const runs = Number(process.argv[3] ?? 5)
const path = '/partner/publishers/contoso/offers/contoso-notify/plans/premium/plan-pricing'

const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
})
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

let missed = false
try {
  const page = await (await browser.newContext({ baseURL: origin, viewport: { width: 1360, height: 900 }, bypassCSP: true })).newPage()
  await page.goto('/signin?return=/')
  await page.fill('#email', 'owner@contoso.example')
  await page.fill('#password', 'stoa-demo-2026')
  await page.press('#password', 'Enter')
  await page.waitForURL((url) => !url.pathname.startsWith('/signin'))

  const interactive: number[] = []
  for (let run = 0; run < runs; run++) {
    const started = performance.now()
    await page.goto(path, { waitUntil: 'commit' })
    await page.waitForFunction(
      `Object.keys(document.querySelector('[aria-label="Prices by market"] input') ?? {}).some((key) => key.startsWith('__reactProps'))`,
      undefined,
      { polling: 20 },
    )
    interactive.push(Math.round(performance.now() - started))
  }

  await page.evaluate(`
    window.keystrokes = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (entry.name === 'keydown') window.keystrokes.push(entry.duration)
    }).observe({ type: 'event', durationThreshold: 16 })`)
  const inputs = page.locator('[aria-label="Prices by market"] input')
  const count = await inputs.count()
  for (const index of [0, Math.floor(count / 2), count - 1]) {
    await inputs.nth(index).click()
    await page.keyboard.type('12345.67', { delay: 120 })
    for (let key = 0; key < 8; key++) await page.keyboard.press('Backspace', { delay: 60 })
  }
  await page.waitForTimeout(500)
  // What took less than 16 ms is not reported at all.
  const slow = await page.evaluate<number[]>('window.keystrokes')
  const worst = Math.max(0, ...slow)
  missed = median(interactive) > goals.interactive || worst > goals.keystroke
  console.log(
    JSON.stringify({
      inputs: count,
      interactiveMs: { median: median(interactive), ofEachRun: interactive, goal: goals.interactive },
      keystrokesMs: { typed: 48, under16: 48 - slow.length, median: median(slow), worst, goal: goals.keystroke },
      loadAverage: Number((loadavg()[0] ?? 0).toFixed(1)),
    }),
  )
} finally {
  await browser.close()
}
process.exit(missed ? 1 : 0)
