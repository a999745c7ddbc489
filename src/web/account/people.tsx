import { makeStyles, tokens } from '@fluentui/react-components'
import { PeopleSettingsRegular } from '@fluentui/react-icons/svg/people-settings'
import { Form, redirect, useActionData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { fieldText } from '../form.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { CheckField } from '../ui/portal-check.tsx'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import type { Route } from './+types/people.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Users and roles' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Users and roles · My account' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, user, read } = await enter(args, 'organisation.people')
  const { searchParams } = new URL(args.request.url)
  const q = fieldText(searchParams, 'q', 100)
  const roles = domain.accounts.organisationRoles()
  const { people, domains, synchronised } = await read(async (ctx) => ({
    people: await domain.accounts.organisationPeople(ctx, user.tenantId, q),
    domains: await domain.directory.domainsOf(ctx, user.tenantId),
    synchronised: await domain.directory.isSynchronised(ctx, user.tenantId),
  }))
  const labels = new Map<string, string>(roles.map((role) => [role.id, role.label]))
  return {
    q,
    people: people.map((one) => ({
      id: one.objectId,
      name: one.displayName,
      email: one.email,
      active: one.status === 'active',
      guest: one.kind === 'guest',
      roles: one.roles.map((role) => labels.get(role) ?? role).join(', ') || 'None',
    })),
    roles: roles.map(({ id, label, meaning }) => ({ id, label, meaning })),
    domains,
    synchronised,
    done: searchParams.get('done'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, user, run } = await enter(args, 'organisation.people')
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') !== 'add') throw invalid('UnknownIntent', 'This page has no such form.')
    await run((ctx) =>
      domain.accounts.addOrganisationPerson(ctx, user.tenantId, {
        email: field(form, 'email'),
        displayName: field(form, 'displayName'),
        roles: form.getAll('roles').map(String),
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect('/account/people?done=add', 303)
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400, color: tokens.colorNeutralForeground2 },
  form: { display: 'grid', rowGap: tokens.spacingVerticalM, justifyItems: 'start' },
  roles: { display: 'grid', rowGap: tokens.spacingVerticalXS },
})

export default function People({ loaderData: { q, people, roles, domains, synchronised, done } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Users and roles"
      lead="Who belongs to your organisation here, and what they may do. Everybody may see its subscriptions and ask for purchases."
    >
      {refusal ? (
        <Notice intent="error" title="Nobody was added.">
          {refusal.errors.message}
        </Notice>
      ) : done === 'add' ? (
        <Notice intent="success" title="Added. A mail tells them how to choose a password." />
      ) : null}
      {synchronised ? (
        <Notice intent="info" title="Another directory keeps your users.">
          They are added, changed and disabled there; roles are given here.
        </Notice>
      ) : null}
      <Section title="Users">
        <Form method="get" role="search" aria-label="Search users">
          <FormRow>
            <TextField name="q" label="Name or address" defaultValue={q} autoComplete="off" />
            <SubmitButton>Search</SubmitButton>
          </FormRow>
        </Form>
        {people.length === 0 ? (
          <EmptyState icon={<PeopleSettingsRegular />} title="Nobody found">
            No user’s name or address has “{q}”.
          </EmptyState>
        ) : (
          <DataTable
            caption="Users of your organisation"
            rows={people}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'name',
                header: 'User',
                cell: (row) => <TextLink to={`/account/people/${row.id}`}>{row.name}</TextLink>,
                rowHeader: true,
              },
              { key: 'email', header: 'Address', cell: (row) => row.email },
              { key: 'roles', header: 'Roles', cell: (row) => row.roles },
              {
                key: 'state',
                header: 'State',
                cell: (row) => (
                  <Status tone={row.active ? (row.guest ? 'info' : 'good') : 'neutral'}>
                    {row.active ? (row.guest ? 'Guest' : 'Active') : 'Disabled'}
                  </Status>
                ),
              },
            ]}
          />
        )}
      </Section>
      {synchronised ? null : (
        <Section title="Add a user" card>
          <Form method="post" className={styles.form} noValidate>
            <FormRow>
              <TextField name="displayName" label="Name" required error={errors.displayName} autoComplete="off" />
              <TextField
                name="email"
                type="email"
                label="E-mail address"
                hint={`Ends in ${domains.join(' or ')}`}
                required
                error={errors.email}
                autoComplete="off"
              />
            </FormRow>
            <div className={styles.roles} role="group" aria-label="Roles">
              {roles.map((role) => (
                <CheckField key={role.id} name="roles" value={role.id} label={`${role.label}: ${role.meaning}`} />
              ))}
            </div>
            {errors.roles ? <p className={styles.text}>{errors.roles}</p> : null}
            <SubmitButton appearance="primary" name="intent" value="add">
              Add the user
            </SubmitButton>
          </Form>
        </Section>
      )}
    </PortalPage>
  )
}
