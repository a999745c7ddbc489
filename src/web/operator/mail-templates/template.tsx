import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { ButtonRow } from '../../ui/button-row.tsx'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { Code } from '../../ui/portal-code.tsx'
import { SubmitButton, TextAreaField, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import type { Route } from './+types/template.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Mail', to: '/operator/mail' },
    { text: 'Templates', to: '/operator/mail/templates' },
    { text: data?.title ?? 'Template' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.title ?? 'Template'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  const { kernel, read } = await enter(args, 'mail.configure')
  const { mailTemplates: templates } = kernel
  return read(async (ctx) => {
    const { name, title, readers, override } = await templates.get(ctx, args.params.template)
    const given = override ? { subject: override.subject, body: override.body } : templates.standard
    return {
      name,
      title,
      readers,
      given,
      changedBy: override?.changedBy ?? null,
      placeholders: Object.entries(templates.placeholders).map(([placeholder, meaning]) => ({
        label: `{{${placeholder}}}`,
        value: meaning,
      })),
      preview: await templates.preview(ctx, name, given),
    }
  })
}

export async function action(args: Route.ActionArgs) {
  const { kernel, user, run } = await enter(args, 'mail.configure')
  const { mailTemplates: templates } = kernel
  const { template } = args.params
  const form = await readForm(args.request)
  const override = { subject: field(form, 'subject'), body: field(form, 'body') }
  const intent = field(form, 'intent')
  try {
    if (intent === 'preview') return { errors: null, preview: await kernel.read(user, (ctx) => templates.preview(ctx, template, override)) }
    if (intent === 'reset') await run((ctx) => templates.reset(ctx, template))
    else await run((ctx) => templates.save(ctx, template, override))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/mail/templates', 303)
}

export default function MailTemplatePage({
  loaderData: { title, readers, given, changedBy, placeholders, preview },
}: Route.ComponentProps) {
  const answer = useActionData<typeof action>()
  const errors = answer?.errors?.fields ?? {}
  const shown = answer && 'preview' in answer ? answer.preview : preview
  return (
    <PortalPage
      title={title}
      lead={`To ${readers.toLowerCase()}. ${changedBy === null ? 'It goes out as it was written.' : `Changed by ${changedBy}.`} Mails that were sent stay as they are.`}
    >
      {answer?.errors ? (
        <Notice intent="error" title="This was not saved.">
          {answer.errors.message}
        </Notice>
      ) : null}
      <Section title="Subject and body" card>
        <Form method="post">
          <FormRows>
            <TextField name="subject" label="Subject" defaultValue={given.subject} error={errors.subject} required />
            <TextAreaField
              name="body"
              label="Body"
              hint="{{text}} stands for the standard text, with all facts and links; it stays."
              rows={10}
              defaultValue={given.body}
              error={errors.body}
              required
            />
            <ButtonRow>
              <SubmitButton name="intent" value="save" appearance="primary">
                Save
              </SubmitButton>
              <SubmitButton name="intent" value="preview">
                Preview
              </SubmitButton>
              {changedBy === null ? null : (
                <SubmitButton name="intent" value="reset">
                  Back to the standard
                </SubmitButton>
              )}
            </ButtonRow>
          </FormRows>
        </Form>
      </Section>
      <Section title="Preview" card>
        <Facts facts={[{ label: 'Subject', value: shown.subject }]} />
        <Code label="Text of the mail">{shown.text}</Code>
      </Section>
      <Section title="Placeholders" card>
        <Facts facts={placeholders} />
      </Section>
    </PortalPage>
  )
}
