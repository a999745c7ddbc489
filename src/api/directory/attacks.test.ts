import { decodeJwt, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { resources } from '../../domain/directory/index.ts'
import { anonymous, system } from '../../kernel/context.ts'
import { Browser, hiddenFields } from './browser.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { automation, buyer, contoso, fabrikam, landing, owner, password } from './fixture-people.ts'

/**
 * Attacks on the sign-in that no single page's test owns. The others stand beside what they attack: passkeys (passkeys.test.ts), the outside
 * issuer (outside.test.ts), consent (consent.test.ts), personal accounts (home-realm.test.ts), provisioning (../scim/scim.test.ts).
 */
let service: TokenServiceFixture
let browser: Browser
const browsers: Browser[] = []

beforeAll(async () => {
  service = await startTokenService()
})
afterAll(async () => {
  for (const one of browsers) await one.close()
  await service.close()
})
beforeEach(async () => {
  browser = open()
  await service.kernel.database.pool.query('delete from directory.attempt')
})

function open(): Browser {
  const made = new Browser(service.url, service.caFile)
  browsers.push(made)
  return made
}

const signedInAs = async (from = browser) =>
  (await service.kernel.read(anonymous, (ctx) => service.directory.sessionUser(ctx, from.cookies.get('stoa_session'))))?.email ?? null

/** Pages of the sign-in that show or take something, with what a stranger's form would send to them. */
const forms: Record<string, Record<string, string>> = {
  '/signin': { email: owner.email, password },
  '/signin/passkey': { response: '{}' },
  '/signin/realm': { email: owner.email },
  '/signin/forgot': { email: owner.email },
  '/signin/reset': { token: 'x', password, again: password },
  '/signin/join': { email: 'pat@personal.example', displayName: 'Pat' },
  '/signin/join/finish': { email: 'pat@personal.example', name: 'Pat', ticket: 'x', password, again: password },
}

test('CSRF: no form of the sign-in is taken from another site, without its token, or with a stranger’s', async () => {
  const own = hiddenFields((await browser.open('/signin')).text)
  const strangers = hiddenFields((await open().open('/signin')).text)
  for (const [path, fields] of Object.entries(forms)) {
    const tries: Parameters<Browser['send']>[1][] = [
      { form: fields },
      { form: { ...fields, form: strangers.form ?? '' } },
      { form: { ...fields, form: own.form ?? '' }, headers: { origin: 'https://evil.example' } },
      { form: { ...fields, form: own.form ?? '' }, headers: { 'sec-fetch-site': 'cross-site' } },
    ]
    for (const attempt of tries) expect((await browser.send(path, attempt)).status, `${path} ${JSON.stringify(attempt)}`).toBe(403)
  }
  expect(await signedInAs()).toBeNull()
  expect((await service.kernel.database.pool.query('select from directory.attempt')).rowCount).toBe(0)
  await browser.signIn(await browser.open('/signin'), buyer.email, password)
  for (const deed of ['end-all', 'new-passkey', 'set-up', 'withdraw', 'new-codes']) {
    expect((await browser.send('/signin/security', { form: { deed, client: landing.clientId } })).status, deed).toBe(403)
  }
  expect(await signedInAs()).toBe(buyer.email)
})

test('clickjacking: no page of the sign-in can be framed, runs a foreign script, or is kept by a cache', async () => {
  await browser.signIn(await browser.open('/signin'), buyer.email, password)
  const pages = [
    '/signin?again=yes',
    '/signin?realm=common&again=yes',
    '/signin/forgot',
    '/signin/reset?token=x',
    '/signin/join',
    '/signin/security',
    '/signout',
  ]
  for (const path of pages) {
    const { headers } = await browser.send(path)
    const policy = String(headers['content-security-policy'])
    expect(policy, path).toContain("default-src 'none'")
    expect(policy, path).toContain("frame-ancestors 'none'")
    expect(policy, path).toContain("base-uri 'none'")
    expect(policy, path).not.toMatch(/unsafe|script-src (?!'self')/)
    expect([headers['x-frame-options'], headers['cache-control'], headers['x-content-type-options']], path).toEqual([
      'DENY',
      'no-store',
      'nosniff',
    ])
  }
})

test('open redirect: wherever an address to go back to is given, it stays on this site', async () => {
  const evil = [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/%09/evil.example',
    'javascript:alert(1)',
    '/@evil.example/..//evil.example',
  ]
  await browser.signIn(await browser.open('/signin'), buyer.email, password)
  const outside = (location: string | string[] | undefined) =>
    new URL([location ?? '/'].flat().join(), service.url).host !== new URL(service.url).host
  for (const target of evil) {
    const asked = encodeURIComponent(target)
    for (const path of [
      `/signin?return=${asked}`,
      `/signin/second?return=${asked}`,
      `/signin/consent?return=${asked}`,
      `/signout?return=${asked}`,
    ]) {
      expect(outside((await browser.send(path)).headers.location), path).toBe(false)
    }
    const form = { ...hiddenFields((await browser.open('/signout')).text), return: target }
    expect(outside((await open().send('/signout', { form })).headers.location), target).toBe(false)
  }
  // The address of an application is compared whole, not by its beginning.
  const authorize = (redirectUri: string) =>
    browser.send(
      `/common/oauth2/v2.0/authorize?${new URLSearchParams({ client_id: landing.clientId, response_type: 'code', redirect_uri: redirectUri }).toString()}`,
    )
  for (const redirectUri of [
    `${landing.redirectUri}.evil.example`,
    `${landing.redirectUri}/../evil`,
    `${landing.redirectUri}?next=https://evil.example`,
    landing.redirectUri.replace('localhost:3980', 'localhost:3980@evil.example'),
    landing.redirectUri.toUpperCase(),
  ]) {
    const refused = await authorize(redirectUri)
    expect([refused.status, refused.headers.location], redirectUri).toEqual([400, undefined])
  }
})

test('session fixation: no cookie that was planted, of whatever kind, is worth anything after a sign-in', async () => {
  const attacker = open()
  await attacker.signIn(await attacker.open('/signin'), buyer.email, password)
  const planted = attacker.cookies.get('stoa_session') ?? ''
  const victim = open()
  victim.cookies.set('stoa_session', planted)
  await victim.signIn(await victim.open('/signin?again=yes'), owner.email, password)
  expect(await signedInAs(victim)).toBe(owner.email)
  expect(victim.cookies.get('stoa_session')).not.toBe(planted)
  expect(await signedInAs(attacker)).toBeNull()

  const invented = open()
  invented.cookies.set('stoa_session', 'a'.repeat(43))
  invented.cookies.set('stoa_half', 'b'.repeat(43))
  expect(await signedInAs(invented)).toBeNull()
  expect((await invented.send('/signin/second')).headers.location).toContain('/signin?')
  await invented.signIn(await invented.open('/signin'), buyer.email, password)
  expect(invented.cookies.get('stoa_session')).not.toBe('a'.repeat(43))
})

test('enumeration: answers and their time are the same for an address with an account, without one, switched off, or without a password', async () => {
  const made = await service.kernel.run(system, async (ctx) => {
    const user = { tenantId: contoso.tenantId, displayName: 'X' }
    await service.directory.createUser(ctx, { ...user, email: 'passwordless@contoso.example' })
    const off = await service.directory.createUser(ctx, { ...user, email: 'off@contoso.example', password })
    await service.directory.updateUser(ctx, off.objectId, { status: 'disabled' })
    return off
  })
  expect(made.status).toBe('active')
  const fields = hiddenFields((await browser.open('/signin')).text)
  const answer = async (email: string) => {
    const sent = await browser.send('/signin', { form: { ...fields, email, password: 'not the password' } })
    return [sent.status, sent.text.replace(`maxlength="254" value="${email}"`, '').replace(/challenge&quot;:&quot;[\w-]+/, '')]
  }
  /** What the password is checked against: time and memory of the check are in its first parts. */
  const cost = async (email: string) => {
    const origin = { address: '192.0.2.1', userAgent: '' }
    const start = await service.kernel.run(anonymous, (ctx) => service.directory.beginSignIn(ctx, { email, origin }))
    return start.kind === 'open' ? start.passwordHash.split('$').slice(0, 4) : start.kind
  }
  const [known, time] = [await answer(owner.email), await cost(owner.email)]
  expect([known[0], time]).toEqual([401, ['', 'argon2id', 'v=19', expect.stringMatching(/^m=\d+,t=\d+,p=\d+$/)]])
  for (const email of ['nobody@contoso.example', 'nobody@nowhere.example', 'off@contoso.example', 'passwordless@contoso.example']) {
    expect(await answer(email), email).toEqual(known)
    expect(await cost(email), email).toEqual(time)
  }
})

test('brute force: passwords of one address, and addresses from one place, come to an end; others go on', async () => {
  const fields = hiddenFields((await browser.open('/signin')).text)
  const attempt = (email: string, word: string) => browser.send('/signin', { form: { ...fields, email, password: word } })
  for (let n = 0; n < 10; n++) await attempt(owner.email, `guess ${n}`)
  expect((await attempt(owner.email, password)).status).toBe(429)
  expect((await attempt(` ${owner.email.toUpperCase()} `, password)).status).toBe(429)
  expect((await attempt(buyer.email, password)).status).toBe(303)
  await service.kernel.database.pool.query(`update directory.attempt set failures = 100 where key like 'address:%'`)
  const sprayed = await attempt('another@contoso.example', 'guess')
  expect([sprayed.status, Number(sprayed.headers['retry-after']) > 0]).toEqual([429, true])
  // The same place may not go on with passkeys instead, nor be told by a header where it is.
  expect((await browser.send('/signin/passkey', { form: { ...fields, response: '{}' } })).status).toBe(429)
  expect(
    (await browser.send('/signin', { form: { ...fields, email: buyer.email, password }, headers: { 'x-forwarded-for': '203.0.113.9' } }))
      .status,
  ).toBe(429)
})

test('token substitution: a token of another audience, tenant, issuer, kind or key opens nothing', async () => {
  const { directory, kernel } = service
  const verify = (token: string, audience: string = resources.marketplace) =>
    kernel.read(anonymous, (ctx) => directory.verifyBearer(ctx, token, { audience }))
  const refused = { code: 'InvalidAuthenticationToken' }
  const issued = await kernel.read(system, async (ctx) => {
    const tenant = (await directory.findTenant(ctx, contoso.tenantId)) as never
    const app = (await directory.findApplication(ctx, automation.clientId)) as never
    const good = await directory.issueForApplication(ctx, { tenant, app, resource: resources.marketplace, version: 2 })
    const other = await directory.issueForApplication(ctx, { tenant, app, resource: resources.partnerCenter, version: 2 })
    const webhook = await directory.signServiceToken(ctx, { aud: automation.clientId, tid: contoso.tenantId })
    return { good: good.accessToken, other: other.accessToken, webhook }
  })
  expect(await verify(issued.good)).toMatchObject({ kind: 'application', clientId: automation.clientId })
  await expect(verify(issued.other)).rejects.toMatchObject(refused)
  // What the marketplace sends to publishers proves the marketplace to them, and nobody to the marketplace.
  await expect(verify(issued.webhook)).rejects.toMatchObject(refused)

  const key = await directory.keys.current()
  const claims = decodeJwt(issued.good)
  const forge = (change: Record<string, unknown>, header: Record<string, unknown> = {}, by: unknown = key.privateKey) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'RS256', kid: key.kid, ...header }).sign(by as never)
  await expect(verify(await forge({ iss: `${service.url}/${fabrikam.tenantId}/v2.0` }))).rejects.toMatchObject(refused)
  await expect(verify(await forge({ iss: 'https://login.microsoftonline.com/common/v2.0' }))).rejects.toMatchObject(refused)
  await expect(verify(await forge({ tid: fabrikam.tenantId }))).rejects.toMatchObject(refused)
  await expect(verify(await forge({ aud: [resources.marketplace, 'x'] }))).rejects.toThrow()
  await expect(verify(await forge({ exp: 1 }))).rejects.toMatchObject(refused)
  await expect(verify(await forge({ idtyp: undefined }))).rejects.toMatchObject(refused)
  const { privateKey } = await generateKeyPair('RS256')
  await expect(verify(await forge({}, {}, privateKey))).rejects.toMatchObject(refused)
  await expect(verify(await forge({}, { kid: 'unknown' }, privateKey))).rejects.toMatchObject(refused)
  const [head = '', body = '', signature = ''] = issued.good.split('.')
  const none = Buffer.from(JSON.stringify({ alg: 'none', kid: key.kid })).toString('base64url')
  await expect(verify(`${none}.${body}.`)).rejects.toMatchObject(refused)
  await expect(verify(`${none}.${body}.${signature}`)).rejects.toMatchObject(refused)
  // The public key as the secret of a symmetric signature.
  const pem = key.publicKey.export({ type: 'spki', format: 'pem' }).toString()
  await expect(verify(await forge({}, { alg: 'HS256' }, Buffer.from(pem)))).rejects.toMatchObject(refused)
  const changed = Buffer.from(JSON.stringify({ ...claims, appid: landing.clientId })).toString('base64url')
  await expect(verify(`${head}.${changed}.${signature}`)).rejects.toMatchObject(refused)
})

