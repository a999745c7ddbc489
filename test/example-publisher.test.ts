/** The example publisher against the marketplace it is an example for: what its webhook must refuse, and what it must survive. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { pathToFileURL } from 'node:url'
import { generateKeyPair, SignJWT } from 'jose'
import type { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { wallNow } from '../src/kernel/clock.ts'
import { startTestStoa, type TestStoa } from './harness.ts'

// Contoso's tenant and applications (reference-data/demo.json).
const TENANT = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002'
const APPLICATION = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001'

interface Account {
  planId: string
  quantity?: number
  state: string
  history: { what: string }[]
}

interface Publisher {
  inject(options: object): Promise<{ statusCode: number; headers: Record<string, string>; body: string }>
}

let stoa: TestStoa
let publisher: Publisher
let store: { get(id: string): Account | undefined }
let marketplace: {
  activate(id: string, what: { planId: string; quantity?: number }): Promise<void>
  getSubscription(id: string): Promise<object>
}

beforeAll(async () => {
  stoa = await startTestStoa({ demo: true })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), stoa.ca])
  // The application reads its configuration when it is loaded.
  process.env.MARKETPLACE_API_URL = `${stoa.tlsUrl}/api`
  process.env.MARKETPLACE_AUTHORITY_URL = stoa.tlsUrl
  process.env.MARKETPLACE_BROWSER_URL = stoa.url
  const load = (name: string) => import(pathToFileURL(path.join(import.meta.dirname, '../examples/publisher/src', name)).href)
  const { Store } = await load('store.js')
  const { Marketplace } = await load('marketplace.js')
  const { createApp } = await load('app.js')
  store = new Store(path.join(mkdtempSync(path.join(tmpdir(), 'stoa-publisher-')), 'accounts.json'))
  marketplace = new Marketplace()
  publisher = await createApp({ store, marketplace, logger: false })
})

async function sandbox(call: string, body: object): Promise<Record<string, string>> {
  const response = await fetch(`${stoa.url}/api/sandbox/${call}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${call}: ${response.status} ${text}`)
  return text === '' ? {} : JSON.parse(text)
}

async function activeSubscription(offerId: string, planId: string, quantity?: number): Promise<string> {
  const { subscriptionId } = await sandbox('purchases', { publisherId: 'contoso', offerId, planId, quantity })
  await marketplace.activate(subscriptionId!, { planId, ...(quantity ? { quantity } : {}) })
  return subscriptionId!
}

const marketplaceToken = (input: { aud?: string; tid?: string; appid?: string; wall?: Temporal.Instant } = {}) => {
  const { wall = wallNow(), ...claims } = input
  return stoa.domain.directory.signServiceToken({ wall }, { aud: APPLICATION, tid: TENANT, ...claims })
}

async function notify(body: object, token?: string) {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return publisher.inject({
    method: 'POST',
    url: '/webhook',
    headers: { 'content-type': 'application/json', ...authorization },
    payload: body,
  })
}

test('a notification without the marketplace’s token for us is refused and changes nothing', async () => {
  const subscriptionId = await activeSubscription('contoso-crm', 'basic')
  const { operationId } = await sandbox(`subscriptions/${subscriptionId}/change`, { planId: 'standard' })
  const body = { id: operationId, subscriptionId, action: 'ChangePlan', planId: 'standard' }

  const { privateKey } = await generateKeyPair('RS256')
  const forged = await new SignJWT({ tid: TENANT, azp: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7' })
    .setProtectedHeader({ alg: 'RS256', kid: 'forged' })
    .setAudience(APPLICATION)
    .setIssuer(`${stoa.tlsUrl}/${TENANT}/v2.0`)
    .setExpirationTime('1h')
    .sign(privateKey)
  const refused = {
    'no token': undefined,
    'not a token': 'x.y.z',
    'signed by somebody else': forged,
    'for another application': await marketplaceToken({ aud: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c002' }),
    'of another tenant': await marketplaceToken({ tid: '5d3f8b16-90c4-4f0b-a2c7-7b8e61d20003' }),
    'by another application': await marketplaceToken({ appid: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c002' }),
    expired: await marketplaceToken({ wall: wallNow().subtract({ hours: 2 }) }),
  }
  for (const [name, token] of Object.entries(refused)) expect((await notify(body, token)).statusCode, name).toBe(401)
  expect(store.get(subscriptionId)).toBeUndefined()
  expect(await marketplace.getSubscription(subscriptionId)).toMatchObject({ planId: 'basic' })
})

test('a notification of an operation that does not exist, or makes no sense, does nothing', async () => {
  const subscriptionId = await activeSubscription('contoso-crm', 'basic')
  const token = await marketplaceToken()
  expect((await notify({ id: crypto.randomUUID(), subscriptionId }, token)).statusCode).toBe(404)
  expect((await notify({ id: crypto.randomUUID(), subscriptionId: crypto.randomUUID() }, token)).statusCode).toBe(404)
  expect((await notify({ id: 5, subscriptionId: '../x' }, token)).statusCode).toBe(400)
  expect((await notify([], token)).statusCode).toBe(400)
})

test('a change is confirmed and applied once, however often it is notified', async () => {
  const subscriptionId = await activeSubscription('contoso-desk', 'team', 3)
  const { operationId } = await sandbox(`subscriptions/${subscriptionId}/change`, { quantity: 7 })
  const token = await marketplaceToken()
  const body = { id: operationId, subscriptionId, action: 'ChangeQuantity', quantity: 7 }

  const answers = await Promise.all([notify(body, token), notify(body, token), notify(body, token)])
  expect(answers.map((answer) => answer.statusCode)).toEqual([200, 200, 200])
  expect(await marketplace.getSubscription(subscriptionId)).toMatchObject({ quantity: 7 })
  expect(store.get(subscriptionId)).toMatchObject({ quantity: 7, state: 'active' })
  expect(store.get(subscriptionId)!.history).toHaveLength(1)
})

test('late and reordered notifications end in what holds now', async () => {
  const subscriptionId = await activeSubscription('contoso-crm', 'basic')
  const token = await marketplaceToken()
  const { operationId } = await sandbox(`subscriptions/${subscriptionId}/change`, { planId: 'standard' })
  await notify({ id: operationId, subscriptionId, action: 'ChangePlan', planId: 'standard' }, token)
  expect(store.get(subscriptionId)).toMatchObject({ planId: 'standard', state: 'active' })

  await sandbox(`subscriptions/${subscriptionId}/payment-failed`, {})
  // The old notification once more, before the one of the suspension has come.
  await notify({ id: operationId, subscriptionId, action: 'ChangePlan', planId: 'standard' }, token)
  expect(store.get(subscriptionId)).toMatchObject({ planId: 'standard', state: 'suspended' })

  await sandbox(`subscriptions/${subscriptionId}/cancel`, {})
  await notify({ id: operationId, subscriptionId, action: 'Renew' }, token)
  expect(store.get(subscriptionId)).toMatchObject({ state: 'closed' })
  expect(store.get(subscriptionId)!.history.map((entry) => entry.what)).toEqual([
    'Account created',
    'Access suspended',
    'Account closed, data is kept for 7 days',
  ])
})

test('pages of the landing page need a purchase token and a sign-in, and forms their own page', async () => {
  expect((await publisher.inject({ url: '/signup' })).statusCode).toBe(400)
  const arrival = await publisher.inject({ url: '/signup?token=made-up' })
  expect(arrival.statusCode).toBe(303)
  expect(arrival.headers.location).toBe('/signin')
  const signIn = await publisher.inject({ url: '/signin' })
  expect(signIn.headers.location).toMatch(new RegExp(`^${stoa.url}/common/oauth2/v2.0/authorize\\?`))
  const subscriptionId = await activeSubscription('contoso-crm', 'basic')
  expect((await publisher.inject({ url: `/accounts/${subscriptionId}` })).statusCode).toBe(303)
  const form = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'csrf=x' }
  expect((await publisher.inject({ ...form, url: `/accounts/${subscriptionId}/activate` })).statusCode).toBe(403)
  expect((await publisher.inject({ ...form, url: `/accounts/${subscriptionId}/report` })).statusCode).toBe(403)
  expect((await publisher.inject({ url: '/nothing' })).statusCode).toBe(404)
})
