import { Temporal } from 'temporal-polyfill'
import { conflict, invalid } from '../../kernel/errors.ts'

export type OperationAction = 'ChangePlan' | 'ChangeQuantity' | 'Reinstate' | 'Suspend' | 'Unsubscribe' | 'Renew'
export type OperationStatus = 'NotStarted' | 'InProgress' | 'Succeeded' | 'Failed' | 'Conflict'

/** Who asked: the marketplace's side (customer, reseller, payment, time) or the publisher by API. */
export type OperationSource = 'marketplace' | 'publisher'

/** What can decide an operation. The name is kept with it and shown on its time line. */
export type OperationTrigger =
  | 'notified' // the webhook leaves
  | 'publisher-success' // PATCH Success
  | 'publisher-failure' // PATCH Failure
  | 'window-passed' // no PATCH within the window after the webhook's 2xx
  | 'webhook-refused' // 4xx to the webhook of a change
  | 'webhook-undeliverable' // all attempts failed
  | 'overtaken' // the subscription was suspended or ended meanwhile
  | 'already-so' // the value asked for is the current one when it should take effect

/** Seconds the publisher has to answer after it acknowledged the webhook (seed 001 L25276). */
export const answerWindow = Temporal.Duration.from({ seconds: 10 })

/** Actions whose outcome the publisher decides; the others are news of what has happened. */
export const answerable: Record<OperationAction, boolean> = {
  ChangePlan: true,
  ChangeQuantity: true,
  Reinstate: true,
  Suspend: false,
  Unsubscribe: false,
  Renew: false,
}

/** A 4xx answer to the webhook refuses these (spec/08 §2.7); for the others it is a failed attempt. */
export const refusedByWebhook: Record<OperationAction, boolean> = { ...answerable, Reinstate: false }

const pending: Partial<Record<OperationTrigger, OperationStatus>> = {
  notified: 'InProgress',
  'publisher-success': 'Succeeded',
  'publisher-failure': 'Failed',
  'window-passed': 'Succeeded',
  'webhook-refused': 'Failed',
  'webhook-undeliverable': 'Failed',
  overtaken: 'Failed',
  'already-so': 'Conflict',
}

/** Operation states (spec/08 §2.5). A repeated answer leaves a final state as it is; a contradicting one is illegal. */
export const operationStates: Record<OperationStatus, Partial<Record<OperationTrigger, OperationStatus>>> = {
  NotStarted: pending,
  InProgress: pending,
  Succeeded: { 'publisher-success': 'Succeeded' },
  Failed: { 'publisher-failure': 'Failed' },
  Conflict: {},
}

export function isPending(status: OperationStatus): boolean {
  return status === 'NotStarted' || status === 'InProgress'
}

/**
 * The status after `trigger`.
 *
 * Throws `NoAnswerExpected` (invalid) when the publisher answers mere news, `OperationFinal` (conflict) when the operation has ended otherwise.
 */
export function nextOperationStatus(
  operation: { action: OperationAction; status: OperationStatus },
  trigger: OperationTrigger,
): OperationStatus {
  if ((trigger === 'publisher-success' || trigger === 'publisher-failure') && !answerable[operation.action]) {
    throw invalid('NoAnswerExpected', "Cannot update the status of an operation that doesn't require an ACK", { target: 'operation' })
  }
  const next = operationStates[operation.status][trigger]
  if (next === undefined)
    throw conflict('OperationFinal', `The operation has already ended as ${operation.status}.`, { target: 'operation' })
  return next
}
