import { Form, redirect, useActionData } from 'react-router'
import { filesOf } from '../form-files.ts'
import { readForm } from '../form.ts'
import { Correspondence } from '../ui/correspondence.tsx'
import { FileDrop } from '../ui/file-drop.tsx'
import { field, refused } from '../ui/portal-access.server.ts'
import { SubmitButton, TextAreaField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { FormRows } from '../ui/portal-more.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DateText, MomentText } from '../ui/portal-time.tsx'
import { requestStateWords } from '../ui/request-words.ts'
import { shownRequest } from '../ui/support-request.server.ts'
import { enterSupport } from './support-access.server.ts'
import type { Route } from './+types/request.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Support', ...(data ? { to: data.base } : {}) },
    { text: data?.request.tracking ?? 'Request' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.request.tracking ?? 'Request'} · Support` }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read, party, base } = await enterSupport(args)
  const view = await read((ctx) => domain.support.get(ctx, party, args.params.request))
  const sent = new URL(args.request.url).searchParams.has('sent')
  return { base, sent, request: shownRequest(domain.support, view, `${base}/${view.id}`, 'party') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run, party, base } = await enterSupport(args)
  const { request: id } = args.params
  const form = await readForm(args.request)
  try {
    if (field(form, 'intent') === 'close') await run((ctx) => domain.support.closeByParty(ctx, party, id))
    else {
      const files = await domain.support.keepFiles(await filesOf(form, 'files'))
      await run((ctx) => domain.support.reply(ctx, party, id, field(form, 'text'), files))
    }
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/${id}`, 303)
}

export default function RequestPage({ loaderData: { request, sent } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const state = requestStateWords[request.state]
  return (
    <PortalPage
      title={request.summary}
      lead={request.topic}
      actions={
        request.state === 'closed' ? undefined : (
          <Form method="post">
            <SubmitButton name="intent" value="close">
              Close the request
            </SubmitButton>
          </Form>
        )
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : sent ? (
        <Notice
          intent="success"
          title={`${request.kind === 'legal-notice' ? 'Your notice was delivered' : 'Your request was sent'}: ${request.tracking}.`}
        >
          A copy went to {request.contact.email}.
        </Notice>
      ) : null}
      <Section title="Request" card>
        <Facts
          facts={[
            { label: 'Number', value: request.tracking },
            { label: 'State', value: <Status tone={state.tone}>{state.label}</Status> },
            { label: 'Kind', value: request.kindLabel },
            { label: 'Offer type', value: request.offerType },
            { label: 'Start date', value: <DateText value={request.startOn} /> },
            { label: 'Sent', value: <MomentText value={request.openedAt} /> },
            ...request.facts,
          ]}
        />
      </Section>
      <Section title="Correspondence">
        <Correspondence letters={request.letters} />
      </Section>
      <Section title={request.state === 'closed' ? 'Open it again' : 'Reply'} card>
        <Form method="post" encType="multipart/form-data" key={request.letters.length}>
          <FormRows>
            <TextAreaField name="text" label="Message" rows={5} error={errors.text} />
            <FileDrop
              name="files"
              label="Attachments"
              hint="Recordings of your browser (.har) may hold sensitive data: cookies and tokens are taken out, and only participants can open them."
              error={errors.files}
            />
            <div>
              <SubmitButton appearance="primary">{request.state === 'closed' ? 'Open again and send' : 'Send'}</SubmitButton>
            </div>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
