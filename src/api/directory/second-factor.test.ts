import { generate } from 'otplib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { wallNow } from '../../kernel/clock.ts'
import { anonymous, system } from '../../kernel/context.ts'
import { Browser, hiddenFields, type Visit } from './browser.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { buyer, landing, owner, password } from './fixture-people.ts'

let service: TokenServiceFixture
let browser: Browser

beforeAll(async () => {
  service = await startTokenService({ secondFactor: 'operators-and-owners' })
  await service.kernel.run(system, (ctx) =>
    service.accounts.setMember(ctx, {
      accountTenantId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002',
      kind: 'user',
      id: owner.objectId,
      tenantId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002',
      roles: ['owner'],
    }),
  )
})
afterAll(async () => {
  await browser.close()
  await service.close()
})
beforeEach(async () => {
  await browser?.close()
  browser = new Browser(service.url, service.caFile)
  const { pool } = service.kernel.database
  for (const table of ['attempt', 'recovery_code', 'authenticator', 'half_sign_in', 'session', 'password_reset'])
    await pool.query(`delete from directory.${table}`)
  await service.kernel.run(system, (ctx) => service.directory.setPassword(ctx, buyer.objectId, password))
  await service.kernel.jobs.start({ work: false })
})

const signedInAs = async (from = browser) =>
  (await service.kernel.read(anonymous, (ctx) => service.directory.sessionUser(ctx, from.cookies.get('stoa_session'))))?.email ?? null

const secretIn = (visit: Visit) => (/<code class="secret">([A-Z2-7 ]+)</.exec(visit.text)?.[1] ?? '').replaceAll(' ', '')
const codesIn = (visit: Visit) => [...visit.text.matchAll(/<li><code>([^<]+)</g)].map(([, code]) => code as string)
const codeOf = (secret: string, secondsAgo = 0) => generate({ secret, epoch: Math.floor(wallNow().epochMilliseconds / 1000) - secondsAgo })

async function post(path: string, form: Record<string, string>, page: Visit, from = browser): Promise<Visit> {
  return from.send(path, { form: { ...hiddenFields(page.text), ...form } })
}

/** Signs the buyer in and sets the app up on the security page. */
async function setUp(): Promise<{ secret: string; codes: string[] }> {
  await browser.signIn(await browser.open('/signin?return=/signin/security'), buyer.email, password)
  const offered = await post('/signin/security', { deed: 'set-up' }, await browser.open('/signin/security'))
  const secret = secretIn(offered)
  const shown = await post('/signin/security', { deed: 'confirm', code: await codeOf(secret) }, offered)
  return { secret, codes: codesIn(shown) }
}

test('who has set up an app signs in with password and code; half a sign-in opens nothing', async () => {
  const { secret, codes } = await setUp()
  expect(codes).toHaveLength(10)
  expect(new Set(codes).size).toBe(10)
  const { rows } = await service.kernel.database.pool.query('select secret from directory.authenticator')
  expect(JSON.stringify(rows)).not.toContain(secret)
  const stored = await service.kernel.database.pool.query('select hash from directory.recovery_code')
  expect(JSON.stringify(stored.rows)).not.toContain(codes[0])

  const other = new Browser(service.url, service.caFile)
  const second = await other.signIn(await other.open('/signin?return=/account'), buyer.email, password)
  expect(second.url).toBe(`${service.url}/signin/second?return=%2Faccount`)
  expect(await signedInAs(other)).toBeNull()
  const authorize = await other.open(
    `/common/oauth2/v2.0/authorize?client_id=${landing.clientId}&response_type=code&scope=openid&redirect_uri=${encodeURIComponent(landing.redirectUri)}`,
  )
  expect(authorize.location).toBeNull()
  expect(authorize.text).toContain('action="/signin/realm"')

  // The code that confirmed the app has been used; so has any before it.
  for (const used of [await codeOf(secret), await codeOf(secret, 30), '000000', '', 'x', codes[0]?.slice(0, 8) ?? '']) {
    expect((await post('/signin/second', { code: used }, second, other)).status, used).toBe(401)
  }
  await service.kernel.database.pool.query('update directory.authenticator set last_step = last_step - 2')
  const done = await post('/signin/second', { code: ` ${await codeOf(secret)} ` }, second, other)
  expect([done.status, done.headers.location]).toEqual([303, '/account'])
  expect(await signedInAs(other)).toBe(buyer.email)
  // The half cookie is spent.
  expect((await post('/signin/second', { code: await codeOf(secret) }, second, other)).headers.location).toContain('/signin?')
  await other.close()
})

