import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { Code } from '../ui/portal-code.tsx'
import { Facts, PortalPage, Section } from '../ui/portal-page.tsx'
import { HttpStatus, Status, SubscriptionStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText, MomentText } from '../ui/portal-time.tsx'
import { TimeLine } from '../ui/portal-time-line.tsx'
import { publisherSubscription } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/subscription.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined, params) => [
    { text: 'Customers', to: `/partner/publishers/${params.publisher}/subscriptions` },
    { text: data?.subscription.name ?? 'Subscription' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [
  { title: `${loaderData?.subscription.name ?? 'Subscription'} · Partner Center` },
]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  return { base: `/partner/publishers/${visit.publisher.publisherId}`, ...(await publisherSubscription(visit, args.params.subscription)) }
}

export default function SubscriptionPage({
  loaderData: { base, subscription: one, operations, deliveries, history, usage },
}: Route.ComponentProps) {
  return (
    <PortalPage title={one.name} lead={`${one.customer}, ${one.offerName}`}>
      <Section title="Details" card>
        <Facts
          facts={[
            { label: 'State', value: <SubscriptionStatus status={one.status} /> },
            { label: 'Offer', value: <TextLink to={`${base}/offers/${one.offerId}`}>{one.offerName}</TextLink> },
            ...(one.preview ? [{ label: 'Bought from', value: 'The preview of the offer' }] : []),
            { label: 'Plan', value: `${one.planName} (${one.planId})` },
            { label: 'Price agreed', value: one.price },
            ...(one.quantity === null ? [] : [{ label: 'Seats', value: one.quantity }]),
            {
              label: one.term?.isFreeTrial ? 'Free month' : 'Current term',
              value: one.term ? (
                <>
                  <DateText value={one.term.startDate} /> to <DateText value={one.term.endDate} />
                </>
              ) : (
                'Begins with the activation'
              ),
            },
            { label: 'Automatic renewal', value: one.autoRenew ? 'On' : 'Off' },
            { label: 'Bought', value: <MomentText value={one.createdAt} /> },
            { label: 'Bought by', value: one.purchaser },
            { label: 'Used by', value: one.beneficiary },
            { label: 'Customer’s directory', value: one.customerTenantId },
            { label: 'Subscription id', value: one.id },
          ]}
        />
      </Section>
      {usage.length > 0 ? (
        <Section title="Usage in this billing period">
          <DataTable
            caption="Usage in this billing period"
            rows={usage}
            rowKey={(row) => row.key}
            columns={[
              { key: 'name', header: 'Dimension', cell: (row) => row.name, rowHeader: true },
              { key: 'plan', header: 'Plan', cell: (row) => row.plan },
              { key: 'quantity', header: 'Quantity', cell: (row) => row.quantity, align: 'end' },
              { key: 'price', header: 'Price', cell: (row) => row.price, align: 'end' },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      <Section title="Time line">
        <TimeLine entries={history} />
      </Section>
      {operations.length > 0 ? (
        <Section title="Operations">
          <DataTable
            caption="Operations, newest first"
            rows={operations}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'action',
                header: 'Action',
                cell: (row) => <TextLink to={`${base}/operations/${row.id}`}>{row.action}</TextLink>,
                rowHeader: true,
              },
              { key: 'what', header: 'Asked for', cell: (row) => row.asked },
              { key: 'status', header: 'Status', cell: (row) => <Status tone={row.tone}>{row.status}</Status> },
              { key: 'at', header: 'Asked', cell: (row) => <MomentText value={row.createdAt} seconds /> },
              {
                key: 'done',
                header: 'Decided',
                cell: (row) => (row.finishedAt ? <MomentText value={row.finishedAt} seconds /> : 'Not yet'),
              },
              { key: 'by', header: 'By', cell: (row) => row.decidedBy },
            ]}
          />
        </Section>
      ) : null}
      {deliveries.length > 0 ? (
        <Section title="Webhook deliveries">
          <DataTable
            caption="Webhook deliveries, newest first"
            rows={deliveries}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'action',
                header: 'Webhook',
                cell: (row) => <TextLink to={`${base}/webhooks/${row.id}`}>{row.action}</TextLink>,
                rowHeader: true,
              },
              { key: 'state', header: 'State', cell: (row) => <Status tone={row.tone}>{row.state}</Status> },
              { key: 'attempts', header: 'Attempts', cell: (row) => row.attempts, align: 'end' },
              {
                key: 'answer',
                header: 'Last answer',
                cell: (row) => (row.lastStatus === null ? (row.lastError ?? '–') : <HttpStatus status={row.lastStatus} />),
              },
              { key: 'at', header: 'Written', cell: (row) => <MomentText value={row.createdAt} seconds /> },
              { key: 'body', header: 'Body', cell: (row) => <WebhookBody label={`Body of the ${row.action} webhook`} body={row.body} /> },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}

function WebhookBody({ label, body }: { label: string; body: string | null }) {
  if (body === null) return <span>Not sent yet</span>
  return (
    <details>
      <summary style={{ minHeight: 24, cursor: 'pointer', whiteSpace: 'nowrap' }}>Show</summary>
      <Code label={label}>{body}</Code>
    </details>
  )
}
