import { CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { Form } from 'react-router'
import { FormRow, SelectField, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { UsageTabs } from './tabs.tsx'
import { refusedUsage } from './usage-data.server.ts'
import type { Route } from './+types/refused.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Usage', to: '..' }, { text: 'Refused' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Refused usage · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  const status = (new URL(args.request.url).searchParams.get('status') ?? '').slice(0, 40)
  return { base: `/partner/publishers/${visit.publisher.publisherId}`, status, ...(await refusedUsage(visit, status)) }
}

export default function RefusedUsage({ loaderData: { base, status, counts, refused, most } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Refused usage"
      lead="Events of the last 30 days that the metering API refused, with the reason. A refused event is not charged and does not take its hour: put it right and report it again within 24 hours."
    >
      <UsageTabs base={base} />
      {counts.length > 0 ? (
        <Form method="get" role="search" aria-label="Refused usage">
          <FormRow>
            <SelectField name="status" label="Reason" options={[{ value: '', label: 'All reasons' }, ...counts]} defaultValue={status} />
            <SubmitButton icon={<FilterRegular />}>Show</SubmitButton>
          </FormRow>
        </Form>
      ) : null}
      {refused.length === 0 ? (
        <EmptyState icon={<CheckmarkCircleRegular />} title="Nothing was refused">
          In the last 30 days every event that your application reported was accepted.
        </EmptyState>
      ) : (
        <DataTable
          caption="Refused usage events, newest first"
          rows={refused}
          rowKey={(row) => row.id}
          columns={[
            { key: 'dimension', header: 'Dimension', cell: (row) => row.dimension, rowHeader: true },
            { key: 'quantity', header: 'Quantity', cell: (row) => row.quantity, align: 'end' },
            {
              key: 'subscription',
              header: 'Subscription',
              cell: (row) =>
                row.subscriptionName ? (
                  <TextLink to={`${base}/subscriptions/${row.resource}`}>{row.subscriptionName}</TextLink>
                ) : (
                  row.resource
                ),
            },
            { key: 'plan', header: 'Plan', cell: (row) => row.planId },
            {
              key: 'effective',
              header: 'Used at',
              cell: (row) => (row.effectiveAt ? <MomentText value={row.effectiveAt} /> : row.effective),
            },
            {
              key: 'reason',
              header: 'Why',
              cell: (row) => (
                <>
                  <Status tone="attention">{row.status}</Status> {row.reason}
                </>
              ),
            },
            { key: 'at', header: 'Received', cell: (row) => <MomentText value={row.at} /> },
          ]}
        />
      )}
      {refused.length === most ? <p>These are the newest {most}. Choose a reason to see others.</p> : null}
    </PortalPage>
  )
}
