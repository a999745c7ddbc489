import { Text } from '@fluentui/react-components'
import { lineColumn } from '../../ui/line-column.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Facts, PortalPage, Section } from '../../ui/portal-page.tsx'
import { PayoutStatus } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { payoutsBase, payoutStatement, statementView } from './payouts-data.server.ts'
import type { Route } from './+types/statement.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payouts', ...(data ? { to: data.base } : {}) },
    { text: data?.payout.number ?? 'Payout' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.payout.number ?? 'Payout'} · Partner Center` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'payout.read')
  return { base: `${payoutsBase(visit)}/payouts`, ...statementView(await payoutStatement(visit, args.params.payout)) }
}

export default function PayoutPage({ loaderData: { base, payout, parts, exchanged, adjustments, lines, more } }: Route.ComponentProps) {
  return (
    <PortalPage
      title={`Payout ${payout.number}`}
      lead="What customers have paid for your offers, less the store fee and what must be withheld."
      actions={
        <ButtonLink to={`${base}/${payout.id}/csv`} document>
          Transactions as CSV
        </ButtonLink>
      }
    >
      <Section title="Statement" card>
        <Facts
          facts={[
            { label: 'State', value: <PayoutStatus status={payout.state} /> },
            { label: 'Prepared', value: <DateText value={payout.preparedAt} /> },
            ...(payout.sentAt ? [{ label: 'Sent', value: <DateText value={payout.sentAt} /> }] : []),
            ...(payout.paidAt ? [{ label: 'Paid', value: <DateText value={payout.paidAt} /> }] : []),
            ...(payout.reference ? [{ label: 'Reference', value: payout.reference }] : []),
            ...(payout.returnReason && payout.state === 'returned' ? [{ label: 'Returned because', value: payout.returnReason }] : []),
            { label: 'Customers paid', value: payout.net },
            { label: 'Store fee', value: payout.fee },
            ...(payout.withheld ? [{ label: 'Withheld tax', value: payout.withheld }] : []),
            ...(payout.adjusted ? [{ label: 'Adjustments', value: payout.adjusted }] : []),
            { label: 'Paid out', value: <strong>{payout.amount}</strong> },
          ]}
        />
      </Section>
      {exchanged ? (
        <Section title="By currency">
          <Text block>Each line is exchanged at the rate of the day of its purchase and rounded once.</Text>
          <DataTable
            caption="What customers paid, by currency"
            rows={parts}
            rowKey={(part) => part.currency}
            columns={[
              { key: 'currency', header: 'Currency', cell: (part) => part.currency, rowHeader: true },
              { key: 'lines', header: 'Lines', cell: (part) => part.lines, align: 'end' },
              { key: 'net', header: 'Customers paid', cell: (part) => part.net, align: 'end' },
              { key: 'fee', header: 'Store fee', cell: (part) => part.fee, align: 'end' },
              { key: 'withheld', header: 'Withheld tax', cell: (part) => part.withheld, align: 'end' },
              { key: 'paid', header: 'Paid out', cell: (part) => part.paid, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      {adjustments.length > 0 ? (
        <Section title="Adjustments">
          <DataTable
            caption={`Adjustments in payout ${payout.number}`}
            rows={adjustments}
            rowKey={(row) => row.id}
            columns={[
              { key: 'number', header: 'Adjustment', cell: (row) => row.number, rowHeader: true },
              { key: 'reason', header: 'Why', cell: (row) => row.reason },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
              { key: 'paid', header: 'Paid out', cell: (row) => row.paid, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      <Section title="Lines">
        <DataTable
          caption={`Lines of payout ${payout.number}`}
          rows={lines}
          rowKey={(line) => line.id}
          columns={[
            lineColumn(),
            { key: 'invoice', header: 'Invoice', cell: (line) => line.invoice },
            { key: 'customer', header: 'Customer', cell: (line) => line.customer },
            { key: 'net', header: 'Customer paid', cell: (line) => line.net, align: 'end' },
            { key: 'fee', header: 'Store fee', cell: (line) => line.fee, align: 'end' },
            { key: 'share', header: 'Your share', cell: (line) => line.share, align: 'end' },
            ...(payout.withheld
              ? [{ key: 'withheld', header: 'Withheld', cell: (line: { withheld: string }) => line.withheld, align: 'end' as const }]
              : []),
            ...(exchanged ? [{ key: 'rate', header: 'Rate', cell: (line: { rate: string }) => line.rate, align: 'end' as const }] : []),
            { key: 'paid', header: 'Paid out', cell: (line) => line.paid, align: 'end' },
          ]}
        />
        {more > 0 ? <Text block>{more.toLocaleString('en-US')} more lines are in the CSV file.</Text> : null}
      </Section>
    </PortalPage>
  )
}
