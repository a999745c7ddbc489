import type { UsageFilter, UsageGrouping } from '../../../domain/metering/index.ts'
import { utcDate } from '../../../kernel/clock.ts'
import type { Ctx } from '../../../kernel/context.ts'
import { isUuid } from '../../../kernel/ids.ts'
import type { Decimal } from '../../../kernel/money.ts'
import { Temporal } from 'temporal-polyfill'
import type { Cell } from '../../ui/csv.ts'
import type { PublisherVisit } from '../publisher-access.server.ts'
import { refusalWords } from './refusal-words.ts'

const pageSize = 100
/** Rows of a file for spreadsheets. */
const exported = 100_000
/** Subscriptions that a search may name. */
const searched = 500
/** The longest period that one page adds up. */
const longestDays = 366

export const groupings: { value: UsageGrouping; label: string }[] = [
  { value: 'day', label: 'Day' },
  { value: 'customer', label: 'Customer' },
  { value: 'plan', label: 'Plan' },
  { value: 'dimension', label: 'Dimension' },
]

export interface UsageSearch {
  q: string
  offer: string
  plan: string
  dimension: string
  /** `YYYY-MM-DD`, inclusive, of the time of use in UTC; empty: the page's own choice */
  from: string
  to: string
  by: UsageGrouping
  /** id of the last event of the page before */
  after: string
}

/** The search in the page's address. What is none is ignored. */
export function usageSearch(search: URLSearchParams): UsageSearch {
  const text = (name: string, most: number) => (search.get(name) ?? '').trim().slice(0, most)
  const date = (name: string) => (/^\d{4}-\d{2}-\d{2}$/.test(text(name, 10)) && dayOf(text(name, 10)) ? text(name, 10) : '')
  const by = text('by', 20)
  return {
    q: text('q', 200),
    offer: text('offer', 50),
    plan: text('plan', 50),
    dimension: text('dimension', 200),
    from: date('from'),
    to: date('to'),
    by: groupings.find(({ value }) => value === by)?.value ?? 'day',
    after: isUuid(text('after', 36)) ? text('after', 36) : '',
  }
}

function dayOf(text: string): Temporal.PlainDate | null {
  try {
    return Temporal.PlainDate.from(text)
  } catch {
    return null
  }
}

/** This month so far, unless days were chosen; a year at most. */
function period(ctx: Ctx, search: UsageSearch): { from: Temporal.PlainDate; to: Temporal.PlainDate } {
  const today = utcDate(ctx.now)
  const to = dayOf(search.to) ?? today
  const from = dayOf(search.from) ?? (search.to === '' ? today.with({ day: 1 }) : to.with({ day: 1 }))
  const earliest = to.subtract({ days: longestDays - 1 })
  return { from: Temporal.PlainDate.compare(from, earliest) < 0 ? earliest : from, to }
}

/** What the search means for the store; null when nothing can match. */
async function filterOf({ domain, publisher }: PublisherVisit, ctx: Ctx, search: UsageSearch): Promise<UsageFilter | null> {
  const { publisherId } = publisher
  const filter: UsageFilter = {
    publisherId,
    ...period(ctx, search),
    ...(search.offer === '' ? {} : { offerId: search.offer }),
    ...(search.plan === '' ? {} : { planId: search.plan }),
    ...(search.dimension === '' ? {} : { dimension: search.dimension }),
  }
  if (search.q === '') return filter
  if (isUuid(search.q)) return { ...filter, eventOrResource: search.q }
  const tenants = await domain.subscriptions.customersOf(ctx, { publisherId, search: search.q })
  const named = await domain.subscriptions.listForPublisher(ctx, { publisherId, search: search.q, pageSize: searched })
  const resources = named.items.map(({ id }) => id)
  if (resources.length === 0 && tenants.length === 0) return null
  return { ...filter, resources, customerTenantIds: tenants.map(({ tenantId }) => tenantId) }
}

