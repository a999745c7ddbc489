import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { HistoryRegular } from '@fluentui/react-icons/svg/history'
import { Form } from 'react-router'
import { fieldText } from '../../form.ts'
import { enter } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { auditErrors, auditForm, auditPage } from './audit-data.server.ts'
import type { Route } from './+types/log.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Audit log' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Audit log · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'audit.read')
  const { searchParams } = new URL(args.request.url)
  const form = auditForm(searchParams)
  const after = fieldText(searchParams, 'after')
  const query = new URLSearchParams(Object.entries(form).filter(([, value]) => value !== '')).toString()
  return { form, errors: auditErrors(form), query, older: after !== '', ...(await auditPage(visit, form, after)) }
}

export default function AuditLog({ loaderData: { form, errors, query, older, records, next } }: Route.ComponentProps) {
  const filtered = query !== ''
  const file = (format: string) => `/operator/audit/${format}${filtered ? `?${query}` : ''}`
  return (
    <PortalPage
      title="Audit log"
      lead="Who changed money, access or publication, from what to what, and why. Records are never changed and never deleted."
      actions={
        records.length > 0 ? (
          <>
            <ButtonLink to={file('csv')} icon={<ArrowDownloadRegular fontSize={20} />} document>
              CSV
            </ButtonLink>
            <ButtonLink to={file('ndjson')} icon={<ArrowDownloadRegular fontSize={20} />} document>
              NDJSON
            </ButtonLink>
          </>
        ) : undefined
      }
    >
      <Form method="get" role="search" aria-label="Audit log">
        <FormRow>
          <TextField name="who" label="Who" placeholder="Address or id" defaultValue={form.who} autoComplete="off" />
          <TextField name="action" label="Action" placeholder="price" defaultValue={form.action} autoComplete="off" />
          <TextField name="target" label="Target" placeholder="contoso-crm" defaultValue={form.target} autoComplete="off" />
          <TextField name="from" type="date" label="From" defaultValue={form.from} error={errors.from} />
          <TextField name="to" type="date" label="To" defaultValue={form.to} error={errors.to} />
          <SubmitButton icon={<FilterRegular />}>Filter</SubmitButton>
        </FormRow>
      </Form>
      {records.length === 0 ? (
        <EmptyState
          icon={<HistoryRegular />}
          title={older ? 'Nothing older' : filtered ? 'No record matches' : 'Nothing has been changed yet'}
          action={filtered || older ? <TextLink to="/operator/audit">Show all</TextLink> : undefined}
        >
          {filtered
            ? 'Take a filter away, or give a part of the name only. Days are those of the machine’s clock, in UTC.'
            : 'The first change of money, access or publication is written down here.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Audit log, newest first"
          rows={records}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'action',
              header: 'Action',
              cell: (row) => <TextLink to={`/operator/audit/${row.id}`}>{row.action}</TextLink>,
              rowHeader: true,
            },
            { key: 'target', header: 'Target', cell: (row) => row.target },
            { key: 'who', header: 'Who', cell: (row) => (row.impersonator ? `${row.impersonator} as ${row.who}` : row.who) },
            { key: 'reason', header: 'Reason', cell: (row) => row.reason ?? '–' },
            { key: 'at', header: 'When', cell: (row) => <MomentText value={row.wallAt} seconds /> },
          ]}
        />
      )}
      {next ? <TextLink to={`/operator/audit?${query ? `${query}&` : ''}after=${next}`}>Older</TextLink> : null}
    </PortalPage>
  )
}
