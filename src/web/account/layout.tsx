import { BoxMultipleRegular } from '@fluentui/react-icons/svg/box-multiple'
import { LockClosedRegular } from '@fluentui/react-icons/svg/lock-closed'
import { BuildingBankRegular } from '@fluentui/react-icons/svg/building-bank'
import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import type { ReactNode } from 'react'
import { Outlet, useRouteLoaderData } from 'react-router'
import { allows } from '../../kernel/authorization.ts'
import type { RouteHandle } from '../services.ts'
import { enter, sitesOf } from '../ui/portal-access.server.ts'
import { PortalError, PortalFailure } from '../ui/portal-error.tsx'
import { type NavItem, PortalLayout } from '../ui/portal-layout.tsx'
import { PortalProvider } from '../ui/portal-provider.tsx'
import type { Route } from './+types/layout.ts'

// Configure and Manage are forms that lead to the publisher's landing page.
export const handle: RouteHandle = { interactive: true, leavesSite: true }

export const meta: Route.MetaFunction = () => [{ title: 'My account' }, { name: 'robots', content: 'noindex' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'account.read')
  const { user, kernel, domain, read } = visit
  const publishers = await read((ctx) => domain.accounts.publishersOf(ctx, user))
  return {
    brand: kernel.config.brand.name,
    user: { displayName: user.displayName, email: user.email },
    sites: sitesOf(user, visit, publishers.length > 0),
    seesInvoices: allows(user, 'invoice.read', { tenantId: user.tenantId }),
    managesBilling: allows(user, 'billing.manage', { tenantId: user.tenantId }),
  }
}

function pages({ seesInvoices, managesBilling }: { seesInvoices: boolean; managesBilling: boolean }): NavItem[] {
  return [
    { to: '/account', label: 'Subscriptions', icon: <BoxMultipleRegular />, end: true, also: '/account/subscriptions/' },
    { to: '/account/private-products', label: 'Private products', icon: <LockClosedRegular /> },
    ...(seesInvoices ? [{ to: '/account/invoices', label: 'Invoices', icon: <ReceiptRegular /> }] : []),
    ...(managesBilling ? [{ to: '/account/billing', label: 'Billing account', icon: <BuildingBankRegular /> }] : []),
  ]
}

function Frame({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>('account')
  if (!data) return children
  return (
    <PortalProvider>
      <PortalLayout brand={data.brand} site="My account" home="/account" nav={pages(data)} user={data.user} sites={data.sites}>
        {children}
      </PortalLayout>
    </PortalProvider>
  )
}

export default function AccountLayout() {
  return (
    <Frame>
      <Outlet />
    </Frame>
  )
}

export function ErrorBoundary() {
  const framed = useRouteLoaderData<typeof loader>('account') !== undefined
  if (!framed) return <PortalFailure home="/account" />
  return (
    <Frame>
      <PortalError home="/account" />
    </Frame>
  )
}
