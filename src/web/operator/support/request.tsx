import { Form, redirect, useActionData } from 'react-router'
import { filesOf } from '../../form-files.ts'
import { readForm } from '../../form.ts'
import { ButtonRow } from '../../ui/button-row.tsx'
import { Correspondence } from '../../ui/correspondence.tsx'
import { FileDrop } from '../../ui/file-drop.tsx'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { SubmitButton, TextAreaField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DateText, MomentText } from '../../ui/portal-time.tsx'
import { queueWords, staffStateWords } from '../../ui/request-words.ts'
import { shownRequest } from '../../ui/support-request.server.ts'
import type { Route } from './+types/request.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Support', to: '/operator/support' },
    { text: data?.request.tracking ?? 'Request' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.request.tracking ?? 'Request'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read, user } = await enter(args, 'support.answer')
  const view = await read((ctx) => domain.support.getForStaff(ctx, args.params.request))
  const request = shownRequest(domain.support, view, `/operator/support/${view.id}`, 'marketplace')
  return { request, mine: view.assignee?.objectId === user.objectId }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'support.answer')
  const { support } = domain
  const { request: id } = args.params
  const form = await readForm(args.request)
  try {
    switch (field(form, 'intent')) {
      case 'close':
        await run((ctx) => support.close(ctx, id))
        break
      case 'take':
        await run((ctx) => support.triage(ctx, id, { mine: true }))
        break
      case 'leave':
        await run((ctx) => support.triage(ctx, id, { mine: false }))
        break
      case 'urgent':
        await run((ctx) => support.triage(ctx, id, { urgent: true }))
        break
      case 'usual':
        await run((ctx) => support.triage(ctx, id, { urgent: false }))
        break
      default: {
        const files = await support.keepFiles(await filesOf(form, 'files'))
        await run((ctx) => support.answer(ctx, id, { text: field(form, 'text'), internal: field(form, 'internal') === 'yes' }, files))
      }
    }
  } catch (error) {
    return refused(error)
  }
  return redirect(`/operator/support/${id}`, 303)
}

export default function StaffRequest({ loaderData: { request, mine } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const state = staffStateWords[request.state]
  const { contact } = request
  return (
    <PortalPage
      title={request.summary}
      lead={request.topic}
      actions={
        <>
          {request.kind === 'offer-removal' && request.state !== 'closed' ? (
            <ButtonLink to={`/operator/support/${request.id}/removal`} primary>
              Remove the offer from its customers
            </ButtonLink>
          ) : null}
          <Form method="post">
            <ButtonRow>
              <SubmitButton name="intent" value={mine ? 'leave' : 'take'}>
                {mine ? 'Leave it to others' : 'Take it'}
              </SubmitButton>
              {request.queue === 'security' ? null : (
                <SubmitButton name="intent" value={request.urgent ? 'usual' : 'urgent'}>
                  {request.urgent ? 'Not urgent' : 'Make urgent'}
                </SubmitButton>
              )}
              {request.state === 'closed' ? null : (
                <SubmitButton name="intent" value="close">
                  Close
                </SubmitButton>
              )}
            </ButtonRow>
          </Form>
        </>
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Request" card>
        <Facts
          facts={[
            { label: 'Number', value: request.tracking },
            { label: 'State', value: <Status tone={state.tone}>{state.label}</Status> },
            {
              label: 'Queue',
              value: request.urgent ? <Status tone="bad">{`${queueWords[request.queue]}, urgent`}</Status> : queueWords[request.queue],
            },
            { label: 'Kind', value: request.kindLabel },
            { label: 'From', value: request.publisherId === null ? request.partyName : `${request.partyName} (${request.publisherId})` },
            {
              label: `Contact, prefers ${contact.prefers === 'phone' ? 'the telephone' : 'e-mail'}`,
              value: [contact.name, contact.email, contact.phone].filter(Boolean).join(', '),
            },
            { label: 'Offer type', value: request.offerType },
            { label: 'Start date', value: <DateText value={request.startOn} /> },
            { label: 'Sent', value: <MomentText value={request.openedAt} /> },
            { label: 'Seen to by', value: request.assignee?.name ?? 'Nobody yet' },
            ...request.facts,
          ]}
        />
      </Section>
      <Section title="Correspondence">
        <Correspondence letters={request.letters} />
      </Section>
      <Section title="Answer" card>
        <Form method="post" encType="multipart/form-data" key={request.letters.length}>
          <FormRows>
            <TextAreaField name="text" label="Message" rows={6} error={errors.text} />
            <FileDrop name="files" label="Attachments" error={errors.files} />
            <CheckField name="internal" value="yes" label="A note for the staff: not sent, and not seen by who asked" />
            <div>
              <SubmitButton appearance="primary">Send</SubmitButton>
            </div>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
