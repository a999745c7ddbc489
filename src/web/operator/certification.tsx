import { ShieldCheckmarkRegular } from '@fluentui/react-icons/svg/shield-checkmark'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../form.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status, type Tone } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { certificationQueue } from './certification-data.server.ts'
import type { Route } from './+types/certification.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Certification' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Certification · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return {
    ...(await certificationQueue(await enter(args, 'certification.review'))),
    done: new URL(args.request.url).searchParams.has('done'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'certification.review')
  const form = await readForm(args.request)
  const submission = field(form, 'submission')
  try {
    if (submission !== '') {
      await run((ctx) => domain.publishing.certification.assign(ctx, submission))
      return redirect(`/operator/certification/${submission}`, 303)
    }
    const mode = field(form, 'mode')
    const rejectNext = mode === 'reject-next' ? field(form, 'reason') : null
    await run(async (ctx) => {
      const now = await domain.publishing.certification.rules(ctx)
      await domain.publishing.certification.setRules(ctx, { mode: mode === 'reject-next' ? now.mode : mode, rejectNext })
    })
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/certification?done', 303)
}

const outcomes: Record<string, { label: string; tone: Tone }> = {
  approved: { label: 'Approved', tone: 'good' },
  rejected: { label: 'Rejected', tone: 'bad' },
  withdrawn: { label: 'Withdrawn', tone: 'neutral' },
}

const modes = [
  { value: 'automatic', label: 'Automatically' },
  { value: 'manual', label: 'By hand, in this queue' },
]

export default function CertificationPage({ loaderData: { waiting, decided, rules, isSandbox, me, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Certification"
      lead="Submissions that wait for a reviewer, the longest waiting first."
      actions={
        <>
          <LiveRefresh />
          <ButtonLink to="/operator/certification/rules">Words and criteria</ButtonLink>
        </>
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Saved." />
      ) : null}
      <Section title="Waiting">
        {waiting.length === 0 ? (
          <EmptyState icon={<ShieldCheckmarkRegular />} title="Nothing waits">
            {rules.mode === 'automatic'
              ? 'Submissions are certified automatically. Switch to certification by hand below to decide them here.'
              : 'Submissions appear here when their publisher has signed the preview off.'}
          </EmptyState>
        ) : (
          <DataTable
            caption="Submissions that wait for certification"
            rows={waiting}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'title',
                header: 'Offer',
                rowHeader: true,
                cell: (row) => (
                  <>
                    <TextLink to={`/operator/certification/${row.id}`}>{row.title}</TextLink>
                    <br />
                    {row.offer}
                  </>
                ),
              },
              { key: 'type', header: 'Type', cell: (row) => row.type },
              { key: 'kind', header: 'Submission', cell: (row) => `${row.kind}, no. ${row.number}` },
              { key: 'since', header: 'Waiting since', cell: (row) => <MomentText value={row.waitingSince} /> },
              {
                key: 'assigned',
                header: 'Reviewer',
                cell: (row) =>
                  row.assignedTo === me ? (
                    <Status tone="info">You</Status>
                  ) : (
                    <Form method="post" aria-label={`Assign ${row.title}`}>
                      <input type="hidden" name="submission" value={row.id} />
                      {row.assignedName ? `${row.assignedName} ` : null}
                      <SubmitButton name="submission" value={row.id}>
                        {row.assignedTo ? 'Take over' : 'Assign to me'}
                      </SubmitButton>
                    </Form>
                  ),
              },
            ]}
          />
        )}
      </Section>
      <Section title="How submissions are certified" card>
        <p style={{ margin: 0 }}>
          Now: {rules.mode === 'automatic' ? 'automatically' : 'by hand'}
          {rules.setBy ? `, set by ${rules.setBy}` : ''}.{rules.rejectNext === null ? '' : ' The next submission will be rejected.'}
        </p>
        <Form method="post">
          <FormRow>
            <SelectField
              name="mode"
              label="Certify"
              options={isSandbox ? [...modes, { value: 'reject-next', label: 'Reject the next submission' }] : modes}
              defaultValue={rules.mode}
            />
            {isSandbox ? (
              <TextField
                name="reason"
                label="Reason of the rejection"
                hint="What the report of the next submission says, when you reject it."
                error={refusal?.errors.fields.rejectNext}
                defaultValue="The screenshots show another product."
              />
            ) : null}
            <SubmitButton>Save</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      {decided.length > 0 ? (
        <Section title="Decided last">
          <DataTable
            caption="Certifications decided last, newest first"
            rows={decided}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'title',
                header: 'Offer',
                rowHeader: true,
                cell: (row) => <TextLink to={`/operator/certification/${row.id}`}>{row.title}</TextLink>,
              },
              { key: 'offer', header: 'Name', cell: (row) => row.offer },
              {
                key: 'outcome',
                header: 'Outcome',
                cell: (row) => {
                  const outcome = outcomes[row.outcome ?? '']
                  return outcome ? <Status tone={outcome.tone}>{outcome.label}</Status> : '–'
                },
              },
              { key: 'by', header: 'By', cell: (row) => (row.mode === 'automatic' ? 'Automatic' : row.decidedBy || '–') },
              { key: 'at', header: 'Decided', cell: (row) => (row.decidedAt ? <MomentText value={row.decidedAt} /> : '–') },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
