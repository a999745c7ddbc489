import { and, eq } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { insertAll } from '../../kernel/bulk.ts'
import type { Ctx } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Decimal } from '../../kernel/money.ts'
import type { Deliveries } from './deliveries.ts'
import { dueKinds } from './due-kinds.ts'
import type { CancelledPayload, ChangedPayload, SubscriptionPayload } from './events.ts'
import {
  cancellationIsFree,
  type Effect,
  type EventName,
  lifeCycle,
  suspensionGrace,
  type Trigger,
  type TriggerInput,
  transition,
} from './life-cycle.ts'
import { agreementAtRenewal, type OfferFacts } from './offering.ts'
import { nextOperationStatus, type OperationAction } from './operation.ts'
import type { Actor } from './person.ts'
import { type EndedBy, type EndReason, history, type OperationRow, operation, type SubscriptionRow, term } from './schema.ts'
import { findLiveSnapshot, findLiveSnapshots, findOperation, hasPaidFor, saveOperation, saveRenewed, saveSubscription } from './store.ts'
import { dayOf, nextTermStart, startOfDay, type TermUnit, termEnd } from './term.ts'

export interface FireInput extends Omit<TriggerInput, 'now'> {
  actor: Actor
  /** The operation that brings the change about. */
  operation?: OperationRow
  endReason?: EndReason
  endedBy?: EndedBy
  /** More facts for the time line. */
  note?: Record<string, unknown>
}

export interface LifeCycleEngine {
  /**
   * Fires a trigger on a subscription that the caller has locked: guards, effects, the row, time line, event, webhook.
   * Returns the row as saved. Throws what `transition` throws; then nothing has changed.
   */
  fire(ctx: Ctx, row: SubscriptionRow, trigger: Trigger, input: FireInput): Promise<SubscriptionRow>
  /** Adds an operation; `InProgress` and `NotStarted` ones become the subscription's pending change. */
  openOperation(ctx: Ctx, row: SubscriptionRow, wanted: NewOperation): Promise<OperationRow>
  /** Fires `term-ended` on many locked subscriptions at once: the same as one after the other, in a fixed number of statements. */
  renewAll(ctx: Ctx, subscriptions: readonly SubscriptionRow[], actor: Actor): Promise<void>
  record(ctx: Ctx, subscriptionId: string, kind: string, by: Actor, data: Record<string, unknown>, operationId?: string): Promise<void>
}

export interface NewOperation {
  action: OperationAction
  source: OperationRow['source']
  status: OperationRow['status']
  actor: Actor
  id?: string
  planId?: string
  quantity?: number | null
  targetAgreement?: OperationRow['targetAgreement']
  /** No webhook tells of it. */
  silent?: boolean
}

interface Change {
  before: SubscriptionRow
  row: SubscriptionRow
  input: FireInput
}

