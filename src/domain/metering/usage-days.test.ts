import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { rowsOf, startOfDay, utcDate } from '../../kernel/clock.ts'
import { system } from '../../kernel/context.ts'
import type { UsageGrouping } from './store.ts'

// Totals of long ago are added up once; what pages show does not change by it.

let market: Marketplace
let first: string
let second: string
beforeAll(async () => {
  market = await openMarketplace()
  market.endpoint.answer = 200
  ;[first, second] = [
    await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1Y' }),
    await market.active({ offerId: 'contoso-notify', planId: 'basic', termUnit: 'P1M', purchaser: demo.stranger }),
  ]
})

const now = () => market.kernel.clock.marketNow(market.kernel.database.db)
const report = async (resourceId: string, planId: string, dimension: string, quantity: number, at: Temporal.Instant) => {
  const [verdict] = await market.domain.metering.accept(demo.contoso, [
    { resourceId, planId, dimension, quantity, effectiveUs: Number(at.epochNanoseconds / 1000n) },
  ])
  expect(verdict?.status).toBe('accepted')
}
const groupings: UsageGrouping[] = ['day', 'customer', 'plan', 'dimension']

const totals = async (more: { eventOrResource?: string; dimension?: string; planId?: string } = {}) => {
  const to = utcDate(await now())
  const filter = { publisherId: 'contoso', from: to.subtract({ days: 40 }), to, ...more }
  const found = await market.as(system, async (ctx) => {
    const all = []
    for (const by of groupings) all.push(await market.domain.metering.usageTotals(ctx, filter, by))
    return all
  })
  return found.map((rows) => rows.map((row) => ({ ...row, quantity: row.quantity.toFixed() })))
}
const rolledDays = async () =>
  rowsOf<{ day: string }>(
    await market.kernel.database.db.execute(
      sql`select to_char(day, 'YYYY-MM-DD') as day from metering.rolled_day where rolled_at is not null order by 1`,
    ),
  ).map(({ day }) => day)
async function problems(): Promise<string[]> {
  const found = await market.as(system, (ctx) => market.kernel.doctor.examine(ctx.tx))
  return found.filter(({ check }) => check === 'metering').flatMap((finding) => finding.problems)
}

test('closed days are added up once, open ones are read; totals are the same, whatever they are asked by', async () => {
  for (let day = 0; day < 6; day++) {
    const midnight = startOfDay(utcDate(await now()).add({ days: 1 }))
    await market.kernel.due.move(midnight.add({ hours: 6 }))
    // The last second of a day, the first of the next, and one of now, of two customers and plans.
    await report(first, 'premium', 'email', 1.5 + day, midnight.subtract({ seconds: 1 }))
    await report(first, 'premium', 'email', 2, midnight)
    await report(second, 'basic', 'text', 0.25, midnight.add({ hours: 6 }))
  }
  const resources = [first, second]
  const ask = async () => ({
    all: await totals(),
    one: await Promise.all(resources.map((eventOrResource) => totals({ eventOrResource }))),
    narrow: await totals({ dimension: 'email', planId: 'premium' }),
  })
  // Days have been seen closed, and what might still be on its way is waited for.
  expect(await rolledDays()).toEqual([])
  const before = await ask()
  expect(before.all[0]?.length).toBeGreaterThan(6)
  expect(before.narrow.flat().every((row) => row.dimension === 'email')).toBe(true)

  await market.kernel.database.db.execute(sql`update metering.rolled_day set closed_wall = closed_wall - interval '1 hour'`)
  const today = utcDate(await now())
  await market.kernel.due.move(startOfDay(today.add({ days: 1 })).add({ hours: 1 }))
  const rolled = await rolledDays()
  // A day is open for 24 hours after its end, and was seen closed a night ago.
  expect(rolled.at(-1)).toBe(today.subtract({ days: 2 }).toString())
  expect(await ask()).toEqual(before)
  expect(await problems()).toEqual([])

  // What comes on open days counts at once.
  await report(second, 'basic', 'text', 3, await now())
  const [byDay] = await totals({ eventOrResource: second })
  expect(byDay?.[0]).toMatchObject({ group: utcDate(await now()).toString(), quantity: '3', events: 1 })

  // Adding up again changes nothing.
  await market.kernel.database.db.execute(sql`update metering.rolled_day set closed_wall = closed_wall - interval '1 hour'`)
  await market.kernel.due.move(startOfDay(today.add({ days: 2 })).add({ hours: 1 }))
  expect((await rolledDays()).slice(0, rolled.length)).toEqual(rolled)
  expect(await problems()).toEqual([])

  // Events of days that were added up are not looked at; the doctor compares them.
  const known = await totals({ eventOrResource: first })
  await market.kernel.database.db.execute(
    sql`delete from metering.usage_event where resource = ${first}::uuid and hour < ${startOfDay(today.subtract({ days: 3 })).toString()}::timestamptz`,
  )
  expect(await totals({ eventOrResource: first })).toEqual(known)
  expect((await problems()).length).toBeGreaterThan(0)
})
