import { BoxMultipleRegular } from '@fluentui/react-icons/svg/box-multiple'
import { LockClosedRegular } from '@fluentui/react-icons/svg/lock-closed'
import { BuildingBankRegular } from '@fluentui/react-icons/svg/building-bank'
import { CheckmarkCircleHintRegular } from '@fluentui/react-icons/svg/checkmark-circle-hint'
import { MegaphoneRegular } from '@fluentui/react-icons/svg/megaphone'
import { PersonSupportRegular } from '@fluentui/react-icons/svg/person-support'
import { NumberSymbolRegular } from '@fluentui/react-icons/svg/number-symbol'
import { OrganizationRegular } from '@fluentui/react-icons/svg/organization'
import { PeopleSettingsRegular } from '@fluentui/react-icons/svg/people-settings'
import { PersonKeyRegular } from '@fluentui/react-icons/svg/person-key'
import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { ShoppingBagTagRegular } from '@fluentui/react-icons/svg/shopping-bag-tag'
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
  const { publishers, unread } = await read(async (ctx) => ({
    publishers: await domain.accounts.publishersOf(ctx, user),
    unread: await domain.notifications.customerUnread(ctx),
  }))
  const own = { tenantId: user.tenantId }
  return {
    brand: kernel.config.brand.name,
    user: { displayName: user.displayName, email: user.email },
    sites: sitesOf(user, visit, publishers.length > 0),
    unread,
    seesInvoices: allows(user, 'invoice.read', own),
    managesBilling: allows(user, 'billing.manage', own),
    managesPurchases: allows(user, 'procurement.manage', own),
    managesPeople: allows(user, 'organisation.people', own),
    managesDirectory: allows(user, 'directory.administer', own),
  }
}

type May = Pick<
  Awaited<ReturnType<typeof loader>>,
  'seesInvoices' | 'managesBilling' | 'managesPurchases' | 'managesPeople' | 'managesDirectory'
>

function pages({ seesInvoices, managesBilling, managesPurchases, managesPeople, managesDirectory }: May): NavItem[] {
  const organisation: NavItem[] = [
    ...(managesBilling ? [{ to: '/account/billing', label: 'Billing account', icon: <BuildingBankRegular /> }] : []),
    ...(managesPeople ? [{ to: '/account/people', label: 'Users and roles', icon: <PeopleSettingsRegular /> }] : []),
    ...(managesDirectory ? [{ to: '/account/directory', label: 'Directory', icon: <OrganizationRegular /> }] : []),
    ...(managesPurchases ? [{ to: '/account/rules', label: 'Buying rules', icon: <ShoppingBagTagRegular /> }] : []),
  ]
  return [
    { to: '/account', label: 'Subscriptions', icon: <BoxMultipleRegular />, end: true, also: '/account/subscriptions/' },
    { to: '/account/private-products', label: 'Private products', icon: <LockClosedRegular /> },
    { to: '/account/requests', label: 'Requests', icon: <CheckmarkCircleHintRegular /> },
    ...(seesInvoices ? [{ to: '/account/invoices', label: 'Invoices', icon: <ReceiptRegular /> }] : []),
    { to: '/account/support', label: 'Support', icon: <PersonSupportRegular /> },
    { to: '/account/whats-new', label: 'What’s new', icon: <MegaphoneRegular /> },
    ...organisation.map((item) => ({ ...item, group: 'Organisation' })),
    { to: '/account/data', label: 'Your data', icon: <PersonKeyRegular />, group: 'You' },
    { to: '/account/ids', label: 'Your IDs', icon: <NumberSymbolRegular />, group: 'You' },
  ]
}

function Frame({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>('account')
  if (!data) return children
  return (
    <PortalProvider>
      <PortalLayout
        brand={data.brand}
        site="My account"
        home="/account"
        nav={pages(data)}
        user={data.user}
        sites={data.sites}
        bell={{ to: '/account/notifications', unread: data.unread }}
      >
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
