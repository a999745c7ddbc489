import { BoxMultipleRegular } from '@fluentui/react-icons/svg/box-multiple'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { Form } from 'react-router'
import { enter } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { Pages } from '../../ui/portal-pages.tsx'
import { SubscriptionStatus } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { allSubscriptions, subscriptionForm } from './subscriptions-data.server.ts'
import type { Route } from './+types/list.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Subscriptions' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Subscriptions · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  const { searchParams } = new URL(args.request.url)
  const form = subscriptionForm(searchParams)
  return { form, query: searchParams.toString(), ...(await allSubscriptions(visit, form)) }
}

const states = [
  { value: '', label: 'All states' },
  { value: 'PendingFulfillmentStart', label: 'Waiting for configuration' },
  { value: 'Subscribed', label: 'Active' },
  { value: 'Suspended', label: 'Suspended' },
  { value: 'Unsubscribed', label: 'Cancelled' },
]

export default function Subscriptions({ loaderData: { form, query, rows, total, pages } }: Route.ComponentProps) {
  const filtered = form.q !== '' || form.status !== ''
  return (
    <PortalPage
      title="Subscriptions"
      lead="What customers have bought of all publishers."
      actions={<ButtonLink to="/operator/support/removals">Removals of offers</ButtonLink>}
    >
      <Form method="get" role="search" aria-label="Subscriptions">
        <FormRow>
          <TextField
            name="q"
            type="search"
            label="Search"
            placeholder="Name, id, offer, plan, address"
            defaultValue={form.q}
            autoComplete="off"
          />
          <SelectField name="status" label="State" options={states} defaultValue={form.status} />
          <SubmitButton icon={<FilterRegular />}>Filter</SubmitButton>
        </FormRow>
      </Form>
      {rows.length === 0 ? (
        <EmptyState
          icon={<BoxMultipleRegular />}
          title={filtered ? 'No subscription matches' : 'Nothing was bought yet'}
          action={filtered ? <TextLink to="/operator/subscriptions">Show all</TextLink> : undefined}
        >
          {filtered ? 'Take a filter away or give a part of the name only.' : 'The first purchase appears here at once.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Subscriptions, newest first"
          rows={rows}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'name',
              header: 'Subscription',
              cell: (row) => <TextLink to={`/operator/subscriptions/${row.id}`}>{row.name}</TextLink>,
              rowHeader: true,
            },
            { key: 'customer', header: 'Customer', cell: (row) => row.customer },
            { key: 'publisher', header: 'Publisher', cell: (row) => row.publisherId },
            { key: 'plan', header: 'Offer and plan', cell: (row) => `${row.offerId}, ${row.planId}` },
            { key: 'status', header: 'State', cell: (row) => <SubscriptionStatus status={row.status} /> },
            { key: 'at', header: 'Bought', cell: (row) => <MomentText value={row.createdAt} /> },
          ]}
        />
      )}
      <Pages path="/operator/subscriptions" query={query} page={form.page} pages={pages} total={total} />
    </PortalPage>
  )
}
