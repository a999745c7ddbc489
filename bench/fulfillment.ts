/**
 * The fulfillment API under load, and the work that comes due.
 *
 *   node bench/fulfillment.ts [get] [list] [renewals] [webhooks] [live] [--seconds 10] [--subscriptions 100000] [--renewals 10000]
 *
 * Without a part named, all five. Starts its own embedded PostgreSQL and, in processes of their own, Stoa as production runs it (request log
 * off) and, for `get`, a bare Fastify that answers the same subscriptions with one prepared SELECT each; the two take turns of two seconds
 * at 32 connections. Goals:
 *
 * - get: at least 0.7 of the bare server's requests a second, p99 at most 1.5 times its p99
 * - list: pages of 100, the same median on page 1 and on page 900 (within a fifth)
 * - renewals: 10,000 renewals of one midnight in a clock move in 20 s; the endpoint is paused, so that their webhooks are queued and not sent
 * - webhooks: the first 1,000 of those delivered by the worker to a local endpoint in 10 s, four at a time
 * - live: 10,000 renewals of one midnight whose endpoint answers: the move ends when all of their webhooks have been delivered. As long as both
 *   goals above together: 120 s
 *
 * The exit code is 1 when a goal is missed. BENCH_CPU_PROF=<folder> writes a CPU profile of each process.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import Fastify from 'fastify'
import pg from 'pg'
import { ensureDemo } from '../src/domain/demo.ts'
import { stopwatch } from '../src/kernel/clock.ts'
import { readConfig } from '../src/kernel/config.ts'
import { system } from '../src/kernel/context.ts'
import { createLog } from '../src/kernel/log.ts'
import { migrate } from '../src/kernel/migrations.ts'
import { openKernel } from '../src/kernel/open.ts'
import { ensureDatabase, startPostgres } from '../src/kernel/postgres.ts'
import { createServer } from '../src/server.ts'
import { wire } from '../src/wiring.ts'
import { adatum, demoPublisherToken } from './demo.ts'

const connections = 32
/** The two servers of `get` take turns of so many seconds. */
const sliceSeconds = 2
/** Different subscriptions that `get` asks for. */
const asked = 1024
const goals = { rate: 0.7, p99: 1.5, page: 1.2, renewalsSeconds: 20, webhooksSeconds: 10, liveSeconds: 120 }
const webhooksMeasured = 1000
const apiVersion = 'api-version=2018-08-31'

interface Options {
  parts: string[]
  seconds: number
  subscriptions: number
  renewals: number
}

const [role = '', ...rest] = process.argv.slice(2)
if (role === 'serve-stoa') await serveStoa(rest)
else if (role === 'serve-bare') await serveBare(rest)
else if (role === 'move') await moveClock(rest)
else process.exitCode = await bench(readOptions())

function readOptions(): Options {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '10' },
      subscriptions: { type: 'string', default: '100000' },
      renewals: { type: 'string', default: '10000' },
    },
  })
  const parts = positionals.length > 0 ? positionals : ['get', 'list', 'renewals', 'webhooks', 'live']
  return { parts, seconds: Number(values.seconds), subscriptions: Number(values.subscriptions), renewals: Number(values.renewals) }
}

function openStoa(databaseUrl: string, dataDir: string, port: number, mode: 'sandbox' | 'production') {
  const config = {
    ...readConfig({
      STOA_DATA: dataDir,
      STOA_LOG_LEVEL: 'error',
      STOA_LOG: 'stdout',
      STOA_PORT: String(port),
      STOA_ROLES: 'api',
      STOA_REQUEST_LOG: 'off',
    }),
    secretKeys: ['a key for this benchmark only'],
    // The demo data needs a sandbox; what is measured is what production does.
    mode,
    outboundAllow: ['127.0.0.0/8'],
  }
  return { config, ...openKernel({ config, log: createLog(config), databaseUrl }) }
}

async function serveStoa([databaseUrl = '', dataDir = '', port = '0']: string[]) {
  const { kernel } = openStoa(databaseUrl, dataDir, Number(port), 'production')
  const domain = wire(kernel)
  await kernel.jobs.start({ work: false })
  const server = await createServer({ kernel, domain })
  await server.listen()
  server.setReady()
  process.on('SIGTERM', () => process.exit())
  process.send?.('ready')
}

/** The least that could answer: no token, no ids, no rules. */
async function serveBare([databaseUrl = '', _dataDir = '', port = '0']: string[]) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 })
  const app = Fastify()
  const text = `
    select s.id, s.name, s.publisher_id, s.offer_id, s.plan_id, s.quantity, s.status, s.purchaser, s.beneficiary, s.auto_renew, s.is_free_trial,
      s.term_unit, s.term_start::text, s.term_end::text, to_char(s.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at, b.tenant_id, b.application_id
    from subscriptions.subscription s join subscriptions.offer_binding b on b.offer = s.offer and b.preview = s.preview where s.id = $1`
  app.get<{ Params: { id: string } }>(
    '/:id',
    async (request) => (await pool.query({ name: 'bare', text, values: [request.params.id] })).rows[0],
  )
  await app.listen({ port: Number(port), host: '127.0.0.1' })
  process.on('SIGTERM', () => process.exit())
  process.send?.('ready')
}

