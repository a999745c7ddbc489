import {
  Button,
  makeStyles,
  Menu,
  MenuItemLink,
  MenuList,
  MenuPopover,
  MenuTrigger,
  mergeClasses,
  tokens,
} from '@fluentui/react-components'
import { CheckmarkCircleFilled } from '@fluentui/react-icons/svg/checkmark-circle'
import { CircleHalfFillRegular } from '@fluentui/react-icons/svg/circle-half-fill'
import { CircleRegular } from '@fluentui/react-icons/svg/circle'
import { EditRegular } from '@fluentui/react-icons/svg/edit'
import { NavigationRegular } from '@fluentui/react-icons/svg/navigation'
import { Fragment } from 'react'
import { NavLink, Outlet, useLocation } from 'react-router'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { OfferStatus } from '../../ui/portal-status.tsx'
import { offerShell, type ShellPage } from './authoring-data.server.ts'
import { enterOffer } from './offer-access.server.ts'
import type { Route } from './+types/shell.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined, params) => [
    { text: 'Offers', to: `/partner/publishers/${params.publisher}/offers` },
    { text: data?.shell.name ?? 'Offer', to: `/partner/publishers/${params.publisher}/offers/${params.offer}/overview` },
  ],
}

export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.shell.name ?? 'Offer'} · Partner Center` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterOffer(args, 'offer.read')
  return { base: visit.offerBase, shell: await offerShell(visit) }
}

const narrow = '@media (max-width: 1100px)'

const useStyles = makeStyles({
  head: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    gap: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM}`,
    marginBottom: tokens.spacingVerticalL,
    paddingBottom: tokens.spacingVerticalM,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  names: { minWidth: 0, flexGrow: 1, display: 'grid' },
  name: {
    fontSize: tokens.fontSizeBase500,
    lineHeight: tokens.lineHeightBase500,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
  facts: {
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    overflowWrap: 'anywhere',
  },
  columns: { display: 'flex', columnGap: tokens.spacingHorizontalXXXL, alignItems: 'flex-start', [narrow]: { display: 'block' } },
  nav: {
    width: '216px',
    flexShrink: 0,
    position: 'sticky',
    top: '72px',
    maxHeight: 'calc(100vh - 88px)',
    overflowY: 'auto',
    [narrow]: { display: 'none' },
  },
  menu: { display: 'none', [narrow]: { display: 'block', marginBottom: tokens.spacingVerticalM } },
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: '1px' },
  group: {
    margin: `${tokens.spacingVerticalM} 0 ${tokens.spacingVerticalXS}`,
    padding: `0 ${tokens.spacingHorizontalM}`,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
  link: {
    display: 'flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalS,
    minHeight: '36px',
    padding: `0 ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontSize: tokens.fontSizeBase300,
    ':hover': { backgroundColor: tokens.colorNeutralBackground3 },
    '& svg': { fontSize: '16px', flexShrink: 0 },
  },
  current: {
    backgroundColor: 'var(--color-brand-soft)',
    fontWeight: tokens.fontWeightSemibold,
    ':hover': { backgroundColor: 'var(--color-brand-soft)' },
  },
  label: { flexGrow: 1, minWidth: 0 },
  complete: { color: 'var(--color-success)' },
  attention: { color: 'var(--color-warning)' },
  changed: { color: 'var(--color-brand)' },
  open: { color: tokens.colorNeutralForeground2 },
  body: { flexGrow: 1, minWidth: 0 },
})

/** How far a page is, as a picture; the words are for everybody who does not see it. */
export function PageMark({ status }: { status: string }) {
  const styles = useStyles()
  const marks: Record<string, React.ReactElement> = {
    Complete: <CheckmarkCircleFilled className={styles.complete} aria-hidden="true" />,
    Incomplete: <CircleHalfFillRegular className={styles.attention} aria-hidden="true" />,
    'Unpublished changes': <EditRegular className={styles.changed} aria-hidden="true" />,
  }
  return (
    <span title={status} style={{ display: 'inline-flex' }}>
      {marks[status] ?? <CircleRegular className={styles.open} aria-hidden="true" />}
      <span className="visually-hidden">{status}</span>
    </span>
  )
}

interface Entry {
  to: string
  label: string
  status?: string
}

interface EntryGroup {
  title?: string
  entries: Entry[]
}

function entriesOf(base: string, shell: Awaited<ReturnType<typeof offerShell>>, pathname: string): EntryGroup[] {
  const entry = (page: ShellPage): Entry => ({
    to: page.planId === null ? `${base}/pages/${page.module}` : `${base}/plans/${page.planId}/${page.module}`,
    label: page.label,
    status: page.status,
  })
  // The plan whose pages are open shows them; a hundred plans would drown the rest.
  const open = shell.plans.find((plan) => pathname.startsWith(`${base}/plans/${plan.planId}/`))
  return [
    { entries: [{ to: `${base}/overview`, label: 'Offer overview' }] },
    {
      title: 'Offer',
      entries: [
        ...shell.pages.filter((page) => page.planId === null).map(entry),
        ...(shell.hasPlans
          ? [
              {
                to: `${base}/plans`,
                label: 'Plan overview',
                status: planStatus(shell.pages.filter((page) => page.planId !== null)),
              },
            ]
          : []),
      ],
    },
    ...(open ? [{ title: `Plan ${open.name}`, entries: shell.pages.filter((page) => page.planId === open.planId).map(entry) }] : []),
    {
      title: 'Publishing',
      entries: [
        { to: `${base}/review`, label: 'Review and publish' },
        { to: `${base}/compare`, label: 'Compare' },
        { to: `${base}/history`, label: 'History' },
      ],
    },
  ]
}

function planStatus(pages: ShellPage[]): string {
  const order = ['Incomplete', 'Not started', 'Unpublished changes', 'Complete']
  return order.find((status) => pages.some((page) => page.status === status)) ?? 'Not started'
}

export default function OfferShell({ loaderData: { base, shell } }: Route.ComponentProps) {
  const styles = useStyles()
  const { pathname } = useLocation()
  const groups = entriesOf(base, shell, pathname)
  return (
    <>
      <div className={styles.head}>
        <div className={styles.names}>
          <span className={styles.name}>{shell.name}</span>
          <span className={styles.facts}>
            {shell.type} · {shell.offerId}
            {shell.alias === shell.name ? '' : ` · alias ${shell.alias}`}
          </span>
        </div>
        <OfferStatus status={shell.status} />
        <ButtonLink to={`${base}/review`}>Review and publish</ButtonLink>
        {shell.product ? (
          <ButtonLink to={shell.product} document>
            See it in the storefront
          </ButtonLink>
        ) : null}
      </div>
      <div className={styles.menu}>
        <Menu inline positioning="below-start">
          <MenuTrigger disableButtonEnhancement>
            <Button icon={<NavigationRegular />}>Pages of this offer</Button>
          </MenuTrigger>
          <MenuPopover>
            <MenuList>
              {groups.flatMap(({ title, entries }) =>
                entries.map((entry) => (
                  <MenuItemLink key={entry.to} href={entry.to} aria-current={pathname === entry.to ? 'page' : undefined}>
                    {`${title?.startsWith('Plan ') ? `${title}: ` : ''}${entry.label}${entry.status ? ` (${entry.status})` : ''}`}
                  </MenuItemLink>
                )),
              )}
            </MenuList>
          </MenuPopover>
        </Menu>
      </div>
      <div className={styles.columns}>
        <nav className={styles.nav} aria-label="Pages of the offer">
          {groups.map(({ title, entries }) => (
            <Fragment key={title ?? ''}>
              {title ? <p className={styles.group}>{title}</p> : null}
              <ul className={styles.list}>
                {entries.map((entry) => (
                  <li key={entry.to}>
                    <NavLink to={entry.to} end className={({ isActive }) => mergeClasses(styles.link, isActive && styles.current)}>
                      <span className={styles.label}>{entry.label}</span>
                      {entry.status ? <PageMark status={entry.status} /> : null}
                    </NavLink>
                  </li>
                ))}
              </ul>
            </Fragment>
          ))}
        </nav>
        <div className={styles.body}>
          <Outlet />
        </div>
      </div>
    </>
  )
}
