import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

let pictures = 0

/** A picture of each page looked at, where STOA_TEST_PICTURES names a folder. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.STOA_TEST_PICTURES
  if (folder) await page.screenshot({ path: `${folder}/${String(++pictures).padStart(2, '0')}-${name}.png`, fullPage: true })
}

/** No axe violation, not too wide for a telephone: a third of the time of {@link looksRight}, which it is where pictures are taken. */
export async function looksFine(page: Page, name: string): Promise<void> {
  if (process.env.STOA_TEST_PICTURES) return looksRight(page, name)
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), `${name} is too wide`).toBeLessThanOrEqual(0)
  await withoutViolations(page, name)
  await page.setViewportSize({ width: 1280, height: 900 })
}

async function withoutViolations(page: Page, name: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(true)
    .exclude('[data-tabster-dummy]')
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze()
  expect(
    violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`),
    name,
  ).toEqual([])
}

/** Light, dark and narrow: no axe violation, nothing too wide. */
export async function looksRight(page: Page, name: string): Promise<void> {
  const check = async (how: string) => {
    await withoutViolations(page, `${name} ${how}`)
    await picture(page, `${name}-${how}`)
  }
  await check('light')
  await page.emulateMedia({ colorScheme: 'dark' })
  await check('dark')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), `${name} is too wide`).toBeLessThanOrEqual(0)
  await check('390')
  await page.setViewportSize({ width: 1280, height: 900 })
}
