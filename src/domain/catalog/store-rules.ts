import type { Store } from '../../kernel/reference-data.ts'
import type { SaasContent } from '../offers/index.ts'

/**
 * In which public stores an offer is listed (spec/05 §5.11, seed 001 L15220-15232):
 * with metered plans in the cloud store only, otherwise by its categories; an offer with private plans only in none of them
 * (its audience finds it when signed in). What is listed only has no plans; its categories decide.
 */
export function storesOf(content: SaasContent, stopped: ReadonlySet<string> = new Set()): Store[] {
  const publicPlans = content.plans.filter((plan) => plan.visibility === 'public' && !stopped.has(plan.planId))
  if (content.setup.listingOption === 'transact' && publicPlans.length === 0) return []
  const metered = content.plans.some((plan) => plan.dimensions.some((row) => row.enabled))
  if (metered) return ['cloud']
  const { business, cloud } = content.properties.categories
  return [...(business.length > 0 ? (['business'] as const) : []), ...(cloud.length > 0 ? (['cloud'] as const) : [])]
}
