import { makeStyles, tokens } from '@fluentui/react-components'
import { data, Form, redirect, useActionData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { CheckField } from '../ui/portal-check.tsx'
import { ConfirmForm, SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import type { Route } from './+types/person.ts'

export const handle: CrumbHandle = {
  crumbs: (loaded: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Users and roles', to: '/account/people' },
    { text: loaded?.person.name ?? 'User' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.person.name ?? 'User'} · My account` }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, user, read } = await enter(args, 'organisation.people')
  const one = await read((ctx) => domain.accounts.organisationPerson(ctx, user.tenantId, args.params.person))
  return {
    person: {
      id: one.objectId,
      name: one.displayName,
      email: one.email,
      active: one.status === 'active',
      self: one.objectId === user.objectId,
    },
    roles: domain.accounts.organisationRoles().map(({ id, label, meaning }) => ({ id, label, meaning, has: one.roles.includes(id) })),
    done: new URL(args.request.url).searchParams.get('done'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, user, run } = await enter(args, 'organisation.people')
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  const { tenantId } = user
  const { person } = args.params
  try {
    if (intent === 'roles')
      await run((ctx) => domain.accounts.setOrganisationRoles(ctx, tenantId, person, form.getAll('roles').map(String)))
    else if (intent === 'disable' || intent === 'enable')
      await run((ctx) => domain.accounts.setOrganisationPersonActive(ctx, tenantId, person, intent === 'enable'))
    else if (intent === 'password') {
      const password = await run((ctx) => domain.accounts.resetOrganisationPassword(ctx, tenantId, person))
      // Shown in this answer and never again.
      return data({ errors: null, password }, { headers: { 'cache-control': 'no-store' } })
    } else throw invalid('UnknownIntent', 'This page has no such form.')
  } catch (error) {
    return refused(error)
  }
  return redirect(`/account/people/${person}?done=${intent}`, 303)
}

const doneTexts: Record<string, string> = {
  roles: 'Saved. The roles count from the next page on.',
  disable: 'Disabled, and signed out everywhere.',
  enable: 'Enabled.',
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400 },
  form: { display: 'grid', rowGap: tokens.spacingVerticalS, justifyItems: 'start' },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})

export default function PersonPage({ loaderData: { person, roles, done } }: Route.ComponentProps) {
  const styles = useStyles()
  const answer = useActionData<typeof action>()
  const password = answer && 'password' in answer ? answer.password : null
  const doneText = done ? doneTexts[done] : undefined
  return (
    <PortalPage title={person.name} lead={person.email}>
      {answer?.errors ? (
        <Notice intent="error" title="This was not done.">
          {answer.errors.message}
        </Notice>
      ) : password ? (
        <Notice intent="success" title="The password was reset.">
          Hand over this temporary password; it is shown only now, and another one is chosen at the first sign-in:{' '}
          <strong>{password}</strong>
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      <Section title="User" card>
        <Facts
          facts={[
            { label: 'State', value: <Status tone={person.active ? 'good' : 'neutral'}>{person.active ? 'Active' : 'Disabled'}</Status> },
            { label: 'Address', value: person.email },
            { label: 'Object id', value: person.id },
          ]}
        />
      </Section>
      <Section title="Roles" card>
        <Form method="post" className={styles.form} key={JSON.stringify(roles)}>
          {roles.map((role) => (
            <CheckField key={role.id} name="roles" value={role.id} label={`${role.label}: ${role.meaning}`} defaultChecked={role.has} />
          ))}
          <SubmitButton appearance="primary" name="intent" value="roles">
            Save the roles
          </SubmitButton>
        </Form>
      </Section>
      {person.self ? null : (
        <Section title="Access" card>
          <div className={styles.buttons}>
            <ConfirmForm
              intent="password"
              button="Reset the password"
              title={`Reset the password of ${person.name}?`}
              confirm="Reset it"
              keep="Leave it"
            >
              <p className={styles.text}>The present password and every session end. You are shown a temporary one, once.</p>
            </ConfirmForm>
            {person.active ? (
              <ConfirmForm intent="disable" button="Disable" title={`Disable ${person.name}?`} confirm="Disable" keep="Leave it">
                <p className={styles.text}>They are signed out everywhere and cannot sign in until you enable them again.</p>
              </ConfirmForm>
            ) : (
              <Form method="post">
                <SubmitButton name="intent" value="enable">
                  Enable
                </SubmitButton>
              </Form>
            )}
          </div>
        </Section>
      )}
    </PortalPage>
  )
}
