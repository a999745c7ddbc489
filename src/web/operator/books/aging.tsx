import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { Form } from 'react-router'
import { enter } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
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
  return aging(await enter(args, 'operator.console'), new URL(args.request.url).searchParams)
}

export default function Aging({ loaderData: { on, currencies } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Aging"
      lead="What customers owed at the end of a day, by how long it had been due. Credit notes that are not paid back yet count below zero."
      actions={<TextLink to="/operator/invoices">The documents</TextLink>}
    >
      <BookTabs />
      <Form method="get" aria-label="Day of the aging">
        <FormRow>
          <TextField name="on" type="date" label="At the end of" defaultValue={on} />
          <SubmitButton>Show</SubmitButton>
        </FormRow>
      </Form>
      {currencies.length === 0 ? (
        <EmptyState icon={<ReceiptRegular />} title="Nobody owed anything">
          Every invoice was paid and every credit note was settled.
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
