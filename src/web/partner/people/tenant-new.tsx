import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import type { Route } from './+types/tenant-new.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Tenants', ...(data ? { to: data.path } : {}) },
    { text: 'Create' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Create a tenant · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, base } = await enterAccount(args, 'tenant.manage')
  return { path: `${base}/tenants`, suffix: domain.accounts.directoryDomain }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'tenant.manage')
  const form = await readForm(args.request)
  const password = form.get('password')
  const given = {
    domainName: field(form, 'domainName'),
    contactEmail: field(form, 'contactEmail'),
    firstName: field(form, 'firstName'),
    lastName: field(form, 'lastName'),
    username: field(form, 'username'),
    password: typeof password === 'string' ? password : '',
  }
  try {
    await run((ctx) => domain.accounts.createAccountTenant(ctx, account.accountId, given))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/tenants?done=created`, 303)
}

export default function NewTenant({ loaderData: { suffix } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title="Create a tenant" lead="A new directory with its first global administrator, who manages its people in this account.">
      {refusal ? (
        <Notice intent="error" title="The directory was not created.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Form method="post">
        <FormRows>
          <Section title="Directory" card>
            <FormRow>
              <TextField
                name="domainName"
                label="Domain name"
                hint={`Becomes name.${suffix}`}
                required
                error={errors.domainName}
                autoComplete="off"
              />
              <TextField name="contactEmail" type="email" label="Contact e-mail" required error={errors.contactEmail} autoComplete="off" />
            </FormRow>
          </Section>
          <Section title="Global administrator" card>
            <FormRow>
              <TextField name="firstName" label="First name" required error={errors.firstName} autoComplete="off" />
              <TextField name="lastName" label="Last name" required error={errors.lastName} autoComplete="off" />
              <TextField name="username" label="User name" required error={errors.username} autoComplete="off" />
              <TextField
                name="password"
                type="password"
                label="Password"
                hint="8 to 256 characters"
                required
                error={errors.password}
                autoComplete="new-password"
              />
            </FormRow>
          </Section>
          <FormRow>
            <SubmitButton appearance="primary">Create the directory</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
