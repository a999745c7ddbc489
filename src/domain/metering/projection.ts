import { sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import type { DomainEvent } from '../../kernel/events.ts'
import type { Agreement, CancelledPayload, ChangedPayload, SubscriptionPayload } from '../subscriptions/index.ts'

/** What the reporter table takes from a published offer. */
export interface PublishedOffer {
  offer: string
  /** Of what is bought from the preview. */
  preview: boolean
  publisherId: string
  offerId: string
  offerName: string
  tenantId: string
  applicationId: string
}

/** The application that may report usage of an offer is the one of its newest publication; of what was bought from a preview, the newest preview's. */
export async function setReporter(ctx: Ctx, offer: PublishedOffer): Promise<void> {
  await ctx.tx.execute(sql`
    insert into metering.reporter (offer, preview, publisher_id, offer_id, offer_name, tenant_id, application_id)
    values (${offer.offer}, ${offer.preview}, ${offer.publisherId}, ${offer.offerId}, ${offer.offerName}, ${offer.tenantId}, ${offer.applicationId})
    on conflict (offer, preview) do update set offer_name = excluded.offer_name, tenant_id = excluded.tenant_id, application_id = excluded.application_id`)
}

export async function hasReporter(ctx: Ctx, offer: string, preview: boolean): Promise<boolean> {
  const found = (await ctx.tx.execute(sql`select 1 from metering.reporter where offer = ${offer} and preview = ${preview}`)) as unknown as {
    rows: unknown[]
  }
  return found.rows.length > 0
}

/** Writes a subscription's change into the meter, in the transaction of the change. Repeating an event changes nothing. */
export async function project(ctx: Ctx, event: DomainEvent<SubscriptionPayload>): Promise<void> {
  const { payload } = event
  const at = Temporal.Instant.from(payload.at)
  switch (event.type) {
    case 'subscription.purchased':
      await addMeter(ctx, payload)
      return setPlan(ctx, payload, null, at)
    case 'subscription.activated':
      await ctx.tx.execute(sql`
        update metering.meter set state = 'active', activated_at = coalesce(activated_at, ${at.toString()}::timestamptz) where resource = ${payload.subscription}`)
      return setPlan(ctx, payload, null, at)
    case 'subscription.renewed':
      return setPlan(ctx, payload, null, at)
    case 'subscription.plan-changed':
      return setPlan(ctx, payload, (payload as ChangedPayload).previous.planId, at)
    case 'subscription.suspended':
      return setState(ctx, payload.subscription, 'suspended')
    case 'subscription.reinstated':
      return setState(ctx, payload.subscription, 'active')
    case 'subscription.cancelled':
      return end(ctx, payload as CancelledPayload, at)
    default:
  }
}

async function addMeter(ctx: Ctx, payload: SubscriptionPayload): Promise<void> {
  await ctx.tx.execute(sql`
    insert into metering.meter (resource, publisher_id, offer, preview, offer_id, customer_tenant_id, state, plan_id, currency)
    values (${payload.subscription}, ${payload.publisherId}, ${payload.offer}, ${payload.preview ?? false}, ${payload.offerId}, ${payload.customerTenantId}, 'pending',
      ${payload.planId}, ${payload.agreement.currency})
    on conflict (resource) do nothing`)
}

/** The plan of today with its dimensions; the one before it stays valid for hours before `at`. */
async function setPlan(ctx: Ctx, payload: SubscriptionPayload, previousPlanId: string | null, at: Temporal.Instant): Promise<void> {
  const { subscription, planId, agreement } = payload
  const labels = reportedOf(agreement)
  if (previousPlanId !== null && previousPlanId !== planId) {
    await ctx.tx.execute(sql`
      update metering.meter_plan set valid_until = ${at.toString()}::timestamptz where resource = ${subscription} and plan_id = ${previousPlanId} and valid_until is null`)
  }
  await ctx.tx.execute(sql`
    insert into metering.meter_plan (resource, plan_id, plan_name, dimensions, labels, valid_until)
    values (${subscription}, ${planId}, ${agreement.planName}, ${sql.param(labels.map((d) => d.id))}::text[], ${JSON.stringify(labels)}::jsonb, null)
    on conflict (resource, plan_id) do update set plan_name = excluded.plan_name, dimensions = excluded.dimensions, labels = excluded.labels, valid_until = null`)
  await ctx.tx.execute(
    sql`update metering.meter set plan_id = ${planId}, dimensions = ${sql.param(labels.map((d) => d.id))}::text[] where resource = ${subscription}`,
  )
}

/** Terms of many subscriptions that begin at once: the plan of today, with the dimensions of the new agreement. */
export async function projectRenewals(ctx: Ctx, events: readonly DomainEvent<SubscriptionPayload>[]): Promise<void> {
  const rows = events.map(({ payload: { subscription, planId, agreement } }) => {
    const labels = reportedOf(agreement)
    return { resource: subscription, plan_id: planId, plan_name: agreement.planName, dimensions: labels.map(({ id }) => id), labels }
  })
  const json = JSON.stringify(rows)
  await ctx.tx.execute(sql`
    insert into metering.meter_plan as p (resource, plan_id, plan_name, dimensions, labels, valid_until)
    select resource, plan_id, plan_name, dimensions, labels, null
    from jsonb_to_recordset(${json}::jsonb) as r(resource uuid, plan_id text, plan_name text, dimensions text[], labels jsonb)
    on conflict (resource, plan_id) do update set plan_name = excluded.plan_name, dimensions = excluded.dimensions, labels = excluded.labels, valid_until = null
    where (p.plan_name, p.dimensions, p.labels, p.valid_until) is distinct from (excluded.plan_name, excluded.dimensions, excluded.labels, null)`)
  await ctx.tx.execute(sql`
    update metering.meter m set plan_id = r.plan_id, dimensions = r.dimensions
    from jsonb_to_recordset(${json}::jsonb) as r(resource uuid, plan_id text, dimensions text[])
    where m.resource = r.resource and (m.plan_id, m.dimensions) is distinct from (r.plan_id, r.dimensions)`)
}

/** A dimension without limit is never charged and never reported (seed 001 L15976-16068). */
function reportedOf(agreement: Agreement) {
  return agreement.dimensions
    .filter((dimension) => !dimension.infinite)
    .map(({ id, displayName, unitOfMeasure }) => ({ id, displayName, unitOfMeasure }))
}

async function setState(ctx: Ctx, resource: string, state: 'active' | 'suspended'): Promise<void> {
  await ctx.tx.execute(sql`update metering.meter set state = ${state} where resource = ${resource} and state <> 'ended'`)
}

/** Hours before the end are still accepted for 24 h (the time window sees to that), if it was active then (spec/08 §3.6). */
async function end(ctx: Ctx, payload: CancelledPayload, at: Temporal.Instant): Promise<void> {
  await ctx.tx.execute(sql`
    update metering.meter set state = 'ended', ended_at = ${at.toString()}::timestamptz,
      usage_until = case when state = 'active' then ${at.toString()}::timestamptz end
    where resource = ${payload.subscription} and state <> 'ended'`)
}
