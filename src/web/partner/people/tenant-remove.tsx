import { Form, redirect, useActionData } from 'react-router'
import { refuse, refused } from '../../ui/portal-access.server.ts'
import { SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { ButtonRow } from './button-row.tsx'
import type { Route } from './+types/tenant-remove.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Tenants', ...(data ? { to: data.path } : {}) },
    { text: 'Remove' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Remove a tenant · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { read, domain, account, base } = await enterAccount(args, 'tenant.manage')
  const tenants = await read((ctx) => domain.accounts.tenants(ctx, account.accountId))
  const tenant = tenants.find((one) => one.tenantId === args.params.tenant)
  if (!tenant) throw refuse(404, 'This directory does not belong to the account.')
  const { name, domain: domainName, members } = tenant
  return { path: `${base}/tenants`, name, domainName, members }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'tenant.manage')
  try {
    await run((ctx) => domain.accounts.removeTenant(ctx, account.accountId, args.params.tenant))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/tenants?done=removed`, 303)
}

export default function RemoveTenant({ loaderData: { path, name, domainName, members } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title={`Remove ${name}?`}
      lead="Nobody of this directory can use the account afterwards, and what they were given is deleted."
    >
      {refusal ? (
        <Notice intent="error" title="The directory was not removed.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="What goes" card>
        <Facts
          facts={[
            { label: 'Directory', value: `${name} (${domainName})` },
            { label: 'Users, groups and applications that lose their rights', value: String(members) },
          ]}
        />
        <Form method="post">
          <ButtonRow>
            <SubmitButton appearance="primary">Remove the directory</SubmitButton>
            <ButtonLink to={path}>Keep it</ButtonLink>
          </ButtonRow>
        </Form>
      </Section>
    </PortalPage>
  )
}
