import type { HistoryRow } from '../../domain/subscriptions/index.ts'
import type { TimeLineEntry } from './portal-time-line.tsx'

const kinds: Record<string, string> = {
  purchase: 'Bought',
  resolved: 'Opened on the publisher’s page',
  activate: 'Activated by the publisher',
  'apply-change': 'The change took effect',
  'payment-failed': 'Suspended: a payment failed',
  'payment-recovered': 'The payment arrived',
  reinstate: 'Reinstated',
  'leave-trial': 'The free month ended with the change of plan',
  'term-ended': 'Renewed for another term',
  lapse: 'Ended with its term',
  'grace-ended': 'Cancelled: no payment within 30 days of the suspension',
  'never-configured': 'Cancelled: never configured',
  cancel: 'Cancelled',
  'set-auto-renew': 'Automatic renewal changed',
  'operation-ended': 'A change was decided',
}

const rules: Record<string, string> = {
  'publisher-success': 'the publisher agreed',
  'publisher-failure': 'the publisher refused',
  'window-passed': 'the publisher did not object within 10 seconds',
  'webhook-refused': 'the publisher’s webhook refused it',
  'webhook-undeliverable': 'the publisher’s webhook could not be reached',
  overtaken: 'the subscription was suspended or ended meanwhile',
  'already-so': 'it was already so',
  'at-once': 'at once',
}

/** Why an operation ended as it did. */
export function ruleText(rule: string): string {
  return rules[rule] ?? rule
}

function titleOf({ kind, data }: HistoryRow): string {
  if (kind === 'set-auto-renew') return data.enabled === false ? 'Automatic renewal switched off' : 'Automatic renewal switched on'
  if (kind === 'operation-ended') return `${operationText(String(data.action))}: ${data.status === 'Succeeded' ? 'done' : 'not done'}`
  if (kind === 'request-change') return askedFor(data) ?? 'A change was asked for'
  return kinds[kind] ?? kind
}

/** What a change is to: `Asked for 9 seats`. */
function askedFor({ planId, quantity }: HistoryRow['data']): string | undefined {
  if (typeof planId === 'string') return `Asked for the plan ${planId}`
  return typeof quantity === 'number' ? `Asked for ${quantity} seats` : undefined
}

const operations: Record<string, string> = {
  ChangePlan: 'Change of plan',
  ChangeQuantity: 'Change of seats',
  Reinstate: 'Reinstatement',
  Suspend: 'Suspension',
  Unsubscribe: 'End of the subscription',
  Renew: 'Renewal',
}

/** An operation's action in words. */
export function operationText(action: string): string {
  return operations[action] ?? action
}

/** Applications are known by ids that say nothing to a reader; people by their names. */
function actorText({ by }: HistoryRow): string {
  if (by.kind === 'publisher') return by.name.startsWith('application ') ? 'the publisher’s application' : by.name
  return by.kind === 'marketplace' ? 'the marketplace' : by.name
}

/** A subscription's history, newest first. */
export function timeLine(history: HistoryRow[]): TimeLineEntry[] {
  return history
    .map((row) => {
      const rule = row.kind === 'operation-ended' && typeof row.data.rule === 'string' ? `, because ${ruleText(row.data.rule)}` : ''
      return { id: String(row.id), at: row.at.toString(), title: titleOf(row), detail: `By ${actorText(row)}${rule}` }
    })
    .reverse()
}
