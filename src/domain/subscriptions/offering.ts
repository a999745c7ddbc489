import type { Ctx } from '../../kernel/context.ts'
import { invalid } from '../../kernel/errors.ts'
import { countries } from '../../kernel/reference-data.ts'
import type { MarketPrices, Offers, SaasPlan } from '../offers/index.ts'
import type { Publishing, Snapshot } from '../publishing/index.ts'
import {
  type AgreedDimension,
  type Agreement,
  agreementOn,
  findPlan,
  freeOf,
  planDescription,
  planName,
  pricedDimensions,
  seatsOf,
} from './agreement.ts'
import type { SubscriptionRow } from './schema.ts'
import { type TermUnit, termUnits } from './term.ts'

/** What subscriptions need to know from the rooms that hold offers, prices and snapshots. */
export interface OfferFacts {
  publishing: Pick<Publishing, 'getSnapshot' | 'getLive' | 'getPreview' | 'isStopped' | 'stoppedPlans'>
  offers: Pick<Offers, 'pricesOf' | 'plansOfTenant'>
}

/** A plan that a subscription has or may change to. */
export interface AvailablePlan {
  planId: string
  name: string
  description: string
  isPrivate: boolean
  isStopped: boolean
  hasFreeTrial: boolean
  perUser: boolean
  seats: { min: number; max: number } | null
  market: string
  currency: string
  terms: { termUnit: TermUnit; price: string; included: { dimensionId: string; units: number }[] }[]
  dimensions: AgreedDimension[]
  isCurrent: boolean
}

/** Tests whether a customer may buy a plan or change to it: public, or private with the tenant in the audience and no reseller between (spec/01 §13). */
export async function openPlans(
  ctx: Ctx,
  { offers }: OfferFacts,
  offer: string,
  customer: { beneficiaryTenantId: string; byReseller: boolean },
): Promise<(plan: SaasPlan) => boolean> {
  const own = customer.byReseller ? [] : await offers.plansOfTenant(ctx, offer, customer.beneficiaryTenantId)
  return (plan) => plan.visibility === 'public' || own.includes(plan.planId)
}

/** Tells of each plan of an offer whether it may not be bought any more. */
export async function stopsOf(ctx: Ctx, { publishing }: OfferFacts, offer: string): Promise<(planId: string) => boolean> {
  const [all, some] = [await publishing.isStopped(ctx, offer), await publishing.stoppedPlans(ctx, offer)]
  return (planId) => all || some.includes(planId)
}

/** Where a purchase through a reseller is charged in dollars, whatever the market's own currency (Brazil: RF-04, seed 001 L26578). */
const dollarsForResellers = new Set(countries.filter((country) => country.cspCurrency === 'USD').map((country) => country.iso2))

const inDollars = (market: string, byReseller: boolean) => ({ inDollars: byReseller && dollarsForResellers.has(market) })

/** Prices of one list in a market, null where it sells nothing there. */
export async function pricesIn(
  ctx: Ctx,
  { offers }: OfferFacts,
  priceList: string,
  market: string,
  byReseller: boolean,
): Promise<MarketPrices | null> {
  return (await offers.pricesOf(ctx, [priceList], market, inDollars(market, byReseller))).get(priceList) ?? null
}

/**
 * Content in force for the subscription: what is live, or where it was bought from the preview what is in preview, and after the preview what it
 * became. Null where the offer is gone.
 */
async function contentInForce(
  ctx: Ctx,
  { publishing }: OfferFacts,
  row: Pick<SubscriptionRow, 'offer' | 'preview'>,
): Promise<Snapshot | null> {
  const preview = row.preview ? await publishing.getPreview(ctx, row.offer) : null
  return preview ?? publishing.getLive(ctx, row.offer)
}

/** The plans of the content in force that a subscription's customer may have. A preview shows its audience all of its plans (SA-26). */
async function plansOpenTo(ctx: Ctx, facts: OfferFacts, row: SubscriptionRow): Promise<(plan: SaasPlan) => boolean> {
  return row.preview ? () => true : openPlans(ctx, facts, row.offer, row)
}

/**
 * Plans that the subscription's customer may change to in the market of the purchase, the current one first, stopped ones flagged
 * (seed 001 L25696-25753).
 */
export async function availablePlans(ctx: Ctx, facts: OfferFacts, row: SubscriptionRow, only?: string): Promise<AvailablePlan[]> {
  const { market, currency } = row.agreement
  const inForce = await contentInForce(ctx, facts, row)
  const snapshot = inForce ?? (await facts.publishing.getSnapshot(ctx, row.agreement.snapshotId))
  // A plan that was taken out of the offer is still the plan of those who have it.
  let current = findPlan(snapshot, row.planId)
  let currentSnapshot = snapshot
  if (!current) {
    currentSnapshot = await facts.publishing.getSnapshot(ctx, row.agreement.snapshotId)
    current = findPlan(currentSnapshot, row.planId)
  }
  const plans = [
    ...(current ? [{ plan: current, snapshot: currentSnapshot }] : []),
    ...snapshot.content.plans.filter((plan) => plan.planId !== row.planId).map((plan) => ({ plan, snapshot })),
  ].filter(({ plan }) => only === undefined || plan.planId.toLowerCase() === only.toLowerCase())
  const isOpen = await plansOpenTo(ctx, facts, row)
  const shown = plans.filter(({ plan }) => plan.planId === row.planId || (plan.markets.includes(market) && isOpen(plan)))
  const prices = await facts.offers.pricesOf(
    ctx,
    shown.map(({ plan }) => plan.priceList),
    market,
    inDollars(market, row.byReseller),
  )
  const isStopped = inForce ? await stopsOf(ctx, facts, row.offer) : () => true
  const agreed: MarketPrices = { currency, terms: { [row.termUnit]: row.agreement.unitPrice }, dimensions: {} }
  return shown.flatMap(({ plan, snapshot: from }) => {
    const isCurrent = plan.planId === row.planId
    const found = prices.get(plan.priceList) ?? (isCurrent ? agreed : undefined)
    if (!found || (!isCurrent && found.currency !== currency)) return []
    const gone = findPlan(snapshot, plan.planId) === undefined
    return [describePlan(from, plan, found, { market, isCurrent, isStopped: gone || isStopped(plan.planId) })]
  })
}

