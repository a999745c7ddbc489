import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { system } from '../../src/kernel/context.ts'
import { startTestStoa, type TestStoa } from '../harness.ts'
import { demo, type Marketplace, openMarketplace } from '../subscriptions.ts'
import { hydrated, launchChromium, signedIn } from './chromium.ts'
import { looksRight, noViolation, picture } from './looks.ts'

let stoa: TestStoa
let market: Marketplace
let browser: Browser
let contosoToken = ''
const people = new Map<string, BrowserContext>()
/** Ids of what happened before the tests. */
const known = { desk: '', offer: '', fabrikam: '', delivery: '', failing: '', operation: '', call: '', refused: '', foreign: '' }

const resource = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'
const contoso = '/partner/publishers/contoso'
const owner = 'owner@contoso.example'
const operator = 'operator@operator.example'

async function tokenFor(audience: string): Promise<string> {
  const answer = await fetch(`${stoa.url}/${demo.contoso.tenantId}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: demo.contoso.clientId,
      client_secret: 'contoso-demo-secret-fulfillment-0001',
      resource: audience,
    }),
  })
  return ((await answer.json()) as { access_token: string }).access_token
}

const call = (id: string, token: string) =>
  fetch(`${stoa.url}/api/saas/subscriptions/${id}?api-version=2018-08-31`, { headers: { authorization: `Bearer ${token}` } })

/** Id of the latest kept call with this status and path. */
async function keptCall(status: number, part: string): Promise<string> {
  return vi.waitFor(async () => {
    const { rows } = await stoa.kernel.database.pool.query<{ id: string }>(
      'select id from kernel.request where status = $1 and path like $2 order by wall_at desc limit 1',
      [status, `%${part}%`],
    )
    if (!rows[0]) throw new Error('The call has not been kept yet.')
    return rows[0].id
  })
}

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, config: { roles: ['web', 'api'] } })
  market = await openMarketplace({ kernel: stoa.kernel, domain: stoa.domain })
  browser = await launchChromium()
  contosoToken = await tokenFor(resource)

  known.desk = await market.active({ offerId: 'contoso-desk', planId: 'team', quantity: 5 })
  known.fabrikam = await market.buy({ publisherId: 'fabrikam', offerId: 'fabrikam-backup', planId: 'standard' })
  const change = await market.as(system, (ctx) => market.domain.subscriptions.changeByCustomer(ctx, known.desk, { quantity: 7 }))
  known.operation = change.id
  await market.settle()
  await market.pass({ seconds: 11 })
  market.endpoint.answer = 500
  await market.as(system, (ctx) => market.domain.subscriptions.changeByCustomer(ctx, known.desk, { quantity: 8 }))
  await market.settle()
  market.endpoint.answer = 200
  const { deliveries } = await market.get(known.desk)
  known.offer = (await market.get(known.desk)).subscription.offer
  known.delivery = deliveries.find((row) => row.state === 'delivered')?.id ?? ''
  known.failing = deliveries.find((row) => row.state === 'waiting')?.id ?? ''

  await call(known.desk, contosoToken)
  await call(known.fabrikam, contosoToken)
  await call(known.desk, 'not-a-token')
  known.call = await keptCall(200, known.desk)
  known.foreign = await keptCall(403, known.fabrikam)
  known.refused = await keptCall(403, known.desk)
})

// An open page goes on reading itself again, which is work for nothing.
afterEach(async () => {
  for (const context of people.values()) await Promise.all(context.pages().map((page) => page.close()))
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

/** These pages read themselves again all the time: the network is never idle. */
async function open(email: string, address: string): Promise<Page> {
  const page = await (await as(email)).newPage()
  await page.goto(address, { waitUntil: 'load' })
  await hydrated(page)
  return page
}

async function statusOf(email: string, address: string): Promise<number> {
  return (await (await as(email)).request.get(address)).status()
}

const pages = () => [
  `${contoso}/webhooks`,
  `${contoso}/webhooks?state=stopped`,
  `${contoso}/webhooks/${known.delivery}`,
  `${contoso}/webhooks/${known.failing}`,
  `${contoso}/webhooks/endpoints/${known.offer}`,
  `${contoso}/operations/${known.operation}`,
  `${contoso}/calls`,
  `${contoso}/calls/${known.refused}`,
  `${contoso}/sandbox`,
  `${contoso}/sandbox?q=zzzz`,
  `${contoso}/sandbox/purchase`,
  `${contoso}/sandbox/token`,
  `${contoso}/sandbox/faults`,
  `${contoso}/sandbox/token?call=${known.foreign}`,
  `${contoso}/sandbox/subscriptions/${known.desk}`,
  `${contoso}/webhooks/00000000-0000-4000-8000-000000000000`,
]

/** The same pages with more in them: where everybody's are. */
const pagesOfAll = () => ['/webhooks', '/calls', '/sandbox', '/sandbox/purchase', '/sandbox/token'].map((page) => `/operator${page}`)

test.each([
  [owner, pages],
  [operator, pagesOfAll],
])(
  'pages of %s: no axe violation, no sideways scrolling at 390 px, light and dark',
  async (email, addresses) => {
    for (const address of addresses()) {
      const page = await open(email, address)
      await looksRight(page, address)
      await page.close()
    }
  },
  300_000,
)

test('a publisher sees its own only, whatever the address', async () => {
  const { deliveries } = await market.get(known.desk)
  const fabrikam = '/partner/publishers/fabrikam'
  const strange = 'owner@fabrikam.example'
  expect(await statusOf(strange, `${fabrikam}/webhooks`)).toBe(200)
  for (const address of [
    `${fabrikam}/webhooks/${deliveries[0]?.id}`,
    `${fabrikam}/operations/${known.operation}`,
    `${fabrikam}/sandbox/subscriptions/${known.desk}`,
    `${fabrikam}/calls/${known.call}`,
  ]) {
    expect(await statusOf(strange, address), address).toBeGreaterThanOrEqual(403)
    expect(await statusOf(strange, address), address).toBeLessThanOrEqual(404)
  }
  expect(await statusOf(strange, `${contoso}/sandbox`)).toBe(404)
  expect(await statusOf('buyer@adatum.example', '/operator/sandbox')).toBe(403)
  const refused = await (await as(strange)).request.post(`${fabrikam}/sandbox/subscriptions/${known.desk}`, { form: { intent: 'cancel' } })
  expect(refused.status()).toBeGreaterThanOrEqual(403)
  const given = await (await as(strange)).request.post(`${fabrikam}/webhooks/${known.failing}`, { form: { intent: 'give-up' } })
  expect(given.status()).toBeGreaterThanOrEqual(403)
  expect((await market.get(known.desk)).subscription.status).toBe('Subscribed')
  const page = await open(strange, `${fabrikam}/sandbox`)
  expect(await page.locator('main').textContent()).not.toContain('Contoso')
})

test('short addresses lead to the first publisher', async () => {
  const answer = await (await as(owner)).request.get('/partner/sandbox/token?x=1', { maxRedirects: 0 })
  expect(answer.headers().location).toBe(`${contoso}/sandbox/token?x=1`)
  expect(await statusOf(owner, '/partner/webhooks')).toBe(200)
})

test('in production there is no sandbox, and webhooks and calls stay', async () => {
  const { config } = stoa.kernel
  Object.assign(config, { mode: 'production' })
  try {
    for (const page of ['', '/purchase', '/token', '/faults', `/subscriptions/${known.desk}`]) {
      expect(await statusOf(owner, `${contoso}/sandbox${page}`), page).toBe(404)
      expect(await statusOf(operator, `/operator/sandbox${page}`), page).toBe(404)
    }
    const moved = await (await as(operator)).request.post('/operator/sandbox/clock', { form: { advance: 'P1M' } })
    expect(moved.status()).toBe(404)
    expect(await statusOf(owner, `${contoso}/webhooks/${known.failing}`)).toBe(200)
    expect(await statusOf(owner, `${contoso}/calls`)).toBe(200)
    // A call whose token names nobody is nobody's.
    expect(await statusOf(owner, `${contoso}/calls/${known.refused}`)).toBe(404)
  } finally {
    Object.assign(config, { mode: 'sandbox' })
  }
})

test('token inspector: found against expected, the offers that name the application, and nothing kept', async () => {
  const page = await open(owner, `${contoso}/sandbox/token`)
  await page.getByLabel('Bearer token').fill(`Bearer ${contosoToken}`)
  await page.getByRole('button', { name: 'Inspect', exact: true }).click()
  await page.getByText('The token is good.').waitFor()
  expect(await page.getByRole('table', { name: 'Which offer names which application' }).textContent()).toContain('May call')
  await noViolation(page)
  await picture(page, 'token good')
  expect(await page.content()).not.toContain(contosoToken.split('.')[2])

  await page.getByLabel('Bearer token').fill(await tokenFor('https://api.partner.microsoft.com'))
  await page.getByRole('button', { name: 'Inspect', exact: true }).click()
  await page.getByText('1 of 9 checks failed.').waitFor()
  const row = page.getByRole('row', { name: /^aud/ })
  expect(await row.textContent()).toContain('ingestion API')
  await picture(page, 'token wrong')

  const { rows } = await stoa.kernel.database.pool.query('select 1 from kernel.request where request_body like $1', [
    `%${contosoToken.slice(20, 60)}%`,
  ])
  expect(rows).toEqual([])
})

test('why a call was 403: foreign offer, and a bad token', async () => {
  const page = await open(owner, `${contoso}/sandbox/token`)
  await page.getByRole('link', { name: new RegExp(known.fabrikam) }).click()
  await page.getByText('The token was good').waitFor()
  expect(await page.locator('main').textContent()).toContain('contoso.contoso-crm')
  await page.goto(`${contoso}/calls/${known.refused}`)
  expect(await page.locator('main').textContent()).toContain('The token was refused. format:')
})

test('an operation says who asked, what was sent, and which rule decided', async () => {
  const page = await open(owner, `${contoso}/operations/${known.operation}`)
  const entries = await page.getByRole('listitem').allTextContents()
  const order = ['Asked: 5 to 7 seats', 'Notified, attempt 1', 'Acknowledged', 'Deadline of the answer', 'Outcome: Succeeded']
  const places = order.map((text) => entries.findIndex((entry) => entry.startsWith(text)))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(places).not.toContain(-1)
  expect(await page.locator('main').textContent()).toContain('window-passed')
})

test('webhooks: schedule ahead, hold back and let go, send again, stop; each leaves an audit row', async () => {
  const page = await open(owner, `${contoso}/webhooks/${known.failing}`)
  expect(await page.getByRole('table', { name: 'Attempts ahead' }).textContent()).toContain('Attempt 500')
  expect(await page.locator('main').textContent()).toContain('answered 500')
  await page.getByRole('button', { name: 'Hold back webhooks of the offer' }).click()
  await page.getByText('The endpoint is paused.').waitFor()
  await picture(page, 'webhook paused')
  await page.getByRole('button', { name: 'Let webhooks of the offer go' }).click()
  await page.getByText('The webhooks of this offer are sent again.').waitFor()
  await page.getByRole('button', { name: 'Stop trying' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Yes, stop' }).click()
  await page.getByText('The webhook is not tried any more.').waitFor()
  const operations = (await market.get(known.desk)).operations
  expect(operations.find((one) => one.quantity === 8)).toMatchObject({ status: 'Failed', decidedBy: 'webhook-undeliverable' })
  await page.getByRole('button', { name: 'Send again' }).click()
  await page.getByText('The webhook is sent again.').waitFor()
  expect(page.url()).not.toContain(known.failing)
  const { rows } = await stoa.kernel.database.pool.query<{ action: string; principal_name: string }>(
    `select action, principal_name from kernel.audit where action like 'webhook.%' order by id`,
  )
  expect(rows.map((row) => row.action)).toEqual(['webhook.pause', 'webhook.resume', 'webhook.give-up', 'webhook.redeliver'])
  expect(new Set(rows.map((row) => row.principal_name))).toEqual(new Set([owner]))
}, 60_000)

test('purchase, landing page, activation, change, time line: as the customer plays it', async () => {
  const page = await open(owner, `${contoso}/sandbox/purchase`)
  await page.getByLabel('Offer and plan').selectOption('contoso/contoso-desk/team')
  await page.getByRole('button', { name: 'Buy' }).click()
  await page.getByText('Nothing was bought.').waitFor()
  expect(await page.locator('main').textContent()).toContain('say how many')
  await noViolation(page)
  await picture(page, 'purchase refused')
  await page.getByLabel('Seats').fill('3')
  await page.getByLabel('Bought by').selectOption('sales@reseller.example')
  await page.getByRole('button', { name: 'Buy' }).click()
  await page.waitForURL(/\/sandbox\/subscriptions\/[0-9a-f-]{36}/)
  const id = /subscriptions\/([0-9a-f-]{36})/.exec(page.url())?.[1] ?? ''
  expect((await market.get(id)).subscription).toMatchObject({ byReseller: true, quantity: 3, status: 'PendingFulfillmentStart' })

  await page.getByRole('button', { name: 'New landing-page token' }).click()
  const link = page.getByRole('link', { name: /^Open the landing page/ })
  await link.waitFor()
  expect(await link.getAttribute('href')).toMatch(/^http:\/\/localhost:3980\/signup\?token=/)

  await market.activate(id)
  await page.goto(`${contoso}/sandbox/subscriptions/${id}`)
  await page.getByRole('spinbutton', { name: 'Seats' }).fill('9')
  await page.getByRole('button', { name: 'Change seats' }).click()
  await page.getByText('An operation is in progress.').waitFor()
  await page.getByRole('button', { name: '+ 10 seconds' }).click()
  await page.getByText('The clock has moved.').waitFor()
  await page.getByRole('button', { name: '+ 10 seconds' }).click()
  await vi.waitFor(async () => expect((await market.get(id)).subscription.quantity).toBe(9), 10_000)
  await page.getByRole('button', { name: 'Payment failed: suspend' }).click()
  await page.getByText('A payment failed.').waitFor()
  expect((await market.get(id)).subscription.status).toBe('Suspended')
  await page.getByRole('button', { name: 'Payment recovered: reinstate' }).click()
  await page.getByText('The payment came.').waitFor()
  await picture(page, 'played subscription')
  await noViolation(page)
  await page.getByRole('button', { name: 'Cancel it' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Yes, cancel it' }).click()
  await page.getByText('The customer cancelled.').waitFor()
  expect((await market.get(id)).subscription.status).toBe('Unsubscribed')
}, 120_000)

test('faults: set, hit a call, and taken away', async () => {
  const page = await open(owner, `${contoso}/sandbox/faults`)
  await page.getByRole('button', { name: 'Set it' }).click()
  await page.getByText('This was not done.').waitFor()
  await noViolation(page)
  await page.getByLabel('Calls', { exact: true }).selectOption('saas-fulfillment/get')
  await page.getByLabel('Answer with status').fill('503')
  await page.getByRole('button', { name: 'Set it' }).click()
  await page.getByRole('table', { name: 'Faults' }).waitFor()
  await picture(page, 'faults')
  expect((await call(known.desk, contosoToken)).status).toBe(503)
  await page.getByRole('button', { name: 'Take away' }).click()
  await page.getByText('No fault is set').waitFor()
  expect((await call(known.desk, contosoToken)).status).toBe(200)
}, 60_000)

test('a customer changes plan and seats within the limits, and sees its private products', async () => {
  const buyer = 'buyer@adatum.example'
  const id = await market.active({ offerId: 'contoso-desk', planId: 'team', quantity: 5 })
  const address = `/account/subscriptions/${id}/change`
  const page = await open(buyer, address)
  await noViolation(page)
  await picture(page, 'account change')
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0)
  await picture(page, 'account change narrow')
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.getByRole('spinbutton', { name: 'Number of seats' }).fill('5000000')
  await page.getByRole('button', { name: 'Change the seats' }).click()
  await page.getByText('The change was not asked for.').waitFor()
  expect(await page.locator('main').textContent()).toMatch(/is sold with \d+ to \d+ seats, not 5000000/)
  await page.getByRole('spinbutton', { name: 'Number of seats' }).fill('6')
  await page.getByRole('button', { name: 'Change the seats' }).click()
  await page.getByText('The change was asked for.').waitFor()
  await page.goto(address)
  await page.getByText('A change is in progress.').waitFor()
  await market.settle()
  await market.pass({ seconds: 11 })
  expect((await market.get(id)).subscription.quantity).toBe(6)
  await page.goto(address)
  await page.getByRole('button', { name: 'Change to this plan' }).click()
  await page.getByText('The change was asked for.').waitFor()
  // Whoever may not change it asks for an approval there.
  expect(await statusOf('user@adatum.example', address)).toBe(200)
  expect(await statusOf('buyer@northwind.example', address)).toBeGreaterThanOrEqual(403)

  for (const person of [buyer, 'buyer@northwind.example']) {
    const products = await open(person, '/account/private-products')
    await noViolation(products)
    await picture(products, `private products ${person}`)
    await products.close()
  }
}, 90_000)

test('the lists show what arrives without being asked, until they are paused', async () => {
  const page = await open(operator, '/operator/calls')
  await page.getByRole('button', { name: 'Live: pause' }).waitFor()
  const before = await page.getByRole('row').count()
  await call(known.desk, contosoToken)
  await expect.poll(() => page.getByRole('row').count(), { timeout: 15_000 }).toBeGreaterThan(before)
  await page.getByRole('button', { name: 'Live: pause' }).click()
  await page.getByRole('button', { name: 'Paused: go on' }).waitFor()
}, 30_000)

test('the forms of the sandbox work without script', async () => {
  const plain = await signedIn(browser, stoa.url, owner, { javaScriptEnabled: false })
  const page = await plain.newPage()
  await page.goto(`${contoso}/sandbox`)
  await page.getByRole('button', { name: '+ 1 hour' }).click()
  expect(await page.locator('main').textContent()).toContain('The clock has moved.')
  await page.fill('[name=to]', '2020-01-01T00:00')
  await page.getByRole('button', { name: 'Move to this time' }).click()
  expect(await page.locator('main').textContent()).toContain('Market time only goes forward.')
  await page.goto(`${contoso}/sandbox/token`)
  await page.fill('[name=token]', 'nonsense')
  await page.getByRole('button', { name: 'Inspect', exact: true }).click()
  expect(await page.locator('main').textContent()).toContain('This is not a token.')
})
