import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

const wide = { width: 1280, height: 900 }
const narrow = { width: 390, height: 844 }
let pictures = 0

/** A picture of the page, where STOA_TEST_PICTURES names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.STOA_TEST_PICTURES
  if (!folder) return
  mkdirSync(folder, { recursive: true })
  const file = `${String(++pictures).padStart(2, '0')}-${name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 90)}.png`
  await page.screenshot({ path: join(folder, file), fullPage: true })
}

/** No rule of WCAG 2.2 AA is broken that axe can judge, as the page is now. */
export async function noViolation(page: Page, name = page.url()): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    // Fluent's focus guards are hidden from screen readers and hand the focus on at once; axe cannot know that.
    .exclude('[data-tabster-dummy]')
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  expect(
    violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`),
    name,
  ).toEqual([])
}

/** On a telephone, light: no violation, nothing wider than the window. {@link looksRight} where pictures are taken. */
export async function looksFine(page: Page, name: string): Promise<void> {
  if (process.env.STOA_TEST_PICTURES) await looksRight(page, name)
  else await looksFineNarrow(page, name)
}

async function looksFineNarrow(page: Page, name: string): Promise<void> {
  await page.setViewportSize(narrow)
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), `${name} is too wide`).toBeLessThanOrEqual(0)
  await noViolation(page, `${name} at ${narrow.width} px`)
  await picture(page, `${name}-${narrow.width}`)
  await page.setViewportSize(wide)
}

/** On a desktop, dark, and on a telephone, light: no violation, nothing wider than the window. */
export async function looksRight(page: Page, name: string): Promise<void> {
  await picture(page, `${name}-light`)
  await page.emulateMedia({ colorScheme: 'dark' })
  await noViolation(page, `${name} dark`)
  await picture(page, `${name}-dark`)
  await page.emulateMedia({ colorScheme: 'light' })
  await looksFineNarrow(page, name)
}
