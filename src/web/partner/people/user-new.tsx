import { Checkbox, Field, makeStyles } from '@fluentui/react-components'
import { Form, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { ButtonRow } from './button-row.tsx'
import { FirstSignIn } from './first-sign-in.tsx'
import { rightsOf, rightsOptions, texts } from './people-data.server.ts'
import { RightsFields } from './rights-fields.tsx'
import type { Route } from './+types/user-new.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Users', ...(data ? { to: data.path } : {}) },
    { text: 'New user' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'New user · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.manage')
  const { read, domain, account, base } = visit
  const facts = await read((ctx) => domain.accounts.directoryFacts(ctx, account.accountId))
  const groups = await read((ctx) => domain.accounts.directoryGroups(ctx, account.accountId))
  return {
    path: `${base}/users`,
    domain: facts.domains[0] ?? '',
    mayCreate: facts.isAdministrator && !facts.isSynchronised,
    isSynchronised: facts.isSynchronised,
    groups: groups.map(({ groupId, displayName }) => ({ groupId, displayName })),
    options: rightsOptions(visit, 'user'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, run } = await enterAccount(args, 'member.manage')
  const form = await readForm(args.request)
  const given = {
    firstName: field(form, 'firstName'),
    lastName: field(form, 'lastName'),
    username: field(form, 'username'),
    recoveryEmail: field(form, 'recoveryEmail'),
    isGlobalAdmin: field(form, 'globalAdmin') === 'on',
    groups: texts(form, 'group'),
    ...rightsOf(form),
  }
  try {
    const { email, password } = await run((ctx) => domain.accounts.createPerson(ctx, account.accountId, given))
    return { created: { email, password } }
  } catch (error) {
    return refused(error)
  }
}

const useStyles = makeStyles({
  set: { border: 'none', margin: 0, padding: 0, display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(220px, 1fr))' },
})

export default function NewUser({ loaderData: { path, domain, mayCreate, isSynchronised, groups, options } }: Route.ComponentProps) {
  const styles = useStyles()
  const answer = useActionData<typeof action>()
  if (answer && 'created' in answer) {
    return (
      <PortalPage title="The user is created" lead="In your directory and in this account.">
        <FirstSignIn {...answer.created} />
        <ButtonRow>
          <ButtonLink to={path} primary>
            To the users
          </ButtonLink>
          <ButtonLink to={`${path}/new`} document>
            Create another
          </ButtonLink>
        </ButtonRow>
      </PortalPage>
    )
  }
  const errors = answer?.errors.fields ?? {}
  return (
    <PortalPage
      title="New user"
      lead="Creates the person in your directory and adds him to this account. The password is shown afterwards, once."
    >
      {answer ? (
        <Notice intent="error" title="The user was not created.">
          {answer.errors.message}
        </Notice>
      ) : null}
      {mayCreate ? null : (
        <Notice intent="warning" title="You cannot create users here.">
          {isSynchronised
            ? 'Your directory is filled from your organisation’s own. Create the user there, then add it here.'
            : 'Only a global administrator of your directory can create users in it.'}
        </Notice>
      )}
      <Form method="post">
        <FormRows>
          <Section title="Person" card>
            <FormRow>
              <TextField name="firstName" label="First name" required error={errors.firstName} autoComplete="off" />
              <TextField name="lastName" label="Last name" required error={errors.lastName} autoComplete="off" />
              <TextField
                name="username"
                label="User name"
                hint={`Signs in as name@${domain}`}
                required
                error={errors.username ?? errors.email}
                autoComplete="off"
              />
            </FormRow>
            <CheckField
              name="globalAdmin"
              value="on"
              label="Make this user a global administrator of the directory, with full control over its people, groups and applications"
            />
            <FormRow>
              <TextField
                name="recoveryEmail"
                type="email"
                label="Password recovery e-mail"
                hint="Needed of a global administrator. Where the link to a new password is sent"
                error={errors.recoveryEmail}
                autoComplete="off"
              />
            </FormRow>
          </Section>
          {groups.length > 0 ? (
            <Section title="Group membership" card>
              <Field validationMessage={errors.groups}>
                <fieldset className={styles.set} aria-label="Groups of the directory">
                  {groups.map((group) => (
                    <Checkbox key={group.groupId} name="group" value={group.groupId} label={group.displayName} />
                  ))}
                </fieldset>
              </Field>
            </Section>
          ) : null}
          <Section title="Rights" card>
            <RightsFields options={options} errors={errors} />
          </Section>
          <FormRow>
            <SubmitButton appearance="primary">Create the user</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
