import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { demo, type Marketplace, openMarketplace } from '../../../test/subscriptions.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { system, type UserPrincipal } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import { Decimal } from '../../kernel/money.ts'
import { sum } from './line.ts'

// What must hold whatever customers and publishers do, over years: money is neither made nor lost.

let market: Marketplace

beforeAll(async () => {
  market = await openMarketplace()
  market.endpoint.answer = 200
})

/** What can happen next; `pick` chooses the subscription among those there are. */
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('buy' as const), plan: fc.nat(), customer: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('use' as const),
      pick: fc.nat(),
      quantity: fc.integer({ min: 1, max: 1e7 }),
      back: fc.nat({ max: 23 }),
      text: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('change' as const), pick: fc.nat(), plan: fc.nat(), seats: fc.integer({ min: 1, max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('payment-fails' as const), pick: fc.nat(), recovers: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pay-by' as const),
      customer: fc.boolean(),
      method: fc.constantFrom('test-card', 'test-card-declines', 'test-card-expires', 'bank-transfer'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('transfer' as const), pick: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('give-up' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('late-money' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('agree' as const), customer: fc.boolean(), enterprise: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 60 * 24 }) }) },
)

const plans = [
  { offerId: 'contoso-crm', planId: 'basic', termUnit: 'P1M' },
  { offerId: 'contoso-crm', planId: 'basic', termUnit: 'P1Y' },
  { offerId: 'contoso-crm', planId: 'standard', termUnit: 'P1M' },
  { offerId: 'contoso-notify', planId: 'basic', termUnit: 'P1M' },
  { offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1M' },
  { offerId: 'contoso-notify', planId: 'premium', termUnit: 'P1Y' },
  { offerId: 'contoso-notify', planId: 'enterprise', termUnit: 'P1M' },
  { offerId: 'contoso-desk', planId: 'team', termUnit: 'P1M', quantity: 7 },
  { offerId: 'contoso-desk', planId: 'team', termUnit: 'P1Y', quantity: 3 },
]

/** A refusal (wrong state, no such plan …) is an answer like any other; anything else is a failure. */
async function may(fn: () => Promise<unknown>): Promise<void> {
  try {
    await fn()
  } catch (error) {
    if (!isDomainError(error)) throw error
  }
}

const simulatedYears = 3

test('over three years of purchases, changes, usage, refunds, failing payments and cancellations: nothing is made or lost', {
  timeout: 240_000,
}, async () => {
  const { domain, kernel } = market
  const began = await kernel.clock.marketNow(kernel.database.db)
  const bought: string[] = []
  const accepted = new Map<string, Decimal>()
  const at = (n: number) => bought[n % Math.max(1, bought.length)]

  const operator: UserPrincipal = { ...demo.buyer, tenantId: 'f0000000-0000-4000-8000-000000000001', roles: ['operator'] }
  const second: UserPrincipal = { ...operator, objectId: 'f0000000-0000-4000-8000-0000000000aa' }

  async function take(next: typeof step extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
    const id = 'pick' in next ? at(next.pick) : undefined
    if ('pick' in next && !id) return
    switch (next.do) {
      case 'buy':
        await may(async () => {
          const purchaser = next.customer ? demo.buyer : demo.stranger
          bought.push(await market.active({ ...plans[next.plan % plans.length], purchaser }))
        })
        return
      case 'use': {
        const now = await kernel.clock.marketNow(kernel.database.db)
        const { planId } = await market.as(system, (ctx) => domain.subscriptions.get(ctx, id as string))
        const quantity = next.quantity / 1000
        const [verdict] = await domain.metering.accept(demo.contoso, [
          {
            resourceId: id as string,
            planId,
            dimension: next.text ? 'text' : 'email',
            quantity,
            effectiveUs: Number(now.subtract({ hours: next.back }).epochNanoseconds / 1000n),
          },
        ])
        if (verdict?.status === 'accepted') accepted.set(id as string, (accepted.get(id as string) ?? new Decimal(0)).plus(quantity))
        return
      }
      case 'change':
        await may(() =>
          market.as(demo.buyer, async (ctx) => {
            const { perUser } = (await domain.subscriptions.get(ctx, id as string)).agreement
            const plan = plans[next.plan % plans.length]?.planId ?? 'basic'
            await domain.subscriptions.changeByCustomer(ctx, id as string, perUser ? { quantity: next.seats } : { planId: plan })
          }),
        )
        return market.pass({ seconds: 30 })
      case 'cancel':
        return may(() => market.as(system, (ctx) => domain.checkout.cancel(ctx, id as string)))
      case 'payment-fails':
        await may(() => market.as(system, (ctx) => domain.subscriptions.paymentFailed(ctx, id as string)))
        if (next.recovers) await may(() => market.as(system, (ctx) => domain.subscriptions.paymentRecovered(ctx, id as string)))
        return market.pass({ seconds: 30 })
      case 'pay-by': {
        const who = next.customer ? demo.buyer : demo.stranger
        return may(() => market.as(who, (ctx) => domain.billing.setPaymentMethod(ctx, who.tenantId, next.method)))
      }
      case 'transfer': {
        const owed = (await market.as(system, (ctx) => domain.billing.aging(ctx))).filter((row) => row.kind === 'invoice')
        const one = owed[next.pick % Math.max(1, owed.length)]
        if (one) await may(() => market.as(system, (ctx) => domain.billing.markInvoicePaid(ctx, one.id, `transfer ${one.number}`)))
        return market.pass({ seconds: 30 })
      }
      case 'give-up': {
        const owed = (await market.as(system, (ctx) => domain.billing.aging(ctx))).filter((row) => row.kind === 'invoice')
        const one = owed[next.pick % Math.max(1, owed.length)]
        if (!one) return
        return may(async () => {
          const made = await market.as(operator, (ctx) => domain.billing.requestWriteOff(ctx, one.id, 'Insolvent'))
          if (made.state === 'requested') await market.as(second, (ctx) => domain.billing.decideWriteOff(ctx, made.id, 'approve'))
        })
      }
      case 'late-money': {
        const given = (await market.as(operator, (ctx) => domain.billing.writeOffs(ctx))).filter((row) => row.state === 'booked')
        const one = given[next.pick % Math.max(1, given.length)]
        if (one) await may(() => market.as(system, (ctx) => domain.billing.markInvoicePaid(ctx, one.invoice, `late ${one.number}`)))
        return market.pass({ seconds: 30 })
      }
      case 'agree': {
        const { tenantId } = next.customer ? demo.buyer : demo.stranger
        await market.as(system, (ctx) => domain.accounts.ensureBillingAccount(ctx, tenantId))
        await market.as(system, (ctx) => domain.accounts.setAgreementKind(ctx, tenantId, next.enterprise ? 'enterprise' : 'pay-as-you-go'))
        return
      }
      case 'wait':
        return market.pass({ hours: next.hours })
    }
  }

  /** After every step: the books balance in each currency, and lines are what was posted for them. */
  async function balanced(): Promise<void> {
    const wrong = rowsOf<{ problem: string }>(
      await kernel.database.db.execute(sql`
        select 'unbalanced: ' || sum(amount) || ' ' || currency as problem from billing.posting group by currency having sum(amount) <> 0
        union all
        select 'lines ' || l.amount || ', postings ' || coalesce(p.amount, 0) from (select sum(net + tax) as amount from billing.invoice_line) l,
          (select sum(amount) as amount from billing.posting where account = 'receivable' and line is not null) p where coalesce(l.amount, 0) <> coalesce(p.amount, 0)`),
    )
    expect(wrong).toEqual([])
  }

  async function check(): Promise<void> {
    const findings = await kernel.doctor.examine(kernel.database.db)
    expect(findings.flatMap((finding) => finding.problems)).toEqual([])
    const [books] = rowsOf<
      Record<
        'billed' | 'cash' | 'receivable' | 'sent' | 'receipts' | 'paid_out' | 'fees' | 'tax' | 'open' | 'on_the_way' | 'given_up',
        string
      >
    >(
      await kernel.database.db.execute(sql`
        select
          coalesce((select sum(total) from billing.invoice), 0)::text as billed,
          coalesce((select sum(amount) from billing.payment where state = 'captured'), 0)::text as receipts,
          coalesce((select sum(amount) from billing.write_off where state = 'booked'), 0)::text as given_up,
          coalesce((select sum(amount) from billing.posting where account = 'receivable'), 0)::text as receivable,
          coalesce((select sum(amount) from billing.posting where account = 'cash'), 0)::text as cash,
          coalesce((select sum(amount) from billing.payout where state = 'sent'), 0)::text as sent,
          coalesce((select sum(amount) from billing.payout where state = 'paid'), 0)::text as paid_out,
          coalesce((select -sum(amount) from billing.posting where account = 'store-fee'), 0)::text as fees,
          coalesce((select -sum(amount) from billing.posting where account = 'tax'), 0)::text as tax,
          coalesce((select -sum(amount) from billing.posting where account in ('payable', 'revenue-share', 'receivable')), 0)::text as open,
          coalesce((select -sum(amount) from billing.posting where account in ('withholding', 'exchange', 'rounding')), 0)::text as on_the_way`),
    )
    const of = (key: keyof NonNullable<typeof books>) => new Decimal(books?.[key] ?? 0)
    // payouts + fees + taxes + open balances = receipts, with what is withheld and what the exchange of currencies holds
    expect(sum([of('paid_out'), of('fees'), of('tax'), of('open'), of('on_the_way')]).toFixed()).toBe(of('receipts').toFixed())
    // what was billed, has not come and was not given up is what customers owe
    expect(of('billed').minus(of('receipts')).minus(of('given_up')).toFixed()).toBe(of('receivable').toFixed())
    expect(of('receipts').minus(of('paid_out')).minus(of('cash')).toFixed()).toBe(of('sent').toFixed())

    // accepted = billed + open
    const billed = new Map(
      rowsOf<{ subscription: string; quantity: string }>(
        await kernel.database.db.execute(
          sql`select subscription, sum(quantity)::text as quantity from billing.invoice_line where kind = 'usage' group by 1`,
        ),
      ).map((row) => [row.subscription, new Decimal(row.quantity)]),
    )
    for (const tenant of [demo.buyer.tenantId, demo.stranger.tenantId]) {
      const open = await market.as(system, (ctx) => domain.billing.openPeriod(ctx, tenant))
      for (const item of open.items.filter((one) => one.kind === 'usage')) {
        billed.set(item.subscription, (billed.get(item.subscription) ?? new Decimal(0)).plus(item.quantity))
      }
    }
    expect(new Map([...billed].map(([id, quantity]) => [id, quantity.toFixed()]))).toEqual(
      new Map([...accepted].map(([id, quantity]) => [id, quantity.toFixed()])),
    )
  }

  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 40 }), async (steps) => {
      for (const next of steps) {
        await take(next)
        await balanced()
      }
      await check()
    }),
    { numRuns: 4, endOnFailure: true },
  )
  const years = () => kernel.clock.marketNow(kernel.database.db).then((now) => now.since(began).total({ unit: 'hours' }) / (365.25 * 24))
  while ((await years()) < simulatedYears) await market.pass({ hours: 30 * 24 })
  // In the end everybody pays.
  for (const who of [demo.buyer, demo.stranger]) {
    await may(() => market.as(who, (ctx) => domain.billing.setPaymentMethod(ctx, who.tenantId, 'test-card')))
    await market.as(system, (ctx) => domain.accounts.setAgreementKind(ctx, who.tenantId, 'pay-as-you-go'))
  }
  await market.pass({ hours: 125 * 24 })
  for (const row of await market.as(system, (ctx) => domain.billing.aging(ctx))) {
    await may(() => market.as(system, (ctx) => domain.billing.markInvoicePaid(ctx, row.id, `transfer ${row.number}`)))
  }
  await check()
  // What was given up is as if it had never been billed; when all of it comes after all, as if it had never been given up.
  const given = (await market.as(operator, (ctx) => domain.billing.writeOffs(ctx, undefined, 10_000))).filter(
    (row) => row.state === 'booked',
  )
  for (const row of given) await market.as(system, (ctx) => domain.billing.markInvoicePaid(ctx, row.invoice, `late ${row.number}`))
  await check()
  const [never] = rowsOf<{ lines: string; books: string }>(
    await kernel.database.db.execute(sql`
      select (select sum(fee) from billing.invoice_line)::text as lines, (select -sum(amount) from billing.posting where account = 'store-fee')::text as books`),
  )
  expect(never?.books).toBe(never?.lines)

  for (const tenant of [demo.buyer.tenantId, demo.stranger.tenantId]) {
    for (const row of await market.as(system, (ctx) => domain.billing.listInvoices(ctx, tenant, 10_000))) {
      expect(await market.as(system, (ctx) => domain.billing.explainInvoice(ctx, row.id))).toMatchObject({ agrees: true })
    }
  }
})

