import { beforeAll, describe, expect, test } from 'vitest'
import * as yauzl from 'yauzl'
import { system, type UserPrincipal } from '../src/kernel/context.ts'
import { startTestStoa, type TestStoa } from './harness.ts'
import { demo, type Marketplace, openMarketplace } from './subscriptions.ts'

let stoa: TestStoa
let market: Marketplace
const cookies = new Map<string, string>()

const { buyer, colleague, stranger } = demo
const admin: UserPrincipal = {
  ...buyer,
  objectId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a0c1',
  email: 'admin@adatum.example',
  displayName: 'Adatum Admin',
  roles: ['global-admin'],
}
const operator = { objectId: '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7a001', email: 'operator@operator.example' }

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, config: { roles: ['api', 'web'] } })
  market = await openMarketplace({ kernel: stoa.kernel, domain: stoa.domain })
  const { directory } = stoa.domain
  await stoa.kernel.run(system, async (ctx) => {
    const { objectId, tenantId, email, displayName } = admin
    await directory.createUser(ctx, { objectId, tenantId, email, displayName, roles: ['global-admin'] })
    for (const { objectId: id, email: address } of [buyer, colleague, stranger, admin, operator]) {
      const [user] = await directory.getUsers(ctx, [id])
      if (!user) throw new Error(`There is no ${address}.`)
      cookies.set(address, await directory.startSession(ctx, user, { address: '127.0.0.1', userAgent: 'test' }))
    }
  })
})

interface Visit {
  as?: { email: string }
  form?: Record<string, string>
  store?: 'business' | 'cloud'
}

