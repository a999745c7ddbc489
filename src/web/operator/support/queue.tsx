import { CheckmarkCircleRegular } from '@fluentui/react-icons/svg/checkmark-circle'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { Form } from 'react-router'
import type { QueueFilter } from '../../../domain/support/index.ts'
import { fieldText } from '../../form.ts'
import { enter } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { queueWords, staffStateWords } from '../../ui/request-words.ts'
import { SupportTabs } from './tabs.tsx'
import type { Route } from './+types/queue.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Support' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Support · Operator console' }]

const oneOf = <T extends string>(known: Record<T, unknown>, text: string) => (Object.hasOwn(known, text) ? (text as T) : undefined)

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'support.answer')
  const { searchParams } = new URL(args.request.url)
  const form = { queue: fieldText(searchParams, 'queue'), state: fieldText(searchParams, 'state'), q: fieldText(searchParams, 'q') }
  const filter: QueueFilter = { queue: oneOf(queueWords, form.queue), state: oneOf(staffStateWords, form.state), search: form.q }
  const rows = await read((ctx) => domain.support.queue(ctx, filter))
  return {
    form,
    rows: rows.map((row) => ({
      id: row.id,
      tracking: row.tracking,
      summary: row.summary,
      kind: domain.support.words.kinds[row.kind].label,
      from: row.partyName,
      queue: row.queue,
      urgent: row.urgent,
      state: row.state,
      assignee: row.assignee?.name ?? null,
      since: row.waitsSince.toString(),
    })),
  }
}

export default function SupportQueue({ loaderData: { form, rows } }: Route.ComponentProps) {
  const filtered = Object.values(form).some((value) => value !== '')
  return (
    <PortalPage
      title="Support"
      lead="What publishers and customers ask. Security reports come first, then what is urgent, then what has waited longest."
    >
      <SupportTabs />
      <Form method="get" role="search" aria-label="Support requests">
        <FormRow>
          <TextField
            name="q"
            type="search"
            label="Search"
            placeholder="Number, words, organisation, address"
            defaultValue={form.q}
            autoComplete="off"
          />
          <SelectField
            name="queue"
            label="Queue"
            options={[{ value: '', label: 'All queues' }, ...Object.entries(queueWords).map(([value, label]) => ({ value, label }))]}
            defaultValue={form.queue}
          />
          <SelectField
            name="state"
            label="State"
            options={[
              { value: '', label: 'Open and answered' },
              ...Object.entries(staffStateWords).map(([value, { label }]) => ({ value, label })),
            ]}
            defaultValue={form.state}
          />
          <SubmitButton icon={<FilterRegular />}>Filter</SubmitButton>
        </FormRow>
      </Form>
      {rows.length === 0 ? (
        <EmptyState
          icon={<CheckmarkCircleRegular />}
          title={filtered ? 'No request matches' : 'Nothing waits'}
          action={filtered ? <TextLink to="/operator/support">Show all open requests</TextLink> : undefined}
        >
          {filtered
            ? 'Take a filter away. Closed requests are found by choosing their state.'
            : 'Requests appear here and in your mail when they are sent.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Support requests"
          rows={rows}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'summary',
              header: 'Problem',
              cell: (row) => <TextLink to={`/operator/support/${row.id}`}>{row.summary}</TextLink>,
              rowHeader: true,
            },
            { key: 'tracking', header: 'Number', cell: (row) => row.tracking },
            { key: 'from', header: 'From', cell: (row) => row.from },
            { key: 'kind', header: 'Kind', cell: (row) => row.kind },
            {
              key: 'queue',
              header: 'Queue',
              cell: (row) =>
                row.urgent ? (
                  <Status tone="bad">{`${queueWords[row.queue]}, urgent`}</Status>
                ) : (
                  <Status tone="neutral">{queueWords[row.queue]}</Status>
                ),
            },
            {
              key: 'state',
              header: 'State',
              cell: (row) => <Status tone={staffStateWords[row.state].tone}>{staffStateWords[row.state].label}</Status>,
            },
            { key: 'assignee', header: 'Seen to by', cell: (row) => row.assignee ?? '–' },
            { key: 'since', header: 'Since', cell: (row) => <MomentText value={row.since} /> },
          ]}
        />
      )}
    </PortalPage>
  )
}
