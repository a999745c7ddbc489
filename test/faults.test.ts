/**
 * What a `kill -9` may not break. The ordinary suite runs short variants; `npm run test:faults` the full ones (vitest's mode `faults`).
 */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { system } from '../src/kernel/context.ts'
import { runningDatabaseUrl } from '../src/kernel/postgres.ts'
import { wire } from '../src/wiring.ts'
import { testKernel } from './harness.ts'
import { environmentFor, newDataFolder, type StoaProcess, startStoaProcess } from './stoa-process.ts'

const full = process.env.MODE === 'faults'
const purchases = full ? 200 : 60
const subscriptions = full ? 500 : 40
const billed = full ? 20_000 : 3000

const running: StoaProcess[] = []
const opened: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of opened.splice(0)) await close()
  for (const stoa of running.splice(0)) await stoa.stop().catch(() => {})
})

async function start(environment: Record<string, string>): Promise<StoaProcess> {
  const stoa = await startStoaProcess(environment)
  running.push(stoa)
  return stoa
}

/** Looks into the database of a running process from beside it. */
async function look(dataDir: string): Promise<<Row extends object>(text: string, values?: unknown[]) => Promise<Row[]>> {
  const pool = new pg.Pool({ connectionString: runningDatabaseUrl(dataDir, 'stoa') as string, max: 2 })
  pool.on('error', () => {})
  opened.push(() => pool.end())
  return async <Row extends object>(text: string, values: unknown[] = []) => (await pool.query<Row & pg.QueryResultRow>(text, values)).rows
}

async function expectHealthy(dataDir: string): Promise<void> {
  const kernel = await testKernel({ databaseUrl: runningDatabaseUrl(dataDir, 'stoa') as string })
  wire(kernel)
  const findings = await kernel.run(system, (ctx) => kernel.doctor.examine(ctx.tx))
  expect(findings.filter(({ problems }) => problems.length > 0)).toEqual([])
  await kernel.close()
}

test(`kill -9 during ${purchases} purchases made in parallel: every purchase that was answered exists once`, {
  timeout: 240_000,
}, async () => {
  const dataDir = newDataFolder()
  const environment = await environmentFor(dataDir)
  const first = await start(environment)
  const answered = new Map<string, string>()
  const order = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic' }

  async function buy(stoa: StoaProcess, key: string): Promise<void> {
    const answer = await fetch(`${stoa.url}/api/sandbox/purchases`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(order),
    })
    expect(answer.status).toBe(200)
    const { subscriptionId } = (await answer.json()) as { subscriptionId: string }
    const before = answered.get(key)
    if (before !== undefined) expect(subscriptionId).toBe(before)
    answered.set(key, subscriptionId)
    // In the middle: some are answered, some are under way, some have not been read yet.
    if (answered.size === Math.floor(purchases / 3)) void first.kill()
  }
  const keys = Array.from({ length: purchases }, (_, index) => `order-${index}`)
  await Promise.all(keys.map((key) => buy(first, key).catch(() => {})))
  const answeredBeforeKill = [...answered.values()]
  expect(answeredBeforeKill.length).toBeGreaterThanOrEqual(Math.floor(purchases / 3))
  expect(answeredBeforeKill.length).toBeLessThan(purchases)

  const second = await start(environment)
  const query = await look(dataDir)
  const found = await query<{ id: string; n: string }>(
    `select s.id, count(p.id) as n from subscriptions.subscription s join checkout.purchase p on p.subscription = s.id where s.id = any($1) group by s.id`,
    [answeredBeforeKill],
  )
  expect(found).toHaveLength(answeredBeforeKill.length)
  expect(found.every(({ n }) => Number(n) === 1)).toBe(true)

  // Whoever got no answer asks again with the same key: in the end each order was carried out once.
  await Promise.all(keys.map((key) => buy(second, key)))
  const [total] = await query<{ n: string }>('select count(*) as n from checkout.purchase')
  expect(Number(total?.n)).toBe(purchases)
  await expectHealthy(dataDir)
})

test(`kill -9 in a clock move over a month with ${subscriptions} subscriptions: it is resumed and nothing happens twice`, {
  timeout: 480_000,
}, async () => {
  const dataDir = newDataFolder()
  const environment = await environmentFor(dataDir)
  const first = await start(environment)
  const query = await look(dataDir)

  const kernel = await testKernel({ databaseUrl: runningDatabaseUrl(dataDir, 'stoa') as string })
  const domain = wire(kernel)
  const buyer = await kernel.read(system, (ctx) => domain.directory.findUserByEmail(ctx, 'buyer@adatum.example'))
  if (!buyer) throw new Error('The demo data has no buyer.')
  const choice = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic' }
  for (let made = 0; made < subscriptions; made++) {
    await kernel.run(system, async (ctx) => {
      const { terms } = await domain.checkout.quote(ctx, { ...choice, tenant: buyer.tenantId })
      const purchaser = { email: buyer.email, objectId: buyer.objectId, tenantId: buyer.tenantId }
      const { subscriptionId } = await domain.checkout.purchase(ctx, { ...choice, purchaser, acceptedTermsVersion: terms.version })
      await domain.subscriptions.activate(ctx, subscriptionId, { planId: 'basic', quantity: null })
    })
  }
  await kernel.close()

  const renewals = async () =>
    Number((await query<{ n: string }>(`select count(*) as n from kernel.event where type = 'subscription.renewed'`))[0]?.n)
  const { body: before } = await first.call<{ now: string }>('GET', '/api/sandbox')
  const target = new Date(Date.parse(before.now) + 40 * 24 * 3600 * 1000).toISOString()
  const move = first.call('POST', '/api/sandbox/clock', { to: target }).catch(() => 'killed')
  while ((await renewals()) === 0) await sleep(5)
  await first.kill()
  expect(await move).toBe('killed')

  const second = await start(environment)
  expect(second.output()).toContain('clock move that was interrupted has been finished')
  const { body: after } = await second.call<{ now: string }>('GET', '/api/sandbox')
  expect(Date.parse(after.now)).toBeGreaterThanOrEqual(Date.parse(target))

  const terms = await query<{ n: number; subscriptions: string }>(
    'select n::int, count(*) as subscriptions from (select count(*) as n from subscriptions.term group by subscription) terms group by n',
  )
  expect(terms).toEqual([{ n: 2, subscriptions: String(subscriptions) }])
  expect(await renewals()).toBe(subscriptions)
  const twice = await query(
    `select payload ->> 'subscription' from kernel.event where type = 'subscription.renewed' group by 1 having count(*) > 1`,
  )
  expect(twice).toEqual([])
  const invoicedTwice = await query('select charge from billing.invoice_line where charge is not null group by charge having count(*) > 1')
  expect(invoicedTwice).toEqual([])
  await expectHealthy(dataDir)
})

test(`kill -9 twice in the month-end run of ${billed} subscriptions: started again, every fee and unit is billed once`, {
  timeout: 480_000,
}, async () => {
  const sizes = ['--subscriptions', String(billed), '--customers', String(billed / 2), '--events', String(billed * 4)]
  const child = fork(join(import.meta.dirname, '..', 'bench', 'billing.ts'), [...sizes, '--kill'], { silent: true, execArgv: [] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve))
  expect(output).toContain('nothing is missing, nothing is there twice')
  expect(output.match(/Killed with (\d+) invoices issued/g)).toHaveLength(2)
  expect(output).not.toContain(`Killed with ${billed / 2 + 1} invoices`)
  expect(code).toBe(0)
})
