import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTokenService, type TokenServiceFixture } from './fixture.ts'
import { automation, buyer, contoso, fabrikam, owner } from './fixture-people.ts'

let service: TokenServiceFixture
// What the child printed, one object a client.
let results: Record<string, Record<string, unknown>>

beforeAll(async () => {
  service = await startTokenService()
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL('./real-clients.ts', import.meta.url))], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: service.caFile, STOA_TEST_URL: service.url, NODE_OPTIONS: '' },
    timeout: 60_000,
  })
  results = JSON.parse(stdout)
})
afterAll(() => service.close())

const machine = {
  aud: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
  tid: contoso.tenantId,
  appid: automation.clientId,
}

test('AP-006 @azure/identity gets a token with its client secret, and a sentence for a wrong one', () => {
  expect(results.azureIdentity?.claims).toMatchObject(machine)
  expect(results.azureIdentity?.lifetimeSeconds).toBeGreaterThanOrEqual(3590)
  expect(results.azureIdentity?.refused).toContain('AADSTS7000215')
})

test('@azure/msal-node gets and caches client-credentials tokens', () => {
  expect(results.msalClientCredentials).toMatchObject({ claims: machine, fromCache: true })
})

test('@azure/msal-node signs people in at common, organizations and a tenant, and refreshes silently', () => {
  const ownerResult = {
    homeAccountId: `${owner.objectId}.${contoso.tenantId}`,
    username: owner.email,
    tenantId: contoso.tenantId,
    silent: `${owner.objectId}.${contoso.tenantId}`,
    fromCache: false,
  }
  const buyerId = `${buyer.objectId}.${fabrikam.tenantId}`
  expect(results.msalCommon).toMatchObject({
    homeAccountId: buyerId,
    username: buyer.email,
    tenantId: fabrikam.tenantId,
    silent: buyerId,
    fromCache: false,
  })
  expect(results.msalOrganizations).toMatchObject(ownerResult)
  expect(results.msalTenant).toMatchObject(ownerResult)
  expect(results.msalPublicClient?.username).toBe(owner.email)
})

test('openid-client discovers, runs the code flow with PKCE, asks for claims, refreshes, and gets machine tokens', () => {
  const sub = expect.stringMatching(/^[\w-]{43}$/)
  expect(results.openidClient).toMatchObject({ sub, email: buyer.email, refreshed: sub, machine })
})
