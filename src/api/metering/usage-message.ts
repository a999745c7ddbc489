import { isUuid } from '../../kernel/ids.ts'
import {
  type AcceptedUsage,
  isoOf,
  type MalformedUsage,
  type Refusal,
  type ReportedUsage,
  type Verdict,
} from '../../domain/metering/index.ts'
import { membersOf } from '../commerce-contract.ts'

/** Values of `status` on the wire (spec/08 §3.4). */
export type UsageStatus =
  | 'Accepted'
  | 'Expired'
  | 'Duplicate'
  | 'Error'
  | 'ResourceNotFound'
  | 'ResourceNotAuthorized'
  | 'ResourceNotActive'
  | 'InvalidDimension'
  | 'InvalidQuantity'
  | 'BadArgument'

export interface ErrorBody {
  message: string
  target?: string
  details?: { message: string; target?: string; code: string }[]
  code: string
}

/** Members of the request as they are echoed: only those that were sent and could be read. */
export interface Echo {
  resourceId?: string
  resourceUri?: string
  quantity?: number
  dimension?: string
  effectiveStartTime?: string
  planId?: string
}

/** One event as read from a request: what the domain judges, and what the answer echoes. */
export interface UsageMessage {
  report: ReportedUsage | MalformedUsage
  echo: Echo
  /** Why it could not be read; empty when it could. */
  problems: { message: string; target: string }[]
}

const maxText = 200

/** Reads one event. Nothing is thrown: an event that cannot be read is a verdict of its own in a batch. */
export function readUsage(item: unknown): UsageMessage {
  const members = membersOf(item)
  const problems: UsageMessage['problems'] = []
  const problem = (target: string, message: string) => problems.push({ target, message })
  if (!members) {
    problem('UsageEvent', 'The usage event must be a JSON object.')
    return { report: { malformed: problems[0]?.message ?? '' }, echo: {}, problems }
  }
  const echo: Echo = {}
  const present = (name: string) => members[name] !== undefined && members[name] !== null && members[name] !== ''

  /** A text member; reports why it is not one. */
  const text = (name: string, target: string): string | undefined => {
    const value = members[name.toLowerCase()]
    if (!present(name.toLowerCase())) return void problem(target, `The ${name} is required.`)
    if (typeof value !== 'string') return void problem(target, `The ${name} must be a string.`)
    if (value.length > maxText || hasControls(value))
      return void problem(target, `The ${name} must have at most ${maxText} characters and no control characters.`)
    return value
  }

  if (present('resourceid') && present('resourceuri')) {
    problem('ResourceId', 'Only one of resourceId and resourceUri may be given.')
  } else if (present('resourceuri')) {
    const uri = members.resourceuri
    if (typeof uri === 'string' && uri.length <= 2000 && !hasControls(uri)) echo.resourceUri = uri
    else problem('ResourceUri', 'The resourceUri must be the path of a resource.')
  } else if (present('resourceid')) {
    if (isUuid(members.resourceid)) echo.resourceId = members.resourceid
    else problem('ResourceId', 'The resourceId must be a GUID.')
  } else problem('ResourceId', 'The resourceId is required.')

  const quantity = members.quantity
  if (!present('quantity')) problem('Quantity', 'The quantity is required.')
  else if (typeof quantity === 'number') echo.quantity = quantity
  else problem('Quantity', 'The quantity must be a number.')

  const dimension = text('dimension', 'Dimension')
  if (dimension !== undefined) echo.dimension = dimension
  const planId = text('planId', 'PlanId')
  if (planId !== undefined) echo.planId = planId

  const time = members.effectivestarttime
  let effectiveUs: number | null = null
  if (!present('effectivestarttime')) problem('EffectiveStartTime', 'The effectiveStartTime is required.')
  else {
    effectiveUs = typeof time === 'string' ? readTime(time) : null
    if (effectiveUs === null)
      problem('EffectiveStartTime', 'The effectiveStartTime must be a date and time in ISO 8601, such as 2026-11-02T08:30:00Z.')
    else echo.effectiveStartTime = isoOf(effectiveUs)
  }

  if (problems.length > 0 || planId === undefined || dimension === undefined || effectiveUs === null) {
    return { report: malformed(members, problems), echo: finite(echo), problems }
  }
  const report: ReportedUsage = { planId, dimension, quantity: quantity as number, effectiveUs }
  if (echo.resourceId !== undefined) report.resourceId = echo.resourceId
  if (echo.resourceUri !== undefined) report.resourceUri = echo.resourceUri
  return { report, echo: finite(echo), problems }
}

function malformed(members: Record<string, unknown>, problems: { message: string }[]): MalformedUsage {
  const said = (value: unknown) =>
    value === undefined || value === null ? {} : { said: typeof value === 'string' ? value : JSON.stringify(value) }
  const pick = (key: keyof MalformedUsage, value: unknown) => {
    const { said: found } = said(value) as { said?: string }
    return found === undefined ? {} : { [key]: found.slice(0, maxText) }
  }
  return {
    malformed: problems.map((p) => p.message).join(' '),
    ...pick('resource', members.resourceid ?? members.resourceuri),
    ...pick('planId', members.planid),
    ...pick('dimension', members.dimension),
    ...pick('quantity', members.quantity),
    ...pick('effective', members.effectivestarttime),
  }
}

