import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
import { InvoiceStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { customerInvoices } from './account-data.server.ts'
import type { Route } from './+types/invoices.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Invoices' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Invoices · My account' }]

export async function loader(args: Route.LoaderArgs) {
  return { invoices: await customerInvoices(await enter(args, 'invoice.read')) }
}

export default function Invoices({ loaderData: { invoices } }: Route.ComponentProps) {
  return (
    <PortalPage title="Invoices" lead="One invoice a month for everything bought here: terms in advance, usage afterwards.">
      {invoices.length === 0 ? (
        <EmptyState icon={<ReceiptRegular />} title="No invoices yet" action={<TextLink to="/account">See your subscriptions</TextLink>}>
          On the first day of a month an invoice is made for what was charged in the month before.
        </EmptyState>
      ) : (
        <DataTable
          caption="Invoices, newest first"
          rows={invoices}
          rowKey={(row) => row.id}
          columns={[
            { key: 'number', header: 'Invoice', cell: (row) => <TextLink to={`/account/invoices/${row.id}`}>{row.number}</TextLink>, rowHeader: true },
            { key: 'date', header: 'Date', cell: (row) => <DateText value={row.date} /> },
            { key: 'period', header: 'For', cell: (row) => row.period },
            { key: 'status', header: 'State', cell: (row) => <InvoiceStatus status={row.status} /> },
            { key: 'total', header: 'Total', cell: (row) => row.total, align: 'end' },
            {
              key: 'pdf',
              header: 'Document',
              cell: (row) => (
                <TextLink to={`/account/invoices/${row.id}/pdf`} document>
                  {`PDF of ${row.number}`}
                </TextLink>
              ),
            },
          ]}
        />
      )}
    </PortalPage>
  )
}
