import { DocumentSearchRegular } from '@fluentui/react-icons/svg/document-search'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { Form, type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { enterDesk } from '../ui/desk.server.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
import { HttpStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { callList } from './call-data.server.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'API calls' }] }
export const meta = () => [{ title: 'API calls' }]

/** The contracts whose calls are kept, named as in /openapi. */
const contracts = [
  { value: '', label: 'All contracts' },
  { value: 'directory', label: 'Directory' },
  { value: 'saas-fulfillment', label: 'SaaS fulfillment' },
  { value: 'metering', label: 'Metering' },
]

const outcomes = [
  { value: '', label: 'All answers' },
  { value: '2', label: '2xx: done' },
  { value: '3', label: '3xx: elsewhere' },
  { value: '4', label: '4xx: refused' },
  { value: '5', label: '5xx: our fault' },
]

export async function loader(args: LoaderFunctionArgs) {
  const desk = await enterDesk(args, 'webhook.read')
  const search = new URL(args.request.url).searchParams
  const filter = {
    contract: contracts.find((one) => one.value === search.get('contract'))?.value ?? '',
    path: (search.get('path') ?? '').replaceAll('\u0000', '').trim().slice(0, 200),
    status: outcomes.find((one) => one.value === search.get('status'))?.value ?? '',
  }
  return { base: desk.base, ofAll: desk.publisher === null, filter, calls: await callList(desk, filter) }
}

export default function Calls() {
  const { base, ofAll, filter, calls } = useLoaderData<typeof loader>()
  const filtered = filter.contract !== '' || filter.path !== '' || filter.status !== ''
  return (
    <PortalPage
      title="API calls"
      lead={`What ${ofAll ? 'everybody’s' : 'the publisher’s'} applications asked the marketplace, and what it answered. Tokens and secrets are removed; kept for 30 days.`}
      actions={<LiveRefresh />}
    >
      <Form method="get" role="search" aria-label="Calls">
        <FormRow>
          <SelectField name="contract" label="Contract" options={contracts} defaultValue={filter.contract} />
          <TextField name="path" label="Path contains" defaultValue={filter.path} autoComplete="off" />
          <SelectField name="status" label="Answer" options={outcomes} defaultValue={filter.status} />
          <SubmitButton icon={<FilterRegular />}>Filter</SubmitButton>
        </FormRow>
      </Form>
      {calls.length === 0 ? (
        <EmptyState
          icon={<DocumentSearchRegular />}
          title={filtered ? 'No call matches' : 'No calls yet'}
          action={
            filtered ? (
              <TextLink to={`${base}/calls`}>Show all calls</TextLink>
            ) : (
              <TextLink to="/docs" document>
                Read how to call the APIs
              </TextLink>
            )
          }
        >
          {filtered
            ? 'Take a filter away, or wait for the next call.'
            : 'Calls of the fulfillment, metering and directory APIs appear here as they arrive.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Calls, newest first"
          rows={calls}
          rowKey={(call) => call.id}
          columns={[
            {
              key: 'call',
              header: 'Call',
              cell: (call) => <TextLink to={`${base}/calls/${call.id}`}>{`${call.method} ${call.path}`}</TextLink>,
              rowHeader: true,
            },
            { key: 'status', header: 'Answer', cell: (call) => <HttpStatus status={call.status} /> },
            { key: 'contract', header: 'Contract', cell: (call) => call.contract },
            { key: 'at', header: 'Time', cell: (call) => <MomentText value={call.wallAt} seconds /> },
            { key: 'ms', header: 'Took', cell: (call) => `${call.durationMs} ms`, align: 'end' },
          ]}
        />
      )}
    </PortalPage>
  )
}
