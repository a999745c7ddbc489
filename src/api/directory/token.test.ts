import { readFileSync } from 'node:fs'
import { decodeJwt, decodeProtectedHeader, SignJWT } from 'jose'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testKernel } from '../../../test/harness.ts'
import { createDirectory, resources } from '../../domain/directory/index.ts'
import { anonymous, system } from '../../kernel/context.ts'
import { keyDocument } from './metadata.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { automation, contoso, fabrikam, landing } from './fixture-people.ts'

let service: TokenServiceFixture
let agent: Agent

beforeAll(async () => {
  service = await startTokenService()
  agent = new Agent({ connect: { ca: readFileSync(service.caFile) } })
})
afterAll(async () => {
  await agent.close()
  await service.close()
})

async function post(path: string, fields: Record<string, string> | string, headers: Record<string, string> = {}) {
  const answer = await request(`${service.url}${path}`, {
    dispatcher: agent,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
  })
  const text = await answer.body.text()
  return { status: answer.statusCode, headers: answer.headers, body: JSON.parse(text) as Record<string, string & number & number[]> }
}

async function get(path: string) {
  const answer = await request(`${service.url}${path}`, { dispatcher: agent })
  return { status: answer.statusCode, body: (await answer.body.json()) as Record<string, unknown> }
}

const v1 = {
  grant_type: 'client_credentials',
  client_id: automation.clientId,
  client_secret: automation.secret,
  resource: resources.marketplace,
}
const v2 = { ...v1, resource: '', scope: `${resources.marketplace}/.default` }
const tokenPath = `/${contoso.tenantId}/oauth2/token`
const tokenPath2 = `/${contoso.tenantId}/oauth2/v2.0/token`

test('AP-006 both token endpoints issue client-credentials tokens, also with ?api-version=1.0', async () => {
  for (const [path, fields] of [
    [tokenPath, v1],
    [`${tokenPath}?api-version=1.0`, v1],
    [`${tokenPath2}?client-request-id=1`, v2],
    [`/${contoso.domain}/oauth2/token/`, v1],
    [`/${contoso.tenantId.toUpperCase()}/OAuth2/Token`, v1],
  ] as const) {
    const { status, body } = await post(path, fields)
    expect(status, path).toBe(200)
    const claims = decodeJwt(String(body.access_token))
    expect(claims).toMatchObject({
      aud: resources.marketplace,
      tid: contoso.tenantId,
      appid: automation.clientId,
      azp: automation.clientId,
      idtyp: 'app',
    })
    expect(claims.iss).toBe(path.includes('v2.0') ? `${service.url}/${contoso.tenantId}/v2.0` : `${service.url}/${contoso.tenantId}/`)
    expect(claims.oid).toBe(claims.sub)
    expect(claims.roles).toEqual(['manager'])
  }
})

test('AP-007 v1 answers numbers as strings, reads field names in any case and trims the resource', async () => {
  const { status, body } = await post(tokenPath, {
    Grant_type: 'client_credentials',
    Client_id: automation.clientId,
    Client_secret: automation.secret,
    Resource: ` ${resources.partnerCenter}/ `,
  })
  expect(status).toBe(200)
  expect(Object.keys(body).sort()).toEqual([
    'access_token',
    'expires_in',
    'expires_on',
    'ext_expires_in',
    'not_before',
    'resource',
    'token_type',
  ])
  for (const value of Object.values(body)) expect(typeof value).toBe('string')
  expect(body.resource).toBe(resources.partnerCenter)
})

test('AP-008 tokens last an hour; expires_on is exp and not_before is nbf', async () => {
  const { body } = await post(tokenPath, v1)
  const claims = decodeJwt(String(body.access_token))
  expect(body.expires_in).toBe('3600')
  expect(Number(claims.exp) - Number(claims.iat)).toBe(3600)
  expect(body.expires_on).toBe(String(claims.exp))
  expect(body.not_before).toBe(String(claims.nbf))
})

test('AP-009 a wrong secret is answered 401 invalid_client', async () => {
  const { status, body } = await post(tokenPath, { ...v1, client_secret: 'wrong' })
  expect(status).toBe(401)
  expect(body.error).toBe('invalid_client')
  expect(body.error_codes).toEqual([7000215])
  expect(body.error_description).toMatch(/^AADSTS7000215: /)
  for (const field of ['timestamp', 'trace_id', 'correlation_id']) expect(body[field]).toBeTruthy()
})

