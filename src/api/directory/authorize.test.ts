import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, customFetch, decodeJwt, jwtVerify } from 'jose'
import { readFileSync } from 'node:fs'
import { Agent, fetch as undiciFetch } from 'undici'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { resources } from '../../domain/directory/index.ts'
import { anonymous } from '../../kernel/context.ts'
import { Browser, hiddenFields } from './browser.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { automation, buyer, contoso, fabrikam, landing, owner, ownApp, password } from './fixture-people.ts'

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
})

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

function authorizeUrl(tenant: string, change: Record<string, string | undefined> = {}, version = '/v2.0') {
  const fields: Record<string, string | undefined> = {
    client_id: landing.clientId,
    redirect_uri: landing.redirectUri,
    response_type: 'code',
    scope: 'openid profile offline_access',
    state: 'the state',
    nonce: 'the nonce',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...change,
  }
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) query.set(name, value)
  return `/${tenant}/oauth2${version}/authorize?${query.toString()}`
}

async function redeem(tenant: string, fields: Record<string, string>, version = '/v2.0') {
  const sent = await new Browser(service.url, service.caFile).send(`/${tenant}/oauth2${version}/token`, {
    form: { client_id: landing.clientId, client_secret: landing.secret, ...fields },
  })
  return { status: sent.status, body: JSON.parse(sent.text) as Record<string, string> }
}

const codeFields = (code: string, change: Record<string, string> = {}) => ({
  grant_type: 'authorization_code',
  code,
  redirect_uri: landing.redirectUri,
  code_verifier: verifier,
  ...change,
})

async function freshCode(tenant = 'common', email = buyer.email, change: Record<string, string> = {}): Promise<string> {
  const form = await browser.open(authorizeUrl(tenant, change))
  const done = form.location ?? (await browser.signIn(form, email, password)).location
  return done?.searchParams.get('code') ?? ''
}

test('a code at common leads through sign-in to tokens of the user’s own tenant', async () => {
  const form = await browser.open(authorizeUrl('common', { login_hint: buyer.email }))
  expect(form.status).toBe(200)
  expect(form.text).toContain(`value="${buyer.email}"`)
  const done = await browser.signIn(form, buyer.email, password)
  expect(done.location?.href.split('?')[0]).toBe(landing.redirectUri)
  expect(done.location?.searchParams.get('state')).toBe('the state')
  const { status, body } = await redeem(
    'common',
    codeFields(done.location?.searchParams.get('code') ?? '', { scope: 'openid profile offline_access' }),
  )
  expect(status).toBe(200)
  const jwks = createRemoteJWKSet(new URL(`${service.url}/${fabrikam.tenantId}/discovery/v2.0/keys`), {
    [customFetch]: ((url: string, options: object) =>
      undiciFetch(url, { ...options, dispatcher: new Agent({ connect: { ca: readFileSync(service.caFile) } }) })) as never,
  })
  const { payload } = await jwtVerify(String(body.id_token), jwks, {
    issuer: `${service.url}/${fabrikam.tenantId}/v2.0`,
    audience: landing.clientId,
  })
  expect(payload).toMatchObject({
    tid: fabrikam.tenantId,
    oid: buyer.objectId,
    sub: expect.stringMatching(/^[\w-]{43}$/),
    preferred_username: buyer.email,
    name: 'Buyer',
    nonce: 'the nonce',
    ver: '2.0',
  })
  expect(payload.auth_time).toBeTypeOf('number')
  expect(JSON.parse(Buffer.from(String(body.client_info), 'base64url').toString())).toEqual({
    uid: buyer.objectId,
    utid: fabrikam.tenantId,
  })
  expect(body.scope).toBe('openid profile')

  const userinfo = await browser.send(`/${fabrikam.tenantId}/oauth2/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}`, accept: '*/*' },
  })
  expect(JSON.parse(userinfo.text)).toMatchObject({ sub: payload.sub, oid: buyer.objectId, email: buyer.email })
  const again = await redeem('common', {
    grant_type: 'refresh_token',
    refresh_token: String(body.refresh_token),
    scope: 'openid profile offline_access',
  })
  expect(again.status).toBe(200)
  expect(decodeJwt(String(again.body.id_token))).toMatchObject({ oid: buyer.objectId })
})

