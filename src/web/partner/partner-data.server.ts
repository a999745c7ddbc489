import type { DailyUsage } from '../../domain/metering/index.ts'
import type { DimensionPrice, PayoutLine } from '../../domain/billing/index.ts'
import type { Operation, SubscriptionSummary } from '../../domain/subscriptions/index.ts'
import { allows } from '../../kernel/authorization.ts'
import { utcDate } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { type Decimal, formatMoney, roundMoney } from '../../kernel/money.ts'
import { lineText } from './payouts/payouts-data.server.ts'
import { priceText } from '../ui/money-words.ts'
import { refuse } from '../ui/portal-access.server.ts'
import { happeningEntry } from '../ui/happening-words.ts'
import type { TimeLineEntry } from '../ui/portal-time-line.tsx'
import { operationText, ruleText } from '../ui/subscription-words.ts'
import { deliveryState, operationTone } from '../ui/webhook-words.ts'
import type { PublisherVisit } from './publisher-access.server.ts'
import { subscriptionStates } from './subscription-states.ts'

const pageSize = 50

export async function publisherOverview({ user, domain, publisher, read }: PublisherVisit) {
  const { publisherId, tenantId } = publisher
  return read(async (ctx) => {
    const offers = await domain.publishing.listOffers(ctx, { publisherIds: [publisherId] })
    const figures = [
      { label: 'Offers', value: offers.length },
      { label: 'Live', value: offers.filter((offer) => offer.isLive).length },
    ]
    if (!allows(user, 'subscription.sell', { tenantId })) return { figures, recent: null }
    const latest = await domain.subscriptions.listForPublisher(ctx, { publisherId, pageSize: 5 })
    const active = await domain.subscriptions.listForPublisher(ctx, { publisherId, status: 'Subscribed', pageSize: 1 })
    return {
      figures: [...figures, { label: 'Subscriptions', value: latest.total }, { label: 'Active subscriptions', value: active.total }],
      recent: await withCustomers({ domain }, ctx, latest.items),
    }
  })
}

type Rooms = Pick<PublisherVisit, 'domain'>

async function withCustomers({ domain }: Rooms, ctx: Ctx, rows: SubscriptionSummary[]) {
  const tenants = await domain.directory.getTenants(ctx, [...new Set(rows.map((row) => row.beneficiaryTenantId))])
  const names = new Map<string, string>(tenants.map((tenant) => [tenant.tenantId, tenant.name]))
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    customer: names.get(row.beneficiaryTenantId) ?? row.beneficiaryTenantId,
    offerId: row.offerId,
    preview: row.preview,
    planId: row.planId,
    quantity: row.quantity,
    status: row.status,
    termEnd: row.status === 'Unsubscribed' ? null : (row.termEnd?.toString() ?? null),
    createdAt: row.createdAt.toString(),
  }))
}

type Status = SubscriptionSummary['status']

export interface SubscriptionFilter {
  q: string
  status: Status | ''
  offer: string
  page: number
}

/** The filter in the page's address. What is no filter is ignored. */
export function subscriptionFilter(search: URLSearchParams): SubscriptionFilter {
  const status = search.get('status') ?? ''
  const page = Number(search.get('page') ?? '1')
  return {
    q: (search.get('q') ?? '').trim().slice(0, 200),
    status: subscriptionStates.some((state) => state.value === status) ? (status as Status | '') : '',
    offer: (search.get('offer') ?? '').trim().slice(0, 50),
    page: Number.isInteger(page) && page > 0 && page < 100_000 ? page : 1,
  }
}

function queryOf(publisherId: string, { q, status, offer }: SubscriptionFilter) {
  return {
    publisherId,
    ...(q === '' ? {} : { search: q }),
    ...(status === '' ? {} : { status }),
    ...(offer === '' ? {} : { offerId: offer }),
  }
}

export async function publisherSubscriptions(visit: PublisherVisit, filter: SubscriptionFilter) {
  const { domain, publisher, read } = visit
  return read(async (ctx) => {
    const listed = await domain.subscriptions.listForPublisher(ctx, {
      ...queryOf(publisher.publisherId, filter),
      page: filter.page,
      pageSize,
    })
    const offers = await domain.publishing.listOffers(ctx, { publisherIds: [publisher.publisherId] })
    return {
      total: listed.total,
      pages: Math.max(1, Math.ceil(listed.total / pageSize)),
      offers: offers.map((offer) => ({ value: offer.offerId, label: offer.name })),
      subscriptions: await withCustomers(visit, ctx, listed.items),
    }
  })
}

/** All subscriptions that the filter lets through with their customers' names, newest first, in parts. */
export async function* publisherSubscriptionPages({ domain, publisher, read }: PublisherVisit, filter: SubscriptionFilter) {
  for (let after: string | undefined; ; ) {
    const from = after
    const page = await read(async (ctx) => {
      const rows = await domain.subscriptions.nextForPublisher(ctx, { ...queryOf(publisher.publisherId, filter), after: from })
      const named = await withCustomers({ domain }, ctx, rows)
      return rows.map((row, index) => ({ row, customer: named[index]?.customer ?? null }))
    })
    if (page.length === 0) return
    yield page
    after = page.at(-1)?.row.id
  }
}

