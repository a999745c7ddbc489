import { invalid } from '../../kernel/errors.ts'
import { Decimal, minorUnits, roundMoney } from '../../kernel/money.ts'
import type { MarketPrices, SaasContent, SaasPlan } from '../offers/index.ts'
import {
  type AgreedDimension,
  planDescription,
  planName,
  pricedDimensions,
  seatsOf,
  type TermUnit,
  termUnits,
} from '../subscriptions/index.ts'
import type { PurchaseTerms } from './terms.ts'

/** What a purchase would cost and under which terms. Amounts are decimal text in `currency`. */
export interface Quote {
  publisherId: string
  offerId: string
  planId: string
  offerName: string
  planName: string
  planDescription: string
  /** ISO 3166 alpha-2: decides prices and currency */
  market: string
  currency: string
  termUnit: TermUnit
  /** of one term; for one seat where sold by seats */
  unitPrice: string
  /** null where the plan is not sold by seats */
  quantity: number | null
  /** of one term, rounded to the currency's minor unit */
  total: string
  perUser: boolean
  seats: { min: number; max: number } | null
  /** The first month is free for this customer; then `total` is due every term. */
  freeTrial: boolean
  dimensions: AgreedDimension[]
  terms: PurchaseTerms
  /** of a preview: the subscription is marked so */
  preview: boolean
}

/** The wished term, or the shortest that the plan is sold for. Errors (invalid): `TermNotOffered`. */
export function chosenTerm(plan: SaasPlan, prices: MarketPrices, wished: string | undefined): { termUnit: TermUnit; unitPrice: string } {
  const offered = termUnits.filter((unit) => plan.terms.includes(unit) && prices.terms[unit] !== undefined)
  const termUnit = wished === undefined ? offered[0] : offered.find((unit) => unit === wished)
  const unitPrice = termUnit && prices.terms[termUnit]
  if (termUnit === undefined || unitPrice === undefined) {
    throw invalid(
      'TermNotOffered',
      `The plan ${planName(plan)} is sold for ${offered.join(' or ') || 'no term'}, not for ${wished ?? 'any'}.`,
      { target: 'termUnit' },
    )
  }
  return { termUnit, unitPrice }
}

/** The number of seats to buy, null where the plan is not sold by seats. Errors (invalid): `QuantityNotAllowed`, `QuantityRequired`, `SeatsOutOfRange`. */
export function chosenSeats(content: SaasContent, plan: SaasPlan, wished: number | null | undefined): number | null {
  const target = { target: 'quantity' }
  const given = wished ?? null
  if (content.pricingModel !== 'per-user') {
    if (given === null) return null
    throw invalid(
      'QuantityNotAllowed',
      `The plan ${planName(plan)} has a flat price; it is not sold by seats. Leave the quantity out.`,
      target,
    )
  }
  const seats = seatsOf(plan) ?? { min: 1, max: Number.MAX_SAFE_INTEGER }
  const range = `${seats.min} to ${seats.max} seats`
  if (given === null) throw invalid('QuantityRequired', `The plan ${planName(plan)} is sold by seats: say how many, ${range}.`, target)
  if (!Number.isInteger(given)) throw invalid('SeatsOutOfRange', `The number of seats must be a whole number, ${range}.`, target)
  if (given < seats.min || given > seats.max)
    throw invalid('SeatsOutOfRange', `The plan ${planName(plan)} is sold with ${range}, not ${given}.`, target)
  return given
}

/** Puts a quote together from choices that were checked. */
export function quoteOf(
  offer: { publisherId: string; offerId: string; name: string; content: SaasContent },
  plan: SaasPlan,
  prices: MarketPrices,
  chosen: {
    market: string
    termUnit: TermUnit
    unitPrice: string
    quantity: number | null
    freeTrial: boolean
    preview: boolean
    terms: PurchaseTerms
  },
): Quote {
  const { content } = offer
  return {
    publisherId: offer.publisherId,
    offerId: offer.offerId,
    planId: plan.planId,
    offerName: offer.name,
    planName: planName(plan),
    planDescription: planDescription(plan),
    market: chosen.market,
    currency: prices.currency,
    termUnit: chosen.termUnit,
    unitPrice: chosen.unitPrice,
    quantity: chosen.quantity,
    total: roundMoney(new Decimal(chosen.unitPrice).times(chosen.quantity ?? 1), prices.currency).toFixed(minorUnits(prices.currency)),
    perUser: content.pricingModel === 'per-user',
    seats: seatsOf(plan),
    freeTrial: chosen.freeTrial,
    dimensions: pricedDimensions(content, plan, prices),
    terms: chosen.terms,
    preview: chosen.preview,
  }
}