async function named({ domain }: PublisherVisit, ctx: Ctx, rows: { resource: string; customerTenantId: string }[]) {
  const subscriptions = await domain.subscriptions.getMany(ctx, [...new Set(rows.map(({ resource }) => resource))])
  const tenants = await domain.directory.getTenants(ctx, [...new Set(rows.map(({ customerTenantId }) => customerTenantId))])
  const names = new Map<string, string>([
    ...subscriptions.map((row) => [row.id, row.name] as const),
    ...tenants.map((tenant) => [tenant.tenantId, tenant.name] as const),
  ])
  return (id: string) => names.get(id) ?? id
}

/** What the fields of the search offer. */
async function choices({ domain, publisher }: PublisherVisit, ctx: Ctx) {
  const { publisherId } = publisher
  const offers = await domain.publishing.listOffers(ctx, { publisherIds: [publisherId] })
  const { plans, dimensions } = await domain.metering.reportable(ctx, publisherId)
  return {
    offers: [{ value: '', label: 'All offers' }, ...offers.map((offer) => ({ value: offer.offerId, label: offer.name }))],
    plans: [{ value: '', label: 'All plans' }, ...plans.map(({ id, name }) => ({ value: id, label: name }))],
    dimensions: [{ value: '', label: 'All dimensions' }, ...dimensions.map(({ id, displayName }) => ({ value: id, label: displayName }))],
  }
}

/** The last day whose events (or totals) are in files by now, when the search reaches back so far. */
async function archivedUntil({ domain }: PublisherVisit, ctx: Ctx, search: UsageSearch, what: 'events' | 'totals'): Promise<string | null> {
  const months = await domain.metering.archivedMonths(ctx)
  const newest = months.find((month) => what === 'events' || !month.totalsKept)
  const last = newest?.month.add({ months: 1 }).subtract({ days: 1 })
  return last && Temporal.PlainDate.compare(period(ctx, search).from, last) <= 0 ? last.toString() : null
}

/** Usage added up by day, customer, plan or dimension. */
export async function usageTotals(visit: PublisherVisit, search: UsageSearch) {
  const { domain, read } = visit
  return read(async (ctx) => {
    const filter = await filterOf(visit, ctx, search)
    const totals = filter ? await domain.metering.usageTotals(ctx, filter, search.by) : []
    const tenants = search.by === 'customer' ? await domain.directory.getTenants(ctx, [...new Set(totals.map(({ group }) => group))]) : []
    const names = new Map<string, string>(tenants.map(({ tenantId, name }) => [tenantId, name]))
    const { from, to } = period(ctx, search)
    return {
      ...(await choices(visit, ctx)),
      from: from.toString(),
      to: to.toString(),
      archivedUntil: await archivedUntil(visit, ctx, search, 'totals'),
      totals: totals.map((total) => ({
        group: total.group,
        name: names.get(total.group) ?? total.groupName,
        dimension: total.dimension,
        dimensionName: total.displayName,
        unit: total.unitOfMeasure,
        quantity: quantityText(total.quantity),
        exact: total.quantity.toFixed(),
        subscriptions: total.resources,
        events: total.events,
      })),
    }
  })
}

/** The same for a spreadsheet. */
export async function usageTotalsForExport(visit: PublisherVisit, search: UsageSearch): Promise<Cell[][]> {
  const { totals } = await usageTotals(visit, search)
  const head = groupings.find(({ value }) => value === search.by)?.label ?? ''
  return [
    [head, 'Dimension', 'Dimension name', 'Unit of measure', 'Quantity', 'Subscriptions', 'Events'],
    ...totals.map((row): Cell[] => [
      row.name,
      row.dimension,
      row.dimensionName,
      row.unit,
      Number(row.exact),
      row.subscriptions,
      row.events,
    ]),
  ]
}

