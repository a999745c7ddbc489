import type { Temporal } from 'temporal-polyfill'

/** ISO 8601 periods that plans are sold for. */
export type TermUnit = 'P1M' | 'P1Y'

export const termUnits: readonly TermUnit[] = ['P1M', 'P1Y']

const lengths: Record<TermUnit, { months?: number; years?: number }> = { P1M: { months: 1 }, P1Y: { years: 1 } }

/**
 * Last day of a term that starts on `start`: n months later minus one day, clamped to the month
 * (2021-01-31 → 2021-02-27, spec/08 §2.1, AP-036).
 */
export function termEnd(start: Temporal.PlainDate, unit: TermUnit): Temporal.PlainDate {
  return start.add(lengths[unit], { overflow: 'constrain' }).subtract({ days: 1 })
}

/** First day of the term after one that ends on `end`. The anchor day is not restored after a clamp. */
export function nextTermStart(end: Temporal.PlainDate): Temporal.PlainDate {
  return end.add({ days: 1 })
}

/** 00:00Z of the day: when what is due on it happens. */
export function startOfDay(day: Temporal.PlainDate): Temporal.Instant {
  return day.toZonedDateTime('UTC').toInstant()
}

/** The business calendar's day at `now` (UTC). */
export function dayOf(now: Temporal.Instant): Temporal.PlainDate {
  return now.toZonedDateTimeISO('UTC').toPlainDate()
}
