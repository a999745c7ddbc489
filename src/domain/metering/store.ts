import { type SQL, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { rowsOf } from '../../kernel/clock.ts'
import { toInstant } from '../../kernel/columns.ts'
import type { Ctx } from '../../kernel/context.ts'
import { Decimal } from '../../kernel/money.ts'
import type { DimensionLabel, MeterState } from './schema.ts'
import { readFrom } from './usage-days.ts'

/** Narrows usage; members that are absent do not narrow. Days are inclusive, of the effective time in UTC. */
export interface UsageFilter {
  publisherId?: string | undefined
  /** Only offers that name this application as theirs. */
  reporter?: { tenantId: string; clientId: string } | undefined
  customerTenantId?: string | undefined
  resource?: string | undefined
  /** One of these resources or one of these customers. */
  resources?: readonly string[] | undefined
  customerTenantIds?: readonly string[] | undefined
  /** The event or the resource of this id. */
  eventOrResource?: string | undefined
  offerId?: string | undefined
  planId?: string | undefined
  dimension?: string | undefined
  from: Temporal.PlainDate
  to: Temporal.PlainDate
}

/** Accepted usage of one day, resource, plan and dimension. */
export interface DailyUsage {
  day: Temporal.PlainDate
  resource: string
  publisherId: string
  customerTenantId: string
  offerId: string
  offerName: string
  planId: string
  planName: string
  dimension: string
  displayName: string
  unitOfMeasure: string
  quantity: Decimal
  events: number
  firstAcceptedAt: Temporal.Instant
  lastAcceptedAt: Temporal.Instant
}

/** One accepted event with the names that pages show. */
export interface UsageRecord {
  id: string
  resource: string
  customerTenantId: string
  offerId: string
  planId: string
  dimension: string
  quantity: Decimal
  effectiveAt: Temporal.Instant
  acceptedAt: Temporal.Instant
}

export interface RefusedRecord {
  id: string
  at: Temporal.Instant
  resource: string | null
  planId: string | null
  dimension: string | null
  quantity: string | null
  effectiveAt: string | null
  status: string
  reason: string
}

/** Everything accepted for one resource, plan, dimension and month of effective time. */
export interface AcceptedTotal {
  resource: string
  planId: string
  dimension: string
  /** First day of the month. */
  month: Temporal.PlainDate
  quantity: Decimal
  events: number
}

export interface MeterRow {
  resource: string
  publisherId: string
  offer: string
  offerId: string
  customerTenantId: string
  state: MeterState
  planId: string
  currency: string
}

const midnight = (day: Temporal.PlainDate) => `${day.toString()}T00:00:00Z`

/** Conditions without the period, on a meter `m`, its reporter `r` and rows `e` of events or of days. */
function narrowed(filter: Omit<UsageFilter, 'from' | 'to' | 'eventOrResource'>): SQL {
  return sql`
    ${filter.publisherId === undefined ? sql`` : sql`and e.publisher_id = ${filter.publisherId}`}
    ${filter.reporter === undefined ? sql`` : sql`and r.tenant_id = ${filter.reporter.tenantId}::uuid and r.application_id = ${filter.reporter.clientId}::uuid`}
    ${filter.customerTenantId === undefined ? sql`` : sql`and m.customer_tenant_id = ${filter.customerTenantId}::uuid`}
    ${filter.resource === undefined ? sql`` : sql`and e.resource = ${filter.resource}::uuid`}
    ${
      filter.resources === undefined && filter.customerTenantIds === undefined
        ? sql``
        : sql`and (m.resource = any(${sql.param(filter.resources ?? [])}::uuid[]) or m.customer_tenant_id = any(${sql.param(filter.customerTenantIds ?? [])}::uuid[]))`
    }
    ${filter.offerId === undefined ? sql`` : sql`and m.offer_id = ${filter.offerId}`}
    ${filter.planId === undefined ? sql`` : sql`and e.plan_id = ${filter.planId}`}
    ${filter.dimension === undefined ? sql`` : sql`and e.dimension = ${filter.dimension}`}`
}

function conditions(filter: UsageFilter): SQL {
  return sql`e.hour >= ${midnight(filter.from)}::timestamptz and e.hour < ${midnight(filter.to.add({ days: 1 }))}::timestamptz
    ${filter.eventOrResource === undefined ? sql`` : sql`and (e.id = ${filter.eventOrResource}::uuid or e.resource = ${filter.eventOrResource}::uuid)`}
    ${narrowed(filter)}`
}

const joined = sql`metering.meter m
  join metering.reporter r on r.offer = m.offer and r.preview = m.preview
  join metering.usage_event e on e.publisher_id = m.publisher_id and e.resource = m.resource`

/** Usage by day, newest day first, at most `limit` rows. */
export async function dailyUsage(ctx: Ctx, filter: UsageFilter, limit = 100_000): Promise<DailyUsage[]> {
  const rows = rowsOf<Record<string, string> & { labels: DimensionLabel[] | null; events: number }>(
    await ctx.tx.execute(sql`
      select u.*, m.publisher_id, m.customer_tenant_id, m.offer_id, r.offer_name, p.plan_name, p.labels from (
        select e.resource, e.plan_id, e.dimension, to_char(date_trunc('day', e.effective_at, 'UTC') at time zone 'UTC', 'YYYY-MM-DD') as day,
          sum(e.quantity)::text as quantity, count(*)::int as events, min(e.accepted_at) as first_accepted, max(e.accepted_at) as last_accepted
        from ${joined}
        where ${conditions(filter)}
        group by 1, 2, 3, 4
        order by day desc, e.resource, e.dimension, e.plan_id limit ${limit}
      ) u
      join metering.meter m on m.resource = u.resource
      join metering.reporter r on r.offer = m.offer and r.preview = m.preview
      left join metering.meter_plan p on p.resource = u.resource and p.plan_id = u.plan_id
      order by day desc, u.resource, u.dimension, u.plan_id`),
  )
  return rows.map((row) => {
    const label = row.labels?.find((l) => l.id === row.dimension)
    return {
      day: Temporal.PlainDate.from(row.day as string),
      resource: row.resource as string,
      publisherId: row.publisher_id as string,
      customerTenantId: row.customer_tenant_id as string,
      offerId: row.offer_id as string,
      offerName: row.offer_name as string,
      planId: row.plan_id as string,
      planName: row.plan_name ?? (row.plan_id as string),
      dimension: row.dimension as string,
      displayName: label?.displayName ?? (row.dimension as string),
      unitOfMeasure: label?.unitOfMeasure ?? '',
      quantity: new Decimal(row.quantity as string),
      events: row.events,
      firstAcceptedAt: toInstant(row.first_accepted),
      lastAcceptedAt: toInstant(row.last_accepted),
    }
  })
}

/**
 * Of these rows, what was accepted before their resource's instant; the rows' own quantity where all of it was. In the order of the rows.
 * For rows that lie on both sides of it the events are asked.
 */
export async function acceptedBefore(ctx: Ctx, rows: DailyUsage[], instants: Map<string, Temporal.Instant>): Promise<Decimal[]> {
  const divided: { n: number; row: DailyUsage; until: Temporal.Instant }[] = []
  const quantities = rows.map((row, n) => {
    const until = instants.get(row.resource)
    if (!until || Temporal.Instant.compare(row.firstAcceptedAt, until) >= 0) return new Decimal(0)
    if (Temporal.Instant.compare(row.lastAcceptedAt, until) < 0) return row.quantity
    divided.push({ n, row, until })
    return new Decimal(0)
  })
  if (divided.length === 0) return quantities
  const column = (value: (one: (typeof divided)[number]) => string) => sql.param(divided.map(value))
  const found = rowsOf<{ n: string; quantity: string }>(
    await ctx.tx.execute(sql`
      select k.n, sum(e.quantity)::text as quantity
      from unnest(${column(({ n }) => String(n))}::int[], ${column(({ row }) => row.publisherId)}::text[], ${column(({ row }) => row.resource)}::uuid[],
        ${column(({ row }) => row.dimension)}::text[], ${column(({ row }) => row.planId)}::text[], ${column(({ row }) => midnight(row.day))}::timestamptz[],
        ${column(({ until }) => until.toString())}::timestamptz[]) as k(n, publisher_id, resource, dimension, plan_id, day, until)
      join metering.usage_event e on e.publisher_id = k.publisher_id and e.resource = k.resource and e.dimension = k.dimension
        and e.hour >= k.day and e.hour < k.day + interval '24 hours'
      where e.plan_id = k.plan_id and e.accepted_at < k.until group by 1`),
  )
  for (const { n, quantity } of found) quantities[Number(n)] = new Decimal(quantity)
  return quantities
}

/** Accepted events, newest first. `after` is the id of the last one of the page before. */
export async function usageRecords(
  ctx: Ctx,
  filter: UsageFilter,
  page: { limit: number; after?: string | undefined },
): Promise<UsageRecord[]> {
  const rows = rowsOf<Record<string, string>>(
    await ctx.tx.execute(sql`
      select e.id, e.resource, m.customer_tenant_id, m.offer_id, e.plan_id, e.dimension, e.quantity::text as quantity, e.effective_at, e.accepted_at
      from ${joined}
      where ${conditions(filter)} ${page.after === undefined ? sql`` : sql`and e.id < ${page.after}::uuid`}
      order by e.id desc limit ${page.limit}`),
  )
  return rows.map((row) => ({
    id: row.id as string,
    resource: row.resource as string,
    customerTenantId: row.customer_tenant_id as string,
    offerId: row.offer_id as string,
    planId: row.plan_id as string,
    dimension: row.dimension as string,
    quantity: new Decimal(row.quantity as string),
    effectiveAt: toInstant(row.effective_at),
    acceptedAt: toInstant(row.accepted_at),
  }))
}

/** By what usage is added up, beside the dimension: quantities of different dimensions have no sum. */
export type UsageGrouping = 'day' | 'customer' | 'plan' | 'dimension'

export interface UsageTotal {
  /** Day, tenant id of the customer, plan id or dimension. */
  group: string
  groupName: string
  dimension: string
  displayName: string
  unitOfMeasure: string
  quantity: Decimal
  resources: number
  events: number
}

const groupOf: Record<UsageGrouping, SQL> = {
  day: sql`to_char(e.day, 'YYYY-MM-DD')`,
  customer: sql`e.customer_tenant_id::text`,
  plan: sql`e.plan_id`,
  dimension: sql`e.dimension`,
}

/** Rows to add up: the days that were added up already, and events of the others. Every day counts once, whatever is added up meanwhile. */
async function toAddUp(ctx: Ctx, filter: UsageFilter): Promise<SQL> {
  const asked = filter.eventOrResource
  const events = (when: SQL) => sql`
    select e.resource, e.plan_id, e.dimension, (e.hour at time zone 'UTC')::date as day, e.quantity, 1 as events, m.customer_tenant_id
    from ${joined} where ${when}`
  if (asked !== undefined) {
    const meters = rowsOf(await ctx.tx.execute(sql`select 1 from metering.meter where resource = ${asked}::uuid`))
    // One event: nothing but the events know it.
    if (meters.length === 0) return events(conditions(filter))
  }
  const resource = asked ?? filter.resource
  const narrow = narrowed({ ...filter, resource })
  const { rolled, live } = await readFrom(ctx, filter.from, filter.to)
  const days = sql`
    select e.resource, e.plan_id, e.dimension, e.day, e.quantity, e.events, m.customer_tenant_id
    from metering.meter m join metering.reporter r on r.offer = m.offer and r.preview = m.preview
    join metering.usage_day e on e.publisher_id = m.publisher_id and e.resource = m.resource
    where e.day = any(${sql.param(rolled)}::date[]) ${narrow}`
  const periods = live.map(({ from, until }) =>
    events(sql`e.hour >= ${midnight(from)}::timestamptz and e.hour < ${midnight(until)}::timestamptz ${narrow}`),
  )
  return sql.join([days, ...periods], sql` union all `)
}

/** Usage added up, newest day or largest quantity first. */
export async function usageTotals(ctx: Ctx, filter: UsageFilter, by: UsageGrouping, limit = 1000): Promise<UsageTotal[]> {
  const rows = rowsOf<Record<string, string> & { resources: number; events: number; label: DimensionLabel | null }>(
    await ctx.tx.execute(sql`
      select u.*, p.plan_name, p.label from (
        select ${groupOf[by]} as "group", e.dimension, sum(e.quantity)::text as quantity, sum(e.quantity) as total, count(distinct e.resource)::int as resources,
          sum(e.events)::int as events, max(e.resource::text || ' ' || e.plan_id) as example
        from (${await toAddUp(ctx, filter)}) e group by 1, 2
      ) u left join lateral (
        select p.plan_name, l as label from metering.meter_plan p left join lateral jsonb_array_elements(p.labels) l on l ->> 'id' = u.dimension
        where p.resource = split_part(u.example, ' ', 1)::uuid and p.plan_id = split_part(u.example, ' ', 2) limit 1) p on true
      order by ${by === 'day' ? sql`"group" desc, u.dimension` : sql`u.total desc, "group", u.dimension`} limit ${limit}`),
  )
  return rows.map((row) => {
    const displayName = row.label?.displayName ?? (row.dimension as string)
    return {
      group: row.group as string,
      groupName: by === 'plan' ? (row.plan_name ?? (row.group as string)) : by === 'dimension' ? displayName : (row.group as string),
      dimension: row.dimension as string,
      displayName,
      unitOfMeasure: row.label?.unitOfMeasure ?? '',
      quantity: new Decimal(row.quantity as string),
      resources: row.resources,
      events: row.events,
    }
  })
}

/** Plans and dimensions that a publisher's subscriptions have or had, for choosing among them. */
export async function reportable(ctx: Ctx, publisherId: string) {
  const rows = rowsOf<{ plan_id: string; plan_name: string; labels: DimensionLabel[] }>(
    await ctx.tx.execute(sql`
      select distinct p.plan_id, p.plan_name, p.labels from metering.meter m join metering.meter_plan p on p.resource = m.resource
      where m.publisher_id = ${publisherId} and p.labels <> '[]' order by 2, 1`),
  )
  const plans = new Map(rows.map((row) => [row.plan_id, { id: row.plan_id, name: row.plan_name }]))
  const dimensions = new Map(rows.flatMap((row) => row.labels.map((label) => [label.id, label] as const)))
  return { plans: [...plans.values()], dimensions: [...dimensions.values()] }
}

/** How many events of a publisher's application were refused, by reason, the most frequent first. */
export async function refusedCounts(ctx: Ctx, publisherId: string): Promise<{ status: string; events: number }[]> {
  return rowsOf<{ status: string; events: number }>(
    await ctx.tx.execute(
      sql`select status, count(*)::int as events from metering.refused_event where publisher_id = ${publisherId} group by 1 order by 2 desc, 1`,
    ),
  )
}

/** Refused events of a publisher's application, newest first. */
export async function refusedRecords(ctx: Ctx, publisherId: string, limit: number, status?: string): Promise<RefusedRecord[]> {
  const rows = rowsOf<Record<string, string | null>>(
    await ctx.tx.execute(sql`
      select id, at, resource, plan_id, dimension, quantity, effective_at, status, reason from metering.refused_event
      where publisher_id = ${publisherId} ${status === undefined ? sql`` : sql`and status = ${status}`} order by at desc, id desc limit ${limit}`),
  )
  return rows.map((row) => ({
    id: row.id as string,
    at: toInstant(row.at),
    resource: row.resource as string | null,
    planId: row.plan_id as string | null,
    dimension: row.dimension as string | null,
    quantity: row.quantity as string | null,
    effectiveAt: row.effective_at as string | null,
    status: row.status as string,
    reason: row.reason as string,
  }))
}

/**
 * Totals of what was accepted before `acceptedBefore`, of hours from `from` on. Totals, not the events since some mark: what
 * commits late is in the next total, so whoever subtracts what it has taken before never loses an event (billing).
 */
export async function acceptedTotals(
  ctx: Ctx,
  resources: { publisherId: string; resource: string }[],
  { from, acceptedBefore }: { from: Temporal.PlainDate; acceptedBefore: Temporal.Instant },
): Promise<AcceptedTotal[]> {
  if (resources.length === 0) return []
  const rows = rowsOf<Record<string, string> & { events: number }>(
    await ctx.tx.execute(sql`
      select e.resource, e.plan_id, e.dimension, to_char(e.hour at time zone 'UTC', 'YYYY-MM-01') as month,
        sum(e.quantity)::text as quantity, count(*)::int as events
      from unnest(${sql.param(resources.map((r) => r.publisherId))}::text[], ${sql.param(resources.map((r) => r.resource))}::uuid[]) as k(publisher_id, resource)
      join metering.usage_event e on e.publisher_id = k.publisher_id and e.resource = k.resource
      where e.hour >= ${midnight(from)}::timestamptz and e.accepted_at < ${acceptedBefore.toString()}::timestamptz
      group by 1, 2, 3, 4 order by 1, 4, 2, 3`),
  )
  return rows.map((row) => ({
    resource: row.resource as string,
    planId: row.plan_id as string,
    dimension: row.dimension as string,
    month: Temporal.PlainDate.from(row.month as string),
    quantity: new Decimal(row.quantity as string),
    events: row.events,
  }))
}
