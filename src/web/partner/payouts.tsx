import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Figures, PortalPage, Section } from '../ui/portal-page.tsx'
import { PayoutStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { publisherPayouts } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/payouts.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payouts' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payouts · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  return {
    ...(await publisherPayouts(await enterPublisher(args, 'payout.read'))),
    base: `/partner/publishers/${args.params.publisher}/payouts`,
  }
}

export default function Payouts({ loaderData: { totals, payouts, lines, fee, base } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Payouts"
      lead={`What customers have paid for your offers, minus the store fee of ${fee} %. Paid out on the 15th of each month.`}
      actions={
        lines.length === 0 ? undefined : (
          <ButtonLink to={`${base}.csv`} document>
            All transactions as CSV
          </ButtonLink>
        )
      }
    >
      {lines.length === 0 ? (
        <EmptyState icon={<MoneyRegular />} title="No payouts yet">
          A line appears here for every line of a customer’s invoice. Invoices are made on the first day of each month.
        </EmptyState>
      ) : (
        <>
          <Figures figures={totals} />
          {payouts.length > 0 ? (
            <Section title="Payouts">
              <DataTable
                caption="Payouts, newest first"
                rows={payouts}
                rowKey={(payout) => payout.id}
                columns={[
                  {
                    key: 'number',
                    header: 'Payout',
                    cell: (payout) => <TextLink to={`${base}/${payout.id}`}>{payout.number}</TextLink>,
                    rowHeader: true,
                  },
                  { key: 'month', header: 'Month', cell: (payout) => <DateText value={payout.month} /> },
                  { key: 'state', header: 'State', cell: (payout) => <PayoutStatus status={payout.state} /> },
                  { key: 'lines', header: 'Lines', cell: (payout) => payout.lines, align: 'end' },
                  { key: 'net', header: 'Customers paid', cell: (payout) => payout.net, align: 'end' },
                  { key: 'fee', header: 'Store fee', cell: (payout) => payout.fee, align: 'end' },
                  { key: 'amount', header: 'Paid out', cell: (payout) => payout.amount, align: 'end' },
                ]}
              />
            </Section>
          ) : null}
          <Section title="Lines">
            <DataTable
              caption="Payout lines, newest first"
              rows={lines}
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
                { key: 'customer', header: 'Customer', cell: (line) => line.customer },
                { key: 'state', header: 'State', cell: (line) => <PayoutStatus status={line.state} /> },
                { key: 'date', header: 'Date', cell: (line) => <DateText value={line.date} /> },
                { key: 'net', header: 'Customer pays', cell: (line) => line.net, align: 'end' },
                { key: 'fee', header: 'Store fee', cell: (line) => line.fee, align: 'end' },
                { key: 'share', header: 'Your share', cell: (line) => line.share, align: 'end' },
              ]}
            />
          </Section>
        </>
      )}
    </PortalPage>
  )
}
