import { ArrowClockwiseRegular } from '@fluentui/react-icons/svg/arrow-clockwise'
import { Form, redirect, useActionData } from 'react-router'
import { refused } from '../../ui/portal-access.server.ts'
import { Code } from '../../ui/portal-code.tsx'
import { SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { HttpStatus, Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import type { Route } from './+types/lead.ts'
import { publisherLead } from './lead-data.server.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined, params) => [
    { text: 'Leads', to: `/partner/publishers/${params.publisher}/leads` },
    { text: data?.lead.person ?? 'Lead' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.lead.person ?? 'Lead'} · Partner Center` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'lead.read')
  return { base: `/partner/publishers/${visit.publisher.publisherId}`, lead: await publisherLead(visit, args.params.lead) }
}

/** Sends the lead again. */
export async function action(args: Route.ActionArgs) {
  const { domain, run, publisher } = await enterPublisher(args, 'lead.redeliver')
  try {
    await run((ctx) => domain.leads.redeliver(ctx, args.params.lead))
  } catch (error) {
    return refused(error)
  }
  return redirect(`/partner/publishers/${publisher.publisherId}/leads/${args.params.lead}`)
}

export default function LeadPage({ loaderData: { base, lead } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title={lead.person}
      lead={`${lead.act}, ${lead.offer}${lead.preview ? ' (preview)' : ''}`}
      actions={
        lead.canRedeliver ? (
          <Form method="post">
            <SubmitButton icon={<ArrowClockwiseRegular />}>Send again</SubmitButton>
          </Form>
        ) : undefined
      }
    >
      {refusal ? (
        <Notice intent="error" title="The lead was not sent.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      {lead.erased ? (
        <Notice intent="info" title="The contact data has been erased.">
          What was done, when and for which offer is kept.
        </Notice>
      ) : null}
      <Section title="Contact" card>
        <Facts
          facts={[
            { label: 'E-mail', value: lead.email ? <TextLink to={`mailto:${lead.email}`}>{lead.email}</TextLink> : '–' },
            { label: 'Phone', value: lead.phone || '–' },
            { label: 'Company', value: lead.company || '–' },
            { label: 'Title', value: lead.title || '–' },
            { label: 'Country', value: lead.country || '–' },
            { label: 'Agreed to share', value: <MomentText value={lead.consentedAt} /> },
            ...(lead.description ? [{ label: 'Message', value: lead.description }] : []),
          ]}
        />
      </Section>
      <Section title="What happened" card>
        <Facts
          facts={[
            { label: 'Offer', value: <TextLink to={`${base}/offers/${lead.offerId}`}>{lead.offer}</TextLink> },
            ...(lead.planId ? [{ label: 'Plan', value: lead.planId }] : []),
            { label: 'When', value: <MomentText value={lead.at} /> },
            { label: 'Lead source', value: lead.leadSource },
            ...(lead.campaign ? [{ label: 'Campaign', value: lead.campaign }] : []),
            { label: 'Delivery', value: <Status tone={lead.state.tone}>{lead.state.label}</Status> },
            ...(lead.lastOutcome ? [{ label: 'Last outcome', value: lead.lastOutcome }] : []),
            ...(lead.nextAttemptAt ? [{ label: 'Next attempt', value: <MomentText value={lead.nextAttemptAt} /> }] : []),
            {
              label: 'Leads of this offer go to',
              value:
                lead.destination?.kind === 'https'
                  ? `${lead.destination.address}, and this list`
                  : lead.destination
                    ? 'This list'
                    : 'Nowhere: the offer is not live',
            },
            { label: 'Lead id', value: lead.id },
          ]}
        />
      </Section>
      {lead.attempts.length > 0 ? (
        <Section title="Attempts to deliver">
          <DataTable
            caption="Attempts, oldest first"
            rows={lead.attempts}
            rowKey={(row) => String(row.number)}
            columns={[
              { key: 'number', header: 'Attempt', cell: (row) => row.number, rowHeader: true },
              { key: 'at', header: 'When', cell: (row) => <MomentText value={row.at} seconds /> },
              { key: 'address', header: 'Endpoint', cell: (row) => row.address },
              {
                key: 'answer',
                header: 'Answer',
                cell: (row) => (row.status === null ? row.error : <HttpStatus status={row.status} />),
              },
              { key: 'time', header: 'Took', cell: (row) => (row.durationMs === null ? '–' : `${row.durationMs} ms`), align: 'end' },
              { key: 'text', header: 'Answer’s text', cell: (row) => row.answer || '–' },
            ]}
          />
        </Section>
      ) : null}
      {lead.body && lead.destination?.kind === 'https' ? (
        <Section title="What is sent">
          <Code label="JSON body">{lead.body}</Code>
        </Section>
      ) : null}
    </PortalPage>
  )
}
