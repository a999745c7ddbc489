import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { freePorts } from '../../../test/harness.ts'
import { type ConfigError, readConfig } from '../../kernel/config.ts'
import { anonymous, system } from '../../kernel/context.ts'
import { Browser, hiddenFields } from './browser.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { contoso, owner, password } from './fixture-people.ts'
import { startCertifiedIssuer, startLyingIssuer } from './outside-issuer.ts'

type Issuer = Awaited<ReturnType<typeof startLyingIssuer>>
let issuer: Issuer
let service: TokenServiceFixture
let browser: Browser
const browsers: Browser[] = []

const theirs = '11111111-2222-4333-8444-555555555555'
const trusted = {
  clientId: 'stoa',
  clientSecret: 'a secret between the two',
  name: 'Contoso',
  tenantClaim: 'tid',
  tenants: [{ theirs, ours: contoso.domain }],
  objectClaim: 'oid',
  createUsers: true,
}

beforeAll(async () => {
  issuer = await startLyingIssuer()
  service = await startTokenService({ secondFactor: 'operators', outsideIssuer: { ...trusted, issuer: issuer.issuer } })
})
afterAll(async () => {
  for (const one of browsers) await one.close()
  await service.close()
  await issuer.close()
})
beforeEach(() => {
  browser = open()
})

function open(): Browser {
  const made = new Browser(service.url, service.caFile)
  browsers.push(made)
  return made
}

const signedInAs = async (from = browser) =>
  service.kernel.read(anonymous, (ctx) => service.directory.sessionUser(ctx, from.cookies.get('stoa_session')))

/** Begins a sign-in; returns where the browser is sent. */
async function begin(path = '/signin?return=/account', from = browser): Promise<URL> {
  const page = await from.open(path)
  expect(page.text).toContain('Sign in with Contoso')
  const sent = await from.send('/signin/outside', { form: hiddenFields(page.text) })
  expect(sent.status).toBe(303)
  return new URL(String(sent.headers.location))
}

const comeBack = (query: string, from = browser) => from.send(`/signin/outside/callback?${query}`)

let made = 0
const newcomer = (more: Record<string, unknown> = {}) => {
  const n = String(++made).padStart(12, '0')
  return {
    tid: theirs,
    oid: `aaaaaaaa-0000-4000-8000-${n}`,
    preferred_username: `new${made}@contoso.example`,
    name: `New ${made}`,
    ...more,
  }
}

test('who signs in at the trusted issuer has a session here, with the tenant and object id that belong together', async () => {
  const claims = newcomer({ given_name: 'Ada', family_name: 'Lovelace' })
  const request = await begin()
  expect(request.href.startsWith(`${issuer.issuer}/authorize?`)).toBe(true)
  expect(Object.fromEntries(request.searchParams)).toMatchObject({
    client_id: 'stoa',
    response_type: 'code',
    scope: 'openid profile email',
    redirect_uri: `${service.url}/signin/outside/callback`,
    code_challenge_method: 'S256',
  })
  const back = await comeBack(issuer.signIn(request, { claims }))
  expect([back.status, back.headers.location]).toEqual([303, '/account'])
  expect(await signedInAs()).toMatchObject({
    objectId: claims.oid,
    tenantId: contoso.tenantId,
    email: claims.preferred_username,
    displayName: claims.name,
    roles: [],
  })
  const [profile] = await service.kernel.read(system, (ctx) => service.directory.getProfiles(ctx, [claims.oid]))
  expect(profile).toMatchObject({ givenName: 'Ada', surname: 'Lovelace' })
  // Stoa's tokens for applications stay its own.
  const token = await service.kernel.read(system, (ctx) => service.directory.signServiceToken(ctx, { aud: 'x', tid: contoso.tenantId }))
  expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).iss).toBe(`${service.url}/${contoso.tenantId}/v2.0`)

  // The second time it is the same person, whatever he is called by then.
  const other = open()
  const again = await begin('/signin', other)
  await comeBack(issuer.signIn(again, { claims: { ...claims, preferred_username: 'else@contoso.example' } }), other)
  expect((await signedInAs(other))?.email).toBe(claims.preferred_username)
})

