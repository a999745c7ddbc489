import { makeStyles } from '@fluentui/react-components'
import { MegaphoneRegular } from '@fluentui/react-icons/svg/megaphone'
import { announcedTo } from '../ui/announcements.server.ts'
import { enter } from '../ui/portal-access.server.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import type { Route } from './+types/whats-new.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'What’s new' }] }
export const meta: Route.MetaFunction = () => [{ title: 'What’s new' }]

/** The news of the marketplace: below /partner for publishers, below /account for customers. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'session.use')
  const audience = new URL(args.request.url).pathname.startsWith('/partner') ? 'publishers' : 'customers'
  return { groups: await visit.read((ctx) => announcedTo(visit, ctx, audience)) }
}

const useStyles = makeStyles({ text: { whiteSpace: 'pre-wrap' } })

export default function WhatsNew({ loaderData: { groups } }: Route.ComponentProps) {
  const styles = useStyles()
  return (
    <PortalPage title="What’s new" lead="News of the marketplace, the newest first.">
      {groups.length === 0 ? (
        <EmptyState icon={<MegaphoneRegular />} title="No news yet">
          Changes of fees, taxes, rules and pages are announced here.
        </EmptyState>
      ) : (
        groups.map(({ group, title, news }) => (
          <Section key={group} title={title}>
            <DataTable
              caption={title}
              rows={news}
              rowKey={(row) => row.id}
              columns={[
                { key: 'category', header: 'Category', cell: (row) => row.category },
                {
                  key: 'text',
                  header: 'Description',
                  cell: (row) => (
                    <span className={styles.text}>
                      {row.text}{' '}
                      {row.address === null ? null : (
                        <TextLink to={row.address} document>
                          Read more
                        </TextLink>
                      )}
                    </span>
                  ),
                  rowHeader: true,
                },
                { key: 'day', header: 'Date', cell: (row) => <time dateTime={row.day}>{row.day}</time> },
              ]}
            />
          </Section>
        ))
      )}
    </PortalPage>
  )
}
