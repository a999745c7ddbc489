import { existsSync, mkdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { type DestinationStream, pino } from 'pino'
import { ensureDemo } from './domain/demo.ts'
import { keepHouse } from './housekeeping.ts'
import { type Config, ConfigError, readConfig } from './kernel/config.ts'
import { system } from './kernel/context.ts'
import type { MoveReport } from './kernel/due.ts'
import { isDomainError } from './kernel/errors.ts'
import type { Kernel } from './kernel/kernel.ts'
import { createLog } from './kernel/log.ts'
import { migrate, SchemaMismatch } from './kernel/migrations.ts'
import { openKernel } from './kernel/open.ts'
import { DatabaseUnusable, DataFolderInUse, type EmbeddedPostgres, ensureDatabase, startPostgres } from './kernel/postgres.ts'
import { developmentCertificate } from './kernel/tls.ts'
import { createServer, PortInUse } from './server.ts'
import { wire } from './wiring.ts'

/** A running marketplace. */
export interface Stoa {
  config: Config
  port: number
  tlsPort: number | undefined
  caFile: string | undefined
  notes: readonly string[]
  /** Lets running work end; PostgreSQL stops last. */
  stop(): Promise<void>
}

const databaseName = 'stoa'
const resumeEveryMs = 5000
const longestLog = 20 * 1024 * 1024

/** Steps that were taken, undone in reverse order: also when a later one fails. */
function createCleanup(): { add(undo: () => Promise<void>): void; run(): Promise<void> } {
  const steps: (() => Promise<void>)[] = []
  return {
    add: (undo) => void steps.push(undo),
    async run() {
      for (const undo of steps.splice(0).reverse()) {
        try {
          await undo()
        } catch (error) {
          console.error(error)
        }
      }
    },
  }
}

/** Reads nothing but its arguments; starts the database, brings it up to date, and serves. */
export async function start(config: Config, options: { dev?: boolean; onLost?: (error: Error) => void } = {}): Promise<Stoa> {
  const cleanup = createCleanup()
  try {
    mkdirSync(config.dataDir, { recursive: true })
    const notes: string[] = []
    const databaseUrl = config.databaseUrl ?? (await embedded(config, cleanup, notes, options.onLost))
    const destination = logDestination(config)
    const log = destination ? createLog(config, destination) : createLog(config)
    cleanup.add(async () => log.flush())
    await migrate(databaseUrl, config.mode)

    const { kernel, close } = openKernel({ config, log, databaseUrl })
    cleanup.add(close)
    await kernel.tracing.start(config.tracing, log)
    const domain = wire(kernel)
    cleanup.add(() => domain.analytics.flush())
    keepHouse(kernel, domain)
    const tls = config.mode === 'sandbox' ? await developmentCertificate(config.dataDir, certificateHosts(config)) : undefined
    const server = await createServer({ kernel, domain, ...(tls ? { tls } : {}), dev: options.dev ?? false })
    cleanup.add(() => server.close())
    const ports = await server.listen()

    const works = config.roles.includes('worker')
    await kernel.jobs.start({ work: works })
    cleanup.add(() => kernel.jobs.stop())
    if (config.mode === 'sandbox') await ensureDemo(kernel, domain)
    await kernel.run(system, (ctx) => domain.catalog.bringUpToDate(ctx))
    if (config.roles.includes('web')) await kernel.read(system, (ctx) => domain.catalog.warm(ctx))
    if (works) {
      const resumed = await resumeMove(kernel)
      if (resumed) notes.push(`A clock move that was interrupted has been finished: it is ${resumed.to.toString()} now.`)
      kernel.due.start()
      cleanup.add(() => kernel.due.stop())
      // A process that is killed while it moves the clock leaves the rest to the others.
      const watch = setInterval(
        () => void resumeMove(kernel).catch((error: unknown) => log.error({ err: error }, 'clock move')),
        resumeEveryMs,
      )
      cleanup.add(async () => clearInterval(watch))
    }
    server.setReady()
    log.info({ mode: config.mode, roles: config.roles, ...ports }, 'ready')
    return {
      config,
      ...ports,
      caFile: tls?.caFile,
      notes,
      async stop() {
        log.info('stopping')
        await server.drain()
        await cleanup.run()
      },
    }
  } catch (error) {
    await cleanup.run()
    throw error
  }
}

/** Finishes a clock move that nobody carries on. Null when there is none, or when the process that began it is still at it. */
async function resumeMove(kernel: Kernel): Promise<MoveReport | null> {
  try {
    return await kernel.due.resumeMove()
  } catch (error) {
    if (isDomainError(error) && error.code === 'MoveInProgress') return null
    throw error
  }
}

async function embedded(
  config: Config,
  cleanup: { add(undo: () => Promise<void>): void },
  notes: string[],
  onLost: ((error: Error) => void) | undefined,
): Promise<string> {
  const server: EmbeddedPostgres = await startPostgres(config.dataDir, onLost ? { onLost } : {})
  cleanup.add(() => server.stop())
  notes.push(...server.notes)
  if (server.adopted)
    notes.push('The database was still running after the last process ended unexpectedly; it has been taken over. Nothing is lost.')
  await ensureDatabase(server, databaseName)
  return server.url(databaseName)
}

/** Names besides localhost that the TLS port is opened by. */
function certificateHosts(config: Config): string[] {
  const hosts = [config.publicUrl, config.issuerUrl].map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''))
  return [...hosts, ...config.knownHosts.map((host) => host.replace(/:\d+$/, ''))]
}

