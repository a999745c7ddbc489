import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { addTrialPlan, newCustomer } from '../../../test/trial.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'

let market: Marketplace

beforeAll(async () => {
  market = await openMarketplace()
  await addTrialPlan(market)
})

/** Every sequence is about one subscription, from its purchase to so long after. */
const simulated = { hours: 3 * 366 * 24 }

interface Purchase {
  termUnit: string
  offerId: string
  planId: string
  quantity: number | null
  byReseller: boolean
}

type Step =
  | { do: 'activate' | 'cancel' | 'delete' | 'payment-failed' | 'payment-recovered' | 'redeliver' }
  | { do: 'auto-renew'; on: boolean }
  | { do: 'change'; by: 'customer' | 'publisher'; planId?: string; quantity?: number }
  | { do: 'answer'; success: boolean }
  | { do: 'endpoint'; status: number }
  | { do: 'pass'; hours: number }
  | { do: 'pass-seconds'; seconds: number }

const purchase: fc.Arbitrary<Purchase> = fc
  .record({
    termUnit: fc.constantFrom('P1M', 'P1Y'),
    bought: fc.constantFrom(
      { offerId: 'contoso-desk', planId: 'team', quantity: 7 },
      { offerId: 'contoso-desk', planId: 'business', quantity: 7 },
      { offerId: 'contoso-crm', planId: 'standard', quantity: null },
      { offerId: 'contoso-crm', planId: 'basic', quantity: null },
    ),
    byReseller: fc.boolean(),
  })
  .map(({ bought, ...rest }) => ({ ...bought, ...rest }))

