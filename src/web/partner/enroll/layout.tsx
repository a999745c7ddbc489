import type { ReactNode } from 'react'
import { BuildingShopRegular } from '@fluentui/react-icons/svg/building-shop'
import { Outlet, useRouteLoaderData } from 'react-router'
import type { RouteHandle } from '../../services.ts'
import { enter, sitesOf } from '../../ui/portal-access.server.ts'
import { PortalError, PortalFailure } from '../../ui/portal-error.tsx'
import { PortalLayout } from '../../ui/portal-layout.tsx'
import { PortalProvider } from '../../ui/portal-provider.tsx'
import type { Route } from './+types/layout.ts'

export const handle: RouteHandle = { interactive: true }

export const meta: Route.MetaFunction = () => [{ title: 'Partner Center' }, { name: 'robots', content: 'noindex' }]

/** The frame of the ways into Partner Center, for whoever is signed in. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'account.enroll')
  const { user, kernel, domain, read } = visit
  const accounts = await read((ctx) => domain.accounts.accountsOf(ctx, user))
  return {
    brand: kernel.config.brand.name,
    user: { displayName: user.displayName, email: user.email },
    sites: sitesOf(user, visit, accounts.length > 0),
    home: accounts[0] ? `/partner/accounts/${accounts[0].accountId}` : '/partner/enroll',
  }
}

function Frame({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>('enroll')
  if (!data) return children
  return (
    <PortalProvider>
      <PortalLayout
        brand={data.brand}
        site="Partner Center"
        home={data.home}
        nav={[{ to: '/partner/enroll', label: 'Open an account', icon: <BuildingShopRegular /> }]}
        user={data.user}
        sites={data.sites}
      >
        {children}
      </PortalLayout>
    </PortalProvider>
  )
}

export default function EnrollLayout() {
  return (
    <Frame>
      <Outlet />
    </Frame>
  )
}

export function ErrorBoundary() {
  const framed = useRouteLoaderData<typeof loader>('enroll') !== undefined
  if (!framed) return <PortalFailure home="/partner/enroll" />
  return (
    <Frame>
      <PortalError home="/partner/enroll" />
    </Frame>
  )
}
