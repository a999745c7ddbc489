import { index, route, type RouteConfigEntry } from '@react-router/dev/routes'
import { integrationRoutes } from '../integration-routes.ts'

export const partnerRoutes: RouteConfigEntry[] = [
  route('partner', 'partner/layout.tsx', { id: 'partner' }, [
    index('partner/home.tsx'),
    route('publishers/:publisher', 'partner/publisher.tsx', [
      index('partner/overview.tsx'),
      route('offers', 'partner/authoring/offers.tsx'),
      route('offers/:offer', 'partner/authoring/shell.tsx', [
        index('partner/authoring/first-page.ts'),
        route('overview', 'partner/publishing/overview.tsx'),
        route('review', 'partner/publishing/review.tsx'),
        route('compare', 'partner/publishing/compare.tsx'),
        route('history', 'partner/publishing/history.tsx'),
        route('plans', 'partner/authoring/plans.tsx'),
        route('pages/:module', 'partner/authoring/section.tsx', { id: 'offer-page' }),
        route('plans/:plan/:module', 'partner/authoring/section.tsx', { id: 'plan-page' }),
      ]),
      route('subscriptions', 'partner/subscriptions.tsx'),
      route('subscriptions/:subscription', 'partner/subscription.tsx'),
      route('usage', 'partner/usage.tsx'),
      route('notifications', 'partner/notifications.tsx'),
      route('payouts', 'partner/payouts/summary.tsx'),
      route('payouts/transactions', 'partner/payouts/transactions.tsx'),
      route('payouts/forecast', 'partner/payouts/forecast.tsx'),
      route('payouts/:payout', 'partner/payouts/statement.tsx'),
      route('profiles', 'partner/profiles/profiles.tsx'),
      route('profiles/tax', 'partner/profiles/tax-profile.tsx'),
      route('profiles/payout', 'partner/profiles/payout-profile.tsx'),
      route('profiles/billing', 'partner/profiles/billing-profile.tsx'),
      route('integration-check', 'partner/integration-check.tsx'),
      ...integrationRoutes('partner'),
    ]),
    route('sandbox', 'partner/first-publisher.ts', { id: 'partner-sandbox' }),
    route('sandbox/*', 'partner/first-publisher.ts', { id: 'partner-sandbox-page' }),
    route('webhooks', 'partner/first-publisher.ts', { id: 'partner-webhooks' }),
    route('integration-check', 'partner/first-publisher.ts', { id: 'partner-integration-check' }),
    route('*', 'partner/nothing.tsx'),
  ]),
  // What editing pages send and fetch besides themselves.
  route('partner/publishers/:publisher/offers/:offer/sections', 'partner/authoring/sections.ts'),
  route('partner/publishers/:publisher/offers/:offer/lead-destination', 'partner/authoring/lead-destination.ts'),
  route('partner/publishers/:publisher/offers/:offer/files', 'partner/authoring/files.ts'),
  route('partner/publishers/:publisher/offers/:offer/audience.csv', 'partner/authoring/audience-file.ts', { id: 'preview-audience-file' }),
  route('partner/publishers/:publisher/offers/:offer/plans/:plan/audience', 'partner/authoring/audience.ts'),
  route('partner/publishers/:publisher/offers/:offer/plans/:plan/audience.csv', 'partner/authoring/audience-file.ts', {
    id: 'plan-audience-file',
  }),
  route('partner/publishers/:publisher/offers/:offer/plans/:plan/prices.xlsx', 'partner/authoring/price-file.ts'),
  route('partner/publishers/:publisher/subscriptions.csv', 'partner/subscriptions-csv.ts'),
  route('partner/publishers/:publisher/payouts.csv', 'partner/payouts/transactions-csv.ts'),
  route('partner/publishers/:publisher/payouts/:payout/csv', 'partner/payouts/statement-csv.ts'),
]
