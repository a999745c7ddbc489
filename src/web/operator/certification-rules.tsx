import { ProhibitedRegular } from '@fluentui/react-icons/svg/prohibited'
import { CertificateRegular } from '@fluentui/react-icons/svg/certificate'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../form.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { certificationRules } from './certification-data.server.ts'
import type { Route } from './+types/certification-rules.ts'

export const handle: CrumbHandle = {
  crumbs: () => [{ text: 'Certification', to: '/operator/certification' }, { text: 'Words and criteria' }],
}
export const meta: Route.MetaFunction = () => [{ title: 'Words and criteria · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return certificationRules(await enter(args, 'certification.review'))
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'certification.review')
  const form = await readForm(args.request)
  const text = (name: string) => field(form, name)
  try {
    await run(async (ctx) => {
      const desk = domain.publishing.certification
      if (text('remove-word')) await desk.allowWord(ctx, text('remove-word'))
      else if (text('remove-criterion')) await desk.removeCriterion(ctx, text('remove-criterion'))
      else if (text('what') === 'criterion')
        await desk.addCriterion(ctx, { offerType: text('offerType'), title: text('title'), ask: text('ask') })
      else await desk.forbidWord(ctx, { word: text('word'), reason: text('reason') })
    })
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/certification/rules', 303)
}

export default function CertificationRulesPage({ loaderData: { words, criteria, types } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Words and criteria"
      lead="What certification asks of listings and publishers besides the checks of an offer type. It counts for submissions from now on."
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Forbidden words">
        {words.length === 0 ? (
          <EmptyState icon={<ProhibitedRegular />} title="No word is forbidden">
            A word on this list makes Offer validation find it in the texts of a listing, and certification reject it.
          </EmptyState>
        ) : (
          <DataTable
            caption="Words that no listing may hold"
            rows={words}
            rowKey={(row) => row.word}
            columns={[
              { key: 'word', header: 'Word', cell: (row) => row.word, rowHeader: true },
              { key: 'reason', header: 'Reason', cell: (row) => row.reason },
              { key: 'by', header: 'Added by', cell: (row) => row.addedBy },
              { key: 'at', header: 'Added', cell: (row) => <MomentText value={row.addedAt} /> },
              {
                key: 'remove',
                header: 'Remove',
                cell: (row) => (
                  <Form method="post" aria-label={`Remove ${row.word}`}>
                    <SubmitButton name="remove-word" value={row.word}>
                      Remove
                    </SubmitButton>
                  </Form>
                ),
              },
            ]}
          />
        )}
        <Form method="post" aria-label="Forbid a word">
          <input type="hidden" name="what" value="word" />
          <FormRow>
            <TextField name="word" label="Word or phrase" error={errors.word} required />
            <TextField name="reason" label="Reason, as publishers read it" error={errors.reason} required />
            <SubmitButton>Forbid</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Criteria for publishers">
        {criteria.length === 0 ? (
          <EmptyState icon={<CertificateRegular />} title="No criteria">
            A criterion, such as a partner status or a competency, is asked at every certification of its offer type, under Publisher
            business eligibility.
          </EmptyState>
        ) : (
          <DataTable
            caption="What publishers must be, by offer type"
            rows={criteria}
            rowKey={(row) => row.id}
            columns={[
              { key: 'title', header: 'Criterion', cell: (row) => row.title, rowHeader: true },
              { key: 'type', header: 'Offer type', cell: (row) => row.type },
              { key: 'ask', header: 'What the reviewer asks', cell: (row) => row.ask },
              { key: 'by', header: 'Added by', cell: (row) => row.addedBy },
              {
                key: 'remove',
                header: 'Remove',
                cell: (row) => (
                  <Form method="post" aria-label={`Remove ${row.title}`}>
                    <SubmitButton name="remove-criterion" value={row.id}>
                      Remove
                    </SubmitButton>
                  </Form>
                ),
              },
            ]}
          />
        )}
        <Form method="post" aria-label="Add a criterion">
          <input type="hidden" name="what" value="criterion" />
          <FormRow>
            <SelectField name="offerType" label="Offer type" options={types.map((one) => ({ value: one.type, label: one.label }))} />
            <TextField name="title" label="Criterion" error={errors.title} required />
            <TextField name="ask" label="What the reviewer asks" error={errors.ask} required />
            <SubmitButton>Add</SubmitButton>
          </FormRow>
        </Form>
      </Section>
    </PortalPage>
  )
}