async function startChild(args: string[], children: ChildProcess[]): Promise<void> {
  const folder = process.env.BENCH_CPU_PROF
  const child = fork(import.meta.filename, args, {
    execArgv: folder ? ['--cpu-prof', `--cpu-prof-dir=${join(folder, args[0] ?? '')}`] : [],
  })
  children.push(child)
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}.`)))
  })
}

/** Demo data, one active subscription, and many like it. Returns the one's id, its offer and a token. */
async function prepare(databaseUrl: string, dataDir: string, count: number) {
  const { kernel, close } = openStoa(databaseUrl, dataDir, 0, 'sandbox')
  const domain = wire(kernel)
  await kernel.jobs.start({ work: false })
  await ensureDemo(kernel, domain)
  const bought = await kernel.run(system, async (ctx) => {
    const choice = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic', quantity: null }
    const { terms } = await domain.checkout.quote(ctx, { ...choice, tenant: adatum.tenantId })
    const { subscriptionId } = await domain.checkout.purchase(ctx, { ...choice, purchaser: adatum, acceptedTermsVersion: terms.version })
    return domain.subscriptions.activate(ctx, subscriptionId, { planId: 'basic', quantity: undefined })
  })
  const { id, offer } = bought
  await copies(kernel.database.pool, 'subscriptions.subscription', 'id', id, count)
  await kernel.database.pool.query('vacuum analyze subscriptions.subscription')
  const token = await demoPublisherToken(kernel, domain)
  await kernel.jobs.stop()
  await close()
  return { id, offer, token }
}

/** Ids spread over all subscriptions of an offer. */
async function someIds(databaseUrl: string, offer: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  const { rows } = await pool.query<{ id: string }>(
    'select id from subscriptions.subscription where offer = $1 order by md5(id::text) limit $2',
    [offer, asked],
  )
  await pool.end()
  return rows.map(({ id }) => id)
}

async function copies(pool: pg.Pool, table: string, column: string, id: string, count: number): Promise<void> {
  await pool.query(
    `insert into ${table}
     select (jsonb_populate_record(null::${table}, to_jsonb(s) || jsonb_build_object('${column}', gen_random_uuid()))).*
     from (select * from ${table} where ${column} = $1) s, generate_series(1, $2::int)`,
    [id, count],
  )
}

interface Measured {
  rate: number
  p50: number
  p99: number
}

/** A slice of load: each connection asks for the subscriptions in an order of its own, so that neither side can answer one for many. */
async function load(address: (id: string) => string, ids: string[], headers: Record<string, string>, duration: number): Promise<Measured> {
  let connection = 0
  const { requests, latency, non2xx, errors } = await autocannon({
    url: address(''),
    connections,
    duration,
    headers,
    setupClient(client) {
      const from = Math.floor((ids.length / connections) * connection++)
      client.setRequests([...ids.slice(from), ...ids.slice(0, from)].map((id) => ({ path: pathOf(address(id)), headers })))
    },
  })
  if (non2xx > 0 || errors > 0) throw new Error(`${address('')}: ${non2xx} answers were not 200, ${errors} failed.`)
  return { rate: Math.round(requests.average), p50: latency.p50, p99: latency.p99 }
}

function pathOf(url: string): string {
  return url.slice(new URL(url).origin.length)
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

/** Milliseconds of single requests, one after the other. */
async function single(url: string, headers: Record<string, string>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 50; i++) {
    const started = performance.now()
    await (await fetch(url, { headers })).arrayBuffer()
    times.push(performance.now() - started)
  }
  return median(times)
}

async function bench(options: Options): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-'))
  chmodSync(folder, 0o711)
  const database = await startPostgres(join(folder, 'database'))
  const children: ChildProcess[] = []
  const missed: string[] = []
  const goal = (met: boolean, text: string) => {
    console.log(`${text}: ${met ? 'met' : 'MISSED'}.`)
    if (!met) missed.push(text)
  }
  try {
    await ensureDatabase(database, 'stoa')
    const url = database.url('stoa')
    await migrate(url, 'sandbox')
    const dataDir = join(folder, 'data')
    const reads = options.parts.includes('get') || options.parts.includes('list')
    const { id, offer, token } = await prepare(url, dataDir, reads ? options.subscriptions : 0)
    if (reads) await measureReads(url, dataDir, await someIds(url, offer), token, options, children, goal)
    for (const child of children) child.kill()
    if (['renewals', 'webhooks', 'live'].some((part) => options.parts.includes(part))) await prepareRenewals(url, id, options.renewals)
    if (options.parts.includes('renewals') || options.parts.includes('webhooks')) {
      const expected = Math.min(webhooksMeasured, options.renewals)
      const measured = await runMove([url, dataDir, id, offer, options.parts.includes('webhooks') ? String(expected) : ''])
      if (options.parts.includes('renewals')) {
        const { renewed, renewSeconds } = measured
        goal(
          renewed === options.renewals + 1 && renewSeconds <= goals.renewalsSeconds,
          `${renewed} renewals in a clock move: ${renewSeconds.toFixed(1)} s (goal ${goals.renewalsSeconds} s)`,
        )
      }
      if (options.parts.includes('webhooks')) {
        const { deliverSeconds, mostInFlight } = measured
        goal(
          deliverSeconds <= goals.webhooksSeconds && mostInFlight <= 4,
          `${expected} webhooks delivered: ${deliverSeconds.toFixed(1)} s (goal ${goals.webhooksSeconds} s), at most ${mostInFlight} at a time`,
        )
      }
    }
    if (options.parts.includes('live')) {
      const { renewed, renewSeconds, delivered, mostInFlight } = await runMove([url, dataDir, id, offer, '', 'live'])
      goal(
        renewed === options.renewals + 1 && delivered >= renewed && renewSeconds <= goals.liveSeconds && mostInFlight <= 4,
        `${renewed} renewals in a clock move with ${delivered} webhooks delivered: ${renewSeconds.toFixed(1)} s (goal ${goals.liveSeconds} s), at most ${mostInFlight} at a time`,
      )
    }
    return missed.length === 0 ? 0 : 1
  } finally {
    for (const child of children) child.kill()
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureReads(
  url: string,
  dataDir: string,
  ids: string[],
  token: string,
  { parts, seconds, subscriptions }: Options,
  children: ChildProcess[],
  goal: (met: boolean, text: string) => void,
): Promise<void> {
  const ports = { stoa: 43_978, bare: 43_979 }
  await startChild(['serve-stoa', url, dataDir, String(ports.stoa)], children)
  await startChild(['serve-bare', url, dataDir, String(ports.bare)], children)
  const headers = { authorization: `Bearer ${token}` }
  const root = `http://127.0.0.1:${ports.stoa}/api/saas/subscriptions`
  if (parts.includes('get')) {
    const targets = {
      stoa: (one: string) => `${root}/${one}?${apiVersion}`,
      bare: (one: string) => `http://127.0.0.1:${ports.bare}/${one}`,
    }
    const rounds: Record<keyof typeof targets, Measured[]> = { stoa: [], bare: [] }
    for (const target of ['stoa', 'bare'] as const) await load(targets[target], ids, headers, sliceSeconds)
    // In slices, so that other load on the machine hits both alike.
    for (let measured = 0; measured < seconds; measured += sliceSeconds) {
      for (const target of ['bare', 'stoa'] as const) rounds[target].push(await load(targets[target], ids, headers, sliceSeconds))
    }
    const total = (target: keyof typeof targets): Measured => ({
      rate: median(rounds[target].map(({ rate }) => rate)),
      p50: median(rounds[target].map(({ p50 }) => p50)),
      p99: median(rounds[target].map(({ p99 }) => p99)),
    })
    const [bare, stoa] = [total('bare'), total('stoa')]
    console.table({ 'bare Fastify': bare, 'GET subscription': stoa })
    const [rate, p99] = [stoa.rate / bare.rate, stoa.p99 / bare.p99]
    goal(rate >= goals.rate, `GET: ${rate.toFixed(2)} of the bare server's requests/s (goal ${goals.rate})`)
    goal(p99 <= goals.p99, `GET: p99 ${p99.toFixed(2)} times the bare server's (goal ${goals.p99})`)
  }
  if (parts.includes('list')) {
    const pages = await walk(`${root}?${apiVersion}`, headers)
    const late = Math.min(900, pages.length - 1)
    const times: { first: number[]; late: number[] } = { first: [], late: [] }
    // In turns, so that other load on the machine hits both alike.
    for (let round = 0; round < 5; round++) {
      times.first.push(await single(pages[0] ?? '', headers))
      times.late.push(await single(pages[late - 1] ?? '', headers))
    }
    const [first, then] = [median(times.first), median(times.late)]
    goal(
      then <= first * goals.page && first <= then * goals.page,
      `List of 100 out of ${subscriptions}: median ${first.toFixed(1)} ms on page 1, ${then.toFixed(1)} ms on page ${late}`,
    )
  }
}