export function createLifeCycleEngine(kernel: Kernel, facts: OfferFacts, deliveries: Deliveries): LifeCycleEngine {
  async function beginTerm(ctx: Ctx, row: SubscriptionRow, start: Temporal.PlainDate, unit: TermUnit, isFreeTrial: boolean) {
    const begun = enterTerm(row, start, unit, isFreeTrial)
    await ctx.tx.insert(term).values(begun.term)
    await kernel.due.schedule(ctx, begun.end)
  }

  const effects: Record<Effect, (ctx: Ctx, change: Change) => Promise<void>> = {
    async 'begin-first-term'(ctx, { row }) {
      row.activatedAt = ctx.now
      await kernel.due.cancel(ctx, dueKinds.neverConfigured, row.id)
      const trial = row.agreement.freeTrial && !(await hasPaidFor(ctx, row.offer, row.beneficiaryTenantId))
      // A trial is one month whatever the term that follows it (spec/01 §15.8).
      await beginTerm(ctx, row, dayOf(ctx.now), trial ? 'P1M' : row.termUnit, trial)
    },
    async 'begin-next-term'(ctx, { row }) {
      const begun = await enterNextTerm(ctx, facts, row, await findLiveSnapshot(ctx, row.offer))
      await ctx.tx.insert(term).values(begun.term)
      await kernel.due.schedule(ctx, begun.end)
    },
    async 'cut-term-short'(ctx, { row }) {
      if (row.termIndex === null) return
      row.termEnd = dayOf(ctx.now).subtract({ days: 1 })
      await ctx.tx
        .update(term)
        .set({ endDate: row.termEnd })
        .where(and(eq(term.subscription, row.id), eq(term.index, row.termIndex)))
    },
    async 'adopt-change'(_ctx, { row, input }) {
      const wanted = input.operation
      if (!wanted) throw new Error('A change is adopted from its operation.')
      if (wanted.action === 'ChangePlan') {
        row.planId = wanted.planId
        row.agreement = wanted.targetAgreement ?? row.agreement
      } else {
        row.quantity = wanted.quantity
      }
    },
    async 'open-reinstatement'(ctx, { row, input }) {
      await engine.openOperation(ctx, row, { action: 'Reinstate', source: 'marketplace', status: 'InProgress', actor: input.actor })
    },
    async 'give-up-pending-change'(ctx, { row }) {
      if (row.pendingOperation === null) return
      const pending = await findOperation(ctx, row.pendingOperation)
      row.pendingOperation = null
      if (!pending) return
      pending.status = nextOperationStatus(pending, 'overtaken')
      pending.finishedAt = ctx.now
      pending.decidedBy = 'overtaken'
      pending.errorMessage = 'The subscription was suspended or ended before the operation did.'
      await saveOperation(ctx, pending)
      await kernel.due.cancel(ctx, dueKinds.answerWindow, row.id)
      await deliveries.stopOf(ctx, row, pending.id, 'The operation was overtaken by the end or suspension of the subscription.')
    },
    async 'start-grace'(ctx, { row }) {
      row.suspendedAt = ctx.now
      await kernel.due.schedule(ctx, { kind: dueKinds.graceEnd, key: row.id, at: ctx.now.add(suspensionGrace) })
    },
    async 'stop-grace'(ctx, { row }) {
      row.suspendedAt = null
      await kernel.due.cancel(ctx, dueKinds.graceEnd, row.id)
    },
    async end(ctx, { before, row, input }) {
      row.endedAt = ctx.now
      row.endReason = input.endReason ?? 'cancelled'
      row.endedBy = input.endedBy ?? 'marketplace'
      // A term that has run to its end is not given back.
      row.withinFreePeriod = (row.endReason === 'cancelled' || row.endReason === 'offer-removed') && cancellationIsFree(before, ctx.now)
      if (row.withinFreePeriod && row.termIndex !== null) {
        await ctx.tx.update(term).set({ reversed: true }).where(eq(term.subscription, row.id))
      }
      for (const kind of [dueKinds.termEnd, dueKinds.graceEnd, dueKinds.neverConfigured]) await kernel.due.cancel(ctx, kind, row.id)
    },
  }

  async function publish(ctx: Ctx, { before, row, input }: Change, event: EventName) {
    const payload = payloadOf(ctx, row)
    const message = { type: `subscription.${event}`, publisherId: row.publisherId }
    if (event === 'cancelled') {
      const cancelled: CancelledPayload = {
        ...payload,
        reason: row.endReason ?? 'cancelled',
        cancelledBy: row.endedBy ?? 'marketplace',
        withinFreePeriod: row.withinFreePeriod ?? false,
        previousStatus: before.status,
      }
      await kernel.events.publish(ctx, { ...message, payload: cancelled })
    } else if (event === 'plan-changed' || event === 'quantity-changed') {
      const changed: ChangedPayload = {
        ...payload,
        previous: { planId: before.planId, quantity: before.quantity, agreement: before.agreement },
        operation: input.operation?.id ?? null,
      }
      await kernel.events.publish(ctx, { ...message, payload: changed })
    } else {
      await kernel.events.publish(ctx, { ...message, payload })
    }
  }

  const engine: LifeCycleEngine = {
    async fire(ctx, before, trigger, input) {
      const found = transition(before, trigger, { now: ctx.now, planId: input.planId, quantity: input.quantity })
      const row: SubscriptionRow = { ...before, status: found.to, modifiedAt: ctx.now }
      const change: Change = { before, row, input }
      for (const effect of found.effects ?? []) await effects[effect](ctx, change)
      await saveSubscription(ctx, row)
      if (found === lifeCycle.Subscribed.activate) return row // a repeated activation: nothing happened
      await engine.record(ctx, row.id, trigger, input.actor, { from: before.status, to: row.status, ...input.note }, input.operation?.id)
      const event =
        found.event === 'changed' ? (input.operation?.action === 'ChangePlan' ? 'plan-changed' : 'quantity-changed') : found.event
      if (event) await publish(ctx, change, event)
      if (found.notify)
        await engine.openOperation(ctx, row, { action: found.notify, source: sourceOf(input), status: 'Succeeded', actor: input.actor })
      return row
    },

    async renewAll(ctx, subscriptions, actor) {
      if (subscriptions.length === 0) return
      const known = remembered(facts)
      const live = await findLiveSnapshots(ctx, [...new Set(subscriptions.map((row) => row.offer))])
      const changes: { before: SubscriptionRow; row: SubscriptionRow; begun: ReturnType<typeof enterTerm> }[] = []
      for (const before of subscriptions) {
        const { to } = transition(before, 'term-ended', { now: ctx.now })
        const row: SubscriptionRow = { ...before, status: to, modifiedAt: ctx.now }
        changes.push({ before, row, begun: await enterNextTerm(ctx, known, row, live.get(row.offer)) })
      }
      const rows = changes.map(({ row }) => row)
      const terms = changes.map(({ begun }) => begun.term)
      await insertAll(ctx, term, terms)
      await kernel.due.scheduleAll(
        ctx,
        changes.map(({ begun }) => begun.end),
      )
      await saveRenewed(ctx, rows)
      await insertAll(
        ctx,
        history,
        changes.map(({ before, row }) => ({
          subscription: row.id,
          at: ctx.now,
          wallAt: ctx.wall,
          kind: 'term-ended',
          by: actor,
          operation: null,
          data: { from: before.status, to: row.status },
        })),
      )
      await kernel.events.publishAll(
        ctx,
        'subscription.renewed',
        rows.map((row) => ({ publisherId: row.publisherId, payload: payloadOf(ctx, row) })),
      )
      const opened = rows.map((row) => newOperation(ctx, row, { action: 'Renew', source: 'marketplace', status: 'Succeeded', actor }))
      await insertAll(ctx, operation, opened)
      await deliveries.enqueueAll(
        ctx,
        rows.map((row, i) => ({ row, about: opened[i] as OperationRow })),
      )
    },

    async openOperation(ctx, row, wanted) {
      const opened = newOperation(ctx, row, wanted)
      await ctx.tx.insert(operation).values(opened)
      if (opened.finishedAt === null) row.pendingOperation = opened.id
      if (!wanted.silent) await deliveries.enqueue(ctx, row, opened)
      return opened
    },

    async record(ctx, subscriptionId, kind, by, data, operationId) {
      await ctx.tx
        .insert(history)
        .values({ subscription: subscriptionId, at: ctx.now, wallAt: ctx.wall, kind, by, operation: operationId ?? null, data })
    },
  }
  return engine
}

