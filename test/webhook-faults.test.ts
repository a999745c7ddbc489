import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { system } from '../src/kernel/context.ts'
import { runningDatabaseUrl } from '../src/kernel/postgres.ts'
import { wire } from '../src/wiring.ts'
import { testKernel } from './harness.ts'
import { environmentFor, newDataFolder, type StoaProcess, startStoaProcess } from './stoa-process.ts'
import { startEndpoint } from './subscriptions.ts'

const subscriptions = 12
const running: StoaProcess[] = []

afterEach(async () => {
  for (const stoa of running.splice(0)) await stoa.stop().catch(() => {})
})

async function start(environment: Record<string, string>): Promise<StoaProcess> {
  const stoa = await startStoaProcess(environment)
  running.push(stoa)
  return stoa
}

async function withDatabase<T>(dataDir: string, fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: runningDatabaseUrl(dataDir, 'stoa') as string })
  await client.connect()
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}

test('AP-062 AP-064 killed while it delivers: no webhook is lost, and none is sent for what did not happen', {
  timeout: 240_000,
}, async () => {
  const dataDir = newDataFolder()
  const environment = await environmentFor(dataDir)
  const first = await start(environment)
  const endpoint = await startEndpoint()
  await withDatabase(dataDir, (client) => client.query('update subscriptions.offer_binding set webhook_url = $1', [endpoint.url]))

  const order = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic' }
  const { contoso, secret } = { contoso: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', secret: 'contoso-demo-secret-fulfillment-0001' }
  const issued = await fetch(`${first.url}/${contoso}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001',
      client_secret: secret,
      resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
    }),
  })
  const { access_token } = (await issued.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }
  const ids: string[] = []
  for (let i = 0; i < subscriptions; i++) {
    const { body } = await first.call<{ subscriptionId: string }>('POST', '/api/sandbox/purchases', order)
    const activated = await fetch(`${first.url}/api/saas/subscriptions/${body.subscriptionId}/activate?api-version=2018-08-31`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ planId: 'basic' }),
    })
    expect(activated.status).toBe(200)
    ids.push(body.subscriptionId)
  }

  // A third has been delivered when the process dies; some are under way, some cancellations are not answered any more.
  endpoint.answer = async () => {
    if (endpoint.received.length === subscriptions / 3) void first.kill()
    await sleep(20)
    return 200
  }
  await Promise.all(ids.map((id) => first.call('POST', `/api/sandbox/subscriptions/${id}/cancel`).catch(() => undefined)))
  await sleep(300)
  endpoint.answer = 200
  await start(environment)

  const ended = await withDatabase(dataDir, async (client) => {
    for (let i = 0; i < 300; i++) {
      const { rows } = await client.query<{ n: number }>(`select count(*)::int as n from subscriptions.delivery where state = 'waiting'`)
      if (rows[0]?.n === 0) break
      await sleep(200)
    }
    const { rows } = await client.query<{ id: string; state: string }>(
      `select s.id, d.state from subscriptions.subscription s left join subscriptions.delivery d on d.subscription = s.id where s.status = 'Unsubscribed'`,
    )
    return rows
  })
  // One webhook for each end, all delivered; the publisher heard of each, and of nothing else.
  expect(new Set(ended.map(({ id }) => id)).size).toBe(ended.length)
  expect(ended.filter(({ state }) => state !== 'delivered')).toEqual([])
  expect(new Set(endpoint.received.map(({ body }) => body.subscriptionId))).toEqual(new Set(ended.map(({ id }) => id)))

  const kernel = await testKernel({ databaseUrl: runningDatabaseUrl(dataDir, 'stoa') as string })
  wire(kernel)
  const findings = await kernel.run(system, (ctx) => kernel.doctor.examine(ctx.tx))
  expect(findings.flatMap(({ problems }) => problems)).toEqual([])
  await kernel.close()
})
