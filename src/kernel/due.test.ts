import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { testKernel } from '../../test/harness.ts'
import { rowsOf } from './clock.ts'
import { system } from './context.ts'
import type { Kernel } from './kernel.ts'

let kernel: Kernel
let close: () => Promise<void>
const ran: { kind: string; key: string; now: string }[] = []
const failing = new Map<string, number>()
let chained: { key: string; after: string } | undefined
const together: string[][] = []
let inFlight = 0
let mostInFlight = 0

beforeAll(async () => {
  const test = await testKernel()
  kernel = test.kernel
  close = test.close
  kernel.due.register('test.work', {
    async run(ctx, item) {
      const left = failing.get(item.key) ?? 0
      if (left > 0) {
        failing.set(item.key, left - 1)
        throw new Error(`planted failure of ${item.key}`)
      }
      ran.push({ kind: item.kind, key: item.key, now: ctx.now.toString() })
      if (chained && chained.after === item.key) {
        await kernel.due.schedule(ctx, { kind: 'test.work', key: chained.key, at: item.at })
      }
    },
  })
  kernel.due.register('test.many', {
    async run(_ctx, item) {
      if (item.key.startsWith('bad')) throw new Error(`planted failure of ${item.key}`)
      ran.push({ kind: item.kind, key: item.key, now: item.at.toString() })
    },
    async runTogether(ctx, items) {
      if (items.some(({ key }) => key.startsWith('bad'))) throw new Error('planted failure of all')
      together.push(items.map(({ key }) => key))
      for (const { kind, key } of items) ran.push({ kind, key, now: ctx.now.toString() })
    },
  })
  kernel.due.register('test.call', {
    async prepare(_ctx, item) {
      return item.key.startsWith('void') ? null : item.key
    },
    async perform(key: string) {
      inFlight++
      mostInFlight = Math.max(mostInFlight, inFlight)
      await new Promise((resolve) => setImmediate(resolve))
      inFlight--
      return `${key} answered`
    },
    async finish(ctx, item, _prepared, outcome: string) {
      ran.push({ kind: item.kind, key: outcome, now: ctx.now.toString() })
    },
    perLane: 2,
  })
})

afterAll(() => close())

beforeEach(async () => {
  ran.length = 0
  failing.clear()
  chained = undefined
  await kernel.database.db.execute(sql`delete from kernel.due where kind like 'test.%'`)
})

const marketNow = () => kernel.clock.marketNow(kernel.database.db)
const schedule = (items: { kind?: string; key: string; at: Temporal.Instant; lane?: string }[]) =>
  kernel.run(system, async (ctx) => {
    for (const item of items) await kernel.due.schedule(ctx, { kind: 'test.work', ...item })
  })

test('a move runs items by due time, then in the order in which they were scheduled, each at its own time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 }), async (hours) => {
      ran.length = 0
      const start = await marketNow()
      const items = hours.map((h, i) => ({
        key: `k${i}`,
        at: start.add({ hours: h }).round({ smallestUnit: 'microsecond', roundingMode: 'floor' }),
      }))
      await schedule(items)
      const report = await kernel.due.move(start.add({ hours: 6 }))
      const expected = items.map((item, i) => ({ ...item, i })).sort((a, b) => Temporal.Instant.compare(a.at, b.at) || a.i - b.i)
      expect(ran.map((r) => r.key)).toEqual(expected.map((e) => e.key))
      expect(ran.map((r) => r.now)).toEqual(expected.map((e) => e.at.toString()))
      expect(report.counts['test.work'] ?? 0).toBe(items.length)
      expect(Temporal.Instant.compare(await marketNow(), start.add({ hours: 6 }))).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 15 },
  )
})

test('work scheduled by work for the same instant runs before anything later', async () => {
  const start = await marketNow()
  chained = { after: 'first', key: 'chained' }
  await schedule([
    { key: 'first', at: start.add({ hours: 1 }) },
    { key: 'later', at: start.add({ hours: 2 }) },
  ])
  await kernel.due.move(start.add({ hours: 3 }))
  expect(ran.map((r) => r.key)).toEqual(['first', 'chained', 'later'])
})

test('scheduling a key again replaces it, cancelling removes it', async () => {
  const start = await marketNow()
  await schedule([
    { key: 'moved', at: start.add({ hours: 1 }) },
    { key: 'gone', at: start.add({ hours: 1 }) },
    { key: 'moved', at: start.add({ hours: 2 }) },
  ])
  await kernel.run(system, (ctx) => kernel.due.cancel(ctx, 'test.work', 'gone'))
  await kernel.due.move(start.add({ hours: 3 }))
  expect(ran.map((r) => r.key)).toEqual(['moved'])
})

