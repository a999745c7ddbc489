/** Partner Center's account pages over HTTP: from somebody without an account to several accounts, and what the marketplace decides about them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { Browser } from '../src/api/directory/browser.ts'
import { attributeUsage } from '../src/cli/attribute-usage.ts'
import { importAccount } from '../src/cli/import-account.ts'
import { type Ctx, system, type UserPrincipal } from '../src/kernel/context.ts'
import { startTestStoa, type TestStoa } from './harness.ts'
import { demo as people, type Marketplace, openMarketplace } from './subscriptions.ts'

let stoa: TestStoa
let market: Marketplace
let operator: UserPrincipal
const cookies = new Map<string, string>()

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true, config: { roles: ['web', 'api'] } })
  market = await openMarketplace(stoa)
  operator = (await principal('operator@operator.example')) as UserPrincipal
})

const run = <T>(fn: (ctx: Ctx) => Promise<T>, as: Parameters<TestStoa['kernel']['run']>[0] = system) => stoa.kernel.run(as, fn)

async function principal(email: string): Promise<UserPrincipal> {
  return run(async (ctx) => {
    const user = await stoa.domain.directory.findUserByEmail(ctx, email)
    return (user && (await stoa.domain.directory.principal(ctx, user.objectId))) as UserPrincipal
  })
}

/** Somebody with a work account, and nothing else. */
async function worker(email: string): Promise<UserPrincipal> {
  const domain = email.split('@')[1] ?? ''
  await run(async (ctx) => {
    const known = await stoa.domain.directory.findTenant(ctx, domain)
    const { tenantId } = known ?? (await stoa.domain.directory.createTenant(ctx, { name: `${domain} Ltd`, domain, country: 'FR' }))
    await stoa.domain.directory.createUser(ctx, { tenantId, email, displayName: email })
  })
  return principal(email)
}

interface Answer {
  status: number
  /** path and query of where it leads, or '' */
  to: string
  html: string
  /** without tags */
  text: string
}

async function ask(email: string, path: string, form?: Record<string, string>, cookie = ''): Promise<Answer> {
  let session = cookies.get(email)
  if (!session) {
    session = await run(async (ctx) => {
      const user = await stoa.domain.directory.findUserByEmail(ctx, email)
      if (!user) throw new Error(`Nobody is ${email}.`)
      return stoa.domain.directory.startSession(ctx, user, { address: '127.0.0.1', userAgent: 'test' })
    })
    cookies.set(email, session)
  }
  const answer = await fetch(`${stoa.url}${path}`, {
    redirect: 'manual',
    headers: { cookie: `stoa_session=${encodeURIComponent(session)}${cookie}`, origin: stoa.url },
    ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
  })
  const html = await answer.text()
  const to = answer.headers.get('location') ?? ''
  return {
    status: answer.status,
    to: to.replace(stoa.url, ''),
    html,
    text: html
      .replaceAll(/<(script|style)[\s\S]*?<\/\1>/g, ' ')
      .replaceAll(/<!-- -->/g, '')
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' '),
  }
}

/** The addresses of the left navigation, in order. */
const navOf = ({ html }: Answer) =>
  [...(/<nav[^>]*aria-label="Partner Center"[\s\S]*?<\/nav>/.exec(html)?.[0] ?? '').matchAll(/href="([^"]+)"/g)].map(
    (match) => match[1] ?? '',
  )

/** Names and values of the fields of a page's forms. */
const fieldsOf = ({ html }: Answer) =>
  new Map(
    [...html.matchAll(/<input[^>]*>/g)].flatMap(([input]) => {
      const name = /name="([^"]*)"/.exec(input)?.[1]
      return name ? [[name, /value="([^"]*)"/.exec(input)?.[1] ?? ''] as const] : []
    }),
  )

const company = {
  legalName: 'Margie Travel SARL',
  country: 'France',
  line1: 'Rue 1',
  line2: '',
  postalCode: '75001',
  city: 'Paris',
  region: '',
  contactName: 'Margie',
  contactEmail: 'margie@margie.example',
  contactPhone: '+33 1 2345678',
  publisherName: 'Margie Travel',
  publisherId: 'margie',
  hasAuthority: 'yes',
  publisherAgreement: '1.0',
  partnerNetworkAgreement: '1.0',
}

const accountOf = async (tenantId: string): Promise<string> =>
  (await stoa.kernel.database.pool.query('select account_id from accounts.seller_account where tenant_id = $1', [tenantId])).rows[0]
    .account_id
const contosoBase = async () => `/partner/accounts/${await accountOf(people.contoso.tenantId)}`