export async function publisherSubscription({ user, domain, publisher, base, read }: PublisherVisit, id: string) {
  return read(async (ctx) => {
    const detail = await domain.subscriptions.detail(ctx, id)
    const row = detail.subscription
    // A visitor who works for several publishers sees each one's customers on that one's pages only.
    if (row.publisherId !== publisher.publisherId) throw refuse(404, 'There is no such subscription.')
    const [customer] = await domain.directory.getTenants(ctx, [row.beneficiaryTenantId])
    const today = utcDate(ctx.now)
    const used = await domain.metering.dailyUsage(ctx, {
      publisherId: row.publisherId,
      resource: row.id,
      from: today.with({ day: 1 }),
      to: today,
    })
    const happened = await domain.subscriptions.happenings(ctx, {
      publisherId: row.publisherId,
      subscription: row.id,
      from: row.createdAt,
      to: ctx.now,
      limit: 200,
    })
    // Amounts are for those who see the payouts.
    const billed = allows(user, 'payout.read', { tenantId: publisher.tenantId })
      ? await domain.billing.listPayoutLines(ctx, publisher.publisherId, { subscription: row.id, limit: 100 })
      : []
    return {
      subscription: {
        id: row.id,
        name: row.name,
        customer: customer?.name ?? row.beneficiaryTenantId,
        customerTenantId: row.customerTenantId,
        offerId: row.offerId,
        preview: row.preview,
        offerName: row.agreement.offerName,
        planId: row.planId,
        planName: row.agreement.planName,
        price: priceText(row.agreement),
        quantity: row.quantity,
        status: row.status,
        term:
          row.termStart && row.termEnd
            ? { startDate: row.termStart.toString(), endDate: row.termEnd.toString(), isFreeTrial: row.isFreeTrial }
            : null,
        autoRenew: row.autoRenew,
        createdAt: row.createdAt.toString(),
        purchaser: row.purchaser.email,
        beneficiary: row.beneficiary.email,
      },
      operations: detail.operations
        .map((operation) => ({
          id: operation.id,
          action: operationText(operation.action),
          asked: askedText(operation),
          status: operation.status,
          tone: operationTone(operation.status),
          createdAt: operation.createdAt.toString(),
          finishedAt: operation.finishedAt?.toString() ?? null,
          decidedBy: operation.decidedBy ? ruleText(operation.decidedBy) : '–',
        }))
        .reverse(),
      deliveries: detail.deliveries.map((delivery) => {
        const last = delivery.tries.at(-1)
        const state = deliveryState(delivery.state)
        return {
          id: delivery.id,
          action: delivery.action,
          state: state.label,
          tone: state.tone,
          attempts: delivery.attempts,
          createdAt: delivery.createdAt.toString(),
          lastStatus: last?.status ?? null,
          lastError: last?.error ?? delivery.lastOutcome,
          body: last?.requestBody ?? null,
        }
      }),
      history: [...happened.map((one) => happeningEntry(base, one, false)), ...billed.map(invoiceEntry)].sort((a, b) =>
        a.at < b.at ? 1 : -1,
      ),
      usage: usageRows(used, row, await domain.billing.usagePrices(ctx, [row.id])),
    }
  })
}

/** A line of an invoice that the customer got. */
function invoiceEntry(line: PayoutLine): TimeLineEntry {
  const share = `your share ${formatMoney(line.amount, line.currency)}`
  return {
    id: `invoice ${line.line} ${line.part}`,
    at: line.earnedAt.toString(),
    title: `Invoice ${line.invoiceNumber}: ${formatMoney(line.net, line.currency)}`,
    detail: `${lineText(line)}; ${share}`,
  }
}

function askedText({ action, planId, previousPlanId, quantity, previousQuantity }: Operation): string {
  if (action === 'ChangePlan') return `Plan ${previousPlanId ?? '?'} to ${planId}`
  if (action === 'ChangeQuantity') return `${previousQuantity ?? '?'} to ${quantity ?? '?'} seats`
  return quantity === null ? `Plan ${planId}` : `Plan ${planId}, ${quantity} seats`
}

/** Usage by plan and dimension at the prices that were agreed for each plan. */
function usageRows(used: DailyUsage[], row: SubscriptionSummary, prices: Map<string, DimensionPrice>) {
  return [...Map.groupBy(used, (one) => `${one.planId} ${one.dimension}`)].map(([key, [first, ...more]]) => {
    const { planId, planName, dimension, displayName, quantity } = first as DailyUsage
    const total = more.reduce((sum, one) => sum.plus(one.quantity), quantity)
    const { currency } = row.agreement
    const price = prices.get(`${row.id} ${planId} ${dimension}`)
    return {
      key,
      name: price?.displayName ?? displayName,
      plan: price?.planName ?? planName,
      quantity: quantityText(total),
      price: price ? `${formatMoney(price.pricePerUnit, currency)} ${price.unitOfMeasure}` : '–',
      amount: price ? formatMoney(roundMoney(total.times(price.pricePerUnit), currency), currency) : '–',
    }
  })
}

function quantityText(quantity: Decimal): string {
  return quantity.toNumber().toLocaleString('en-US', { maximumFractionDigits: 10 })
}
