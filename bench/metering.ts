/**
 * Usage events under load, against what PostgreSQL itself can take.
 *
 *   node bench/metering.ts [batches] [singles] [stored] [memory] [--seconds 5] [--rounds 6] [--subscriptions 100000] [--stored 20000000] [--minutes 5]
 *
 * Without a part named, all four (about 15 minutes and 15 GB of disk while it runs). A short look: `node bench/metering.ts batches singles
 * --seconds 3 --rounds 2`. Starts its own embedded PostgreSQL and, in processes of their own, Stoa as production runs it (request log off), the
 * load generator and the raw inserts; the two that are compared take turns, so that other load on the machine hits both alike. All events are
 * accepted: every subscription reports five dimensions for every hour, one subscription after the other, and between the turns market time moves on by a day.
 * Goals:
 *
 * - batches: of 25 events over HTTP with a bearer token at 64 connections: at least 0.5 (target 0.7) of the raw limit, p99 under 50 ms. The raw
 *   limit is INSERT … unnest into a permanent table with the same key in the same database, 1,000 rows a statement, two statements at a time
 * - singles: one event a request at 64 connections: at least 0.35 of one-row INSERTs on 64 connections
 * - stored: batches with 20 million rows stored, half of them in the current month: within 10 % of an empty table
 * - memory: of the server, flat over 5 minutes of batches
 *
 * The exit code is 1 when a goal is missed. BENCH_CPU_PROF=<folder> writes a CPU profile of the server.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { ensureDemo } from '../src/domain/demo.ts'
import { startOfDay, stopwatch, utcDate, wallNow } from '../src/kernel/clock.ts'
import { readConfig } from '../src/kernel/config.ts'
import { system } from '../src/kernel/context.ts'
import { createLog } from '../src/kernel/log.ts'
import { migrate } from '../src/kernel/migrations.ts'
import { openKernel } from '../src/kernel/open.ts'
import { ensureDatabase, startPostgres } from '../src/kernel/postgres.ts'
import { createServer } from '../src/server.ts'
import { wire } from '../src/wiring.ts'
import { adatum, demoPublisherToken } from './demo.ts'

const connections = 64
const eventsPerBatch = 25
const rowsPerStatement = 1000
const rawFlights = 2
const goals = { batches: 0.5, target: 0.7, p99: 50, singles: 0.35, stored: 0.9, memory: 1.1 }
const choice = { publisherId: 'contoso', offerId: 'contoso-notify', planId: 'premium' }
const dimensions = ['email', 'text', 'call', 'letter', 'fax']
/** Hours that can be reported at any one time. */
const openHours = 24
const hourMs = 3_600_000
/** The month of the stored rows; market time of the measurements comes after them. */
const month = utcDate(wallNow()).with({ day: 1 }).add({ months: 2 })
const monthBegin = startOfDay(month).epochMilliseconds

/** One turn of a measurement. */
interface Slice {
  seconds: number
  events: number
  p50: number
  p99: number
  /** Seconds of the processor, where the system tells (Linux). */
  work?: { server: number; loader: number; database: number }
}

type Kind = 'batches' | 'singles'

/** What a measuring process is told; it answers a Slice. `firstHour` is the first of the 24 hours it may use (ms since 1970). */
interface Turn {
  kind: Kind
  seconds: number
  firstHour: number
  /** Makes the requests of the turn that follows and sends none. */
  prepareOnly?: boolean
}

const children: ChildProcess[] = []
const rawColumns = 'publisher_id, resource, dimension, hour, id, plan_id, quantity, effective_at, accepted_at'
const rate = ({ events, seconds }: Slice) => events / seconds

const [role = '', ...rest] = process.argv.slice(2)
if (role === 'serve') await serve(rest)
else if (role === 'load') await serveTurns(await openLoad(rest))
else if (role === 'raw') await serveTurns(await openRaw(rest))
else process.exitCode = await bench(readOptions())

type Options = ReturnType<typeof readOptions>

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '5' },
      rounds: { type: 'string', default: '6' },
      subscriptions: { type: 'string', default: '100000' },
      stored: { type: 'string', default: '20000000' },
      minutes: { type: 'string', default: '5' },
    },
  })
  const parts = positionals.length > 0 ? positionals : ['batches', 'singles', 'stored', 'memory']
  return {
    parts,
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    subscriptions: Number(values.subscriptions),
    stored: Number(values.stored),
    minutes: Number(values.minutes),
  }
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
  }
  return { config, ...openKernel({ config, log: createLog(config), databaseUrl }) }
}

