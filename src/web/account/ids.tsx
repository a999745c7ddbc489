import { NumberSymbolRegular } from '@fluentui/react-icons/svg/number-symbol'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Facts, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import type { Route } from './+types/ids.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Your IDs' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Your IDs · My account' }]

export async function loader(args: Route.LoaderArgs) {
  const { user, domain, read } = await enter(args, 'account.read')
  const tenant = await read((ctx) => domain.directory.findTenant(ctx, user.tenantId))
  return {
    organisation: tenant?.name ?? '',
    domain: tenant?.domain ?? '',
    tenantId: user.tenantId,
    objectId: user.objectId,
    email: user.email,
    subscriptions: await read((ctx) => domain.subscriptions.ownIdentifiers(ctx)),
  }
}

export default function YourIds({ loaderData }: Route.ComponentProps) {
  const { organisation, domain, tenantId, objectId, email, subscriptions } = loaderData
  return (
    <PortalPage
      title="Your IDs"
      lead="The IDs that a publisher or the marketplace may ask you for. They are no secrets, and no passwords either."
    >
      <Section title="You" card>
        <Facts
          facts={[
            { label: 'Organisation', value: `${organisation} (${domain})` },
            { label: 'Tenant ID', value: <code>{tenantId}</code> },
            { label: 'User', value: email },
            { label: 'Object ID', value: <code>{objectId}</code> },
          ]}
        />
      </Section>
      <Section title="Subscriptions of yours and their partners">
        {subscriptions.length === 0 ? (
          <EmptyState icon={<NumberSymbolRegular />} title="You own no subscription">
            Subscriptions that you bought, or that were bought for you, are listed here with the partner ID of their seller.
          </EmptyState>
        ) : (
          <DataTable
            caption="Subscriptions of yours with the partner IDs of their sellers"
            rows={subscriptions}
            rowKey={(row) => row.subscriptionId}
            columns={[
              {
                key: 'name',
                header: 'Subscription',
                cell: (row) => <TextLink to={`/account/subscriptions/${row.subscriptionId}`}>{row.name}</TextLink>,
                rowHeader: true,
              },
              { key: 'id', header: 'Subscription ID', cell: (row) => <code>{row.subscriptionId}</code> },
              { key: 'partner', header: 'Partner ID', cell: (row) => row.partnerId ?? '–' },
              { key: 'partnerName', header: 'Partner', cell: (row) => row.partnerName },
              {
                key: 'state',
                header: 'State',
                cell: (row) => <Status tone={row.state === 'Active' ? 'good' : 'neutral'}>{row.state}</Status>,
              },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
