/**
 * What tests stand on. One embedded PostgreSQL serves a whole run (test/global-setup.ts); every call here clones a database of its own
 * from a migrated template (about 50 ms) and everything opened is closed after the test file.
 *
 *   const kernel = await testKernel()                       // at the top of a test file or in beforeAll
 *   await kernel.run(system, (ctx) => …)                    // a transaction at the market time of now
 *   await kernel.due.move(kernel.at('2027-01-01T00:00Z'))   // market time, running due work on its way
 *   await kernel.jumpTo('2027-01-01T00:00Z')                // market time only: due work stays due
 *
 *   const stoa = await startTestStoa({ demo: true })        // a whole marketplace on free ports, with the demo data of reference-data/demo.json
 *   await fetch(`${stoa.url}/api/sandbox`)                  // http; for https: stoa.tlsUrl with stoa.ca as the trusted authority
 *   stoa.domain.subscriptions, stoa.kernel                  // the same objects that serve the requests
 *
 * `STOA_TEST_LOG=debug` prints the log. Kernels do no background work by themselves: `await kernel.due.runDue()` runs what is due once,
 * `await kernel.jobs.drain()` what was sent. A marketplace started with `worker: true` does both like the real one.
 */
import { mkdtempSync } from 'node:fs'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { join } from 'node:path'
import { Temporal } from 'temporal-polyfill'
import pg from 'pg'
import { afterAll } from 'vitest'
import type { Domain } from '../src/domain/domain.ts'
import { type Config, readConfig } from '../src/kernel/config.ts'
import type { Kernel } from '../src/kernel/kernel.ts'
import { createLog } from '../src/kernel/log.ts'
import { openKernel } from '../src/kernel/open.ts'
import { developmentCertificate } from '../src/kernel/tls.ts'

const open = new Set<() => Promise<void>>()

afterAll(async () => {
  for (const close of [...open].reverse()) await close()
})

/** Runs `close` after the test file, unless it was called before. */
function closing(close: () => Promise<void>): () => Promise<void> {
  const once = async () => {
    if (open.delete(once)) await close()
  }
  open.add(once)
  return once
}

export type Template = 'plain' | 'demo'

function environment(name: 'STOA_TEST_SERVER' | 'STOA_TEST_FOLDER'): string {
  const value = process.env[name]
  if (!value) throw new Error('test/harness.ts needs the global setup of vitest.config.ts: run tests from the project folder.')
  return value
}

function urlOf(database: string): string {
  return environment('STOA_TEST_SERVER').replace(/\/postgres$/, `/${database}`)
}

async function onServer<T>(fn: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: environment('STOA_TEST_SERVER') })
  await client.connect()
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}

let databases = 0

/** A new database: empty but migrated (`plain`), or with the demo data loaded (`demo`). Returns its URL. */
export async function createTestDatabase(template: Template = 'plain'): Promise<string> {
  const broken = process.env.STOA_TEST_TEMPLATE_ERROR
  if (broken) throw new Error(broken)
  if (template === 'demo') await ensureDemoTemplate()
  const name = `test_${process.pid}_${process.env.VITEST_WORKER_ID ?? 0}_${++databases}`
  await onServer(async (client) => {
    await client.query(`drop database if exists ${name} with (force)`)
    await client.query(`create database ${name} template template_${template} strategy file_copy`)
  })
  return urlOf(name)
}

/** A new database with nothing in it, not even a schema. */
export async function emptyTestDatabase(): Promise<string> {
  const name = `test_${process.pid}_${process.env.VITEST_WORKER_ID ?? 0}_${++databases}`
  await onServer(async (client) => {
    await client.query(`drop database if exists ${name} with (force)`)
    await client.query(`create database ${name}`)
  })
  return urlOf(name)
}

/** The first test file of a run that asks for the demo data loads it once, into a template for all of them. */
async function ensureDemoTemplate(): Promise<void> {
  await onServer(async (client) => {
    await client.query('select pg_advisory_lock(1)') // ends with the connection
    const { rowCount } = await client.query(`select from pg_database where datname = 'template_demo'`)
    if (rowCount) return
    await client.query('drop database if exists template_demo_unfinished with (force)')
    await client.query('create database template_demo_unfinished template template_plain strategy file_copy')
    const [{ createDomain }, { ensureDemo }] = await Promise.all([import('../src/domain/domain.ts'), import('../src/domain/demo.ts')])
    const loader = await testKernel({ databaseUrl: urlOf('template_demo_unfinished') })
    await ensureDemo(loader.kernel, createDomain(loader.kernel))
    await loader.close()
    await client.query('alter database template_demo_unfinished rename to template_demo')
  })
}

