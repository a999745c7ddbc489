/** Who calls too often is told so by each contract in its own words, and when to come again. */
import { expect, test } from 'vitest'
import { startTestStoa } from './harness.ts'

const perMinute = 3

test('429 with Retry-After in the error body of each contract and as a page, by address and by application', async () => {
  const stoa = await startTestStoa({
    demo: true,
    config: { roles: ['api', 'web'], rateLimits: { address: perMinute, principal: 0 }, trustedProxies: ['127.0.0.1', '::1'] },
  })
  let caller = 0
  /** A caller of its own for each question, who asks once more than is allowed. */
  async function refusal(path: string, init: RequestInit = {}): Promise<{ status: number; text: string }> {
    const headers = { ...(init.headers as Record<string, string>), 'x-forwarded-for': `203.0.113.${++caller}` }
    for (let call = 0; call < perMinute; call++) {
      const answer = await fetch(`${stoa.url}${path}`, { redirect: 'manual', ...init, headers })
      expect(answer.status, `${path} ${await answer.text()}`).not.toBe(429)
    }
    const answer = await fetch(`${stoa.url}${path}`, { redirect: 'manual', ...init, headers })
    expect(Number(answer.headers.get('retry-after')), path).toBeGreaterThan(0)
    return { status: answer.status, text: await answer.text() }
  }
  const saying = expect.stringContaining('Too many requests')
  const json = async (path: string, init?: RequestInit) => {
    const { status, text } = await refusal(path, init)
    expect(status, text).toBe(429)
    return JSON.parse(text) as unknown
  }
  expect(await json('/api/saas/subscriptions?api-version=2018-08-31')).toEqual({ code: 'TooManyRequests', message: saying })
  expect(await json('/api/usageEvents?api-version=2018-08-31')).toEqual({ code: 'TooManyRequests', message: saying })
  expect(await json('/contoso.example/oauth2/token', { method: 'POST' })).toMatchObject({
    error: 'temporarily_unavailable',
    error_codes: [90055],
    error_description: saying,
  })
  expect(await json('/api/sandbox')).toEqual({ code: 'TooManyRequests', message: saying })
  expect(await json('/scim/v2/Users')).toMatchObject({ status: '429', detail: saying })
  expect(await json('/api/reference-data/countries')).toEqual({ error: { code: 'TooManyRequests', message: saying } })
  expect(await refusal('/')).toMatchObject({ status: 429, text: saying })
  // Probes are always answered, and so are those who came less often.
  for (let call = 0; call <= perMinute; call++) {
    expect((await fetch(`${stoa.url}/healthz`, { headers: { 'x-forwarded-for': '203.0.113.1' } })).status).toBe(200)
  }
  expect(
    (await fetch(`${stoa.url}/api/saas/subscriptions?api-version=2018-08-31`, { headers: { 'x-forwarded-for': '198.51.100.1' } })).status,
  ).toBe(403)
  expect(await (await fetch(`${stoa.url}/metrics`)).text()).toContain('stoa_rate_limited_total{by="address"} 7')
  await stoa.close()

  const other = await startTestStoa({ demo: true, config: { rateLimits: { address: 0, principal: perMinute } } })
  const token = (await (
    await fetch(`${other.url}/7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001',
        client_secret: 'contoso-demo-secret-fulfillment-0001',
        resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
      }),
    })
  ).json()) as { access_token: string }
  const statuses: string[] = []
  for (let call = 0; call <= perMinute; call++) {
    const answer = await fetch(`${other.url}/api/saas/subscriptions?api-version=2018-08-31`, {
      headers: { authorization: `Bearer ${token.access_token}` },
    })
    statuses.push(`${answer.status} ${answer.headers.get('retry-after')} ${(await answer.text()).includes('TooManyRequests')}`)
  }
  expect(statuses).toEqual(['200 null false', '200 null false', '200 null false', '429 20 true'])
})
