import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { anonymous, system } from '../../kernel/context.ts'
import { Browser, hiddenFields, type Visit } from './browser.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { buyer, contoso, owner, password } from './fixture-people.ts'
import { SoftwareAuthenticator } from './software-authenticator.ts'

let service: TokenServiceFixture
let browser: Browser
let device: SoftwareAuthenticator
const browsers: Browser[] = []

beforeAll(async () => {
  service = await startTokenService({ secondFactor: 'operators-and-owners' })
  await service.kernel.run(system, (ctx) =>
    service.accounts.setMember(ctx, {
      accountTenantId: contoso.tenantId,
      kind: 'user',
      id: owner.objectId,
      tenantId: contoso.tenantId,
      roles: ['owner'],
    }),
  )
})
afterAll(async () => {
  for (const one of browsers) await one.close()
  await service.close()
})
beforeEach(async () => {
  browser = open()
  device = new SoftwareAuthenticator(service.url)
  const { pool } = service.kernel.database
  for (const table of ['attempt', 'recovery_code', 'authenticator', 'passkey', 'spent_ticket', 'half_sign_in', 'session'])
    await pool.query(`delete from directory.${table}`)
})

function open(): Browser {
  const made = new Browser(service.url, service.caFile)
  browsers.push(made)
  return made
}

const security = '/signin/security'
const signedInAs = async (from = browser) =>
  (await service.kernel.read(anonymous, (ctx) => service.directory.sessionUser(ctx, from.cookies.get('stoa_session'))))?.email ?? null
const codesIn = (visit: Visit) => [...visit.text.matchAll(/<li><code>([^<]+)</g)].map(([, code]) => code as string)
const idsIn = (visit: Visit) => [...visit.text.matchAll(/name="passkey" value="([^"]+)"/g)].map(([, id]) => id as string)

