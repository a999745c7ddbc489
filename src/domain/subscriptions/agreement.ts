import type { MarketPrices, SaasContent, SaasPlan } from '../offers/index.ts'
import type { Snapshot } from '../publishing/index.ts'
import type { TermUnit } from './term.ts'

/** Where a plan names no most number of seats: the marketplace's own limit (spec/08 §2.3.7, text of the emulator). */
export const mostSeats = 1_000_000

/** What the two sides agreed on: frozen with the subscription, replaced at renewal and at a change of plan. Amounts are decimal text. */
export interface Agreement {
  snapshotId: string
  definitionVersion: number
  priceListHash: string
  /** ISO 3166 alpha-2 of the customer. */
  market: string
  /** Never changes during a subscription's life. */
  currency: string
  termUnit: TermUnit
  /** Per term; per seat when `perUser`. */
  unitPrice: string
  pricingModel: SaasContent['pricingModel']
  perUser: boolean
  dimensions: AgreedDimension[]
  /** The plan is sold with a free month (whether this customer got it: the subscription's first term). */
  freeTrial: boolean
  seats: { min: number; max: number } | null
  termsAccepted: { version: string; at: string; by: string }
  offerName: string
  planName: string
  /** A preview that the marketplace lets be tried without charge: all prices are 0, after changes too (spec/06 PL-28). */
  isFree?: true
}

export interface AgreedDimension {
  id: string
  displayName: string
  unitOfMeasure: string
  pricePerUnit: string
  /** Never charged. */
  infinite: boolean
  included: { P1M?: number | undefined; P1Y?: number | undefined }
}

/** The same prices at nothing. */
export function freeOf(prices: MarketPrices): MarketPrices {
  const zero = <T extends object>(amounts: T) => Object.fromEntries(Object.keys(amounts).map((name) => [name, '0'])) as T
  return { currency: prices.currency, terms: zero(prices.terms), dimensions: zero(prices.dimensions) }
}

export function findPlan(snapshot: Snapshot, planId: string): SaasPlan | undefined {
  return snapshot.content.plans.find((plan) => plan.planId === planId)
}

/** Name in English, else in the first language there is. */
export function planName(plan: SaasPlan): string {
  return (plan.listing.en ?? Object.values(plan.listing)[0])?.name ?? plan.planId
}

export function planDescription(plan: SaasPlan): string {
  return (plan.listing.en ?? Object.values(plan.listing)[0])?.description ?? ''
}

export function offerName(snapshot: Snapshot): string {
  return (snapshot.content.listing.en ?? Object.values(snapshot.content.listing)[0])?.name ?? snapshot.offerId
}

/** Fewest and most seats of a plan that is sold by seats, else null. */
export function seatsOf(plan: SaasPlan): { min: number; max: number } | null {
  return plan.seats ? { min: plan.seats.min, max: plan.seats.max ?? mostSeats } : null
}

/** The plan's enabled dimensions with their price in `prices`. */
export function pricedDimensions(content: SaasContent, plan: SaasPlan, prices: MarketPrices): AgreedDimension[] {
  return plan.dimensions.flatMap((chosen) => {
    const dimension = content.dimensions.find((d) => d.id === chosen.dimensionId)
    if (!dimension || !chosen.enabled) return []
    return [
      {
        id: dimension.id,
        displayName: dimension.displayName,
        unitOfMeasure: dimension.unitOfMeasure,
        pricePerUnit: prices.dimensions[dimension.id] ?? '0',
        infinite: chosen.infinite,
        included: chosen.included,
      },
    ]
  })
}

/**
 * The agreement on `plan` of `snapshot` for a market and term; null when the plan has no price for that term there.
 */
export function agreementOn(
  snapshot: Snapshot,
  plan: SaasPlan,
  prices: MarketPrices,
  chosen: { market: string; termUnit: TermUnit; termsAccepted: Agreement['termsAccepted'] },
): Agreement | null {
  const unitPrice = plan.terms.includes(chosen.termUnit) ? prices.terms[chosen.termUnit] : undefined
  if (unitPrice === undefined) return null
  const { content } = snapshot
  return {
    snapshotId: snapshot.id,
    definitionVersion: snapshot.definitionVersion,
    priceListHash: plan.priceList,
    market: chosen.market,
    currency: prices.currency,
    termUnit: chosen.termUnit,
    unitPrice,
    pricingModel: content.pricingModel,
    perUser: content.pricingModel === 'per-user',
    dimensions: pricedDimensions(content, plan, prices),
    freeTrial: plan.freeTrial !== undefined,
    seats: seatsOf(plan),
    termsAccepted: chosen.termsAccepted,
    offerName: offerName(snapshot),
    planName: planName(plan),
  }
}
