import { PersonSupportRegular } from '@fluentui/react-icons/svg/person-support'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { requestStateWords } from '../ui/request-words.ts'
import { enterSupport } from './support-access.server.ts'
import type { Route } from './+types/requests.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Support' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Support requests' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read, party, base } = await enterSupport(args)
  const rows = await read((ctx) => domain.support.list(ctx, party))
  const requests = rows.map((row) => ({
    id: row.id,
    tracking: row.tracking,
    summary: row.summary,
    topic: row.topicPath.at(-1) ?? '',
    state: row.state,
    at: (row.closedAt ?? row.waitsSince).toString(),
  }))
  return { base, open: requests.filter((row) => row.state !== 'closed'), closed: requests.filter((row) => row.state === 'closed') }
}

export default function SupportRequests({ loaderData: { base, open, closed } }: Route.ComponentProps) {
  const table = (caption: string, rows: typeof open) => (
    <DataTable
      caption={caption}
      rows={rows}
      rowKey={(row) => row.id}
      columns={[
        { key: 'summary', header: 'Problem', cell: (row) => <TextLink to={`${base}/${row.id}`}>{row.summary}</TextLink>, rowHeader: true },
        { key: 'tracking', header: 'Number', cell: (row) => row.tracking },
        { key: 'topic', header: 'Topic', cell: (row) => row.topic },
        {
          key: 'state',
          header: 'State',
          cell: (row) => <Status tone={requestStateWords[row.state].tone}>{requestStateWords[row.state].label}</Status>,
        },
        { key: 'at', header: 'Since', cell: (row) => <MomentText value={row.at} /> },
      ]}
    />
  )
  return (
    <PortalPage
      title="Support"
      lead="Your requests to the marketplace, with what was written."
      actions={
        <ButtonLink to={`${base}/new`} primary>
          New request
        </ButtonLink>
      }
    >
      {open.length === 0 ? (
        <EmptyState
          icon={<PersonSupportRegular />}
          title={closed.length === 0 ? 'No requests yet' : 'No open requests'}
          action={<TextLink to={`${base}/new`}>Ask for help</TextLink>}
        >
          Say what is wrong in a few words: often there is a page that helps at once.
        </EmptyState>
      ) : (
        <Section title="Open">{table('Open requests', open)}</Section>
      )}
      {closed.length === 0 ? null : <Section title="Closed">{table('Closed requests', closed)}</Section>}
    </PortalPage>
  )
}
