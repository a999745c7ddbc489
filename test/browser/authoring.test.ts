/**
 * A publisher's first offer, as somebody new writes it: from an empty list to a draft that can be published, with the mistakes on the way;
 * and what happens when two people write at once.
 */
import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { pdf, picture } from '../offer-fixture.ts'
import { hydrated, launchChromium, signedIn } from './chromium.ts'
import { noViolation } from './looks.ts'
import { memberOf } from '../people.ts'

const offers = '/partner/publishers/contoso/offers'
const tenant = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002'
const application = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001'

/** A page is saved after a pause, and the machine may be busy. */
const patience = { timeout: 20_000, interval: 100 }

let stoa: TestStoa
let browser: Browser
const files = { logo: '', screenshot: '', document: '', executable: '' }

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, worker: true, config: { roles: ['web', 'api', 'worker'] } })
  browser = await launchChromium()
  const folder = join(process.env.STOA_TEST_FOLDER as string, 'authoring')
  mkdirSync(folder, { recursive: true })
  const put = async (name: string, bytes: Buffer) => {
    await writeFile(join(folder, name), bytes)
    return join(folder, name)
  }
  files.logo = await put('logo.png', await picture(216, 216))
  files.screenshot = await put('screenshot.png', await picture(1280, 720))
  files.document = await put('Data sheet.pdf', pdf())
  files.executable = await put('program.png', Buffer.from('MZ\u0090\u0000\u0003 this is no picture'))
})

// What the pages showed when it went wrong says more than the line that waited in vain.
afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    console.error(`${page.url()}\n${(await page.locator('main').innerText()).slice(0, 1500)}\n`)
  }
})

afterAll(async () => {
  await browser?.close()
})

async function open(email: string, path: string): Promise<Page> {
  const context = await signedIn(browser, stoa.url, email, { acceptDownloads: true })
  const page = await context.newPage()
  await page.goto(path)
  await hydrated(page)
  return page
}

async function saved(page: Page): Promise<void> {
  await page.getByText(/^Saved \d\d:\d\d$/).waitFor()
}

/** The page of the offer's navigation, once it is there. */
async function turnTo(page: Page, name: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Pages of the offer' }).getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1, name: new RegExp(`${name}$`) }).waitFor()
}

/** What the offer's navigation says about a page. */
function statusOf(page: Page, name: string) {
  return page.getByRole('navigation', { name: 'Pages of the offer' }).getByRole('link', { name }).locator('[title]').getAttribute('title')
}

/** Waits until it says that the page is complete: nothing was pressed to save it. */
async function complete(page: Page, name: string): Promise<void> {
  await expect.poll(() => statusOf(page, name), patience).toBe('Complete')
}

async function contact(page: Page, label: string): Promise<void> {
  const group = page.getByRole('group', { name: new RegExp(`^${label}`) })
  await group.getByLabel('Name').fill('Ada Lovelace')
  await group.getByLabel('E-mail').fill('ada@contoso.example')
  await group.getByLabel('Phone').fill('+1 425 555 0100')
}

test('SA-3 SA-9 a new offer: its ID is checked while it is typed and again by the server; Create opens Offer setup', async () => {
  const page = await open('owner@contoso.example', offers)
  await page.getByRole('button', { name: 'New offer' }).click()
  const dialog = page.getByRole('dialog', { name: 'New offer' })
  await dialog.getByLabel('Offer ID').fill('Contoso Planner')
  await dialog.getByLabel('Broken:').waitFor()
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByText('must be 1 to 50 lowercase letters').waitFor()
  expect(await dialog.getByLabel('Offer ID').getAttribute('aria-invalid')).toBe('true')
  await dialog.getByLabel('Offer ID').fill('contoso-crm')
  await dialog.getByLabel('Offer alias').fill('Planner')
  await dialog.getByRole('button', { name: 'Create' }).click()
  await dialog.getByText('already has an offer contoso-crm').waitFor()
  await dialog.getByLabel('Offer ID').fill('contoso-planner')
  expect(await dialog.getByLabel('Broken:').count()).toBe(0)
  await dialog.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('heading', { level: 1, name: 'Offer setup' }).waitFor()
  expect(new URL(page.url()).pathname).toBe(`${offers}/contoso-planner/pages/setup`)
  await page.context().close()
})

