import { enter } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Facts, PortalPage, Section } from '../../ui/portal-page.tsx'
import { SubscriptionStatus } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText, MomentText } from '../../ui/portal-time.tsx'
import { TimeLine } from '../../ui/portal-time-line.tsx'
import { oneSubscription } from './subscriptions-data.server.ts'
import type { Route } from './+types/subscription.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Subscriptions', to: '/operator/subscriptions' },
    { text: data?.name ?? 'Subscription' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.name ?? 'Subscription'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  return oneSubscription(await enter(args, 'operator.console'), args.params.subscription)
}

const reasons: Record<string, string> = {
  cancelled: 'Cancelled',
  'auto-renew-off': 'Not renewed',
  'suspended-30-days': 'Not paid within 30 days of the suspension',
  'payment-failed': 'The payment failed',
  'never-configured': 'Never configured',
  'offer-removed': 'The offer was removed from its customers',
}

export default function SubscriptionPage({ loaderData: one }: Route.ComponentProps) {
  return (
    <PortalPage
      title={one.name}
      lead={`${one.customer}, ${one.offerName}`}
      actions={
        <>
          <ButtonLink to={`/operator/audit?target=${one.id}`}>Audit log</ButtonLink>
          <ButtonLink to={`/operator/impersonation?email=${encodeURIComponent(one.purchaser)}`}>See what the customer sees</ButtonLink>
        </>
      }
    >
      <Section title="Details" card>
        <Facts
          facts={[
            { label: 'State', value: <SubscriptionStatus status={one.status} /> },
            { label: 'Publisher', value: one.publisherId },
            { label: 'Offer', value: `${one.offerName} (${one.offerId})` },
            { label: 'Plan', value: one.plan },
            ...(one.quantity === null ? [] : [{ label: 'Seats', value: one.quantity }]),
            {
              label: 'Current term',
              value:
                one.termStart && one.termEnd ? (
                  <>
                    <DateText value={one.termStart} /> to <DateText value={one.termEnd} />
                  </>
                ) : (
                  'Begins with the activation'
                ),
            },
            { label: 'Automatic renewal', value: one.autoRenew ? 'On' : 'Off' },
            { label: 'Bought', value: <MomentText value={one.createdAt} /> },
            { label: one.byReseller ? 'Bought by, a reseller' : 'Bought by', value: `${one.purchaser}, ${one.customer}` },
            { label: 'Used by', value: `${one.beneficiary}, ${one.user}` },
            { label: 'Customer’s directory', value: one.customerTenantId },
            { label: 'Subscription id', value: one.id },
            ...(one.endedAt
              ? [
                  { label: 'Ended', value: <MomentText value={one.endedAt} /> },
                  { label: 'Why', value: reasons[one.endReason ?? ''] ?? one.endReason ?? '–' },
                ]
              : []),
          ]}
        />
      </Section>
      {one.ahead.length === 0 ? null : (
        <Section title="Ahead">
          <DataTable
            caption="What is due, soonest first"
            rows={one.ahead}
            rowKey={(row) => `${row.what} ${row.at}`}
            columns={[
              { key: 'what', header: 'What', cell: (row) => row.what, rowHeader: true },
              { key: 'at', header: 'When', cell: (row) => <MomentText value={row.at} /> },
            ]}
          />
        </Section>
      )}
      <Section title="Time line">
        <TimeLine entries={one.timeLine} />
      </Section>
    </PortalPage>
  )
}
