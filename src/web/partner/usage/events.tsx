import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { DataUsageRegular } from '@fluentui/react-icons/svg/data-usage'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { ArchivedNotice } from './archived-notice.tsx'
import { UsageSearchForm } from './search-form.tsx'
import { UsageTabs } from './tabs.tsx'
import { usageEvents, usageSearch } from './usage-data.server.ts'
import type { Route } from './+types/events.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Usage', to: '..' }, { text: 'Events' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Usage events · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  const params = new URL(args.request.url).searchParams
  const search = usageSearch(params)
  params.delete('after')
  return {
    base: `/partner/publishers/${visit.publisher.publisherId}`,
    search,
    query: params.toString(),
    ...(await usageEvents(visit, search)),
  }
}

export default function UsageEvents({ loaderData: { base, search, query, events, next, archivedUntil, ...form } }: Route.ComponentProps) {
  const older = new URLSearchParams(query)
  if (next) older.set('after', next)
  return (
    <PortalPage
      title="Usage events"
      lead="Each accepted event, newest first. One event counts for a subscription, a dimension and an hour of UTC."
      actions={
        events.length > 0 ? (
          <ButtonLink to={`${base}/usage/events.csv${query ? `?${query}` : ''}`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            Download CSV
          </ButtonLink>
        ) : undefined
      }
    >
      <UsageTabs base={base} />
      <UsageSearchForm search={search} {...form} />
      <ArchivedNotice until={archivedUntil} />
      {events.length === 0 ? (
        <EmptyState
          icon={<DataUsageRegular />}
          title="No event matches"
          action={<TextLink to={`${base}/usage/refused`}>Look at refused events</TextLink>}
        >
          Between these days no such event was accepted. The days are those on which something was used, in UTC.
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
            { key: 'customer', header: 'Customer', cell: (row) => row.customer },
            { key: 'plan', header: 'Plan', cell: (row) => row.planId },
            { key: 'hour', header: 'Used at', cell: (row) => <MomentText value={row.effectiveAt} /> },
            { key: 'accepted', header: 'Accepted at', cell: (row) => <MomentText value={row.acceptedAt} /> },
          ]}
        />
      )}
      {next || search.after ? (
        <nav aria-label="Pages of the list">
          {search.after ? <TextLink to={`${base}/usage/events${query ? `?${query}` : ''}`}>Newest</TextLink> : null}{' '}
          {next ? <TextLink to={`${base}/usage/events?${older.toString()}`}>Older</TextLink> : null}
        </nav>
      ) : null}
    </PortalPage>
  )
}
