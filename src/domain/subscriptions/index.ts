export type { AgreedDimension, Agreement } from './agreement.ts'
export { agreementOn, findPlan, freeOf, offerName, planDescription, planName, pricedDimensions, seatsOf } from './agreement.ts'
export type { WantedChange } from './changes.ts'
export type { EndpointKey, WebhookFacts, WebhookFormat, WebhookOptions } from './deliveries.ts'
export type { CancelledPayload, ChangedPayload, SubscriptionEventType, SubscriptionPayload } from './events.ts'
export type { DeliveryDetail, Happening, ListedDelivery, OperationDetail, PlannedAttempt } from './inspection.ts'
export { cancellationIsFree, freeCancellationEnds, lifeCycle, type Status } from './life-cycle.ts'
export { type AvailablePlan, checkSeats, openPlans, pricesIn, stopsOf } from './offering.ts'
export { answerable, type OperationAction, type OperationStatus, operationStates } from './operation.ts'
export { type Actor, actorOf, type Person } from './person.ts'
export { recordOf, type SubscriptionRecord } from './record.ts'
export type {
  DeliveryAttemptRow,
  DeliveryRow,
  EndedBy,
  EndReason,
  HistoryRow,
  OfferBinding,
  OperationRow as Operation,
  SubscriptionRow as Subscription,
  TermRow,
} from './schema.ts'
export { createSubscriptions, type NewSubscription, type Subscriptions, type SubscriptionsNeighbours } from './service.ts'
export { type TermUnit, termUnits } from './term.ts'
export type { Customer, DeliveryView, Endpoint, Listed, ListFilter, ListQuery, SubscriptionDetail, SubscriptionSummary } from './views.ts'
export type { SubscriptionIdentifiers } from './identifiers.ts'
