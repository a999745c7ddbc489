import type { Agreement } from './agreement.ts'
import type { Status } from './life-cycle.ts'
import type { EndedBy, EndReason } from './schema.ts'
import type { TermUnit } from './term.ts'

/** What every `subscription.*` event carries: the subscription as it is after the change. Dates and instants as ISO text. */
export interface SubscriptionPayload {
  subscription: string
  publisherId: string
  offer: string
  offerId: string
  planId: string
  /** Seats; null for plans that are not sold by seats. */
  quantity: number | null
  /** Tenant that pays. */
  customerTenantId: string
  beneficiaryTenantId: string
  status: Status
  /** Null before activation. Of a cancelled subscription: its last term. */
  term: { index: number; startDate: string; endDate: string; termUnit: TermUnit; isFreeTrial: boolean } | null
  agreement: Agreement
  /** Bought from the offer's preview. */
  preview?: boolean
  at: string
}

/** `subscription.plan-changed` and `subscription.quantity-changed`: the term does not change. */
export interface ChangedPayload extends SubscriptionPayload {
  previous: { planId: string; quantity: number | null; agreement: Agreement }
  operation: string | null
}

/** `subscription.cancelled`: access has ended. */
export interface CancelledPayload extends SubscriptionPayload {
  reason: EndReason
  cancelledBy: EndedBy
  /** The customer owes nothing for the terms begun so far. */
  withinFreePeriod: boolean
  previousStatus: Status
}

/** Types of the events of this room. `renewed` also begins the first paid term after a trial. */
export type SubscriptionEventType =
  | 'subscription.purchased'
  | 'subscription.activated'
  | 'subscription.renewed'
  | 'subscription.plan-changed'
  | 'subscription.quantity-changed'
  | 'subscription.suspended'
  | 'subscription.reinstated'
  | 'subscription.cancelled'
