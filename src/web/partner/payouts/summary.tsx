import { Text } from '@fluentui/react-components'
import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Figures, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { heldReasons, heldRemedies } from '../../ui/payout-words.tsx'
import { PayoutStatus, Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { lineColumns } from './line-columns.tsx'
import { managesPayouts, payoutsBase, payoutSummary } from './payouts-data.server.ts'
import { PayoutTabs } from './tabs.tsx'
import type { Route } from './+types/summary.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payouts' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payouts · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'payout.read')
  return { ...(await payoutSummary(visit)), base: payoutsBase(visit), manages: managesPayouts(visit) }
}

export default function PayoutSummary({
  loaderData: { base, manages, fee, problem, held, nextRun, next, totals, payouts, adjustments, lines },
}: Route.ComponentProps) {
  return (
    <PortalPage
      title="Payouts"
      lead={`What customers have paid for your offers, minus the store fee of ${fee} %. Paid out on the 15th of each month.`}
      actions={
        lines.length === 0 ? undefined : (
          <ButtonLink to={`${base}/payouts.csv`} document>
            All transactions as CSV
          </ButtonLink>
        )
      }
    >
      <PayoutTabs base={base} />
      {problem ? (
        <Notice intent="warning" title={heldReasons[problem]}>
          What you earn is recorded; nothing is paid until this is done. {heldRemedies[problem]}{' '}
          {manages ? <TextLink to={`${base}/profiles`}>Payout and tax profiles</TextLink> : 'An owner of the account can do it.'}
        </Notice>
      ) : null}
      {held ? (
        <Notice intent="warning" title="Your payments are on hold.">
          What you earn is recorded and shown here; nothing is paid until the hold is taken off.{' '}
          {manages ? <TextLink to={`${base}/profiles`}>Change the hold</TextLink> : null}
        </Notice>
      ) : null}
      {lines.length === 0 && adjustments.length === 0 ? (
        <EmptyState icon={<MoneyRegular />} title="No payouts yet">
          A line appears here for every line of a customer’s invoice. Invoices are made on the first day of each month.
        </EmptyState>
      ) : (
        <>
          <Figures figures={totals} />
          {next.length > 0 ? (
            <Section title="Next payout">
              <Text block>
                As it stands now, for <DateText value={nextRun} />.
              </Text>
              <DataTable
                caption="What the next run would pay to you"
                rows={next}
                rowKey={(row) => row.id}
                columns={[
                  { key: 'what', header: 'What', cell: (row) => row.what, rowHeader: true },
                  {
                    key: 'then',
                    header: 'Then',
                    cell: (row) =>
                      row.reason === null ? (
                        <Status tone="info">Is paid</Status>
                      ) : (
                        <>
                          <Status tone="attention">Waits</Status> {heldReasons[row.reason]}
                        </>
                      ),
                  },
                  { key: 'withheld', header: 'Withheld tax', cell: (row) => row.withheld, align: 'end' },
                  { key: 'adjusted', header: 'Adjustments', cell: (row) => row.adjusted, align: 'end' },
                  { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
                ]}
              />
            </Section>
          ) : null}
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
                    cell: (payout) => <TextLink to={`${base}/payouts/${payout.id}`}>{payout.number}</TextLink>,
                    rowHeader: true,
                  },
                  { key: 'month', header: 'Month', cell: (payout) => <DateText value={payout.month} /> },
                  { key: 'state', header: 'State', cell: (payout) => <PayoutStatus status={payout.state} /> },
                  { key: 'lines', header: 'Lines', cell: (payout) => payout.lines, align: 'end' },
                  { key: 'net', header: 'Customers paid', cell: (payout) => payout.net, align: 'end' },
                  { key: 'fee', header: 'Store fee', cell: (payout) => payout.fee, align: 'end' },
                  { key: 'withheld', header: 'Withheld tax', cell: (payout) => payout.withheld, align: 'end' },
                  { key: 'amount', header: 'Paid out', cell: (payout) => payout.amount, align: 'end' },
                ]}
              />
            </Section>
          ) : null}
          {adjustments.length > 0 ? (
            <Section title="Adjustments">
              <DataTable
                caption="Adjustments of your balance, newest first"
                rows={adjustments}
                rowKey={(row) => row.id}
                columns={[
                  { key: 'number', header: 'Adjustment', cell: (row) => row.number, rowHeader: true },
                  { key: 'date', header: 'Date', cell: (row) => <DateText value={row.date} /> },
                  { key: 'reason', header: 'Why', cell: (row) => row.reason },
                  {
                    key: 'state',
                    header: 'State',
                    cell: (row) => <Status tone={row.paid ? 'good' : 'info'}>{row.paid ? 'In a payout' : 'In the next payout'}</Status>,
                  },
                  { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
                ]}
              />
            </Section>
          ) : null}
          {lines.length > 0 ? (
            <Section title="Latest lines" actions={<TextLink to={`${base}/payouts/transactions`}>All transactions</TextLink>}>
              <DataTable caption="Payout lines, newest first" rows={lines} rowKey={(line) => line.id} columns={lineColumns()} />
            </Section>
          ) : null}
        </>
      )}
    </PortalPage>
  )
}