test('a certified implementation is understood as it is', async () => {
  const person = newcomer({ email: 'certified@contoso.example', email_verified: true })
  const [port = 0] = await freePorts(1)
  const certified = await startCertifiedIssuer(`https://localhost:${port}/signin/outside/callback`, person)
  const own = await startTokenService({ outsideIssuer: { ...trusted, issuer: certified.issuer } }, port)
  const visitor = new Browser(own.url, own.caFile)
  const sent = await visitor.send('/signin/outside', { form: hiddenFields((await visitor.open('/signin?return=/store')).text) })
  const home = await certified.visit(new URL(String(sent.headers.location)))
  const back = await visitor.send(home.pathname + home.search)
  expect([back.status, back.headers.location]).toEqual([303, '/store'])
  const user = await own.kernel.read(anonymous, (ctx) => own.directory.sessionUser(ctx, visitor.cookies.get('stoa_session')))
  expect(user).toMatchObject({ objectId: person.oid, tenantId: contoso.tenantId })
  await visitor.close()
  await own.close()
  await certified.close()
})

test('a token of another audience, issuer, key, time or sign-in opens nothing', async () => {
  const claims = newcomer()
  for (const wrong of [
    { audience: 'another-client' },
    { issuer: 'https://evil.example' },
    { foreignKey: true },
    { expiresIn: -60 },
    { nonce: 'of an earlier sign-in' },
  ]) {
    const request = await begin()
    const back = await comeBack(issuer.signIn(request, { claims, ...wrong }))
    expect(back.status, JSON.stringify(wrong)).toBe(401)
    expect(await signedInAs(), JSON.stringify(wrong)).toBeNull()
  }
})

test('the way back works once, in the browser that began, and leads to no other site', async () => {
  const claims = newcomer()
  const query = issuer.signIn(await begin(), { claims })
  // A victim who is sent to somebody else's way back is not signed in as that person.
  const victim = open()
  expect((await comeBack(query, victim)).status).toBe(400)
  await begin('/signin', victim)
  expect((await comeBack(query, victim)).status).toBe(401)
  expect(await signedInAs(victim)).toBeNull()

  const once = issuer.signIn(await begin('/signin?return=https://evil.example'), { claims })
  expect((await comeBack(once)).headers.location).toBe('/')
  expect((await comeBack(once)).status).toBe(400)
  expect((await comeBack('')).status).toBe(400)
  expect((await comeBack('error=access_denied&error_description=%3Cscript%3E')).status).toBe(400)
  // A form of another site begins nothing.
  expect((await browser.send('/signin/outside', { form: { form: 'x' } })).headers.location).toContain('/signin?return=')

  const begun = open()
  const waiting = issuer.signIn(await begin('/signin', begun), { claims })
  begun.cookies.set('stoa_outside', `${begun.cookies.get('stoa_outside')?.slice(0, -2)}xx`)
  expect((await comeBack(waiting, begun)).status).toBe(400)
})