/** A configuration for tests: sandbox, free ports, a data folder of its own, no log. */
export function testConfig(overrides: Partial<Config> = {}): Config {
  const dataDir = mkdtempSync(join(environment('STOA_TEST_FOLDER'), 'data-'))
  return {
    ...readConfig({ STOA_LOG_LEVEL: process.env.STOA_TEST_LOG ?? 'silent', STOA_DATA: dataDir }),
    secretKeys: ['a key of the tests that is long enough for everybody'],
    ...overrides,
  }
}

export interface TestKernel extends Kernel {
  /** the same object, for `const { kernel, close } = await testKernel()` */
  kernel: Kernel
  /** URL of its database */
  databaseUrl: string
  /** An instant from its text; a date without a time means its midnight, UTC. */
  at(text: string): Temporal.Instant
  /** Sets market time without running due work. */
  jumpTo(to: string | Temporal.Instant): Promise<void>
  close: () => Promise<void>
}

export interface TestKernelOptions {
  template?: Template
  config?: Partial<Config>
  /** of a database that exists, instead of a new one */
  databaseUrl?: string
}

/** A kernel on a database of its own. Needs no domain. */
export async function testKernel(options: TestKernelOptions = {}): Promise<TestKernel> {
  const config = testConfig(options.config)
  const databaseUrl = options.databaseUrl ?? (await createTestDatabase(options.template))
  const { kernel, close } = openKernel({
    config,
    log: createLog(config),
    databaseUrl,
    filesFolder: join(environment('STOA_TEST_FOLDER'), 'files'),
    connections: 20,
    supervise: false,
  })
  await kernel.jobs.start({ work: false })
  return Object.assign(kernel, {
    kernel,
    databaseUrl,
    at: instantOf,
    async jumpTo(to: string | Temporal.Instant) {
      await kernel.database.transaction((tx) => kernel.clock.advanceTo(tx, typeof to === 'string' ? instantOf(to) : to))
    },
    close: closing(async () => {
      await kernel.due.stop()
      await kernel.jobs.stop()
      await close()
    }),
  })
}

function instantOf(text: string): Temporal.Instant {
  return Temporal.Instant.from(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text)
}

export interface TestStoa {
  /** http://localhost:<port> */
  url: string
  /** https://localhost:<port>, trusted by `ca` */
  tlsUrl: string
  /** PEM of the development authority */
  ca: string
  /** file of the same */
  caFile: string
  kernel: TestKernel
  domain: Domain
  close: () => Promise<void>
}

export interface TestStoaOptions extends TestKernelOptions {
  /** with the demo data of reference-data/demo.json */
  demo?: boolean
  /** export traces */
  tracing?: Config['tracing']
  /** work off due work and jobs in the background, as the real one does */
  worker?: boolean
}

/** A whole marketplace on free ports. Pages are served when they have been built (`npm run build`) and `roles` includes web; default: api only. */
export async function startTestStoa(options: TestStoaOptions = {}): Promise<TestStoa> {
  const [{ wire }, { createServer }] = await Promise.all([import('../src/wiring.ts'), import('../src/server.ts')])
  const [port, tlsPort] = await freePorts(2)
  const issuerUrl = `https://localhost:${tlsPort}`
  const kernel = await testKernel({
    ...options,
    ...(options.demo ? { template: 'demo' } : {}),
    config: { roles: ['api'], port, tlsPort, publicUrl: `http://localhost:${port}`, issuerUrl, ...options.config } as Partial<Config>,
  })
  await kernel.tracing.start(options.tracing, kernel.log)
  const domain = wire(kernel)
  const tls = await developmentCertificate(join(environment('STOA_TEST_FOLDER'), 'tls'), [])
  const server = await createServer({ kernel, domain, tls })
  await server.listen()
  if (options.worker) {
    await kernel.jobs.start({ work: true })
    kernel.due.start()
  }
  server.setReady()
  return {
    url: `http://localhost:${port}`,
    tlsUrl: issuerUrl,
    ca: tls.ca,
    caFile: tls.caFile,
    kernel,
    domain,
    close: closing(async () => {
      await server.close()
      await kernel.close()
    }),
  }
}

/** Ports that nothing listens at just now. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createNetServer())
  for (const probe of probes) await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port)
  for (const probe of probes) await new Promise((resolve) => probe.close(resolve))
  return ports
}
