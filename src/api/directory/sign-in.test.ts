import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { anonymous } from '../../kernel/context.ts'
import { Browser, hiddenFields } from './browser.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { buyer, contoso, landing, owner, password } from './fixture-people.ts'
import { safeReturn } from './safe-return.ts'

let service: TokenServiceFixture
let browser: Browser

beforeAll(async () => {
  service = await startTokenService()
})
afterAll(async () => {
  await browser.close()
  await service.close()
})
beforeEach(async () => {
  await browser?.close()
  browser = new Browser(service.url, service.caFile)
  await service.kernel.database.pool.query('delete from directory.attempt')
})

const sessionUser = () => service.kernel.read(anonymous, (ctx) => service.directory.sessionUser(ctx, browser.cookies.get('stoa_session')))

test('signing in makes a session for the whole site and goes back to where one came from', async () => {
  const form = await browser.open('/signin?return=%2Faccount%3Ftab%3D1')
  expect(form.status).toBe(200)
  const sent = await browser.send('/signin', { form: { ...hiddenFields(form.text), email: ` ${buyer.email.toUpperCase()}`, password } })
  expect([sent.status, sent.headers.location]).toEqual([303, '/account?tab=1'])
  expect(String(sent.headers['set-cookie'])).toMatch(/stoa_session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax/)
  expect(await sessionUser()).toMatchObject({ email: buyer.email, roles: ['billing-admin'] })
  const { rows } = await service.kernel.database.pool.query('select id_hash from directory.session')
  expect(rows.map((row) => row.id_hash)).not.toContain(browser.cookies.get('stoa_session'))
})

test('a return address on another site is never followed', async () => {
  for (const target of [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '\\\\evil.example',
    'javascript:alert(1)',
    '/%0d%0a//evil',
    '/.//evil.example',
    '/..//evil.example',
  ]) {
    expect(new URL(safeReturn(target), 'https://stoa.example').host, target).toBe('stoa.example')
  }
  expect(safeReturn(['/a', '/b'])).toBe('/')
  const form = await browser.open('/signin?return=//evil.example')
  const sent = await browser.send('/signin', {
    form: { ...hiddenFields(form.text), return: 'https://evil.example', email: owner.email, password },
  })
  expect(sent.headers.location).toBe('/')
})

test('a form of another site is refused: without its token, with a stranger’s token, from another origin', async () => {
  const form = await browser.open('/signin')
  const fields = { ...hiddenFields(form.text), email: owner.email, password }
  const { form: token = '', ...without }: Record<string, string> = fields
  for (const [sent, headers] of [
    [without, {}],
    [{ ...without, form: 'x' }, {}],
    [{ ...without, form: `${token.startsWith('A') ? 'B' : 'A'}${token.slice(1)}` }, {}],
    [fields, { origin: 'https://evil.example' }],
    [fields, { origin: 'null' }],
    [fields, { 'sec-fetch-site': 'cross-site' }],
    [fields, { 'sec-fetch-site': 'same-site' }],
  ] as [Record<string, string>, Record<string, string>][]) {
    expect((await browser.send('/signin', { form: sent, headers })).status, JSON.stringify([sent, headers])).toBe(403)
  }
  const stranger = new Browser(service.url, service.caFile)
  await stranger.open('/signin')
  expect((await stranger.send('/signin', { form: fields })).status).toBe(403)
  await stranger.close()
  expect(await sessionUser()).toBeNull()
  expect((await browser.send('/signin', { form: fields, headers: { origin: service.url, 'sec-fetch-site': 'same-origin' } })).status).toBe(
    303,
  )
})

test('a wrong password and an unknown address are answered alike', async () => {
  const form = await browser.open('/signin')
  const attempt = async (email: string) => {
    const sent = await browser.send('/signin', { form: { ...hiddenFields(form.text), email, password: 'not the password' } })
    // Each page has a challenge of its own.
    return [sent.status, sent.text.replace(`maxlength="254" value="${email}"`, '').replace(/challenge&quot;:&quot;[\w-]+/, '')]
  }
  const known = await attempt(owner.email)
  expect(known[0]).toBe(401)
  expect(await attempt('nobody@contoso.example')).toEqual(known)
})