test('SA-12 SA-99 SA-102 SA-116 SA-142 every page is filled in and saved by itself, until the whole draft is complete and submitted', async () => {
  const page = await open('owner@contoso.example', `${offers}/contoso-planner/pages/setup`)
  expect(await statusOf(page, 'Offer setup')).toBe('Not started')

  // What a listing needs depends on how it is sold; the pages follow the choice.
  await page.getByRole('radio', { name: 'Get it now (Free)' }).check()
  await page.getByLabel('Offer URL').waitFor()
  expect(await page.getByRole('link', { name: 'Technical configuration' }).count()).toBe(0)
  await page.getByRole('radio', { name: 'Sell through the marketplace' }).check()
  await page.getByRole('link', { name: 'Technical configuration' }).waitFor()
  expect(await page.getByLabel('Offer URL').count()).toBe(0)
  await page.getByRole('radio', { name: 'The list of leads in Partner Center' }).check()
  await saved(page)
  await complete(page, 'Offer setup')

  await turnTo(page, 'Properties')
  await page.getByRole('region', { name: 'Business applications' }).getByLabel('Sales', { exact: true }).check()
  await page.getByRole('radio', { name: 'Standard contract of the marketplace' }).click()
  const question = page.getByRole('alertdialog')
  await question.getByRole('button', { name: 'Cancel' }).click()
  expect(await page.getByRole('radio', { name: 'Standard contract of the marketplace' }).isChecked()).toBe(false)
  await page.getByRole('radio', { name: 'Standard contract of the marketplace' }).click()
  await question.getByRole('button', { name: 'Accept' }).click()
  await complete(page, 'Properties')

  await turnTo(page, 'Offer listing')
  // Asked to save, the page marks what is missing and leads to the first of it.
  await page.getByLabel('Search results summary').fill('Plans that everybody can read')
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByRole('button', { name: 'Description must be provided.' }).waitFor()
  await expect.poll(() => page.evaluate(() => document.activeElement?.id), patience).toBe('field-description-control')
  await page.keyboard.type('Plans for ')
  await page.getByRole('toolbar', { name: 'Format of Description' }).getByRole('button', { name: 'Bold' }).click()
  await page.keyboard.type('everybody')
  await page.getByRole('textbox', { name: 'Getting started instructions' }).click()
  await page.keyboard.type('Sign in and begin.')
  // A wrong value is named at its field and in the summary, and keeps the rest of the page as it is until it is right.
  await page.getByLabel('Privacy policy link').fill('http://contoso.example/privacy')
  await page.getByLabel('Support URL').fill('https://contoso.example/support')
  await page.getByText('One value was refused.').waitFor()
  const problem = page.getByRole('button', { name: 'Privacy policy link: The address must start with https://.' })
  await problem.click()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('field-privacyPolicyUrl-control')
  await page.keyboard.press('Control+A')
  await page.keyboard.type('https://contoso.example/privacy')
  await problem.waitFor({ state: 'detached' })
  await contact(page, 'Support contact')
  await contact(page, 'Engineering contact')
  await page.getByLabel('Choose a large logo').setInputFiles(files.executable)
  await page.getByText(/^program\.png: /).waitFor()
  await page.getByLabel('Choose a large logo').setInputFiles(files.logo)
  await page.getByAltText('Logos: Small, 48 × 48').waitFor()
  await page.locator('input[type=file][aria-label="Add a screenshot"]').setInputFiles(files.screenshot)
  await page.getByLabel('Caption').fill('The week at a glance')
  await page.locator('input[type=file][aria-label="Add a document"]').setInputFiles(files.document)
  await page.getByLabel('Name that customers see').waitFor()
  await complete(page, 'Offer listing')
  await noViolation(page)

  await turnTo(page, 'Preview audience')
  await page.getByRole('button', { name: 'Add another e-mail' }).click()
  await page.keyboard.type('buyer@adatum.example')
  await complete(page, 'Preview audience')

  await turnTo(page, 'Technical configuration')
  await page.getByLabel('Landing page URL').fill('https://contoso.example/landing#token')
  await page.getByLabel('Connection webhook').fill('https://contoso.example/webhook')
  await page.getByLabel(/tenant ID/).fill(tenant)
  await page.getByLabel(/application ID/).fill(application)
  await page.getByRole('button', { name: 'Save draft' }).click()
  await page.getByText('The address must not contain #.', { exact: true }).waitFor()
  await page.getByLabel('Landing page URL').fill('https://contoso.example/landing')
  await complete(page, 'Technical configuration')

  await turnTo(page, 'Pricing model')
  await page.getByRole('radio', { name: 'Flat rate' }).check()
  await complete(page, 'Pricing model')

  await turnTo(page, 'Plan overview')
  await page.getByRole('button', { name: 'Create new plan' }).first().click()
  await page.getByLabel('Plan ID').fill('basic')
  await page.getByLabel('Plan name').fill('Basic')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Basic: Plan listing' }).waitFor()
  await page.getByLabel('Plan description').fill('For small teams.')
  await complete(page, 'Plan listing')
  await turnTo(page, 'Pricing and availability')
  await prices(page)
  await complete(page, 'Pricing and availability')
  await complete(page, 'Plan overview')
  await noViolation(page)

  await page.getByRole('link', { name: 'Review and publish' }).first().click()
  await page.getByLabel('Notes for certification').fill('Sign in as test@contoso.example.')
  await page.getByRole('button', { name: 'Publish', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: /overview/i }).waitFor()
  await page.context().close()

  const { offer, isComplete, status } = await draft()
  expect(isComplete).toBe(true)
  expect(status).not.toBe('Draft')
  const listing = offer.content<{ description: string; logos: { small: string } }>({ module: 'listing', variant: 'en' })
  expect(listing.description).toBe('<p>Plans for <b>everybody</b></p>')
  expect(listing.logos?.small).toMatch(/^[0-9a-f]{64}$/)
}, 90_000)

