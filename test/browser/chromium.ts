import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** The system's Chromium; `CHROME_PATH` names another one. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROME_PATH ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** The password of all demo users (reference-data/demo.json). */
export const demoPassword = 'stoa-demo-2026'

/** A context whose page has signed in as a demo user at `url`. */
export async function signedIn(browser: Browser, url: string, email: string, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  // Without fading colours: axe would judge one that is on its way from light to dark.
  const context = await browser.newContext({ baseURL: url, reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  await page.goto('/signin?return=/')
  await fillSignIn(page, email)
  await page.close()
  return context
}

/** Waits until React has taken the page over: what is typed into a field before may be lost in the very moment. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForSelector('html[data-answering]', { state: 'attached' })
}

/** Fills and sends the sign-in page that is open. */
export async function fillSignIn(page: Page, email: string): Promise<void> {
  await page.fill('#email', email)
  await page.fill('#password', demoPassword)
  await page.press('#password', 'Enter')
  await page.waitForURL((url) => !url.pathname.startsWith('/signin'))
}
