import { formatMoney } from '../../kernel/money.ts'
import type { PlanDimension, PricingModel, ProductPlan, TermUnit } from './listing.ts'

const units: Record<TermUnit, string> = { P1M: 'month', P1Y: 'year' }

/** `month` or `year`. */
export function termName(termUnit: TermUnit): string {
  return units[termUnit]
}

/** `$49.00/month`, `$12.00 per user/month`. */
export function priceText(amount: string, currency: string, termUnit: TermUnit, pricingModel: PricingModel): string {
  return `${formatMoney(amount, currency)}${pricingModel === 'per-user' ? ' per user' : ''}/${units[termUnit]}`
}

/** The lowest priced month of the plans, else the lowest year: what "From" shows. Null when nothing has a price here. */
export function lowestPrice(plans: readonly ProductPlan[]): { price: string; termUnit: TermUnit } | null {
  const all = plans.flatMap((plan) => plan.terms)
  const monthly = all.filter((term) => term.termUnit === 'P1M')
  const [lowest] = (monthly.length > 0 ? monthly : all).toSorted((a, b) => Number(a.price) - Number(b.price))
  return lowest ?? null
}

const counts = new Intl.NumberFormat('en-US')

/** `10,000 a month · 120,000 a year`, `–` when nothing is included. */
export function includedText({ included }: PlanDimension): string {
  const parts = (['P1M', 'P1Y'] as const).flatMap((unit) => {
    const quantity = included[unit]
    return quantity ? [`${counts.format(quantity)} a ${units[unit]}`] : []
  })
  return parts.length > 0 ? parts.join(' · ') : '–'
}

export function seatsText({ min, max }: { min: number; max: number }): string {
  return min === max ? `${counts.format(min)} users` : `${counts.format(min)} to ${counts.format(max)} users`
}
