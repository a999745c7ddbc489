import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { allows } from '../../kernel/authorization.ts'
import { anonymous, system } from '../../kernel/context.ts'
import { personalTenantId } from '../../kernel/personal-accounts.ts'
import { Browser, hiddenFields, type Visit } from './browser.ts'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { buyer, contoso, fabrikam, landing, owner, password } from './fixture-people.ts'
import { startLyingIssuer } from './outside-issuer.ts'

let service: TokenServiceFixture
let issuer: Awaited<ReturnType<typeof startLyingIssuer>>
let browser: Browser
const browsers: Browser[] = []

beforeAll(async () => {
  issuer = await startLyingIssuer()
  service = await startTokenService({
    outsideIssuer: {
      issuer: issuer.issuer,
      clientId: 'stoa',
      clientSecret: 'a secret between the two',
      name: 'Contoso',
      tenantClaim: 'tid',
      tenants: [{ theirs: '*', ours: contoso.domain }],
      objectClaim: 'oid',
      createUsers: false,
    },
  })
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

const verifier = 'a-verifier-of-the-tests-that-is-long-enough-for-PKCE'
function authorizeUrl(tenant: string, scope = 'openid profile email User.Read') {
  const fields = {
    client_id: landing.clientId,
    redirect_uri: landing.redirectUri,
    response_type: 'code',
    scope,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }
  return `/${tenant}/oauth2/v2.0/authorize?${new URLSearchParams(fields).toString()}`
}

const enter = (page: Visit, email: string, from = browser) => from.send('/signin/realm', { form: { ...hiddenFields(page.text), email } })

/** Asks for a personal account and returns the link in the mail, or the mail's text where it has none. */
async function join(email: string, displayName = 'Pat Person'): Promise<{ page: Visit; mail: string; link: string }> {
  await service.kernel.database.pool.query('delete from directory.attempt')
  const form = await browser.open('/signin/join')
  const page = await browser.send('/signin/join', { form: { ...hiddenFields(form.text), email, displayName } })
  await service.kernel.jobs.drain()
  const [last] = await service.kernel.run(system, (ctx) => service.kernel.mail.list(ctx))
  const mail = last?.to === email ? last.text : ''
  return { page, mail, link: /(\/signin\/join\/finish\?\S+)/.exec(mail)?.[1] ?? '' }
}

async function finish(link: string, word = password): Promise<Visit> {
  const form = await browser.open(link)
  return browser.send('/signin/join/finish', { form: { ...hiddenFields(form.text), password: word, again: word } })
}

test('at common the address comes first, and leads to its organisation’s sign-in', async () => {
  const page = await browser.open(authorizeUrl('common'))
  expect(page.text).toContain('action="/signin/realm"')
  expect(page.text).not.toContain('name="password"')
  const next = await enter(page, buyer.email)
  const form = await browser.open(String(next.headers.location))
  expect(form.text).toContain('Sign in with your account of Fabrikam Inc.')
  expect(form.text).toContain(`value="${buyer.email}"`)
  const done = await browser.signIn(form, buyer.email, password)
  expect(done.location?.searchParams.get('code')).toBeTruthy()

  // People of the directory for which an outside issuer is trusted go there at once, with their address.
  const other = open()
  const away = await enter(await other.open(authorizeUrl('organizations')), 'anybody@contoso.example', other)
  const target = new URL(String(away.headers.location))
  expect([target.origin, target.searchParams.get('login_hint')]).toEqual([issuer.issuer, 'anybody@contoso.example'])
  expect(String((await other.open('/signin')).headers['content-security-policy'])).toContain(`form-action 'self' ${issuer.issuer}`)
})

test('the page tells what a domain is, never who has an account, and takes only its own form', async () => {
  const at = async (email: string) => {
    const from = open()
    const sent = await enter(await from.open(authorizeUrl('common')), email, from)
    return [sent.status, String(sent.headers.location).replaceAll(encodeURIComponent(email), '')]
  }
  expect(await at('nobody@fabrikam.example')).toEqual(await at(buyer.email))
  expect(await at('someone@unknown.example')).toEqual(await at('another@unknown.example'))
  const page = await browser.open(authorizeUrl('common'))
  expect((await enter(page, 'not an address')).status).toBe(400)
  expect((await browser.send('/signin/realm', { form: { ...hiddenFields(page.text), form: 'x', email: buyer.email } })).status).toBe(403)
  const evil = await browser.send('/signin/realm', { form: { ...hiddenFields(page.text), return: '//evil.example', email: buyer.email } })
  expect(String(evil.headers.location)).toContain('return=%2F&')
})

test('SA-181 SA-182 a personal account signs in at common without an administrator, in the one directory of such accounts', async () => {
  const email = 'pat@personal-mail.example'
  const { page, link } = await join(email)
  expect(page.status).toBe(200)
  expect((await finish(link)).text).toContain('has an account now')
  // Trial page of an offer that only leads on: no purchase token, no resolve; the ID token and the profile say who it is.
  const realm = await browser.open(authorizeUrl('common'))
  const next = await enter(realm, email)
  const form = await browser.open(String(next.headers.location))
  const done = await browser.signIn(form, email, password)
  expect(done.location?.href.split('?')[0]).toBe(landing.redirectUri)
  const sent = await browser.send('/common/oauth2/v2.0/token', {
    form: {
      client_id: landing.clientId,
      client_secret: landing.secret,
      grant_type: 'authorization_code',
      code: done.location?.searchParams.get('code') ?? '',
      redirect_uri: landing.redirectUri,
      code_verifier: verifier,
      scope: 'openid profile email User.Read',
    },
  })
  const tokens = JSON.parse(sent.text) as Record<string, string>
  expect(decodeJwt(String(tokens.id_token))).toMatchObject({
    tid: '9188040d-6c67-4c5b-b112-36a304b66dad',
    iss: `${service.url}/${personalTenantId}/v2.0`,
    aud: landing.clientId,
    name: 'Pat Person',
    preferred_username: email,
  })
  const me = await browser.send('/v1.0/me', { headers: { authorization: `Bearer ${tokens.access_token}` } })
  expect(JSON.parse(me.text)).toMatchObject({ displayName: 'Pat Person', mail: email })

  // consumers takes him, organizations does not; and the other way round for people at work.
  expect((await browser.open(authorizeUrl('consumers'))).location?.searchParams.get('code')).toBeTruthy()
  expect((await browser.open(authorizeUrl('organizations'))).location).toBeNull()
  const work = open()
  await work.signIn(await work.open('/signin'), buyer.email, password)
  expect((await work.open(authorizeUrl('consumers'))).location).toBeNull()
  expect((await work.allow(await work.open(authorizeUrl('organizations')))).location?.searchParams.get('code')).toBeTruthy()
  const refused = await enter(await open().open(authorizeUrl('consumers')), buyer.email).catch(() => null)
  expect(refused?.status).toBe(403)
})

test('people with personal accounts have no right to what another of them has', async () => {
  await join('sam@personal-mail.example', 'Sam').then(({ link }) => finish(link))
  const user = await service.kernel.read(anonymous, async (ctx) => {
    const found = await service.directory.findUserByEmail(ctx, 'sam@personal-mail.example')
    return service.directory.principal(ctx, found?.objectId ?? '')
  })
  if (!user) throw new Error('no account')
  expect(user.tenantId).toBe(personalTenantId)
  const shared = { tenantId: personalTenantId }
  for (const action of ['subscription.read', 'subscription.configure', 'usage.read', 'account.read', 'invoice.read'] as const) {
    expect(allows({ ...user, roles: ['billing-admin', 'global-admin'] }, action, shared), action).toBe(false)
  }
  expect(allows({ ...user, tenantId: fabrikam.tenantId }, 'subscription.read', fabrikam)).toBe(true)
})

test('the link to a personal account works once, within the hour, for the address and name it was made for', async () => {
  const { link } = await join('kim@personal-mail.example', 'Kim')
  for (const changed of [
    link.replace('kim%40', 'ceo%40'),
    link.replace('name=Kim', 'name=Marketplace+staff'),
    link.replace(/ticket=.{6}/, 'ticket=AAAAAA'),
    '/signin/join/finish?email=kim@personal-mail.example&name=Kim&ticket=',
  ]) {
    expect((await finish(changed)).status, changed).toBe(410)
  }
  expect((await browser.open('/signin/join/finish')).status).toBe(410)
  expect((await finish(link, 'short')).status).toBe(400)
  expect((await finish(link)).status).toBe(200)
  expect((await finish(link)).status).toBe(410)

  // Nobody learns who has an account: the page is the same, the mail is not.
  const texts = []
  for (const email of ['kim@personal-mail.example', owner.email, 'unknown@personal-mail.example']) {
    const { page, mail, link: own } = await join(email)
    texts.push(page.text.replaceAll(email, ''))
    expect(own !== '', email).toBe(email.startsWith('unknown'))
    expect(mail).not.toBe('')
  }
  expect(new Set(texts).size).toBe(1)
  const bad = await browser.send('/signin/join', {
    form: { ...hiddenFields((await browser.open('/signin/join')).text), email: 'x@personal-mail.example', displayName: '\u202Eevil' },
  })
  expect(bad.status).toBe(400)
})
