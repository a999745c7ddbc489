import { BuildingShopRegular } from '@fluentui/react-icons/svg/building-shop'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterAccount } from './account-access.server.ts'
import { publisherStatuses } from './account-words.ts'
import type { Route } from './+types/publishers.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Publishers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Publishers · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, account, base, read } = await enterAccount(args, 'seller-account.read')
  const rows = await read((ctx) => domain.accounts.publishersOfAccount(ctx, account.accountId))
  const search = new URL(args.request.url).searchParams
  return {
    base,
    added: rows.find((one) => one.publisherId === search.get('added'))?.name ?? null,
    saved: search.has('saved'),
    publishers: rows.map(({ publisherId, name, mpnId, status, statusReason, createdAt }) => ({
      publisherId,
      name,
      mpnId,
      status,
      statusReason,
      createdAt: createdAt.toString(),
    })),
  }
}

export default function Publishers({ loaderData: { base, added, saved, publishers } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Publishers"
      lead="The names under which your organisation sells. Each has its own offers, customers and payout statements."
      actions={
        publishers.length === 0 ? undefined : (
          <ButtonLink to={`${base}/publishers/new`} primary>
            Add publisher
          </ButtonLink>
        )
      }
    >
      {added ? (
        <Notice intent="success" title={`${added} is added.`}>
          Switch to it in the left navigation.
        </Notice>
      ) : saved ? (
        <Notice intent="success" title="Saved." />
      ) : null}
      {publishers
        .filter((one) => one.status === 'suspended')
        .map((one) => (
          <Notice key={one.publisherId} intent="warning" title={`${one.name} is suspended: ${one.statusReason ?? ''}`}>
            Its offers are not shown or sold. Customers who have bought keep their subscriptions; payouts wait.
          </Notice>
        ))}
      {publishers.length === 0 ? (
        <EmptyState
          icon={<BuildingShopRegular />}
          title="No publisher yet"
          action={<TextLink to={`${base}/programs`}>Enrol in the commercial marketplace</TextLink>}
        >
          The first publisher comes with the enrolment.
        </EmptyState>
      ) : (
        <DataTable
          caption="Publishers of this account"
          rows={publishers}
          rowKey={(row) => row.publisherId}
          columns={[
            {
              key: 'name',
              header: 'Name',
              cell: (row) => <TextLink to={`${base}/publishers/${row.publisherId}`}>{row.name}</TextLink>,
              rowHeader: true,
            },
            { key: 'id', header: 'Publisher ID', cell: (row) => row.publisherId },
            { key: 'mpn', header: 'MPN ID', cell: (row) => row.mpnId ?? '–' },
            { key: 'status', header: 'Status', cell: (row) => <PublisherStatus status={row.status} /> },
            { key: 'at', header: 'Added', cell: (row) => <DateText value={row.createdAt} /> },
          ]}
        />
      )}
    </PortalPage>
  )
}

function PublisherStatus({ status }: { status: string }) {
  const shown = publisherStatuses[status] ?? { label: status, tone: 'neutral' as const }
  return <Status tone={shown.tone}>{shown.label}</Status>
}
