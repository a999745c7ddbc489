import { sql } from 'drizzle-orm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testKernel } from '../../test/harness.ts'
import { rowsOf } from './clock.ts'
import { system } from './context.ts'
import type { Kernel } from './kernel.ts'

let kernel: Kernel
let close: () => Promise<void>
const heard: string[] = []

beforeAll(async () => {
  ;({ kernel, close } = await testKernel())
  kernel.events.on<{ name: string }>('test.happened', async (_ctx, event) => {
    heard.push(`first ${event.payload.name}`)
  })
  kernel.events.on<{ name: string }>('test.happened', async (_ctx, event) => {
    if (event.payload.name === 'refused') throw new Error('a handler refuses')
    heard.push(`second ${event.payload.name}`)
  })
})

afterAll(() => close())

const recorded = async () =>
  rowsOf<{ name: string; publisher_id: string; version: number }>(
    await kernel.database.db.execute(
      sql`select payload->>'name' as name, publisher_id, version from kernel.event where type = 'test.happened' order by id`,
    ),
  )

test('an event is recorded and heard by its handlers in their order, in the same transaction', async () => {
  await kernel.run(system, (ctx) => kernel.events.publish(ctx, { type: 'test.happened', publisherId: 'contoso', payload: { name: 'one' } }))
  expect(heard).toEqual(['first one', 'second one'])
  expect(await recorded()).toEqual([{ name: 'one', publisher_id: 'contoso', version: 1 }])
})

test('a handler that fails undoes the event and everything before it', async () => {
  const attempt = kernel.run(system, async (ctx) => {
    await kernel.events.publish(ctx, { type: 'test.happened', payload: { name: 'before' } })
    await kernel.events.publish(ctx, { type: 'test.happened', payload: { name: 'refused' } })
  })
  await expect(attempt).rejects.toThrow('a handler refuses')
  expect((await recorded()).map((row) => row.name)).toEqual(['one'])
})
