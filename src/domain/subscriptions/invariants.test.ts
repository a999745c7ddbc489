import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { system } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'

let market: Marketplace

beforeAll(async () => {
  market = await openMarketplace()
})

type Step =
  | { do: 'activate' | 'cancel' | 'delete' | 'payment-failed' | 'payment-recovered' | 'redeliver' }
  | { do: 'auto-renew'; on: boolean }
  | { do: 'change'; by: 'customer' | 'publisher'; planId?: string; quantity?: number }
  | { do: 'answer'; success: boolean }
  | { do: 'endpoint'; status: number }
  | { do: 'pass'; hours: number }
  | { do: 'pass-seconds'; seconds: number }

const wanted = fc.oneof(
  fc.constantFrom('team', 'business').map((planId) => ({ planId })),
  fc.integer({ min: 1, max: 60 }).map((quantity) => ({ quantity })),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .record({ do: fc.constant('change' as const), by: fc.constantFrom('customer' as const, 'publisher' as const), what: wanted })
      .map(({ what, ...rest }) => ({ ...rest, ...what })),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), success: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      { do: 'payment-failed' as const },
      { do: 'payment-recovered' as const },
      { do: 'payment-recovered' as const },
    ),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('auto-renew' as const), on: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('endpoint' as const), status: fc.constantFrom(200, 200, 200, 204, 301, 404, 410, 500, 503) }),
  },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 24 * 95 }).map((hours) => ({ do: 'pass' as const, hours })) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 30 }).map((seconds) => ({ do: 'pass-seconds' as const, seconds })) },
  { weight: 1, arbitrary: fc.constant({ do: 'redeliver' as const }) },
  { weight: 1, arbitrary: fc.constantFrom({ do: 'activate' as const }, { do: 'cancel' as const }, { do: 'delete' as const }) },
)

async function take(id: string, taken: Step) {
  const { subscriptions, checkout } = market.domain
  const change = (by: 'customer' | 'publisher', what: { planId?: string; quantity?: number }) =>
    by === 'customer'
      ? market.as(demo.buyer, (ctx) => checkout.change(ctx, id, what))
      : market.as(demo.contoso, (ctx) => subscriptions.changeByPublisher(ctx, id, what))
  switch (taken.do) {
    case 'activate':
      return market.activate(id)
    case 'cancel':
      return market.as(demo.buyer, (ctx) => checkout.cancel(ctx, id))
    case 'delete':
      return market.as(demo.contoso, (ctx) => subscriptions.cancelByPublisher(ctx, id))
    case 'payment-failed':
      return market.as(system, (ctx) => subscriptions.paymentFailed(ctx, id))
    case 'payment-recovered':
      return market.as(system, (ctx) => subscriptions.paymentRecovered(ctx, id))
    case 'auto-renew':
      return market.as(demo.buyer, (ctx) => subscriptions.setAutoRenew(ctx, id, taken.on))
    case 'change':
      return change(taken.by, taken.planId === undefined ? { quantity: taken.quantity ?? 1 } : { planId: taken.planId })
    case 'answer': {
      const last = (await market.get(id)).operations.at(-1)
      if (!last) return
      return market.as(demo.contoso, (ctx) => subscriptions.answerOperation(ctx, id, last.id, { success: taken.success }))
    }
    case 'endpoint':
      market.endpoint.answer = taken.status
      return
    case 'redeliver': {
      const [last] = (await market.get(id)).deliveries
      if (!last) return
      return market.as(system, (ctx) => subscriptions.redeliver(ctx, last.id))
    }
    case 'pass':
      return market.pass({ hours: taken.hours })
    case 'pass-seconds':
      return market.pass({ seconds: taken.seconds })
  }
}

/** Terms as the events told them to the rooms that bill. */
async function announcedTerms(id: string) {
  const rows = rowsOf<{ term: { index: number; startDate: string; endDate: string } }>(
    await market.kernel.database.db.execute(sql`
      select payload -> 'term' as term from kernel.event
      where type in ('subscription.activated', 'subscription.renewed') and payload ->> 'subscription' = ${id} order by id`),
  )
  return rows.map(({ term }) => term)
}

test('AP-036 AP-064 any sequence of triggers over years keeps the invariants', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('P1M', 'P1Y'),
      fc.constantFrom('team', 'business'),
      fc.array(step, { minLength: 10, maxLength: 30 }),
      async (termUnit, planId, steps) => {
        market.endpoint.answer = 200
        market.endpoint.received.length = 0
        const id = await market.buy({ offerId: 'contoso-desk', planId, quantity: 7, termUnit })
        let ended = false
        for (const taken of [
          { do: 'activate' } as Step,
          ...steps,
          { do: 'endpoint', status: 200 } as Step,
          { do: 'pass', hours: 9 } as Step,
        ]) {
          try {
            await take(id, taken)
          } catch (error) {
            // Refused with a reason; anything else is a failure of ours.
            if (!isDomainError(error)) throw error
          }
          const { subscription, operations, terms } = await market.get(id)
          expect(operations.filter(({ status }) => status === 'NotStarted' || status === 'InProgress').length).toBeLessThanOrEqual(1)
          if (ended) expect(subscription.status).toBe('Unsubscribed')
          ended ||= subscription.status === 'Unsubscribed'
          for (const [i, term] of terms.entries()) {
            const previous = terms[i - 1]
            if (previous) expect(term.startDate.toString()).toBe(previous.endDate.add({ days: 1 }).toString())
          }
        }
        const { deliveries, operations, terms, subscription } = await market.get(id)
        // None lost: each delivery has ended, and the publisher heard of each operation that still mattered.
        expect(deliveries.filter(({ state }) => state === 'waiting')).toEqual([])
        const told = new Set(deliveries.map(({ operation }) => operation))
        expect(operations.filter((operation) => !told.has(operation.id) && subscription.activatedAt)).toEqual([])
        // In order: what was delivered was delivered in the order of the queue.
        const finished = deliveries.filter(({ state }) => state === 'delivered').toSorted((a, b) => a.seq - b.seq)
        for (const [i, delivery] of finished.entries()) {
          const previous = finished[i - 1]
          if (previous)
            expect(Number(delivery.finishedAt?.epochMilliseconds)).toBeGreaterThanOrEqual(Number(previous.finishedAt?.epochMilliseconds))
        }
        expect((await announcedTerms(id)).map(({ index }) => index)).toEqual(terms.map(({ index }) => index))
        const findings = await market.kernel.doctor.examine(market.kernel.database.db)
        expect(findings.flatMap(({ problems }) => problems)).toEqual([])
      },
    ),
    {
      numRuns: Number(process.env.STOA_PROPERTY_RUNS ?? 12),
      ...(process.env.STOA_PROPERTY_SEED ? { seed: Number(process.env.STOA_PROPERTY_SEED) } : {}),
    },
  )
})