test('a recovery code opens once, in any spelling; new ones make the old worthless', async () => {
  const { codes } = await setUp()
  const other = new Browser(service.url, service.caFile)
  const signIn = async () => other.signIn(await other.open('/signin?again=yes'), buyer.email, password)
  const spelled = (codes[3] ?? '').toUpperCase().replaceAll('-', ' ')
  expect((await post('/signin/second', { code: spelled }, await signIn(), other)).status).toBe(303)
  expect((await post('/signin/second', { code: spelled }, await signIn(), other)).status).toBe(401)
  const renewed = await post('/signin/security', { deed: 'new-codes', code: codes[4] ?? '' }, await browser.open('/signin/security'))
  expect(codesIn(renewed)).toHaveLength(10)
  expect((await post('/signin/second', { code: codes[5] ?? '' }, await signIn(), other)).status).toBe(401)
  expect((await post('/signin/second', { code: codesIn(renewed)[0] ?? '' }, await signIn(), other)).status).toBe(303)
  await other.close()
})

test('codes cannot be guessed: ten wrong ones and the right one waits too', async () => {
  const { codes } = await setUp()
  const other = new Browser(service.url, service.caFile)
  const second = await other.signIn(await other.open('/signin'), buyer.email, password)
  for (let wrong = 0; wrong < 10; wrong++) expect((await post('/signin/second', { code: '123456' }, second, other)).status).toBe(401)
  const refused = await post('/signin/second', { code: codes[0] ?? '' }, second, other)
  expect(refused.status).toBe(429)
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect(await signedInAs(other)).toBeNull()
  await other.close()
})

test('the policy makes owners set up an app before their first session, and keeps them from removing it', async () => {
  const page = await browser.signIn(await browser.open('/signin?return=/partner'), owner.email, password)
  expect(page.text).toContain('Set up a second proof')
  expect(await signedInAs()).toBeNull()
  const secret = secretIn(page)
  const again = await post('/signin/second/setup', { code: '000000' }, page)
  expect(again.status).toBe(400)
  expect(secretIn(again)).toBe(secret)
  const shown = await post('/signin/second/setup', { code: await codeOf(secret) }, again)
  const codes = codesIn(shown)
  expect(codes).toHaveLength(10)
  expect(await signedInAs()).toBe(owner.email)
  const kept = await post('/signin/security', { deed: 'remove', code: codes[0] ?? '' }, await browser.open('/signin/security'))
  expect(kept.status).toBe(409)

  // Who need not have one may remove it, with a code.
  await browser.close()
  browser = new Browser(service.url, service.caFile)
  const own = await setUp()
  const security = await browser.open('/signin/security')
  expect((await post('/signin/security', { deed: 'remove', code: '111111' }, security)).status).toBe(401)
  const removed = await post('/signin/security', { deed: 'remove', code: own.codes[0] ?? '' }, security)
  expect(removed.text).toContain('has been removed')
})

test('changes to the sign-in want somebody who has just signed in, and a form of ours', async () => {
  await browser.signIn(await browser.open('/signin'), buyer.email, password)
  const security = await browser.open('/signin/security')
  expect((await browser.send('/signin/security', { form: { deed: 'set-up' } })).status).toBe(403)
  expect((await browser.send('/signin/security', { form: { ...hiddenFields(security.text), deed: 'dance' } })).status).toBe(400)
  await service.kernel.database.pool.query(`update directory.session set authenticated_at = authenticated_at - interval '16 minutes'`)
  const sent = await post('/signin/security', { deed: 'set-up' }, security)
  expect(sent.headers.location).toContain('again=yes')
  expect((await new Browser(service.url, service.caFile).send('/signin/security')).headers.location).toContain('/signin?return=')
})

test('a password that an administrator has seen opens nothing but the page for another one', async () => {
  const temporary = await service.kernel.run(system, (ctx) => service.directory.resetToTemporary(ctx, buyer.objectId))
  const page = await browser.signIn(await browser.open('/signin?return=/account'), buyer.email, temporary)
  expect(page.url).toContain('/signin/reset?token=')
  expect(await signedInAs()).toBeNull()
  expect((await post('/signin/reset', { password: temporary, again: temporary }, page)).status).toBe(400)
  const chosen = 'a password of my own'
  expect((await post('/signin/reset', { password: chosen, again: chosen }, page)).text).toContain('Your password is set')
  await browser.signIn(await browser.open('/signin'), buyer.email, chosen)
  expect(await signedInAs()).toBe(buyer.email)
})