/** Markets, one price in dollars, one of the publisher's own for a market, and the same through a file. */
async function prices(page: Page): Promise<void> {
  await page.getByRole('radio', { name: 'Public', exact: true }).check()
  await page.getByRole('button', { name: 'Edit markets' }).click()
  const dialog = page.getByRole('dialog', { name: 'Edit markets' })
  await dialog.getByLabel('Tax remitted only').check()
  expect(await dialog.getByRole('checkbox', { name: /^United States/ }).count()).toBe(0)
  await dialog.getByRole('checkbox', { name: /^Austria/ }).waitFor()
  await dialog.getByLabel('Tax remitted only').uncheck()
  await dialog.getByLabel('Find a market').fill('germ')
  expect(await dialog.getByRole('checkbox', { name: /^Austria/ }).count()).toBe(0)
  await dialog.getByRole('checkbox', { name: /^Germany/ }).check()
  await dialog.getByLabel('Find a market').fill('united states')
  await dialog.getByRole('checkbox', { name: /^United States/ }).check()
  await dialog.getByRole('button', { name: 'Use these markets' }).click()
  await page.getByText('2 of 141 markets').waitFor()
  await page
    .getByRole('group', { name: /^Prices in US dollars/ })
    .getByLabel('Monthly')
    .fill('100')
  const germany = page.getByLabel('Germany, Monthly, EUR')
  await expect.poll(() => germany.getAttribute('placeholder'), patience).toBe('92.00')
  await germany.fill('95')
  await saved(page)
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export pricing data' }).click()])
  expect(download.suggestedFilename()).toBe('exportedPrice.xlsx')
  await page.getByLabel('Import pricing data').setInputFiles(await download.path())
  await page.getByRole('alertdialog').getByRole('button', { name: 'Yes, import' }).click()
  await page.getByText('The prices of the file are stored.').waitFor()
}

async function draft() {
  const { kernel, domain } = stoa
  return kernel.read(owner, async (ctx) => {
    const found = await domain.offers.findOffer(ctx, 'contoso', 'contoso-planner')
    const { draft: offer, complete: isComplete } = await domain.offers.getDraft(ctx, found?.id ?? '')
    const { status } = await domain.publishing.status(ctx, { offer: found?.id ?? '' })
    return { offer, isComplete, status }
  })
}

const owner = {
  kind: 'user' as const,
  tenantId: tenant,
  objectId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1a001',
  email: 'owner@contoso.example',
  displayName: 'Contoso Owner',
  roles: [],
  memberships: memberOf(tenant, 'owner'),
}