/** On a laptop the log would hide the start screen: it goes to a file, and only errors to the terminal. */
function logDestination(config: Config): DestinationStream | undefined {
  if (config.logFile === undefined) return undefined
  if (existsSync(config.logFile) && statSync(config.logFile).size > longestLog) truncateSync(config.logFile)
  return pino.multistream([
    { level: 'trace', stream: pino.destination({ dest: config.logFile, mkdir: true, sync: false, mode: 0o600 }) },
    { level: 'error', stream: pino.destination({ dest: 2, sync: true }) },
  ])
}

function startScreen(stoa: Stoa, milliseconds: number): string {
  const { config } = stoa
  const version = (JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }).version
  const rows: [string, string][] = [
    ['Storefronts', `${config.publicUrl}/`],
    ['Customer portal', `${config.publicUrl}/account`],
    ['Partner Center', `${config.publicUrl}/partner`],
    ['Operator console', `${config.publicUrl}/operator`],
    ['Docs and OpenAPI', `${config.publicUrl}/docs`],
    ['Token issuer', `${config.issuerUrl}/`],
    ...(stoa.caFile ? [['TLS authority', stoa.caFile] as [string, string]] : []),
    ['Data', config.dataDir],
    ...(config.logFile ? [['Log', config.logFile] as [string, string]] : []),
  ]
  const lines = [
    '',
    `  ${config.brand.name} ${version} · ${config.mode} mode · ready in ${(milliseconds / 1000).toFixed(1)} s`,
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(18)}${value}`),
    ...(config.mode === 'sandbox' ? ['', ...demoSignIns()] : []),
    ...(stoa.notes.length > 0 ? ['', ...stoa.notes.map((note) => `  ${note}`)] : []),
    '',
    '  Stop with Ctrl-C.',
    '',
  ]
  return lines.join('\n')
}

function demoSignIns(): string[] {
  const demo = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'reference-data', 'demo.json'), 'utf8')) as { password: string }
  return [
    `  Sign in as        (password of all: ${demo.password})`,
    '    buyer@adatum.example        buys and pays for Adatum',
    '    owner@contoso.example       sells as Contoso',
    '    operator@operator.example   runs the marketplace',
  ]
}

/** The process: environment, start screen, signals. */
async function main(): Promise<void> {
  const stopNow = Promise.withResolvers<string>()
  // Heard from the beginning: what has been started by then is stopped in order too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP'] as const) process.on(signal, () => stopNow.resolve(signal))
  // The script that has started us is gone, however it went.
  process.on('disconnect', () => stopNow.resolve('disconnect'))
  process.on('message', (message) => {
    if ((message as { stop?: boolean } | null)?.stop) stopNow.resolve('asked')
  })
  let stoa: Stoa
  try {
    if (existsSync('.env')) process.loadEnvFile('.env')
    stoa = await start(readConfig(process.env), {
      dev: process.argv.includes('--dev'),
      onLost: (error) => {
        console.error(`The database has stopped: ${error.message}`)
        process.exitCode = 1
        stopNow.resolve('database')
      },
    })
  } catch (error) {
    const expected =
      error instanceof ConfigError ||
      error instanceof DatabaseUnusable ||
      error instanceof DataFolderInUse ||
      error instanceof SchemaMismatch ||
      error instanceof PortInUse
    console.error(expected ? `\n${error.message}\n` : error)
    process.exit(1)
  }
  console.log(startScreen(stoa, performance.now())) // since the process began, loading the program included
  process.send?.({ ready: true, publicUrl: stoa.config.publicUrl, issuerUrl: stoa.config.issuerUrl, caFile: stoa.caFile })

  await stopNow.promise
  console.log('  Stopping …')
  await stoa.stop()
  console.log('  Stopped.')
  process.exit()
}

if (import.meta.main) await main()
