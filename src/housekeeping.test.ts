import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { demo, openMarketplace } from '../test/subscriptions.ts'
import { forgetWhatIsOld } from './housekeeping.ts'
import { rowsOf, wallNow } from './kernel/clock.ts'
import { readConfig } from './kernel/config.ts'
import { system } from './kernel/context.ts'
import { insertRequests } from './kernel/requests.ts'
import { newId } from './kernel/ids.ts'

test('what is older than the configuration lets it become goes; what is younger, waits or is asked for by law stays', async () => {
  const market = await openMarketplace()
  const { kernel, domain } = market
  const { db } = kernel.database
  const count = async (table: string) =>
    Number(rowsOf<{ n: string }>(await db.execute(sql.raw(`select count(*) as n from ${table}`)))[0]?.n)
  const wall = wallNow()
  const call = (days: number) => ({
    id: newId<'request'>(),
    wallAt: wall.subtract({ hours: 24 * days }),
    at: wall,
    contract: 'metering',
    action: null,
    tenantId: null,
    clientId: null,
    method: 'POST',
    path: '/api/usageEvent',
    status: 200,
    durationMs: 1,
    requestId: 'r',
    correlationId: null,
    requestHeaders: {},
    requestBody: null,
    responseHeaders: {},
    responseBody: null,
  })
  await insertRequests(db, [call(29), call(31), call(400)])
  const id = await market.active()
  await market.as(demo.buyer, (ctx) => domain.checkout.change(ctx, id, { planId: 'standard' }))
  await market.pass({ seconds: 12 })
  const webhooks = await count('subscriptions.delivery')
  expect(webhooks).toBeGreaterThan(0)
  for (const [title, days] of [
    ['old', 366],
    ['new', 364],
  ] as const) {
    await market.as(system, (ctx) =>
      domain.notifications.tellCustomer(
        { ...ctx, wall: wall.subtract({ hours: 24 * days }) },
        { tenantId: demo.buyer.tenantId, to: demo.buyer, kind: title, title, text: 'x', path: '/account' },
      ),
    )
  }
  const audit = await count('kernel.audit')

  // Webhooks of today are young, whatever market time says.
  await kernel.due.move((from) => from.add({ hours: 24 * 40 }))
  expect(await forgetWhatIsOld(kernel, domain)).toEqual({ calls: 2, webhooks: 0, mail: 1, news: 1 })
  expect(await count('kernel.request')).toBe(1)

  await db.execute(sql`update subscriptions.delivery_attempt set wall_at = wall_at - interval '31 days'`)
  expect((await forgetWhatIsOld(kernel, domain)).webhooks).toBeGreaterThanOrEqual(webhooks)
  expect(await count('subscriptions.delivery_attempt')).toBe(0)
  expect(await count('subscriptions.operation')).toBeGreaterThan(0)
  expect(await count('kernel.audit')).toBeGreaterThanOrEqual(audit)
  expect((await kernel.doctor.examine(db)).flatMap(({ problems }) => problems)).toEqual([])
})

test('days are whole numbers from 1 to 3660', () => {
  expect(readConfig({ STOA_KEEP_MAIL_DAYS: '7' }).keepDays).toEqual({ calls: 30, webhooks: 30, mail: 7, news: 365 })
  for (const text of ['0', '-1', '3661', '1.5', 'for ever']) {
    expect(() => readConfig({ STOA_KEEP_WEBHOOKS_DAYS: text })).toThrow('STOA_KEEP_WEBHOOKS_DAYS must be a number of days')
  }
})
