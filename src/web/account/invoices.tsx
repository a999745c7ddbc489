import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { makeStyles } from '@fluentui/react-components'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../ui/portal-page.tsx'
import { InvoiceStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { customerInvoices } from './account-data.server.ts'
import type { Route } from './+types/invoices.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Invoices' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Invoices · My account' }]

export async function loader(args: Route.LoaderArgs) {
  return customerInvoices(await enter(args, 'invoice.read'))
}

const useStyles = makeStyles({ text: { margin: 0 } })

export default function Invoices({ loaderData: { invoices, open, statements } }: Route.ComponentProps) {
  const styles = useStyles()
  return (
    <PortalPage title="Invoices" lead="One invoice a month for everything bought here: terms in advance, usage afterwards.">
      {open.items.length > 0 ? (
        <Section title="Not invoiced yet">
          <p className={styles.text}>
            {open.totals} so far, before tax. The next invoice is made on <DateText value={open.nextInvoiceOn} />.
          </p>
          <DataTable
            caption="Charges that have no invoice yet"
            rows={open.items}
            rowKey={(row) => row.id}
            columns={[
              { key: 'offer', header: 'Offer', cell: (row) => row.offer, rowHeader: true },
              { key: 'what', header: 'What', cell: (row) => row.description },
              { key: 'period', header: 'For', cell: (row) => row.period },
              { key: 'quantity', header: 'Quantity', cell: (row) => row.quantity, align: 'end' },
              { key: 'net', header: 'Amount', cell: (row) => row.net, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      {statements.length > 0 ? (
        <Section title="Quarterly statements">
          <DataTable
            caption="Statements of your enterprise agreement, newest first"
            rows={statements}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'number',
                header: 'Statement',
                cell: (row) => <TextLink to={`/account/statements/${row.id}`}>{row.number}</TextLink>,
                rowHeader: true,
              },
              { key: 'period', header: 'For', cell: (row) => row.period },
              { key: 'due', header: 'Due', cell: (row) => <DateText value={row.dueOn} /> },
              { key: 'open', header: 'Open', cell: (row) => row.open, align: 'end' },
              { key: 'total', header: 'Total', cell: (row) => row.total, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      <Section title="Issued">
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
              {
                key: 'number',
                header: 'Invoice',
                cell: (row) => (
                  <TextLink to={`/account/invoices/${row.id}`}>{row.credit ? `Credit note ${row.number}` : row.number}</TextLink>
                ),
                rowHeader: true,
              },
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
      </Section>
    </PortalPage>
  )
}
