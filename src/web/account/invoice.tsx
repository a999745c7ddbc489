import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink } from '../ui/portal-link.tsx'
import { Facts, PortalPage, Section } from '../ui/portal-page.tsx'
import { InvoiceStatus, PaymentStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText, MomentText } from '../ui/portal-time.tsx'
import { customerInvoice } from './account-data.server.ts'
import type { Route } from './+types/invoice.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Invoices', to: '/account/invoices' },
    { text: data?.invoice.number ?? 'Invoice' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `Invoice ${loaderData?.invoice.number ?? ''} · My account` }]

export async function loader(args: Route.LoaderArgs) {
  return { invoice: await customerInvoice(await enter(args, 'invoice.read'), args.params.invoice) }
}

export default function InvoicePage({ loaderData: { invoice } }: Route.ComponentProps) {
  return (
    <PortalPage
      title={`${invoice.credit ? 'Credit note' : 'Invoice'} ${invoice.number}`}
      actions={
        <ButtonLink to={`/account/invoices/${invoice.id}/pdf`} icon={<ArrowDownloadRegular fontSize={20} />} document>
          Download PDF
        </ButtonLink>
      }
    >
      <Section title="Invoice" card>
        <Facts
          facts={[
            { label: 'Date', value: <DateText value={invoice.date} /> },
            { label: 'For', value: invoice.period },
            { label: 'Due', value: <DateText value={invoice.dueOn} /> },
            { label: 'State', value: <InvoiceStatus status={invoice.status} /> },
            { label: 'Billed to', value: invoice.billedTo },
            { label: 'Net', value: invoice.net },
            { label: 'Tax', value: invoice.tax },
            { label: 'Total', value: <strong>{invoice.total}</strong> },
          ]}
        />
      </Section>
      <Section title="Lines">
        <DataTable
          caption={`Lines of invoice ${invoice.number}`}
          rows={invoice.lines}
          rowKey={(line) => line.id}
          columns={[
            {
              key: 'what',
              header: 'What',
              cell: (line) => (
                <>
                  {line.description}
                  <br />
                  {line.offer}
                </>
              ),
              rowHeader: true,
            },
            { key: 'period', header: 'For', cell: (line) => line.period },
            { key: 'quantity', header: 'Quantity', cell: (line) => line.quantity, align: 'end' },
            { key: 'price', header: 'Unit price', cell: (line) => line.unitPrice, align: 'end' },
            { key: 'net', header: 'Amount', cell: (line) => line.net, align: 'end' },
          ]}
        />
      </Section>
      {invoice.payments.length > 0 ? (
        <Section title="Payments">
          <DataTable
            caption={`Payments of invoice ${invoice.number}`}
            rows={invoice.payments}
            rowKey={(payment) => payment.id}
            columns={[
              { key: 'at', header: 'Time', cell: (payment) => <MomentText value={payment.at} />, rowHeader: true },
              { key: 'state', header: 'State', cell: (payment) => <PaymentStatus status={payment.state} /> },
              { key: 'why', header: 'Note', cell: (payment) => payment.failure ?? '–' },
              { key: 'amount', header: 'Amount', cell: (payment) => payment.amount, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