function describePlan(
  { content }: Snapshot,
  plan: SaasPlan,
  prices: MarketPrices,
  known: { market: string; isCurrent: boolean; isStopped: boolean },
): AvailablePlan {
  return {
    planId: plan.planId,
    name: planName(plan),
    description: planDescription(plan),
    isPrivate: plan.visibility === 'private',
    isStopped: known.isStopped,
    hasFreeTrial: plan.freeTrial !== undefined,
    perUser: content.pricingModel === 'per-user',
    seats: seatsOf(plan),
    market: known.market,
    currency: prices.currency,
    terms: termUnits.flatMap((termUnit) => {
      const price = plan.terms.includes(termUnit) ? prices.terms[termUnit] : undefined
      if (price === undefined) return []
      const included = plan.dimensions.flatMap((d) => {
        const units = d.enabled ? d.included[termUnit] : undefined
        return units === undefined ? [] : [{ dimensionId: d.dimensionId, units }]
      })
      return [{ termUnit, price, included }]
    }),
    dimensions: pricedDimensions(content, plan, prices),
    isCurrent: known.isCurrent,
  }
}

/**
 * The agreement that a change to `planId` would make.
 *
 * Errors (invalid): `PlanNotFound`, `PlanNotAvailable` (private for others, other market or currency, stopped), `TermNotOffered`, `SeatsOutOfRange`.
 */
export async function agreementAfterChange(ctx: Ctx, facts: OfferFacts, row: SubscriptionRow, planId: string): Promise<Agreement> {
  const target = { target: 'planId' }
  const snapshot = await contentInForce(ctx, facts, row)
  const plan = snapshot ? findPlan(snapshot, planId) : undefined
  if (!snapshot || !plan) throw invalid('PlanNotFound', `The offer ${row.offerId} has no plan ${planId}.`, target)
  const { market, currency } = row.agreement
  const isOpen = await plansOpenTo(ctx, facts, row)
  if (!plan.markets.includes(market) || !isOpen(plan)) {
    throw invalid('PlanNotAvailable', `The plan ${planId} is not available to this customer.`, target)
  }
  const isStopped = await stopsOf(ctx, facts, row.offer)
  if (isStopped(planId)) throw invalid('PlanNotAvailable', `The plan ${planId} is not sold any more.`, target)
  const listed = await pricesIn(ctx, facts, plan.priceList, market, row.byReseller)
  const prices = listed && row.agreement.isFree ? freeOf(listed) : listed
  if (!prices || prices.currency !== currency) {
    throw invalid('PlanNotAvailable', `The plan ${planId} has no price in ${currency} for the market ${market}.`, target)
  }
  const agreement = agreementOn(snapshot, plan, prices, { market, termUnit: row.termUnit, termsAccepted: row.agreement.termsAccepted })
  if (!agreement) throw invalid('TermNotOffered', `The plan ${planId} is not sold for the term ${row.termUnit}.`, target)
  checkSeats(agreement, row.quantity, planId)
  return row.agreement.isFree ? { ...agreement, isFree: true } : agreement
}

/** Throws `SeatsOutOfRange` unless `quantity` seats may be had under the agreement. */
export function checkSeats(agreement: Agreement, quantity: number | null, planId: string): void {
  if (agreement.seats === null || quantity === null) return
  const { min, max } = agreement.seats
  if (quantity < min || quantity > max) {
    throw invalid('SeatsOutOfRange', `The plan ${planId} is sold with ${min} to ${max} seats, not ${quantity}.`, { target: 'quantity' })
  }
}

/** The agreement for the next term: the price in force now, in the same currency; the old one where the plan is not sold any more (still renewed). */
export async function agreementAtRenewal(
  ctx: Ctx,
  facts: OfferFacts,
  row: SubscriptionRow,
  liveSnapshot: string | undefined,
): Promise<Agreement> {
  const old = row.agreement
  // Most renewals: nothing was published since. The snapshot itself is not read then.
  if (row.preview || liveSnapshot === undefined || liveSnapshot === old.snapshotId) return old
  const live = await facts.publishing.getLive(ctx, row.offer)
  if (!live) return old
  const plan = findPlan(live, row.planId)
  if (!plan) return old
  const prices = await pricesIn(ctx, facts, plan.priceList, old.market, row.byReseller)
  if (!prices || prices.currency !== old.currency) return old
  return agreementOn(live, plan, prices, { market: old.market, termUnit: old.termUnit, termsAccepted: old.termsAccepted }) ?? old
}
