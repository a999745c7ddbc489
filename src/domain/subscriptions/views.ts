import { and, asc, count, desc, eq, gt, ilike, inArray, lt, ne, or, type SQL, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { rowsOf } from '../../kernel/clock.ts'
import { toInstant } from '../../kernel/columns.ts'
import type { Ctx, Principal } from '../../kernel/context.ts'
import { notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import { dueKinds } from './due-kinds.ts'
import { freeCancellationEnds, type Status, suspensionGrace } from './life-cycle.ts'
import {
  type DeliveryAttemptRow,
  type DeliveryRow,
  delivery,
  type HistoryRow,
  type OfferBinding,
  type OperationRow,
  offerBinding,
  type SubscriptionRow,
  subscription,
  type TermRow,
} from './schema.ts'
import type { SubscriptionsNeighbours } from './service.ts'
import * as store from './store.ts'
import { nextTermStart, startOfDay } from './term.ts'

export interface ListFilter {
  search?: string | undefined
  status?: Status | undefined
  offerId?: string | undefined
}

/** A page of a list. `page` counts from 1. */
export interface ListQuery extends ListFilter {
  page?: number | undefined
  pageSize?: number | undefined
}

export interface Listed<T> {
  items: T[]
  total: number
}

/** Most subscriptions that are read at once. */
const mostPerPage = 1000

/** What pages show of a subscription besides its row. */
export interface SubscriptionSummary extends SubscriptionRow {
  /**
   * False for the customer of a reseller: what the reseller pays the marketplace is not what it asks of its customer, and none of the customer's
   * business. All prices are absent or 0 then.
   */
  pricesShown: boolean
  /** What the next term will cost at today's agreement, and when it begins; null where none will. */
  nextCharge: { at: Temporal.Instant; amount: string; currency: string } | null
  /** Until when cancelling costs nothing; null before activation and after the end. */
  freeCancellationUntil: Temporal.Instant | null
  /** When a suspended subscription will be cancelled. */
  cancelledIfNotPaidBy: Temporal.Instant | null
}

export interface SubscriptionDetail {
  subscription: SubscriptionSummary
  terms: TermRow[]
  operations: OperationRow[]
  history: HistoryRow[]
  deliveries: DeliveryView[]
  /** Due work ahead, soonest first: renewal, end of the grace period, answer window, next webhook attempt. */
  ahead: { what: string; at: Temporal.Instant }[]
}

export interface DeliveryView extends DeliveryRow {
  tries: DeliveryAttemptRow[]
}

export interface Customer {
  tenantId: string
  name: string
  country: string
  subscriptions: number
  active: number
  since: Temporal.Instant
}

export interface Endpoint extends OfferBinding {
  waiting: number
  failedLastDay: number
}

/** What pages and the sandbox read. */
export function createViews(_kernel: Kernel, { accounts, directory }: SubscriptionsNeighbours) {
  async function seller(ctx: Ctx, publisherId: string) {
    authorize(ctx.principal, 'subscription.sell', { tenantId: (await accounts.publisher(ctx, publisherId)).tenantId })
  }

  async function readable(ctx: Ctx, id: string): Promise<SubscriptionRow> {
    const row = isUuid(id) ? await store.findSubscription(ctx, id) : null
    if (!row) throw notFound('SubscriptionNotFound', 'There is no such subscription.', { target: 'subscriptionId' })
    const { principal } = ctx
    const party = 'tenantId' in principal && (principal.tenantId === row.customerTenantId || principal.tenantId === row.beneficiaryTenantId)
    if (party) authorize(principal, 'subscription.read', { tenantId: principal.tenantId })
    else await seller(ctx, row.publisherId)
    return row
  }

  function matching(base: SQL | undefined, query: ListFilter): SQL | undefined {
    // PostgreSQL's text holds no NUL.
    const search = query.search?.replaceAll('\u0000', '').trim()
    const like = search ? `%${search.replaceAll(/[\\%_]/g, '\\$&')}%` : undefined
    return and(
      base,
      query.status ? eq(subscription.status, query.status) : undefined,
      query.offerId ? eq(subscription.offerId, query.offerId) : undefined,
      like
        ? or(
            ilike(subscription.name, like),
            ilike(subscription.planId, like),
            ilike(subscription.offerId, like),
            sql`${subscription.id}::text ilike ${like}`,
            sql`${subscription.beneficiary} ->> 'email' ilike ${like}`,
            sql`${subscription.purchaser} ->> 'email' ilike ${like}`,
          )
        : undefined,
    )
  }

  async function listed(ctx: Ctx, base: SQL | undefined, query: ListQuery): Promise<Listed<SubscriptionSummary>> {
    const pageSize = Math.min(query.pageSize ?? 50, mostPerPage)
    const where = matching(base, query)
    const [total] = await ctx.tx.select({ n: count() }).from(subscription).where(where)
    const rows = await ctx.tx
      .select()
      .from(subscription)
      .where(where)
      .orderBy(desc(subscription.id))
      .limit(pageSize)
      .offset((Math.max(1, query.page ?? 1) - 1) * pageSize)
    return { items: rows.map((row) => summary(row, ctx.principal)), total: total?.n ?? 0 }
  }

  /** Without previews from which nobody has bought and that say the same as the live version: they would only be there twice. */
  async function ofInterest(ctx: Ctx, bindings: OfferBinding[]): Promise<OfferBinding[]> {
    const previews = bindings.filter((one) => one.preview).map((one) => one.offer)
    if (previews.length === 0) return bindings
    const bought = await ctx.tx
      .selectDistinct({ offer: subscription.offer })
      .from(subscription)
      .where(and(inArray(subscription.offer, previews), eq(subscription.preview, true)))
    const live = new Map(bindings.filter((one) => !one.preview).map((one) => [one.offer, one]))
    return bindings.filter((one) => {
      const other = live.get(one.offer)
      return !one.preview || !other || !saysTheSame(one, other) || bought.some(({ offer }) => offer === one.offer)
    })
  }

  async function withTries(ctx: Ctx, rows: DeliveryRow[]): Promise<DeliveryView[]> {
    const tries = await store.attemptsOf(
      ctx,
      rows.map((row) => row.id),
    )
    return rows.map((row) => ({ ...row, tries: tries.filter((attempt) => attempt.delivery === row.id) }))
  }

  return {
    /** One subscription, for its customer, its publisher or the operator. Errors: not-found, forbidden. */
    async get(ctx: Ctx, id: string): Promise<SubscriptionSummary> {
      return summary(await readable(ctx, id), ctx.principal)
    },

    /** Subscriptions by id, in no order, for other rooms. */
    async getMany(ctx: Ctx, ids: readonly string[]): Promise<SubscriptionRow[]> {
      if (ids.length === 0) return []
      return ctx.tx
        .select()
        .from(subscription)
        .where(inArray(subscription.id, [...new Set(ids)]))
    },

    /** One subscription with everything that happened to it and what is ahead. */
    async detail(ctx: Ctx, id: string): Promise<SubscriptionDetail> {
      const row = await readable(ctx, id)
      const [terms, operations, history] = [await store.termsOf(ctx, id), await store.operationsOf(ctx, id), await store.historyOf(ctx, id)]
      const deliveries = await withTries(ctx, await store.deliveriesOf(ctx, { subscription: id, limit: 200 }))
      const subscription = summary(row, ctx.principal)
      return {
        subscription,
        terms: subscription.pricesShown ? terms : terms.map(withoutPrice),
        operations,
        history,
        deliveries,
        ahead: aheadOf(row, operations, deliveries),
      }
    },

    /** Subscriptions that a tenant pays for or uses, newest first. */
    async listForTenant(ctx: Ctx, query: ListQuery & { tenantId: string }): Promise<Listed<SubscriptionSummary>> {
      authorize(ctx.principal, 'subscription.read', { tenantId: query.tenantId })
      return listed(ctx, or(eq(subscription.customerTenantId, query.tenantId), eq(subscription.beneficiaryTenantId, query.tenantId)), query)
    },

    /** A publisher's subscriptions, newest first. */
    async listForPublisher(ctx: Ctx, query: ListQuery & { publisherId: string }): Promise<Listed<SubscriptionSummary>> {
      await seller(ctx, query.publisherId)
      return listed(ctx, eq(subscription.publisherId, query.publisherId), query)
    },

    /** All of a publisher's subscriptions that match, newest first, a thousand at a time: the page after the id `after`; empty at the end. */
    async nextForPublisher(
      ctx: Ctx,
      { publisherId, after, ...filter }: ListFilter & { publisherId: string; after?: string | undefined },
    ): Promise<SubscriptionSummary[]> {
      await seller(ctx, publisherId)
      const rows = await ctx.tx
        .select()
        .from(subscription)
        .where(
          and(matching(eq(subscription.publisherId, publisherId), filter), after === undefined ? undefined : lt(subscription.id, after)),
        )
        .orderBy(desc(subscription.id))
        .limit(mostPerPage)
      return rows.map((row) => summary(row, ctx.principal))
    },

    /** All subscriptions, for the operator. */
    async listAll(ctx: Ctx, query: ListQuery): Promise<Listed<SubscriptionSummary>> {
      authorize(ctx.principal, 'operator.console')
      return listed(ctx, undefined, query)
    },

    /** Subscriptions of an offer that have not ended, by id, after the id `after`. @throws forbidden */
    async runningOf(ctx: Ctx, offer: string, { after, limit }: { after?: string | undefined; limit: number }): Promise<SubscriptionRow[]> {
      authorize(ctx.principal, 'subscription.terminate')
      return ctx.tx
        .select()
        .from(subscription)
        .where(
          and(
            eq(subscription.offer, offer),
            ne(subscription.status, 'Unsubscribed'),
            after === undefined ? undefined : gt(subscription.id, after),
          ),
        )
        .orderBy(asc(subscription.id))
        .limit(limit)
    },

    /** A publisher's customers: the tenants that use its subscriptions. */
    async customersOf(ctx: Ctx, query: { publisherId: string; search?: string | undefined }): Promise<Customer[]> {
      await seller(ctx, query.publisherId)
      const rows = rowsOf<{ tenant_id: string; n: number; active: number; since: unknown }>(
        await ctx.tx.execute(sql`
          select beneficiary_tenant_id as tenant_id, count(*)::int as n, (count(*) filter (where status in ('Subscribed', 'Suspended')))::int as active,
            min(created_at) as since
          from subscriptions.subscription where publisher_id = ${query.publisherId}
          group by beneficiary_tenant_id order by min(created_at)`),
      )
      const tenants = await directory.getTenants(
        ctx,
        rows.map((row) => row.tenant_id),
      )
      const named = new Map(tenants.map((tenant) => [tenant.tenantId as string, tenant]))
      const customers = rows.map((row) => ({
        tenantId: row.tenant_id,
        name: named.get(row.tenant_id)?.name ?? row.tenant_id,
        country: named.get(row.tenant_id)?.country ?? '',
        subscriptions: row.n,
        active: row.active,
        since: toInstant(row.since),
      }))
      const search = query.search?.toLowerCase()
      return search
        ? customers.filter((customer) => customer.name.toLowerCase().includes(search) || customer.tenantId.includes(search))
        : customers
    },

    /** Webhook deliveries with every attempt, newest first: of a subscription or of a publisher. `before` is a delivery's `seq`. */
    async deliveries(
      ctx: Ctx,
      query: {
        subscription?: string | undefined
        publisherId?: string | undefined
        state?: string | undefined
        before?: number | undefined
        limit?: number | undefined
      },
    ): Promise<DeliveryView[]> {
      if (query.subscription !== undefined) await readable(ctx, query.subscription)
      else if (query.publisherId !== undefined) await seller(ctx, query.publisherId)
      else authorize(ctx.principal, 'operator.console')
      const limit = Math.min(query.limit ?? 100, 500)
      const { subscription: of, publisherId, state, before } = query
      const rows = await store.deliveriesOf(ctx, {
        limit,
        ...(of === undefined ? {} : { subscription: of }),
        ...(publisherId === undefined ? {} : { publisherId }),
        ...(state === undefined ? {} : { state }),
        ...(before === undefined ? {} : { before }),
      })
      return withTries(ctx, rows)
    },

    /** The webhook endpoints of a publisher's offers and previews, with how they do; without a publisher everybody's, for the operator. */
    async endpoints(ctx: Ctx, { publisherId }: { publisherId?: string | undefined }): Promise<Endpoint[]> {
      if (publisherId === undefined) authorize(ctx.principal, 'operator.console')
      else await seller(ctx, publisherId)
      const bindings = await ctx.tx
        .select()
        .from(offerBinding)
        .where(publisherId === undefined ? undefined : eq(offerBinding.publisherId, publisherId))
        .orderBy(offerBinding.publisherId, offerBinding.offerId, offerBinding.preview)
      const counts = await ctx.tx
        .select({
          offer: delivery.offer,
          preview: subscription.preview,
          waiting: sql<number>`(count(*) filter (where ${delivery.state} = 'waiting'))::int`,
          failed: sql<number>`(count(*) filter (where ${delivery.state} = 'failed' and ${delivery.finishedAt} > ${ctx.now.subtract({ hours: 24 }).toString()}::timestamptz))::int`,
        })
        .from(delivery)
        .innerJoin(subscription, eq(subscription.id, delivery.subscription))
        .where(
          and(
            publisherId === undefined ? undefined : eq(delivery.publisherId, publisherId),
            sql`${delivery.state} in ('waiting', 'failed')`,
          ),
        )
        .groupBy(delivery.offer, subscription.preview)
      return (await ofInterest(ctx, bindings)).map((binding) => {
        const found = counts.find(({ offer, preview }) => offer === binding.offer && preview === binding.preview)
        return { ...binding, waiting: found?.waiting ?? 0, failedLastDay: found?.failed ?? 0 }
      })
    },

    /** Which offers name an application, for the token inspector. */
    async bindingsOfApplication(ctx: Ctx, caller: { tenantId: string; clientId: string }): Promise<OfferBinding[]> {
      if (!isUuid(caller.tenantId) || !isUuid(caller.clientId)) return []
      const bindings = await ctx.tx
        .select()
        .from(offerBinding)
        .where(and(eq(offerBinding.tenantId, caller.tenantId), eq(offerBinding.applicationId, caller.clientId)))
      return ofInterest(ctx, bindings)
    },
  }
}

function saysTheSame(a: OfferBinding, b: OfferBinding): boolean {
  return (
    a.webhookUrl === b.webhookUrl &&
    a.landingPageUrl === b.landingPageUrl &&
    a.tenantId === b.tenantId &&
    a.applicationId === b.applicationId &&
    a.webhookSigned === b.webhookSigned &&
    a.webhookSuccessWord === b.webhookSuccessWord &&
    (a.webhookPausedAt === null) === (b.webhookPausedAt === null)
  )
}

function aheadOf(row: SubscriptionRow, operations: OperationRow[], deliveries: DeliveryRow[]): SubscriptionDetail['ahead'] {
  const ahead: SubscriptionDetail['ahead'] = []
  if (row.status === 'Subscribed' && row.termEnd) ahead.push({ what: dueKinds.termEnd, at: startOfDay(nextTermStart(row.termEnd)) })
  if (row.status === 'Suspended' && row.suspendedAt) ahead.push({ what: dueKinds.graceEnd, at: row.suspendedAt.add(suspensionGrace) })
  for (const { deadlineAt, finishedAt } of operations)
    if (deadlineAt && !finishedAt) ahead.push({ what: dueKinds.answerWindow, at: deadlineAt })
  for (const { state, nextAttemptAt } of deliveries)
    if (state === 'waiting' && nextAttemptAt) ahead.push({ what: dueKinds.webhook, at: nextAttemptAt })
  return ahead.sort((a, b) => a.at.epochMilliseconds - b.at.epochMilliseconds)
}

const withoutPrice = (term: TermRow): TermRow => ({ ...term, unitPrice: new Decimal(0) })

function summary(whole: SubscriptionRow, viewer: Principal): SubscriptionSummary {
  const resold = whole.byReseller && viewer.kind === 'user' && viewer.tenantId === whole.beneficiaryTenantId
  const pricesShown = !resold || viewer.tenantId === whole.customerTenantId
  const { agreement } = whole
  const row = pricesShown
    ? whole
    : {
        ...whole,
        agreement: { ...agreement, unitPrice: '0', dimensions: agreement.dimensions.map((one) => ({ ...one, pricePerUnit: '0' })) },
      }
  const renews = row.status === 'Subscribed' && row.autoRenew && row.termEnd !== null
  const live = row.status === 'Subscribed' || row.status === 'Suspended'
  return {
    ...row,
    pricesShown,
    nextCharge:
      pricesShown && renews && row.termEnd
        ? {
            at: startOfDay(nextTermStart(row.termEnd)),
            amount: new Decimal(row.agreement.unitPrice).times(row.quantity ?? 1).toFixed(),
            currency: row.agreement.currency,
          }
        : null,
    freeCancellationUntil: live && row.activatedAt ? freeCancellationEnds(row.activatedAt, row.termUnit) : null,
    cancelledIfNotPaidBy: row.status === 'Suspended' && row.suspendedAt ? row.suspendedAt.add(suspensionGrace) : null,
  }
}
