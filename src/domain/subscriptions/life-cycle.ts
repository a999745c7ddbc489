import { Temporal } from 'temporal-polyfill'
import { conflict, type DomainError, gone, invalid } from '../../kernel/errors.ts'
import type { OperationAction } from './operation.ts'
import type { TermUnit } from './term.ts'

/** seed 001 L25198-25337. `Unsubscribed` is final. */
export type Status = 'PendingFulfillmentStart' | 'Subscribed' | 'Suspended' | 'Unsubscribed'

export type Trigger =
  | 'activate' // the publisher has provisioned
  | 'request-change' // somebody asks for another plan or seat count
  | 'apply-change' // the operation of such a request succeeded
  | 'payment-failed'
  | 'payment-recovered'
  | 'reinstate' // the operation of a recovered payment succeeded
  | 'leave-trial' // the plan changed to is sold without trial: the first paid term begins
  | 'term-ended' // and the subscription renews itself
  | 'lapse' // the term ended and automatic renewal is off
  | 'grace-ended' // 30 days suspended
  | 'never-configured' // 90 days bought and not activated
  | 'cancel'
  | 'set-auto-renew'

export const triggers: readonly Trigger[] = [
  'activate',
  'request-change',
  'apply-change',
  'payment-failed',
  'payment-recovered',
  'reinstate',
  'leave-trial',
  'term-ended',
  'lapse',
  'grace-ended',
  'never-configured',
  'cancel',
  'set-auto-renew',
]

/** Facts that guards look at. */
export interface LifeCycleFacts {
  status: Status
  planId: string
  quantity: number | null
  activatedAt: Temporal.Instant | null
  pendingOperation: string | null
  termUnit: TermUnit
}

/** What a trigger brings along. */
export interface TriggerInput {
  now: Temporal.Instant
  planId?: string | undefined
  quantity?: number | null | undefined
}

/** A repeated activation with the same plan is answered as the first within this time (network retries; spec/08 §2.3.2). */
export const activationRepeat = Temporal.Duration.from({ minutes: 5 })
/** seed 001 L25303: a suspended subscription is cancelled after 30 days. */
export const suspensionGrace = Temporal.Duration.from({ hours: 30 * 24 })
/** Ours: the documentation names no end for a purchase that is never configured. */
export const configurationDeadline = Temporal.Duration.from({ hours: 90 * 24 })
/** seed 001 L25894-25899: cancellation is free within 24 hours (monthly) or 14 days (annual) after activation. */
export const freeCancellation: Record<TermUnit, Temporal.Duration> = {
  P1M: Temporal.Duration.from({ hours: 24 }),
  P1Y: Temporal.Duration.from({ hours: 14 * 24 }),
}

type Guard = (facts: LifeCycleFacts, input: TriggerInput) => DomainError | null

export const guards = {
  planIsThePurchasedOne: (facts, { planId }) => {
    if (planId === undefined || planId === '') return invalid('RequiredField', 'The plan id is required.', { target: 'planId' })
    if (planId !== facts.planId) {
      return invalid('PlanMismatch', `The subscription was purchased with plan ${facts.planId}, not ${planId}.`, { target: 'planId' })
    }
    return null
  },
  quantityIsThePurchasedOne: (facts, { quantity }) => {
    if (quantity === undefined || quantity === null || quantity === facts.quantity) return null
    const message =
      facts.quantity === null
        ? 'The plan is not sold by seats; leave the quantity out.'
        : `The subscription was purchased with ${facts.quantity} seats, not ${quantity}.`
    return invalid('QuantityMismatch', message, { target: 'quantity' })
  },
  repeatsARecentActivation: (facts, { now }) => {
    const until = facts.activatedAt?.add(activationRepeat)
    if (until && Temporal.Instant.compare(now, until) <= 0) return null
    return invalid('AlreadyActive', 'The subscription is already active.', { target: 'subscriptionId' })
  },
  noChangeIsPending: (facts) =>
    facts.pendingOperation === null
      ? null
      : conflict('OperationPending', 'Another change of this subscription is still in progress. Wait until it has ended.', {
          target: 'update',
        }),
} satisfies Record<string, Guard>

export type GuardName = keyof typeof guards

export type Effect =
  | 'begin-first-term'
  | 'begin-next-term'
  | 'adopt-change'
  | 'cut-term-short' // ends yesterday
  | 'open-reinstatement'
  | 'give-up-pending-change'
  | 'start-grace'
  | 'stop-grace'
  | 'end' // remembers when, why and by whom; no timer runs any more

export type EventName = 'activated' | 'renewed' | 'plan-changed' | 'quantity-changed' | 'suspended' | 'reinstated' | 'cancelled'

export interface Transition {
  to: Status
  guards?: readonly GuardName[]
  effects?: readonly Effect[]
  /** Published as `subscription.<event>`; a change publishes the event of its kind. */
  event?: EventName | 'changed'
  /** An operation that needs no answer, and its webhook. */
  notify?: OperationAction
}

