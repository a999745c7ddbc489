import { LockClosedRegular } from '@fluentui/react-icons/svg/lock-closed'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { privateProducts } from './change-data.server.ts'
import type { Route } from './+types/private-products.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Private products' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Private products · My account' }]

export async function loader(args: Route.LoaderArgs) {
  return { plans: await privateProducts(await enter(args, 'account.read')) }
}

export default function PrivateProducts({ loaderData: { plans } }: Route.ComponentProps) {
  return (
    <PortalPage title="Private products" lead="Plans that a publisher sells to your organisation and not to everybody.">
      {plans.length === 0 ? (
        <EmptyState
          icon={<LockClosedRegular />}
          title="No private products"
          action={
            <ButtonLink to="/store/business" primary document>
              Browse what is sold to everybody
            </ButtonLink>
          }
        >
          When a publisher makes a plan for your organisation, it appears here.
        </EmptyState>
      ) : (
        <DataTable
          caption="Private plans for your organisation"
          rows={plans}
          rowKey={(row) => row.key}
          columns={[
            { key: 'plan', header: 'Plan', cell: (row) => row.plan, rowHeader: true },
            {
              key: 'offer',
              header: 'Offer',
              cell: (row) => (
                <TextLink to={row.product} document>
                  {row.offer}
                </TextLink>
              ),
            },
            { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher },
            { key: 'price', header: 'Price', cell: (row) => row.price ?? 'Not sold in your country', align: 'end' },
          ]}
        />
      )}
    </PortalPage>
  )
}
