import type { Temporal } from 'temporal-polyfill'
import type { Principal } from '../../kernel/context.ts'
import type { StepStatus } from './steps.ts'

/** What the History page tells of an offer (spec/06 A10). Draft saves are not events. */

export type InitiatorKind = 'user' | 'operator' | 'application' | 'system'

/** Literals of the events. Those that end in a colon are followed by the plan's name. */
export const historyEvents = {
  offerCreated: 'Created offer',
  planCreated: 'Created plan:',
  planDeleted: 'Deleted plan',
  planStopInitiated: 'Initiated plan Stop distribution:',
  planResumed: 'Resume distribution:',
  submitted: 'Submitted offer to preview',
  cancelInitiated: 'Initiated submit to preview cancellation',
  cancelled: 'Canceled submission to preview',
  signedOff: 'Sign-off to go live',
  publishCancelInitiated: 'Initiated publish to marketplace cancellation',
  publishCancelled: 'Canceled publishing to the commercial marketplace',
  audienceSynced: 'Sync private audience',
  offerStopped: 'Stop distribution offer',
} as const

export type HistoryEvent = keyof typeof historyEvents

/** Kind of the entries that the marketplace's own steps leave. */
export const stepKind = 'Validation and publishing steps'

/** Text of an event, with the plan's name where the literal asks for one. */
export function eventText(event: HistoryEvent, planName?: string): string {
  const literal = historyEvents[event]
  return literal.endsWith(':') ? `${literal} ${planName ?? ''}` : literal
}

/** The literal without a plan's name: what the filter Events offers. */
export const eventKind = (event: HistoryEvent): string => historyEvents[event].replace(/:$/, '')

/** Who does something, as the history keeps it. The operator acts for an account that is not its own. */
export function initiatorOf(
  principal: Principal,
  offerTenantId: string,
): { initiatorKind: InitiatorKind; initiatorId: string | null; initiatedBy: string } {
  if (principal.kind === 'user') {
    const isOperator = principal.tenantId !== offerTenantId && principal.roles.includes('operator')
    return { initiatorKind: isOperator ? 'operator' : 'user', initiatorId: principal.objectId, initiatedBy: principal.displayName }
  }
  if (principal.kind === 'application') {
    return { initiatorKind: 'application', initiatorId: principal.clientId, initiatedBy: 'Application' }
  }
  return { initiatorKind: 'system', initiatorId: null, initiatedBy: '' }
}

export interface HistoryEntry {
  id: string
  at: Temporal.Instant
  /** `08/05/2020, 08:09 PM UTC` */
  when: string
  event: string
  /** the event without a plan's name */
  kind: string
  /** empty for the marketplace's own steps */
  initiatedBy: string
  /** by which the entry can be filtered; empty where nobody is named */
  user: string
  /** of a step */
  status: StepStatus | null
}

const american = new Intl.DateTimeFormat('en-US', {
  timeZone: 'UTC',
  month: '2-digit',
  day: '2-digit',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hour12: true,
})

/** `08/05/2020, 08:09 PM UTC`, the format of the History page. */
export function historyTime(at: Temporal.Instant): string {
  return `${american.format(at.epochMilliseconds).replaceAll(/\s/g, ' ')} UTC`
}

/** What `Initiated by` shows: the name, the marketplace's brand for its operator, `Unidentified user` for who has left the account. */
export function initiatorText(
  row: { initiatorKind: InitiatorKind; initiatedBy: string; initiatorId: string | null },
  facts: { brand: string; isMember: (id: string) => boolean },
): string {
  if (row.initiatorKind === 'operator') return facts.brand
  if (row.initiatorKind === 'system') return ''
  return row.initiatorId === null || facts.isMember(row.initiatorId) ? row.initiatedBy : 'Unidentified user'
}

export interface HistoryFilter {
  /** kinds of events */
  events?: readonly string[]
  /** names as shown */
  users?: readonly string[]
  /** first and last day, UTC, both included: `2026-11-20` */
  from?: string
  to?: string
  /** pages by their label */
  pages?: readonly string[]
}

/** Whether an entry passes a filter. `pagesChanged` holds the labels of pages that the entry's submission changed. */
export function passes(entry: HistoryEntry, pagesChanged: readonly string[], filter: HistoryFilter): boolean {
  if (filter.events?.length && !filter.events.includes(entry.kind)) return false
  if (filter.users?.length && !filter.users.includes(entry.user)) return false
  const day = entry.at.toString().slice(0, 10)
  if (filter.from && day < filter.from) return false
  if (filter.to && day > filter.to) return false
  if (filter.pages?.length) {
    return entry.kind === historyEvents.submitted && filter.pages.some((page) => pagesChanged.includes(page))
  }
  return true
}
