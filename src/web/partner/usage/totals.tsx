import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { DataUsageRegular } from '@fluentui/react-icons/svg/data-usage'
import { SelectField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { ArchivedNotice } from './archived-notice.tsx'
import { UsageSearchForm } from './search-form.tsx'
import { UsageTabs } from './tabs.tsx'
import { groupings, usageSearch, usageTotals } from './usage-data.server.ts'
import type { Route } from './+types/totals.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Usage' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Usage · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  const params = new URL(args.request.url).searchParams
  const search = usageSearch(params)
  const { publisherId } = visit.publisher
  const found = await usageTotals(visit, search)
  return { base: `/partner/publishers/${publisherId}`, search, query: params.toString(), groupings, ...found }
}

export default function UsageTotals({
  loaderData: { base, search, query, groupings: ways, totals, archivedUntil, ...form },
}: Route.ComponentProps) {
  const filtered = search.q !== '' || search.offer !== '' || search.plan !== '' || search.dimension !== '' || search.from !== ''
  const header = ways.find(({ value }) => value === search.by)?.label ?? ''
  return (
    <PortalPage
      title="Usage"
      lead="What your customers used beyond what their plans include, as your application reported it. Every unit is charged."
      actions={
        totals.length > 0 ? (
          <ButtonLink to={`${base}/usage.csv${query ? `?${query}` : ''}`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            Download CSV
          </ButtonLink>
        ) : undefined
      }
    >
      <UsageTabs base={base} />
      <UsageSearchForm search={search} {...form}>
        <SelectField name="by" label="Add up by" options={ways} defaultValue={search.by} />
      </UsageSearchForm>
      <ArchivedNotice until={archivedUntil} />
      {totals.length === 0 ? (
        <EmptyState
          icon={<DataUsageRegular />}
          title={filtered ? 'No usage matches' : 'No usage reported this month'}
          action={
            filtered ? (
              <TextLink to={`${base}/usage`}>Show all of this month</TextLink>
            ) : (
              <TextLink to="/docs/metering" document>
                Read how usage is reported
              </TextLink>
            )
          }
        >
          {filtered
            ? 'Take a filter away, or choose other days.'
            : 'Report what customers use above the included quantity with a usage event of its hour; it is charged on their next invoice.'}
        </EmptyState>
      ) : (
        <DataTable
          caption={`Usage by ${header.toLowerCase()}`}
          rows={totals}
          rowKey={(row) => `${row.group} ${row.dimension}`}
          columns={[
            {
              key: 'group',
              header,
              cell: (row) => (search.by === 'day' ? <DateText value={row.group} /> : row.name),
              rowHeader: true,
            },
            ...(search.by === 'dimension'
              ? []
              : [{ key: 'dimension', header: 'Dimension', cell: (row: (typeof totals)[number]) => row.dimensionName }]),
            { key: 'unit', header: 'Unit', cell: (row) => row.unit || '–' },
            { key: 'quantity', header: 'Quantity', cell: (row) => row.quantity, align: 'end' },
            { key: 'subscriptions', header: 'Subscriptions', cell: (row) => row.subscriptions.toLocaleString('en-US'), align: 'end' },
            { key: 'events', header: 'Events', cell: (row) => row.events.toLocaleString('en-US'), align: 'end' },
          ]}
        />
      )}
    </PortalPage>
  )
}
