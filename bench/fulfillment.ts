/**
 * The fulfillment API under load: one subscription, and the list, as a publisher's application with a bearer token.
 *
 *   node bench/fulfillment.ts [seconds] [subscriptions]
 *
 * Starts its own embedded PostgreSQL and, in processes of their own, Stoa (production-like: request log off) and a bare Fastify that
 * answers the same subscription with one prepared SELECT. Both are measured in turns in the same run, at 32 connections. Goals: at least
 * 0.7 of the bare server's requests a second, p99 at most 1.5 times its p99, and the same median on page 1 and on page 900 of the list.
 * The exit code is 1 when a goal is missed.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import autocannon from 'autocannon'
import Fastify from 'fastify'
import pg from 'pg'
import { ensureDemo } from '../src/domain/demo.ts'
import { readConfig } from '../src/kernel/config.ts'
import { system } from '../src/kernel/context.ts'
import { createLog } from '../src/kernel/log.ts'
import { migrate } from '../src/kernel/migrations.ts'
import { openKernel } from '../src/kernel/open.ts'
import { ensureDatabase, startPostgres } from '../src/kernel/postgres.ts'
import { createServer } from '../src/server.ts'
import { wire } from '../src/wiring.ts'

const connections = 32
const goals = { rate: 0.7, p99: 1.5, page: 2 }
const apiVersion = 'api-version=2018-08-31'
const contoso = { tenantId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c10002', clientId: '7c9e2d40-11aa-4a7e-8b6d-5e2f90c1c001' }
const adatum = {
  email: 'buyer@adatum.example',
  objectId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f3a001',
  tenantId: '3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004',
}

const [role = 'bench', ...rest] = process.argv.slice(2)
if (role === 'stoa') await serveStoa(rest)
else if (role === 'bare') await serveBare(rest)
else process.exitCode = await bench(Number(process.argv[2] ?? 10), Number(process.argv[3] ?? 100_000))

function openStoa(databaseUrl: string, dataDir: string, port: number, mode: 'sandbox' | 'production') {
  const config = {
    ...readConfig({ STOA_DATA: dataDir, STOA_LOG_LEVEL: 'silent', STOA_PORT: String(port), STOA_ROLES: 'api' }),
    secretKeys: ['a key for this benchmark only'],
    // The demo data needs a sandbox; what is measured is what production does.
    mode,
  }
  return { config, ...openKernel({ config, log: createLog(config), databaseUrl }) }
}

async function serveStoa([databaseUrl = '', dataDir = '', port = '0']: string[]) {
  const { kernel } = openStoa(databaseUrl, dataDir, Number(port), 'production')
  const domain = wire(kernel)
  await kernel.jobs.start({ work: false })
  const server = await createServer({ kernel, domain })
  await server.listen()
  server.setReady(true)
  process.send?.('ready')
}

/** The least that could answer: no token, no ids, no rules. */
async function serveBare([databaseUrl = '', _dataDir = '', port = '0']: string[]) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 })
  const app = Fastify()
  const text = `
    select s.id, s.name, s.publisher_id, s.offer_id, s.plan_id, s.quantity, s.status, s.purchaser, s.beneficiary, s.auto_renew, s.is_free_trial,
      s.term_unit, s.term_start::text, s.term_end::text, to_char(s.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at, b.tenant_id, b.application_id
    from subscriptions.subscription s join subscriptions.offer_binding b on b.offer = s.offer where s.id = $1`
  app.get<{ Params: { id: string } }>(
    '/:id',
    async (request) => (await pool.query({ name: 'bare', text, values: [request.params.id] })).rows[0],
  )
  await app.listen({ port: Number(port), host: '127.0.0.1' })
  process.send?.('ready')
}