async function visit(path: string, { as = buyer, form, store }: Visit = {}) {
  const cookie = `stoa_session=${encodeURIComponent(cookies.get(as.email) ?? '')}${store ? `; stoa_store=${store}` : ''}`
  const answer = await fetch(stoa.url + path, {
    redirect: 'manual',
    headers: { cookie, origin: stoa.url, ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
    ...(form ? { method: 'POST', body: new URLSearchParams(form).toString() } : {}),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  // React marks where two texts meet.
  const text = bytes.toString().replaceAll('<!-- -->', '')
  return {
    status: answer.status,
    location: answer.headers.get('location') ?? '',
    type: answer.headers.get('content-type') ?? '',
    bytes,
    text,
  }
}

describe('buying', () => {
  const rules = { approvalAbove: '40', currency: 'USD' }

  test('a rule set in the portal asks for an approval where it is bought; the request is decided, and then bought', async () => {
    expect(await visit('/account/rules', { form: { intent: 'rules', ...rules } })).toMatchObject({
      status: 303,
      location: '/account/rules?done=rules',
    })
    const review = '/purchase/contoso.contoso-crm?review=1&choice=basic:P1M'
    const page = await visit(review, { as: colleague })
    expect(page.status).toBe(200)
    for (const words of [
      'An administrator of your organisation must approve this',
      'Your role does not include buying.',
      'Ask for an approval',
    ]) {
      expect(page.text).toContain(words)
    }
    expect(page.text).not.toContain('Confirm purchase')

    const order = { choice: 'basic:P1M' }
    const bought = await visit('/purchase/contoso.contoso-crm', {
      as: colleague,
      form: { ...order, accept: 'yes', expectedTotal: '49.00', termsVersion: 'standard-2021-11', idempotencyKey: 'k' },
    })
    expect(bought.status).toBe(403)
    const asked = await visit('/purchase/contoso.contoso-crm', {
      as: colleague,
      form: { ...order, intent: 'request', note: '=HYPERLINK("x") <b>please</b>' },
    })
    expect(asked.location).toMatch(/^\/account\/requests\/[0-9a-f-]{36}\?done=asked$/)
    const request = asked.location.split('?')[0] ?? ''
    expect((await visit(request, { as: stranger })).status).toBe(404)
    const seen = await visit(request)
    expect(seen.text).toContain('&lt;b&gt;please&lt;/b&gt;')
    expect(seen.text).toContain('Approve')
    expect((await visit(request, { as: colleague })).text).not.toContain('value="approve"')
    expect((await visit(request, { as: colleague, form: { intent: 'approve' } })).status).toBe(403)
    expect((await visit(request, { form: { intent: 'deny', answer: '' } })).text).toContain('Say why you deny it.')
    expect(await visit(request, { form: { intent: 'approve', answer: 'Go on.' } })).toMatchObject({ status: 303 })
    expect((await visit('/account/notifications', { as: colleague })).text).toContain('Approved: Contoso CRM')
    expect((await visit(review, { as: colleague })).text).toContain('Confirm purchase')
    expect((await visit('/account/requests')).text).toContain('Contoso CRM, Basic')
    await visit('/account/rules', { form: { intent: 'rules', approvalAbove: '', currency: 'USD' } })
  })

  test('a private marketplace is kept by searching and allowing; product pages say what needs an approval', async () => {
    expect((await visit('/account/rules?q=crm')).text).toContain('offer=contoso.contoso-crm')
    expect((await visit('/account/rules?offer=contoso.contoso-crm')).text).toContain('All plans, also those to come')
    expect((await visit('/account/rules', { form: { intent: 'allow', offer: 'contoso.contoso-crm', planId: 'basic' } })).status).toBe(303)
    expect((await visit('/account/rules', { form: { intent: 'allow', offer: 'contoso.contoso-crm', planId: 'gold' } })).status).toBe(400)
    await visit('/account/rules', { form: { intent: 'rules', approvalAbove: '', currency: 'USD', privateMarketplace: 'yes' } })
    const product = await visit('/product/contoso.contoso-crm')
    expect(product.text.match(/Needs an approval of your organisation/g)).toHaveLength(2)
    expect((await visit('/product/contoso.contoso-crm', { as: stranger })).text).not.toContain('Needs an approval')
    await visit('/account/rules', { form: { intent: 'rules', approvalAbove: '', currency: 'USD' } })
    expect((await visit('/account/rules', { form: { intent: 'rules', approvalAbove: 'x', currency: 'USD' } })).text).toContain(
      'The amount is a number like 500',
    )
  })

  test('AC-191 the cloud store sells no private plan, not even to its audience, who buys it from the own portal', async () => {
    const choose = '/purchase/contoso.contoso-crm'
    expect((await visit(choose, { store: 'cloud' })).text).not.toContain('adatum-special')
    const sent = { choice: 'adatum-special:P1M', accept: 'yes', expectedTotal: '1', termsVersion: 'x', idempotencyKey: 'z' }
    expect((await visit(choose, { store: 'cloud', form: sent })).status).toBe(400)
    expect((await visit(`${choose}?review=1&choice=adatum-special:P1M`, { store: 'cloud' })).status).toBe(400)
    const own = await visit(`${choose}?from=account`, { store: 'cloud' })
    expect(own.text).toContain('adatum-special')
    expect((await visit(`${choose}?from=account`, { as: stranger, store: 'cloud' })).text).not.toContain('adatum-special')
  })

  test('AC-013 the banner for private products is for those who are in an audience', async () => {
    const banner = 'View private products'
    expect((await visit('/account')).text).toContain(banner)
    expect((await visit('/account', { as: colleague })).text).toContain(banner)
    expect((await visit('/account', { as: stranger })).text).not.toContain(banner)
  })

  test('how it is paid is said before it is bought: a card in the business store, the account and its addresses elsewhere', async () => {
    const address = { intent: 'save', label: 'Cost centre 12', line1: 'Main St 1', city: 'Redmond', id: '' }
    expect(await visit('/account/billing/addresses', { form: address })).toMatchObject({ status: 303 })
    expect((await visit('/account/billing/addresses', { form: address })).status).toBe(409)
    expect((await visit('/account/billing/addresses')).text).toContain('Cost centre 12')
    const review = '/purchase/contoso.contoso-crm?review=1&choice=basic:P1M'
    expect((await visit(review, { store: 'business' })).text).toContain('By card: Test card ending in 4242. This store takes cards only.')
    expect((await visit(`${review}&from=account`)).text).toContain('Cost centre 12')
  })
})

describe('people and data', () => {
  test('an administrator adds a user, gives roles, disables and resets; others do not see the pages', async () => {
    const page = await visit('/account/people', { as: admin })
    expect(page.text).toContain('user@adatum.example')
    expect(page.text).not.toContain('northwind')
    expect(
      await visit('/account/people', {
        as: admin,
        form: { intent: 'add', email: 'new@adatum.example', displayName: 'New One', roles: 'purchaser' },
      }),
    ).toMatchObject({ status: 303 })
    expect(
      (await visit('/account/people', { as: admin, form: { intent: 'add', email: 'x@northwind.example', displayName: 'X' } })).text,
    ).toContain('verified domain')
    const one = `/account/people/${colleague.objectId}`
    for (const path of ['/account/people', one]) {
      expect((await visit(path, { as: colleague })).status).toBe(403)
      expect((await visit(path, { as: colleague, form: { intent: 'roles' } })).status).toBe(403)
    }
    expect((await visit('/account', { as: colleague })).text).not.toContain('href="/account/people"')
    expect((await visit('/account/data/organisation', { as: colleague, form: {} })).status).toBe(403)
    expect((await visit(one, { as: admin, form: { intent: 'roles', roles: 'purchaser' } })).status).toBe(303)
    expect((await visit(one, { as: admin, form: { intent: 'password' } })).text).toContain('shown only now')
    expect((await visit(`/account/people/${stranger.objectId}`, { as: admin })).status).toBe(404)
  })

  async function textOf(zip: Buffer, name: string): Promise<string> {
    const archive = await yauzl.fromBufferPromise(zip)
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName !== name) continue
      const chunks: Buffer[] = []
      for await (const chunk of await archive.openReadStreamPromise(entry)) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString()
    }
    return ''
  }

  async function names(zip: Buffer): Promise<string[]> {
    const archive = await yauzl.fromBufferPromise(zip)
    const found: string[] = []
    for await (const entry of archive.eachEntry()) found.push(entry.fileName)
    return found
  }

  test('an organisation downloads what it has, with the PDF of every invoice; people without the role do not', async () => {
    await market.active()
    await stoa.kernel.due.move((from) => from.add({ hours: 24 * 32 }))
    const file = await visit('/account/data/organisation', { form: {} })
    expect(file).toMatchObject({ status: 200, type: 'application/zip' })
    const found = await names(file.bytes)
    expect(found).toEqual(
      expect.arrayContaining([
        'about.json',
        'users.ndjson',
        'subscriptions.ndjson',
        'purchases.ndjson',
        'invoices.ndjson',
        'requests.ndjson',
      ]),
    )
    expect(found.filter((name) => name.endsWith('.pdf')).length).toBeGreaterThan(0)
    const withoutInvoices = await names((await visit('/account/data/organisation', { as: admin, form: {} })).bytes)
    expect(withoutInvoices).toContain('users.ndjson')
    expect(withoutInvoices.filter((name) => name.endsWith('.pdf'))).toEqual([])
    const users = await textOf((await visit('/account/data/organisation', { as: stranger, form: {} })).bytes, 'users.ndjson')
    expect(users).toContain('buyer@northwind.example')
    expect(users).not.toContain('adatum')
  })

  test('a person downloads and erases what is stored of him; the operator does it for those who ask, and reads the report', async () => {
    const file = await visit('/account/data/person', { as: admin, form: {} })
    expect(file.type).toBe('application/zip')
    expect(await names(file.bytes)).toEqual(expect.arrayContaining(['about.json', 'directory.user_account.ndjson']))
    expect((await visit('/account/data', { as: stranger, form: { intent: 'erase', email: 'somebody@else.example' } })).status).toBe(400)

    const made = await market.as(system, (ctx) =>
      stoa.domain.directory.createUser(ctx, { tenantId: buyer.tenantId, email: 'leaver@adatum.example', displayName: 'Lee Leaver' }),
    )
    for (const path of ['/operator/privacy', `/operator/privacy?q=${made.email}`]) expect((await visit(path)).status).toBe(403)
    expect((await visit(`/operator/privacy?q=${made.email}`, { as: operator })).text).toContain('Lee Leaver')
    expect((await visit(`/operator/privacy/export/${made.objectId}`, { as: operator, form: {} })).type).toBe('application/zip')
    expect((await visit(`/operator/privacy/export/${made.objectId}`, { form: {} })).status).toBe(403)
    const erased = await visit('/operator/privacy', {
      as: operator,
      form: { intent: 'erase', person: made.objectId, reason: 'Asked by letter' },
    })
    expect(erased.location).toMatch(/^\/operator\/privacy\/[0-9a-f-]{36}$/)
    const report = await visit(erased.location, { as: operator })
    expect(report.text).toContain('Asked by letter')
    expect(report.text).not.toMatch(/Lee Leaver|leaver@adatum/)
  })
})

test('the operator sees what was bought from previews', async () => {
  expect((await visit('/operator/previews', { as: operator })).text).toContain('Purchases of previews')
  expect((await visit('/operator/previews')).status).toBe(403)
})