/** Copies of the one subscription with all that its renewal needs: its contract, its meter, its history of charges and its due work. */
async function prepareRenewals(databaseUrl: string, id: string, count: number): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  try {
    await pool.query(
      `delete from subscriptions.subscription s where id <> $1 and not exists (select 1 from kernel.due d where d.key = s.id::text)`,
      [id],
    )
    await pool.query(`create temporary table copied as select gen_random_uuid() as copy from generate_series(1, ${count})`)
    const copy = (table: string, column: string, more = '') =>
      pool.query(
        `insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(s) || jsonb_build_object('${column}', c.copy)${more})).*
         from (select * from ${table} where ${column} = $1) s, copied c`,
        [id],
      )
    await copy('subscriptions.subscription', 'id')
    await copy('subscriptions.term', 'subscription')
    await copy('metering.meter', 'resource')
    await copy('metering.meter_plan', 'resource')
    await copy('billing.contract', 'subscription')
    await copy('billing.dimension_price', 'subscription')
    await copy('billing.charge', 'subscription', ` || jsonb_build_object('id', gen_random_uuid())`)
    await pool.query(
      `insert into billing.history (subscription, type, source, at, fact)
       select c.copy, h.type, h.source, h.at, h.fact from billing.history h, copied c where h.subscription = $1 order by h.id`,
      [id],
    )
    await pool.query(
      `insert into kernel.due (kind, key, at, payload)
       select d.kind, c.copy::text, d.at, d.payload from kernel.due d, copied c where d.key = $1 and d.kind = 'subscriptions.term-end'`,
      [id],
    )
    await pool.query('analyze')
  } finally {
    await pool.end()
  }
}

