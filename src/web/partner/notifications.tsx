import { AlertRegular } from '@fluentui/react-icons/svg/alert'
import { NotificationList } from '../ui/notification-list.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
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

export default function NotificationsPage({ loaderData: { notifications } }: Route.ComponentProps) {
  return (
    <PortalPage title="Notifications" lead="What happened to your offers. The most important of it went out by mail as well.">
      {notifications.length === 0 ? (
        <EmptyState icon={<AlertRegular />} title="Nothing yet">
          When a preview is ready, a certification is decided or an offer goes live, it stands here.
        </EmptyState>
      ) : (
        <NotificationList rows={notifications} />
      )}
    </PortalPage>
  )
}
