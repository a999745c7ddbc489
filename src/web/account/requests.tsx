import { CheckmarkCircleHintRegular } from '@fluentui/react-icons/svg/checkmark-circle-hint'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { requestRows } from './procurement-data.server.ts'
import { RequestState } from './request-state.tsx'
import type { Route } from './+types/requests.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Requests' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Requests · My account' }]

export async function loader(args: Route.LoaderArgs) {
  return requestRows(await enter(args, 'procurement.request'))
}

export default function Requests({ loaderData: { requests, decides } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Requests"
      lead={decides ? 'Purchases and changes that people of your organisation ask for.' : 'Purchases and changes that you have asked for.'}
      actions={decides ? <ButtonLink to="/account/rules">Buying rules</ButtonLink> : undefined}
    >
      {requests.length === 0 ? (
        <EmptyState
          icon={<CheckmarkCircleHintRegular />}
          title="No requests"
          action={
            <ButtonLink to="/store/business" document>
              Browse the store
            </ButtonLink>
          }
        >
          What needs an approval is asked for where it is bought: choose a plan in the store, then “Ask for an approval”.
        </EmptyState>
      ) : (
        <DataTable
          caption="Requests, those that wait first"
          rows={requests}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'what',
              header: 'What',
              cell: (row) => (
                <>
                  <TextLink to={`/account/requests/${row.id}`}>{row.what}</TextLink>
                  <br />
                  {row.kind}
                  {row.seats === null ? '' : `, ${row.seats} users`}
                </>
              ),
              rowHeader: true,
            },
            ...(decides ? [{ key: 'who', header: 'Asked by', cell: (row: (typeof requests)[number]) => row.requester }] : []),
            { key: 'when', header: 'Asked', cell: (row) => <DateText value={row.askedAt.slice(0, 10)} /> },
            { key: 'price', header: 'Price', cell: (row) => row.price, align: 'end' },
            { key: 'state', header: 'State', cell: (row) => <RequestState state={row.state} /> },
          ]}
        />
      )}
    </PortalPage>
  )
}
