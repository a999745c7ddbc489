import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { enter } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { aging } from './books-data.server.ts'
import { BookTabs } from './tabs.tsx'
import type { Route } from './+types/aging.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Ledger', to: '/operator/ledger' }, { text: 'Aging' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Aging · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return { currencies: await aging(await enter(args, 'operator.console')) }
}

export default function Aging({ loaderData: { currencies } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Aging"
      lead="What customers owe, by how long it has been due. Credit notes that are not paid back yet count below zero."
      actions={<TextLink to="/operator/invoices">The documents</TextLink>}
    >
      <BookTabs />
      {currencies.length === 0 ? (
        <EmptyState icon={<ReceiptRegular />} title="Nobody owes anything">
          Every invoice is paid and every credit note is settled.
        </EmptyState>
      ) : (
        currencies.map(({ currency, buckets, rows }) => (
          <Section key={currency} title={`Owed in ${currency}`}>
            <DataTable
              caption={`Receivables in ${currency} by age`}
              rows={rows}
              rowKey={(row) => row.id}
              columns={[
                { key: 'customer', header: 'Customer', cell: (row) => row.customer, rowHeader: true },
                { key: 'documents', header: 'Documents', cell: (row) => row.documents, align: 'end' },
                ...buckets.map((label, n) => ({
                  key: label,
                  header: label,
                  cell: (row: (typeof rows)[number]) => row.buckets[n],
                  align: 'end' as const,
                })),
                { key: 'total', header: 'Total', cell: (row) => <strong>{row.total}</strong>, align: 'end' },
              ]}
            />
          </Section>
        ))
      )}
    </PortalPage>
  )
}