interface Moved {
  renewed: number
  renewSeconds: number
  deliverSeconds: number
  delivered: number
  mostInFlight: number
}

async function runMove(args: string[]): Promise<Moved> {
  const folder = process.env.BENCH_CPU_PROF
  const child = fork(import.meta.filename, ['move', ...args], {
    execArgv: folder ? ['--cpu-prof', `--cpu-prof-dir=${join(folder, 'move')}`] : [],
  })
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Moved))
    child.once('exit', (code) => reject(new Error(`The clock move ended with ${code}.`)))
  })
}

/** In a process of its own: renews everything in one move, then lets the webhooks go; `live`: while it moves. */
async function moveClock([databaseUrl = '', dataDir = '', id = '', offer = '', expected = '', live = '']: string[]) {
  const { kernel, close } = openStoa(databaseUrl, dataDir, 0, 'sandbox')
  const domain = wire(kernel)
  await kernel.jobs.start({ work: true })
  let inFlight = 0
  let mostInFlight = 0
  let answered = 0
  let enough = () => {}
  const endpoint = createHttpServer((request, response) => {
    inFlight++
    mostInFlight = Math.max(mostInFlight, inFlight)
    request.resume().once('end', () => {
      inFlight--
      response.end()
      if (++answered === Number(expected)) enough()
    })
  })
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve))
  await kernel.database.pool.query('update subscriptions.offer_binding set webhook_url = $1 where offer = $2', [
    `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/`,
    offer,
  ])
  // What an earlier part has left to send is not measured.
  await kernel.database.pool.query(
    `update subscriptions.delivery set state = 'stopped', next_attempt_at = null, finished_at = created_at where state = 'waiting'`,
  )
  await kernel.database.pool.query(`delete from kernel.due where kind like 'subscriptions.webhook%'`)
  await kernel.run(system, (ctx) => domain.subscriptions.setWebhookPaused(ctx, { offer, preview: false }, live === ''))
  const row = await kernel.read(system, (ctx) => domain.subscriptions.get(ctx, id))
  if (!row.nextCharge) throw new Error('The subscription is not renewed.')
  const renewing = stopwatch()
  const report = await kernel.due.move(row.nextCharge.at)
  const renewSeconds = renewing() / 1000
  let deliverSeconds = 0
  if (expected) {
    const delivered = new Promise<void>((resolve) => {
      enough = resolve
    })
    await kernel.run(system, (ctx) => domain.subscriptions.setWebhookPaused(ctx, { offer, preview: false }, false))
    const delivering = stopwatch()
    kernel.due.start()
    await delivered
    deliverSeconds = delivering() / 1000
    await kernel.due.stop()
  }
  process.send?.({
    renewed: report.counts['subscriptions.term-end'] ?? 0,
    renewSeconds,
    deliverSeconds,
    delivered: answered,
    mostInFlight,
  } satisfies Moved)
  endpoint.closeAllConnections()
  endpoint.close()
  await kernel.jobs.stop()
  await close()
  process.exit()
}

async function walk(start: string, headers: Record<string, string>): Promise<string[]> {
  const pages: string[] = []
  let next: string | undefined = start
  while (next) {
    pages.push(next)
    const answer = await fetch(next, { headers })
    next = ((await answer.json()) as { '@nextLink'?: string })['@nextLink']
  }
  return pages
}
