import { PersonDeleteRegular } from '@fluentui/react-icons/svg/person-delete'
import { PersonFeedbackRegular } from '@fluentui/react-icons/svg/person-feedback'
import { data, Form, useActionData } from 'react-router'
import { readForm } from '../form.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import type { Route } from './+types/leads.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Leads' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Leads · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'lead.supervise')
  const leads = await read((ctx) => domain.leads.troubled(ctx))
  return {
    leads: leads.map(({ id, at, publisherId, offerId, state, attempts, nextAttemptAt, lastOutcome }) => ({
      id,
      at: at.toString(),
      offer: `${publisherId}.${offerId}`,
      failed: state === 'failed',
      attempts,
      nextAttemptAt: nextAttemptAt?.toString() ?? null,
      lastOutcome,
    })),
  }
}

/** Erases a person's contact data. */
export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'lead.supervise')
  const email = field(await readForm(args.request), 'email')
  if (email === '') {
    const message = 'Enter the e-mail address of the person.'
    return data({ errors: { message, fields: { email: message } as Record<string, string> } }, { status: 400 })
  }
  try {
    return { erased: await run((ctx) => domain.leads.erase(ctx, { email })) }
  } catch (error) {
    return refused(error)
  }
}

export default function Leads({ loaderData: { leads } }: Route.ComponentProps) {
  const answer = useActionData<typeof action>()
  const erased = answer && 'erased' in answer ? answer.erased : null
  const errors = answer && 'errors' in answer ? answer.errors : null
  return (
    <PortalPage
      title="Leads"
      lead="Leads that publishers’ endpoints have not taken. Who the customers are is for the publishers alone and is not shown here."
    >
      {leads.length === 0 ? (
        <EmptyState icon={<PersonFeedbackRegular />} title="Nothing is stuck">
          Every lead has been delivered, or is in its publisher’s list only.
        </EmptyState>
      ) : (
        <DataTable
          caption="Leads that wait or were given up, newest first"
          rows={leads}
          rowKey={(row) => row.id}
          columns={[
            { key: 'offer', header: 'Offer', cell: (row) => row.offer, rowHeader: true },
            {
              key: 'state',
              header: 'State',
              cell: (row) => <Status tone={row.failed ? 'bad' : 'info'}>{row.failed ? 'Given up' : 'Being sent'}</Status>,
            },
            { key: 'attempts', header: 'Attempts', cell: (row) => row.attempts, align: 'end' },
            { key: 'outcome', header: 'Last outcome', cell: (row) => row.lastOutcome ?? '–' },
            { key: 'next', header: 'Next attempt', cell: (row) => (row.nextAttemptAt ? <MomentText value={row.nextAttemptAt} /> : '–') },
            { key: 'at', header: 'Made', cell: (row) => <MomentText value={row.at} /> },
          ]}
        />
      )}
      <Section title="Erase a person" card>
        {erased === null ? null : (
          <Notice
            intent="success"
            title={erased === 0 ? 'No lead has this address.' : `Erased from ${erased === 1 ? 'one lead' : `${erased} leads`}.`}
          >
            {erased > 0 ? 'What publishers have received already is theirs to erase.' : ''}
          </Notice>
        )}
        <p style={{ margin: 0 }}>
          Overwrites the contact data of a person in the leads of all publishers. What was done, when and for which offer stays. This cannot
          be undone.
        </p>
        <Form method="post" noValidate>
          <FormRow>
            <TextField name="email" type="email" label="E-mail address" error={errors?.fields.email} autoComplete="off" required />
            <SubmitButton icon={<PersonDeleteRegular />}>Erase</SubmitButton>
          </FormRow>
        </Form>
      </Section>
    </PortalPage>
  )
}