test('AC-024 AC-025 who works for nobody finds the enrolment from /partner, and lands on the home of the new account', async () => {
  const { email, tenantId } = await worker('margie@margie.example')
  expect(await ask(email, '/partner')).toMatchObject({ status: 302, to: '/partner/enroll' })
  const ways = await ask(email, '/partner/enroll')
  expect(ways.html).toContain('href="/partner/enroll/company"')
  const form = await ask(email, '/partner/enroll/company')
  expect(form.text).toContain('Accept and continue')
  expect(form.text).toContain('I have read version 1.0 of the Publisher Agreement')
  const refused = await ask(email, '/partner/enroll/company', { ...company, legalName: '', country: 'Atlantis', hasAuthority: '' })
  expect(refused.status).toBe(400)
  expect(refused.text).toContain('Give the legal name of the company.')
  expect(refused.text).toContain('Declare that you may sign legal agreements for the company.')
  const unread = await ask(email, '/partner/enroll/company', { ...company, publisherAgreement: '' })
  expect(unread.status).toBe(400)
  expect(unread.text).toContain('Read and accept the agreement to go on.')
  expect(await ask(email, '/partner/account/programs')).toMatchObject({ status: 403 })

  const done = await ask(email, '/partner/enroll/company', company)
  const base = `/partner/accounts/${await accountOf(tenantId)}`
  expect(done).toMatchObject({ status: 303, to: `${base}?welcome` })
  const home = await ask(email, done.to)
  expect(home.text).toContain('Margie Travel SARL is registered for the commercial marketplace.')
  expect(home.text).toContain('Account Margie Travel SARL')
  expect(home.text).toContain('Confirm your contact’s e-mail address')
  expect(home.text).toContain('There is no tax profile yet.')
  expect((await ask(email, `${base}/programs`)).text).toContain(
    'Commercial Marketplace Publish offers and sell them in the stores. Registered',
  )
  expect(await ask(email, '/partner')).toMatchObject({ to: base })

  const colleague = await worker('guy@margie.example')
  expect((await ask(colleague.email, '/partner/enroll')).text).toContain('has a publisher account already')
  expect(await ask(colleague.email, base)).toMatchObject({ status: 403 })
  expect(await ask(colleague.email, '/partner/enroll/company')).toMatchObject({ status: 302, to: '/partner/enroll' })
})

