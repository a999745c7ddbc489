import { ArrowSwapRegular } from '@fluentui/react-icons/svg/arrow-swap'
import { BookRegular } from '@fluentui/react-icons/svg/book'
import { CalendarClockRegular } from '@fluentui/react-icons/svg/calendar-clock'
import { ContactCardRegular } from '@fluentui/react-icons/svg/contact-card'
import { ClockRegular } from '@fluentui/react-icons/svg/clock'
import { DocumentTextClockRegular } from '@fluentui/react-icons/svg/document-text-clock'
import { HistoryRegular } from '@fluentui/react-icons/svg/history'
import { HomeRegular } from '@fluentui/react-icons/svg/home'
import { MegaphoneRegular } from '@fluentui/react-icons/svg/megaphone'
import { MailRegular } from '@fluentui/react-icons/svg/mail'
import { BeakerRegular } from '@fluentui/react-icons/svg/beaker'
import { BuildingShopRegular } from '@fluentui/react-icons/svg/building-shop'
import { SignatureRegular } from '@fluentui/react-icons/svg/signature'
import { ShieldCheckmarkRegular } from '@fluentui/react-icons/svg/shield-checkmark'
import { PersonSupportRegular } from '@fluentui/react-icons/svg/person-support'
import { BoxSearchRegular } from '@fluentui/react-icons/svg/box-search'
import { PersonKeyRegular } from '@fluentui/react-icons/svg/person-key'
import { PersonSwapRegular } from '@fluentui/react-icons/svg/person-swap'
import { PulseRegular } from '@fluentui/react-icons/svg/pulse'
import { SendRegular } from '@fluentui/react-icons/svg/send'
import { BoxMultipleRegular } from '@fluentui/react-icons/svg/box-multiple'
import { BuildingRegular } from '@fluentui/react-icons/svg/building'
import { BuildingBankRegular } from '@fluentui/react-icons/svg/building-bank'
import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { PeopleRegular } from '@fluentui/react-icons/svg/people'
import { PersonFeedbackRegular } from '@fluentui/react-icons/svg/person-feedback'
import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { StarRegular } from '@fluentui/react-icons/svg/star'
import { TextBulletListTreeRegular } from '@fluentui/react-icons/svg/text-bullet-list-tree'
import { ToggleLeftRegular } from '@fluentui/react-icons/svg/toggle-left'
import type { ReactNode } from 'react'
import { Outlet, useRouteLoaderData } from 'react-router'
import { enter, sitesOf } from '../ui/portal-access.server.ts'
import { PortalError, PortalFailure } from '../ui/portal-error.tsx'
import { type NavItem, PortalLayout } from '../ui/portal-layout.tsx'
import { PortalProvider } from '../ui/portal-provider.tsx'
import type { RouteHandle } from '../services.ts'
import type { Route } from './+types/layout.ts'

export const handle: RouteHandle = { interactive: true }

export const meta: Route.MetaFunction = () => [{ title: 'Operator console' }, { name: 'robots', content: 'noindex' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  const { user, kernel, domain, read } = visit
  const sells = await read((ctx) => domain.accounts.publishersOf(ctx, user))
  return {
    brand: kernel.config.brand.name,
    sandbox: kernel.config.mode === 'sandbox',
    user: { displayName: user.displayName, email: user.email },
    sites: sitesOf(user, visit, sells.length > 0),
  }
}

/** One heading's pages. */
const group = (name: string, items: NavItem[]): NavItem[] => items.map((item) => ({ ...item, group: name }))

function pages(sandbox: boolean): NavItem[] {
  return [
    { to: '/operator', label: 'Overview', icon: <HomeRegular />, end: true },
    ...group('Catalogue', [
      { to: '/operator/publishers', label: 'Publishers and offers', icon: <BuildingShopRegular /> },
      { to: '/operator/certification', label: 'Certification', icon: <ShieldCheckmarkRegular /> },
      { to: '/operator/categories', label: 'Categories', icon: <TextBulletListTreeRegular /> },
      { to: '/operator/featured', label: 'Featured offers', icon: <StarRegular /> },
      { to: '/operator/announcements', label: 'Announcements', icon: <MegaphoneRegular /> },
    ]),
    ...group('People', [
      { to: '/operator/accounts', label: 'Seller accounts', icon: <BuildingRegular /> },
      { to: '/operator/agreements', label: 'Agreements', icon: <SignatureRegular /> },
      { to: '/operator/subscriptions', label: 'Subscriptions', icon: <BoxMultipleRegular /> },
      { to: '/operator/customers', label: 'Customers', icon: <PeopleRegular /> },
      { to: '/operator/leads', label: 'Leads', icon: <PersonFeedbackRegular /> },
      { to: '/operator/previews', label: 'Purchases of previews', icon: <BoxSearchRegular /> },
      { to: '/operator/privacy', label: 'Privacy', icon: <PersonKeyRegular /> },
      { to: '/operator/support', label: 'Support', icon: <PersonSupportRegular /> },
      { to: '/operator/impersonation', label: 'Impersonation', icon: <PersonSwapRegular /> },
    ]),
    ...group('Money', [
      { to: '/operator/invoices', label: 'Invoices', icon: <ReceiptRegular />, also: '/operator/statements/' },
      { to: '/operator/payouts', label: 'Payouts', icon: <MoneyRegular /> },
      { to: '/operator/profiles', label: 'Payout profiles', icon: <ContactCardRegular /> },
      { to: '/operator/ledger', label: 'Ledger', icon: <BookRegular />, also: '/operator/aging' },
      { to: '/operator/rates', label: 'Rates and fees', icon: <ArrowSwapRegular />, also: '/operator/fees' },
      { to: '/operator/tax', label: 'Tax rates', icon: <BuildingBankRegular /> },
    ]),
    ...group('Running it', [
      { to: '/operator/audit', label: 'Audit log', icon: <HistoryRegular /> },
      { to: '/operator/flags', label: 'Switches', icon: <ToggleLeftRegular /> },
      { to: '/operator/health', label: 'Health', icon: <PulseRegular /> },
      { to: '/operator/background', label: 'Background work', icon: <CalendarClockRegular /> },
      { to: '/operator/webhooks', label: 'Webhooks', icon: <SendRegular />, also: '/operator/operations/' },
      { to: '/operator/calls', label: 'API calls', icon: <DocumentTextClockRegular /> },
      { to: '/operator/mail', label: 'Mail', icon: <MailRegular /> },
      ...(sandbox
        ? [
            { to: '/operator/clock', label: 'Clock', icon: <ClockRegular /> },
            { to: '/operator/sandbox', label: 'Sandbox', icon: <BeakerRegular /> },
          ]
        : []),
    ]),
  ]
}

function Frame({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>('operator')
  if (!data) return children
  return (
    <PortalProvider>
      <PortalLayout
        brand={data.brand}
        site="Operator console"
        home="/operator"
        nav={pages(data.sandbox)}
        user={data.user}
        sites={data.sites}
      >
        {children}
      </PortalLayout>
    </PortalProvider>
  )
}

export default function OperatorLayout() {
  return (
    <Frame>
      <Outlet />
    </Frame>
  )
}

export function ErrorBoundary() {
  const framed = useRouteLoaderData<typeof loader>('operator') !== undefined
  if (!framed) return <PortalFailure home="/operator" />
  return (
    <Frame>
      <PortalError home="/operator" />
    </Frame>
  )
}
