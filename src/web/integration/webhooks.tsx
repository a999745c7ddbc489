import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { SendRegular } from '@fluentui/react-icons/svg/send'
import { Form, type LoaderFunctionArgs, redirect, useActionData, useLoaderData } from 'react-router'
import { enterDesk } from '../ui/desk.server.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import { field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { deliveryStates } from '../ui/webhook-words.ts'
import { pauseEndpoint, webhookList } from './webhook-data.server.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Webhooks' }] }
export const meta = () => [{ title: 'Webhooks' }]

export async function loader(args: LoaderFunctionArgs) {
  const desk = await enterDesk(args, 'webhook.read')
  const search = new URL(args.request.url).searchParams
  const before = Number(search.get('before') ?? Number.NaN)
  const state = deliveryStates.find((one) => one.value === search.get('state'))?.value ?? ''
  const publisherId = desk.publisher ? '' : (search.get('publisher') ?? '').trim()
  return {
    base: desk.base,
    state,
    ofAll: desk.publisher === null,
    publisherId,
    paged: Number.isSafeInteger(before),
    ...(await webhookList(desk, { state, publisherId, before: Number.isSafeInteger(before) ? before : undefined })),
  }
}

export async function action(args: LoaderFunctionArgs) {
  const desk = await enterDesk(args, 'webhook.manage')
  const form = await args.request.formData()
  try {
    await pauseEndpoint(
      desk,
      { offer: field(form, 'offer'), preview: field(form, 'preview') === 'true' },
      field(form, 'intent') === 'pause',
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`${desk.base}/webhooks`, 303)
}

export default function Webhooks() {
  const { base, state, ofAll, publisherId, paged, deliveries, endpoints, endpointCount, older } = useLoaderData<typeof loader>()
  const isFiltered = state !== '' || publisherId !== '' || paged
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Webhooks"
      lead="What the marketplace tells the publisher’s endpoint: every delivery with its attempts, kept as it went over the wire."
      actions={<LiveRefresh />}
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      {endpoints.length > 0 ? (
        <Section title="Endpoints">
          {endpointCount > endpoints.length ? (
            <p>
              {endpoints.length} of {endpointCount}, those that are paused or fail first. Filter by a publisher to see the others.
            </p>
          ) : null}
          <DataTable
            caption="Webhook endpoints of the offers"
            rows={endpoints}
            rowKey={(row) => `${row.offer}/${row.preview}`}
            columns={[
              {
                key: 'offer',
                header: 'Offer',
                cell: (row) => (
                  <TextLink to={`${base}/webhooks/endpoints/${row.offer}${row.preview ? '?of=preview' : ''}`}>{row.name}</TextLink>
                ),
                rowHeader: true,
              },
              ...(ofAll ? [{ key: 'publisher', header: 'Publisher', cell: (row: (typeof endpoints)[number]) => row.publisherId }] : []),
              { key: 'url', header: 'Address', cell: (row) => <span style={{ overflowWrap: 'anywhere' }}>{row.url}</span> },
              { key: 'waiting', header: 'Waiting', cell: (row) => row.waiting, align: 'end' },
              { key: 'failed', header: 'Failed in 24 hours', cell: (row) => row.failed, align: 'end' },
              {
                key: 'state',
                header: 'State',
                cell: (row) => <Status tone={row.pausedAt ? 'attention' : 'good'}>{row.pausedAt ? 'Paused' : 'Open'}</Status>,
              },
              {
                key: 'do',
                header: 'Action',
                cell: (row) => (
                  <Form method="post" aria-label={`Webhooks of ${row.name}`}>
                    <input type="hidden" name="offer" value={row.offer} />
                    <input type="hidden" name="preview" value={String(row.preview)} />
                    <SubmitButton name="intent" value={row.pausedAt ? 'resume' : 'pause'}>
                      {row.pausedAt ? 'Let them go' : 'Hold back'}
                    </SubmitButton>
                  </Form>
                ),
              },
            ]}
          />
        </Section>
      ) : null}
      <Section title="Deliveries">
        <Form method="get" role="search" aria-label="Deliveries">
          <FormRow>
            <SelectField name="state" label="State" options={deliveryStates} defaultValue={state} />
            {ofAll ? <TextField name="publisher" label="Publisher ID" defaultValue={publisherId} /> : null}
            <SubmitButton icon={<FilterRegular />}>Filter</SubmitButton>
          </FormRow>
        </Form>
        {deliveries.length === 0 ? (
          <EmptyState
            icon={<SendRegular />}
            title={isFiltered ? 'No delivery matches' : 'No webhook yet'}
            action={
              isFiltered ? (
                <TextLink to={`${base}/webhooks`}>Show all</TextLink>
              ) : (
                <TextLink to="/docs/webhooks" document>
                  Read what webhooks say
                </TextLink>
              )
            }
          >
            {isFiltered
              ? 'Choose another filter, or go back to the newest.'
              : 'A webhook is sent when a customer changes the plan or the seats, when a payment fails or comes, and when a subscription renews or ends.'}
          </EmptyState>
        ) : (
          <DataTable
            caption="Webhook deliveries, newest first"
            rows={deliveries}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'action',
                header: 'Webhook',
                cell: (row) => (
                  <TextLink to={`${base}/webhooks/${row.id}`}>{row.again ? `${row.action}, sent again` : row.action}</TextLink>
                ),
                rowHeader: true,
              },
              { key: 'for', header: 'Subscription', cell: (row) => row.name },
              { key: 'state', header: 'State', cell: (row) => <Status tone={row.tone}>{row.label}</Status> },
              { key: 'attempts', header: 'Attempts', cell: (row) => row.attempts, align: 'end' },
              { key: 'outcome', header: 'Last outcome', cell: (row) => row.outcome ?? '–' },
              { key: 'at', header: 'Written', cell: (row) => <MomentText value={row.createdAt} seconds /> },
              { key: 'next', header: 'Next attempt', cell: (row) => (row.next ? <MomentText value={row.next} seconds /> : '–') },
            ]}
          />
        )}
        {older === null ? null : (
          <TextLink to={`${base}/webhooks?${new URLSearchParams({ state, publisher: publisherId, before: String(older) })}`}>
            Older
          </TextLink>
        )}
      </Section>
    </PortalPage>
  )
}
