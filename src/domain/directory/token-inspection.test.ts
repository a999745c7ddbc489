import { SignJWT, UnsecuredJWT } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { type TestKernel, testKernel } from '../../../test/harness.ts'
import { createDomain, type Domain } from '../domain.ts'
import { system } from '../../kernel/context.ts'
import type { TokenInspection } from './index.ts'

const tenantId = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002'
const clientId = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001'
const marketplace = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'

let kernel: TestKernel
let domain: Domain

beforeAll(async () => {
  kernel = await testKernel({ template: 'demo' })
  domain = createDomain(kernel)
})

const inspect = (token: string) => kernel.read(system, (ctx) => domain.directory.inspectToken(ctx, token))

async function tokenFor(resource: string, version: 1 | 2 = 1): Promise<string> {
  return kernel.run(system, async (ctx) => {
    const tenant = await domain.directory.findTenant(ctx, tenantId)
    const app = await domain.directory.findApplication(ctx, clientId)
    return (await domain.directory.issueForApplication(ctx, { tenant: tenant!, app: app!, resource, version })).accessToken
  })
}

const wrong = ({ checks }: TokenInspection) => checks.filter((check) => !check.ok).map((check) => check.claim)

test('a good token of either version: nothing is wrong', async () => {
  for (const version of [1, 2] as const) {
    const found = await inspect(await tokenFor(marketplace, version))
    expect(found).toMatchObject({ use: 'marketplace-api', tenantId, clientId })
    expect(wrong(found)).toEqual([])
  }
})

test('what people paste around a token does not matter', async () => {
  const token = await tokenFor(marketplace)
  expect(wrong(await inspect(`Authorization: Bearer ${token}\n`))).toEqual([])
  expect(wrong(await inspect(`"${token}",`))).toEqual([])
})

test('nothing that it answers could be used as the token', async () => {
  const token = await tokenFor(marketplace)
  expect(JSON.stringify(await inspect(token))).not.toContain(token.split('.')[2])
})

test('a token for another resource names it and the right one', async () => {
  const found = await inspect(await tokenFor('https://api.partner.microsoft.com'))
  expect(found.use).toBe('other-resource')
  expect(wrong(found)).toEqual(['aud'])
  expect(found.checks.find((check) => check.claim === 'aud')?.advice).toContain('ingestion API')
})

test('a webhook token is judged as its receiver should', async () => {
  const token = await kernel.read(system, (ctx) => domain.directory.signServiceToken(ctx, { aud: clientId, tid: tenantId }))
  const found = await inspect(token)
  expect(found).toMatchObject({ use: 'webhook', clientId, tenantId })
  expect(wrong(found)).toEqual([])
})

test('altered, unsigned, foreign, expired and early tokens: the claim at fault is named', async () => {
  const token = await tokenFor(marketplace)
  const [head, body, signature] = token.split('.') as [string, string, string]
  const changed = Buffer.from(JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), tid: clientId })).toString(
    'base64url',
  )
  expect(wrong(await inspect(`${head}.${changed}.${signature}`))).toContain('signature')
  expect(wrong(await inspect(new UnsecuredJWT({ aud: marketplace }).encode()))).toContain('signature')

  const key = await domain.directory.keys.current()
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({
      aud: marketplace,
      iss: `${kernel.config.issuerUrl}/${tenantId}/`,
      tid: tenantId,
      appid: clientId,
      idtyp: 'app',
      ver: '1.0',
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid: key.kid })
      .sign(key.privateKey)
  const now = Math.floor(Date.now() / 1000)
  expect(wrong(await inspect(await sign({ nbf: now - 7200, exp: now - 3600 })))).toEqual(['exp'])
  expect(wrong(await inspect(await sign({ nbf: now + 600, exp: now + 3600 })))).toEqual(['nbf'])
  expect(wrong(await inspect(await sign({ iss: `https://sts.windows.net/${tenantId}/`, nbf: now, exp: now + 3600 })))).toEqual(['iss'])
  expect(wrong(await inspect(await sign({ idtyp: 'user', nbf: now, exp: now + 3600 })))).toEqual(['idtyp'])
})

test.each(['', 'x', 'a.b.c', '….…', 'Bearer', `${'A'.repeat(236)}`, 'e30.e30.', '{"a":1}', '\u0000'])(
  'any text may be pasted: %j',
  async (text) => {
    const found = await inspect(text)
    expect(wrong(found).length).toBeGreaterThan(0)
  },
)

test('a landing-page token is recognised', async () => {
  const [check] = (await inspect('A'.repeat(236))).checks
  expect(check?.advice).toContain('x-ms-marketplace-token')
})

test('absurd times are absent, not an error', async () => {
  const key = await domain.directory.keys.current()
  const token = await new SignJWT({ exp: 1e300, nbf: 'soon' as never })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid })
    .sign(key.privateKey)
  expect(wrong(await inspect(token))).toEqual(expect.arrayContaining(['nbf', 'exp']))
})
