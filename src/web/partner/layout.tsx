import { makeStyles, tokens } from '@fluentui/react-components'
import type { ReactNode } from 'react'
import { BeakerRegular } from '@fluentui/react-icons/svg/beaker'
import { BuildingBankRegular } from '@fluentui/react-icons/svg/building-bank'
import { BuildingRegular } from '@fluentui/react-icons/svg/building'
import { BuildingShopRegular } from '@fluentui/react-icons/svg/building-shop'
import { CertificateRegular } from '@fluentui/react-icons/svg/certificate'
import { GridRegular } from '@fluentui/react-icons/svg/grid'
import { MailSettingsRegular } from '@fluentui/react-icons/svg/mail-settings'
import { NumberSymbolRegular } from '@fluentui/react-icons/svg/number-symbol'
import { SignatureRegular } from '@fluentui/react-icons/svg/signature'
import { BoxRegular } from '@fluentui/react-icons/svg/box'
import { DataUsageRegular } from '@fluentui/react-icons/svg/data-usage'
import { DocumentTextClockRegular } from '@fluentui/react-icons/svg/document-text-clock'
import { HomeRegular } from '@fluentui/react-icons/svg/home'
import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { AppsRegular } from '@fluentui/react-icons/svg/apps'
import { OrganizationRegular } from '@fluentui/react-icons/svg/organization'
import { PeopleTeamRegular } from '@fluentui/react-icons/svg/people-team'
import { PersonAccountsRegular } from '@fluentui/react-icons/svg/person-accounts'
import { PeopleRegular } from '@fluentui/react-icons/svg/people'
import { PersonFeedbackRegular } from '@fluentui/react-icons/svg/person-feedback'
import { MegaphoneRegular } from '@fluentui/react-icons/svg/megaphone'
import { PersonSupportRegular } from '@fluentui/react-icons/svg/person-support'
import { SendRegular } from '@fluentui/react-icons/svg/send'
import { TaskListLtrRegular } from '@fluentui/react-icons/svg/task-list-ltr'
import { Outlet, useLocation, useParams, useRouteLoaderData } from 'react-router'
import { type Action, allows } from '../../kernel/authorization.ts'
import type { RouteHandle } from '../services.ts'
import { publishersFor } from '../ui/desk.server.ts'
import { enter, refuse, sitesOf } from '../ui/portal-access.server.ts'
import { PortalError, PortalFailure } from '../ui/portal-error.tsx'
import { type NavItem, PortalLayout } from '../ui/portal-layout.tsx'
import { PortalProvider } from '../ui/portal-provider.tsx'
import { accountsFor } from './account/account-access.server.ts'
import { AccountPicker } from './account-picker.tsx'
import { viewOf } from './portal-view.server.ts'
import { PublisherSwitcher } from './publisher-switcher.tsx'
import type { Route } from './+types/layout.ts'

export const handle: RouteHandle = { interactive: true }

export const meta: Route.MetaFunction = () => [{ title: 'Partner Center' }, { name: 'robots', content: 'noindex' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'session.use')
  const { user, kernel, domain, read } = visit
  const { publisher: askedPublisher, account: askedAccount } = args.params
  const all = await publishersFor(visit, askedAccount === undefined ? askedPublisher : undefined)
  const accounts = await accountsFor(visit, askedAccount)
  if (all.length === 0 && accounts.length === 0)
    throw refuse(403, 'Partner Center is for people who work for a publisher. You are signed in, but you work for none.')
  const asked = all.find((one) => one.publisherId === askedPublisher)
  const accountId = askedAccount ?? asked?.accountId ?? accounts[0]?.accountId
  const account = accounts.find((one) => one.accountId === accountId)
  // The account in context rules every page: of another account's publishers nothing is shown.
  const publishers = account ? all.filter((one) => one.accountId === account.accountId) : all
  const chosen = publishers.find((one) => one.publisherId === askedPublisher) ?? publishers[0]
  const isReader = chosen !== undefined && allows(user, 'notification.read', { tenantId: chosen.tenantId })
  const may = (action: Action) =>
    account !== undefined && allows(user, action, { tenantId: account.tenantId, accountId: account.accountId })
  return {
    brand: kernel.config.brand.name,
    unread: isReader ? await read((ctx) => domain.notifications.unread(ctx, { publisherId: chosen.publisherId })) : null,
    user: { displayName: user.displayName, email: user.email },
    sites: sitesOf(user, visit, true),
    view: viewOf(args.request),
    account: account && {
      accountId: account.accountId,
      name: account.legalName,
      isMember: may('publisher.read'),
      readsSettings: may('seller-account.read'),
      seesPeople: may('member.read'),
      managesTenants: may('tenant.manage'),
    },
    accounts: accounts.map((one) => ({ accountId: one.accountId, name: one.legalName })),
    publishers: publishers.map(({ publisherId, name, tenantId }) => ({
      publisherId,
      name,
      integrates: allows(user, 'webhook.read', { tenantId }),
      plays: kernel.config.mode === 'sandbox' && allows(user, 'sandbox.play', { tenantId }),
      sells: allows(user, 'subscription.sell', { tenantId }),
      asks: allows(user, 'support.use', { tenantId }),
      seesLeads: allows(user, 'lead.read', { tenantId }),
      seesPayouts: allows(user, 'payout.read', { tenantId }),
      managesPayouts: allows(user, 'payout.manage', { tenantId }),
    })),
  }
}

