import {
  Breadcrumb,
  BreadcrumbButton,
  BreadcrumbDivider,
  BreadcrumbItem,
  Button,
  CounterBadge,
  DrawerBody,
  DrawerHeader,
  DrawerHeaderTitle,
  makeStyles,
  Menu,
  MenuDivider,
  MenuItemLink,
  MenuList,
  MenuPopover,
  MenuTrigger,
  mergeClasses,
  OverlayDrawer,
  ProgressBar,
  tokens,
} from '@fluentui/react-components'
import { AlertRegular } from '@fluentui/react-icons/svg/alert'
import { AppsRegular } from '@fluentui/react-icons/svg/apps'
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss'
import { NavigationRegular } from '@fluentui/react-icons/svg/navigation'
import { PersonCircleRegular } from '@fluentui/react-icons/svg/person-circle'
import { Fragment, type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react'
import { Link, NavLink, useLocation, useMatches, useNavigation } from 'react-router'

/** A page of the left navigation. What does not exist, or may not be used, is not in the list. */
export interface NavItem {
  to: string
  label: string
  icon: ReactElement
  /** the site's first page: current only on its own path */
  end?: boolean
  /** addresses that begin like this belong to the page too */
  also?: string
  /** heading of the group that the page stands in; neighbours of one group stand beneath one heading */
  group?: string
}

export interface PortalUser {
  displayName: string
  email: string
}

export interface SiteLink {
  href: string
  label: string
}

interface PortalLayoutProps {
  brand: string
  /** "Partner Center" */
  site: string
  home: string
  nav: NavItem[]
  user: PortalUser
  /** the sites this user may open */
  sites: SiteLink[]
  /** stands above the navigation: a publisher switcher */
  scope?: ReactNode
  /** stands beside the user's menu: which account the pages are about */
  picker?: ReactNode
  /** the page of notifications, and how many have not been seen */
  bell?: { to: string; unread: number } | undefined
  children: ReactNode
}

/** A step of the breadcrumb; the last one is the page itself and has no address. */
export interface Crumb {
  text: string
  to?: string
}

/** A page's `handle.crumbs`: the way to it below its site, from its own loader data (undefined where the loader failed) and parameters. */
export interface CrumbHandle {
  // Each page reads its own data; the frame only passes it on.
  // oxlint-disable-next-line typescript/no-explicit-any
  crumbs?: (data: any, params: Record<string, string | undefined>) => Crumb[]
}

const narrow = '@media (max-width: 900px)'

const useStyles = makeStyles({
  root: { minHeight: '100vh', display: 'flex', flexDirection: 'column', backgroundColor: 'var(--color-page)' },
  header: {
    position: 'sticky',
    top: 0,
    zIndex: 5,
    display: 'flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalS,
    height: '56px',
    padding: `0 ${tokens.spacingHorizontalXL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    [narrow]: { padding: `0 ${tokens.spacingHorizontalM}` },
  },
  burger: { display: 'none', [narrow]: { display: 'inline-flex' } },
  brand: {
    display: 'inline-flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalS,
    minHeight: '40px',
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontWeight: tokens.fontWeightSemibold,
    fontSize: tokens.fontSizeBase400,
    whiteSpace: 'nowrap',
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    minWidth: 0,
    borderRadius: tokens.borderRadiusMedium,
  },
  mark: { width: '28px', height: '28px', flexShrink: 0, fill: 'var(--color-brand)' },
  siteName: { color: tokens.colorNeutralForeground2, fontWeight: tokens.fontWeightRegular },
  divider: { color: tokens.colorNeutralStroke1, [narrow]: { display: 'none' } },
  brandName: { [narrow]: { display: 'none' } },
  space: { flexGrow: 1 },
  bell: {
    position: 'relative',
    display: 'inline-flex',
    alignItems: 'center',
    justifyContent: 'center',
    width: '40px',
    height: '40px',
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    '& svg': { fontSize: '20px' },
    ':hover': { backgroundColor: tokens.colorNeutralBackground3 },
  },
  bellCount: { position: 'absolute', top: '2px', right: '0' },
  menuButton: { [narrow]: { minWidth: '40px', paddingLeft: 0, paddingRight: 0 } },
  wideOnly: { [narrow]: { display: 'none' } },
  progress: { position: 'absolute', left: 0, right: 0, bottom: '-2px' },
  columns: { display: 'flex', flexGrow: 1, width: '100%', maxWidth: '1440px', margin: '0 auto', boxSizing: 'border-box' },
  side: {
    width: '248px',
    flexShrink: 0,
    boxSizing: 'border-box',
    padding: `${tokens.spacingVerticalXL} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalXL} ${tokens.spacingHorizontalXL}`,
    [narrow]: { display: 'none' },
  },
  sideSticky: { position: 'sticky', top: '80px', maxHeight: 'calc(100vh - 104px)', overflowY: 'auto' },
  main: {
    flexGrow: 1,
    minWidth: 0,
    boxSizing: 'border-box',
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXXL} 64px ${tokens.spacingHorizontalXL}`,
    outlineStyle: 'none',
    [narrow]: { padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL} 48px` },
  },
  navList: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalXXS },
  navLink: {
    display: 'flex',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalM,
    minHeight: '40px',
    padding: `0 ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    fontSize: tokens.fontSizeBase300,
    '& svg': { fontSize: '20px', flexShrink: 0 },
    ':hover': { backgroundColor: tokens.colorNeutralBackground3 },
  },
  navGroup: {
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalXS}`,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
    fontWeight: tokens.fontWeightSemibold,
  },
  navCurrent: {
    backgroundColor: 'var(--color-brand-soft)',
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    boxShadow: 'inset 3px 0 0 var(--color-brand)',
    '& svg': { color: 'var(--color-brand)' },
    ':hover': { backgroundColor: 'var(--color-brand-soft)' },
  },
  scope: { marginBottom: tokens.spacingVerticalL },
  crumbs: {
    marginBottom: tokens.spacingVerticalM,
    marginInlineStart: `-${tokens.spacingHorizontalSNudge}`,
    '& ol': { flexWrap: 'wrap' },
    '& li': { minWidth: 0, maxWidth: '100%' },
    '& li > button': { whiteSpace: 'normal', overflowWrap: 'anywhere', textAlign: 'start', height: 'auto', minHeight: '32px' },
  },
  crumb: {
    display: 'inline-flex',
    alignItems: 'center',
    minHeight: '32px',
    padding: `0 ${tokens.spacingHorizontalSNudge}`,
    color: tokens.colorNeutralForeground2,
    textDecorationLine: 'none',
    ':hover': { textDecorationLine: 'underline', color: tokens.colorNeutralForeground1 },
  },
  identity: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    display: 'grid',
    fontSize: tokens.fontSizeBase300,
    overflowWrap: 'anywhere',
  },
  muted: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

/** The frame of all three portals: header, navigation, breadcrumb, page. */
export function PortalLayout({ brand, site, home, nav, user, sites, scope, picker, bell, children }: PortalLayoutProps) {
  const styles = useStyles()
  const [open, setOpen] = useState(false)
  const { pathname } = useLocation()
  const busy = useNavigation().state !== 'idle'

  // A page chosen in the drawer closes it.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  useEffect(() => setOpen(false), [pathname])

  return (
    <div className={styles.root}>
      <a href="#main" className="skip-link">
        Skip to content
      </a>
      <header className={styles.header}>
        <Button
          className={styles.burger}
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-label="Open navigation"
          onClick={() => setOpen(true)}
        />
        <Link to={home} className={styles.brand}>
          <BrandMark />
          <span className={styles.brandName}>{brand}</span>
          <span className={styles.divider} aria-hidden="true">
            /
          </span>
          <span className={styles.siteName}>{site}</span>
        </Link>
        <span className={styles.space} />
        {bell ? <Bell {...bell} /> : null}
        <SiteMenu sites={sites} />
        {picker}
        <UserMenu user={user} />
        {busy ? <ProgressBar className={styles.progress} thickness="medium" aria-label="Loading the page" /> : null}
      </header>
      <OverlayDrawer open={open} onOpenChange={(_event, data) => setOpen(data.open)} position="start" size="small">
        <DrawerHeader>
          <DrawerHeaderTitle
            action={<Button appearance="subtle" icon={<DismissRegular />} aria-label="Close navigation" onClick={() => setOpen(false)} />}
          >
            {site}
          </DrawerHeaderTitle>
        </DrawerHeader>
        <DrawerBody>
          {scope ? <div className={styles.scope}>{scope}</div> : null}
          <nav aria-label={`${site} pages`}>
            <NavList nav={nav} />
          </nav>
        </DrawerBody>
      </OverlayDrawer>
      <div className={styles.columns}>
        <div className={styles.side}>
          <div className={styles.sideSticky}>
            {scope ? (
              <section className={styles.scope} aria-label={`${site}: where you are`}>
                {scope}
              </section>
            ) : null}
            <nav aria-label={site}>
              <NavList nav={nav} />
            </nav>
          </div>
        </div>
        <main id="main" className={styles.main} tabIndex={-1} aria-busy={busy}>
          <Crumbs home={home} site={site} />
          {children}
        </main>
      </div>
    </div>
  )
}

const isWithin = ({ also }: NavItem, pathname: string) => also !== undefined && pathname.startsWith(also)

function NavList({ nav }: { nav: NavItem[] }) {
  const styles = useStyles()
  const { pathname } = useLocation()
  const list = useRef<HTMLUListElement>(null)
  // In a list that scrolls by itself the current page may be out of sight.
  useEffect(() => {
    // Newer browsers answer with a promise, which an effect may not return.
    list.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: 'nearest' })
  }, [pathname])
  return (
    <ul className={styles.navList} ref={list}>
      {nav.map((item, n) => (
        <li key={item.to}>
          {item.group !== undefined && item.group !== nav[n - 1]?.group ? <div className={styles.navGroup}>{item.group}</div> : null}
          <NavLink
            to={item.to}
            end={item.end ?? false}
            className={({ isActive }) => mergeClasses(styles.navLink, (isActive || isWithin(item, pathname)) && styles.navCurrent)}
          >
            {item.icon}
            {item.label}
          </NavLink>
        </li>
      ))}
    </ul>
  )
}

/** The marketplace's mark: a colonnade, which is what a stoa is. */
export function BrandMark() {
  const styles = useStyles()
  return (
    <svg className={styles.mark} viewBox="0 0 32 32" aria-hidden="true">
      <path d="M4 12 16 5l12 7v2.5H4z" />
      <path d="M6.5 16.5h3.6v7H6.5zM14.2 16.5h3.6v7h-3.6zM21.9 16.5h3.6v7h-3.6z" />
      <path d="M4 25.5h24V28H4z" />
    </svg>
  )
}

/** Leads to the notifications; the number says how many are new. */
function Bell({ to, unread }: { to: string; unread: number }) {
  const styles = useStyles()
  const count = unread > 99 ? '99+' : String(unread)
  return (
    <Link to={to} className={styles.bell} aria-label={unread === 0 ? 'Notifications' : `Notifications, ${count} new`}>
      <AlertRegular />
      {unread > 0 ? <CounterBadge className={styles.bellCount} count={unread} overflowCount={99} size="small" color="danger" /> : null}
    </Link>
  )
}

function SiteMenu({ sites }: { sites: SiteLink[] }) {
  const styles = useStyles()
  return (
    <Menu inline positioning="below-end">
      <MenuTrigger disableButtonEnhancement>
        <Button className={styles.menuButton} appearance="subtle" icon={<AppsRegular />} aria-label="Sites to switch to">
          <span className={styles.wideOnly}>Sites</span>
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {sites.map((site) => (
            <MenuItemLink key={site.href} href={site.href}>
              {site.label}
            </MenuItemLink>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}

function UserMenu({ user }: { user: PortalUser }) {
  const styles = useStyles()
  return (
    <Menu inline positioning="below-end">
      <MenuTrigger disableButtonEnhancement>
        <Button
          className={styles.menuButton}
          appearance="subtle"
          icon={<PersonCircleRegular />}
          aria-label={`${user.displayName}: your profile`}
        >
          <span className={styles.wideOnly}>{user.displayName}</span>
        </Button>
      </MenuTrigger>
      <MenuPopover>
        <div className={styles.identity}>
          <strong>{user.displayName}</strong>
          <span className={styles.muted}>{user.email}</span>
        </div>
        <MenuDivider />
        <MenuList>
          <MenuItemLink href="/signin/security">Sign-in and security</MenuItemLink>
          <MenuItemLink href="/signout">Sign out</MenuItemLink>
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}

function Crumbs({ home, site }: { home: string; site: string }) {
  const styles = useStyles()
  const crumbs = useMatches().flatMap((match) => (match.handle as CrumbHandle | undefined)?.crumbs?.(match.loaderData, match.params) ?? [])
  if (crumbs.length === 0) return null
  return (
    <Breadcrumb className={styles.crumbs} aria-label="Breadcrumb">
      <BreadcrumbItem>
        <CrumbLink to={home}>{site}</CrumbLink>
      </BreadcrumbItem>
      {crumbs.map((crumb) => (
        <Fragment key={crumb.text}>
          <BreadcrumbDivider />
          <BreadcrumbItem>
            {crumb.to ? <CrumbLink to={crumb.to}>{crumb.text}</CrumbLink> : <BreadcrumbButton current>{crumb.text}</BreadcrumbButton>}
          </BreadcrumbItem>
        </Fragment>
      ))}
    </Breadcrumb>
  )
}

function CrumbLink({ to, children }: { to: string; children: string }) {
  const styles = useStyles()
  return (
    <Link to={to} className={styles.crumb}>
      {children}
    </Link>
  )
}