test('who is signed in is not asked again, by any application; prompt=login and another tenant ask', async () => {
  await browser.signIn(await browser.open('/signin'), owner.email, password)
  for (const tenant of ['common', 'organizations', contoso.tenantId, contoso.domain]) {
    expect((await browser.open(authorizeUrl(tenant))).location?.searchParams.get('code'), tenant).toBeTruthy()
  }
  expect((await browser.open(authorizeUrl(contoso.tenantId, { prompt: 'none' }))).location?.searchParams.get('code')).toBeTruthy()
  for (const [tenant, change] of [
    [contoso.tenantId, { prompt: 'login' }],
    ['common', { prompt: 'login' }],
    ['common', { max_age: '0' }],
  ] as const) {
    if ('max_age' in change)
      await service.kernel.database.pool.query(`update directory.session set authenticated_at = authenticated_at - interval '1 minute'`)
    const asked = await browser.open(authorizeUrl(tenant, change))
    expect(asked.location, JSON.stringify(change)).toBeNull()
    expect((await browser.signIn(asked, owner.email, password)).location?.searchParams.get('code')).toBeTruthy()
  }
  const choose = await browser.open(authorizeUrl('common', { prompt: 'select_account' }))
  expect(choose.text).toContain(`Continue as ${owner.email}`)
  const other = await browser.open(authorizeUrl(fabrikam.tenantId))
  expect(other.text).toContain('This application is for people of Fabrikam Inc (fabrikam.example).')
  const still = await browser.signIn(other, owner.email, password)
  expect(still.location).toBeNull()
  expect((await browser.signIn(still, buyer.email, password)).location?.searchParams.get('code')).toBeTruthy()
})

test('prompt=none without a session is answered login_required to the application', async () => {
  for (const tenant of ['common', contoso.tenantId]) {
    const { location } = await browser.open(authorizeUrl(tenant, { prompt: 'none' }))
    expect(location?.searchParams.get('error')).toBe('login_required')
    expect(location?.searchParams.get('state')).toBe('the state')
  }
})

test('a request whose client, tenant or address is not right ends on a page, before anybody types a password', async () => {
  for (const [path, number] of [
    [authorizeUrl('common', { client_id: undefined }), 900144],
    [authorizeUrl('common', { client_id: automation.clientId }), 50194],
    [authorizeUrl('common', { client_id: 'x' }), 700016],
    [authorizeUrl(fabrikam.tenantId, { client_id: ownApp.clientId, redirect_uri: ownApp.redirectUri }), 700016],
    [authorizeUrl('common', { client_id: ownApp.clientId, redirect_uri: ownApp.redirectUri }), 50194],
    [authorizeUrl('common', { redirect_uri: 'https://evil.example/' }), 50011],
    [authorizeUrl('common', { redirect_uri: `${landing.redirectUri}/x` }), 50011],
    [authorizeUrl('common', { redirect_uri: undefined }), 50011],
    [authorizeUrl('unknown.example'), 90002],
  ] as const) {
    const visit = await browser.open(path)
    expect([visit.status, visit.text.includes(`AADSTS${number}`)], path).toEqual([400, true])
  }
})

