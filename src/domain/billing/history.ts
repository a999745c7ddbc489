import { Temporal } from 'temporal-polyfill'
import { utcDate } from '../../kernel/clock.ts'
import { Decimal, roundMoney } from '../../kernel/money.ts'

/** The price of a plan as agreed. Amounts are decimal text. */
export interface PriceFact {
  planId: string
  planName: string
  currency: string
  /** Per term; per seat when `perUser`. */
  unitPrice: string
  perUser: boolean
  /** Seats; null for plans that are not sold by seats. */
  quantity: number | null
}

export interface TermFact {
  index: number
  /** Inclusive days, ISO text. */
  startDate: string
  endDate: string
  termUnit: 'P1M' | 'P1Y'
  isFreeTrial: boolean
}

/** One thing that happened to a subscription and may cost money. */
export type HistoryFact =
  | { type: 'activated' | 'renewed'; price: PriceFact; term: TermFact }
  | { type: 'changed'; price: PriceFact; previous: PriceFact; term: TermFact }
  | { type: 'cancelled'; price: PriceFact; withinFreePeriod: boolean }

export type History = { at: Temporal.Instant; fact: HistoryFact }[]

export type ChargeKind = 'fee' | 'change-credit' | 'change-fee' | 'reversal'

/** An amount owed (or taken back, below zero) for a term or a part of it; already rounded to the currency's minor unit. */
export interface RatedCharge {
  /** The same for the same history, whatever comes later. */
  key: string
  kind: ChargeKind
  planId: string
  planName: string
  description: string
  currency: string
  termStart: Temporal.PlainDate
  termEnd: Temporal.PlainDate
  quantity: Decimal
  unitPrice: Decimal
  amount: Decimal
  at: Temporal.Instant
  /** Key of the charge that this one takes back. */
  reverses?: string
}

/**
 * All prepaid charges that follow from a subscription's history; adding events to the history only adds charges.
 *
 * - A term is charged in full when it begins (seed 001 L2004); a free month costs nothing (AC-210).
 * - A change of plan or seats within a paid term takes back the unused days at the old price and charges them at the new one
 *   (AC-141; docs/decisions/billing.md). The day of the change counts as new.
 * - Cancelling does not give back unused days (AC-140), except within the free period: then every charge is taken back (AP-057).
 */
export function rate(history: History): RatedCharge[] {
  const charges: RatedCharge[] = []
  let changes = 0
  for (const { at, fact } of history) {
    if (fact.type === 'cancelled') {
      if (fact.withinFreePeriod) charges.push(...reversals(charges, at))
      continue
    }
    if (fact.type === 'changed') changes++
    if (fact.term.isFreeTrial) continue
    const begun = charges.some((charge) => charge.key === termKey(fact.term))
    if (!begun) charges.push(fee(fact.price, fact.term, at))
    else if (fact.type === 'changed') charges.push(...proration(fact.previous, fact.price, fact.term, at, changes))
  }
  return charges
}

const termKey = (term: TermFact) => `term:${term.index}`

const one = new Decimal(1)

/** What a whole term costs, not rounded. */
function termPrice(price: PriceFact): Decimal {
  return new Decimal(price.unitPrice).times(price.perUser ? (price.quantity ?? 1) : 1)
}

const termNames = { P1M: 'monthly fee', P1Y: 'annual fee' } as const

function fee(price: PriceFact, term: TermFact, at: Temporal.Instant): RatedCharge {
  return {
    key: termKey(term),
    kind: 'fee',
    planId: price.planId,
    planName: price.planName,
    description: `${price.planName}, ${termNames[term.termUnit]}${price.perUser ? ' per user' : ''}`,
    currency: price.currency,
    termStart: Temporal.PlainDate.from(term.startDate),
    termEnd: Temporal.PlainDate.from(term.endDate),
    quantity: price.perUser ? new Decimal(price.quantity ?? 1) : one,
    unitPrice: new Decimal(price.unitPrice),
    amount: roundMoney(termPrice(price), price.currency),
    at,
  }
}

/** The rest of the term, from the day of the change on: taken back at the old price, charged at the new one. */
function proration(previous: PriceFact, price: PriceFact, term: TermFact, at: Temporal.Instant, n: number): RatedCharge[] {
  const start = Temporal.PlainDate.from(term.startDate)
  const end = Temporal.PlainDate.from(term.endDate)
  const changed = utcDate(at)
  const from = Temporal.PlainDate.compare(changed, start) < 0 ? start : changed
  const days = Math.max(0, from.until(end).days + 1)
  const all = start.until(end).days + 1
  if (days === 0) return []
  const part = (of: PriceFact) => roundMoney(termPrice(of).times(days).div(all), of.currency)
  const line = (kind: 'change-credit' | 'change-fee', of: PriceFact, amount: Decimal): RatedCharge => ({
    key: `change:${n}:${kind === 'change-credit' ? 'credit' : 'fee'}`,
    kind,
    planId: of.planId,
    planName: of.planName,
    description: `${of.planName}${seats(of)}, ${kind === 'change-credit' ? 'unused ' : ''}${days} of ${all} days`,
    currency: of.currency,
    termStart: from,
    termEnd: end,
    quantity: one,
    unitPrice: amount,
    amount,
    at,
  })
  return [line('change-credit', previous, part(previous).negated()), line('change-fee', price, part(price))]
}

const seats = (price: PriceFact) => (price.perUser ? ` (${price.quantity ?? 1} ${price.quantity === 1 ? 'user' : 'users'})` : '')

function reversals(charges: RatedCharge[], at: Temporal.Instant): RatedCharge[] {
  const reversed = new Set(charges.map((charge) => charge.reverses))
  return charges
    .filter((charge) => charge.kind !== 'reversal' && !reversed.has(charge.key))
    .map((charge) => ({
      ...charge,
      key: `reversal:${charge.key}`,
      kind: 'reversal' as const,
      description: `${charge.description}: cancelled in the free period`,
      unitPrice: charge.unitPrice.negated(),
      amount: charge.amount.negated(),
      at,
      reverses: charge.key,
    }))
}
