import type { SaasContent } from '../../domain/offers/index.ts'

/** What a listing says, in short, for somebody who judges it: its own page shows it in full. */
export function plainListing(content: SaasContent) {
  const [language, listing] = Object.entries(content.listing).find(([code]) => code === 'en') ?? Object.entries(content.listing)[0] ?? []
  return {
    language: language ?? '',
    name: listing?.name ?? '',
    summary: listing?.summary ?? '',
    screenshots: listing?.screenshots.map(({ file, caption }) => ({ file, caption })) ?? [],
    documents: listing?.documents.map(({ file, name }) => ({ file, name })) ?? [],
    plans: content.plans.map((plan) => ({
      planId: plan.planId,
      name: (plan.listing.en ?? Object.values(plan.listing)[0])?.name ?? plan.planId,
      visibility: plan.visibility,
      markets: plan.markets.length,
      terms: plan.terms.join(', '),
    })),
    landingPageUrl: content.technicalConfiguration?.landingPageUrl ?? '',
    webhookUrl: content.technicalConfiguration?.webhookUrl ?? '',
    categories: [...content.properties.categories.business, ...content.properties.categories.cloud],
  }
}
