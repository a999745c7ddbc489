import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { enter } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText, MomentText } from '../../ui/portal-time.tsx'
import { runList } from './payouts-data.server.ts'
import { PayoutTabs } from './tabs.tsx'
import type { Route } from './+types/runs.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payouts', to: '/operator/payouts' }, { text: 'Runs' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payout runs · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return { runs: await runList(await enter(args, 'operator.console')) }
}

export default function PayoutRuns({ loaderData: { runs } }: Route.ComponentProps) {
  return (
    <PortalPage title="Payout runs" lead="What each run paid, what it held and why. A run that was interrupted goes on where it stopped.">
      <PayoutTabs />
      {runs.length === 0 ? (
        <EmptyState icon={<MoneyRegular />} title="No run yet">
          The first one is on the 15th of the month after the first sale.
        </EmptyState>
      ) : (
        <DataTable
          caption="Payout runs, newest first"
          rows={runs}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'started',
              header: 'Run',
              cell: (row) => (
                <TextLink to={`/operator/payouts/runs/${row.id}`}>
                  <MomentText value={row.startedAt} />
                </TextLink>
              ),
              rowHeader: true,
            },
            { key: 'month', header: 'Month', cell: (row) => <DateText value={row.month} /> },
            { key: 'by', header: 'Started by', cell: (row) => row.startedBy },
            {
              key: 'state',
              header: 'State',
              cell: (row) => <Status tone={row.finishedAt ? 'good' : 'info'}>{row.finishedAt ? 'Finished' : 'Running'}</Status>,
            },
          ]}
        />
      )}
    </PortalPage>
  )
}