type Account = NonNullable<Awaited<ReturnType<typeof loader>>['account']>

/** Pages of the account in context; those that the visitor's role does not include are absent. */
function accountPages({ accountId, isMember, readsSettings, seesPeople, managesTenants }: Account): NavItem[] {
  const base = `/partner/accounts/${accountId}`
  const group = 'Account settings'
  return [
    ...(readsSettings
      ? [
          { group, to: `${base}/legal`, label: 'Legal info', icon: <BuildingRegular /> },
          { group, to: `${base}/identifiers`, label: 'Identifiers', icon: <NumberSymbolRegular /> },
          { group, to: `${base}/publishers`, label: 'Publishers', icon: <BuildingShopRegular /> },
          { group, to: `${base}/agreements`, label: 'Agreements', icon: <SignatureRegular /> },
          { group, to: `${base}/programs`, label: 'Programs', icon: <CertificateRegular /> },
        ]
      : []),
    ...(seesPeople
      ? [
          { group, to: `${base}/users`, label: 'Users', icon: <PersonAccountsRegular />, also: `${base}/roles` },
          { group, to: `${base}/groups`, label: 'Groups', icon: <PeopleTeamRegular /> },
          { group, to: `${base}/applications`, label: 'Applications', icon: <AppsRegular /> },
        ]
      : []),
    ...(managesTenants ? [{ group, to: `${base}/tenants`, label: 'Tenants', icon: <OrganizationRegular /> }] : []),
    ...(isMember ? [{ group, to: `${base}/mail`, label: 'Mail preferences', icon: <MailSettingsRegular /> }] : []),
  ]
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
    ...(publisher.asks ? [{ to: `${base}/support`, label: 'Support', icon: <PersonSupportRegular /> }] : []),
    ...(publisher.managesPayouts ? [{ to: `${base}/profiles`, label: 'Payout and tax', icon: <BuildingBankRegular /> }] : []),
  ]
}

const useStyles = makeStyles({
  scope: { display: 'grid', rowGap: tokens.spacingVerticalS },
  account: {
    margin: 0,
    padding: `0 ${tokens.spacingHorizontalM}`,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
  accountLabel: { color: tokens.colorNeutralForeground2, fontWeight: tokens.fontWeightRegular },
})

/** Account and publisher that the pages are about. Inside of the provider, as everything with styles must be. */
function Scope({ account, children }: { account: Account | undefined; children: ReactNode }) {
  const styles = useStyles()
  return (
    <section className={styles.scope} aria-label="Account and publisher">
      {account ? (
        <p className={styles.account}>
          <span className={styles.accountLabel}>Account</span> {account.name}
        </p>
      ) : null}
      {children}
    </section>
  )
}

function Frame({ children }: { children: ReactNode }) {
  const data = useRouteLoaderData<typeof loader>('partner')
  const { publisher: chosen, account: onAccount } = useParams()
  const { pathname } = useLocation()
  if (!data) return children
  const { account } = data
  const publisher = data.publishers.find((one) => one.publisherId === chosen) ?? data.publishers[0]
  const home = account?.isMember
    ? `/partner/accounts/${account.accountId}`
    : publisher
      ? `/partner/publishers/${publisher.publisherId}`
      : '/partner'
  const news: NavItem[] = data.accounts.length > 0 ? [{ to: '/partner/whats-new', label: 'What’s new', icon: <MegaphoneRegular /> }] : []
  const first: NavItem[] = account?.isMember ? [{ to: home, label: 'Home', icon: <GridRegular />, end: true }, ...news] : news
  const sales = publisher ? pages(publisher) : []
  const settings = account ? accountPages(account) : []
  // The workspaces view shows the pages of one workspace at a time; the way to the others is home.
  const nav =
    data.view === 'current'
      ? [...first, ...sales, ...settings]
      : [...first, ...(onAccount === undefined ? sales : pathname === home ? [] : settings)]
  return (
    <PortalProvider>
      <PortalLayout
        brand={data.brand}
        site="Partner Center"
        home={home}
        nav={nav}
        user={data.user}
        sites={data.sites}
        bell={
          publisher && data.unread !== null
            ? { to: `/partner/publishers/${publisher.publisherId}/notifications`, unread: data.unread }
            : undefined
        }
        picker={account && data.accounts.length > 1 ? <AccountPicker current={account} accounts={data.accounts} /> : undefined}
        scope={<Scope account={account}>{publisher ? <PublisherSwitcher current={publisher} publishers={data.publishers} /> : null}</Scope>}
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