/** A page of accepted events, newest first. */
export async function usageEvents(visit: PublisherVisit, search: UsageSearch) {
  const { domain, read } = visit
  return read(async (ctx) => {
    const filter = await filterOf(visit, ctx, search)
    const page = { limit: pageSize + 1, after: search.after || undefined }
    const records = filter ? await domain.metering.usageRecords(ctx, filter, page) : []
    const shown = records.slice(0, pageSize)
    const nameOf = await named(visit, ctx, shown)
    const { from, to } = period(ctx, search)
    return {
      ...(await choices(visit, ctx)),
      from: from.toString(),
      to: to.toString(),
      archivedUntil: await archivedUntil(visit, ctx, search, 'events'),
      next: records.length > pageSize ? (shown.at(-1)?.id ?? null) : null,
      events: shown.map((record) => ({
        id: record.id,
        dimension: record.dimension,
        quantity: quantityText(record.quantity),
        subscription: record.resource,
        subscriptionName: nameOf(record.resource),
        customer: nameOf(record.customerTenantId),
        planId: record.planId,
        effectiveAt: record.effectiveAt.toString(),
        acceptedAt: record.acceptedAt.toString(),
      })),
    }
  })
}

/** The events of a search for a spreadsheet, a hundred thousand at most. */
export async function usageEventsForExport(visit: PublisherVisit, search: UsageSearch): Promise<Cell[][]> {
  const { domain, read } = visit
  return read(async (ctx) => {
    const filter = await filterOf(visit, ctx, search)
    const records = filter ? await domain.metering.usageRecords(ctx, filter, { limit: exported }) : []
    const nameOf = await named(visit, ctx, records)
    return [
      [
        'Usage event id',
        'Subscription id',
        'Subscription',
        'Customer',
        'Offer id',
        'Plan id',
        'Dimension',
        'Quantity',
        'Used at (UTC)',
        'Accepted at (UTC)',
      ],
      ...records.map((row): Cell[] => [
        row.id,
        row.resource,
        nameOf(row.resource),
        nameOf(row.customerTenantId),
        row.offerId,
        row.planId,
        row.dimension,
        row.quantity,
        row.effectiveAt.toString(),
        row.acceptedAt.toString(),
      ]),
    ]
  })
}

const refusedShown = 200

/** Refused events of the last 30 days, newest first. */
export async function refusedUsage(visit: PublisherVisit, status: string) {
  const { domain, publisher, read } = visit
  return read(async (ctx) => {
    const records = await domain.metering.refusedRecords(ctx, publisher.publisherId, refusedShown, status || undefined)
    const counts = await domain.metering.refusedCounts(ctx, publisher.publisherId)
    const known = await domain.subscriptions.getMany(
      ctx,
      records.flatMap(({ resource }) => (resource !== null && isUuid(resource) ? [resource] : [])),
    )
    const names = new Map<string, string>(known.filter((row) => row.publisherId === publisher.publisherId).map((row) => [row.id, row.name]))
    return {
      most: refusedShown,
      counts: counts.map((one) => ({ value: one.status, label: `${refusalWords(one.status)} (${one.events.toLocaleString('en-US')})` })),
      refused: records.map((record) => ({
        id: record.id,
        at: record.at.toString(),
        dimension: record.dimension ?? '–',
        quantity: record.quantity ?? '–',
        planId: record.planId ?? '–',
        effective: record.effectiveAt ?? '–',
        // As it was sent where that is no time.
        effectiveAt: record.effectiveAt !== null && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(record.effectiveAt) ? record.effectiveAt : null,
        status: refusalWords(record.status),
        reason: record.reason,
        resource: record.resource ?? '–',
        subscriptionName: names.get(record.resource?.toLowerCase() ?? '') ?? null,
      })),
    }
  })
}

function quantityText(quantity: Decimal): string {
  return quantity.toNumber().toLocaleString('en-US', { maximumFractionDigits: 10 })
}