test('what is accepted while an invoice is made is on that one or on the next, once', { timeout: 60_000 }, async () => {
  const { domain, kernel } = market
  const ids = await Promise.all(Array.from({ length: 8 }, () => market.active({ offerId: 'contoso-notify', planId: 'basic' })))
  let stop = false
  let quantity = new Decimal(0)
  let n = 0
  const reporting = (async () => {
    while (!stop) {
      const now = Number((await kernel.clock.marketNow(kernel.database.db)).epochNanoseconds / 1000n)
      const reports = ids.map((resourceId) => ({
        resourceId,
        planId: 'basic',
        dimension: 'text',
        quantity: 1,
        effectiveUs: now - (n++ % 23) * 3_600_000_000,
      }))
      const verdicts = await domain.metering.accept(demo.contoso, reports)
      quantity = quantity.plus(verdicts.filter((verdict) => verdict.status === 'accepted').length)
    }
  })()
  for (let month = 0; month < 4; month++) {
    for (let day = 0; day < 3; day++) await market.pass({ hours: 11 * 24 })
  }
  stop = true
  await reporting
  await market.pass({ hours: 40 * 24 })
  const [billed] = rowsOf<{ quantity: string }>(
    await kernel.database.db.execute(
      sql`select coalesce(sum(quantity), 0)::text as quantity from billing.invoice_line where kind = 'usage' and subscription in ${ids}`,
    ),
  )
  expect(quantity.greaterThan(100)).toBe(true)
  expect(new Decimal(billed?.quantity ?? 0).toFixed()).toBe(quantity.toFixed())
})