test('a code works once, for its client, at its tenant, with its address and its verifier', async () => {
  const refused = async (tenant: string, change: Record<string, string>) => {
    const { status, body } = await redeem(tenant, codeFields(await freshCode(), change))
    expect([status, body.error], JSON.stringify([tenant, change])).toEqual([400, 'invalid_grant'])
  }
  await refused(contoso.tenantId, {})
  await refused('common', { code_verifier: randomBytes(32).toString('base64url') })
  await refused('common', { redirect_uri: 'https://localhost:3980/auth/callback' })
  expect((await redeem('common', codeFields(await freshCode(), { client_secret: 'wrong' }))).status).toBe(401)
  const { code_verifier: _without, ...bare } = codeFields(await freshCode())
  expect((await redeem('common', bare)).status).toBe(400)

  const code = await freshCode()
  const first = await redeem('common', codeFields(code))
  expect(first.status).toBe(200)
  const second = await redeem('common', codeFields(code))
  expect([second.status, second.body.error]).toEqual([400, 'invalid_grant'])
  // Somebody else has the code: what came of it is worth nothing either.
  const refresh = await redeem('common', { grant_type: 'refresh_token', refresh_token: String(first.body.refresh_token) })
  expect([refresh.status, refresh.body.error]).toEqual([400, 'invalid_grant'])
})

test('of two redemptions at the same moment at most one succeeds', async () => {
  const code = await freshCode()
  const statuses = (await Promise.all([1, 2, 3, 4].map(() => redeem('common', codeFields(code))))).map(({ status }) => status)
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(1)
  expect(statuses.every((status) => status === 200 || status === 400)).toBe(true)
})

test('codes and refresh tokens are kept as hashes', async () => {
  const code = await freshCode()
  const { body } = await redeem('common', codeFields(code))
  const { rows } = await service.kernel.database.pool.query('select id || payload::text as text from directory.oidc_payload')
  for (const { text } of rows) for (const value of [code, body.refresh_token, body.access_token]) expect(text).not.toContain(value)
})

test('a token for one of our own APIs can be had with a user, also later by refresh', async () => {
  const at = (resource: string) => `${resource}/user_impersonation`
  const { body } = await redeem(
    'common',
    codeFields(
      await freshCode('common', buyer.email, {
        scope: `openid offline_access ${at(resources.partnerCenter)} ${at(resources.cloudPartner)}`,
      }),
      {
        scope: `${at(resources.partnerCenter)} offline_access`,
      },
    ),
  )
  const verify = (token: string, audience: string) =>
    service.kernel.read(anonymous, (ctx) => service.directory.verifyBearer(ctx, token, { audience }))
  const principal = {
    kind: 'user',
    tenantId: fabrikam.tenantId,
    objectId: buyer.objectId,
    email: buyer.email,
    displayName: 'Buyer',
    roles: ['billing-admin'],
  }
  expect(await verify(String(body.access_token), resources.partnerCenter)).toEqual(principal)
  const later = await redeem('common', {
    grant_type: 'refresh_token',
    refresh_token: String(body.refresh_token),
    scope: `${resources.cloudPartner}/.default`,
  })
  expect(await verify(String(later.body.access_token), resources.cloudPartner)).toEqual(principal)
  const unknown = await redeem('common', {
    grant_type: 'refresh_token',
    refresh_token: String(later.body.refresh_token),
    scope: 'https://nowhere.example/.default',
  })
  expect([unknown.status, unknown.body.error]).toEqual([400, 'invalid_resource'])
  await service.kernel.database.pool.query(`update directory.user_account set status = 'disabled' where object_id = $1`, [buyer.objectId])
  const disabled = await redeem('common', { grant_type: 'refresh_token', refresh_token: String(later.body.refresh_token) })
  await service.kernel.database.pool.query(`update directory.user_account set status = 'active' where object_id = $1`, [buyer.objectId])
  expect([disabled.status, disabled.body.error]).toEqual([400, 'invalid_grant'])
})