test('sessions are listed and ended: one, all others, all; never somebody else’s', async () => {
  const stranger = new Browser(service.url, service.caFile)
  await stranger.signIn(await stranger.open('/signin'), buyer.email, password)
  const phone = new Browser(service.url, service.caFile)
  await phone.signIn(await phone.open('/signin'), buyer.email, password)
  await browser.signIn(await browser.open('/signin'), buyer.email, password)
  const security = await browser.open('/signin/security')
  const ids = [...security.text.matchAll(/name="session" value="([^"]+)"/g)].map(([, id]) => id as string)
  expect(ids).toHaveLength(2)
  expect((await post('/signin/security', { deed: 'end', session: ids[0] ?? '' }, security)).text).toContain('has ended')
  expect([await signedInAs(phone), await signedInAs(stranger)].filter(Boolean)).toHaveLength(1)
  await post('/signin/security', { deed: 'end-others' }, security)
  expect([await signedInAs(phone), await signedInAs(stranger), await signedInAs()]).toEqual([null, null, buyer.email])

  const { rows } = await service.kernel.database.pool.query<{ id_hash: string }>('select id_hash from directory.session')
  const ended = await service.kernel.run(system, (ctx) =>
    service.directory.endSessions(ctx, owner.objectId, { id: rows[0]?.id_hash ?? '' }),
  )
  expect(ended).toBe(0)
  const out = await post('/signin/security', { deed: 'end-all' }, security)
  expect([out.status, out.headers.location]).toEqual([303, '/signin'])
  expect(await signedInAs()).toBeNull()
})

test('a new password by mail: once, within the hour, and nobody learns who has an account', async () => {
  await browser.signIn(await browser.open('/signin'), buyer.email, password)
  const ask = async (email: string) => {
    const sent = await post('/signin/forgot', { email }, await browser.open('/signin/forgot'))
    await service.kernel.jobs.drain()
    return sent
  }
  const known = await ask(buyer.email.toUpperCase())
  const unknown = await ask('nobody@fabrikam.example')
  expect([known.status, unknown.status]).toEqual([200, 200])
  expect(known.text.replaceAll(buyer.email.toUpperCase(), '')).toBe(unknown.text.replaceAll('nobody@fabrikam.example', ''))
  const mail = await service.kernel.run(system, (ctx) => service.kernel.mail.list(ctx))
  expect(mail.map(({ to, template }) => [to, template])).toEqual([[buyer.email, 'password-reset']])
  const link = /https:\/\/localhost:\d+(\/signin\/reset\?token=[\w-]{43})/.exec(mail[0]?.text ?? '')?.[1] ?? ''
  const stored = await service.kernel.database.pool.query('select token_hash from directory.password_reset')
  expect(link).not.toContain(stored.rows[0].token_hash)

  const page = await browser.open(link)
  const chosen = 'an entirely new password'
  expect((await post('/signin/reset', { password: chosen, again: 'another' }, page)).status).toBe(400)
  expect((await post('/signin/reset', { password: 'short', again: 'short' }, page)).status).toBe(400)
  expect(await signedInAs()).toBe(buyer.email)
  expect((await post('/signin/reset', { password: chosen, again: chosen }, page)).text).toContain('Your password is set')
  expect(await signedInAs()).toBeNull()
  expect((await post('/signin/reset', { password: chosen, again: chosen }, page)).status).toBe(410)
  expect((await browser.open(link)).status).toBe(410)
  await browser.signIn(await browser.open('/signin'), buyer.email, password)
  expect(await signedInAs()).toBeNull()
  await browser.signIn(await browser.open('/signin'), buyer.email, chosen)
  expect(await signedInAs()).toBe(buyer.email)

  await ask(buyer.email)
  await service.kernel.database.pool.query(`update directory.password_reset set expires_at = expires_at - interval '61 minutes'`)
  const late = await service.kernel.run(system, (ctx) => service.kernel.mail.list(ctx))
  const lateLink = /(\/signin\/reset\?token=[\w-]{43})/.exec(late[0]?.text ?? '')?.[1] ?? ''
  expect((await browser.open(lateLink)).status).toBe(410)
  for (let more = 0; more < 3; more++) expect((await ask(buyer.email)).status).toBe(200)
  expect((await ask(buyer.email)).status).toBe(429)
})
