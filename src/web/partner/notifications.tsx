import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components'
import { AlertRegular } from '@fluentui/react-icons/svg/alert'
import { useEffect, useState } from 'react'
import { useFetcher } from 'react-router'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/notifications.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Notifications' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Notifications · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, publisher, read } = await enterPublisher(args, 'notification.read')
  const rows = await read((ctx) => domain.notifications.list(ctx, { publisherId: publisher.publisherId }))
  return { notifications: rows.map((row) => ({ ...row, at: row.at.toString() })) }
}

/** The visitor has seen the page. */
export async function action(args: Route.ActionArgs) {
  const { domain, publisher, run } = await enterPublisher(args, 'notification.read')
  await run((ctx) => domain.notifications.markSeen(ctx, { publisherId: publisher.publisherId }))
  return null
}

const useStyles = makeStyles({
  list: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalM },
  item: {
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: tokens.spacingHorizontalL,
    display: 'grid',
    rowGap: tokens.spacingVerticalXS,
  },
  isNew: { boxShadow: 'inset 4px 0 0 var(--color-brand)' },
  head: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  text: { margin: 0, whiteSpace: 'pre-line', overflowWrap: 'anywhere', color: tokens.colorNeutralForeground2, maxWidth: '80ch' },
  at: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
})

export default function NotificationsPage({ loaderData: { notifications } }: Route.ComponentProps) {
  const styles = useStyles()
  const { submit } = useFetcher()
  // What is new when the page opens stays marked while it is read; the count in the header goes.
  const [first] = useState(() => new Set(notifications.filter((one) => one.isNew).map((one) => one.id)))
  const hasNew = notifications.some((one) => one.isNew)
  useEffect(() => {
    if (hasNew) void submit(null, { method: 'post' })
  }, [hasNew, submit])
  return (
    <PortalPage title="Notifications" lead="What happened to your offers. The most important of it went out by mail as well.">
      {notifications.length === 0 ? (
        <EmptyState icon={<AlertRegular />} title="Nothing yet">
          When a preview is ready, a certification is decided or an offer goes live, it stands here.
        </EmptyState>
      ) : (
        <ol className={styles.list}>
          {notifications.map((one) => {
            const isNew = one.isNew || first.has(one.id)
            return (
              <li key={one.id} className={mergeClasses(styles.item, isNew && styles.isNew)}>
                <div className={styles.head}>
                  <TextLink to={one.path}>{one.title}</TextLink>
                  {isNew ? <Status tone="info">New</Status> : null}
                </div>
                <p className={styles.text}>{one.text}</p>
                <span className={styles.at}>
                  <MomentText value={one.at} />
                </span>
              </li>
            )
          })}
        </ol>
      )}
    </PortalPage>
  )
}
