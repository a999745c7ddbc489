import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Figures, PortalPage, Section } from '../ui/portal-page.tsx'
import { InvoiceStatus, Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { InvoiceTabs } from './books/tabs.tsx'
import { invoicesAndAging } from './billing-data.server.ts'
import type { Route } from './+types/invoices.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Invoices' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Invoices · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return invoicesAndAging(await enter(args, 'operator.console'))
}

export default function OperatorInvoices({ loaderData: { aging, open, recent } }: Route.ComponentProps) {
  return (
    <PortalPage title="Invoices" lead="What customers owe, by how long it has been due, and the newest documents.">
      <InvoiceTabs />
      {open.length === 0 ? (
        <EmptyState icon={<ReceiptRegular />} title="Nobody owes anything">
          Every invoice is paid and every credit note is settled.
        </EmptyState>
      ) : (
        <>
          {aging.map((of) => (
            <Section key={of.currency} title={`Owed in ${of.currency}`}>
              <Figures figures={of.buckets} />
            </Section>
          ))}
          <Section title="Not settled">
            <DataTable
              caption="Documents that are not settled, the longest due first"
              rows={open}
              rowKey={(row) => row.id}
              columns={[
                {
                  key: 'number',
                  header: 'Document',
                  cell: (row) => <TextLink to={`/operator/invoices/${row.id}`}>{row.number}</TextLink>,
                  rowHeader: true,
                },
                { key: 'customer', header: 'Customer', cell: (row) => row.customer },
                { key: 'due', header: 'Due', cell: (row) => <DateText value={row.dueOn} /> },
                { key: 'method', header: 'Paid by', cell: (row) => row.method },
                {
                  key: 'state',
                  header: 'Collection',
                  cell: (row) => <Status tone={row.tone}>{row.collection}</Status>,
                },
                { key: 'left', header: 'Open', cell: (row) => row.left, align: 'end' },
              ]}
            />
          </Section>
        </>
      )}
      {recent.length > 0 ? (
        <Section title="Newest documents">
          <DataTable
            caption="The newest documents"
            rows={recent}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'number',
                header: 'Document',
                cell: (row) => <TextLink to={`/operator/invoices/${row.id}`}>{row.number}</TextLink>,
                rowHeader: true,
              },
              { key: 'kind', header: 'Kind', cell: (row) => row.kind },
              { key: 'customer', header: 'Customer', cell: (row) => row.customer },
              { key: 'date', header: 'Date', cell: (row) => <DateText value={row.date} /> },
              { key: 'state', header: 'State', cell: (row) => <InvoiceStatus status={row.state} /> },
              { key: 'total', header: 'Total', cell: (row) => row.total, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
