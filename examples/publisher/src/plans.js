// What each of our plans gives. The marketplace knows the prices; what a plan includes, and how usage is counted, is ours to know: the
// marketplace charges every unit that we report, so we report only what goes beyond the included quantity.

/** How a dimension is counted. `unit` is the offer's unit of measure: e-mails are sold "per 100 emails". */
export const dimensions = {
  email: { label: 'E-mails', verb: 'Send e-mails', unit: 100 },
  text: { label: 'Text messages', verb: 'Send text messages', unit: 1 },
}

/** Included in a term, in single e-mails and text messages. Infinity: never charged. */
const included = {
  basic: { P1M: { email: 10_000, text: 1_000 } },
  premium: { P1M: { email: 50_000, text: 10_000 }, P1Y: { email: 5_000_000, text: 1_000_000 } },
  enterprise: { P1M: { email: Infinity, text: 50_000 } },
}

/** Offers of ours and their plans. A plan that is not here cannot be provided, and a change to it is answered with Failure. */
const plans = {
  'contoso-crm': ['basic', 'standard', 'adatum-special'],
  'contoso-notify': ['basic', 'premium', 'enterprise'],
  'contoso-desk': ['team', 'business'],
}

/** An offer that was bought from its preview carries this ending. */
const baseOffer = (offerId) => offerId.replace(/-preview$/, '')

/** Can we provide this plan? */
export function canProvide(offerId, planId) {
  return plans[baseOffer(offerId)]?.includes(planId) ?? false
}

/** Ids of the dimensions that are counted in an account; empty where the plan has no metering. */
export function meteredDimensions(account) {
  return baseOffer(account.offerId) === 'contoso-notify' ? Object.keys(dimensions) : []
}

/** What the account's term includes of a dimension. */
export function includedQuantity(account, dimension) {
  return included[account.planId]?.[account.termUnit ?? 'P1M']?.[dimension] ?? 0
}