test('two people on one page: different fields are merged, the same field shows both texts until one is chosen; nothing is lost', async () => {
  const path = `${offers}/contoso-planner/pages/listing`
  const [ann, ben] = await Promise.all([open('owner@contoso.example', path), open('developer@contoso.example', path)])
  await ann.getByLabel('Short description').fill('Short, by Ann')
  await ann.getByLabel('Search results summary').fill('Summary by Ann')
  await saved(ann)

  await ben.getByLabel('Support URL').fill('https://contoso.example/help')
  await ben.getByRole('textbox', { name: 'Search results summary' }).fill('Summary by Ben')
  const panel = ben.getByRole('alertdialog')
  await panel.getByText('Summary by Ann').waitFor()
  await panel.getByText('Summary by Ben').waitFor()
  // Ann's other field is here already, Ben's text is where he wrote it, and nothing of Ann's is overwritten.
  expect(await ben.getByLabel('Short description').inputValue()).toBe('Short, by Ann')
  expect(await ben.getByRole('textbox', { name: 'Search results summary' }).inputValue()).toBe('Summary by Ben')
  const stored = async () => (await draft()).offer.content<Record<string, string>>({ module: 'listing', variant: 'en' })
  expect(await stored()).toMatchObject({ summary: 'Summary by Ann', supportUrl: 'https://contoso.example/support' })

  await ben.getByRole('textbox', { name: 'Search results summary' }).fill('Summary by Ben, and more')
  await panel.getByRole('radio', { name: 'Keep mine' }).check()
  await panel.getByRole('button', { name: 'Save with these choices' }).click()
  await saved(ben)
  expect(await stored()).toMatchObject({
    summary: 'Summary by Ben, and more',
    shortDescription: 'Short, by Ann',
    supportUrl: 'https://contoso.example/help',
  })

  // Ben goes back to what was there before, with one of the kept versions.
  await ben.getByRole('button', { name: 'Earlier versions of this page' }).click()
  await ben.getByRole('dialog').getByRole('button', { name: 'Go back to this' }).first().click()
  await expect.poll(() => ben.getByRole('textbox', { name: 'Search results summary' }).inputValue(), patience).toBe('Summary by Ann')
  expect(await stored()).toMatchObject({ summary: 'Summary by Ann' })
  await Promise.all([ann.context().close(), ben.context().close()])
}, 90_000)

test('leaving a page saves it; what cannot be saved holds the reader back', async () => {
  const page = await open('owner@contoso.example', `${offers}/contoso-planner/pages/listing`)
  await page.getByLabel('Short description').fill('Written just before leaving')
  await turnTo(page, 'Properties')
  expect((await draft()).offer.content({ module: 'listing', variant: 'en' })).toMatchObject({
    shortDescription: 'Written just before leaving',
  })
  await turnTo(page, 'Offer listing')
  await page.getByLabel('Support URL').fill('nonsense')
  await page.getByRole('link', { name: 'Properties' }).click()
  const question = page.getByRole('alertdialog', { name: 'Leave without saving?' })
  await question.getByRole('button', { name: 'Stay on the page' }).click()
  expect(await page.getByLabel('Support URL').inputValue()).toBe('nonsense')
  await page.getByRole('link', { name: 'Properties' }).click()
  await question.getByRole('button', { name: 'Leave without saving' }).click()
  await page.getByRole('heading', { level: 1, name: 'Properties' }).waitFor()
  await page.context().close()
})

test('pages of an offer have no axe violation and do not scroll sideways at 390 px', async () => {
  const page = await open('owner@contoso.example', offers)
  const base = `${offers}/contoso-crm`
  // Light was looked at above, on the pages of the new offer.
  await page.emulateMedia({ colorScheme: 'dark' })
  for (const path of [`${base}/pages/properties`, `${base}/plans/adatum-special/plan-pricing`]) {
    await page.goto(path, { waitUntil: 'networkidle' })
    await noViolation(page, path)
  }
  await page.setViewportSize({ width: 390, height: 844 })
  for (const path of [`${base}/plans/adatum-special/plan-pricing`, `${base}/pages/properties`, `${base}/plans`, offers]) {
    await page.goto(path, { waitUntil: 'networkidle' })
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), `${path} is too wide`).toBeLessThanOrEqual(
      0,
    )
  }
  await page.context().close()
}, 90_000)

test('who may only read an offer sees every page and can change nothing', async () => {
  const page = await open('operator@operator.example', offers)
  expect(await page.getByRole('button', { name: /New offer|Copy|Delete/ }).count()).toBe(0)
  await page.goto(`${offers}/contoso-crm/pages/listing`)
  await page.getByText('Your role does not include changing offers.').waitFor()
  expect(await page.getByRole('button', { name: 'Save draft' }).count()).toBe(0)
  expect(await page.getByLabel('Support URL').getAttribute('readonly')).not.toBeNull()
  const answer = await page.request.post(`${offers}/contoso-crm/sections`, {
    data: { module: 'listing', variant: 'en', revision: 1, content: {} },
  })
  expect(answer.status()).toBe(403)
  expect((await page.request.get('/partner/publishers/nobody/offers')).status()).toBe(404)
  await page.context().close()
})