test('AP-010 tokens for another audience, expired, unsigned or signed by somebody else are refused', async () => {
  const { directory, kernel } = service
  const verify = (token: string, audience: string = resources.marketplace) =>
    kernel.read(anonymous, (ctx) => directory.verifyBearer(ctx, token, { audience }))
  const { body } = await post(tokenPath, v1)
  const token = String(body.access_token)
  expect(await verify(token)).toEqual({
    kind: 'application',
    tenantId: contoso.tenantId,
    clientId: automation.clientId,
    roles: [],
    memberships: [{ accountId: expect.any(String), tenantId: contoso.tenantId, roles: ['manager'], permissions: [] }],
  })
  expect(await verify(token)).toMatchObject({ kind: 'application' })
  expect(await verify(String((await post(tokenPath2, v2)).body.access_token))).toMatchObject({ clientId: automation.clientId })

  const refused = { kind: 'unauthenticated', code: 'InvalidAuthenticationToken' }
  await expect(verify(token, resources.partnerCenter)).rejects.toMatchObject(refused)
  const [head, payload] = token.split('.')
  await expect(verify(`${head}.${payload}.`)).rejects.toMatchObject(refused)
  const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url')
  await expect(verify(`${none}.${payload}.`)).rejects.toMatchObject(refused)
  await expect(verify('not a token')).rejects.toMatchObject(refused)

  const key = await directory.keys.current()
  const claims = decodeJwt(token)
  const signed = (change: object) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'RS256', kid: key.kid }).sign(key.privateKey)
  const now = Number(claims.iat)
  await expect(verify(await signed({ exp: now - 6 }))).rejects.toMatchObject(refused)
  expect(await verify(await signed({ exp: now - 1 }))).toMatchObject({ kind: 'application' })
  await expect(verify(await signed({ iss: `https://elsewhere.example/${contoso.tenantId}/` }))).rejects.toMatchObject(refused)
  await expect(verify(await signed({ idtyp: undefined }))).rejects.toMatchObject(refused)
  const hmac = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: key.kid }).sign(Buffer.from(key.publicJwk.n))
  await expect(verify(hmac)).rejects.toMatchObject(refused)
})

test('credentials may come in a Basic header', async () => {
  const { client_id, client_secret, ...rest } = v1
  const basic = `Basic ${Buffer.from(`${client_id}:${encodeURIComponent(client_secret)}`).toString('base64')}`
  expect((await post(tokenPath, rest, { authorization: basic })).status).toBe(200)
  expect((await post(tokenPath, rest, { authorization: 'Bearer x' })).status).toBe(400)
  expect((await post(tokenPath, { ...rest, client_id: landing.clientId }, { authorization: basic })).status).toBe(400)
})

