import { BuildingShopRegular } from '@fluentui/react-icons/svg/building-shop'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { OfferStatus, Status } from '../ui/portal-status.tsx'
import { EmptyState, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { publishersAndOffers } from './operator-data.server.ts'
import type { Route } from './+types/publishers.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Publishers and offers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Publishers and offers · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return publishersAndOffers(await enter(args, 'operator.console'))
}

const states = { active: 'Active', suspended: 'Suspended', closed: 'Closed' }

export default function Publishers({ loaderData: { publishers, offers } }: Route.ComponentProps) {
  return (
    <PortalPage title="Publishers and offers" lead="Who sells here, and what.">
      <Section title="Publishers">
        {publishers.length === 0 ? (
          <EmptyState icon={<BuildingShopRegular />} title="Nobody sells here yet">
            A publisher appears when a seller account is enrolled.
          </EmptyState>
        ) : (
          <DataTable
            caption="Publishers"
            rows={publishers}
            rowKey={(row) => row.publisherId}
            columns={[
              { key: 'name', header: 'Name', cell: (row) => row.name, rowHeader: true },
              { key: 'id', header: 'Publisher id', cell: (row) => row.publisherId },
              { key: 'tenant', header: 'Organisation', cell: (row) => row.tenant },
              {
                key: 'status',
                header: 'State',
                cell: (row) => <Status tone={row.status === 'active' ? 'good' : 'attention'}>{states[row.status]}</Status>,
              },
              { key: 'fee', header: 'Store fee', cell: (row) => row.fee, align: 'end' },
              { key: 'offers', header: 'Offers', cell: (row) => row.offers, align: 'end' },
            ]}
          />
        )}
      </Section>
      {offers.length === 0 ? null : (
        <Section title="Offers">
          <DataTable
            caption="Offers of all publishers"
            rows={offers}
            rowKey={(row) => row.key}
            columns={[
              {
                key: 'name',
                header: 'Offer',
                cell: (row) =>
                  row.product ? (
                    <TextLink to={row.product} document>
                      {row.name}
                    </TextLink>
                  ) : (
                    row.name
                  ),
                rowHeader: true,
              },
              { key: 'publisher', header: 'Publisher', cell: (row) => row.publisherId },
              { key: 'id', header: 'Offer id', cell: (row) => row.offerId },
              { key: 'status', header: 'Status', cell: (row) => <OfferStatus status={row.status} /> },
              { key: 'changed', header: 'Last changed', cell: (row) => <MomentText value={row.modifiedAt} /> },
            ]}
          />
        </Section>
      )}
    </PortalPage>
  )
}
