import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextAreaField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { rightsOf, rightsOptions } from './people-data.server.ts'
import { RightsFields } from './rights-fields.tsx'
import type { Route } from './+types/invite.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Users', ...(data ? { to: data.path } : {}) },
    { text: 'Invite by mail' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Invite users · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.manage')
  const { read, domain, account, base } = visit
  const facts = await read((ctx) => domain.accounts.directoryFacts(ctx, account.accountId))
  return {
    path: `${base}/users`,
    mayInvite: facts.isAdministrator && !facts.isSynchronised,
    isSynchronised: facts.isSynchronised,
    options: rightsOptions(visit, 'user'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const form = await readForm(args.request)
  try {
    await run((ctx) => domain.accounts.invite(ctx, account.accountId, { addresses: field(form, 'addresses'), ...rightsOf(form) }))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/users?done=invited`, 303)
}

export default function Invite({ loaderData: { mayInvite, isSynchronised, options } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Invite users by mail"
      lead="For people outside your directory. Each gets a link and becomes a guest of your directory; nobody has access before accepting."
    >
      {refusal ? (
        <Notice intent="error" title="Nobody was invited.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      {mayInvite ? null : (
        <Notice intent="warning" title="You cannot invite people here.">
          {isSynchronised
            ? 'Your directory is filled from your organisation’s own. Add guests there.'
            : 'Only a global administrator of your directory can let guests into it.'}
        </Notice>
      )}
      <Form method="post">
        <FormRows>
          <Section title="Whom" card>
            <TextAreaField
              name="addresses"
              label="E-mail addresses"
              hint="1 to 10, separated by commas or semicolons"
              rows={3}
              required
              error={errors.addresses}
            />
          </Section>
          <Section title="Rights of all of them" card>
            <RightsFields options={options} errors={errors} />
          </Section>
          <FormRow>
            <SubmitButton appearance="primary">Send the invitations</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
