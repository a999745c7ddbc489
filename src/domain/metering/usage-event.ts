/** What a publisher reports, its members well-formed. Times are microseconds since 1970 (safe integers until the year 2255). */
export interface ReportedUsage {
  /** GUID of the subscription (or deployed application); exactly one of the two is set. */
  resourceId?: string
  resourceUri?: string
  planId: string
  dimension: string
  /** The IEEE double of the wire. */
  quantity: number
  effectiveUs: number
}

/** A report whose members could not be read; kept with its reason like any other refusal. */
export interface MalformedUsage {
  malformed: string
  resource?: string
  planId?: string
  dimension?: string
  quantity?: string
  effective?: string
}

export type Refusal =
  | 'malformed'
  | 'invalid-quantity'
  | 'expired'
  | 'ahead-of-time'
  | 'resource-not-found'
  | 'not-authorized'
  | 'not-active'
  | 'invalid-plan'
  | 'invalid-dimension'
  | 'failed'

export interface AcceptedUsage {
  id: string
  /** Market time of acceptance. */
  acceptedUs: number
  resource: string
  planId: string
  dimension: string
  quantity: number
  effectiveUs: number
}

/** What became of one report; `atUs` is the market time of the verdict. */
export type Verdict =
  | { status: 'accepted'; id: string; atUs: number }
  /** The hour is taken; `accepted` is the event that has it. */
  | { status: 'duplicate'; accepted: AcceptedUsage; atUs: number }
  | { status: Refusal; reason: string; atUs: number }

const hourUs = 3_600_000_000
/** Reports are taken from 24 hours back (seed 001 L24766) to 5 minutes ahead, for clocks that differ (spec/08 §3.6). */
const windowBackUs = 24 * hourUs
const windowAheadUs = 5 * 60 * 1_000_000

const maxQuantity = 1e12
const maxDecimals = 10

/** Start of the UTC hour, the last part of the key (spec/08 §3.5). */
export function hourOf(us: number): number {
  return Math.floor(us / hourUs) * hourUs
}

/** Why the quantity is refused, or null: above 0, at most 1e12, at most 10 decimals (the shortest text of the double). */
export function quantityProblem(quantity: number): string | null {
  if (!(quantity > 0)) return 'The quantity must be greater than 0.'
  if (quantity > maxQuantity) return 'The quantity must be at most 1000000000000.'
  if (decimalsOf(quantity) > maxDecimals) return `The quantity must have at most ${maxDecimals} decimals.`
  return null
}

function decimalsOf(value: number): number {
  // What binary digits say exactly needs no text: whole numbers, halves, quarters …
  if (Number.isInteger(value * 2 ** maxDecimals)) return 0
  const [mantissa = '', exponent = '0'] = String(value).split('e')
  const fraction = mantissa.split('.')[1]?.length ?? 0
  return Math.max(0, fraction - Number(exponent))
}

/** Why the effective time is refused at `nowUs`, or null. */
export function windowProblem(effectiveUs: number, nowUs: number): { status: 'expired' | 'ahead-of-time'; reason: string } | null {
  if (effectiveUs < nowUs - windowBackUs) return { status: 'expired', reason: 'The effectiveStartTime is more than 24 hours in the past.' }
  if (effectiveUs > nowUs + windowAheadUs) return { status: 'ahead-of-time', reason: 'The effectiveStartTime is in the future.' }
  return null
}

const secondUs = 1_000_000
const daySeconds = 86_400
const twoDigits = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'))
/** What was written last: events come by the thousand, most of a batch have one time, and most batches one day. */
const written = { day: Number.NaN, text: '', us: Number.NaN, whole: '' }

/** ISO 8601 text in UTC, with as many digits of the second as there are: none, three or six. */
export function isoOf(us: number): string {
  if (us === written.us) return written.whole
  const seconds = Math.floor(us / secondUs)
  const day = Math.floor(seconds / daySeconds)
  if (day !== written.day) {
    written.day = day
    written.text = new Date(day * daySeconds * 1000).toISOString().slice(0, -13)
  }
  const ofDay = seconds - day * daySeconds
  const hour = Math.floor(ofDay / 3600)
  const minute = Math.floor(ofDay / 60) % 60
  const micros = us - seconds * secondUs
  const fraction = micros === 0 ? '' : `.${String(micros).padStart(6, '0').replace(/000$/, '')}`
  written.us = us
  written.whole = `${written.text}${twoDigits[hour]}:${twoDigits[minute]}:${twoDigits[ofDay % 60]}${fraction}Z`
  return written.whole
}
