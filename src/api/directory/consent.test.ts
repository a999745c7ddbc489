import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { resources } from '../../domain/directory/index.ts'
import { anonymous, system } from '../../kernel/context.ts'
import { Browser, hiddenFields, type Visit } from './browser.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { buyer, contoso, fabrikam, landing, owner, password } from './fixture-people.ts'

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
  for (const table of ['consent', 'session', 'oidc_payload', 'spent_ticket'])
    await service.kernel.database.pool.query(`delete from directory.${table}`)
})

function open(): Browser {
  const made = new Browser(service.url, service.caFile)
  browsers.push(made)
  return made
}

const verifier = 'a-verifier-of-the-tests-that-is-long-enough-for-PKCE'
const security = '/signin/security'

function authorizeUrl(change: Record<string, string> = {}, tenant = 'common') {
  const fields = {
    client_id: landing.clientId,
    redirect_uri: landing.redirectUri,
    response_type: 'code',
    scope: 'openid profile email User.Read offline_access',
    state: 'the state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...change,
  }
  return `/${tenant}/oauth2/v2.0/authorize?${new URLSearchParams(fields).toString()}`
}

async function token(fields: Record<string, string>, tenant = 'common') {
  const form = { client_id: landing.clientId, client_secret: landing.secret, redirect_uri: landing.redirectUri, ...fields }
  const sent = await browser.send(`/${tenant}/oauth2/v2.0/token`, { form })
  return { status: sent.status, body: JSON.parse(sent.text) as Record<string, string> }
}
const redeem = (at: URL | null, more: Record<string, string> = {}, tenant = 'common') =>
  token({ grant_type: 'authorization_code', code: at?.searchParams.get('code') ?? '', code_verifier: verifier, ...more }, tenant)

/** Signs in and stops at the question. */
async function asked(
  change: Record<string, string> = {},
  email = buyer.email,
  tenant = 'common',
): Promise<Visit & { location: URL | null }> {
  const form = await browser.open(authorizeUrl(change, tenant))
  return browser.open('/signin', { form: { ...hiddenFields(form.text), email, password } })
}
const decide = (page: Visit, deed: 'allow' | 'deny', more: Record<string, string> = {}, from = browser) =>
  from.open('/signin/consent', { form: { ...hiddenFields(page.text), deed, ...more } })
const me = (bearer: string, query = '') => browser.send(`/v1.0/me${query}`, { headers: { authorization: `Bearer ${bearer}` } })

