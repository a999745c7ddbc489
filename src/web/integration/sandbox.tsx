import { BeakerRegular } from '@fluentui/react-icons/svg/beaker'
import { CartRegular } from '@fluentui/react-icons/svg/cart'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { Form, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { enterSandbox } from '../ui/desk.server.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../ui/portal-page.tsx'
import { Pages } from '../ui/portal-pages.tsx'
import { SubscriptionStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { TimeLine } from '../ui/portal-time-line.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { ClockCard } from './clock-card.tsx'
import { sandboxHome } from './sandbox-data.server.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Sandbox' }] }
export const meta = () => [{ title: 'Sandbox' }]

export async function loader(args: LoaderFunctionArgs) {
  return sandboxHome(await enterSandbox(args), new URL(args.request.url).searchParams)
}

export default function Sandbox() {
  const data = useLoaderData<typeof loader>()
  const { base, subscriptions, entries, q } = data
  return (
    <PortalPage
      title="Sandbox"
      lead="Play the customer, the marketplace and time itself, and watch how the integration answers."
      actions={
        <>
          <LiveRefresh />
          <ButtonLink to={`${base}/sandbox/purchase`} primary icon={<CartRegular fontSize={20} />}>
            Make a purchase
          </ButtonLink>
          <ButtonLink to={`${base}/sandbox/token`}>Inspect a token</ButtonLink>
          <ButtonLink to={`${base}/sandbox/faults`}>Faults</ButtonLink>
          <ButtonLink to={`${base}/webhooks`}>Webhooks</ButtonLink>
          <ButtonLink to={`${base}/calls`}>API calls</ButtonLink>
        </>
      }
    >
      <Section title="Subscriptions">
        <Form method="get" role="search" aria-label="Subscriptions">
          <FormRow>
            <TextField name="q" type="search" label="Search" placeholder="Name, e-mail, plan or id" defaultValue={q} autoComplete="off" />
            <SubmitButton icon={<SearchRegular />}>Search</SubmitButton>
          </FormRow>
        </Form>
        {subscriptions.length === 0 ? (
          <EmptyState
            icon={<BeakerRegular />}
            title={q === '' ? 'Nothing was bought yet' : 'No subscription matches'}
            action={
              q === '' ? (
                <ButtonLink to={`${base}/sandbox/purchase`} primary>
                  Make a purchase
                </ButtonLink>
              ) : (
                <TextLink to={`${base}/sandbox`}>Show all</TextLink>
              )
            }
          >
            {q === ''
              ? 'Buy one of the offers as a customer would; then open its landing page, change it, let time pass.'
              : 'Search for less.'}
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
                cell: (row) => <TextLink to={`${base}/sandbox/subscriptions/${row.id}`}>{row.name}</TextLink>,
                rowHeader: true,
              },
              { key: 'customer', header: 'Customer', cell: (row) => row.customer },
              { key: 'plan', header: 'Offer and plan', cell: (row) => `${row.offer} / ${row.planId}` },
              { key: 'seats', header: 'Seats', cell: (row) => row.quantity ?? '–', align: 'end' },
              { key: 'state', header: 'State', cell: (row) => <SubscriptionStatus status={row.status} /> },
              { key: 'term', header: 'Term ends', cell: (row) => (row.termEnd ? <DateText value={row.termEnd} /> : '–') },
            ]}
          />
        )}
        <Pages
          path={`${base}/sandbox`}
          query={q === '' ? '' : `q=${encodeURIComponent(q)}`}
          page={data.page}
          pages={data.pages}
          total={data.total}
        />
      </Section>
      <ClockCard base={base} now={data.now} moved={data.moved} trouble={data.trouble} />
      <Section title={data.moved ? 'What happened since the clock was moved' : 'What happened in the last 24 hours of market time'}>
        {entries.length === 0 ? <p style={{ margin: 0 }}>Nothing.</p> : <TimeLine entries={entries} />}
      </Section>
    </PortalPage>
  )
}