async function serve([databaseUrl = '', dataDir = '']: string[]) {
  const { kernel } = openStoa(databaseUrl, dataDir, 0, 'production')
  const domain = wire(kernel)
  await kernel.jobs.start({ work: false })
  const server = await createServer({ kernel, domain })
  const { port } = await server.listen()
  server.setReady()
  process.on('SIGTERM', () => process.exit())
  process.on('message', () => process.send?.(process.memoryUsage().rss))
  process.send?.(port)
}

/** Answers each turn that the parent asks for. */
async function serveTurns(run: (turn: Turn) => Promise<Slice>): Promise<void> {
  process.on('SIGTERM', () => process.exit())
  process.on('message', (turn: Turn) => {
    void run(turn).then(
      (slice) => process.send?.(slice),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.send?.('ready')
}

/** Usage of every subscription and dimension for each open hour, hour by hour, as publishers report it. */
function keyAt(subscriptions: string[], firstHour: number, index: number) {
  const dimension = dimensions[index % dimensions.length] as string
  const at = Math.floor(index / dimensions.length)
  const hour = firstHour + Math.floor(at / subscriptions.length) * hourMs
  return { resource: subscriptions[at % subscriptions.length] as string, dimension, hour, quantity: (index % 997) + 0.5 }
}

function summary(seconds: number, events: number, times: number[]): Slice {
  const sorted = Float64Array.from(times).sort()
  const at = (share: number) => Math.round((sorted[Math.floor(sorted.length * share)] ?? 0) * 10) / 10
  return { seconds, events, p50: at(0.5), p99: at(0.99) }
}

/** The load generator: prepared requests on plain sockets, so that it takes as little of the processor as it can. */
async function openLoad([port = '', token = '', file = '']: string[]): Promise<(turn: Turn) => Promise<Slice>> {
  const subscriptions = JSON.parse(readFileSync(file, 'utf8')) as string[]
  const sockets: Socket[] = []
  for (let n = 0; n < connections; n++) {
    const socket = connect(Number(port), '127.0.0.1').setNoDelay(true)
    await new Promise((resolve) => socket.once('connect', resolve))
    sockets.push(socket)
  }

  function requestAt(kind: Kind, firstHour: number, index: number): Buffer {
    const size = kind === 'batches' ? eventsPerBatch : 1
    const events = Array.from({ length: size }, (_, n) => {
      const { resource, dimension, hour, quantity } = keyAt(subscriptions, firstHour, index * size + n)
      const effective = new Date(hour).toISOString().replace('.000Z', 'Z')
      return `{"resourceId":"${resource}","quantity":${quantity},"dimension":"${dimension}","effectiveStartTime":"${effective}","planId":"${choice.planId}"}`
    })
    const body = kind === 'batches' ? `{"request":[${events.join(',')}]}` : String(events[0])
    const path = kind === 'batches' ? 'batchUsageEvent' : 'usageEvent'
    return Buffer.from(
      `POST /api/${path}?api-version=2018-08-31 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    )
  }

  let requests: Buffer[] = []

  return async ({ kind, seconds, firstHour, prepareOnly }) => {
    const size = kind === 'batches' ? eventsPerBatch : 1
    const most = Math.floor((subscriptions.length * dimensions.length * openHours) / size)
    if (prepareOnly) {
      const wanted = Math.min(most, Math.ceil((kind === 'batches' ? 5000 : 15_000) * seconds))
      requests = Array.from({ length: wanted }, (_, index) => requestAt(kind, firstHour, index))
      return summary(0, 0, [])
    }
    const times: number[] = []
    let next = 0
    const elapsed = stopwatch()
    const exchange = async (socket: Socket) => {
      while (elapsed() < seconds * 1000) {
        const index = next++
        if (index >= most) throw new Error('No hour is left to report: more --subscriptions or fewer --seconds are needed.')
        const began = elapsed()
        await answerTo(socket, requests[index] ?? requestAt(kind, firstHour, index))
        times.push(elapsed() - began)
      }
    }
    await Promise.all(sockets.map(exchange))
    return summary(elapsed() / 1000, times.length * size, times)
  }
}

/** Sends one request and waits for its whole answer. Anything but acceptance of everything ends the benchmark. */
function answerTo(socket: Socket, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    let read: Buffer | undefined
    let wanted = Infinity
    const onData = (chunk: Buffer) => {
      read = read ? Buffer.concat([read, chunk]) : chunk
      if (wanted === Infinity) {
        const end = read.indexOf('\r\n\r\n')
        if (end < 0) return
        const head = read.toString('latin1', 0, end)
        wanted = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1])
      }
      if (read.length < wanted) return
      socket.off('data', onData)
      const accepted = read.includes('HTTP/1.1 200') && !read.includes('"error"')
      if (accepted) resolve()
      else reject(new Error(read.toString('latin1', 0, 2000)))
    }
    socket.on('data', onData)
    socket.write(request)
  })
}

/** The least that could store the same rows: no HTTP, no token, no rules. */
async function openRaw([databaseUrl = '', , file = '']: string[]): Promise<(turn: Turn) => Promise<Slice>> {
  const subscriptions = JSON.parse(readFileSync(file, 'utf8')) as string[]
  const pool = new pg.Pool({ connectionString: databaseUrl, max: connections, options: '-c TimeZone=UTC' })
  const idle = await Promise.all(Array.from({ length: connections }, () => pool.connect()))
  for (const client of idle) client.release()
  const many = {
    name: 'many',
    text: `insert into bench.usage_event (${rawColumns})
      select publisher_id, resource, dimension, hour, id, plan_id, quantity, effective_at, accepted_at
      from unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::uuid[], $6::text[], $7::numeric[], $8::timestamptz[], $9::timestamptz[])
        as i(${rawColumns}) on conflict do nothing`,
  }
  const single = {
    name: 'single',
    text: `insert into bench.usage_event (${rawColumns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`,
  }

  let prepared: unknown[][] = []

  return async ({ kind, seconds, firstHour, prepareOnly }) => {
    const size = kind === 'batches' ? rowsPerStatement : 1
    const flights = kind === 'batches' ? rawFlights : connections
    const accepted = new Date(firstHour + openHours * hourMs).toISOString()
    const most = Math.floor((subscriptions.length * dimensions.length * openHours) / size)
    const valuesAt = (index: number): unknown[] => {
      const columns: string[][] = [[], [], [], [], [], [], [], [], []]
      for (let n = 0; n < size; n++) {
        const key = keyAt(subscriptions, firstHour, index * size + n)
        const hour = new Date(key.hour).toISOString()
        const row = [
          choice.publisherId,
          key.resource,
          key.dimension,
          hour,
          crypto.randomUUID(),
          choice.planId,
          String(key.quantity),
          hour,
          accepted,
        ]
        row.forEach((value, column) => columns[column]?.push(value))
      }
      return size === 1 ? columns.map(([value]) => value) : columns.map((column) => `{${column.join(',')}}`)
    }
    if (prepareOnly) {
      prepared = Array.from({ length: Math.min(most, Math.ceil((kind === 'batches' ? 200 : 15_000) * seconds)) }, (_, index) =>
        valuesAt(index),
      )
      return summary(0, 0, [])
    }
    const times: number[] = []
    let next = 0
    const elapsed = stopwatch()
    const insert = async () => {
      while (elapsed() < seconds * 1000 && next < most) {
        const index = next++
        const began = elapsed()
        await pool.query({ ...(kind === 'batches' ? many : single), values: prepared[index] ?? valuesAt(index) })
        times.push(elapsed() - began)
      }
    }
    await Promise.all(Array.from({ length: flights }, insert))
    return summary(elapsed() / 1000, times.length * size, times)
  }
}

/** A database with the demo data and many active subscriptions of the sample offer. Returns a bearer token. */
async function prepare(databaseUrl: string, dataDir: string, count: number): Promise<string> {
  const { kernel, close } = openStoa(databaseUrl, dataDir, 0, 'sandbox')
  const domain = wire(kernel)
  await kernel.jobs.start({ work: false })
  await ensureDemo(kernel, domain)
  const { id } = await kernel.run(system, async (ctx) => {
    const wanted = { ...choice, termUnit: 'P1M', quantity: null }
    const { terms } = await domain.checkout.quote(ctx, { ...wanted, tenant: adatum.tenantId })
    const { subscriptionId } = await domain.checkout.purchase(ctx, { ...wanted, purchaser: adatum, acceptedTermsVersion: terms.version })
    return domain.subscriptions.activate(ctx, subscriptionId, { planId: choice.planId, quantity: undefined })
  })
  const { pool } = kernel.database
  await pool.query('create schema bench')
  await pool.query('create table bench.copied as select uuidv7() as resource from generate_series(1, $1::int)', [count - 1])
  for (const table of ['metering.meter', 'metering.meter_plan']) {
    await pool.query(
      `insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(m) || jsonb_build_object('resource', c.resource))).*
       from (select * from ${table} where resource = $1) m, bench.copied c`,
      [id],
    )
  }
  await pool.query('update metering.meter set dimensions = $1', [dimensions])
  await pool.query('update metering.meter_plan set dimensions = $1', [dimensions])
  await pool.query(
    `create table bench.usage_event (like metering.usage_event including defaults including constraints,
       primary key (publisher_id, resource, dimension, hour))`,
  )
  for (let n = -1; n <= 1; n++)
    await pool.query('select metering.add_month($1::timestamptz)', [startOfDay(month.add({ months: n })).toString()])
  await pool.query('vacuum analyze')
  const token = await demoPublisherToken(kernel, domain)
  await kernel.jobs.stop()
  await close()
  return token
}

/** Rows as they would have come in: hour by hour, half of them in the month before. */
async function fill(databaseUrl: string, count: number, subscriptions: number): Promise<number> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1, options: '-c TimeZone=UTC' })
  try {
    const hours = Math.ceil(count / 2 / (subscriptions * dimensions.length))
    const latest = startOfDay(month.subtract({ days: 1 })).epochMilliseconds
    for (const begin of [latest - (hours - 24) * hourMs, monthBegin]) {
      for (let hour = 0; hour < hours; hour++) {
        await pool.query(
          `insert into metering.usage_event (${rawColumns})
           select publisher_id, resource, dimension, $1, uuidv7(), plan_id, 1 + random()::numeric(4, 3), $1, $1
           from metering.meter, unnest($2::text[]) as d(dimension) where plan_id = $3 order by resource, dimension`,
          [new Date(begin + hour * hourMs).toISOString(), dimensions, choice.planId],
        )
      }
    }
    await pool.query('vacuum analyze')
    await pool.query('checkpoint')
    return hours
  } finally {
    await pool.end()
  }
}

async function startChild<Ready>(args: string[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const folder = process.env.BENCH_CPU_PROF
  const profiled = folder !== undefined && args[0] === 'serve'
  const child = fork(import.meta.filename, args, {
    execArgv: profiled ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [],
    serialization: 'advanced',
  })
  children.push(child)
  return { child, ready: await asked<Ready>(child) }
}

/** What a process says next, after `message` when there is one. */
function asked<Answer>(child: ChildProcess, message?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`A process of the benchmark ended with ${code}.`))
    child.once('exit', ended)
    child.once('message', (answer) => {
      child.off('exit', ended)
      resolve(answer as Answer)
    })
    if (message !== undefined) child.send(message as object)
  })
}

/** Seconds of the processor that a process has used, with its ended children; 0 where the system does not tell. */
function processorSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ')
    return [11, 12, 13, 14].reduce((sum, n) => sum + Number(fields[n]), 0) / 100
  } catch {
    return 0
  }
}

/** The same of a PostgreSQL server with all its connections. */
function databaseSeconds(folder: string): number {
  const server = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n')[0]
  const pids = existsSync('/proc/self/stat') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []
  const parentOf = (pid: string) => {
    try {
      return readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[1]
    } catch {
      return undefined
    }
  }
  return pids.filter((pid) => pid === server || parentOf(pid) === server).reduce((sum, pid) => sum + processorSeconds(Number(pid)), 0)
}

/** One marketplace under load, with its own database and market time. */
async function startSubject(databaseUrl: string, folder: string, dataDir: string, token: string, file: string, firstHour: number) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  const { child: server, ready: port } = await startChild<number>(['serve', databaseUrl, dataDir])
  const { child: loader } = await startChild(['load', String(port), token, file])
  const { child: raw } = await startChild(['raw', databaseUrl, '', file])
  let day = firstHour
  let acknowledged = 0
  const turn = (kind: Kind, seconds: number): Turn => ({ kind, seconds, firstHour: day })
  return {
    pool,
    async raw(kind: Kind, seconds: number): Promise<Slice> {
      const used = () => ({ server: 0, loader: processorSeconds(Number(raw.pid)), database: databaseSeconds(folder) })
      await asked(raw, { ...turn(kind, seconds), prepareOnly: true })
      return measured(used, () => asked<Slice>(raw, turn(kind, seconds)))
    },
    async load(kind: Kind, seconds: number): Promise<Slice> {
      // The last of the open hours has begun: all of them can be reported.
      const offset = (day + (openHours - 0.5) * hourMs - wallNow().epochMilliseconds) * 1000
      await pool.query('update kernel.clock set offset_us = $1', [Math.round(offset)])
      const used = () => ({
        server: processorSeconds(Number(server.pid)),
        loader: processorSeconds(Number(loader.pid)),
        database: databaseSeconds(folder),
      })
      await asked(loader, { ...turn(kind, seconds), prepareOnly: true })
      const slice = await measured(used, () => asked<Slice>(loader, turn(kind, seconds)))
      acknowledged += slice.events
      return slice
    },
    nextDay() {
      day += openHours * hourMs
    },
    rss: () => asked<number>(server, 'rss'),
    /** Accepted means stored. */
    async check(): Promise<boolean> {
      const { rows } = await pool.query<{ n: string }>('select count(*) as n from metering.usage_event where hour >= $1', [
        new Date(firstHour).toISOString(),
      ])
      return Number(rows[0]?.n) === acknowledged
    },
    async clear(): Promise<void> {
      await pool.query('truncate metering.usage_event, bench.usage_event')
      await pool.query('checkpoint')
      acknowledged = 0
    },
    end: () => pool.end(),
  }
}

async function measured(used: () => NonNullable<Slice['work']>, run: () => Promise<Slice>): Promise<Slice> {
  const before = used()
  const slice = await run()
  const after = used()
  const work = { server: after.server - before.server, loader: after.loader - before.loader, database: after.database - before.database }
  return { ...slice, work }
}

type Subject = Awaited<ReturnType<typeof startSubject>>

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function described(slices: Slice[]) {
  return {
    'events/s': Math.round(median(slices.map(rate))),
    p50: median(slices.map(({ p50 }) => p50)),
    p99: median(slices.map(({ p99 }) => p99)),
    ...Object.fromEntries(
      (['server', 'loader', 'database'] as const).map((part) => [
        `${part} µs/event`,
        Math.round(median(slices.map(({ work, events }) => ((work?.[part] ?? 0) / events) * 1e7))) / 10,
      ]),
    ),
  }
}

type Goal = (met: boolean, text: string) => void

async function bench(options: Options): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-'))
  chmodSync(folder, 0o711)
  const database = await startPostgres(join(folder, 'database'))
  const missed: string[] = []
  const goal: Goal = (met, text) => {
    console.log(`${text}: ${met ? 'met' : 'MISSED'}. Load average ${loadavg()[0]?.toFixed(1)}.`)
    if (!met) missed.push(text)
  }
  const subjects: Subject[] = []
  try {
    await ensureDatabase(database, 'stoa')
    const url = database.url('stoa')
    const dataDir = join(folder, 'data')
    await migrate(url, 'sandbox')
    const token = await prepare(url, dataDir, options.subscriptions)
    const file = join(folder, 'subscriptions.json')
    await writeSubscriptions(url, file)
    const stored = options.parts.includes('stored')
    let hours = 0
    if (stored) {
      await copyDatabase(database.url('postgres'), 'stoa', 'stored')
      hours = await fill(database.url('stored'), options.stored, options.subscriptions)
    }
    const firstHour = monthBegin + hours * hourMs
    const empty = await startSubject(url, database.folder, dataDir, token, file, firstHour)
    subjects.push(empty)
    if (options.parts.includes('batches')) await compare(empty, 'batches', options, goal)
    if (options.parts.includes('singles')) await compare(empty, 'singles', options, goal)
    if (stored) {
      await empty.clear()
      const full = await startSubject(database.url('stored'), database.folder, dataDir, token, file, firstHour)
      subjects.push(full)
      await compareStored(empty, full, options, goal)
    }
    if (options.parts.includes('memory')) {
      await empty.clear()
      await watchMemory(empty, options, goal)
    }
    for (const subject of subjects) goal(await subject.check(), 'Every acknowledged event is stored')
    return missed.length === 0 ? 0 : 1
  } finally {
    for (const child of children) await ended(child)
    for (const subject of subjects) await subject.end()
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill()
  await exit
}

async function writeSubscriptions(databaseUrl: string, file: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ resource: string }>('select resource from metering.meter where plan_id = $1 order by resource', [
    choice.planId,
  ])
  await client.end()
  writeFileSync(file, JSON.stringify(rows.map(({ resource }) => resource)))
}

async function copyDatabase(serverUrl: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl })
  await client.connect()
  try {
    await client.query(`create database ${to} template ${from}`)
  } finally {
    await client.end()
  }
}

/** Stoa and the raw inserts in turns. */
async function compare(subject: Subject, kind: Kind, { seconds, rounds }: Options, goal: Goal): Promise<void> {
  const slices: { raw: Slice[]; stoa: Slice[] } = { raw: [], stoa: [] }
  for (let round = -1; round < rounds; round++) {
    const raw = await subject.raw(kind, seconds)
    const stoa = await subject.load(kind, seconds)
    subject.nextDay()
    // The first round warms up.
    if (round < 0) continue
    slices.raw.push(raw)
    slices.stoa.push(stoa)
  }
  console.table({ [`raw limit (${kind})`]: described(slices.raw), [`Stoa (${kind})`]: described(slices.stoa) })
  const share = median(slices.stoa.map(rate)) / median(slices.raw.map(rate))
  if (kind === 'singles')
    return goal(share >= goals.singles, `Single events: ${share.toFixed(2)} of one-row inserts (goal ${goals.singles})`)
  goal(share >= goals.batches, `Batches: ${share.toFixed(2)} of the raw limit (goal ${goals.batches}, target ${goals.target})`)
  const { p99 } = described(slices.stoa)
  goal(p99 < goals.p99, `Batches: p99 ${p99} ms (goal ${goals.p99} ms)`)
}

/** The same load on a database that is empty and on one that is not. */
async function compareStored(empty: Subject, full: Subject, { seconds, rounds, stored }: Options, goal: Goal): Promise<void> {
  const slices: { empty: Slice[]; full: Slice[] } = { empty: [], full: [] }
  for (let round = -1; round < rounds; round++) {
    const turns = { empty: await empty.load('batches', seconds), full: await full.load('batches', seconds) }
    empty.nextDay()
    full.nextDay()
    if (round < 0) continue
    slices.empty.push(turns.empty)
    slices.full.push(turns.full)
  }
  console.table({ empty: described(slices.empty), [`${stored} stored`]: described(slices.full) })
  const share = median(slices.full.map(rate)) / median(slices.empty.map(rate))
  goal(share >= goals.stored, `With ${stored} rows stored: ${share.toFixed(2)} of the empty table's rate (goal ${goals.stored})`)
}

async function watchMemory(subject: Subject, { seconds, minutes }: Options, goal: Goal): Promise<void> {
  const sizes: number[] = []
  let loaded = 0
  while (loaded < minutes * 60) {
    const slice = await subject.load('batches', seconds)
    subject.nextDay()
    loaded += slice.seconds
    sizes.push(Math.round((await subject.rss()) / 1024 / 1024))
  }
  console.log(`Resident memory of the server in MB, every ${seconds} s: ${sizes.join(' ')}`)
  const fifth = Math.ceil(sizes.length / 5)
  const [before, after] = [median(sizes.slice(fifth, 2 * fifth)), median(sizes.slice(-fifth))]
  goal(after <= before * goals.memory, `Memory: ${before} MB in the second fifth of ${minutes} minutes, ${after} MB in the last`)
}
