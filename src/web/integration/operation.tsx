import { type LoaderFunctionArgs, useLoaderData } from 'react-router'
import { enterDesk } from '../ui/desk.server.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { TimeLine } from '../ui/portal-time-line.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { deskAddress } from './desk-address.ts'
import { operationPage } from './webhook-data.server.ts'

type Data = Awaited<ReturnType<typeof operationPage>>

export const handle: CrumbHandle = {
  crumbs: (data: Data | undefined, params) => [
    { text: 'Webhooks', to: `${deskAddress(params)}/webhooks` },
    { text: data ? `${data.title}: ${data.subscription.name}` : 'Operation' },
  ],
}
export const meta = () => [{ title: 'Operation' }]

export async function loader(args: LoaderFunctionArgs) {
  const desk = await enterDesk(args, 'webhook.read')
  return { base: desk.base, isPartner: desk.publisher !== null, ...(await operationPage(desk, args.params.operation ?? '')) }
}

/** Why each rule is as it is, where that is not plain. */
const why: Record<string, string> = {
  'window-passed': 'The endpoint answered 2xx and reported nothing within 10 seconds of market time, which counts as agreement.',
  'webhook-refused': 'A 4xx answer to the webhook of a change refuses it at once; plan and seats stay.',
  'webhook-undeliverable': 'None of the attempts succeeded, or somebody stopped them; plan and seats stay.',
  'publisher-success': 'The publisher’s application reported Success by PATCH.',
  'publisher-failure': 'The publisher’s application reported Failure by PATCH; plan and seats stay.',
  overtaken: 'The subscription was suspended or ended before the operation was decided.',
  'already-so': 'When it was to take effect, the subscription had this plan or number of seats already.',
  'at-once': 'It had taken effect before the publisher was told; no answer is expected.',
}

export default function OperationPage() {
  const one = useLoaderData<typeof loader>()
  const { base } = one
  return (
    <PortalPage title={one.title} lead={`${one.asked}. About ${one.subscription.name}.`} actions={<LiveRefresh />}>
      {one.finishedAt === null ? (
        <Notice intent="info" title="Not decided yet.">
          {one.deadlineAt ? (
            <>
              Without an answer of the publisher it succeeds at <MomentText value={one.deadlineAt} seconds />.
            </>
          ) : one.next ? (
            <>
              The webhook has not been acknowledged; the next attempt is at <MomentText value={one.next} seconds />.
            </>
          ) : (
            'The webhook waits: an older one comes first, or the endpoint is paused.'
          )}
        </Notice>
      ) : null}
      <Section title="Operation" card>
        <Facts
          facts={[
            { label: 'Status', value: <Status tone={one.tone}>{one.status}</Status> },
            { label: 'Decided by the rule', value: one.rule ? `${one.rule}: ${one.ruleText}` : 'None yet' },
            { label: 'Asked by', value: one.by },
            { label: 'Asked', value: <MomentText value={one.createdAt} seconds /> },
            { label: 'Acknowledged', value: one.acknowledgedAt ? <MomentText value={one.acknowledgedAt} seconds /> : 'No' },
            { label: 'Deadline', value: one.deadlineAt ? <MomentText value={one.deadlineAt} seconds /> : 'None' },
            { label: 'Ended', value: one.finishedAt ? <MomentText value={one.finishedAt} seconds /> : 'Not yet' },
            ...(one.error ? [{ label: 'Message', value: one.error }] : []),
            {
              label: 'Subscription',
              value: one.isPartner ? (
                <TextLink to={`${base}/subscriptions/${one.subscription.id}`}>{one.subscription.name}</TextLink>
              ) : (
                one.subscription.name
              ),
            },
            { label: 'Operation id', value: one.id },
            { label: 'Activity id', value: one.activityId },
            { label: 'Request id of who asked', value: one.requestId },
          ]}
        />
        {one.rule && why[one.rule] ? <p style={{ margin: 0 }}>{why[one.rule]}</p> : null}
      </Section>
      <Section title="Time line">
        <TimeLine entries={one.entries} />
      </Section>
      {one.deliveries.length > 0 ? (
        <Section title="Webhooks">
          <DataTable
            caption="Webhook deliveries of this operation, oldest first"
            rows={one.deliveries}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'which',
                header: 'Delivery',
                cell: (row) => <TextLink to={`${base}/webhooks/${row.id}`}>{row.again ? 'Sent again by hand' : 'First delivery'}</TextLink>,
                rowHeader: true,
              },
              { key: 'state', header: 'State', cell: (row) => <Status tone={row.tone}>{row.label}</Status> },
              { key: 'attempts', header: 'Attempts', cell: (row) => row.attempts, align: 'end' },
              { key: 'at', header: 'Written', cell: (row) => <MomentText value={row.createdAt} seconds /> },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
