import { expect, test } from 'vitest'
import { startTestStoa } from '../../../test/harness.ts'

const stoa = await startTestStoa({ demo: true })

async function sandbox(method: string, path: string, body?: unknown) {
  const answer = await fetch(`${stoa.url}/api/sandbox${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function bearer(): Promise<string> {
  const answer = await fetch(`${stoa.url}/7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001',
      client_secret: 'contoso-demo-secret-fulfillment-0001',
      resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
    }),
  })
  return `Bearer ${((await answer.json()) as { access_token: string }).access_token}`
}

const authorization = await bearer()
const list = async () => fetch(`${stoa.url}/api/saas/subscriptions?api-version=2018-08-31`, { headers: { authorization } })

test('a fault makes a call fail as often as was said, and no other call', async () => {
  const set = await sandbox('PUT', '/faults', { contract: 'saas-fulfillment', operation: 'list', status: 503, times: 2 })
  expect(set).toMatchObject({ status: 200, body: { faults: [{ operation: 'list', status: 503, rate: 1, times: 2 }] } })
  expect((await fetch(`${stoa.url}/api/usageEvents?api-version=2018-08-31`, { headers: { authorization } })).status).not.toBe(503)
  const answers = [await list(), await list(), await list()]
  expect(answers.map(({ status }) => status)).toEqual([503, 503, 200])
  expect(await answers[0]?.json()).toMatchObject({ error: { code: 'SandboxFault' } })
  expect(answers.every(({ headers }) => headers.get('x-stoa-now'))).toBe(true)
})

test('a slow contract is slow and answers all the same; deleting ends it', async () => {
  await sandbox('PUT', '/faults', { contract: 'saas-fulfillment', latencyMs: 400 })
  const started = performance.now()
  expect((await list()).status).toBe(200)
  expect(performance.now() - started).toBeGreaterThan(390)
  const { faults } = (await sandbox('GET', '/faults')).body as { faults: { faultId: string; operation: string | null }[] }
  expect(faults).toHaveLength(2)
  const slow = faults.find((one) => one.operation === null)?.faultId
  expect((await sandbox('DELETE', `/faults/${slow}`)).body).toEqual({ deleted: 1 })
  expect(await sandbox('DELETE', `/faults/${slow}`)).toMatchObject({ status: 404, body: { code: 'FaultNotFound', target: 'faultId' } })
  expect((await sandbox('DELETE', '/faults/1')).status).toBe(404)
  expect((await sandbox('DELETE', '/faults?contract=saas-fulfillment')).body).toEqual({ deleted: 1 })
  expect((await sandbox('GET', '/faults')).body).toEqual({ faults: [] })
})

test('a caller without a token is refused as ever: a fault comes after', async () => {
  await sandbox('PUT', '/faults', { contract: 'saas-fulfillment', status: 500 })
  expect((await fetch(`${stoa.url}/api/saas/subscriptions?api-version=2018-08-31`)).status).toBe(403)
  expect((await list()).status).toBe(500)
  await sandbox('DELETE', '/faults')
})

test.each([
  [{ contract: 'sandbox', status: 500 }, 'contract'],
  [{ contract: 'metering', operation: 'resolve', status: 500 }, 'operation'],
  [{ contract: 'metering' }, 'status'],
  [{ contract: 'metering', status: 200 }, 'status'],
  [{ contract: 'metering', status: 500, rate: 1.5 }, 'rate'],
  [{ contract: 'metering', status: 500, times: 0 }, 'times'],
  [{ contract: 'metering', status: 500, subscriptionId: 'x' }, 'subscriptionId'],
])('refused and nothing set: %j', async (body, target) => {
  expect(await sandbox('PUT', '/faults', body)).toMatchObject({ status: 400, body: { target } })
  expect((await sandbox('GET', '/faults')).body).toEqual({ faults: [] })
})

test('an offer is pointed elsewhere through publishing, and a webhook goes there once', async () => {
  const addresses = { landingPageUrl: 'http://localhost:9/landing', webhookUrl: 'http://localhost:9/webhook' }
  expect(await sandbox('PUT', '/offers/contoso/contoso-desk/endpoints', addresses)).toMatchObject({ status: 200, body: addresses })
  const sent = await sandbox('POST', '/webhooks', { publisherId: 'contoso', offerId: 'contoso-desk', body: { id: 1 } })
  expect(sent).toMatchObject({ status: 200, body: { status: null, error: expect.stringContaining('refused') } })
  const bought = await sandbox('POST', '/purchases', { publisherId: 'contoso', offerId: 'contoso-desk', planId: 'team', quantity: 3 })
  expect(bought.body.landingPageUrl).toContain('http://localhost:9/landing?token=')
  expect(await sandbox('GET', `/subscriptions/${String(bought.body.subscriptionId)}`)).toMatchObject({
    body: { status: 'PendingFulfillmentStart', operations: [], deliveries: [] },
  })
})

test('what is no address or no offer is refused', async () => {
  const wrong = { landingPageUrl: 'ftp://x', webhookUrl: 'http://localhost:9/webhook' }
  expect((await sandbox('PUT', '/offers/contoso/contoso-desk/endpoints', wrong)).status).toBe(400)
  expect((await sandbox('PUT', '/offers/contoso/nothing/endpoints', wrong)).status).toBe(404)
  expect((await sandbox('GET', '/offers/contoso/contoso-draft')).status).toBe(404)
  expect((await sandbox('POST', '/applications/7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c003/redirect-uris', { redirectUri: 'x' })).status).toBe(400)
})
