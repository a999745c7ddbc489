import { and, asc, eq, inArray, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { insertAll } from '../../kernel/bulk.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, notFound } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { redactHeaders } from '../../kernel/log.ts'
import { OutboundError } from '../../kernel/outbound.ts'
import { dueKinds } from './due-kinds.ts'
import { nextOperationStatus, refusedByWebhook } from './operation.ts'
import {
  type DeliveryRow,
  delivery,
  deliveryAttempt,
  type OfferBinding,
  type OperationRow,
  offerBinding,
  operation,
  type SubscriptionRow,
  subscription,
} from './schema.ts'
import { findBinding, findOperation, findSubscription, lockSubscription, nextWaiting } from './store.ts'
import { attemptOffset, attemptsWithin, maxAttempts } from './webhook-schedule.ts'

/** The webhook endpoint of a live offer or of its preview. */
export interface EndpointKey {
  offer: string
  preview: boolean
}

export interface WebhookOptions {
  /** with a bearer token signed by the directory */
  signed: boolean
  /** what `status` says of something that has succeeded; readers of the 2021 documentation may expect `Success` */
  successWord: 'Succeeded' | 'Success'
}

/** Everything a webhook's body is made of. */
export interface WebhookFacts {
  subscription: SubscriptionRow
  operation: OperationRow
  binding: OfferBinding
}

/** Writes a webhook's JSON as its wire contract wants it; given by the contract's room. */
export type WebhookFormat = (facts: WebhookFacts) => unknown

/** Signs the bearer token of a webhook: audience = the publisher's application, tenant = the publisher's. */
export type WebhookSigner = (ctx: Ctx, to: { tenantId: string; applicationId: string }) => Promise<string>

/** How a delivery ended, for the operation it tells of. */
export type DeliveryOutcome =
  | { kind: 'acknowledged' }
  | { kind: 'refused'; status: number; answer: string }
  | { kind: 'undeliverable'; reason: string }

export interface Deliveries {
  /** Puts the operation's webhook at the end of its subscription's queue. The caller holds the subscription's lock. */
  enqueue(ctx: Ctx, row: SubscriptionRow, operation: OperationRow, redeliveryOf?: string): Promise<string>
  /** The same for many subscriptions, each once. The caller holds their locks. */
  enqueueAll(ctx: Ctx, news: readonly { row: SubscriptionRow; about: OperationRow }[]): Promise<void>
  /** Ends waiting deliveries of an operation that has no webhook to send any more. */
  stopOf(ctx: Ctx, row: SubscriptionRow, operationId: string, reason: string): Promise<void>
  /** Sends again: a waiting delivery at once, a finished one as a new delivery. Returns the delivery's id. */
  redeliver(ctx: Ctx, deliveryId: string): Promise<string>
  /** Ends the retries of a waiting delivery by hand; its operation fails as if all attempts had been made. */
  giveUp(ctx: Ctx, deliveryId: string): Promise<void>
  pause(ctx: Ctx, endpoint: EndpointKey): Promise<void>
  resume(ctx: Ctx, endpoint: EndpointKey): Promise<void>
  /** Registers the due work; `onOutcome` is told how each delivery ended, with the subscription locked. */
  register(onOutcome: (ctx: Ctx, row: SubscriptionRow, operation: OperationRow, outcome: DeliveryOutcome) => Promise<void>): void
  setFormat(format: WebhookFormat): void
}

/** Time an endpoint has to answer, in milliseconds (spec/08 §2.7); shorter within a clock move. */
const attemptTimeout = { live: 30_000, move: 5_000 }
const answerLimit = 64 * 1024
/** Real failures of one endpoint within one clock move after which it is not called again in that move. */
const failuresInMove = 3

interface Attempt {
  delivery: string
  subscription: string
  number: number
  url: string
  headers: Record<string, string>
  body: string
  timeoutMs: number
  at: string
}

type Answer = { status: number; headers: Record<string, string>; body: string; durationMs: number } | { error: string; durationMs: number }

export function createDeliveries(kernel: Kernel, sign: WebhookSigner): Deliveries {
  let format: WebhookFormat | undefined
  let onOutcome: Parameters<Deliveries['register']>[0] = async () => {}
  /** Failures by endpoint within the current clock move, which `target` identifies. */
  const move = { target: '', failures: new Map<string, number>() }

  const schedule = (ctx: Ctx, subscriptionId: string, publisherId: string, at: Temporal.Instant) =>
    kernel.due.schedule(ctx, { kind: dueKinds.webhook, key: subscriptionId, at, lane: publisherId })

  /** Market time of something that happens now: in a clock move the row's time, else the clock's (the row may be overdue). */
  const happening = (ctx: Ctx, offset: string) => (kernel.due.inMove() ? ctx.now : kernel.clock.fromOffset(offset))

  async function moveTarget(ctx: Ctx): Promise<Temporal.Instant | null> {
    if (!kernel.due.inMove()) return null
    const target = await kernel.clock.movingTo(ctx.tx)
    if (target && move.target !== target.toString()) {
      move.target = target.toString()
      move.failures.clear()
    }
    return target
  }

  async function lockDelivery(ctx: Ctx, deliveryId: string): Promise<{ row: SubscriptionRow; found: DeliveryRow; about: OperationRow }> {
    const [first] = await ctx.tx.select().from(delivery).where(eq(delivery.id, deliveryId))
    const row = first ? await lockSubscription(ctx, first.subscription) : null
    // Read again under the lock.
    const [found] = row ? await ctx.tx.select().from(delivery).where(eq(delivery.id, deliveryId)) : []
    const about = found ? await findOperation(ctx, found.operation) : null
    if (!row || !found || !about) throw notFound('DeliveryNotFound', 'There is no such webhook delivery.', { target: 'deliveryId' })
    return { row, found, about }
  }

  async function saveDelivery(ctx: Ctx, { id, seq: _, ...columns }: DeliveryRow) {
    await ctx.tx.update(delivery).set(columns).where(eq(delivery.id, id))
  }

  /** Ends a delivery, tells its operation and lets the next one go. */
  async function conclude(
    ctx: Ctx,
    row: SubscriptionRow,
    ended: DeliveryRow,
    about: OperationRow,
    outcome: DeliveryOutcome,
    at: Temporal.Instant,
  ) {
    ended.state = outcome.kind === 'acknowledged' ? 'delivered' : outcome.kind === 'refused' ? 'rejected' : 'failed'
    ended.finishedAt = at
    ended.nextAttemptAt = null
    await saveDelivery(ctx, ended)
    await onOutcome({ ...ctx, now: at }, row, about, outcome)
    await letNextGo(ctx, row, at)
  }

  async function letNextGo(ctx: Ctx, row: SubscriptionRow, at: Temporal.Instant) {
    const next = await nextWaiting(ctx, row.id)
    if (!next) return
    await ctx.tx.update(delivery).set({ nextAttemptAt: at }).where(eq(delivery.id, next.id))
    await schedule(ctx, row.id, row.publisherId, at)
  }

  /** The attempts that a failing endpoint is spared within this move: jumps to the last, or to the first one after the move. */
  async function collapse(ctx: Ctx, row: SubscriptionRow, waiting: DeliveryRow, target: Temporal.Instant) {
    const first = waiting.firstAttemptAt ?? ctx.now
    const last = first.add({ milliseconds: attemptOffset(maxAttempts) })
    if (Temporal.Instant.compare(last, target) <= 0) {
      await ctx.tx.update(delivery).set({ firstAttemptAt: first, nextAttemptAt: last }).where(eq(delivery.id, waiting.id))
      await kernel.due.schedule(ctx, { kind: dueKinds.webhookGivenUp, key: row.id, at: last, payload: { delivery: waiting.id } })
      return
    }
    const until = attemptsWithin(target.epochMilliseconds - first.epochMilliseconds)
    const resumed = first.add({ milliseconds: attemptOffset(until + 1) })
    await recordCollapsed(ctx, waiting, until)
    await ctx.tx
      .update(delivery)
      .set({ firstAttemptAt: first, attempts: Math.max(until, waiting.attempts), nextAttemptAt: resumed })
      .where(eq(delivery.id, waiting.id))
    await schedule(ctx, row.id, row.publisherId, resumed)
  }

  async function recordCollapsed(ctx: Ctx, waiting: DeliveryRow, until: number) {
    if (until <= waiting.attempts) return
    const row = await findSubscription(ctx, waiting.subscription)
    const binding = row && (await findBinding(ctx, row))
    await ctx.tx.insert(deliveryAttempt).values({
      delivery: waiting.id,
      number: until,
      at: ctx.now,
      wallAt: ctx.wall,
      url: binding?.webhookUrl ?? '',
      requestHeaders: {},
      requestBody: '',
      error: `Not called: the endpoint had failed ${failuresInMove} times in the same clock move. Stands for ${until - waiting.attempts} attempts.`,
      collapsed: until - waiting.attempts,
    })
  }

  async function prepare(ctx: Ctx, subscriptionId: string): Promise<Attempt | null> {
    if (!format) throw new Error('No webhook format is set: the fulfillment contract gives it when it is wired.')
    const row = await lockSubscription(ctx, subscriptionId)
    const [found] = row
      ? await ctx.tx
          .select({ waiting: delivery, about: operation, binding: offerBinding, offset: kernel.clock.offset })
          .from(delivery)
          .innerJoin(operation, eq(operation.id, delivery.operation))
          .innerJoin(offerBinding, and(eq(offerBinding.offer, row.offer), eq(offerBinding.preview, row.preview)))
          .where(and(eq(delivery.subscription, subscriptionId), eq(delivery.state, 'waiting')))
          .orderBy(asc(delivery.seq))
          .limit(1)
      : []
    if (!row || !found || found.binding.webhookPausedAt !== null) return null
    const { waiting, about, binding } = found
    const target = await moveTarget(ctx)
    if (target && (move.failures.get(binding.webhookUrl) ?? 0) >= failuresInMove) {
      await collapse(ctx, row, waiting, target)
      return null
    }
    const at = happening(ctx, found.offset)
    if (about.status === 'NotStarted') about.status = nextOperationStatus(about, 'notified')
    about.notifiedAt ??= at
    await ctx.tx.execute(sql`
      with told as (
        update subscriptions.operation set status = ${about.status}, notified_at = ${about.notifiedAt.toString()}::timestamptz where id = ${about.id}
      )
      update subscriptions.delivery set first_attempt_at = coalesce(first_attempt_at, ${at.toString()}::timestamptz) where id = ${waiting.id}`)
    const headers: Record<string, string> = {
      'content-type': 'application/json; charset=utf-8',
      'x-ms-requestid': about.id,
      'x-ms-correlationid': about.activityId,
    }
    if (binding.webhookSigned) headers.authorization = `Bearer ${await sign(ctx, binding)}`
    return {
      delivery: waiting.id,
      subscription: row.id,
      number: waiting.attempts + 1,
      url: binding.webhookUrl,
      headers,
      body: JSON.stringify(format({ subscription: row, operation: about, binding })),
      timeoutMs: target ? attemptTimeout.move : attemptTimeout.live,
      at: at.toString(),
    }
  }

  async function perform({ url, headers, body, timeoutMs }: Attempt): Promise<Answer> {
    try {
      const answer = await kernel.outbound.request({ url, method: 'POST', headers, body, timeoutMs, maxBytes: answerLimit })
      return { status: answer.status, headers: answer.headers, body: answer.body.toString('utf8'), durationMs: answer.durationMs }
    } catch (error) {
      if (error instanceof OutboundError) return { error: error.reason, durationMs: error.durationMs }
      throw error
    }
  }

  async function finish(ctx: Ctx, attempt: Attempt, answer: Answer) {
    const row = await lockSubscription(ctx, attempt.subscription)
    const [read] = await ctx.tx
      .select({ found: delivery, about: operation, offset: kernel.clock.offset })
      .from(delivery)
      .innerJoin(operation, eq(operation.id, delivery.operation))
      .where(eq(delivery.id, attempt.delivery))
    if (!row || !read) throw notFound('DeliveryNotFound', 'There is no such webhook delivery.', { target: 'deliveryId' })
    const { found, about } = read
    await ctx.tx
      .insert(deliveryAttempt)
      .values({
        delivery: attempt.delivery,
        number: attempt.number,
        at: Temporal.Instant.from(attempt.at),
        wallAt: ctx.wall,
        url: attempt.url,
        requestHeaders: redactHeaders(attempt.headers),
        requestBody: attempt.body,
        status: 'status' in answer ? answer.status : null,
        responseHeaders: 'status' in answer ? redactHeaders(answer.headers) : null,
        responseBody: 'status' in answer ? answer.body.replaceAll('\u0000', '\ufffd') : null,
        error: 'error' in answer ? answer.error : null,
        durationMs: answer.durationMs,
        collapsed: 0,
      })
      .onConflictDoNothing()
    const at = happening(ctx, read.offset)
    found.attempts = Math.max(found.attempts, attempt.number)
    found.lastOutcome = describe(answer)
    if (found.state !== 'waiting') {
      // Stopped while it was under way.
      await saveDelivery(ctx, found)
      return letNextGo(ctx, row, at)
    }
    if ('status' in answer && answer.status >= 200 && answer.status < 300)
      return conclude(ctx, row, found, about, { kind: 'acknowledged' }, at)
    const target = await moveTarget(ctx)
    if (target) move.failures.set(attempt.url, (move.failures.get(attempt.url) ?? 0) + 1)
    if ('status' in answer && answer.status >= 400 && answer.status < 500 && refusedByWebhook[about.action]) {
      return conclude(ctx, row, found, about, { kind: 'refused', status: answer.status, answer: answer.body.slice(0, 1000) }, at)
    }
    if (found.attempts >= maxAttempts) return conclude(ctx, row, found, about, { kind: 'undeliverable', reason: found.lastOutcome }, at)
    const planned = (found.firstAttemptAt ?? at).add({ milliseconds: attemptOffset(found.attempts + 1) })
    // A slow answer must not make the next attempt follow at once.
    const earliest = at.add({ seconds: 1 })
    found.nextAttemptAt = Temporal.Instant.compare(planned, earliest) > 0 ? planned : earliest
    await saveDelivery(ctx, found)
    await schedule(ctx, row.id, row.publisherId, found.nextAttemptAt)
  }

  return {
    async enqueue(ctx, row, about, redeliveryOf) {
      const waiting = await nextWaiting(ctx, row.id)
      const id = newId<'delivery'>()
      await ctx.tx.insert(delivery).values({
        id,
        subscription: row.id,
        operation: about.id,
        publisherId: row.publisherId,
        offer: row.offer,
        action: about.action,
        state: 'waiting',
        attempts: 0,
        createdAt: ctx.now,
        nextAttemptAt: waiting ? null : ctx.now,
        redeliveryOf: redeliveryOf ?? null,
      })
      // Where one waits already, its end lets this one go.
      if (!waiting) await schedule(ctx, row.id, row.publisherId, ctx.now)
      return id
    },

    async enqueueAll(ctx, news) {
      const queued = new Set(
        (
          await ctx.tx
            .selectDistinct({ subscription: delivery.subscription })
            .from(delivery)
            .where(
              and(eq(delivery.state, 'waiting'), sql`${delivery.subscription} = any(${sql.param(news.map(({ row }) => row.id))}::uuid[])`),
            )
        ).map(({ subscription }) => subscription),
      )
      // Nobody resumes an endpoint meanwhile: what is not scheduled here because of a pause is scheduled by its end.
      const bindings = await ctx.tx
        .select({ offer: offerBinding.offer, preview: offerBinding.preview, pausedAt: offerBinding.webhookPausedAt })
        .from(offerBinding)
        .where(inArray(offerBinding.offer, [...new Set(news.map(({ row }) => row.offer))]))
        .for('share')
      const paused = bindings.filter(({ pausedAt }) => pausedAt !== null)
      const isPaused = (row: SubscriptionRow) => paused.some(({ offer, preview }) => offer === row.offer && preview === row.preview)
      await insertAll(
        ctx,
        delivery,
        news.map(({ row, about }) => ({
          id: newId<'delivery'>() as string,
          subscription: row.id,
          operation: about.id,
          publisherId: row.publisherId,
          offer: row.offer,
          action: about.action,
          state: 'waiting' as const,
          attempts: 0,
          createdAt: ctx.now,
          nextAttemptAt: queued.has(row.id) ? null : ctx.now,
        })),
      )
      const first = news.filter(({ row }) => !queued.has(row.id) && !isPaused(row))
      await kernel.due.scheduleAll(
        ctx,
        first.map(({ row }) => ({ kind: dueKinds.webhook, key: row.id, at: ctx.now, lane: row.publisherId })),
      )
    },

    async stopOf(ctx, row, operationId, reason) {
      const stopped = await ctx.tx
        .update(delivery)
        .set({ state: 'stopped', finishedAt: ctx.now, nextAttemptAt: null, lastOutcome: reason })
        .where(and(eq(delivery.operation, operationId), eq(delivery.state, 'waiting')))
        .returning({ id: delivery.id })
      if (stopped.length === 0) return
      await kernel.due.cancel(ctx, dueKinds.webhookGivenUp, row.id)
      await letNextGo(ctx, row, ctx.now)
    },

    async redeliver(ctx, deliveryId) {
      const { row, found, about } = await lockDelivery(ctx, deliveryId)
      if (found.state !== 'waiting') return this.enqueue(ctx, row, about, found.id)
      const head = await nextWaiting(ctx, row.id)
      if (head?.id !== found.id) {
        throw conflict('DeliveryNotFirst', 'An older webhook of the subscription has to be delivered first.', { target: 'deliveryId' })
      }
      await ctx.tx.update(delivery).set({ nextAttemptAt: ctx.now }).where(eq(delivery.id, found.id))
      await kernel.due.cancel(ctx, dueKinds.webhookGivenUp, row.id)
      await schedule(ctx, row.id, row.publisherId, ctx.now)
      return found.id
    },

    async giveUp(ctx, deliveryId) {
      const { row, found, about } = await lockDelivery(ctx, deliveryId)
      if (found.state !== 'waiting') throw conflict('DeliveryFinished', 'The delivery has ended already.', { target: 'deliveryId' })
      found.lastOutcome = 'Ended by hand.'
      await kernel.due.cancel(ctx, dueKinds.webhookGivenUp, row.id)
      await conclude(ctx, row, found, about, { kind: 'undeliverable', reason: found.lastOutcome }, ctx.now)
    },

    async pause(ctx, { offer, preview }) {
      await ctx.tx
        .update(offerBinding)
        .set({ webhookPausedAt: ctx.now })
        .where(and(eq(offerBinding.offer, offer), eq(offerBinding.preview, preview)))
    },

    async resume(ctx, { offer, preview }) {
      await ctx.tx
        .update(offerBinding)
        .set({ webhookPausedAt: null })
        .where(and(eq(offerBinding.offer, offer), eq(offerBinding.preview, preview)))
      const heads = await ctx.tx
        .selectDistinctOn([delivery.subscription], {
          subscription: delivery.subscription,
          publisherId: delivery.publisherId,
          nextAttemptAt: delivery.nextAttemptAt,
        })
        .from(delivery)
        .innerJoin(subscription, eq(subscription.id, delivery.subscription))
        .where(and(eq(delivery.offer, offer), eq(subscription.preview, preview), eq(delivery.state, 'waiting')))
        .orderBy(asc(delivery.subscription), asc(delivery.seq))
      await kernel.due.scheduleAll(
        ctx,
        heads.map(({ subscription, publisherId }) => ({ kind: dueKinds.webhook, key: subscription, at: ctx.now, lane: publisherId })),
      )
    },

    register(tell) {
      onOutcome = tell
      kernel.due.register<unknown, Attempt, Answer>(dueKinds.webhook, {
        perLane: 4,
        prepare: (ctx, item) => prepare(ctx, item.key),
        perform,
        finish: (ctx, _item, attempt, answer) => finish(ctx, attempt, answer),
      })
      kernel.due.register<{ delivery: string }>(dueKinds.webhookGivenUp, {
        async run(ctx, { payload }) {
          const { row, found, about } = await lockDelivery(ctx, payload.delivery)
          if (found.state !== 'waiting') return letNextGo(ctx, row, ctx.now)
          await recordCollapsed(ctx, found, maxAttempts)
          found.attempts = maxAttempts
          found.lastOutcome = 'The endpoint failed repeatedly within a clock move; the remaining attempts were not made.'
          await conclude(ctx, row, found, about, { kind: 'undeliverable', reason: found.lastOutcome }, ctx.now)
        },
      })
    },

    setFormat(given) {
      format = given
    },
  }
}

function describe(answer: Answer): string {
  if ('error' in answer) return answer.error
  if (answer.status >= 300 && answer.status < 400) return `The endpoint answered ${answer.status}, a redirect; it has to answer 200 itself.`
  return `The endpoint answered ${answer.status}.`
}
