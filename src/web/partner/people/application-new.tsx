import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { rightsOf, rightsOptions } from './people-data.server.ts'
import { RightsFields } from './rights-fields.tsx'
import type { Route } from './+types/application-new.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Applications', ...(data ? { to: data.path } : {}) },
    { text: 'New application' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'New application · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.manage')
  const { read, domain, account, base } = visit
  const { isSynchronised } = await read((ctx) => domain.accounts.directoryFacts(ctx, account.accountId))
  return { path: `${base}/applications`, isSynchronised, options: rightsOptions(visit, 'application') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const form = await readForm(args.request)
  const given = { name: field(form, 'name'), replyUrl: field(form, 'replyUrl'), appIdUri: field(form, 'appIdUri'), ...rightsOf(form) }
  let clientId: string
  try {
    clientId = await run((ctx) => domain.accounts.createAccountApplication(ctx, account.accountId, given))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/applications/${clientId}?done=created`, 303)
}

export default function NewApplication({ loaderData: { isSynchronised, options } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title="New application" lead="Registers the application in your directory. It gets a key when you ask for one.">
      {refusal ? (
        <Notice intent="error" title="The application was not registered.">
          {refusal.errors.message}
        </Notice>
      ) : isSynchronised ? (
        <Notice intent="warning" title="You cannot register applications here.">
          Your directory is filled from your organisation’s own. Register the application there, then add it here.
        </Notice>
      ) : null}
      <Form method="post">
        <FormRows>
          <Section title="Application" card>
            <FormRow>
              <TextField name="name" label="Name" required error={errors.name} autoComplete="off" />
              <TextField
                name="replyUrl"
                label="Reply URL"
                hint="https; at most 256 characters; of no other application. Any address of yours will do for an application that only calls APIs"
                required
                error={errors['redirectUris.0'] ?? errors.redirectUris}
                autoComplete="off"
              />
              <TextField
                name="appIdUri"
                label="App ID URI"
                hint="Such as https://contoso.com/automation or api://automation; at most 256 characters"
                required
                error={errors.appIdUri}
                autoComplete="off"
              />
            </FormRow>
          </Section>
          <Section title="Rights" card>
            <RightsFields options={options} errors={errors} />
          </Section>
          <FormRow>
            <SubmitButton appearance="primary">Register the application</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
