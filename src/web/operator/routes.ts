import { index, route, type RouteConfigEntry } from '@react-router/dev/routes'
import { integrationRoutes } from '../integration-routes.ts'

export const operatorRoutes: RouteConfigEntry[] = [
  route('operator', 'operator/layout.tsx', { id: 'operator' }, [
    index('operator/overview.tsx'),
    route('publishers', 'operator/publishers.tsx'),
    route('certification', 'operator/certification.tsx'),
    route('certification/rules', 'operator/certification-rules.tsx'),
    route('certification/:submission', 'operator/certification-case.tsx'),
    route('payouts', 'operator/payouts.tsx'),
    route('tax', 'operator/tax.tsx'),
    route('invoices', 'operator/invoices.tsx'),
    route('invoices/:invoice', 'operator/invoice.tsx'),
    route('statements/:statement', 'operator/statement.tsx'),
    route('customers', 'operator/customers.tsx'),
    route('clock', 'operator/clock.tsx'),
    route('mail', 'operator/mail-list.tsx'),
    route('mail/:mail', 'operator/mail.tsx'),
    ...integrationRoutes('operator'),
    route('*', 'operator/nothing.tsx'),
  ]),
  route('operator/statements/:statement/pdf', 'operator/statement-pdf.ts'),
  route('operator/invoices/:invoice/pdf', 'operator/invoice-pdf.ts'),
  route('operator/invoices/:invoice/csv', 'operator/invoice-csv.ts'),
]