test('after ten wrong passwords even the right one has to wait, known address or not', async () => {
  const form = await browser.open('/signin')
  const attempt = (email: string, word: string) => browser.send('/signin', { form: { ...hiddenFields(form.text), email, password: word } })
  for (const email of [owner.email, 'nobody@contoso.example']) {
    for (let failures = 0; failures < 10; failures++) expect((await attempt(email, 'wrong')).status).toBe(401)
    const locked = await attempt(email, password)
    expect(locked.status).toBe(429)
    expect(locked.text).toContain('Too many attempts. Wait 15 minutes and try again.')
    expect(Number(locked.headers['retry-after'])).toBeGreaterThan(800)
  }
  expect((await attempt(buyer.email, password)).status).toBe(303)
  await service.kernel.database.pool.query(`update directory.attempt set window_ends_at = window_ends_at - interval '16 minutes'`)
  expect((await attempt(owner.email, password)).status).toBe(303)
})

test('attempts made at the same moment are all counted', async () => {
  const form = await browser.open('/signin')
  const fields = { ...hiddenFields(form.text), email: owner.email, password: 'wrong' }
  const statuses = await Promise.all(Array.from({ length: 30 }, async () => (await browser.send('/signin', { form: fields })).status))
  expect(statuses.filter((status) => status === 401)).toHaveLength(10)
  expect(statuses.filter((status) => status === 429)).toHaveLength(20)
})

test('a session that was planted before the sign-in is worth nothing after it', async () => {
  const first = await browser.open('/signin')
  await browser.signIn(first, buyer.email, password)
  const planted = browser.cookies.get('stoa_session') ?? ''
  const form = await browser.open('/signin?again=choose&return=/')
  expect(form.text).toContain(`Continue as ${buyer.email}`)
  await browser.send('/signin', { form: { ...hiddenFields(form.text), email: owner.email, password } })
  expect(browser.cookies.get('stoa_session')).not.toBe(planted)
  expect(await service.kernel.read(anonymous, (ctx) => service.directory.sessionUser(ctx, planted))).toBeNull()
})

test('signing out ends the session in the database, and only by our own form', async () => {
  await browser.signIn(await browser.open('/signin'), owner.email, password)
  const value = browser.cookies.get('stoa_session')
  expect((await browser.send('/signout', { form: { form: 'x' } })).status).toBe(303)
  expect(await sessionUser()).not.toBeNull()
  const page = await browser.open('/signout?return=/store/cloud')
  const sent = await browser.send('/signout', { form: hiddenFields(page.text) })
  expect(sent.headers.location).toBe('/store/cloud')
  expect(browser.cookies.has('stoa_session')).toBe(false)
  expect(await service.kernel.read(anonymous, (ctx) => service.directory.sessionUser(ctx, value))).toBeNull()
})

test('a session ends after its time, with its user, and with a new password', async () => {
  const { directory, kernel } = service
  const pool = kernel.database.pool
  await browser.signIn(await browser.open('/signin'), owner.email, password)
  await pool.query(`update directory.user_account set status = 'disabled' where object_id = $1`, [owner.objectId])
  expect(await sessionUser()).toBeNull()
  await pool.query(`update directory.user_account set status = 'active' where object_id = $1`, [owner.objectId])
  expect(await sessionUser()).not.toBeNull()
  await pool.query(`update directory.session set expires_at = expires_at - interval '13 hours'`)
  expect(await sessionUser()).toBeNull()
  await kernel.jobs.drain()
  expect((await pool.query('select count(*)::int as count from directory.session')).rows[0].count).toBe(0)
  await browser.signIn(await browser.open('/signin'), owner.email, password)
  await kernel.run({ kind: 'system' }, (ctx) => directory.setPassword(ctx, owner.objectId, password))
  expect(await sessionUser()).toBeNull()
})

test('pages forbid scripts, frames and foreign forms, and escape what they are given', async () => {
  const visit = await browser.open(`/signin?login_hint=${encodeURIComponent('"><script>alert(1)</script>')}&directory=${contoso.domain}`)
  const policy = String(visit.headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(policy).toContain("script-src 'self';")
  expect(visit.text.match(/<script/g)).toHaveLength(1)
  expect(visit.text).toContain('This application is for people of Contoso Ltd (contoso.example).')
  const back = `/signin?return=${encodeURIComponent(`/common/oauth2/v2.0/authorize?redirect_uri=${landing.redirectUri}`)}`
  expect(String((await browser.open(back)).headers['content-security-policy'])).toContain("form-action 'self' http://localhost:3980;")
  expect((await browser.open('/signin?return=a&return=b&again=x&login_hint=1&login_hint=2')).status).toBe(200)
  const css = await browser.open('/signin/style.css')
  expect(css.text).toContain('--color-page')
})

test('demo people sign in with one click, and only they', async () => {
  const form = await browser.open('/signin')
  expect(form.text).toContain('value="buyer@adatum.example"')
  const sent = await browser.send('/signin', { form: { ...hiddenFields(form.text), demo: 'stranger@nowhere.example' } })
  expect(sent.status).toBe(400)
})
