import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { Facts, PortalPage, Section } from '../ui/portal-page.tsx'
import { InvoiceStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { customerStatement } from './account-data.server.ts'
import type { Route } from './+types/statement.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Invoices', to: '/account/invoices' },
    { text: data?.statement.number ?? 'Statement' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `Statement ${loaderData?.statement.number ?? ''} · My account` }]

export async function loader(args: Route.LoaderArgs) {
  return { statement: await customerStatement(await enter(args, 'invoice.read'), args.params.statement) }
}

export default function StatementPage({ loaderData: { statement } }: Route.ComponentProps) {
  return (
    <PortalPage
      title={`Statement ${statement.number}`}
      lead="What was billed in the quarter, on your enterprise agreement."
      actions={
        <>
          <ButtonLink to={`/account/statements/${statement.id}/csv`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            CSV
          </ButtonLink>
          <ButtonLink to={`/account/statements/${statement.id}/pdf`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            Download PDF
          </ButtonLink>
        </>
      }
    >
      <Section title="Statement" card>
        <Facts
          facts={[
            { label: 'For', value: statement.period },
            { label: 'Date', value: <DateText value={statement.date} /> },
            { label: 'Due', value: <DateText value={statement.dueOn} /> },
            { label: 'Net', value: statement.net },
            { label: 'Tax', value: statement.tax },
            { label: 'Total', value: <strong>{statement.total}</strong> },
            { label: 'Open', value: statement.open },
          ]}
        />
      </Section>
      <Section title="Documents">
        <DataTable
          caption={`Documents of statement ${statement.number}`}
          rows={statement.documents}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'number',
              header: 'Document',
              cell: (row) => (
                <TextLink to={`/account/invoices/${row.id}`}>{row.credit ? `Credit note ${row.number}` : row.number}</TextLink>
              ),
              rowHeader: true,
            },
            { key: 'period', header: 'For', cell: (row) => row.period },
            { key: 'status', header: 'State', cell: (row) => <InvoiceStatus status={row.status} /> },
            { key: 'total', header: 'Total', cell: (row) => row.total, align: 'end' },
          ]}
        />
      </Section>
    </PortalPage>
  )
}