test('a failing item does not stop the others, leaves nothing behind, and is reported after three attempts', async () => {
  const start = await marketNow()
  failing.set('bad', 99)
  failing.set('twice', 2)
  await schedule([
    { key: 'bad', at: start.add({ hours: 1 }) },
    { key: 'twice', at: start.add({ hours: 1 }) },
    { key: 'good', at: start.add({ hours: 1 }) },
  ])
  const report = await kernel.due.move(start.add({ hours: 2 }))
  expect(ran.map((r) => r.key).sort()).toEqual(['good', 'twice'])
  expect(report.failed).toEqual([expect.objectContaining({ key: 'bad', error: 'planted failure of bad' })])
})

test('items of one kind and instant run together, in order, and one by one when that fails', async () => {
  together.length = 0
  const start = await marketNow()
  const [one, two, three] = [1, 2, 3].map((hours) => start.add({ hours })) as [Temporal.Instant, Temporal.Instant, Temporal.Instant]
  const many = 'test.many'
  await kernel.run(system, (ctx) =>
    kernel.due.scheduleAll(ctx, [
      { kind: many, key: 'a', at: one },
      { kind: many, key: 'b', at: one },
      { kind: 'test.work', key: 'between', at: one },
      { kind: many, key: 'c', at: one },
      { kind: many, key: 'd', at: two },
      { kind: many, key: 'e', at: two },
      { kind: many, key: 'bad', at: three },
      { kind: many, key: 'f', at: three },
    ]),
  )
  const report = await kernel.due.move(start.add({ hours: 4 }))
  expect(ran.map(({ key }) => key)).toEqual(['a', 'b', 'between', 'c', 'd', 'e', 'f'])
  expect(together).toEqual([
    ['a', 'b'],
    ['d', 'e'],
  ])
  expect(report.counts[many]).toBe(6)
  expect(report.failed).toEqual([expect.objectContaining({ key: 'bad', error: 'planted failure of bad' })])
})

test('calls run outside of transactions, at most so many of a lane at a time; one with nothing to do is dropped', async () => {
  const start = await marketNow()
  mostInFlight = 0
  const at = start.add({ hours: 1 })
  await schedule([
    ...Array.from({ length: 7 }, (_, i) => ({ kind: 'test.call', key: `c${i}`, at, lane: 'publisher' })),
    { kind: 'test.call', key: 'void', at, lane: 'publisher' },
  ])
  await kernel.due.move(start.add({ hours: 2 }))
  expect(ran).toHaveLength(7)
  expect(mostInFlight).toBeLessThanOrEqual(2)
  const left = rowsOf(await kernel.database.db.execute(sql`select 1 from kernel.due where kind = 'test.call'`))
  expect(left).toHaveLength(0)
})

test('the clock does not go back', async () => {
  const now = await marketNow()
  await expect(kernel.due.move(now.subtract({ hours: 1 }))).rejects.toThrow(expect.objectContaining({ kind: 'invalid', target: 'to' }))
})

test('one move at a time', async () => {
  const start = await marketNow()
  await schedule(Array.from({ length: 50 }, (_, i) => ({ key: `k${i}`, at: start.add({ minutes: i + 1 }) })))
  const moves = await Promise.allSettled([kernel.due.move(start.add({ hours: 2 })), kernel.due.move(start.add({ hours: 2 }))])
  expect(moves.filter((move) => move.status === 'fulfilled')).toHaveLength(1)
  const refused = moves.find((move) => move.status === 'rejected')
  expect(refused?.reason).toMatchObject({ kind: 'conflict', code: 'MoveInProgress' })
})

test('a move left behind by a killed process is finished from where it stood', async () => {
  const start = await marketNow()
  await schedule([{ key: 'left', at: start.add({ hours: 1 }) }])
  await kernel.clock.setMovingTo(kernel.database.db, start.add({ hours: 2 }))
  expect(await kernel.due.runDue()).toBe(0)
  const report = await kernel.due.resumeMove()
  expect(report?.counts).toEqual({ 'test.work': 1 })
  expect(ran.map((r) => r.key)).toEqual(['left'])
  expect(await kernel.clock.movingTo(kernel.database.db)).toBeNull()
})

test('the worker runs what is due now and leaves the rest', async () => {
  const now = await marketNow()
  await schedule([
    { key: 'past', at: now.subtract({ minutes: 1 }) },
    { key: 'future', at: now.add({ hours: 1 }) },
  ])
  while ((await kernel.due.runDue()) > 0);
  expect(ran.map((r) => r.key)).toEqual(['past'])
})