test('every malformed request is answered 400 or 401 with a number, never otherwise', async () => {
  const expected: [string, Record<string, string> | string, number, string, number][] = [
    [tokenPath, '', 400, 'invalid_request', 900144],
    [tokenPath, { ...v1, grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    [tokenPath, { grant_type: 'client_credentials' }, 400, 'invalid_request', 900144],
    [tokenPath, { ...v1, client_secret: '' }, 401, 'invalid_client', 7000218],
    [tokenPath, { ...v1, resource: ' ' }, 400, 'invalid_request', 900144],
    [tokenPath, { ...v1, resource: 'https://unknown.example' }, 400, 'invalid_resource', 500011],
    [tokenPath2, { ...v2, scope: 'openid' }, 400, 'invalid_scope', 1002012],
    [tokenPath2, { ...v2, scope: `${resources.marketplace}/read` }, 400, 'invalid_scope', 1002012],
    [tokenPath, { ...v1, client_id: 'not a guid' }, 401, 'invalid_client', 700016],
    [tokenPath, { ...v1, client_id: fabrikam.tenantId }, 401, 'invalid_client', 700016],
    ['/5d3f8b16-90c4-4f0b-a2c7-000000000000/oauth2/token', v1, 400, 'invalid_request', 90002],
    ['/unknown.example/oauth2/token', v1, 400, 'invalid_request', 90002],
    [`/${fabrikam.tenantId}/oauth2/token`, v1, 401, 'invalid_client', 700016],
    ['/common/oauth2/token', v1, 400, 'invalid_request', 50059],
    [tokenPath, `${new URLSearchParams(v1).toString()}&client_id=x`, 400, 'invalid_request', 90013],
    [
      tokenPath,
      { grant_type: 'authorization_code', client_id: landing.clientId, client_secret: landing.secret },
      400,
      'invalid_request',
      90013,
    ],
    [
      tokenPath,
      { grant_type: 'refresh_token', client_id: landing.clientId, client_secret: landing.secret, refresh_token: 'x' },
      400,
      'invalid_grant',
      70000,
    ],
    ['/common/oauth2/token', { grant_type: 'authorization_code', client_id: landing.clientId, code: 'x' }, 400, 'invalid_grant', 70000],
  ]
  for (const [path, fields, status, error, number] of expected) {
    const answer = await post(path, fields)
    expect([answer.status, answer.body.error, answer.body.error_codes], JSON.stringify([path, fields])).toEqual([status, error, [number]])
  }
  expect((await post(tokenPath, '{"grant_type":"client_credentials"}', { 'content-type': 'application/json' })).status).toBe(400)
})

test('only a GUID, a name with a dot and the three collective names are tenants', async () => {
  for (const path of ['/store/oauth2/token', '/account/oauth2/v2.0/token', '/partner/oauth2/token'])
    expect((await post(path, v1)).status, path).toBe(404)
})

test('an expired key opens nothing; a removed one neither; the others still do', async () => {
  const { directory, kernel } = service
  const made = await kernel.run(system, async (ctx) => {
    const app = await directory.createApplication(ctx, { tenantId: contoso.tenantId, name: 'With keys' })
    const kept = await directory.addKey(ctx, app.clientId)
    const removed = await directory.addKey(ctx, app.clientId, { expiresAt: ctx.wall.add({ hours: 1 }) })
    const expired = await directory.addKey(ctx, app.clientId, { expiresAt: ctx.wall.add({ hours: 1 }) })
    return { app, kept, removed, expired }
  })
  const withSecret = (secret: string) => post(tokenPath, { ...v1, client_id: made.app.clientId, client_secret: secret })
  for (const key of [made.kept, made.removed, made.expired]) expect((await withSecret(key.secret)).status).toBe(200)
  await kernel.run(system, async (ctx) => {
    await directory.removeKey(ctx, made.app.clientId, made.removed.keyId)
  })
  await kernel.database.pool.query(`update directory.application_key set expires_at = expires_at - interval '2 hours' where key_id = $1`, [
    made.expired.keyId,
  ])
  expect((await withSecret(made.kept.secret)).status).toBe(200)
  expect((await withSecret(made.removed.secret)).body.error_codes).toEqual([7000215])
  expect((await withSecret(made.expired.secret)).body.error_codes).toEqual([7000222])
  const { rows } = await kernel.database.pool.query('select hash from directory.application_key')
  for (const { hash } of rows) for (const key of [made.kept, made.removed, made.expired]) expect(hash).not.toContain(key.secret)
  await expect(kernel.run(system, (ctx) => directory.addKey(ctx, made.app.clientId, { expiresAt: ctx.wall }))).rejects.toMatchObject({
    code: 'KeyExpired',
  })
})

test('both key documents hold the key that signed, and both metadata documents what msal needs', async () => {
  const token = String((await post(tokenPath, v1)).body.access_token)
  const { kid, x5t } = decodeProtectedHeader(token)
  expect(x5t).toBe(kid)
  for (const path of ['/discovery/keys', '/discovery/v2.0/keys']) {
    const { body } = await get(`/${contoso.tenantId}${path}`)
    expect((body.keys as { kid: string }[]).map((key) => key.kid)).toContain(kid)
    expect(JSON.stringify(body)).not.toContain('"d"')
  }
  for (const [path, v] of [
    ['/v2.0/.well-known/openid-configuration', '/v2.0'],
    ['/.well-known/openid-configuration', ''],
  ]) {
    const { body } = await get(`/${contoso.domain}${path}`)
    const base = `${service.url}/${contoso.tenantId}`
    expect(body).toMatchObject({
      issuer: v ? `${base}/v2.0` : `${base}/`,
      authorization_endpoint: `${base}/oauth2${v}/authorize`,
      token_endpoint: `${base}/oauth2${v}/token`,
      jwks_uri: `${base}/discovery${v}/keys`,
    })
  }
  expect((await get('/common/v2.0/.well-known/openid-configuration')).body.issuer).toBe(`${service.url}/{tenantid}/v2.0`)
  expect((await get('/unknown.example/v2.0/.well-known/openid-configuration')).status).toBe(400)
  const instance = await get('/common/discovery/instance?api-version=1.1&authorization_endpoint=x')
  expect(instance.body.tenant_discovery_endpoint).toBe(`${service.url}/common/v2.0/.well-known/openid-configuration`)
})

test('a rotated key is published before it signs, and the old one as long as its tokens live', async () => {
  const { directory, kernel } = service
  const before = await directory.keys.current()
  const token = String((await post(tokenPath, v1)).body.access_token)
  await kernel.run(system, (ctx) => directory.rotateSigningKey(ctx))
  // Each stands for a process that starts at that time.
  const process = async () => createDirectory(await testKernel({ databaseUrl: kernel.databaseUrl, config: { issuerUrl: service.url } }))
  const other = await process()
  expect((await other.keys.published()).length).toBe(2)
  const shown = async (at: typeof other) => keyDocument(await at.keys.published()).keys.map(({ kid }) => kid)
  expect(await shown(other)).toContain(before.kid)
  expect(await shown(other)).toHaveLength(2)
  expect((await other.keys.current()).kid).toBe(before.kid)
  await kernel.database.pool.query(`update directory.signing_key set signs_from = signs_from - interval '10 minutes' where ends_at is null`)
  const later = await process()
  expect((await later.keys.current()).kid).not.toBe(before.kid)
  expect(await kernel.read(anonymous, (ctx) => later.verifyBearer(ctx, token, { audience: resources.marketplace }))).toMatchObject({
    kind: 'application',
  })
  await kernel.database.pool.query(`update directory.signing_key set ends_at = ends_at - interval '2 hours' where ends_at is not null`)
  const last = await process()
  await expect(kernel.read(anonymous, (ctx) => last.verifyBearer(ctx, token, { audience: resources.marketplace }))).rejects.toMatchObject({
    code: 'InvalidAuthenticationToken',
  })
  expect(await shown(last)).not.toContain(before.kid)
  // By the calendar: not before its time, once however many ask, and what has ended is deleted.
  const rotate = () => kernel.run(system, (ctx) => directory.rotateOldKey(ctx))
  expect(await rotate()).toBe(false)
  const kids = async () => (await kernel.database.pool.query('select kid from directory.signing_key')).rows.length
  expect(await kids()).toBe(1)
  await kernel.database.pool.query(`update directory.signing_key set created_at = created_at - interval '90 days'`)
  expect((await Promise.all([rotate(), rotate(), rotate()])).filter(Boolean)).toHaveLength(1)
  expect(await kids()).toBe(2)
  const { rows } = await kernel.database.pool.query('select private_pem from directory.signing_key')
  for (const row of rows) expect(row.private_pem).not.toContain('PRIVATE KEY')
})

test('the marketplace signs its own calls as spec/08 §2.7 says', async () => {
  const { directory, kernel } = service
  const token = await kernel.read(anonymous, (ctx) => directory.signServiceToken(ctx, { aud: automation.clientId, tid: contoso.tenantId }))
  expect(decodeJwt(token)).toMatchObject({
    aud: automation.clientId,
    tid: contoso.tenantId,
    iss: `${service.url}/${contoso.tenantId}/v2.0`,
    azp: resources.marketplace,
    appid: resources.marketplace,
  })
})

test('a client that fails again and again has to wait, and its owner elsewhere does not', async () => {
  const { kernel } = service
  const wrong = { ...v1, client_id: landing.clientId, client_secret: 'wrong' }
  expect((await post(tokenPath, wrong)).status).toBe(401)
  await kernel.database.pool.query(`update directory.attempt set failures = 200 where key like 'client:%'`)
  const locked = await post(tokenPath, wrong)
  expect(locked.status).toBe(429)
  expect(Number(locked.headers['retry-after'])).toBeGreaterThan(0)
  expect((await post(tokenPath, { ...wrong, client_secret: landing.secret })).status).toBe(429)
  await kernel.database.pool.query(`update directory.attempt set window_ends_at = window_ends_at - interval '5 minutes'`)
  expect((await post(tokenPath, { ...wrong, client_secret: landing.secret })).status).toBe(200)
  expect((await post(tokenPath, v1)).status).toBe(200)
})
