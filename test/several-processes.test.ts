/**
 * Five processes on one database behind one address: three that serve, two that work. Losing any of them loses nothing that was answered
 * and nothing that is due; restarting them one after the other fails no request.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { system } from '../src/kernel/context.ts'
import { wire } from '../src/wiring.ts'
import { type Balancer, startBalancer } from './balancer.ts'
import { createTestDatabase, freePorts, testKernel } from './harness.ts'
import { type StoaProcess, startStoaProcess } from './stoa-process.ts'
import { type Endpoint, startEndpoint } from './subscriptions.ts'

const names = ['serve-1', 'serve-2', 'serve-3', 'work-1', 'work-2'] as const
type Name = (typeof names)[number]

let balancer: Balancer
let endpoint: Endpoint
let pool: pg.Pool
let databaseUrl: string
const processes = new Map<Name, StoaProcess>()
const environments = new Map<Name, Record<string, string>>()

async function start(name: Name): Promise<void> {
  processes.set(name, await startStoaProcess(environments.get(name) as Record<string, string>))
}

beforeAll(async () => {
  databaseUrl = await createTestDatabase('demo')
  pool = new pg.Pool({ connectionString: databaseUrl, max: 4 })
  endpoint = await startEndpoint()
  await pool.query(`update subscriptions.offer_binding set webhook_url = $1 where publisher_id = 'contoso'`, [endpoint.url])
  const ports = await freePorts(11)
  const address = `http://127.0.0.1:${ports[10]}`
  for (const [index, name] of names.entries()) {
    environments.set(name, {
      DATABASE_URL: databaseUrl,
      STOA_ROLES: name.startsWith('serve') ? 'web,api' : 'worker',
      STOA_DATA: join(process.env.STOA_TEST_FOLDER as string, `several-${name}`),
      STOA_PORT: String(ports[index]),
      STOA_TLS_PORT: String(ports[index + 5]),
      STOA_PUBLIC_URL: address,
      STOA_ISSUER_URL: address,
      STOA_SECRET_KEY: 'a key of the tests that is long enough for everybody',
      STOA_DRAIN_SECONDS: '0.5',
      STOA_LOG: 'stdout',
      STOA_LOG_LEVEL: 'warn',
    })
  }
  await Promise.all(names.map(start))
  const serving = Object.fromEntries(names.filter((name) => name.startsWith('serve')).map((name, index) => [name, ports[index] as number]))
  balancer = await startBalancer(ports[10] as number, serving)
  while (balancer.ready().length < 3) await sleep(20)
})

afterAll(async () => {
  await Promise.all([...processes.values()].map((one) => one.kill()))
  balancer?.close()
  await pool?.end()
})

interface Load {
  /** subscriptions whose purchase was answered, by the key it was made with */
  bought: Map<string, string>
  /** answers that nobody should get, and calls that got none */
  failed: string[]
  stop(): Promise<void>
}

/** Customers who buy, look at pages and cancel, through the balancer, until they are stopped. */
function load(name: string): Load {
  let stopping = false
  const made: Load = { bought: new Map(), failed: [], stop: async () => {} }
  async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const answer = await fetch(`${balancer.url}${path}`, {
      method,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await answer.text()
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 200)}`)
    return text.startsWith('{') ? (JSON.parse(text) as Record<string, string>) : {}
  }
  /** Without an answer the same is asked again, with the same key. */
  async function insist(what: () => Promise<Record<string, string>>) {
    for (;;) {
      try {
        return await what()
      } catch (error) {
        made.failed.push(String(error))
        if (stopping && made.failed.length > 1000) throw error
        await sleep(20)
      }
    }
  }
  const customer = async (index: number) => {
    for (let round = 0; !stopping; round++) {
      const key = `${name}-${index}-${round}`
      const order = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic' }
      const { subscriptionId } = await insist(() => call('POST', '/api/sandbox/purchases', order, { 'idempotency-key': key }))
      made.bought.set(key, subscriptionId as string)
      await insist(() => call('GET', '/product/contoso.contoso-crm'))
      await insist(() => call('POST', `/api/sandbox/subscriptions/${subscriptionId}/cancel`))
      // The machine is to start processes meanwhile.
      await sleep(100)
    }
  }
  const customers = [0, 1, 2].map(customer)
  made.stop = async () => {
    stopping = true
    await Promise.all(customers)
  }
  return made
}

const count = async (text: string, values: unknown[] = []) => Number((await pool.query<{ n: string }>(text, values)).rows[0]?.n)

/** What was answered exists once; what was due has happened: each webhook has arrived, and nothing waits. */
async function expectNothingLost({ bought }: Load): Promise<void> {
  expect(bought.size).toBeGreaterThan(5)
  const ids = [...bought.values()]
  expect(new Set(ids).size).toBe(ids.length)
  expect(await count('select count(*) as n from subscriptions.subscription where id = any($1)', [ids])).toBe(ids.length)
  const overdue = `select count(*) as n from kernel.due where at <= now()`
  await expect.poll(() => count(overdue), { timeout: 30_000 }).toBe(0)
  await expect.poll(() => count(`select count(*) as n from subscriptions.delivery where state = 'waiting'`), { timeout: 30_000 }).toBe(0)
  const { rows } = await pool.query<{ id: string }>(
    `select subscription::text as id from subscriptions.delivery where subscription = any($1)`,
    [ids],
  )
  const told = new Set(endpoint.received.map(({ body }) => body.subscriptionId))
  expect(rows.filter(({ id }) => !told.has(id))).toEqual([])
  await expect
    .poll(() => count(`select count(*) as n from pgboss.job where state in ('created', 'retry', 'active') and start_after <= now()`), {
      timeout: 30_000,
    })
    .toBe(0)
}

test('kill -9 of one that serves and one that works, under load: no answer is lost and no due work', { timeout: 90_000 }, async () => {
  const busy = load('lost')
  await sleep(1000)
  for (const name of ['serve-1', 'work-1'] as const) {
    await processes.get(name)?.kill()
    await sleep(700)
    await start(name)
  }
  await busy.stop()
  // Whoever was being served by the one that died got no answer and asked again; nobody got a wrong one.
  expect(busy.failed.filter((text) => !/502|fetch failed|terminated/.test(text))).toEqual([])
  await expectNothingLost(busy)

  const kernel = await testKernel({ databaseUrl })
  wire(kernel)
  const findings = await kernel.run(system, (ctx) => kernel.doctor.examine(ctx.tx))
  expect(findings.filter(({ problems }) => problems.length > 0)).toEqual([])
  await kernel.close()
})

test('restarting all of them one after the other fails no request', { timeout: 90_000 }, async () => {
  const busy = load('rolling')
  const restart = async (name: Name) => {
    expect(await processes.get(name)?.stop()).toBe(0)
    await start(name)
    if (name.startsWith('serve')) await expect.poll(() => balancer.ready().includes(name), { timeout: 10_000, interval: 20 }).toBe(true)
  }
  await Promise.all([
    (async () => {
      for (const name of names.slice(0, 3)) await restart(name)
    })(),
    (async () => {
      for (const name of names.slice(3)) await restart(name)
    })(),
  ])
  await busy.stop()
  expect(busy.failed).toEqual([])
  await expectNothingLost(busy)
})