/** The life cycle (spec/08 §2.4). What is not here is illegal. */
export const lifeCycle: Record<Status, Partial<Record<Trigger, Transition>>> = {
  PendingFulfillmentStart: {
    activate: {
      to: 'Subscribed',
      guards: ['planIsThePurchasedOne', 'quantityIsThePurchasedOne'],
      effects: ['begin-first-term'],
      event: 'activated', // AP-032: no webhook
    },
    'payment-failed': { to: 'Unsubscribed', effects: ['end'], event: 'cancelled' },
    cancel: { to: 'Unsubscribed', effects: ['end'], event: 'cancelled' }, // AP-065: no webhook
    'never-configured': { to: 'Unsubscribed', effects: ['end'], event: 'cancelled' },
    'set-auto-renew': { to: 'PendingFulfillmentStart' },
  },
  Subscribed: {
    activate: { to: 'Subscribed', guards: ['repeatsARecentActivation', 'planIsThePurchasedOne', 'quantityIsThePurchasedOne'] },
    'request-change': { to: 'Subscribed', guards: ['noChangeIsPending'] },
    'apply-change': { to: 'Subscribed', effects: ['adopt-change'], event: 'changed' },
    // The webhook of the plan change says it all: none of its own.
    'leave-trial': { to: 'Subscribed', effects: ['cut-term-short', 'begin-next-term'], event: 'renewed' },
    'payment-failed': { to: 'Suspended', effects: ['give-up-pending-change', 'start-grace'], event: 'suspended', notify: 'Suspend' },
    'term-ended': { to: 'Subscribed', effects: ['begin-next-term'], event: 'renewed', notify: 'Renew' },
    lapse: { to: 'Unsubscribed', effects: ['give-up-pending-change', 'end'], event: 'cancelled', notify: 'Unsubscribe' },
    cancel: { to: 'Unsubscribed', effects: ['give-up-pending-change', 'end'], event: 'cancelled', notify: 'Unsubscribe' },
    'set-auto-renew': { to: 'Subscribed' },
  },
  Suspended: {
    'payment-recovered': { to: 'Suspended', guards: ['noChangeIsPending'], effects: ['open-reinstatement'] },
    reinstate: { to: 'Subscribed', effects: ['stop-grace'], event: 'reinstated' },
    lapse: { to: 'Unsubscribed', effects: ['give-up-pending-change', 'end'], event: 'cancelled', notify: 'Unsubscribe' },
    'grace-ended': { to: 'Unsubscribed', effects: ['give-up-pending-change', 'end'], event: 'cancelled', notify: 'Unsubscribe' },
    cancel: { to: 'Unsubscribed', effects: ['give-up-pending-change', 'end'], event: 'cancelled', notify: 'Unsubscribe' },
    'set-auto-renew': { to: 'Suspended' },
  },
  Unsubscribed: {},
}

/**
 * The transition that `trigger` makes from where the subscription is, after its guards.
 *
 * Throws the first guard's error; `SubscriptionEnded` (gone) from `Unsubscribed`; `SubscriptionNotActive` (conflict) otherwise.
 */
export function transition(facts: LifeCycleFacts, trigger: Trigger, input: TriggerInput): Transition {
  const found = lifeCycle[facts.status][trigger]
  if (!found) throw illegal(facts.status, trigger)
  for (const name of found.guards ?? []) {
    const error = guards[name](facts, input)
    if (error) throw error
  }
  return found
}

const saidOf: Record<Status, string> = {
  PendingFulfillmentStart: 'has not been activated yet',
  Subscribed: 'is active',
  Suspended: 'is suspended',
  Unsubscribed: 'has ended',
}

function illegal(status: Status, trigger: Trigger): DomainError {
  const message = `The subscription ${saidOf[status]}; ${asked[trigger]} is not possible.`
  return status === 'Unsubscribed'
    ? gone('SubscriptionEnded', message, { target: 'subscriptionId' })
    : conflict('SubscriptionNotActive', message, { target: 'subscriptionId' })
}

const asked: Record<Trigger, string> = {
  activate: 'activation',
  'request-change': 'a change of plan or seats',
  'apply-change': 'a change of plan or seats',
  'payment-failed': 'suspension',
  'payment-recovered': 'reinstatement',
  reinstate: 'reinstatement',
  'leave-trial': 'the end of a trial',
  'term-ended': 'renewal',
  lapse: 'renewal',
  'grace-ended': 'the end of a suspension',
  'never-configured': 'expiry',
  cancel: 'cancellation',
  'set-auto-renew': 'a change of automatic renewal',
}

/** Whether cancelling at `now` costs nothing: before activation, in a trial, or within the free period after activation. */
export function cancellationIsFree(facts: LifeCycleFacts & { isFreeTrial: boolean }, now: Temporal.Instant): boolean {
  if (facts.activatedAt === null || facts.isFreeTrial) return true
  return Temporal.Instant.compare(now, freeCancellationEnds(facts.activatedAt, facts.termUnit)) <= 0
}

/** When the free cancellation period ends, the instant included. */
export function freeCancellationEnds(activatedAt: Temporal.Instant, termUnit: TermUnit): Temporal.Instant {
  return activatedAt.add(freeCancellation[termUnit])
}