/** Puts the subscription into a new term; returns the term's row and the due work of its end. */
function enterTerm(row: SubscriptionRow, start: Temporal.PlainDate, unit: TermUnit, isFreeTrial: boolean) {
  row.termIndex = (row.termIndex ?? 0) + 1
  row.termStart = start
  row.termEnd = termEnd(start, unit)
  row.isFreeTrial = isFreeTrial
  return {
    term: {
      subscription: row.id,
      index: row.termIndex,
      startDate: row.termStart,
      endDate: row.termEnd,
      termUnit: unit,
      isFreeTrial,
      planId: row.planId,
      quantity: row.quantity,
      unitPrice: new Decimal(row.agreement.unitPrice),
      currency: row.agreement.currency,
      reversed: false,
    },
    end: { kind: dueKinds.termEnd, key: row.id, at: startOfDay(nextTermStart(row.termEnd)), payload: { termIndex: row.termIndex } },
  }
}

/** The term that follows the present one, at the price in force. */
async function enterNextTerm(ctx: Ctx, facts: OfferFacts, row: SubscriptionRow, liveSnapshot: string | undefined) {
  if (row.termEnd === null) throw new Error(`Subscription ${row.id} has no term to continue.`)
  // The first paid term keeps the price that was agreed at the purchase or the change of plan.
  if (!row.isFreeTrial) row.agreement = await agreementAtRenewal(ctx, facts, row, liveSnapshot)
  return enterTerm(row, nextTermStart(row.termEnd), row.termUnit, false)
}

