import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { PeopleRegular } from '@fluentui/react-icons/svg/people'
import { Form } from 'react-router'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
import { Pages } from '../ui/portal-pages.tsx'
import { SubscriptionStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { publisherSubscriptions, subscriptionFilter } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import { subscriptionStates } from './subscription-states.ts'
import type { Route } from './+types/subscriptions.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Customers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Customers · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'subscription.sell')
  const search = new URL(args.request.url).searchParams
  const filter = subscriptionFilter(search)
  return {
    base: `/partner/publishers/${visit.publisher.publisherId}`,
    filter,
    query: search.toString(),
    ...(await publisherSubscriptions(visit, filter)),
  }
}

export default function Subscriptions({ loaderData: { base, filter, query, offers, subscriptions, pages, total } }: Route.ComponentProps) {
  const filtered = filter.q !== '' || filter.status !== '' || filter.offer !== ''
  return (
    <PortalPage
      title="Customers"
      lead="Who has bought your offers, and the state of each subscription."
      actions={
        subscriptions.length > 0 ? (
          <ButtonLink to={`${base}/subscriptions.csv${query ? `?${query}` : ''}`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            Download CSV
          </ButtonLink>
        ) : undefined
      }
    >
      <Form method="get" role="search" aria-label="Customers">
        <FormRow>
          <TextField
            name="q"
            type="search"
            label="Search"
            placeholder="Name, e-mail, plan or id"
            defaultValue={filter.q}
            autoComplete="off"
          />
          <SelectField name="status" label="State" options={subscriptionStates} defaultValue={filter.status} />
          <SelectField name="offer" label="Offer" options={[{ value: '', label: 'All offers' }, ...offers]} defaultValue={filter.offer} />
          <SubmitButton icon={<FilterRegular />}>Filter</SubmitButton>
        </FormRow>
      </Form>
      {subscriptions.length === 0 ? (
        <EmptyState
          icon={<PeopleRegular />}
          title={filtered ? 'No subscription matches' : 'No customers yet'}
          action={
            filtered ? (
              <TextLink to={`${base}/subscriptions`}>Show all</TextLink>
            ) : (
              <TextLink to={`${base}/offers`}>Look at your offers</TextLink>
            )
          }
        >
          {filtered
            ? 'Take a filter away or search for a part of the name.'
            : 'When a customer buys one of your live offers, the subscription appears here at once.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Subscriptions, newest first"
          rows={subscriptions}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'name',
              header: 'Subscription',
              cell: (row) => <TextLink to={`${base}/subscriptions/${row.id}`}>{row.name}</TextLink>,
              rowHeader: true,
            },
            { key: 'customer', header: 'Customer', cell: (row) => row.customer },
            { key: 'plan', header: 'Offer and plan', cell: (row) => `${row.offerId} / ${row.planId}${row.preview ? ' (preview)' : ''}` },
            { key: 'seats', header: 'Seats', cell: (row) => row.quantity ?? '–', align: 'end' },
            { key: 'state', header: 'State', cell: (row) => <SubscriptionStatus status={row.status} /> },
            { key: 'term', header: 'Term ends', cell: (row) => (row.termEnd ? <DateText value={row.termEnd} /> : '–') },
            { key: 'at', header: 'Bought', cell: (row) => <DateText value={row.createdAt} /> },
          ]}
        />
      )}
      <Pages path={`${base}/subscriptions`} query={query} page={filter.page} pages={pages} total={total} />
    </PortalPage>
  )
}
