import { CalendarClockRegular } from '@fluentui/react-icons/svg/calendar-clock'
import { fieldText } from '../../form.ts'
import { enter } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { dueOverview } from './background-data.server.ts'
import { BackgroundTabs } from './tabs.tsx'
import type { Route } from './+types/due.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Background work' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Background work · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'background.read')
  const kind = fieldText(new URL(args.request.url).searchParams, 'kind')
  return { kind, ...(await dueOverview(visit, kind)) }
}

export default function DueWork({ loaderData: { kind, kinds, items } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Background work"
      lead="What the marketplace does by itself when its market time comes: renewals, deadlines, invoices, payouts, webhook attempts."
    >
      <BackgroundTabs />
      {kinds.length === 0 ? (
        <EmptyState icon={<CalendarClockRegular />} title="Nothing is due">
          The first subscription, invoice or submission puts work here.
        </EmptyState>
      ) : (
        <>
          <Section title="By kind">
            <DataTable
              caption="Due work by kind, the next first"
              rows={kinds}
              rowKey={(row) => row.kind}
              columns={[
                {
                  key: 'kind',
                  header: 'Kind',
                  cell: (row) => <TextLink to={`/operator/background?kind=${encodeURIComponent(row.kind)}`}>{row.kind}</TextLink>,
                  rowHeader: true,
                },
                { key: 'next', header: 'Next, market time', cell: (row) => <MomentText value={row.next} seconds /> },
                {
                  key: 'state',
                  header: 'State',
                  cell: (row) =>
                    row.failing > 0 ? (
                      <Status tone="bad">{`${row.failing} failing`}</Status>
                    ) : row.overdue > 0 ? (
                      <Status tone="attention">{`${row.overdue} due now`}</Status>
                    ) : (
                      <Status tone="good">Ahead</Status>
                    ),
                },
                { key: 'n', header: 'Items', cell: (row) => row.waiting.toLocaleString('en-US'), align: 'end' },
              ]}
            />
          </Section>
          <Section
            title={kind === '' ? 'The next 50' : `The next 50 of ${kind}`}
            actions={kind === '' ? undefined : <TextLink to="/operator/background">All kinds</TextLink>}
          >
            {items.length === 0 ? (
              <EmptyState icon={<CalendarClockRegular />} title="Nothing of this kind is ahead">
                It has run meanwhile, or was taken back.
              </EmptyState>
            ) : (
              <DataTable
                caption="Due work, the next first"
                rows={items}
                rowKey={(row) => `${row.kind} ${row.key}`}
                columns={[
                  { key: 'key', header: 'What it is about', cell: (row) => row.key, rowHeader: true },
                  { key: 'kind', header: 'Kind', cell: (row) => row.kind },
                  { key: 'at', header: 'Market time', cell: (row) => <MomentText value={row.at} seconds /> },
                  { key: 'tries', header: 'Failed tries', cell: (row) => row.attempts, align: 'end' },
                ]}
              />
            )}
          </Section>
        </>
      )}
    </PortalPage>
  )
}
