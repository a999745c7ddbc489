import { enter } from '../../ui/portal-access.server.ts'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Facts, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import type { Route } from './+types/erasure.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Privacy', to: '/operator/privacy' }, { text: 'Erasure' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Erasure · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'privacy.manage')
  const row = await read((ctx) => domain.privacy.erasure(ctx, args.params.erasure))
  const { deleted, overwritten, kept } = row.report
  const rows = [
    ...Object.entries(deleted).map(([table, n]) => ({ table, n, became: 'Deleted', why: '' })),
    ...Object.entries(overwritten).map(([table, n]) => ({ table, n, became: 'Address and name overwritten', why: '' })),
    ...kept.map(({ table, rows: n, reason }) => ({ table, n, became: 'Kept', why: reason })),
  ]
  return {
    objectId: row.objectId,
    at: row.wallAt.toString(),
    askedBy: row.askedBy === 'self' ? 'The person' : 'The operator',
    decidedBy: row.decidedBy,
    reason: row.reason,
    rows: rows.map((one) => ({ ...one, what: recordWords(one.table) })),
  }
}

/** `checkout.purchase` as people call it. */
function recordWords(table: string): string {
  const [room = '', records = ''] = table.split('.')
  return `${room}: ${records.replaceAll('_', ' ')}`
}

export default function ErasurePage({ loaderData: { objectId, at, askedBy, decidedBy, reason, rows } }: Route.ComponentProps) {
  return (
    <PortalPage title="Erasure" lead="What became of the records of a person who was erased.">
      <Section title="Who and why" card>
        <Facts
          facts={[
            { label: 'Object id', value: objectId },
            { label: 'When', value: <MomentText value={at} /> },
            { label: 'Asked by', value: askedBy },
            ...(decidedBy ? [{ label: 'Done by', value: decidedBy }] : []),
            ...(reason ? [{ label: 'Reason', value: reason }] : []),
          ]}
        />
      </Section>
      <Section title="Records">
        <DataTable
          caption="Records by kind, and what became of them"
          rows={rows}
          rowKey={(row) => `${row.table} ${row.became}`}
          columns={[
            { key: 'what', header: 'Records', cell: (row) => row.what, rowHeader: true },
            { key: 'n', header: 'Number', cell: (row) => row.n, align: 'end' },
            { key: 'became', header: 'What became of them', cell: (row) => row.became },
            { key: 'why', header: 'Why', cell: (row) => row.why || '–' },
          ]}
        />
      </Section>
    </PortalPage>
  )
}
