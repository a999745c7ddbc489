/**
 * The end of a month: every subscription's fee and usage on invoices, with numbers, tax, ledger, payments and publishers' earnings.
 *
 *   node bench/billing.ts [--subscriptions 100000] [--customers 50000] [--events 2000000] [--method bank-transfer|test-card] [--kill]
 *
 * Starts its own embedded PostgreSQL, loads by SQL what a month has left behind, lets the clock reach the first of the next month and works off
 * what is due in a process of its own, as the worker does. PDFs are made when somebody asks for one; mails are queued and not sent. Goal: 120 s
 * for the default size. Afterwards every fee and every accepted unit is counted on the invoices, and the books are examined.
 *
 * `--kill` kills the process (-9) after a third and after two thirds of the invoices and starts it again: nothing may be missing or there twice.
 * The time is then the sum of the three. The exit code is 1 when the goal is missed or something is wrong.
 * BENCH_CPU_PROF=<folder> writes a CPU profile.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { ensureDemo } from '../src/domain/demo.ts'
import { stopwatch } from '../src/kernel/clock.ts'
import { readConfig } from '../src/kernel/config.ts'
import { system } from '../src/kernel/context.ts'
import { createLog } from '../src/kernel/log.ts'
import { migrate } from '../src/kernel/migrations.ts'
import { openKernel } from '../src/kernel/open.ts'
import { ensureDatabase, startPostgres } from '../src/kernel/postgres.ts'
import { wire } from '../src/wiring.ts'
import { adatum } from './demo.ts'

const goalSeconds = 120
const publishers = 100

type Mode = 'sandbox' | 'production'

interface Options {
  subscriptions: number
  customers: number
  events: number
  method: 'bank-transfer' | 'test-card'
  kill: boolean
}

const [role = '', ...rest] = process.argv.slice(2)
if (role === 'work') await work(rest)
else process.exitCode = await bench(readOptions())

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      subscriptions: { type: 'string', default: '100000' },
      customers: { type: 'string', default: '50000' },
      events: { type: 'string', default: '2000000' },
      method: { type: 'string', default: 'bank-transfer' },
      kill: { type: 'boolean', default: false },
    },
  })
  if (values.method !== 'bank-transfer' && values.method !== 'test-card') throw new Error('--method is bank-transfer or test-card.')
  return {
    subscriptions: Number(values.subscriptions),
    customers: Number(values.customers),
    events: Number(values.events),
    method: values.method,
    kill: values.kill,
  }
}

function openStoa(databaseUrl: string, dataDir: string, mode: Mode) {
  const config = {
    ...readConfig({ STOA_DATA: dataDir, STOA_LOG_LEVEL: 'error', STOA_LOG: 'stdout', STOA_ROLES: 'worker' }),
    secretKeys: ['a key for this benchmark only'],
    // The demo data needs a sandbox; what is measured is what production does.
    mode,
  }
  const opened = openKernel({ config, log: createLog(config), databaseUrl, supervise: false })
  return { ...opened, domain: wire(opened.kernel) }
}

/** One subscription bought and activated by the marketplace itself, then as many like it as are wanted, with their charges and usage. */
async function load(databaseUrl: string, dataDir: string, { subscriptions, customers, events }: Options): Promise<string> {
  const { kernel, domain, close } = openStoa(databaseUrl, dataDir, 'sandbox')
  const { pool } = kernel.database
  await kernel.jobs.start({ work: false })
  await ensureDemo(kernel, domain)
  const first = (await kernel.clock.marketNow(kernel.database.db))
    .toZonedDateTimeISO('UTC')
    .startOfDay()
    .with({ day: 1 })
    .add({ months: 1 })
  await kernel.due.move(first.toInstant())
  const id = await kernel.run(system, async (ctx) => {
    const choice = { publisherId: 'contoso', offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M', quantity: null }
    const { terms } = await domain.checkout.quote(ctx, { ...choice, tenant: adatum.tenantId })
    const { subscriptionId } = await domain.checkout.purchase(ctx, { ...choice, purchaser: adatum, acceptedTermsVersion: terms.version })
    await domain.subscriptions.activate(ctx, subscriptionId, { planId: 'premium', quantity: undefined })
    return subscriptionId
  })
  await kernel.jobs.stop()
  await pool.query(
    `insert into billing.tax_rate (country, valid_from, name, rate, reverse_charge) values ('DE', '2021-01-01', 'VAT', 19, true)`,
  )
  const client = await pool.connect()
  try {
    await client.query('set synchronous_commit = off')
    await client.query(
      `insert into accounts.publisher select (jsonb_populate_record(null::accounts.publisher, to_jsonb(p) || jsonb_build_object('publisher_id', 'bench-' || n))).*
       from accounts.publisher p, generate_series(1, $1::int) n where publisher_id = 'contoso'`,
      [publishers],
    )
    await client.query(
      `insert into accounts.billing_account select (jsonb_populate_record(null::accounts.billing_account, to_jsonb(a) || jsonb_build_object(
         'tenant_id', gen_random_uuid(), 'legal_name', 'Customer ' || n, 'country', case n % 3 when 0 then 'DE' else 'US' end))).*
       from accounts.billing_account a, generate_series(1, $2::int) n where tenant_id = $1`,
      [adatum.tenantId, customers],
    )
    await client.query(
      `create temporary table copied as
       select gen_random_uuid() as id, 'bench-' || (s.n % $1 + 1) as publisher_id, c.tenant_id from generate_series(1, $2::int) s(n)
       join (select tenant_id, row_number() over (order by tenant_id) as n from accounts.billing_account where legal_name like 'Customer %') c
         on c.n = s.n % $3 + 1`,
      [publishers, subscriptions, customers],
    )
    const copy = (table: string, column: string, changed: string) =>
      client.query(
        `insert into ${table} select (jsonb_populate_record(null::${table}, to_jsonb(s) || jsonb_build_object('${column}', c.id, ${changed}))).*
         from (select * from ${table} where ${column} = $1) s, copied c`,
        [id],
      )
    const parties = `'publisher_id', c.publisher_id, 'customer_tenant_id', c.tenant_id`
    await copy('metering.meter', 'resource', parties)
    await copy('metering.meter_plan', 'resource', `'plan_id', s.plan_id`)
    await copy('billing.contract', 'subscription', parties)
    await copy('billing.dimension_price', 'subscription', `'plan_id', s.plan_id`)
    await copy('billing.charge', 'subscription', `'id', gen_random_uuid(), 'customer_tenant_id', c.tenant_id`)
    await client.query(
      `insert into billing.history (subscription, type, source, at, fact)
       select c.id, h.type, h.source, h.at, h.fact from billing.history h, copied c where h.subscription = $1`,
      [id],
    )
    await client.query('select metering.add_month($1::timestamptz)', [first.toInstant().toString()])
    // Hour by hour, as events arrive: what belongs together does not lie together.
    await client.query(
      `insert into metering.usage_event (publisher_id, resource, dimension, hour, id, plan_id, quantity, effective_at, accepted_at)
       select c.publisher_id, c.id, d.dimension, $1::timestamptz + n * interval '29 hours', gen_random_uuid(), 'premium', 1 + n % 7,
         $1::timestamptz + n * interval '29 hours', $1::timestamptz + n * interval '29 hours 1 minute'
       from generate_series(1, $2::int) n, (values ('email'), ('text')) d(dimension), copied c`,
      [first.toInstant().toString(), Math.round(events / subscriptions / 2)],
    )
  } finally {
    client.release()
  }
  await pool.query('vacuum analyze')
  await pool.query('checkpoint')
  await close()
  return first.add({ months: 1 }).toInstant().toString()
}

/** The worker: works off what is due at the first of the month, then ends. */
async function work([databaseUrl = '', dataDir = '', mode = '', first = '']: string[]) {
  const { kernel, close } = openStoa(databaseUrl, dataDir, mode as Mode)
  await kernel.jobs.start({ work: false })
  await kernel.database.pool.query(
    `update kernel.clock set offset_us = greatest(offset_us, (extract(epoch from $1::timestamptz - clock_timestamp()) * 1000000)::bigint + 1000)`,
    [first],
  )
  process.send?.('ready')
  while ((await kernel.due.runDue()) > 0);
  await kernel.jobs.stop()
  await close()
  process.send?.('done')
  process.disconnect()
}

/** Runs the worker; kills it as soon as `enough` says so. Returns the seconds it worked. */
async function runWorker(args: string[], enough?: () => Promise<boolean>): Promise<number> {
  const folder = process.env.BENCH_CPU_PROF
  const child: ChildProcess = fork(import.meta.filename, ['work', ...args], {
    execArgv: folder ? ['--cpu-prof', `--cpu-prof-dir=${folder}`] : [],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await new Promise((resolve) => child.once('message', resolve))
  const elapsed = stopwatch()
  let done = false
  void ended.then(() => (done = true))
  while (enough && !done) {
    if (await enough()) {
      child.kill('SIGKILL')
      await ended
      return elapsed() / 1000
    }
    await sleep(20)
  }
  const code = await ended
  if (code !== 0) throw new Error(`The worker ended with ${code}.`)
  return elapsed() / 1000
}

/** What is not as it must be, in sentences. */
async function examine(pool: pg.Pool, url: string, dataDir: string, { subscriptions, events }: Options): Promise<string[]> {
  const perDimension = Math.round(events / subscriptions / 2)
  const { rows } = await pool.query<{ problem: string }>(
    `select 'There are ' || count(*) || ' lines of fees.' as problem from billing.invoice_line where kind = 'fee' having count(*) <> $1
     union all select 'Charge ' || charge || ' is billed ' || count(*) || ' times.' from billing.invoice_line where charge is not null group by charge having count(*) > 1
     union all select 'Billed are ' || coalesce(sum(quantity), 0) || ' units.' from billing.invoice_line where kind = 'usage'
       having coalesce(sum(quantity), 0) <> (select sum(quantity) from metering.usage_event)
     union all select 'Taken are ' || coalesce(sum(events), 0) || ' events.' from billing.usage_taken having coalesce(sum(events), 0) <> $2
     union all select 'Customer ' || customer_tenant_id || ' has ' || count(*) || ' invoices.' from billing.invoice group by customer_tenant_id having count(*) > 1
     limit 20`,
    [subscriptions + 1, perDimension * 2 * subscriptions],
  )
  const { kernel, close } = openStoa(url, dataDir, 'sandbox')
  const findings = await kernel.run(system, (ctx) => kernel.doctor.examine(ctx.tx))
  await close()
  return [...rows.map(({ problem }) => problem), ...findings.filter(({ check }) => check === 'billing').flatMap(({ problems }) => problems)]
}

async function bench(options: Options): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'stoa-bench-'))
  chmodSync(folder, 0o711)
  const database = await startPostgres(join(folder, 'database'))
  try {
    await ensureDatabase(database, 'stoa')
    const url = database.url('stoa')
    await migrate(url, 'sandbox')
    const dataDir = join(folder, 'data')
    const loading = stopwatch()
    const first = await load(url, dataDir, options)
    console.log(
      `Loaded ${options.subscriptions} subscriptions of ${options.customers} customers with ${options.events} events in ${(loading() / 1000).toFixed(0)} s.`,
    )
    const pool = new pg.Pool({ connectionString: url, max: 2 })
    const issued = async () => Number((await pool.query<{ n: string }>('select count(*) as n from billing.invoice')).rows[0]?.n)
    const args = [url, dataDir, options.method === 'test-card' ? 'sandbox' : 'production', first]
    const [load1 = 0] = loadavg()
    const parts: number[] = []
    if (options.kill) {
      for (const share of [1 / 3, 2 / 3]) {
        parts.push(await runWorker(args, async () => (await issued()) >= options.customers * share))
        console.log(`Killed with ${await issued()} invoices issued.`)
      }
    }
    parts.push(await runWorker(args))
    const seconds = parts.reduce((sum, part) => sum + part, 0)
    const [load2 = 0] = loadavg()
    const { rows } = await pool.query(
      `select (select count(*) from billing.invoice)::int as invoices, (select count(*) from billing.invoice_line)::int as lines,
         (select count(*) from billing.posting)::int as postings, (select count(*) from billing.payment)::int as payments`,
    )
    console.table(rows)
    const problems = await examine(pool, url, dataDir, options)
    for (const problem of problems) console.log(`WRONG: ${problem}`)
    await pool.end()
    const met = seconds <= goalSeconds
    console.log(
      `Month's end in ${seconds.toFixed(1)} s (goal ${goalSeconds} s; load ${load1.toFixed(1)} before, ${load2.toFixed(1)} after): ${met ? 'met' : 'MISSED'}; ${problems.length === 0 ? 'nothing is missing, nothing is there twice' : 'the books are WRONG'}.`,
    )
    return met && problems.length === 0 ? 0 : 1
  } finally {
    await database.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}
