import type { ReactNode } from 'react'
import { BeakerRegular } from '@fluentui/react-icons/svg/beaker'
import { BuildingBankRegular } from '@fluentui/react-icons/svg/building-bank'
import { BoxRegular } from '@fluentui/react-icons/svg/box'
import { DataUsageRegular } from '@fluentui/react-icons/svg/data-usage'
import { DocumentTextClockRegular } from '@fluentui/react-icons/svg/document-text-clock'
import { HomeRegular } from '@fluentui/react-icons/svg/home'
import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { PeopleRegular } from '@fluentui/react-icons/svg/people'
import { PersonFeedbackRegular } from '@fluentui/react-icons/svg/person-feedback'
import { SendRegular } from '@fluentui/react-icons/svg/send'
import { TaskListLtrRegular } from '@fluentui/react-icons/svg/task-list-ltr'
import { Outlet, useParams, useRouteLoaderData } from 'react-router'
import { allows } from '../../kernel/authorization.ts'
import type { RouteHandle } from '../services.ts'
import { publishersFor } from '../ui/desk.server.ts'
import { enter, refuse, sitesOf } from '../ui/portal-access.server.ts'
import { PortalError, PortalFailure } from '../ui/portal-error.tsx'
import { type NavItem, PortalLayout } from '../ui/portal-layout.tsx'
import { PortalProvider } from '../ui/portal-provider.tsx'
import { PublisherSwitcher } from './publisher-switcher.tsx'
import type { Route } from './+types/layout.ts'

export const handle: RouteHandle = { interactive: true }

export const meta: Route.MetaFunction = () => [{ title: 'Partner Center' }, { name: 'robots', content: 'noindex' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'session.use')
  const { user, kernel, domain, read } = visit
  const publishers = await publishersFor(visit, args.params.publisher)
  if (publishers.length === 0)
    throw refuse(403, 'Partner Center is for people who work for a publisher. You are signed in, but you work for none.')
  const chosen = publishers.find((one) => one.publisherId === args.params.publisher) ?? publishers[0]
  const isReader = chosen !== undefined && allows(user, 'notification.read', { tenantId: chosen.tenantId })
  return {
    brand: kernel.config.brand.name,
    unread: isReader ? await read((ctx) => domain.notifications.unread(ctx, { publisherId: chosen.publisherId })) : null,
    user: { displayName: user.displayName, email: user.email },
    sites: sitesOf(user, visit, true),
    publishers: publishers.map(({ publisherId, name, tenantId }) => ({
      publisherId,
      name,
      integrates: allows(user, 'webhook.read', { tenantId }),
      plays: kernel.config.mode === 'sandbox' && allows(user, 'sandbox.play', { tenantId }),
      sells: allows(user, 'subscription.sell', { tenantId }),
      seesLeads: allows(user, 'lead.read', { tenantId }),
      seesPayouts: allows(user, 'payout.read', { tenantId }),
      managesPayouts: allows(user, 'payout.manage', { tenantId }),
    })),
  }
}

type Publisher = Awaited<ReturnType<typeof loader>>['publishers'][number]

function pages(publisher: Publisher): NavItem[] {
  const base = `/partner/publishers/${publisher.publisherId}`
  return [
    { to: base, label: 'Overview', icon: <HomeRegular />, end: true },
    { to: `${base}/offers`, label: 'Offers', icon: <BoxRegular /> },
    ...(publisher.sells
      ? [
          { to: `${base}/subscriptions`, label: 'Customers', icon: <PeopleRegular /> },
          { to: `${base}/usage`, label: 'Usage', icon: <DataUsageRegular /> },
        ]
      : []),
    ...(publisher.seesLeads ? [{ to: `${base}/leads`, label: 'Leads', icon: <PersonFeedbackRegular /> }] : []),
    ...(publisher.integrates
      ? [
          { to: `${base}/webhooks`, label: 'Webhooks', icon: <SendRegular />, also: `${base}/operations/` },
          { to: `${base}/calls`, label: 'API calls', icon: <DocumentTextClockRegular /> },
        ]
      : []),
    ...(publisher.plays
      ? [
          { to: `${base}/sandbox`, label: 'Sandbox', icon: <BeakerRegular /> },
          { to: `${base}/integration-check`, label: 'Integration check', icon: <TaskListLtrRegular /> },
        ]
      : []),
    ...(publisher.seesPayouts ? [{ to: `${base}/payouts`, label: 'Payouts', icon: <MoneyRegular /> }] : []),
    ...(publisher.managesPayouts ? [{ to: `${base}/profiles`, label: 'Payout and tax', icon: <BuildingBankRegular /> }] : []),
  ]
}

function Frame({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>('partner')
  const { publisher: chosen } = useParams()
  if (!data) return children
  const publisher = data.publishers.find((one) => one.publisherId === chosen) ?? data.publishers[0]
  return (
    <PortalProvider>
      <PortalLayout
        brand={data.brand}
        site="Partner Center"
        home={publisher ? `/partner/publishers/${publisher.publisherId}` : '/partner'}
        nav={publisher ? pages(publisher) : []}
        user={data.user}
        sites={data.sites}
        bell={
          publisher && data.unread !== null
            ? { to: `/partner/publishers/${publisher.publisherId}/notifications`, unread: data.unread }
            : undefined
        }
        scope={publisher ? <PublisherSwitcher current={publisher} publishers={data.publishers} /> : undefined}
      >
        {children}
      </PortalLayout>
    </PortalProvider>
  )
}

export default function PartnerLayout() {
  return (
    <Frame>
      <Outlet />
    </Frame>
  )
}

export function ErrorBoundary() {
  const framed = useRouteLoaderData<typeof loader>('partner') !== undefined
  if (!framed) return <PortalFailure home="/partner" />
  return (
    <Frame>
      <PortalError home="/partner" />
    </Frame>
  )
}
