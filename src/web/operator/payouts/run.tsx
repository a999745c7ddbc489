import { Text } from '@fluentui/react-components'
import { enter } from '../../ui/portal-access.server.ts'
import { heldReasons } from '../../ui/payout-words.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { LiveRefresh } from '../../ui/live-refresh.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Facts, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText, MomentText } from '../../ui/portal-time.tsx'
import { runDetail } from './payouts-data.server.ts'
import type { Route } from './+types/run.ts'

export const handle: CrumbHandle = {
  crumbs: () => [{ text: 'Payouts', to: '/operator/payouts' }, { text: 'Runs', to: '/operator/payouts/runs' }, { text: 'Run' }],
}
export const meta: Route.MetaFunction = () => [{ title: 'Payout run · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return runDetail(await enter(args, 'operator.console'), args.params.run)
}

export default function PayoutRun({ loaderData: { month, startedAt, startedBy, finishedAt, items } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Payout run"
      lead="What it paid, what it held and why."
      actions={<ButtonLink to="/operator/payouts/files">Bank files</ButtonLink>}
    >
      <Section title="Run" card>
        <Facts
          facts={[
            { label: 'State', value: <Status tone={finishedAt ? 'good' : 'info'}>{finishedAt ? 'Finished' : 'Running'}</Status> },
            { label: 'Month', value: <DateText value={month} /> },
            { label: 'Started', value: <MomentText value={startedAt} /> },
            { label: 'By', value: startedBy },
          ]}
        />
        {finishedAt ? null : <LiveRefresh />}
      </Section>
      <Section title="Publishers">
        {items.length === 0 ? (
          <Text block>
            {finishedAt ? 'Nothing was due to anybody that this month’s runs had not served already.' : 'It is about to begin.'}
          </Text>
        ) : (
          <DataTable
            caption="Publishers of this run"
            rows={items}
            rowKey={(row) => row.id}
            columns={[
              { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher, rowHeader: true },
              {
                key: 'outcome',
                header: 'Outcome',
                cell: (row) => <Status tone={row.reason === null ? 'good' : 'attention'}>{row.reason === null ? 'Paid' : 'Held'}</Status>,
              },
              { key: 'reason', header: 'Why', cell: (row) => (row.reason === null ? '–' : heldReasons[row.reason]) },
              { key: 'lines', header: 'Lines', cell: (row) => row.lines, align: 'end' },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