/** The form of a page that asks for a passkey: where it goes, what it asks, its hidden fields. */
function passkeyFormOf(visit: Visit) {
  const [form = '', action = '', options = ''] =
    /<form method="post" action="([^"]+)" data-passkey="[a-z]+" data-options="([^"]+)"[\s\S]*?<\/form>/.exec(visit.text) ?? []
  return { action, options: options.replaceAll('&quot;', '"').replaceAll('&amp;', '&'), fields: hiddenFields(form) }
}

/** Answers the passkey form of a page, with a device's answer to what it asks. */
function answer(visit: Visit, respond: (options: string) => string, from = browser, more: Record<string, string> = {}): Promise<Visit> {
  const { action, options, fields } = passkeyFormOf(visit)
  return from.send(action, { form: { ...fields, ...more, response: respond(options) } })
}

const post = (form: Record<string, string>, visit: Visit, from = browser) =>
  from.send(security, { form: { ...hiddenFields(visit.text), ...form } })

/** Signs the buyer in and adds a passkey on the security page. */
async function register(name = 'Laptop', with_ = device): Promise<{ codes: string[]; shown: Visit }> {
  await browser.signIn(await browser.open(`/signin?return=${security}&again=yes`), buyer.email, password)
  const asked = await post({ deed: 'new-passkey' }, await browser.open(security))
  const shown = await answer(asked, (options) => with_.create(options), browser, { name })
  return { codes: codesIn(shown), shown }
}

test('a passkey signs in without address and password; the page asks for it by script of our own only', async () => {
  const { codes } = await register()
  expect(codes).toHaveLength(10)
  const other = open()
  const page = await other.open('/signin?return=/account')
  expect(page.headers['content-security-policy']).toContain("script-src 'self';")
  expect(page.text).toContain('autocomplete="username webauthn"')
  expect((await other.open('/signin/passkey.js')).text).toContain('navigator.credentials.get')
  const sent = await answer(page, (options) => device.get(options), other)
  expect([sent.status, sent.headers.location]).toEqual([303, '/account'])
  expect(await signedInAs(other)).toBe(buyer.email)
  expect((await other.open(security)).text).toContain('last used')
  const { rows } = await service.kernel.database.pool.query(
    `select action, after from kernel.audit where target = $1 and action = 'user.second-factor'`,
    [`user:${buyer.objectId}`],
  )
  expect(rows.at(-1).after).toEqual({ kind: 'passkey', name: 'Laptop' })
})

test('after a password the passkey is the second proof, and a recovery code stands in for it', async () => {
  const { codes } = await register()
  const other = open()
  const half = await other.signIn(await other.open('/signin?return=/account'), buyer.email, password)
  expect(half.url).toContain('/signin/second')
  expect(half.text).not.toContain('authenticator app and enter')
  expect(await signedInAs(other)).toBeNull()
  // Having the device is enough here: the password said who it is.
  const sent = await answer(half, (options) => device.get(options, { verifies: false }), other)
  expect([sent.status, sent.headers.location]).toEqual([303, '/account'])
  expect(await signedInAs(other)).toBe(buyer.email)

  const third = open()
  const again = await third.signIn(await third.open('/signin'), buyer.email, password)
  expect((await third.send('/signin/second', { form: { ...hiddenFields(again.text), code: codes[0] ?? '' } })).status).toBe(303)
  expect(await signedInAs(third)).toBe(buyer.email)
  const renewed = codesIn(await post({ deed: 'new-codes' }, await third.open(security), third))
  expect(renewed).toHaveLength(10)
  expect(renewed).not.toContain(codes[1])
})

test('an answer proves nothing twice, elsewhere, without PIN, from a copied device, or in another browser', async () => {
  await register()
  const other = open()
  const page = await other.open('/signin')
  const tried = async (respond: (options: string) => string, from = other) => (await answer(page, respond, from)).status
  expect(await tried(() => '')).toBe(401)
  expect(await tried(() => '{"id":1}')).toBe(401)
  expect(await tried((options) => device.get(options, { origin: 'https://localhost.evil.example' }))).toBe(401)

  const fresh = async (choices: Parameters<SoftwareAuthenticator['get']>[1], by = device) =>
    (await answer(await other.open('/signin?again=yes'), (options) => by.get(options, choices), other)).status
  expect(await fresh({ rpId: 'evil.example' })).toBe(401)
  expect(await fresh({ verifies: false })).toBe(401)

  // Somebody else's browser was asked: its answer is of no use in ours.
  const asked = passkeyFormOf(await open().open('/signin'))
  expect((await answer(await other.open('/signin'), () => device.get(asked.options), other)).status).toBe(401)

  const once = await other.open('/signin')
  const given = device.get(passkeyFormOf(once).options)
  expect((await answer(once, () => given, other)).status).toBe(303)
  expect((await answer(once, () => given, open())).status).toBe(403)
  expect((await answer(once, () => given, other)).status).toBe(401)
  // The same challenge, signed anew, has been used too.
  expect((await answer(once, (options) => device.get(options), other)).status).toBe(401)

  const copy = device.copy()
  expect(await fresh({})).toBe(303)
  expect(await fresh({}, copy)).toBe(401)

  const late = await other.open('/signin?again=yes')
  const { pool } = service.kernel.database
  await pool.query(`update directory.user_account set status = 'disabled' where object_id = $1`, [buyer.objectId])
  expect((await answer(late, (options) => device.get(options), other)).status).toBe(401)
  await pool.query(`update directory.user_account set status = 'active' where object_id = $1`, [buyer.objectId])
})

test('passkeys are named, renamed and removed by their user only; recovery codes go with the last proof', async () => {
  await register('<b>Laptop</b>')
  const second = new SoftwareAuthenticator(service.url)
  const asked = await post({ deed: 'new-passkey' }, await browser.open(security))
  expect(() => second.get(passkeyFormOf(asked).options)).toThrow()
  expect((await answer(asked, (options) => second.create(options), browser, { name: ' ' })).status).toBe(400)
  expect(
    (await answer(asked, (options) => second.create(options, { origin: 'https://evil.example' }), browser, { name: 'Key' })).status,
  ).toBe(400)
  expect((await answer(asked, (options) => second.create(options), browser, { name: 'Key' })).text).toContain('The passkey has been added.')
  // The answer that was sent is worth nothing again.
  expect((await answer(asked, (options) => second.create(options), browser, { name: 'Again' })).status).toBe(400)
  const page = await browser.open(security)
  expect(page.text).toContain('&lt;b&gt;Laptop&lt;/b&gt;')
  const [first = ''] = idsIn(page)
  expect((await post({ deed: 'rename-passkey', passkey: first, name: 'x'.repeat(61) }, page)).status).toBe(400)
  expect((await post({ deed: 'rename-passkey', passkey: first, name: 'Work laptop' }, page)).text).toContain('Work laptop')

  const stranger = open()
  await service.kernel.run(system, (ctx) => service.directory.removeSecondFactor(ctx, owner.objectId))
  await expect(
    service.kernel.run(system, (ctx) => service.directory.renamePasskey(ctx, owner.objectId, first, 'Mine')),
  ).rejects.toMatchObject({ code: 'UnknownPasskey' })
  expect((await stranger.send(security, { form: { deed: 'remove-passkey', passkey: first } })).headers.location).toContain('/signin?')

  const [one, other] = [...new Set(idsIn(await browser.open(security)))]
  await post({ deed: 'remove-passkey', passkey: one ?? '' }, page)
  const count = async () => (await service.kernel.database.pool.query('select count(*)::int as n from directory.recovery_code')).rows[0].n
  expect(await count()).toBe(10)
  expect((await post({ deed: 'remove-passkey', passkey: other ?? '' }, page)).text).toContain('has been removed')
  expect(await count()).toBe(0)
  expect((await post({ deed: 'remove-passkey', passkey: other ?? '' }, page)).status).toBe(404)
})

test('a passkey fulfils the policy for owners, and the last one stays', async () => {
  const setUp = await browser.signIn(await browser.open('/signin?return=/partner'), owner.email, password)
  expect(setUp.text).toContain('Make a passkey on this device')
  const shown = await answer(setUp, (options) => device.create(options), browser, { name: 'Phone' })
  expect(codesIn(shown)).toHaveLength(10)
  expect(await signedInAs()).toBe(owner.email)
  const page = await browser.open(security)
  const kept = await post({ deed: 'remove-passkey', passkey: idsIn(page)[0] ?? '' }, page)
  expect(kept.status).toBe(409)
  expect(idsIn(await browser.open(security))).toHaveLength(2)
})

test('who knows the password only cannot add a second proof of his own', async () => {
  await register()
  const thief = open()
  const half = await thief.signIn(await thief.open('/signin'), buyer.email, password)
  const own = new SoftwareAuthenticator(service.url)
  for (const path of ['/signin/second/setup', '/signin/second/passkey/setup']) {
    for (const form of [{ form: 'x' }, hiddenFields(half.text)]) {
      const shown = await thief.send(path, { form: { ...form, code: '000000', name: 'Mine', response: '{}' } })
      expect(shown.text, path).not.toContain('class="secret"')
      expect(shown.text, path).not.toContain('data-passkey="create"')
    }
  }
  expect(() => own.get(passkeyFormOf(half).options)).toThrow()
  expect(await signedInAs(thief)).toBeNull()
})
