import { index, route, type RouteConfigEntry } from '@react-router/dev/routes'
import { supportFiles, supportRoutes } from '../support-routes.ts'

export const accountRoutes: RouteConfigEntry[] = [
  route('account', 'account/layout.tsx', { id: 'account' }, [
    index('account/subscriptions.tsx'),
    route('subscriptions/:subscription', 'account/subscription.tsx'),
    route('subscriptions/:subscription/change', 'account/change.tsx'),
    route('private-products', 'account/private-products.tsx'),
    route('invoices', 'account/invoices.tsx'),
    route('invoices/:invoice', 'account/invoice.tsx'),
    route('invoices/:invoice/why', 'account/invoice-why.tsx'),
    route('statements/:statement', 'account/statement.tsx'),
    route('billing', 'account/billing.tsx'),
    route('requests', 'account/requests.tsx'),
    route('requests/:request', 'account/request.tsx'),
    route('rules', 'account/rules.tsx'),
    route('notifications', 'account/notifications.tsx'),
    route('data', 'account/data.tsx'),
    ...supportRoutes('account'),
    route('whats-new', 'announcements/whats-new.tsx', { id: 'account/whats-new' }),
    route('*', 'account/nothing.tsx'),
  ]),
  route('account/data/person', 'account/person-export.ts'),
  route('account/data/organisation', 'account/organisation-export.ts'),
  route('account/subscriptions/:subscription/open', 'account/open.ts'),
  route('account/invoices/:invoice/pdf', 'account/invoice-pdf.ts'),
  route('account/statements/:statement/pdf', 'account/statement-pdf.ts'),
  route('account/statements/:statement/csv', 'account/statement-csv.ts'),
  route('account/invoices/:invoice/csv', 'account/invoice-csv.ts'),
  ...supportFiles('account', 'account'),
]
