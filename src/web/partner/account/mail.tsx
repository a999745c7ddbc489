import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { FormRow, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from './account-access.server.ts'
import type { Route } from './+types/mail.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Mail preferences' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Mail preferences · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { user, domain, read } = await enterAccount(args, 'publisher.read')
  const choices = await read((ctx) => domain.notifications.mailChoices(ctx))
  return {
    email: user.email,
    saved: new URL(args.request.url).searchParams.has('saved'),
    kinds: domain.notifications
      .mailKinds()
      .filter((kind) => kind.for === 'publishers')
      .map(({ id, label, meaning }) => ({ id, label, meaning, wanted: choices.get(id) ?? true })),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, base, run } = await enterAccount(args, 'publisher.read')
  const form = await readForm(args.request)
  const kinds = domain.notifications.mailKinds().filter((kind) => kind.for === 'publishers')
  const choices = Object.fromEntries(kinds.map(({ id }) => [id, field(form, id) === 'on']))
  try {
    await run((ctx) => domain.notifications.chooseMail(ctx, choices))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/mail?saved`, 303)
}

export default function MailPreferences({ loaderData: { email, saved, kinds } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Mail preferences"
      lead={`Which mails go to ${email}. Everything is shown under Notifications all the same; mails about access, money that is missing and agreements are always sent.`}
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : saved ? (
        <Notice intent="success" title="Saved." />
      ) : null}
      <Section title="Send me mail about" card>
        <Form method="post">
          <FormRows>
            {kinds.map((kind) => (
              <CheckField key={kind.id} name={kind.id} value="on" label={`${kind.label}: ${kind.meaning}`} defaultChecked={kind.wanted} />
            ))}
            <FormRow>
              <SubmitButton appearance="primary">Save</SubmitButton>
            </FormRow>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