test('AC-017 AC-026 AC-028 somebody of a company without a directory makes one by mail, and confirms the contact address', async () => {
  const visitor = new Browser(stoa.tlsUrl, stoa.caFile)
  const send = async (page: { text: string }, path: string, form: Record<string, string>) =>
    visitor.open(path, { form: { form: /name="form" value="([^"]+)"/.exec(page.text)?.[1] ?? '', ...form } })
  const asked = await visitor.open('/signin/register')
  const personal = await send(asked, '/signin/register', { email: 'somebody@gmail.com' })
  expect(personal).toMatchObject({ status: 400, text: expect.stringContaining('Give your address at work') })
  expect((await send(asked, '/signin/register', { email: 'nobody' })).status).toBe(400)
  const known = await send(asked, '/signin/register', { email: 'new@contoso.example' })
  const unknown = await send(asked, '/signin/register', { email: 'Cara@Wingtip.example' })
  expect(known.text.replace('new@contoso.example', '')).toBe(unknown.text.replace('Cara@Wingtip.example', ''))
  const mailTo = async (to: string) => (await run((ctx) => stoa.kernel.mail.list(ctx, { to, limit: 1 })))[0]?.text ?? ''
  expect(await mailTo('new@contoso.example')).toContain('has a directory here already')
  const link = /\/signin\/register\/finish\?token=[\w-]+/.exec(await mailTo('cara@wingtip.example'))?.[0] ?? ''
  const token = link.split('token=')[1] ?? ''
  const finish = await visitor.open(link)
  const person = {
    token,
    companyName: 'Wingtip Toys',
    country: 'Kosovo',
    displayName: 'Cara',
    password: 'a long password',
    again: 'a long password',
  }
  for (const [changes, says] of [
    [{ again: 'another' }, 'The two passwords differ.'],
    [{ password: 'short', again: 'short' }, 'characters'],
    [{ country: 'DE' }, 'Choose the country'],
    [{ companyName: 'x'.repeat(10_000) }, 'at most 120 characters'],
  ] as const) {
    expect(await send(finish, '/signin/register/finish', { ...person, ...changes })).toMatchObject({
      status: 400,
      text: expect.stringContaining(says),
    })
  }
  expect((await send(finish, '/signin/register/finish', person)).status).toBe(200)
  expect((await send(finish, '/signin/register/finish', person)).status).toBe(410)
  const cara = await principal('cara@wingtip.example')
  expect(cara.roles).toContain('global-admin')
  expect(await run((ctx) => stoa.domain.directory.findTenant(ctx, 'wingtip.example'))).toMatchObject({
    name: 'Wingtip Toys',
    country: 'XK',
  })

  const enrolled = await ask(cara.email, '/partner/enroll/company', {
    ...company,
    country: 'Kosovo',
    contactEmail: cara.email,
    publisherId: 'wingtip',
  })
  const base = enrolled.to.replace('?welcome', '')
  const steps = async () => (await ask(cara.email, `${base}/legal/developer`)).text.match(/(E-mail|Employment|Business) verification \w+/g)
  expect(await steps()).toEqual(['E-mail verification Pending', 'Employment verification Pending', 'Business verification Pending'])
  const confirm = /\/signin\/confirm\?token=([\w-]+)/.exec(await mailTo(cara.email))
  const page = await visitor.open(confirm?.[0] ?? '')
  expect(await steps()).toEqual(['E-mail verification Pending', 'Employment verification Pending', 'Business verification Pending'])
  expect((await send(page, '/signin/confirm', { token: confirm?.[1] ?? '' })).text).toContain('is confirmed')
  expect((await send(page, '/signin/confirm', { token: confirm?.[1] ?? '' })).status).toBe(410)
  const refuse = { verdict: 'refuse', reason: 'Not in the register' } as const
  await run((ctx) => stoa.domain.accounts.decideVerification(ctx, base.split('/')[3] ?? '', 'business', refuse), operator)
  expect(await steps()).toEqual(['E-mail verification Verified', 'Employment verification Verified', 'Business verification Refused'])
  expect((await ask(cara.email, base)).text).toContain('Business verification was refused Not in the register')
  expect(await ask(cara.email, `${base}/legal/developer`, { intent: 'again', step: 'business' })).toMatchObject({ status: 303 })
  expect((await steps())?.[2]).toBe('Business verification Pending')
})

/** An account of some programs, brought over and claimed by its owner. */
async function claimed(
  email: string,
  programs: ('partner-network' | 'reseller' | 'developer')[],
  accountType: 'company' | 'individual' = 'company',
) {
  await worker(email)
  const { accountId } = await run(
    (ctx) =>
      stoa.domain.accounts.importAccount(ctx, {
        legalName: `${email.split('@')[1]} AG`,
        accountType,
        country: 'Germany',
        contact: { name: 'Somebody', email, phone: '' },
        owner: { email, displayName: 'Somebody' },
        programs,
        mpnIds: programs.includes('partner-network') ? [{ mpnId: '4711000', location: 'Bonn', isCsp: true }] : [],
      }),
    operator,
  )
  const [mail] = await run((ctx) => stoa.kernel.mail.list(ctx, { to: email, limit: 1 }))
  const token = /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
  return { accountId, token, base: `/partner/accounts/${accountId}` }
}

test('AC-020 AC-021 AC-030 an account is claimed by its own link; Legal info has the tabs of its programs only', async () => {
  const { token, base } = await claimed('ana@litware.example', ['partner-network'])
  const stranger = 'owner@contoso.example'
  expect(await ask(stranger, `/partner/enroll/claim?token=${token}`)).toMatchObject({
    status: 200,
    text: expect.not.stringContaining('litware'),
  })
  const claim = `/partner/enroll/claim?token=${token}`
  expect((await ask(stranger, claim, { token })).status).toBe(403)
  expect((await ask('ana@litware.example', claim)).text).toContain('litware.example AG')
  expect(await ask('ana@litware.example', '/partner/enroll/claim', { token })).toMatchObject({ status: 303, to: `${base}?welcome` })
  expect((await ask('ana@litware.example', claim, { token })).status).toBe(410)
  expect(await ask('ana@litware.example', `${base}/legal`)).toMatchObject({ to: `${base}/legal/partner` })
  const tabsOf = async (email: string, path: string) =>
    [...(/<nav[^>]*aria-label="Legal info"[\s\S]*?<\/nav>/.exec((await ask(email, path)).html)?.[0] ?? '').matchAll(/>(\w+)<\/a>/g)].map(
      (match) => match[1],
    )
  expect(await tabsOf('ana@litware.example', `${base}/legal/partner`)).toEqual(['Partner'])
  expect((await ask('ana@litware.example', `${base}/legal/developer`)).status).toBe(404)
  expect((await ask('ana@litware.example', `${base}/identifiers`)).text).toMatch(/CSP 4711000/)

  const reseller = await claimed('rita@reselling.example', ['reseller', 'developer'])
  await ask('rita@reselling.example', '/partner/enroll/claim', { token: reseller.token })
  expect(await tabsOf('rita@reselling.example', `${reseller.base}/legal/reseller`)).toEqual(['Reseller', 'Developer'])

  expect((await ask('ana@litware.example', base)).text).toContain('Enrol in the commercial marketplace')
  const start = `/partner/enroll/partner/${base.split('/').at(-1)}`
  expect((await ask('ana@litware.example', `${base}/programs`)).html).toContain(`href="${start}"`)
  const form = { mpnId: '4711000', companyName: 'Litware', publisherName: 'Litware', publisherId: 'litware', publisherAgreement: '1.0' }
  expect(await ask('ana@litware.example', start, { ...form, mpnId: '' })).toMatchObject({
    status: 400,
    text: expect.stringContaining('Choose the partner ID to link.'),
  })
  expect(await ask('ana@litware.example', start, form)).toMatchObject({ status: 303, to: `${base}?welcome` })
  expect(await tabsOf('ana@litware.example', `${base}/legal/partner`)).toEqual(['Partner', 'Developer'])
})

test('AC-029 an account brought over keeps agreements, profiles, people with their roles and offers that are sold; its owner claims it', async () => {
  const owner = 'olga@tailspin.example'
  const { accounts, offers, publishing, directory } = stoa.domain
  const file = join(stoa.kernel.config.dataDir, 'account.json')
  const account = {
    legalName: 'Tailspin Toys Inc',
    country: 'United States',
    contact: { name: 'Olga', email: owner, phone: '' },
    owner: { email: owner, displayName: 'Olga' },
    programs: ['commercial-marketplace'],
    agreements: [{ kind: 'publisher', version: '7.0', acceptedAt: '2019-05-01T10:00:00Z', acceptedAs: 'Olga Owner' }],
    publishers: [{ publisherId: 'tailspin', name: 'Tailspin' }],
    members: [{ email: 'dan@tailspin.example', displayName: 'Dan', roles: ['developer'] }],
    tax: {
      ...{ entityType: 'corporation', legalName: 'Tailspin Toys Inc', residence: 'US', citizenship: '', taxNumber: '12-3456789' },
      ...{ claimsTreaty: false, treatyRate: '', treatyArticle: '', signature: 'Olga', certified: true },
    },
    payout: {
      holder: 'Tailspin Toys Inc',
      country: 'US',
      currency: 'USD',
      bank: '',
      account: '123456789',
      bic: '',
      routing: '021000021',
    },
  }
  writeFileSync(file, JSON.stringify({ ...account, country: 'USA' }))
  const config = { ...stoa.kernel.config, databaseUrl: stoa.kernel.databaseUrl }
  await expect(importAccount(config, file)).rejects.toThrow('country: The country is not in the table of residences.')
  writeFileSync(file, JSON.stringify(account))
  const { accountId } = await importAccount(config, file)
  await market.pass({ hours: 49 }) // its profiles are checked
  // Its offer is brought over too, and is on the shelf before anybody has claimed the account.
  await run(async (ctx) => {
    const [crm] = (await offers.listOffers(ctx, { publisherIds: ['contoso'] })).filter((one) => one.offerId === 'contoso-crm')
    const { draft } = await offers.getDraft(ctx, crm?.id ?? '')
    const written = (at: { module: string; plan?: string }) => ({ ...draft.content({ ...at, variant: 'en' }), ...draft.content(at) })
    const { id: offer } = await offers.createOffer(ctx, { publisherId: 'tailspin', offerId: 'trains', offerType: 'saas', alias: 'Trains' })
    for (const module of ['setup', 'pricing', 'listing', 'properties', 'resell', 'preview-audience']) {
      await offers.saveSection(ctx, { offer, module, content: written({ module }) })
    }
    const { tenantId } = await accounts.publisher(ctx, 'tailspin')
    const { clientId: applicationId } = await directory.createApplication(ctx, { tenantId, name: 'Trains', purpose: 'fulfillment' })
    const technical = { ...draft.content<object>({ module: 'technical-configuration' }), tenantId, applicationId }
    await offers.saveSection(ctx, { offer, module: 'technical-configuration', content: technical })
    for (const { planId } of draft.plans.slice(0, 1)) {
      await offers.createPlan(ctx, { offer, planId, name: 'Basic' })
      for (const module of ['plan-listing', 'plan-pricing']) {
        await offers.saveSection(ctx, { offer, planId, module, content: written({ module, plan: planId }) })
      }
    }
    await publishing.publishNow(ctx, { offer })
  })
  const isSold = async () => (await fetch(`${stoa.url}/product/tailspin.trains`)).status === 200
  expect(await isSold()).toBe(true)
  const roles = async (email: string) => (await principal(email)).memberships?.flatMap((one) => one.roles) ?? []
  expect([await roles(owner), await roles('dan@tailspin.example')]).toEqual([[], []])
  const console = '/operator/accounts/import'
  expect((await ask('operator@operator.example', console)).text).toContain('Tailspin Toys Inc')
  expect((await ask('operator@operator.example', console, { account: '{' })).text).toContain('This is not JSON')
  expect((await ask('operator@operator.example', console, { account: '{"legalName":""}' })).text).toContain(
    'legalName: Give the legal name.',
  )
  expect((await ask(owner, console, { account: '{}' })).status).toBe(403)
  expect(await ask('operator@operator.example', console, { intent: 'resend', account: accountId, email: owner })).toMatchObject({
    status: 303,
  })
  const [mail] = await run((ctx) => stoa.kernel.mail.list(ctx, { to: owner, limit: 1 }))
  const token = /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
  expect((await ask('dan@tailspin.example', `/partner/enroll/claim?token=${token}`, { token })).status).toBe(403)
  const base = `/partner/accounts/${accountId}`
  expect(await ask(owner, `/partner/enroll/claim?token=${token}`, { token })).toMatchObject({ status: 303, to: `${base}?welcome` })

  expect([await roles(owner), await roles('dan@tailspin.example')]).toEqual([['owner'], ['developer']])
  expect(await isSold()).toBe(true)
  const agreements = (await ask(owner, `${base}/agreements`)).text
  expect(agreements).toMatch(/Publisher Agreement|publisher/)
  expect(agreements).toContain('7.0 1 May 2019, 10:00 UTC Olga Owner')
  expect((await ask(owner, `${base}/legal/developer`)).text).toContain('Account status Active')
  const profiles = (await ask(owner, '/partner/publishers/tailspin/profiles')).text
  expect(profiles).toContain('Form W-9, signed by Olga')
  expect(profiles).toContain('ends in 6789')
  expect((await ask('dan@tailspin.example', '/partner/publishers/tailspin/offers')).text).toContain('trains')
  const [user] = await run(async (ctx) => directory.listUsers(ctx, (await directory.findTenant(ctx, 'tailspin.example'))?.tenantId ?? ''))
  expect(user?.email).toBe('dan@tailspin.example')
})

test('AC-031 AC-032 AC-033 IDs are shown and cannot be changed; a missing Symantec ID can be asked for; contact info has an update', async () => {
  const base = await contosoBase()
  const owner = 'owner@contoso.example'
  const page = await ask(owner, `${base}/legal/developer`)
  for (const label of ['Symantec ID', 'Seller ID', 'User ID', 'MPN ID', 'Azure AD tenants']) expect(page.text).toContain(label)
  expect(page.text).toContain(people.contoso.tenantId)
  expect(page.text).toContain('Request a Symantec ID')
  expect([...fieldsOf(page).keys()]).toEqual(['intent'])
  const update = await ask(owner, `${base}/legal/developer/update`)
  expect([...fieldsOf(update).keys()].filter((name) => /id$|tenant|symantec|seller/i.test(name))).toEqual([])
  await ask(owner, `${base}/legal/developer`, { intent: 'symantec' })
  expect((await ask(owner, `${base}/legal/developer`)).text).toContain('Symantec ID Requested')
  expect((await ask(owner, `${base}/legal/developer`, { intent: 'symantec' })).status).toBe(409)
  await run(async (ctx) => stoa.domain.accounts.setSymantecId(ctx, await accountOf(people.contoso.tenantId), 'SYM-0815'), operator)
  expect((await ask(owner, `${base}/legal/developer`)).text).toContain('Symantec ID SYM-0815')

  const contact = {
    ...{ displayName: 'Contoso International', contactName: 'Carl', contactEmail: 'carl@contoso.example', contactPhone: '+1 425 5550100' },
    ...{ line1: 'One Way', line2: '', postalCode: '98052', city: 'Redmond', region: 'WA' },
    ...{ approverName: 'Ann', approverEmail: 'ann@contoso.example', approverPhone: '+1 425 5550101' },
  }
  const path = `${base}/legal/developer/update`
  expect((await ask(owner, path, { ...contact, contactEmail: 'carl' })).text).toContain('Give an e-mail address like name@company.example.')
  expect(await ask('developer@contoso.example', path, contact)).toMatchObject({ status: 403 })
  expect(await ask(owner, path, contact)).toMatchObject({ status: 303 })
  const changed = (await ask(owner, `${base}/legal/developer`)).text
  expect(changed).toContain('Publisher display name Contoso International')
  expect(changed).toContain('Carl, carl@contoso.example, +1 425 5550100')
})

test('AC-034 AC-035 AC-036 AC-037 the identifiers page lists what an account is known by, and makes tracking GUIDs', async () => {
  const base = await contosoBase()
  const page = await ask('owner@contoso.example', `${base}/identifiers`)
  for (const heading of ['MPN IDs', 'CSP', 'Publisher', 'Tracking GUIDs']) expect(page.html).toMatch(new RegExp(`<h2[^>]*>${heading}</h2>`))
  const settings = await run(async (ctx) => stoa.domain.accounts.accountSettings(ctx, base.split('/')[3] ?? ''))
  expect(page.text).toContain(settings.sellerId)
  expect(page.text).toContain(settings.mpnIds[0]?.mpnId)
  expect(page.text).toContain('contoso')
  const guid = { intent: 'register', name: 'Store', product: 'Contoso CRM', channel: 'Business store' }
  expect(await ask('owner@contoso.example', `${base}/identifiers`, { ...guid, guid: 'xyz' })).toMatchObject({
    status: 400,
    text: expect.stringContaining('A tracking GUID has 32 hexadecimal digits.'),
  })
  const made = await ask('owner@contoso.example', `${base}/identifiers`, { ...guid, intent: 'generate', mailTo: 'dev@contoso.example' })
  expect(made).toMatchObject({ status: 303 })
  const shown = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(
    (await ask('owner@contoso.example', made.to)).text.split('registered:')[1] ?? '',
  )?.[0]
  const [mail] = await run((ctx) => stoa.kernel.mail.list(ctx, { to: 'dev@contoso.example', limit: 1 }))
  expect(mail?.text).toContain(shown)
  const csv = join(stoa.kernel.config.dataDir, 'usage.csv')
  const config = { ...stoa.kernel.config, databaseUrl: stoa.kernel.databaseUrl }
  writeFileSync(csv, `guid,day,resource,amount,currency\n${shown},2026-10-05,vm-1,12.50,USD\n${shown},2026-10-06,vm-2,=1+1,USD\n`)
  await expect(attributeUsage(config, csv)).rejects.toThrow('line 2: amount is not as it should be.')
  writeFileSync(csv, `guid,day,resource,amount,currency\n${shown},2026-10-05,vm-1,12.50,USD\n${shown},2026-10-06,vm-2,7.50,USD\n`)
  expect(await attributeUsage(config, csv)).toEqual({ recorded: 2 })
  const usage = await ask('owner@contoso.example', `${base}/identifiers/usage?from=2026-10-01&to=2026-10-31`)
  expect(usage.text).toContain(`${settings.mpnIds[0]?.mpnId} ${shown} Store Contoso CRM Business store 2 $20.00`)
  expect((await ask('owner@contoso.example', `${base}/identifiers/usage?from=2026-99-99&to=x`)).text).toContain('Nothing was reported')
})

test('AC-038 AC-039 a new version of an agreement is asked for until it is read and accepted', async () => {
  const base = await contosoBase()
  const before = (await ask('manager@contoso.example', `${base}/agreements`)).text
  expect(before).toMatch(/Publisher Agreement 1\.0 \d+ \w+ \d{4}, \d\d:\d\d UTC owner@contoso\.example/)
  expect(before).not.toContain('Actions needed')
  const next = { kind: 'publisher', version: '2.0', title: 'Publisher Agreement', body: 'First.\n\n<script>alert(1)</script>' }
  await run((ctx) => stoa.domain.accounts.publishAgreement(ctx, next), operator)
  expect((await ask('manager@contoso.example', base)).text).toContain('Accept version 2.0 of the Publisher Agreement')
  expect((await ask('manager@contoso.example', `${base}/agreements`)).text).toContain('Actions needed')
  const text = await ask('manager@contoso.example', `${base}/agreements/publisher/2.0`)
  expect(text.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
  expect((await ask('manager@contoso.example', `${base}/agreements/publisher/1.0`, {})).status).toBe(409)
  expect((await ask('developer@contoso.example', `${base}/agreements/publisher/2.0`, {})).status).toBe(403)
  expect(await ask('manager@contoso.example', `${base}/agreements/publisher/2.0`, {})).toMatchObject({ status: 303 })
  const after = (await ask('manager@contoso.example', `${base}/agreements`)).text
  expect(after).not.toContain('Actions needed')
  expect(after).toContain('manager@contoso.example')
  expect((await ask('manager@contoso.example', `${base}/agreements/publisher/9`)).status).toBe(404)
})

test('AC-040 AC-041 both views lead to the same settings; devices have nothing to set', async () => {
  const base = await contosoBase()
  const owner = 'owner@contoso.example'
  const current = await ask(owner, base)
  const chosen = await fetch(`${stoa.url}/partner/view`, {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: `stoa_session=${encodeURIComponent(cookies.get(owner) ?? '')}`, origin: stoa.url },
    body: new URLSearchParams({ view: 'workspaces', return: 'https://evil.example/' }),
  })
  expect(chosen.headers.get('location')).toBe('/partner')
  const cookie = `; ${(chosen.headers.get('set-cookie') ?? '').split(';')[0]}`
  expect(cookie).toBe('; stoa_partner_view=workspaces')
  const workspaces = await ask(owner, base, undefined, cookie)
  expect(navOf(current)).toContain(`${base}/legal`)
  expect(navOf(workspaces)).toEqual([base, '/partner/whats-new'])
  expect(workspaces.text).toContain('Account settings Legal info, identifiers')
  expect(workspaces.html).toContain(`href="${base}/legal"`)
  const settingsIn = (page: Answer) => navOf(page).filter((path) => path.startsWith(`${base}/`))
  const legal = [await ask(owner, `${base}/legal/partner`), await ask(owner, `${base}/legal/partner`, undefined, cookie)] as const
  expect(settingsIn(legal[0])).toEqual(settingsIn(legal[1]))
  expect(settingsIn(legal[1]).length).toBeGreaterThan(4)
  const main = (page: Answer) => /<h1[\s\S]*<\/main>/.exec(page.html)?.[0].replaceAll(/id="[^"]*"|aria-labelledby="[^"]*"/g, '')
  expect(main(legal[0])).toBe(main(legal[1]))

  const devices = await ask(owner, `${base}/devices`)
  expect(devices.text).toContain('Not applicable')
  expect(fieldsOf(devices).size).toBe(0)
})

test('AC-023 AC-066 AC-067 AC-068 the account picker is for people of several accounts, and the account rules every page', async () => {
  const { token, base } = await claimed('jane@solo.example', ['developer'], 'individual')
  const jane = 'jane@solo.example'
  await ask(jane, '/partner/enroll/claim', { token })
  expect((await ask(jane, base)).html).not.toContain('Switch account')
  const start = `/partner/enroll/developer/${base.split('/').at(-1)}`
  const form = { workEmail: jane, companyName: 'Solo Works', publisherName: 'Solo', publisherId: 'solo', publisherAgreement: '2.0' }
  const second = (await ask(jane, start, form)).to.replace('?welcome', '')
  expect(second).toMatch(/^\/partner\/accounts\/[\w-]{36}$/)
  expect(second).not.toBe(base)
  const [one, other] = [await ask(jane, base), await ask(jane, second)]
  expect([
    one.html.includes('Account: solo.example AG. Switch account'),
    other.html.includes('Account: Solo Works. Switch account'),
  ]).toEqual([true, true])
  expect(one.html).not.toContain('/partner/publishers/solo')
  expect(other.html).toContain('/partner/publishers/solo')
  const publisher = await ask(jane, '/partner/publishers/solo')
  expect(publisher.text).toContain('Account Solo Works')
  expect(navOf(publisher)).toContain(`${second}/legal`)
  expect(navOf(one).every((path) => !path.startsWith(second))).toBe(true)

  // The same person is developer in Contoso's account: nothing of what she owns elsewhere holds there.
  const { objectId: id, tenantId } = await principal(jane)
  const contoso = people.contoso.tenantId
  await run((ctx) => stoa.domain.accounts.setMember(ctx, { accountTenantId: contoso, kind: 'user', id, tenantId, roles: ['developer'] }))
  const third = await contosoBase()
  expect((await ask(jane, third)).status).toBe(200)
  for (const path of ['legal/partner', 'identifiers', 'publishers/new', 'agreements', 'programs']) {
    expect((await ask(jane, `${third}/${path}`)).status, path).toBe(403)
    expect((await ask(jane, `${second}/${path.replace('legal/partner', 'legal/developer')}`)).status, path).toBe(200)
  }
  expect(navOf(await ask(jane, third)).filter((path) => path.startsWith(`${third}/`))).toEqual([`${third}/mail`])
  expect((await ask(jane, `${third}/publishers/new`, { publisherId: 'jane', name: 'J', mpnId: '1' })).status).toBe(403)
  expect((await ask('owner@fabrikam.example', third)).status).toBe(404)
  expect((await ask('owner@fabrikam.example', '/partner/accounts/not-an-id/legal')).status).toBe(404)
})

test('AC-061 AC-062 AC-063 AC-065 the form of a new publisher is prefilled with an ID in use, which has to be changed', async () => {
  const base = await contosoBase()
  const page = await ask('manager@contoso.example', `${base}/publishers/new`)
  expect(fieldsOf(page).get('publisherId')).toBe('contoso')
  const mpnId = /<option[^>]*value="(\d{7})"/.exec(page.html)?.[1] ?? ''
  const form = { mpnId, publisherId: 'contoso', name: 'Contoso Labs', contactName: '', contactEmail: '', contactPhone: '' }
  const post = (changes: object) => ask('manager@contoso.example', `${base}/publishers/new`, { ...form, ...changes })
  expect(await post({})).toMatchObject({ status: 409, text: expect.stringContaining('is or was in use') })
  expect((await post({ publisherId: 'fabrikam' })).status).toBe(409)
  expect((await post({ publisherId: 'contoso-labs', mpnId: '' })).text).toContain('Choose one of the account’s partner IDs.')
  expect(await post({ publisherId: 'contoso-labs' })).toMatchObject({ status: 303, to: `${base}/publishers?added=contoso-labs` })
  expect((await ask('manager@contoso.example', '/partner/publishers/contoso-labs')).status).toBe(200)
  expect((await ask('manager@contoso.example', `${base}/publishers/contoso-labs`, { ...form, name: '' })).text).toContain(
    'Give the publisher a name.',
  )
})

test('a suspended publisher’s offers leave the stores and are not sold; who has bought keeps what he has; reinstated, all is back', async () => {
  const id = await market.active()
  const shown = async () => [
    (await fetch(`${stoa.url}/product/contoso.contoso-crm`)).status,
    (await run((ctx) => stoa.domain.catalog.list(ctx, { store: 'business', q: 'contoso' }))).items.some(
      (card) => card.publisherId === 'contoso',
    ),
  ]
  expect(await shown()).toEqual([200, true])
  await expect(run((ctx) => stoa.domain.accounts.suspendPublisher(ctx, 'contoso', ''), operator)).rejects.toMatchObject({
    code: 'ReasonMissing',
  })
  await run((ctx) => stoa.domain.accounts.suspendPublisher(ctx, 'contoso', 'Complaints about spam'), operator)
  expect(await shown()).toEqual([404, false])
  await expect(market.buy()).rejects.toMatchObject({ code: 'PlanStopped' })
  await expect(run((ctx) => stoa.domain.accounts.suspendPublisher(ctx, 'contoso', 'Again'), operator)).rejects.toMatchObject({
    code: 'IllegalTransition',
  })
  const home = await ask('owner@contoso.example', await contosoBase())
  expect(home.text).toContain('Contoso Ltd is suspended')
  expect((await ask('owner@contoso.example', `${await contosoBase()}/publishers`)).text).toContain('Complaints about spam')
  const [mail] = await run((ctx) => stoa.kernel.mail.list(ctx, { to: 'owner@contoso.example', limit: 1 }))
  expect(mail).toMatchObject({ template: 'publisher-suspended', text: expect.stringContaining('Reason: Complaints about spam') })
  const before = (await market.get(id)).subscription
  await market.pass({ hours: 24 * 32 })
  const { subscription } = await market.get(id)
  expect(subscription.status).toBe('Subscribed')
  expect(subscription.termStart?.toString()).not.toBe(before.termStart?.toString())
  await run((ctx) => stoa.domain.accounts.reinstatePublisher(ctx, 'contoso', 'Settled'), operator)
  expect(await shown()).toEqual([200, true])
  await market.buy()
  const { rows } = await stoa.kernel.database.pool.query(
    `select action, reason from kernel.audit where target = 'contoso' and action in ('publisher.suspend', 'publisher.reinstate') order by id`,
  )
  expect(rows).toEqual([
    { action: 'publisher.suspend', reason: 'Complaints about spam' },
    { action: 'publisher.reinstate', reason: 'Settled' },
  ])
})

test('RF-31 the owner of a subscription finds tenant, object and partner ID on a page and by API, nobody else does', async () => {
  const id = await market.active({ publisherId: 'fabrikam', offerId: 'fabrikam-backup', planId: 'standard' })
  const [seller] = (
    await stoa.kernel.database.pool.query(
      `select mpn_id, legal_name from accounts.publisher join accounts.seller_account using (account_id) where publisher_id = 'fabrikam'`,
    )
  ).rows
  const { objectId, tenantId, email } = people.buyer
  const mine = await ask(email, '/account/ids')
  for (const text of [objectId, tenantId, id, seller.mpn_id, seller.legal_name]) expect(mine.text).toContain(text)
  const theirs = await ask(people.colleague.email, '/account/ids')
  expect(theirs.text).toContain(people.colleague.objectId)
  expect(theirs.text).not.toContain(id)

  const token = async (who: UserPrincipal) =>
    run(async (ctx) => {
      const { directory } = stoa.domain
      const tenant = await directory.findTenant(ctx, who.tenantId)
      const app = await directory.findApplication(ctx, people.contoso.clientId)
      const user = await directory.findUserByEmail(ctx, who.email)
      if (!tenant || !app || !user) throw new Error(`${who.email} is not in the demo data.`)
      const resource = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'
      return `Bearer ${(await directory.issueForUser(ctx, { tenant, app, user, resource, scope: 'openid', version: 2 })).accessToken}`
    })
  const read = async (authorization?: string, subscription = id) => {
    const answer = await fetch(`${stoa.url}/api/subscriptions/${subscription}/identifiers`, {
      headers: authorization ? { authorization } : {},
    })
    return { status: answer.status, body: await answer.json() }
  }
  expect(await read(await token(people.buyer))).toEqual({
    status: 200,
    body: { objectID: objectId, partnerId: seller.mpn_id, partnerName: seller.legal_name, state: 'Active', tenantId },
  })
  expect(await read(await token(people.colleague))).toMatchObject({ status: 403, body: { code: 'NotTheOwner' } })
  expect(await read(await token(people.stranger))).toMatchObject({ status: 403 })
  expect(await read(await token(people.buyer), 'nothing')).toMatchObject({ status: 404 })
  expect(await read()).toMatchObject({ status: 401 })
})

test('who may not: a developer’s navigation has no settings and each of them answers 403; the staff looks, and changes nothing', async () => {
  const base = await contosoBase()
  const developer = await ask('developer@contoso.example', base)
  expect(navOf(developer).filter((path) => path.startsWith(`${base}/`))).toEqual([`${base}/mail`])
  for (const path of [
    'legal',
    'legal/partner',
    'identifiers',
    'publishers',
    'agreements',
    'programs',
    'devices',
    'legal/developer/update',
  ]) {
    expect((await ask('developer@contoso.example', `${base}/${path}`)).status, path).toBe(403)
  }
  expect((await ask('operator@operator.example', `${base}/legal/partner`)).status).toBe(200)
  expect((await ask('operator@operator.example', `${base}/legal/developer`, { intent: 'resend' })).status).toBe(403)
  const saved = await ask('developer@contoso.example', `${base}/mail`, { leads: 'on' })
  expect(saved).toMatchObject({ status: 303 })
  const me = await principal('developer@contoso.example')
  const choices = await run((ctx) => stoa.domain.notifications.mailChoices(ctx), me)
  expect([choices.get('leads'), choices.get('publishing'), choices.get('invoices')]).toEqual([true, false, true])
})
