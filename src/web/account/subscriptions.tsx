import { BoxMultipleSearchRegular } from '@fluentui/react-icons/svg/box-multiple-search'
import { servicesContext } from '../services.ts'
import { enter } from '../ui/portal-access.server.ts'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage } from '../ui/portal-page.tsx'
import { SubscriptionStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { customerSubscriptions } from './account-data.server.ts'
import { privateProducts } from './change-data.server.ts'
import { LandingPageForm } from './landing-page-form.tsx'
import type { Route } from './+types/subscriptions.ts'

export const meta: Route.MetaFunction = () => [{ title: 'Subscriptions · My account' }]

export async function loader(args: Route.LoaderArgs) {
  const { kernel } = args.context.get(servicesContext)
  const visit = await enter(args, 'subscription.read')
  return {
    subscriptions: await customerSubscriptions(visit),
    hasPrivateProducts: (await privateProducts(visit)).length > 0,
    stores: { business: kernel.config.brand.businessStore, cloud: kernel.config.brand.cloudStore },
  }
}

export default function Subscriptions({ loaderData: { subscriptions, hasPrivateProducts, stores } }: Route.ComponentProps) {
  const waiting = subscriptions.filter((one) => one.status === 'PendingFulfillmentStart')
  return (
    <PortalPage
      title="Subscriptions"
      lead="What your organisation has bought here, and what it will cost next."
      actions={
        <ButtonLink to="/store/business" document>
          {stores.business}
        </ButtonLink>
      }
    >
      {hasPrivateProducts ? (
        <Notice intent="info" title="Private products are available to your organisation.">
          <TextLink to="/account/private-products">View private products</TextLink>
        </Notice>
      ) : null}
      {waiting.length > 0 ? (
        <Notice
          intent="warning"
          title={
            waiting.length === 1
              ? 'One subscription waits for its configuration.'
              : `${waiting.length} subscriptions wait for their configuration.`
          }
        >
          Open the publisher’s page with “Configure account” to finish. Nothing is billed before.
        </Notice>
      ) : null}
      {subscriptions.length === 0 ? (
        <EmptyState
          icon={<BoxMultipleSearchRegular />}
          title="No subscriptions yet"
          action={
            <ButtonLink to="/store/business" primary document>
              {`Browse ${stores.business}`}
            </ButtonLink>
          }
        >
          What you buy in the storefronts appears here. You configure it on the publisher’s page, and manage it from here.
        </EmptyState>
      ) : (
        <DataTable
          caption="Subscriptions"
          rows={subscriptions}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'name',
              header: 'Subscription',
              cell: (row) => (
                <>
                  <TextLink to={`/account/subscriptions/${row.id}`}>{row.name}</TextLink>
                  <br />
                  {row.offerName}, {row.planName}
                  {row.customer ? (
                    <>
                      <br />
                      for {row.customer}
                    </>
                  ) : null}
                </>
              ),
              rowHeader: true,
            },
            { key: 'state', header: 'State', cell: (row) => <SubscriptionStatus status={row.status} /> },
            {
              key: 'term',
              header: 'Term',
              cell: (row) =>
                row.term ? (
                  <>
                    {row.term.isFreeTrial ? 'Free month' : row.termText}
                    <br />
                    until <DateText value={row.term.endDate} />
                  </>
                ) : (
                  row.termText
                ),
            },
            { key: 'seats', header: 'Seats', cell: (row) => row.quantity ?? '–', align: 'end' },
            {
              key: 'next',
              header: 'Next charge',
              cell: (row) =>
                row.nextCharge ? (
                  <>
                    {row.nextCharge.amount}
                    <br />
                    on <DateText value={row.nextCharge.date} />
                  </>
                ) : row.pricesShown ? (
                  'None'
                ) : (
                  'By the reseller'
                ),
              align: 'end',
            },
            {
              key: 'do',
              header: 'Action',
              cell: (row) => (row.landing ? <LandingPageForm subscription={row.id} kind={row.landing} name={row.name} /> : <span>–</span>),
            },
          ]}
        />
      )}
    </PortalPage>
  )
}