/** JSON cannot carry Infinity (1e999 on the wire): such a quantity is not echoed. */
function finite(echo: Echo): Echo {
  if (echo.quantity !== undefined && !Number.isFinite(echo.quantity)) delete echo.quantity
  return echo
}

function hasControls(text: string): boolean {
  for (let n = 0; n < text.length; n++) if (text.charCodeAt(n) < 0x20) return true
  return false
}

const timePattern = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,12}))?)?(?: ?(Z|[+-]\d{2}:?\d{2}))?)?$/i

/**
 * Microseconds since 1970 of an ISO 8601 date or date-time; without a zone it is UTC, seconds and time may be absent
 * (spec/08 §1.9). Null for anything else, also for days and hours that do not exist.
 */
export function readTime(text: string): number | null {
  const match = timePattern.exec(text)
  if (!match) return null
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = 'Z'] = match
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second))
  const date = new Date(ms)
  const exists =
    Number(year) >= 100 &&
    date.getUTCMonth() === Number(month) - 1 &&
    date.getUTCDate() === Number(day) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60
  if (!exists) return null
  return ms * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6)) - offsetUs(zone)
}

function offsetUs(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const digits = zone.replace(':', '')
  const minutes = Number(digits.slice(1, 3)) * 60 + Number(digits.slice(3, 5))
  return (digits.startsWith('-') ? -1 : 1) * minutes * 60_000_000
}

const statuses: Record<Refusal, UsageStatus> = {
  malformed: 'BadArgument',
  'invalid-quantity': 'InvalidQuantity',
  expired: 'Expired',
  'ahead-of-time': 'BadArgument',
  'resource-not-found': 'ResourceNotFound',
  'not-authorized': 'ResourceNotAuthorized',
  'not-active': 'ResourceNotActive',
  'invalid-plan': 'BadArgument',
  'invalid-dimension': 'InvalidDimension',
  failed: 'Error',
}

const targets: Record<Refusal, string> = {
  malformed: 'usageEventRequest',
  'invalid-quantity': 'Quantity',
  expired: 'EffectiveStartTime',
  'ahead-of-time': 'EffectiveStartTime',
  'resource-not-found': 'ResourceId',
  'not-authorized': 'ResourceId',
  'not-active': 'ResourceId',
  'invalid-plan': 'PlanId',
  'invalid-dimension': 'Dimension',
  failed: 'usageEventRequest',
}

/** The body of an accepted event (spec/08 §3.2). */
export function acceptedBody(message: UsageMessage, verdict: Extract<Verdict, { status: 'accepted' }>) {
  return { usageEventId: verdict.id, status: 'Accepted' satisfies UsageStatus, messageTime: isoOf(verdict.atUs), ...message.echo }
}

/** The 409 body: the event that has the hour, with its own id and time (spec/08 §3.2). */
export function duplicateBody(message: UsageMessage, accepted: AcceptedUsage) {
  return {
    additionalInfo: {
      acceptedMessage: {
        usageEventId: accepted.id,
        status: 'Duplicate' satisfies UsageStatus,
        messageTime: isoOf(accepted.acceptedUs),
        resourceId: accepted.resource,
        ...(message.echo.resourceUri === undefined ? {} : { resourceUri: message.echo.resourceUri }),
        quantity: accepted.quantity,
        dimension: accepted.dimension,
        effectiveStartTime: isoOf(accepted.effectiveUs),
        planId: accepted.planId,
      },
    },
    message: 'This usage event already exist.', // as the live service writes it
    code: 'Conflict',
  }
}

type RefusedVerdict = Extract<Verdict, { reason: string }>

/** The 400 body of the single call (spec/08 §1.7). */
export function refusedBody(message: UsageMessage, verdict: RefusedVerdict): ErrorBody {
  const code = statuses[verdict.status]
  const details =
    message.problems.length > 0
      ? message.problems.map((problem) => ({ ...problem, code: 'BadArgument' }))
      : [{ message: verdict.reason, target: targets[verdict.status], code }]
  return badArgument(details)
}

export function badArgument(details: NonNullable<ErrorBody['details']>): ErrorBody {
  return { message: 'One or more errors have occurred.', target: 'usageEventRequest', details, code: 'BadArgument' }
}

/** One item of a batch's result (spec/08 §3.3). */
export function resultItem(message: UsageMessage, verdict: Verdict) {
  if (verdict.status === 'accepted') return acceptedBody(message, verdict)
  const messageTime = isoOf(verdict.atUs)
  if (verdict.status === 'duplicate') {
    return { status: 'Duplicate' satisfies UsageStatus, messageTime, error: duplicateBody(message, verdict.accepted), ...message.echo }
  }
  const status = statuses[verdict.status]
  const error: ErrorBody = { message: verdict.reason, target: targets[verdict.status], code: status }
  if (message.problems.length > 0) error.details = message.problems.map((problem) => ({ ...problem, code: 'BadArgument' }))
  return { status, messageTime, error, ...message.echo }
}
