import type pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { createGroupCommit } from './group-commit.ts'

let market: Marketplace
let resource: string
let nowUs: number

beforeAll(async () => {
  market = await openMarketplace()
  resource = await market.active({ offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M' })
  nowUs = Number((await market.kernel.clock.marketNow(market.kernel.database.db)).epochNanoseconds / 1000n)
})

const event = (hoursAgo: number, over: object = {}) => ({
  resourceId: resource,
  planId: 'premium',
  dimension: 'email',
  quantity: 1,
  effectiveUs: nowUs - hoursAgo * 3_600_000_000,
  ...over,
})

/** A group commit whose statements fail as the test says, before they run or after. */
function withFailures(when: (flush: number) => 'before' | 'after' | null) {
  const { pool } = market.kernel.database
  let flushes = 0
  const failing = {
    async query(statement: pg.QueryConfig, values?: unknown[]) {
      const failure = statement.name === 'metering-flush' ? when(flushes++) : null
      if (failure === 'before') throw new Error('The connection broke.')
      const result = await pool.query(statement, values)
      if (failure === 'after') throw new Error('The connection broke.')
      return result
    },
  } as unknown as pg.Pool
  return createGroupCommit(
    failing,
    async () => nowUs,
    async () => {},
  )
}

test('a statement that committed and whose answer was lost: its events are accepted, not called duplicates of themselves', async () => {
  const { accept } = withFailures((flush) => (flush === 0 ? 'after' : null))
  const [first, second] = await Promise.all([accept(demo.contoso, [event(1), event(1)]), accept(demo.contoso, [event(2)])])
  expect(first.map(({ status }) => status)).toEqual(['accepted', 'duplicate'])
  expect(second).toMatchObject([{ status: 'accepted' }])
  const { rows } = await market.kernel.database.pool.query<{ id: string }>('select id from metering.usage_event where resource = $1', [
    resource,
  ])
  const ids = [first[0], second[0]].map((verdict) => (verdict?.status === 'accepted' ? verdict.id : ''))
  expect(rows.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
})

test('a request that cannot be stored does not take the others with it', async () => {
  // The group, then each of its requests alone: the first of them fails again.
  const { accept } = withFailures((flush) => (flush < 2 ? 'before' : null))
  const [failed, stored] = await Promise.allSettled([accept(demo.contoso, [event(3)]), accept(demo.contoso, [event(4)])])
  expect(failed.status).toBe('rejected')
  expect(stored).toMatchObject({ status: 'fulfilled', value: [{ status: 'accepted' }] })
  // Nothing of the first was stored: it is accepted when it is sent again.
  expect(await market.domain.metering.accept(demo.contoso, [event(3)])).toMatchObject([{ status: 'accepted' }])
})
