import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { rightsOf, rightsOptions, texts } from './people-data.server.ts'
import { PersonBoxes } from './person-boxes.tsx'
import { RightsFields } from './rights-fields.tsx'
import type { Route } from './+types/group-new.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Groups', ...(data ? { to: data.path } : {}) },
    { text: 'New group' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'New group · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.manage')
  const { read, domain, account, base } = visit
  const { isSynchronised } = await read((ctx) => domain.accounts.directoryFacts(ctx, account.accountId))
  const people = await read((ctx) => domain.accounts.directoryPeople(ctx, account.accountId))
  return { path: `${base}/groups`, isSynchronised, people, options: rightsOptions(visit, 'group') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const form = await readForm(args.request)
  const given = { displayName: field(form, 'displayName'), members: texts(form, 'person'), ...rightsOf(form) }
  try {
    await run((ctx) => domain.accounts.createAccountGroup(ctx, account.accountId, given))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/groups?done=created`, 303)
}

export default function NewGroup({ loaderData: { isSynchronised, people, options } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title="New group" lead="Creates the group in your directory and gives its rights to everybody in it.">
      {refusal ? (
        <Notice intent="error" title="The group was not created.">
          {refusal.errors.message}
        </Notice>
      ) : isSynchronised ? (
        <Notice intent="warning" title="You cannot create groups here.">
          Your directory is filled from your organisation’s own. Create the group there, then add it here.
        </Notice>
      ) : null}
      <Form method="post">
        <FormRows>
          <Section title="Group" card>
            <FormRow>
              <TextField name="displayName" label="Display name" required error={errors.displayName} autoComplete="off" />
            </FormRow>
            <PersonBoxes label="Members" people={people} error={errors.members} />
          </Section>
          <Section title="Rights" card>
            <RightsFields options={options} errors={errors} />
          </Section>
          <FormRow>
            <SubmitButton appearance="primary">Create the group</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
