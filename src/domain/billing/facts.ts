import { sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import type { DomainEvent } from '../../kernel/events.ts'
import type { Agreement, CancelledPayload, ChangedPayload, SubscriptionPayload } from '../subscriptions/index.ts'
import type { HistoryFact, PriceFact } from './history.ts'

/** What a subscription's event means for its bill, or null. `source` tells a repeated event from a second one. */
export function factOf(event: DomainEvent<SubscriptionPayload>): { fact: HistoryFact; source: string; at: Temporal.Instant } | null {
  const { payload } = event
  const at = Temporal.Instant.from(payload.at)
  const price = priceOf(payload.agreement, payload.planId, payload.quantity)
  switch (event.type) {
    case 'subscription.activated':
    case 'subscription.renewed': {
      if (!payload.term) return null
      const type = event.type === 'subscription.activated' ? 'activated' : 'renewed'
      return { fact: { type, price, term: payload.term }, source: `term:${payload.term.index}`, at }
    }
    case 'subscription.plan-changed':
    case 'subscription.quantity-changed': {
      const { previous, operation } = payload as ChangedPayload
      if (!payload.term) return null
      return {
        fact: { type: 'changed', price, previous: priceOf(previous.agreement, previous.planId, previous.quantity), term: payload.term },
        source: operation ?? payload.at,
        at,
      }
    }
    case 'subscription.cancelled':
      return { fact: { type: 'cancelled', price, withinFreePeriod: (payload as CancelledPayload).withinFreePeriod }, source: 'end', at }
    default:
      return null
  }
}

function priceOf(agreement: Agreement, planId: string, quantity: number | null): PriceFact {
  return {
    planId,
    planName: agreement.planName,
    currency: agreement.currency,
    unitPrice: agreement.unitPrice,
    perUser: agreement.perUser,
    quantity: agreement.perUser ? (quantity ?? 1) : null,
  }
}

/** Keeps the prices of usage of the plans of today. */
export async function keepDimensionPrices(ctx: Ctx, payloads: readonly SubscriptionPayload[]): Promise<void> {
  const priced = payloads.flatMap(({ subscription, planId, agreement }) =>
    agreement.dimensions
      .filter((dimension) => !dimension.infinite)
      .map((dimension) => ({ subscription, planId, planName: agreement.planName, ...dimension })),
  )
  if (priced.length === 0) return
  const column = (of: (price: (typeof priced)[number]) => string) => sql.param(priced.map(of))
  await ctx.tx.execute(sql`
    insert into billing.dimension_price as p (subscription, plan_id, dimension, plan_name, display_name, unit_of_measure, price)
    select * from unnest(${column((d) => d.subscription)}::uuid[], ${column((d) => d.planId)}::text[], ${column((d) => d.id)}::text[],
      ${column((d) => d.planName)}::text[], ${column((d) => d.displayName)}::text[], ${column((d) => d.unitOfMeasure)}::text[],
      ${column((d) => d.pricePerUnit)}::numeric[])
    on conflict (subscription, plan_id, dimension) do update
      set plan_name = excluded.plan_name, display_name = excluded.display_name, unit_of_measure = excluded.unit_of_measure, price = excluded.price
      where (p.plan_name, p.display_name, p.unit_of_measure, p.price)
        is distinct from (excluded.plan_name, excluded.display_name, excluded.unit_of_measure, excluded.price)`)
}
