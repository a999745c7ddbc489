import { enter } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import type { Route } from './+types/list.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Mail', to: '/operator/mail' }, { text: 'Templates' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Mail templates · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { kernel, read } = await enter(args, 'mail.configure')
  const rows = await read((ctx) => kernel.mailTemplates.list(ctx))
  const shown = rows.map(({ name, title, readers, override }) => ({ name, title, readers, changedBy: override?.changedBy ?? null }))
  return { groups: [...Map.groupBy(shown, (row) => row.readers)].map(([readers, templates]) => ({ readers, templates })) }
}

export default function MailTemplates({ loaderData: { groups } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Mail templates"
      lead="Every mail that the marketplace writes. Its subject can be changed, and what stands around its text."
    >
      {groups.map(({ readers, templates }) => (
        <Section key={readers} title={readers}>
          <DataTable
            caption={`Mails to ${readers.toLowerCase()}`}
            rows={templates}
            rowKey={(row) => row.name}
            columns={[
              {
                key: 'title',
                header: 'Mail',
                cell: (row) => <TextLink to={`/operator/mail/templates/${row.name}`}>{row.title}</TextLink>,
                rowHeader: true,
              },
              { key: 'name', header: 'Name', cell: (row) => row.name },
              {
                key: 'state',
                header: 'State',
                cell: (row) => (row.changedBy === null ? <Status tone="neutral">Standard</Status> : <Status tone="info">Changed</Status>),
              },
              { key: 'by', header: 'Changed by', cell: (row) => row.changedBy ?? '–' },
            ]}
          />
        </Section>
      ))}
    </PortalPage>
  )
}