test('SA-23 PL-61 an audience from a file is stored after a question, and put into force on the page of the plan or on Plan overview', async () => {
  const { kernel, domain } = stoa
  const plan = 'adatum-special'
  const page = await open('owner@contoso.example', `${offers}/contoso-crm/plans/${plan}/plan-pricing`)
  const state = () =>
    kernel.read(owner, async (ctx) => {
      const offer = (await domain.offers.findOffer(ctx, 'contoso', 'contoso-crm'))?.id ?? ''
      const { entries } = await domain.publishing.history(ctx, { offer })
      return {
        edited: (await domain.offers.editedAudience(ctx, { offer, planId: plan })).map((member) => member.tenantId),
        live: await domain.offers.audience(ctx, offer, plan),
        syncs: entries.filter((entry) => entry.event === 'Sync private audience').length,
      }
    })
  const customer = '9b2d4f85-7e13-4c6d-8a90-1f2e3d4c0005'
  const file = { name: 'audience.csv', mimeType: 'text/csv', buffer: Buffer.from(`ID,Description,Type\n${customer},New,TenantID\n`) }
  const before = await state()
  expect(before.live).toEqual(before.edited)
  expect(before.live).not.toContain(customer)
  const question = page.getByRole('alertdialog', { name: 'Import this audience?' })
  for (const answer of ['Cancel', 'Yes']) {
    await page.getByLabel('Import audience').setInputFiles(file)
    await question.getByText('The list in audience.csv replaces the whole audience.').waitFor()
    expect(await state()).toEqual(before)
    await question.getByRole('button', { name: answer }).click()
    await question.waitFor({ state: 'detached' })
  }
  await page.getByText('The list of the file is stored.').waitFor()
  expect(await state()).toEqual({ ...before, edited: [customer] })

  const sync = async () => {
    await page.getByRole('button', { name: 'Sync private audience' }).click()
    await page.getByRole('button', { name: 'Sync', exact: true }).click()
    await page.getByText('The audience is in force.').waitFor()
  }
  await sync()
  expect(await state()).toEqual({ edited: [customer], live: [customer], syncs: before.syncs + 1 })
  await noViolation(page)
  await turnTo(page, 'Plan overview')
  await sync()
  expect((await state()).syncs).toBe(before.syncs + 2)
  // A public plan has no audience to synchronise.
  await page.goto(`${offers}/contoso-crm/plans/standard/plan-pricing`)
  await hydrated(page)
  expect(await page.getByRole('button', { name: 'Sync private audience' }).count()).toBe(0)
  await page.context().close()
}, 60_000)

test('SA-139 SA-140 a plan is copied and a draft of it deleted; a live plan and a live offer have no Delete', async () => {
  const page = await open('owner@contoso.example', `${offers}/contoso-planner/plans`)
  await page.getByRole('button', { name: 'Copy plan Basic' }).click()
  await page.getByLabel('Plan ID').fill('basic_test')
  await page.getByLabel('Plan name').fill('Basic test')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Basic test: Plan listing' }).waitFor()
  expect(await page.getByLabel('Plan description').inputValue()).toBe('For small teams.')
  await turnTo(page, 'Plan overview')
  const row = page.getByRole('row', { name: /basic_test/ })
  await row.getByRole('button', { name: 'Delete draft' }).click()
  await page.getByRole('button', { name: 'Delete the plan' }).click()
  await row.waitFor({ state: 'detached' })

  await page.goto(`${offers}/contoso-crm/plans`)
  await page.getByRole('row', { name: /Standard/ }).waitFor()
  expect(await page.getByRole('button', { name: 'Delete draft' }).count()).toBe(0)

  // A copy of an offer to test with, and its deletion.
  await page.goto(offers)
  await hydrated(page)
  await page.getByRole('button', { name: 'Copy Planner' }).click()
  await page.getByRole('button', { name: 'Copy', exact: true }).last().click()
  await page.waitForURL(`**/contoso-planner_test/pages/setup`)
  await turnTo(page, 'Plan overview')
  await page.getByRole('row', { name: /basic_test/ }).waitFor()
  await page.goto(offers)
  await hydrated(page)
  expect(
    await page
      .getByRole('row', { name: /contoso-crm/ })
      .getByRole('button', { name: 'Delete draft' })
      .count(),
  ).toBe(0)
  await page
    .getByRole('row', { name: /contoso-planner_test/ })
    .getByRole('button', { name: 'Delete draft' })
    .click()
  await page.getByRole('button', { name: 'Delete the draft' }).click()
  await page.getByRole('row', { name: /contoso-planner_test/ }).waitFor({ state: 'detached' })
  await page.context().close()
}, 90_000)
