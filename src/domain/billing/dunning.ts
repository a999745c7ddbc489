import type { Temporal } from 'temporal-polyfill'
import { startOfDay } from '../../kernel/clock.ts'

/** Days after the date of the invoice on which a payment that failed is tried again. When the last one fails, subscriptions are suspended. */
export const retryDays = [3, 7, 14] as const

/** Days after the due date on which the recipient of an invoice to be transferred is reminded. With the last one subscriptions are suspended. */
export const reminderDays = [1, 7, 14] as const

/**
 * When collection goes on after `attempts` failed charges (the first one is made with the invoice).
 * @returns null when there is nothing more to try
 */
export function nextRetry(issuedAt: Temporal.Instant, attempts: number): Temporal.Instant | null {
  const days = retryDays[attempts - 1]
  return days === undefined ? null : issuedAt.add({ hours: days * 24 })
}

/** When the recipient is reminded next, after `reminders` of them; null after the last. */
export function nextReminder(dueOn: Temporal.PlainDate, reminders: number): Temporal.Instant | null {
  const days = reminderDays[reminders]
  return days === undefined ? null : startOfDay(dueOn.add({ days }))
}