const wanted = fc.oneof(
  fc.constantFrom('team', 'business', 'basic', 'standard', 'growth').map((planId) => ({ planId })),
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

async function take(id: string, payer: UserPrincipal, taken: Step) {
  const { subscriptions, checkout } = market.domain
  const change = (by: 'customer' | 'publisher', what: { planId?: string; quantity?: number }) =>
    by === 'customer'
      ? market.as(payer, (ctx) => checkout.change(ctx, id, what))
      : market.as(demo.contoso, (ctx) => subscriptions.changeByPublisher(ctx, id, what))
  switch (taken.do) {
    case 'activate':
      return market.activate(id)
    case 'cancel':
      return market.as(payer, (ctx) => checkout.cancel(ctx, id))
    case 'delete':
      return market.as(demo.contoso, (ctx) => subscriptions.cancelByPublisher(ctx, id))
    case 'payment-failed':
      return market.as(system, (ctx) => subscriptions.paymentFailed(ctx, id))
    case 'payment-recovered':
      return market.as(system, (ctx) => subscriptions.paymentRecovered(ctx, id))
    case 'auto-renew':
      return market.as(payer, (ctx) => subscriptions.setAutoRenew(ctx, id, taken.on))
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

/** Sequences that every run plays besides the random ones: together they go through all that can happen. */
const always: [Purchase, Step[]][] = [
  [
    { offerId: 'contoso-crm', planId: 'standard', quantity: null, termUnit: 'P1Y', byReseller: false },
    [
      { do: 'pass', hours: 24 * 9 },
      { do: 'change', by: 'customer', planId: 'growth' },
      { do: 'pass-seconds', seconds: 20 },
      { do: 'pass', hours: 24 * 40 },
      { do: 'payment-failed' },
      { do: 'pass', hours: 24 * 12 },
      { do: 'payment-recovered' },
      { do: 'answer', success: true },
      { do: 'change', by: 'publisher', planId: 'basic' },
      { do: 'answer', success: false },
    ],
  ],
  [
    { offerId: 'contoso-desk', planId: 'team', quantity: 7, termUnit: 'P1M', byReseller: true },
    [
      { do: 'change', by: 'customer', quantity: 9 },
      { do: 'pass-seconds', seconds: 20 },
      { do: 'change', by: 'publisher', quantity: 10 },
      { do: 'change', by: 'customer', planId: 'business' },
      { do: 'answer', success: true },
      { do: 'pass', hours: 24 * 70 },
      { do: 'payment-failed' },
      { do: 'pass', hours: 24 * 31 },
    ],
  ],
  [
    { offerId: 'contoso-desk', planId: 'business', quantity: 7, termUnit: 'P1M', byReseller: false },
    [
      { do: 'change', by: 'customer', planId: 'team' },
      { do: 'pass-seconds', seconds: 20 },
      { do: 'change', by: 'publisher', quantity: 9 },
      { do: 'pass-seconds', seconds: 20 },
      { do: 'endpoint', status: 503 },
      { do: 'change', by: 'customer', quantity: 8 },
      { do: 'pass', hours: 24 * 33 },
      { do: 'endpoint', status: 200 },
      { do: 'auto-renew', on: false },
      { do: 'pass', hours: 24 * 33 },
    ],
  ],
  [
    { offerId: 'contoso-crm', planId: 'basic', quantity: null, termUnit: 'P1Y', byReseller: false },
    [{ do: 'pass', hours: 400 }, { do: 'cancel' }],
  ],
]

const happened = new Set<string>()

async function remember(id: string) {
  const { operations, terms, history, subscription } = await market.get(id)
  for (const { action, status, source } of operations) happened.add(`${action} ${source} ${status}`)
  for (const { kind } of history) happened.add(kind)
  if (terms[0]?.isFreeTrial && terms.some((term) => !term.isFreeTrial)) happened.add('trial that became paid')
  if (subscription.byReseller) happened.add('reseller')
  if (subscription.endReason) happened.add(subscription.endReason)
  if (subscription.status === 'Subscribed') happened.add('active after three years')
}

test('AP-036 AP-064 any sequence of triggers over three years keeps the invariants', { timeout: 420_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(purchase, fc.array(step, { minLength: 8, maxLength: 24 }), async ({ byReseller, ...bought }, steps) => {
      market.endpoint.answer = 200
      market.endpoint.received.length = 0
      const beneficiary = await newCustomer(market)
      const payer = byReseller ? demo.reseller : beneficiary
      const id = await market.buy({ ...bought, purchaser: payer, beneficiary })
      const { createdAt } = (await market.get(id)).subscription
      let ended = false
      for (const taken of [
        { do: 'activate' } as Step,
        ...steps,
        { do: 'endpoint', status: 200 } as Step,
        { do: 'pass', hours: 9 } as Step,
      ]) {
        try {
          await take(id, payer, taken)
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
      const end = createdAt.add(simulated)
      await market.kernel.due.move((from) => (from.epochMilliseconds < end.epochMilliseconds ? end : from))
      await remember(id)
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
      // Whole: what is active has terms up to today, without a gap, and billing was told of each.
      if (subscription.status === 'Subscribed') expect(String(terms.at(-1)?.endDate) >= String(end).slice(0, 10)).toBe(true)
      expect((await announcedTerms(id)).map(({ index }) => index)).toEqual(terms.map(({ index }) => index))
      const findings = await market.kernel.doctor.examine(market.kernel.database.db)
      expect(findings.flatMap(({ problems }) => problems)).toEqual([])
      // The next sequence has the marketplace to itself.
      if (subscription.status !== 'Unsubscribed') await market.as(payer, (ctx) => market.domain.checkout.cancel(ctx, id))
    }),
    {
      numRuns: Number(process.env.STOA_PROPERTY_RUNS ?? 12),
      // A crowded machine plays fewer; those that are always played come first.
      interruptAfterTimeLimit: 120_000,
      ...(process.env.STOA_PROPERTY_SEED ? { seed: Number(process.env.STOA_PROPERTY_SEED) } : {}),
      examples: always,
    },
  )
  expect([...happened]).toEqual(
    expect.arrayContaining([
      'trial that became paid',
      'reseller',
      'active after three years',
      'suspended-30-days',
      'auto-renew-off',
      'cancelled',
      'ChangePlan marketplace Succeeded',
      'ChangePlan publisher Failed',
      'ChangeQuantity marketplace Succeeded',
      'ChangeQuantity marketplace Failed',
      'ChangeQuantity publisher Succeeded',
      'Suspend marketplace Succeeded',
      'Reinstate marketplace Succeeded',
      'Renew marketplace Succeeded',
    ]),
  )
})
