import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { stoa } from '../../cli/stoa.ts'
import { rowsOf, utcDate } from '../../kernel/clock.ts'
import { system } from '../../kernel/context.ts'

let market: Marketplace
let resource: string

beforeAll(async () => {
  market = await openMarketplace()
  resource = await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1Y' })
})

const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const today = async () => utcDate(await now())

async function monthsStored(): Promise<string[]> {
  const rows = rowsOf<{ month: string }>(
    await market.kernel.database.db.execute(
      sql`select replace(substr(inhrelid::regclass::text, 22), '_', '-') as month from pg_inherits where inhparent = 'metering.usage_event'::regclass order by 1`,
    ),
  )
  return rows.map(({ month }) => month)
}

const monthsAround = (day: Temporal.PlainDate) => [-1, 0, 1, 2, 3].map((n) => day.add({ months: n }).toPlainYearMonth().toString())

async function report(quantity: number) {
  const effectiveUs = Number((await now()).epochNanoseconds / 1000n)
  const event = { resourceId: resource, planId: 'premium', dimension: 'email', quantity, effectiveUs }
  return market.domain.metering.accept(demo.contoso, [event])
}

async function problems(): Promise<string[]> {
  const found = await market.as(system, (ctx) => market.kernel.doctor.examine(ctx.tx))
  return found.filter(({ check }) => check === 'metering').flatMap((finding) => finding.problems)
}

test('months exist ahead of the first event, and more come with the days', async () => {
  expect(await monthsStored()).toEqual(expect.arrayContaining(monthsAround(await today())))
  await market.kernel.due.move((from) => from.add({ hours: 24 * 70 }))
  expect(await monthsStored()).toEqual(expect.arrayContaining(monthsAround(await today())))
})

test('SA-167 overage of an annual plan is on the invoice of the month after it, month by month', async () => {
  const begin = (await today()).with({ day: 1 }).add({ months: 1 })
  const midMonth = (n: number) => begin.add({ months: n, days: 14 }).toZonedDateTime('UTC').toInstant()
  for (const [n, quantity] of [
    [0, 40],
    [1, 2.5],
    [3, 1000],
  ] as const) {
    await market.kernel.due.move(midMonth(n))
    expect(await report(quantity)).toMatchObject([{ status: 'accepted' }])
  }
  await market.kernel.due.move(midMonth(5))
  const lines = rowsOf<{ day: string; quantity: string; net: string }>(
    await market.kernel.database.db.execute(sql`
      select to_char(i.issued_at at time zone 'UTC', 'YYYY-MM-DD') as day, l.quantity::float::text as quantity, l.net::float::text as net
      from billing.invoice_line l join billing.invoice i on i.id = l.invoice where l.kind = 'usage' and l.subscription = ${resource} order by 1`),
  )
  // Half a dollar for each unit of 100 e-mails, with nothing taken off for what the year includes.
  expect(lines).toEqual([
    { day: begin.add({ months: 1 }).toString(), quantity: '40', net: '20' },
    { day: begin.add({ months: 2 }).toString(), quantity: '2.5', net: '1.25' },
    { day: begin.add({ months: 4 }).toString(), quantity: '1000', net: '500' },
  ])
})

test('a clock that jumps years without due work stops no report', async () => {
  await market.kernel.jumpTo((await now()).add({ hours: 24 * 365 * 3 }))
  expect(await report(7)).toMatchObject([{ status: 'accepted' }])
  expect(await monthsStored()).toEqual(expect.arrayContaining(monthsAround(await today())))
})

test('old months leave the database for files, and nothing that may still be billed does', async () => {
  const kept = await today()
  const folder = mkdtempSync(join(tmpdir(), 'stoa-archive-'))
  const archive = async (...more: string[]) => {
    const printed: string[] = []
    const code = await stoa(['archive-usage', folder, ...more], { DATABASE_URL: market.kernel.databaseUrl }, (text) => printed.push(text))
    return { code, text: printed.join('\n') }
  }
  expect(await archive('--months', '2')).toEqual({
    code: 1,
    text: '--months: At least 3 months stay in the database: their usage may not be billed yet.',
  })
  await market.kernel.jumpTo((await now()).add({ hours: 24 * 150 }))
  await report(0.25)
  const newest = await today()

  // Killed after the file was recorded: the next run finishes it and writes no file again.
  await market.kernel.database.db.execute(sql`
    insert into metering.archived_month (month, events, quantity, file, sha256, archived_at)
    values (${kept.with({ day: 1 }).toString()}, 1, 7, 'usage-written-before.csv.gz', 'x', ${(await now()).toString()})`)
  expect(await problems()).toEqual([expect.stringContaining('run the archive again')])
  expect((await archive('--months', '3', '--json')).code).toBe(0)
  expect(await problems()).toEqual([])
  const left = await monthsStored()
  expect(left).not.toContain(kept.toPlainYearMonth().toString())
  expect(left).toContain(newest.toPlainYearMonth().toString())
  expect(left[0]).toBe(newest.subtract({ months: 3 }).toPlainYearMonth().toString())

  await market.kernel.jumpTo((await now()).add({ hours: 24 * 150 }))
  const { code, text } = await archive('--months', '3', '--json')
  expect(code).toBe(0)
  const month = newest.toPlainYearMonth().toString()
  const { archived } = JSON.parse(text) as { archived: { month: string; events: number; file: string; sha256: string }[] }
  expect(archived.find((one) => one.month === month)).toEqual({
    month,
    events: 1,
    file: `usage-${month}.csv.gz`,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  const [header, row] = gunzipSync(readFileSync(join(folder, `usage-${month}.csv.gz`)))
    .toString()
    .trim()
    .split('\n')
  expect(header).toBe('id,publisher_id,resource,plan_id,dimension,quantity,effective_at,accepted_at')
  expect(row).toContain(`,contoso,${resource},premium,email,0.25,`)
  expect(readdirSync(folder).filter((name) => name.endsWith('.unfinished'))).toEqual([])
  const known = await market.as(system, (ctx) => market.domain.metering.archivedMonths(ctx))
  expect(known.map((one) => one.file)).toContain('usage-written-before.csv.gz')
  expect(JSON.parse((await archive('--months', '3', '--json')).text)).toEqual({ kept: '3 months', archived: [] })
  expect(await report(1)).toMatchObject([{ status: 'accepted' }])
})
