import { BoxRegular } from '@fluentui/react-icons/svg/box'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
import { OfferStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { publisherOffers } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/offers.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Offers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Offers · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'offer.read')
  return { base: `/partner/publishers/${visit.publisher.publisherId}`, offers: await publisherOffers(visit) }
}

export default function Offers({ loaderData: { base, offers } }: Route.ComponentProps) {
  return (
    <PortalPage title="Offers" lead="What this publisher has authored, and how far each offer is.">
      {offers.length === 0 ? (
        <EmptyState
          icon={<BoxRegular />}
          title="No offers yet"
          action={
            <TextLink to="/docs" document>
              Read how offers come to the marketplace
            </TextLink>
          }
        >
          An offer appears here as soon as its draft is started.
        </EmptyState>
      ) : (
        <DataTable
          caption="Offers"
          rows={offers}
          rowKey={(row) => row.key}
          columns={[
            {
              key: 'name',
              header: 'Offer',
              cell: (row) => <TextLink to={`${base}/offers/${row.offerId}`}>{row.name}</TextLink>,
              rowHeader: true,
            },
            { key: 'id', header: 'Offer id', cell: (row) => row.offerId },
            { key: 'type', header: 'Type', cell: (row) => row.type },
            { key: 'status', header: 'Status', cell: (row) => <OfferStatus status={row.status} /> },
            { key: 'changed', header: 'Last changed', cell: (row) => <MomentText value={row.modifiedAt} /> },
          ]}
        />
      )}
    </PortalPage>
  )
}
