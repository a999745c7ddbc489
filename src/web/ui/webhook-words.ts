import type { DeliveryAttemptRow } from '../../domain/subscriptions/index.ts'
import type { Tone } from './portal-status.tsx'

const states: Record<string, { label: string; tone: Tone }> = {
  waiting: { label: 'Waiting', tone: 'info' },
  delivered: { label: 'Delivered', tone: 'good' },
  rejected: { label: 'Refused', tone: 'attention' },
  failed: { label: 'Failed', tone: 'bad' },
  stopped: { label: 'Stopped', tone: 'neutral' },
}

/** States of a delivery as a filter offers them. */
export const deliveryStates = [
  { value: '', label: 'All states' },
  ...Object.entries(states).map(([value, { label }]) => ({ value, label })),
]

/** State of a delivery in words. */
export function deliveryState(state: string): { label: string; tone: Tone } {
  return states[state] ?? { label: state, tone: 'neutral' }
}

const operationTones: Record<string, Tone> = {
  NotStarted: 'neutral',
  InProgress: 'info',
  Succeeded: 'good',
  Failed: 'bad',
  Conflict: 'attention',
}

/** How an operation's status looks. */
export function operationTone(status: string): Tone {
  return operationTones[status] ?? 'neutral'
}

/** `answered 200 in 12 ms`, or why there was no answer. */
export function attemptText(attempt: Pick<DeliveryAttemptRow, 'status' | 'error' | 'durationMs' | 'collapsed'>): string {
  if (attempt.status !== null) return `answered ${attempt.status} in ${attempt.durationMs ?? 0} ms`
  return attempt.error ?? 'no answer'
}

const dueWork: Record<string, string> = {
  'subscriptions.term-end': 'The term ends',
  'subscriptions.grace-end': 'Cancelled unless the payment comes before',
  'subscriptions.never-configured': 'Cancelled unless it is configured before',
  'subscriptions.answer-window': 'The operation succeeds unless the publisher answers before',
  'subscriptions.webhook': 'Next webhook attempt',
  'subscriptions.webhook-given-up': 'The webhook is given up',
}

/** Due work in words. */
export function dueText(kind: string): string {
  return dueWork[kind] ?? kind
}
