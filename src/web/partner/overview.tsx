import { BoxRegular } from '@fluentui/react-icons/svg/box'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Figures, PortalPage, Section } from '../ui/portal-page.tsx'
import { SubscriptionStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { publisherOverview } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/overview.ts'

export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.publisher.name ?? 'Overview'} · Partner Center` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'publisher.read')
  return { publisher: visit.publisher, ...(await publisherOverview(visit)) }
}

export default function PartnerOverview({ loaderData: { publisher, figures, recent } }: Route.ComponentProps) {
  const base = `/partner/publishers/${publisher.publisherId}`
  return (
    <PortalPage
      title={publisher.name}
      lead="What you sell here, and who has bought it."
      actions={<ButtonLink to={`${base}/offers`}>All offers</ButtonLink>}
    >
      <Figures figures={figures} />
      {recent ? (
        <Section
          title="Latest subscriptions"
          actions={recent.length > 0 ? <TextLink to={`${base}/subscriptions`}>All customers</TextLink> : undefined}
        >
          {recent.length === 0 ? (
            <EmptyState
              icon={<BoxRegular />}
              title="Nobody has bought yet"
              action={<TextLink to={`${base}/offers`}>Look at your offers</TextLink>}
            >
              When a customer buys one of your live offers, the subscription appears here at once.
            </EmptyState>
          ) : (
            <DataTable
              caption="Latest subscriptions"
              rows={recent}
              rowKey={(row) => row.id}
              columns={[
                {
                  key: 'name',
                  header: 'Subscription',
                  cell: (row) => <TextLink to={`${base}/subscriptions/${row.id}`}>{row.name}</TextLink>,
                  rowHeader: true,
                },
                { key: 'customer', header: 'Customer', cell: (row) => row.customer },
                { key: 'plan', header: 'Offer and plan', cell: (row) => `${row.offerId} / ${row.planId}` },
                { key: 'state', header: 'State', cell: (row) => <SubscriptionStatus status={row.status} /> },
                { key: 'at', header: 'Bought', cell: (row) => <MomentText value={row.createdAt} /> },
              ]}
            />
          )}
        </Section>
      ) : null}
    </PortalPage>
  )
}