test('a public client needs PKCE and no secret', async () => {
  const own = { client_id: ownApp.clientId, redirect_uri: ownApp.redirectUri }
  await browser.signIn(await browser.open('/signin'), owner.email, password)
  const without = await browser.open(
    authorizeUrl(contoso.tenantId, { ...own, code_challenge: undefined, code_challenge_method: undefined }),
  )
  expect(without.location?.searchParams.get('error')).toBe('invalid_request')
  const { location } = await browser.open(authorizeUrl(contoso.tenantId, own))
  const sent = await browser.send(`/${contoso.tenantId}/oauth2/v2.0/token`, {
    form: { ...codeFields(location?.searchParams.get('code') ?? ''), ...own },
  })
  expect(sent.status).toBe(200)
  const confidential = await browser.send(`/${contoso.tenantId}/oauth2/v2.0/token`, {
    form: { ...codeFields(await freshCode()), client_id: landing.clientId },
  })
  expect(JSON.parse(confidential.text).error_codes).toEqual([7000218])
})

test('id_token by form_post works, as ASP.NET asks for it, with a page whose policy allows its one script', async () => {
  await browser.signIn(await browser.open('/signin'), owner.email, password)
  for (const type of ['id_token', 'code id_token']) {
    const visit = await browser.open(
      authorizeUrl(contoso.tenantId, { response_type: type, response_mode: 'form_post', scope: 'openid profile', prompt: undefined }),
    )
    expect(visit.status).toBe(200)
    const token = /name="id_token" value="([^"]+)"/.exec(visit.text)?.[1] ?? ''
    expect(decodeJwt(token)).toMatchObject({ oid: owner.objectId, aud: landing.clientId })
    const script = /<script>([\s\S]*?)<\/script>/.exec(visit.text)?.[1] ?? ''
    expect(visit.headers['content-security-policy']).toContain(`'sha256-${createHash('sha256').update(script).digest('base64')}'`)
    expect(visit.headers['set-cookie']).toBeUndefined()
  }
})

test('the v1 endpoints speak the code flow too, with numbers as strings', async () => {
  await browser.signIn(await browser.open('/signin'), owner.email, password)
  const asked = await browser.open(
    authorizeUrl(
      contoso.tenantId,
      {
        scope: undefined,
        response_type: undefined,
        resource: resources.graph,
        code_challenge: undefined,
        code_challenge_method: undefined,
      },
      '',
    ),
  )
  const { location } = await browser.allow(asked)
  const { code_verifier: _none, ...fields } = codeFields(location?.searchParams.get('code') ?? '', { resource: resources.graph })
  const { status, body } = await redeem(contoso.tenantId, fields, '')
  expect(status).toBe(200)
  expect([body.expires_in, body.resource]).toEqual(['3600', resources.graph])
  expect(decodeJwt(String(body.access_token))).toMatchObject({
    aud: resources.graph,
    upn: owner.email,
    iss: `${service.url}/${contoso.tenantId}/`,
  })
})

test('an application signs its user out with the id_token; without it the user is asked', async () => {
  const { body } = await redeem('common', codeFields(await freshCode()))
  const logout = (fields: Record<string, string>) => browser.open(`/common/oauth2/v2.0/logout?${new URLSearchParams(fields).toString()}`)
  const signedIn = () => service.kernel.read(anonymous, (ctx) => service.directory.sessionUser(ctx, browser.cookies.get('stoa_session')))
  const asked = await logout({ post_logout_redirect_uri: landing.redirectUri, client_id: landing.clientId })
  expect(asked.text).toContain('You are signed in as')
  expect(await signedIn()).not.toBeNull()
  const stranger = await logout({ id_token_hint: `${body.id_token}x`, post_logout_redirect_uri: 'https://evil.example' })
  expect(stranger.location).toBeNull()
  expect(await signedIn()).not.toBeNull()
  const done = await logout({ id_token_hint: String(body.id_token), post_logout_redirect_uri: landing.redirectUri, state: 's' })
  expect(done.location?.href).toBe(`${landing.redirectUri}?state=s`)
  expect(await signedIn()).toBeNull()
  expect(hiddenFields((await browser.open(authorizeUrl('common'))).text).form).toBeTruthy()
})
