import { isUuid } from '../../kernel/ids.ts'
import {
  type AcceptedUsage,
  isoOf,
  type MalformedUsage,
  type Refusal,
  type ReportedUsage,
  type Verdict,
} from '../../domain/metering/index.ts'

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
const maxUri = 2000

/** What an event may say, as it came. Members that were not sent are undefined. */
interface Members {
  resourceId: unknown
  resourceUri: unknown
  quantity: unknown
  dimension: unknown
  effectiveStartTime: unknown
  planId: unknown
}

const memberNames = ['resourceId', 'resourceUri', 'quantity', 'dimension', 'effectiveStartTime', 'planId'] as const
/** Names as they are usually written find themselves; any other case finds them by its small letters (AP-021). */
const memberByName = new Map<string, keyof Members>(
  memberNames.flatMap((name) => [[name, name] as const, [name.toLowerCase(), name] as const]),
)

/** Members by the contract's names; of names that differ in case only, the last wins. */
function usageMembers(item: object): Members {
  const members: Members = {
    resourceId: undefined,
    resourceUri: undefined,
    quantity: undefined,
    dimension: undefined,
    effectiveStartTime: undefined,
    planId: undefined,
  }
  for (const key in item) {
    const name = memberByName.get(key) ?? memberByName.get(key.toLowerCase())
    if (name !== undefined) members[name] = (item as Record<string, unknown>)[key]
  }
  return members
}

const isPresent = (value: unknown) => value !== undefined && value !== null && value !== ''

/** Reads one event. Nothing is thrown: an event that cannot be read is a verdict of its own in a batch. */
export function readUsage(item: unknown): UsageMessage {
  const problems: UsageMessage['problems'] = []
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    const message = 'The usage event must be a JSON object.'
    return { report: { malformed: message }, echo: {}, problems: [{ target: 'UsageEvent', message }] }
  }
  const members = usageMembers(item)
  const echo: Echo = {}
  readResource(members, echo, problems)
  readQuantity(members.quantity, echo, problems)
  const dimension = readText(members.dimension, 'dimension', 'Dimension', problems)
  if (dimension !== undefined) echo.dimension = dimension
  const planId = readText(members.planId, 'planId', 'PlanId', problems)
  if (planId !== undefined) echo.planId = planId
  const effectiveUs = readEffective(members.effectiveStartTime, problems)
  if (effectiveUs !== undefined) echo.effectiveStartTime = isoOf(effectiveUs)

  if (problems.length > 0 || planId === undefined || dimension === undefined || effectiveUs === undefined) {
    return { report: malformed(members, problems), echo: finite(echo), problems }
  }
  const report: ReportedUsage = { planId, dimension, quantity: members.quantity as number, effectiveUs }
  if (echo.resourceId !== undefined) report.resourceId = echo.resourceId
  if (echo.resourceUri !== undefined) report.resourceUri = echo.resourceUri
  return { report, echo: finite(echo), problems }
}

type Problems = UsageMessage['problems']

function readResource({ resourceId, resourceUri }: Members, echo: Echo, problems: Problems): void {
  const problem = (target: string, message: string) => void problems.push({ target, message })
  if (isPresent(resourceId)) {
    if (isPresent(resourceUri)) problem('ResourceId', 'Only one of resourceId and resourceUri may be given.')
    else if (isUuid(resourceId)) echo.resourceId = resourceId
    else problem('ResourceId', 'The resourceId must be a GUID.')
  } else if (isPresent(resourceUri)) {
    if (typeof resourceUri === 'string' && resourceUri.length <= maxUri && !hasControls(resourceUri)) echo.resourceUri = resourceUri
    else problem('ResourceUri', 'The resourceUri must be the path of a resource.')
  } else problem('ResourceId', 'The resourceId is required.')
}

function readQuantity(quantity: unknown, echo: Echo, problems: Problems): void {
  if (!isPresent(quantity)) problems.push({ target: 'Quantity', message: 'The quantity is required.' })
  else if (typeof quantity === 'number') echo.quantity = quantity
  else problems.push({ target: 'Quantity', message: 'The quantity must be a number.' })
}

/** A text member, or undefined with the reason why it is none. */
function readText(value: unknown, name: string, target: string, problems: Problems): string | undefined {
  const problem = (message: string) => void problems.push({ target, message })
  if (!isPresent(value)) return problem(`The ${name} is required.`)
  if (typeof value !== 'string') return problem(`The ${name} must be a string.`)
  if (value.length > maxText || hasControls(value))
    return problem(`The ${name} must have at most ${maxText} characters and no control characters.`)
  return value
}

function readEffective(value: unknown, problems: Problems): number | undefined {
  const problem = (message: string) => void problems.push({ target: 'EffectiveStartTime', message })
  if (!isPresent(value)) return problem('The effectiveStartTime is required.')
  const us = typeof value === 'string' ? readTime(value) : null
  return us ?? problem('The effectiveStartTime must be a date and time in ISO 8601, such as 2026-11-02T08:30:00Z.')
}

function malformed(members: Members, problems: Problems): MalformedUsage {
  const said = (value: unknown) =>
    value === undefined || value === null ? {} : { said: typeof value === 'string' ? value : JSON.stringify(value) }
  const pick = (key: keyof MalformedUsage, value: unknown) => {
    const { said: found } = said(value) as { said?: string }
    return found === undefined ? {} : { [key]: found.slice(0, maxText) }
  }
  return {
    malformed: problems.map((p) => p.message).join(' '),
    ...pick('resource', members.resourceId ?? members.resourceUri),
    ...pick('planId', members.planId),
    ...pick('dimension', members.dimension),
    ...pick('quantity', members.quantity),
    ...pick('effective', members.effectiveStartTime),
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

/** The text that was read last, and what it meant: the events of a batch are mostly of one hour. */
const lastTime = { text: '', us: null as number | null }

/**
 * Microseconds since 1970 of an ISO 8601 date or date-time; without a zone it is UTC, seconds and time may be absent
 * (spec/08 §1.9). Null for anything else, also for days and hours that do not exist.
 */
export function readTime(text: string): number | null {
  if (text === lastTime.text) return lastTime.us
  lastTime.us = parseTime(text)
  lastTime.text = text
  return lastTime.us
}

function parseTime(text: string): number | null {
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