async function startChild(args: string[], children: ChildProcess[]): Promise<void> {
  const child = fork(import.meta.filename, args)
  children.push(child)
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}.`)))
  })
}

/** Demo data, one active subscription, and many that wait. Returns the active one's id and a token. */
async function prepare(databaseUrl: string, dataDir: string, count: number) {
  const { kernel, close } = openStoa(databaseUrl, dataDir, 0, 'sandbox')
  const domain = wire(kernel)
  await kernel.jobs.start({ work: false })
  await ensureDemo(kernel, domain)
  const id = await kernel.run(system, async (ctx) => {
    const choice = { publisherId: 'contoso', offerId: 'contoso-crm', planId: 'basic', quantity: null }
    const { terms } = await domain.checkout.quote(ctx, { ...choice, tenant: adatum.tenantId })
    const bought = await domain.checkout.purchase(ctx, { ...choice, purchaser: adatum, acceptedTermsVersion: terms.version })
    await domain.subscriptions.activate(ctx, bought.subscriptionId, { planId: 'basic', quantity: undefined })
    return bought.subscriptionId
  })
  await kernel.database.pool.query(
    `insert into subscriptions.subscription
     select (jsonb_populate_record(null::subscriptions.subscription, to_jsonb(s) || jsonb_build_object('id', gen_random_uuid()))).*
     from (select * from subscriptions.subscription where id = $1) s, generate_series(1, $2::int)`,
    [id, count],
  )
  await kernel.database.pool.query('vacuum analyze subscriptions.subscription')
  const token = await kernel.run(system, async (ctx) => {
    const [tenant] = await domain.directory.getTenants(ctx, [contoso.tenantId])
    const app = await domain.directory.findApplication(ctx, contoso.clientId)
    if (!tenant || !app) throw new Error('The demo data has no contoso.')
    const issued = await domain.directory.issueForApplication(ctx, {
      tenant,
      app,
      resource: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
      version: 1,
    })
    return issued.accessToken
  })
  await kernel.jobs.stop()
  await close()
  return { id, token }
}

interface Measured {
  rate: number
  p50: number
  p99: number
}

async function load(url: string, headers: Record<string, string>, duration: number): Promise<Measured> {
  const { requests, latency, non2xx, errors } = await autocannon({ url, connections, duration, headers })
  if (non2xx > 0 || errors > 0) throw new Error(`${url}: ${non2xx} answers were not 200, ${errors} failed.`)
  return { rate: Math.round(requests.average), p50: latency.p50, p99: latency.p99 }
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

async function bench(seconds: number, count: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-'))
  chmodSync(folder, 0o711)
  const database = await startPostgres(join(folder, 'database'))
  const children: ChildProcess[] = []
  try {
    await ensureDatabase(database, 'stoa')
    const url = database.url('stoa')
    await migrate(url, 'sandbox')
    const dataDir = join(folder, 'data')
    const { id, token } = await prepare(url, dataDir, count)
    const ports = { stoa: 43_978, bare: 43_979 }
    await startChild(['stoa', url, dataDir, String(ports.stoa)], children)
    await startChild(['bare', url, dataDir, String(ports.bare)], children)

    const headers = { authorization: `Bearer ${token}` }
    const root = `http://127.0.0.1:${ports.stoa}/api/saas/subscriptions`
    const targets = { stoa: `${root}/${id}?${apiVersion}`, bare: `http://127.0.0.1:${ports.bare}/${id}` }
    const rounds: Record<keyof typeof targets, Measured[]> = { stoa: [], bare: [] }
    for (const target of ['stoa', 'bare'] as const) await load(targets[target], headers, Math.min(3, seconds))
    for (let round = 0; round < 3; round++) {
      for (const target of ['bare', 'stoa'] as const) rounds[target].push(await load(targets[target], headers, seconds))
    }
    const total = (target: keyof typeof targets): Measured => ({
      rate: median(rounds[target].map(({ rate }) => rate)),
      p50: median(rounds[target].map(({ p50 }) => p50)),
      p99: median(rounds[target].map(({ p99 }) => p99)),
    })
    const [bare, stoa] = [total('bare'), total('stoa')]
    console.table({ 'bare Fastify': bare, 'GET subscription': stoa })

    const pages = await walk(`${root}?${apiVersion}`, headers)
    const first = await single(pages[0] ?? '', headers)
    const late = await single(pages[Math.min(899, pages.length - 2)] ?? '', headers)
    console.log(
      `List of 100 out of ${count}: page 1 median ${first.toFixed(1)} ms, page ${Math.min(900, pages.length - 1)} median ${late.toFixed(1)} ms.`,
    )

    const [rate, p99] = [stoa.rate / bare.rate, stoa.p99 / bare.p99]
    const met = rate >= goals.rate && p99 <= goals.p99 && late <= first * goals.page
    console.log(
      `Requests/s ${rate.toFixed(2)} of the bare server (goal ${goals.rate}), p99 ${p99.toFixed(2)} times its (goal ${goals.p99}): ${met ? 'met' : 'missed'}.`,
    )
    return met ? 0 : 1
  } finally {
    for (const child of children) child.kill()
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
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