test('SA-178 SA-182 a person allows an application of another organisation once, without an administrator; the ID token has its claims', async () => {
  const page = await asked()
  expect(page.location).toBeNull()
  expect(page.text).toContain('Allow Landing page?')
  expect(page.text).toContain('Contoso Ltd (contoso.example)')
  for (const words of ['see your name', 'see your e-mail address', 'read your profile', 'keep this while you are away', 'localhost:3980'])
    expect(page.text).toContain(words)
  const allowed = await decide(page, 'allow')
  expect(allowed.location?.searchParams.get('state')).toBe('the state')
  const { body } = await redeem(allowed.location, { scope: 'openid profile email User.Read offline_access' })
  const claims = decodeJwt(String(body.id_token))
  expect(claims).toMatchObject({
    aud: landing.clientId,
    preferred_username: buyer.email,
    email: buyer.email,
    name: 'Buyer',
    oid: buyer.objectId,
    tid: fabrikam.tenantId,
    sub: expect.any(String),
  })
  // Allowed once: the next sign-in asks nothing.
  const again = await browser.open(authorizeUrl())
  const second = decodeJwt(String((await redeem(again.location)).body.id_token))
  // `oid` names the person everywhere, `sub` within one application.
  const other = { clientId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c0aa', secret: 'another-secret-of-the-tests' }
  await service.kernel.run(system, async (ctx) => {
    const redirectUris = ['https://other.example/back', 'https://more.example/back']
    await service.directory.createApplication(ctx, { ...other, tenantId: contoso.tenantId, name: 'Other', multiTenant: true, redirectUris })
    await service.directory.addKey(ctx, other.clientId, { secret: other.secret })
  })
  const change = { client_id: other.clientId, redirect_uri: 'https://other.example/back' }
  const elsewhere = await decide(await browser.open(authorizeUrl(change)), 'allow')
  const third = await redeem(elsewhere.location, { ...change, client_secret: other.secret })
  const [a, b, c] = [claims, second, decodeJwt(String(third.body.id_token))]
  expect([b.sub === a.sub, c.sub === a.sub, c.oid]).toEqual([true, false, a.oid])
  const { rows } = await service.kernel.database.pool.query(
    `select after from kernel.audit where action = 'consent.grant' order by id limit 1`,
  )
  expect(rows[0].after.clientId).toBe(landing.clientId)
})

test('who does not allow is sent back with that answer; silent requests are told to ask', async () => {
  const page = await asked()
  const denied = await decide(page, 'deny')
  expect(denied.location?.searchParams.get('error')).toBe('access_denied')
  expect(denied.location?.searchParams.get('error_description')).toContain('AADSTS65004')
  expect(denied.location?.searchParams.get('state')).toBe('the state')
  expect((await browser.open(authorizeUrl({ prompt: 'none' }))).location?.searchParams.get('error')).toBe('consent_required')
  const unknown = await browser.open(authorizeUrl({ scope: 'openid Mail.Read' }))
  expect(unknown.location?.searchParams.get('error')).toBe('invalid_scope')
  await decide(await browser.open(authorizeUrl()), 'allow')
  expect((await browser.open(authorizeUrl({ prompt: 'none' }))).location?.searchParams.get('code')).toBeTruthy()
  // More is asked for: the question comes again; so it does where the application wants it.
  for (const change of [{ scope: `openid ${resources.partnerCenter}/.default` }, { prompt: 'consent' }] as Record<string, string>[]) {
    expect((await browser.open(authorizeUrl(change))).text, JSON.stringify(change)).toContain('Allow Landing page?')
  }
})

test('an application acts for nobody who has not allowed it, and is not given more than it asked for', async () => {
  const allowed = await decide(await asked({ scope: 'openid offline_access' }), 'allow')
  for (const resource of [resources.partnerCenter, resources.operator, resources.marketplace]) {
    const again = await browser.open(authorizeUrl({ scope: 'openid offline_access' }))
    const refused = await redeem(again.location, { scope: `${resource}/user_impersonation` })
    expect([refused.status, refused.body.error], resource).toEqual([400, 'invalid_grant'])
    expect(refused.body.error_description).toContain('AADSTS65001')
    expect(refused.body).not.toHaveProperty('access_token')
  }
  const { body } = await redeem(allowed.location)
  const refreshed = await token({ grant_type: 'refresh_token', refresh_token: String(body.refresh_token), scope: 'User.Read' })
  expect(refreshed.body.error).toBe('invalid_grant')
  // Its own organisation's application too, for what goes beyond a sign-in.
  const own = await asked({ scope: `openid ${resources.partnerCenter}/user_impersonation` }, owner.email)
  expect(own.text).toContain('offers and publishing')
})

test('the form for a consent works once, within ten minutes, for the person and the question it was made for', async () => {
  const page = await asked()
  const fields = hiddenFields(page.text)
  const grants = async () => (await service.kernel.database.pool.query('select count(*)::int as n from directory.consent')).rows[0].n
  // Another site's form, another browser, another question, an old form.
  expect((await browser.send('/signin/consent', { form: { ...fields, form: 'x', deed: 'allow' } })).status).toBe(403)
  expect((await open().send('/signin/consent', { form: { ...fields, deed: 'allow' } })).status).toBe(303)
  const more = fields.return?.replace('User.Read', encodeURIComponent(`${resources.operator}/.default`)) ?? ''
  expect((await browser.send('/signin/consent', { form: { ...fields, return: more, deed: 'allow' } })).status).toBe(410)
  const stranger = open()
  await stranger.signIn(await stranger.open('/signin'), owner.email, password)
  const theirs = hiddenFields((await stranger.open(security)).text).form ?? ''
  expect((await stranger.send('/signin/consent', { form: { ...fields, form: theirs, deed: 'allow' } })).status).toBe(410)
  expect(await grants()).toBe(0)

  await decide(page, 'allow')
  expect(await grants()).toBe(1)
  const listed = await browser.open(security)
  expect(listed.text).toContain('<strong>Landing page</strong> of Contoso Ltd')
  const withdrawn = await browser.send(security, { form: { ...hiddenFields(listed.text), deed: 'withdraw', client: landing.clientId } })
  expect(withdrawn.text).toContain('You have allowed no application anything.')
  // Sent once more, the old answer does not allow what was withdrawn.
  expect((await browser.send('/signin/consent', { form: { ...fields, deed: 'allow' } })).status).toBe(410)
  expect(await grants()).toBe(0)
  expect((await browser.send(security, { form: { ...hiddenFields(listed.text), deed: 'withdraw', client: 'x' } })).status).toBe(404)
  // The question itself cannot be put into another site's frame, and leads to no other site.
  expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect((await browser.send('/signin/consent?return=https://evil.example')).headers.location).toBe('/')
})

test('withdrawing ends what the application holds', async () => {
  const { body } = await redeem((await decide(await asked(), 'allow')).location)
  const listed = await browser.open(security)
  await browser.send(security, { form: { ...hiddenFields(listed.text), deed: 'withdraw', client: landing.clientId } })
  const refresh = await token({ grant_type: 'refresh_token', refresh_token: String(body.refresh_token) })
  expect([refresh.status, refresh.body.error]).toEqual([400, 'invalid_grant'])
  expect((await browser.open(authorizeUrl())).text).toContain('Allow Landing page?')
})

test('SA-179 the profile endpoint answers the fields of User.Read to a token for it, and to no other', async () => {
  await service.kernel.run(system, (ctx) =>
    service.directory.setProfile(ctx, buyer.objectId, {
      givenName: 'Bea',
      surname: 'Buyer',
      jobTitle: 'Head of buying',
      mobilePhone: '+49 30 1234',
      preferredLanguage: 'de',
    }),
  )
  const allowed = await decide(await asked(), 'allow')
  const { body } = await redeem(allowed.location, { scope: 'openid User.Read' })
  const answer = await me(String(body.access_token))
  expect(answer.status).toBe(200)
  expect(JSON.parse(answer.text)).toEqual({
    '@odata.context': `${service.url}/v1.0/$metadata#users/$entity`,
    businessPhones: [],
    displayName: 'Buyer',
    givenName: 'Bea',
    jobTitle: 'Head of buying',
    mail: buyer.email,
    mobilePhone: '+49 30 1234',
    officeLocation: null,
    preferredLanguage: 'de',
    surname: 'Buyer',
    userPrincipalName: buyer.email,
    id: buyer.objectId,
  })
  expect(decodeJwt(String(body.access_token))).not.toHaveProperty('roles')
  const some = JSON.parse((await me(String(body.access_token), '?$select=displayName,companyName,country')).text)
  expect(some).toMatchObject({ displayName: 'Buyer', companyName: 'Fabrikam Inc', country: 'DE' })
  expect(some).not.toHaveProperty('mail')
  expect((await me(String(body.access_token), '?$select=passwordHash')).status).toBe(400)

  const statusOf = async (bearer: string) => (await me(bearer)).status
  expect(await statusOf('')).toBe(401)
  expect(await statusOf(String(body.id_token))).toBe(401)
  const machine = await service.kernel.read(system, async (ctx) => {
    const tenant = (await service.directory.findTenant(ctx, contoso.tenantId)) as never
    const app = (await service.directory.findApplication(ctx, landing.clientId)) as never
    const [user] = (await service.directory.getUsers(ctx, [buyer.objectId])) as never[]
    const own = await service.directory.issueForApplication(ctx, { tenant, app, resource: resources.profile, version: 2 })
    const input = { tenant, app, user: user as never, version: 2 as const }
    const foreign = await service.directory.issueForUser(ctx, { ...input, resource: resources.marketplace, scope: 'User.Read' })
    const narrow = await service.directory.issueForUser(ctx, { ...input, resource: resources.profile, scope: 'email' })
    return { own: own.accessToken, foreign: foreign.accessToken, narrow: narrow.accessToken }
  })
  expect([await statusOf(machine.foreign), await statusOf(machine.own), await statusOf(machine.narrow)]).toEqual([401, 403, 403])
})

test('a guest signs in to the directory that let him in, under another object id than at home, and acts nowhere else by that', async () => {
  const host = contoso.tenantId
  const change = { scope: 'openid profile email offline_access' }
  const outside = await asked(change, buyer.email, host)
  expect(outside.text).toContain('This application is for people of Contoso Ltd')
  await service.kernel.run(system, (ctx) => service.directory.inviteGuest(ctx, { tenantId: host, email: buyer.email }))
  expect((await browser.open(authorizeUrl(change, host))).text).toContain('This application is for people of Contoso Ltd')
  const acceptance = { tenantId: host, email: buyer.email, objectId: buyer.objectId }
  await service.kernel.run(system, (ctx) => service.directory.acceptGuest(ctx, acceptance))

  const allowed = await decide(await browser.open(authorizeUrl(change, host)), 'allow')
  const { body } = await redeem(allowed.location, {}, host)
  const claims = decodeJwt(String(body.id_token))
  expect(claims).toMatchObject({
    iss: `${service.url}/${host}/v2.0`,
    tid: host,
    idp: `${service.url}/${fabrikam.tenantId}/v2.0`,
    email: buyer.email,
  })
  expect(claims.oid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-/)
  expect(claims.oid).not.toBe(buyer.objectId)
  expect(claims).not.toHaveProperty('roles')
  const at = `${resources.partnerCenter}/user_impersonation`
  const more = await decide(await browser.open(authorizeUrl({ scope: `openid ${at}` }, host)), 'allow')
  expect((await redeem(more.location, { scope: at }, host)).body.error_description).toContain('AADSTS50020')

  await service.kernel.run(system, (ctx) => service.directory.removeGuest(ctx, { tenantId: host, email: buyer.email }))
  const gone = await token({ grant_type: 'refresh_token', refresh_token: String(body.refresh_token) }, host)
  expect(gone.status).toBe(400)
  expect((await browser.open(authorizeUrl(change, host))).location).toBeNull()
  expect(await service.kernel.read(anonymous, (ctx) => service.directory.isGuestOf(ctx, host, buyer.objectId))).toBe(false)
})
