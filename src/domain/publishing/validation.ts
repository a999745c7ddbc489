import type { SaasContent } from '../offers/index.ts'
import { plainText } from '../offers/index.ts'
import { error, type Finding, findingsOf, warning } from './steps.ts'

/** Price items (`term:P1M`, `dimension:email`) that a plan must have in each of its markets. */
function requiredItems(plan: SaasContent['plans'][number]): string[] {
  const metered = plan.dimensions.filter((row) => row.enabled && !row.infinite).map((row) => `dimension:${row.dimensionId}`)
  return [...plan.terms.map((term) => `term:${term}`), ...metered]
}

/** Prices complete for each market of a plan. `priced` holds `<market> <item>` of its price list. */
export function priceFindings(plan: SaasContent['plans'][number], priced: ReadonlySet<string>): Finding[] {
  const items = requiredItems(plan)
  const missing = plan.markets.filter((market) => items.some((item) => !priced.has(`${market} ${item}`)))
  if (missing.length === 0) return []
  const some = missing.slice(0, 5).join(', ')
  return [
    error(
      'PriceMissing',
      `Plan ${plan.planId} has no complete price in ${missing.length} of its markets (${some}${missing.length > 5 ? ', …' : ''}).`,
      `plans.${plan.planId}`,
    ),
  ]
}

/** Plans of one offer fit together (spec/01 §15.1). */
export function planFindings(content: SaasContent, limits: { max: number; maxPrivate: number }): Finding[] {
  const priv = content.plans.filter((plan) => plan.visibility === 'private').length
  return findingsOf(
    content.plans.length === 0 && error('PlanRequired', 'An offer that is sold needs at least one plan.', 'plans'),
    content.plans.length > limits.max && error('TooManyPlans', `An offer has at most ${limits.max} plans.`, 'plans'),
    priv > limits.maxPrivate && error('TooManyPrivatePlans', `An offer has at most ${limits.maxPrivate} private plans.`, 'plans'),
  )
}

const longestGoodSummary = 50 // spec/05 C-15: accepted up to 100, best up to 50
const shortestGoodDescription = 200 // spec/01 §17.1: two to three paragraphs

/** Content checks of Offer validation. They advise; certification decides. */
export function listingFindings(content: SaasContent): Finding[] {
  return Object.entries(content.listing).flatMap(([language, listing]) => {
    const at = (name: string) => `listing.${language}.${name}`
    return findingsOf(
      listing.summary.length > longestGoodSummary &&
        warning(
          'SummaryLong',
          `The summary has ${listing.summary.length} characters; stores may cut it after ${longestGoodSummary}.`,
          at('summary'),
        ),
      plainText(listing.description).length < shortestGoodDescription &&
        warning(
          'DescriptionShort',
          'The description is short: say for whom it is, what it does and why it is worth it.',
          at('description'),
        ),
      listing.keywords.length === 0 &&
        warning('NoKeywords', 'Without keywords the offer is found by its name and description only.', at('keywords')),
    )
  })
}
