import { DataUsageRegular } from '@fluentui/react-icons/svg/data-usage'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { publisherUsage } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/usage.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Usage' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Usage · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  return { base: `/partner/publishers/${visit.publisher.publisherId}`, ...(await publisherUsage(visit)) }
}

export default function Usage({ loaderData: { base, events, refused } }: Route.ComponentProps) {
  return (
    <PortalPage title="Usage" lead="Usage events that your application has reported through the metering API, newest first.">
      {events.length === 0 ? (
        <EmptyState
          icon={<DataUsageRegular />}
          title="No usage reported yet"
          action={
            <TextLink to="/docs" document>
              Read the metering API
            </TextLink>
          }
        >
          Report what customers use above the included quantity with a usage event of its hour; it is charged on their next invoice.
        </EmptyState>
      ) : (
        <DataTable
          caption="Usage events, newest first"
          rows={events}
          rowKey={(row) => row.id}
          columns={[
            { key: 'dimension', header: 'Dimension', cell: (row) => row.dimension, rowHeader: true },
            { key: 'quantity', header: 'Quantity', cell: (row) => row.quantity, align: 'end' },
            {
              key: 'subscription',
              header: 'Subscription',
              cell: (row) => <TextLink to={`${base}/subscriptions/${row.subscription}`}>{row.subscriptionName}</TextLink>,
            },
            { key: 'plan', header: 'Plan', cell: (row) => row.planId },
            { key: 'hour', header: 'Used at', cell: (row) => <MomentText value={row.effectiveAt} /> },
            { key: 'accepted', header: 'Accepted at', cell: (row) => <MomentText value={row.acceptedAt} /> },
          ]}
        />
      )}
      {refused.length > 0 ? (
        <Section title="Refused in the last 30 days">
          <DataTable
            caption="Refused usage events, newest first"
            rows={refused}
            rowKey={(row) => row.id}
            columns={[
              { key: 'dimension', header: 'Dimension', cell: (row) => row.dimension, rowHeader: true },
              { key: 'quantity', header: 'Quantity', cell: (row) => row.quantity, align: 'end' },
              { key: 'status', header: 'Status', cell: (row) => <Status tone="attention">{row.status}</Status> },
              { key: 'reason', header: 'Why', cell: (row) => row.reason },
              { key: 'at', header: 'Received', cell: (row) => <MomentText value={row.at} seconds /> },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