test('links of mails are worth nothing when they are used, old, another’s, or asked for by somebody else', async () => {
  await service.kernel.database.pool.query('delete from directory.password_reset')
  const form = hiddenFields((await browser.open('/signin/forgot')).text)
  await browser.send('/signin/forgot', { form: { ...form, email: buyer.email } })
  await browser.send('/signin/forgot', { form: { ...form, email: owner.email } })
  await service.kernel.jobs.drain()
  const mails = await service.kernel.run(system, (ctx) => service.kernel.mail.list(ctx))
  const linkTo = (email: string) => /(\/signin\/reset\?token=[\w-]{43})/.exec(mails.find(({ to }) => to === email)?.text ?? '')?.[1] ?? ''
  // A host in the request does not get into the mail: links are built from the configuration.
  expect(mails.every(({ text }) => !text.includes('evil.example'))).toBe(true)
  const set = async (link: string, word: string) => {
    const page = await browser.open(link)
    return browser.send('/signin/reset', {
      form: { ...hiddenFields(page.text), ...form, token: link.split('=')[1] ?? '', password: word, again: word },
    })
  }
  expect((await set(linkTo(buyer.email), 'the next password')).status).toBe(200)
  expect((await set(linkTo(buyer.email), 'once more')).status).toBe(410)
  await browser.signIn(await browser.open('/signin'), owner.email, password)
  expect(await signedInAs()).toBe(owner.email)
  await service.kernel.database.pool.query(`update directory.password_reset set expires_at = expires_at - interval '61 minutes'`)
  expect((await set(linkTo(owner.email), 'too late now')).status).toBe(410)
  expect((await browser.open(linkTo(owner.email).slice(0, -1))).status).toBe(410)
  await service.kernel.run(system, (ctx) => service.directory.setPassword(ctx, buyer.objectId, password))
})