/** Asks for the same offer's snapshot and the same price list's prices once. */
function remembered(facts: OfferFacts): OfferFacts {
  const live = new Map<string, ReturnType<OfferFacts['publishing']['getLive']>>()
  const prices = new Map<string, ReturnType<OfferFacts['offers']['pricesOf']>>()
  const once = <T>(known: Map<string, T>, key: string, ask: () => T): T => {
    const found = known.get(key) ?? ask()
    known.set(key, found)
    return found
  }
  return {
    publishing: { ...facts.publishing, getLive: (ctx, offer) => once(live, offer, () => facts.publishing.getLive(ctx, offer)) },
    offers: {
      ...facts.offers,
      pricesOf: (ctx, lists, market, options) =>
        once(prices, `${market} ${options?.inDollars ?? false} ${lists.join(' ')}`, () =>
          facts.offers.pricesOf(ctx, lists, market, options),
        ),
    },
  }
}

function newOperation(ctx: Ctx, row: SubscriptionRow, wanted: NewOperation): OperationRow {
  const isPending = wanted.status === 'InProgress' || wanted.status === 'NotStarted'
  return {
    id: wanted.id ?? newId<'operation'>(),
    activityId: wanted.id ?? newId<'activity'>(),
    subscription: row.id,
    action: wanted.action,
    source: wanted.source,
    status: wanted.status,
    planId: wanted.planId ?? row.planId,
    quantity: wanted.quantity === undefined ? row.quantity : wanted.quantity,
    previousPlanId: row.planId,
    previousQuantity: row.quantity,
    targetAgreement: wanted.targetAgreement ?? null,
    requestedBy: wanted.actor,
    requestId: ctx.requestId,
    createdAt: ctx.now,
    notifiedAt: null,
    acknowledgedAt: null,
    deadlineAt: null,
    finishedAt: isPending ? null : ctx.now,
    decidedBy: isPending ? null : 'at-once',
    errorStatusCode: null,
    errorMessage: null,
  }
}

/** The current term as events carry it; null before activation. */
function termPayload(row: SubscriptionRow): SubscriptionPayload['term'] {
  if (row.termIndex === null || row.termStart === null || row.termEnd === null) return null
  return {
    index: row.termIndex,
    startDate: row.termStart.toString(),
    endDate: row.termEnd.toString(),
    termUnit: row.isFreeTrial ? 'P1M' : row.termUnit,
    isFreeTrial: row.isFreeTrial,
  }
}

function sourceOf(input: FireInput): OperationRow['source'] {
  return input.endedBy === 'publisher' ? 'publisher' : 'marketplace'
}

/** What every event of a subscription says. */
export function payloadOf(ctx: Ctx, row: SubscriptionRow): SubscriptionPayload {
  return {
    subscription: row.id,
    publisherId: row.publisherId,
    offer: row.offer,
    offerId: row.offerId,
    planId: row.planId,
    quantity: row.quantity,
    customerTenantId: row.customerTenantId,
    beneficiaryTenantId: row.beneficiaryTenantId,
    status: row.status,
    term: termPayload(row),
    agreement: row.agreement,
    preview: row.preview,
    at: ctx.now.toString(),
  }
}
