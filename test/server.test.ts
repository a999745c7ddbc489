import { request } from 'node:http'
import { connect } from 'node:tls'
import { Agent, fetch as undiciFetch } from 'undici'
import { expect, test } from 'vitest'
import { contracts } from '../src/contracts.ts'
import { isContractPath } from '../src/server.ts'
import { startTestStoa } from './harness.ts'

const stoa = await startTestStoa({ demo: true })

async function json(path: string, init?: RequestInit): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const answer = await fetch(`${stoa.url}${path}`, init)
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> }
}

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  json(path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

test('paths go to the contracts or to the pages by their first segment', () => {
  const tenant = '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002'
  for (const path of [
    '/api/x',
    '/API/saas',
    '/v1.0/ingestion',
    '/insights/v1',
    `/${tenant}/oauth2/token`,
    `/${tenant.toUpperCase()}/OAuth2/token`,
    '/common/discovery/instance',
    '/contoso.example/v2.0/.well-known/openid-configuration',
    '/signin?return=/',
    '/healthz',
  ]) {
    expect(isContractPath(path), path).toBe(true)
  }
  for (const path of [
    '/',
    '/store/business',
    '/product/contoso.contoso-crm',
    '/favicon.svg',
    '/robots.txt',
    '/account',
    '/apiary',
    '/common',
    `/${tenant}`,
    '/oauth2/token',
  ]) {
    expect(isContractPath(path), path).toBe(false)
  }
})

test('contracts ignore case and one trailing slash, and answer JSON where there is nothing', async () => {
  expect((await json('/API/Sandbox/')).body).toMatchObject({ mode: 'sandbox' })
  for (const path of ['/api/nothing', '/v1.0/nothing', '/insights/nothing']) {
    const { status, body } = await json(path)
    expect(status).toBe(404)
    expect(body).toMatchObject({ error: { code: 'NotFound' } })
  }
  expect((await json('/api/%zz')).status).toBe(400)
})

test('AP-001 one origin carries the wire contracts; nothing else of ours lies below their paths', async () => {
  const owners: Record<string, string> = {
    '/api/saas': 'saas-fulfillment',
    '/api/usageevent': 'metering',
    '/api/usageevents': 'metering',
    '/api/batchusageevent': 'metering',
    '/api/publishers': 'cloud-partner',
    '/api/operations': 'cloud-partner',
    '/api/offertypes': 'cloud-partner',
    '/v1.0/ingestion': 'ingestion',
    '/blob': 'ingestion',
    '/7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002/oauth2': 'directory',
  }
  const found = new Set<string>()
  for (const { name } of contracts) {
    const { paths } = (await json(`/openapi/${name}.json`)).body as { paths: Record<string, unknown> }
    for (const path of Object.keys(paths)) {
      const at = path.toLowerCase().replace('{tenant}', '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002')
      const owner = Object.entries(owners).find(([prefix]) => at === prefix || at.startsWith(`${prefix}/`))?.[1]
      if (owner === undefined) continue
      expect(name, path).toBe(owner)
      found.add(name)
    }
  }
  expect([...found]).toEqual(expect.arrayContaining(['saas-fulfillment', 'metering', 'directory']))
  // Whether a contract answers there or nothing does: never a page.
  for (const path of Object.keys(owners)) {
    for (const address of [path, `${path}/nothing`]) {
      const answer = await fetch(`${stoa.url}${address}`, { headers: { accept: 'text/html' } })
      expect(answer.status, address).toBeGreaterThanOrEqual(400)
      expect(answer.status, address).toBeLessThan(500)
      expect(answer.headers.get('content-type'), address).toMatch(/^application\/json/)
    }
  }
})

test('both ports answer, the TLS port with the development authority', async () => {
  const dispatcher = new Agent({ connect: { ca: stoa.ca } })
  const answer = await undiciFetch(`${stoa.tlsUrl}/healthz`, { dispatcher })
  expect(await answer.json()).toEqual({ status: 'ok' })
  await dispatcher.close()
  expect((await json('/readyz')).body).toEqual({ status: 'ready' })
})

test('every answer has a request id and the market time; a harmless id of the client is kept', async () => {
  const { headers } = await json('/api/nothing', { headers: { 'x-request-id': 'trace-1' } })
  expect(headers.get('x-request-id')).toBe('trace-1')
  expect(Math.abs(Date.parse(headers.get('x-stoa-now') ?? '') - Date.now())).toBeLessThan(5000)
  expect((await json('/healthz', { headers: { 'x-request-id': 'a b' } })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
})

test('metrics are Prometheus text', async () => {
  const text = await (await fetch(`${stoa.url}/metrics`)).text()
  expect(text).toMatch(/stoa_http_request_seconds_count\{contract="sandbox",method="GET",status="2xx"\} \d+/)
})

test('a cross-site page, a foreign host, a proxy and another origin may not use the sandbox', async () => {
  const refused = async (headers: Record<string, string>) => {
    const { status, body } = await raw('/api/sandbox/', headers)
    return `${status} ${String(body.code)}`
  }
  expect(await refused({ 'sec-fetch-site': 'cross-site' })).toBe('403 CrossSiteRequest')
  expect(await refused({ 'sec-fetch-site': 'same-site' })).toBe('403 CrossSiteRequest')
  expect(await refused({ origin: 'https://evil.example' })).toBe('403 CrossSiteRequest')
  expect(await refused({ origin: 'null' })).toBe('403 CrossSiteRequest')
  expect(await refused({ host: 'evil.example:80' })).toBe('403 UnknownHost')
  expect(await refused({ 'x-forwarded-for': '203.0.113.9' })).toBe('401 OperatorTokenRequired')
  expect(await refused({ authorization: 'Bearer nonsense' })).toBe('401 OperatorTokenRequired')
  expect((await raw('/api/sandbox/', { origin: stoa.url, 'sec-fetch-site': 'same-origin' })).status).toBe(200)
})

test("through a proxy the operator application's token opens the sandbox, and no other's", async () => {
  const token = async (tenant: string, client: string, secret: string) => {
    const answer = await fetch(`${stoa.url}/${tenant}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client,
        client_secret: secret,
        resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
      }),
    })
    return ((await answer.json()) as { access_token: string }).access_token
  }
  const operator = await token('0e0b5a2e-6a51-4c1c-9d5f-3f1a52b70001', '0e0b5a2e-6a51-4c1c-9d5f-3f1a52b7c001', 'operator-demo-secret-0001')
  const contoso = await token(
    '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002',
    '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001',
    'contoso-demo-secret-fulfillment-0001',
  )
  expect((await raw('/api/sandbox', { 'x-forwarded-for': '203.0.113.9', authorization: `Bearer ${operator}` })).status).toBe(200)
  expect((await raw('/api/sandbox', { 'x-forwarded-for': '203.0.113.9', authorization: `Bearer ${contoso}` })).status).toBe(403)
})

test('an unknown host never gets into a link', async () => {
  const { body } = await raw('/common/v2.0/.well-known/openid-configuration', { host: 'evil.example' })
  expect(JSON.stringify(body)).not.toContain('evil.example')
})

test('purchases: as a customer, for another plan, via the reseller, repeated with one key; refusals name the field', async () => {
  const order = { publisherId: 'contoso', offerId: 'contoso-desk', planId: 'team', quantity: 3 }
  const { status, body } = await post('/api/sandbox/purchases', order)
  expect(status).toBe(200)
  expect(body).toMatchObject({ subscriptionId: expect.any(String), token: expect.any(String) })
  expect(body.landingPageUrl).toBe(`http://localhost:3980/signup?token=${encodeURIComponent(String(body.token))}`)

  const key = { 'idempotency-key': 'order-1' }
  const [first, second] = [await post('/api/sandbox/purchases', order, key), await post('/api/sandbox/purchases', order, key)]
  expect(second.body.subscriptionId).toBe(first.body.subscriptionId)
  expect(first.body.subscriptionId).not.toBe(body.subscriptionId)

  const refusal = async (change: Record<string, unknown>) => {
    const answer = await post('/api/sandbox/purchases', { ...order, ...change })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.body.message).toMatch(/\w/)
    return answer.body.target
  }
  expect(await refusal({ quantity: 0 })).toBe('quantity')
  expect(await refusal({ quantity: 51 })).toBe('quantity')
  expect(await refusal({ quantity: 'three' })).toBe('quantity')
  expect(await refusal({ planId: 'nothing' })).toBe('planId')
  expect(await refusal({ offerId: 'nothing' })).toBe('offerId')
  expect(await refusal({ termUnit: 'P2Y' })).toBe('termUnit')
  const stranger = {
    emailId: 'buyer@northwind.example',
    objectId: '9b2d4f85-7e13-4c6d-8a90-1f2e3d4ca001',
    tenantId: '9b2d4f85-7e13-4c6d-8a90-1f2e3d4c0005',
  }
  expect(await refusal({ offerId: 'contoso-crm', planId: 'adatum-special', quantity: undefined, beneficiary: stranger })).toBe('planId')
  expect((await post('/api/sandbox/purchases', { ...order, viaReseller: true })).status).toBe(200)
})

test('malformed input is answered with the reason, never with a 5xx', async () => {
  const send = (body: string, type = 'application/json') =>
    json('/api/sandbox/purchases', { method: 'POST', headers: { 'content-type': type }, body })
  expect((await send('{"publisherId":')).status).toBe(400)
  expect((await send('[]')).status).toBe(400)
  expect((await send('')).status).toBe(400)
  expect((await send('x=1', 'text/csv')).status).toBe(415)
  expect((await send(`{"publisherId":"${'x'.repeat(2_000_000)}"}`)).status).toBe(413)
  expect((await send('{"publisherId":"contoso","offerId":"\\u0000","planId":"team"}')).status).toBe(400)
  for (const body of [
    {},
    { advance: 'P1M', to: '2030-01-01T00:00:00Z' },
    { advance: 'a month' },
    { to: '2030-01-01' },
    { to: '2001-01-01T00:00:00Z' },
    { advance: 'P1000Y' },
    { advance: '-P1D' },
  ]) {
    const { status, body: problem } = await post('/api/sandbox/clock', body)
    expect(status, JSON.stringify(body)).toBe(400)
    expect(problem).toMatchObject({ code: expect.any(String), message: expect.any(String), target: expect.any(String) })
  }
  for (const id of ['nonsense', '00000000-0000-0000-0000-000000000000', '%00']) {
    expect((await post(`/api/sandbox/subscriptions/${id}/token`, {})).status).toBeLessThan(500)
  }
})

test('mail of a purchase is captured; the clock moves; calls of contracts are kept without their secrets; reset begins anew', async () => {
  const { body: bought } = await post('/api/sandbox/purchases', { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic' })
  const { body: captured } = await json('/api/sandbox/mail?to=buyer@adatum.example')
  expect((captured.mail as { text: string }[]).length).toBeGreaterThan(0)

  await fetch(`${stoa.url}/api/saas/subscriptions/resolve?api-version=2018-08-31`, {
    method: 'POST',
    headers: { authorization: 'Bearer secret-bearer', 'x-ms-marketplace-token': 'secret-token' },
  })
  await expect
    .poll(async () => JSON.stringify((await json('/api/sandbox/requests')).body), { timeout: 5000 })
    .toContain('/api/saas/subscriptions/resolve')
  const { body: kept } = await json('/api/sandbox/requests')
  expect(JSON.stringify(kept)).not.toMatch(/secret-bearer|secret-token/)

  const { body: moved } = await post('/api/sandbox/clock', { advance: 'P1D' })
  expect(moved).toMatchObject({ counts: expect.any(Object), ran: expect.any(Array) })
  expect(Math.round((Date.parse(String(moved.to)) - Date.parse(String(moved.from))) / 60_000)).toBe(24 * 60)

  const { body: reset } = await post('/api/sandbox/reset', {})
  expect(Math.abs(Date.parse(String(reset.now)) - Date.now())).toBeLessThan(5000)
  expect((await post(`/api/sandbox/subscriptions/${String(bought.subscriptionId)}/token`, {})).status).toBe(404)
  expect((await json('/api/sandbox/mail')).body.mail).toEqual([])
  expect((await post('/api/sandbox/purchases', { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic' })).status).toBe(200)
})

/** fetch does not let a caller set Host, Origin and Sec-Fetch-Site. */
function raw(path: string, headers: Record<string, string>): Promise<{ status: number; body: Record<string, unknown> }> {
  const { port } = new URL(stoa.url)
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers: { host: `localhost:${port}`, ...headers } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as Record<string, unknown> }))
    })
      .on('error', reject)
      .end()
  })
}

test('AP-146 a connection below TLS 1.2 is refused', async () => {
  const { hostname, port } = new URL(stoa.tlsUrl)
  const handshake = (version: 'TLSv1.1' | 'TLSv1.2') =>
    new Promise<string>((resolve) => {
      const socket = connect({
        host: hostname,
        port: Number(port),
        ca: stoa.ca,
        minVersion: version,
        maxVersion: version,
        // Node itself does not offer TLS 1.1 unless it is told to.
        ciphers: 'DEFAULT@SECLEVEL=0',
      })
      socket.on('secureConnect', () => {
        resolve(socket.getProtocol() ?? '')
        socket.destroy()
      })
      socket.on('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message))
    })
  expect(await handshake('TLSv1.2')).toBe('TLSv1.2')
  expect(await handshake('TLSv1.1')).toMatch(/PROTOCOL_VERSION|ECONNRESET/)
})