test('the issuer speaks for the mapped directory only, and takes nobody’s account by an address that is not verified', async () => {
  const attempt = async (claims: Record<string, unknown>) => {
    const from = open()
    const back = await comeBack(issuer.signIn(await begin('/signin', from), { claims }), from)
    return { status: back.status, text: back.text, user: await signedInAs(from) }
  }
  const elsewhere = await attempt(newcomer({ tid: '99999999-2222-4333-8444-555555555555' }))
  expect([elsewhere.status, elsewhere.user]).toEqual([403, null])
  expect(elsewhere.text).toContain('Your organisation is not known')
  const { tid: _tid, ...without } = newcomer()
  expect((await attempt(without)).status).toBe(403)
  const { oid: _oid, ...nameless } = newcomer()
  expect((await attempt(nameless)).status).toBe(403)

  // An owner's account: not by an unverified address, not by that of another directory, verified or not.
  const claimed = await attempt(newcomer({ email: owner.email, preferred_username: owner.email }))
  expect([claimed.status, claimed.user]).toEqual([403, null])
  const foreign = await attempt(
    newcomer({ email: 'buyer@fabrikam.example', preferred_username: 'buyer@fabrikam.example', email_verified: true }),
  )
  expect([foreign.status, foreign.user]).toEqual([403, null])
  const byId = await attempt(newcomer({ oid: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d2a001' }))
  expect(byId.user?.tenantId).toBe(contoso.tenantId)
  expect(byId.user?.objectId).not.toBe('5d3f8b16-90c4-4f0b-a2c7-7b8e61d2a001')

  const verified = newcomer({ email: owner.email.toUpperCase(), email_verified: true })
  expect((await attempt(verified)).user?.objectId).toBe(owner.objectId)
  // Taken: the next one with the address is somebody else.
  const second = await attempt(newcomer({ email: owner.email, preferred_username: owner.email, email_verified: true }))
  expect([second.status, second.user]).toEqual([403, null])

  const synced = await service.kernel.run(system, async (ctx) => {
    const user = await service.directory.createUser(ctx, {
      tenantId: contoso.tenantId,
      email: 'synced@contoso.example',
      displayName: 'Synced',
    })
    await service.directory.setProfile(ctx, user.objectId, { externalId: 'their-own-id' })
    return user
  })
  expect((await attempt(newcomer({ oid: 'their-own-id' }))).user?.objectId).toBe(synced.objectId)
  await service.kernel.run(system, (ctx) => service.directory.updateUser(ctx, synced.objectId, { status: 'disabled' }))
  const off = await attempt(newcomer({ oid: 'their-own-id' }))
  expect([off.status, off.user]).toEqual([403, null])
  expect(off.text).toContain('switched off')
})

test('where a second proof is wanted, the issuer says that it asked for one, or it is asked for here', async () => {
  const operator = await service.kernel.run(system, (ctx) =>
    service.directory.createUser(ctx, { tenantId: contoso.tenantId, email: 'op@contoso.example', displayName: 'Op', roles: ['operator'] }),
  )
  const claims = newcomer({ oid: operator.objectId })
  const half = await comeBack(issuer.signIn(await begin(), { claims }))
  expect(half.headers.location).toBe('/signin/second?return=%2Faccount')
  expect(await signedInAs()).toBeNull()
  const whole = await comeBack(issuer.signIn(await begin(), { claims: { ...claims, amr: ['pwd', 'mfa'] } }))
  expect(whole.headers.location).toBe('/account')
  expect((await signedInAs())?.objectId).toBe(operator.objectId)
})

test('an issuer that does not answer, or does not want people created, is said so', async () => {
  const down = await startLyingIssuer()
  down.setDown(true)
  const strict = await startTokenService({ outsideIssuer: { ...trusted, issuer: down.issuer, createUsers: false } })
  const visitor = new Browser(strict.url, strict.caFile)
  const start = async () => visitor.send('/signin/outside', { form: hiddenFields((await visitor.open('/signin')).text) })
  expect((await start()).status).toBe(502)
  down.setDown(false)
  const query = down.signIn(new URL(String((await start()).headers.location)), { claims: newcomer() })
  const back = await visitor.send(`/signin/outside/callback?${query}`)
  expect(back.status).toBe(403)
  expect(back.text).toContain('Ask your administrator')
  // Its own password goes on working.
  await visitor.signIn(await visitor.open('/signin'), owner.email, password)
  expect(visitor.cookies.has('stoa_session')).toBe(true)
  await visitor.close()
  await strict.close()
  await down.close()
})

test('the configuration is checked together: what is missing, and what means nothing alone', () => {
  const problems = (env: Record<string, string>) => {
    try {
      readConfig(env)
      return []
    } catch (error) {
      return (error as ConfigError).problems
    }
  }
  const whole = {
    STOA_OIDC_ISSUER: 'https://login.example/v2.0/',
    STOA_OIDC_CLIENT_ID: 'stoa',
    STOA_OIDC_CLIENT_SECRET: 'x',
    STOA_OIDC_TENANTS: `${theirs.toUpperCase()} = Contoso.example, *=fabrikam.example`,
  }
  expect(readConfig(whole).outsideIssuer).toMatchObject({
    issuer: 'https://login.example/v2.0',
    tenants: [
      { theirs, ours: 'contoso.example' },
      { theirs: '*', ours: 'fabrikam.example' },
    ],
    createUsers: false,
  })
  expect(problems({ STOA_OIDC_ISSUER: 'https://login.example' })).toHaveLength(3)
  expect(problems({ STOA_OIDC_CLIENT_ID: 'x' })).toEqual(['STOA_OIDC_CLIENT_ID means nothing without STOA_OIDC_ISSUER'])
  expect(problems({ ...whole, STOA_OIDC_ISSUER: 'http://login.example' })[0]).toContain('must be an https address')
  expect(problems({ ...whole, STOA_OIDC_TENANTS: 'contoso.example' })[0]).toContain('is not a pair')
  expect(readConfig({}).outsideIssuer).toBeUndefined()
})
