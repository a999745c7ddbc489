import { and, asc, desc, eq, gte, lt, lte, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import {
  type DeliveryAttemptRow,
  type DeliveryRow,
  delivery,
  deliveryAttempt,
  type HistoryRow,
  history,
  type OfferBinding,
  type OperationRow,
  type SubscriptionRow,
  subscription,
} from './schema.ts'
import * as store from './store.ts'
import type { DeliveryView } from './views.ts'
import { attemptOffset, maxAttempts } from './webhook-schedule.ts'

/** A webhook delivery with everything about it. */
export interface DeliveryDetail {
  delivery: DeliveryView
  operation: OperationRow
  subscription: SubscriptionRow
  endpoint: OfferBinding
  /** Attempts that will be made if none succeeds: the next ones and the last. Empty once it has ended. */
  ahead: PlannedAttempt[]
  /** An older webhook of the subscription has to be delivered first. */
  waitsForOlder: boolean
  /** Attempts of a delivery at most. */
  mostAttempts: number
}

export interface PlannedAttempt {
  number: number
  at: Temporal.Instant
}

/** An operation with what happened to it. */
export interface OperationDetail {
  operation: OperationRow
  subscription: SubscriptionRow
  /** Oldest first: what was sent, and what was sent again by hand. */
  deliveries: DeliveryView[]
  history: HistoryRow[]
}

/** A webhook delivery in a list: without its attempts, whose bodies may be many. */
export interface ListedDelivery extends DeliveryRow {
  /** the subscription's */
  name: string
}

/** Something that happened to a subscription or between it and its publisher's endpoint. */
export type Happening =
  | { kind: 'history'; at: Temporal.Instant; subscription: string; name: string; row: HistoryRow }
  | { kind: 'attempt'; at: Temporal.Instant; subscription: string; name: string; delivery: DeliveryRow; attempt: DeliveryAttemptRow }

/** How many attempts ahead are named one by one. */
const namedAhead = 8

/** The attempts that follow if none succeeds: the next few, then the last. */
export function attemptsAhead(row: Pick<DeliveryRow, 'state' | 'attempts' | 'firstAttemptAt' | 'nextAttemptAt'>): PlannedAttempt[] {
  if (row.state !== 'waiting' || row.nextAttemptAt === null) return []
  const first = row.firstAttemptAt ?? row.nextAttemptAt
  const next = row.attempts + 1
  const numbers = Array.from({ length: namedAhead }, (_, index) => next + index).filter((number) => number <= maxAttempts)
  if (next <= maxAttempts && numbers.at(-1) !== maxAttempts) numbers.push(maxAttempts)
  const planned = numbers.map((number) => ({ number, at: first.add({ milliseconds: attemptOffset(number) }) }))
  // A late answer or a redelivery by hand moves the next attempt; the later ones keep their places.
  return planned.map((one) => (one.number === next ? { number: next, at: row.nextAttemptAt as Temporal.Instant } : one))
}

/** What the pages of webhooks and operations read. `mayRead` throws unless the visitor may see the publisher's integration. */
export function createInspection(mayRead: (ctx: Ctx, publisherId: string) => Promise<void>) {
  const noDelivery = () => notFound('DeliveryNotFound', 'There is no such webhook delivery.', { target: 'deliveryId' })
  const noOperation = () => notFound('OperationNotFound', 'There is no such operation.', { target: 'operationId' })

  async function withTries(ctx: Ctx, rows: DeliveryRow[]): Promise<DeliveryView[]> {
    const tries = await store.attemptsOf(
      ctx,
      rows.map((row) => row.id),
    )
    return rows.map((row) => ({ ...row, tries: tries.filter((attempt) => attempt.delivery === row.id) }))
  }

  return {
    /** Webhook deliveries without their attempts, newest first: of a publisher, or without one everybody's. `before` is a delivery's `seq`. */
    async deliveryList(
      ctx: Ctx,
      query: { publisherId?: string | undefined; state?: string | undefined; before?: number | undefined; limit: number },
    ): Promise<ListedDelivery[]> {
      await mayRead(ctx, query.publisherId ?? '')
      const rows = await ctx.tx
        .select({ delivery, name: subscription.name })
        .from(delivery)
        .innerJoin(subscription, eq(subscription.id, delivery.subscription))
        .where(
          and(
            query.publisherId === undefined ? undefined : eq(delivery.publisherId, query.publisherId),
            query.state === undefined ? undefined : sql`${delivery.state} = ${query.state}`,
            query.before === undefined ? undefined : lt(delivery.seq, query.before),
          ),
        )
        .orderBy(desc(delivery.seq))
        .limit(query.limit)
      return rows.map((row) => ({ ...row.delivery, name: row.name }))
    },

    /** One webhook delivery with its attempts and the schedule ahead. Errors: not-found, forbidden. */
    async deliveryDetail(ctx: Ctx, id: string): Promise<DeliveryDetail> {
      const [row] = isUuid(id) ? await ctx.tx.select().from(delivery).where(eq(delivery.id, id)) : []
      if (!row) throw noDelivery()
      await mayRead(ctx, row.publisherId)
      const about = await store.findOperation(ctx, row.operation)
      const owner = await store.findSubscription(ctx, row.subscription)
      const endpoint = owner && (await store.findBinding(ctx, owner))
      if (!about || !owner || !endpoint) throw noDelivery()
      const [view] = await withTries(ctx, [row])
      const head = row.state === 'waiting' ? await store.nextWaiting(ctx, row.subscription) : null
      return {
        delivery: view ?? { ...row, tries: [] },
        operation: about,
        subscription: owner,
        endpoint,
        ahead: endpoint.webhookPausedAt === null ? attemptsAhead(row) : [],
        waitsForOlder: head !== null && head.id !== row.id,
        mostAttempts: maxAttempts,
      }
    },

    /** One operation, its webhooks with every attempt, and its part of the subscription's history. Errors: not-found, forbidden. */
    async operationDetail(ctx: Ctx, id: string): Promise<OperationDetail> {
      const about = isUuid(id) ? await store.findOperation(ctx, id) : null
      const owner = about ? await store.findSubscription(ctx, about.subscription) : null
      if (!about || !owner) throw noOperation()
      await mayRead(ctx, owner.publisherId)
      const rows = await ctx.tx.select().from(delivery).where(eq(delivery.operation, id)).orderBy(asc(delivery.seq))
      const past = await store.historyOf(ctx, owner.id)
      return {
        operation: about,
        subscription: owner,
        deliveries: await withTries(ctx, rows),
        history: past.filter((row) => row.operation === id),
      }
    },

    /** What happened in a span of market time, the latest first: of one subscription or of a publisher's; without a publisher: everybody's. */
    async happenings(
      ctx: Ctx,
      query: {
        publisherId?: string | undefined
        subscription?: string | undefined
        from: Temporal.Instant
        to: Temporal.Instant
        limit: number
      },
    ): Promise<Happening[]> {
      await mayRead(ctx, query.publisherId ?? '')
      const whose = and(
        query.publisherId === undefined ? undefined : eq(subscription.publisherId, query.publisherId),
        query.subscription === undefined ? undefined : eq(subscription.id, query.subscription),
      )
      const past = await ctx.tx
        .select({ row: history, name: subscription.name })
        .from(history)
        .innerJoin(subscription, eq(subscription.id, history.subscription))
        .where(and(whose, gte(history.at, query.from), lte(history.at, query.to)))
        .orderBy(desc(history.at), desc(history.id))
        .limit(query.limit)
      const calls = await ctx.tx
        .select({ attempt: deliveryAttempt, delivery, name: subscription.name })
        .from(deliveryAttempt)
        .innerJoin(delivery, eq(delivery.id, deliveryAttempt.delivery))
        .innerJoin(subscription, eq(subscription.id, delivery.subscription))
        .where(and(whose, gte(deliveryAttempt.at, query.from), lte(deliveryAttempt.at, query.to)))
        .orderBy(desc(deliveryAttempt.at))
        .limit(query.limit)
      const all: Happening[] = [
        ...past.map(({ row, name }) => ({ kind: 'history' as const, at: row.at, subscription: row.subscription, name, row })),
        ...calls.map((call) => ({ kind: 'attempt' as const, at: call.attempt.at, subscription: call.delivery.subscription, ...call })),
      ]
      // What happens in one instant of market time has an order in machine time.
      const wall = (one: Happening) => (one.kind === 'history' ? one.row : one.attempt).wallAt.epochMilliseconds
      return all.sort((a, b) => b.at.epochMilliseconds - a.at.epochMilliseconds || wall(b) - wall(a)).slice(0, query.limit)
    },
  }
}
