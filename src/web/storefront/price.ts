import { formatMoney } from '../../kernel/money.ts'
import type { PlanDimension, TermUnit } from './listing.ts'

const units: Record<TermUnit, string> = { P1M: 'month', P1Y: 'year' }

/** `month` or `year`. */
export function termName(termUnit: TermUnit): string {
  return units[termUnit]
}

/** `$49.00/month`, `$12.00 per user/month`. */
export function priceText(amount: string, currency: string, termUnit: TermUnit, perUser: boolean): string {
  return `${formatMoney(amount, currency)}${perUser ? ' per user' : ''}/${units[termUnit]}`
}

const counts = new Intl.NumberFormat('en-US')

/** `10,000 a month`, or with both terms `10,000 a month or 120,000 a year`; `–` when nothing is included. */
export function includedText({ included }: PlanDimension, terms: readonly TermUnit[]): string {
  const parts = terms.flatMap((unit) => {
    const quantity = included[unit]
    return quantity ? [`${counts.format(quantity)} a ${units[unit]}`] : []
  })
  return parts.length > 0 ? parts.join(' or ') : '–'
}

/** `1 to 50 users`, `5 users or more`. */
export function seatsText({ min, max }: { min: number; max: number | null }): string {
  if (max === null) return `${counts.format(min)} ${min === 1 ? 'user' : 'users'} or more`
  return min === max ? `${counts.format(min)} users` : `${counts.format(min)} to ${counts.format(max)} users`
}
