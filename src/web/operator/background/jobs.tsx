import { AppsListRegular } from '@fluentui/react-icons/svg/apps-list'
import { enter } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { BackgroundTabs } from './tabs.tsx'
import type { Route } from './+types/jobs.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Background work', to: '/operator/background' }, { text: 'Jobs' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Jobs · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { kernel, read } = await enter(args, 'background.read')
  return { queues: await read((ctx) => kernel.background.queues(ctx)) }
}

export default function JobsPage({ loaderData: { queues } }: Route.ComponentProps) {
  const number = (n: number) => n.toLocaleString('en-US')
  return (
    <PortalPage
      title="Jobs"
      lead="Immediate effects: mail, documents, exports. They are tried again after a failure and kept for seven days."
    >
      <BackgroundTabs />
      {queues.length === 0 ? (
        <EmptyState icon={<AppsListRegular />} title="No queues">
          They are made when a process with the role worker starts.
        </EmptyState>
      ) : (
        <DataTable
          caption="Queues of jobs"
          rows={queues}
          rowKey={(row) => row.name}
          columns={[
            { key: 'name', header: 'Queue', cell: (row) => row.name, rowHeader: true },
            { key: 'waiting', header: 'Waiting', cell: (row) => number(row.waiting), align: 'end' },
            { key: 'running', header: 'Running', cell: (row) => number(row.running), align: 'end' },
            { key: 'retrying', header: 'Tried again', cell: (row) => number(row.retrying), align: 'end' },
            { key: 'failed', header: 'Given up', cell: (row) => number(row.failed), align: 'end' },
            { key: 'done', header: 'Done', cell: (row) => number(row.done), align: 'end' },
          ]}
        />
      )}
    </PortalPage>
  )
}
