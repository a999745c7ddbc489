import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm, FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { FirstSignIn } from './first-sign-in.tsx'
import { directoryNames, managesPeople, rightsOf, rightsOptions } from './people-data.server.ts'
import { doneWords } from './people-words.ts'
import { RightsFields } from './rights-fields.tsx'
import type { Route } from './+types/user.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Users', ...(data ? { to: data.path } : {}) },
    { text: data?.name ?? 'User' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'User · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.read')
  const { read, domain, account, base, user } = visit
  const member = await read((ctx) => domain.accounts.member(ctx, account.accountId, 'user', args.params.member))
  const names = await directoryNames(visit, [member.tenantId])
  const isOwn = managesPeople(visit) && member.tenantId === user.tenantId
  return {
    path: `${base}/users`,
    id: member.id,
    name: member.name,
    email: member.detail,
    directory: names.get(member.tenantId) ?? member.tenantId,
    isGuest: member.isGuest,
    isDisabled: member.isDisabled,
    since: member.since.toString(),
    text: domain.accounts.roles.rightsText(member),
    roles: member.roles,
    permissions: member.permissions,
    isOwn,
    mayReset: isOwn && user.roles.includes('global-admin'),
    done: doneWords[new URL(args.request.url).searchParams.get('done') ?? ''] ?? null,
    options: rightsOptions(visit, 'user'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const form = await readForm(args.request)
  const { member: id } = args.params
  const intent = field(form, 'intent')
  try {
    if (intent === 'reset') {
      const { email, password } = await run((ctx) => domain.accounts.resetPersonsPassword(ctx, account.accountId, id))
      return { reset: { email, password } }
    }
    await run((ctx) =>
      intent === 'name'
        ? domain.accounts.renamePerson(ctx, account.accountId, id, field(form, 'displayName'))
        : domain.accounts.changeRights(ctx, account.accountId, { kind: 'user', id, ...rightsOf(form) }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/users/${id}?done=${intent === 'name' ? 'name' : 'rights'}`, 303)
}

export default function User({ loaderData: user }: Route.ComponentProps) {
  const answer = useActionData<typeof action>()
  const refusal = answer && 'errors' in answer ? answer : undefined
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title={user.name}
      lead={user.email}
      actions={user.isOwn ? <ButtonLink to={`${user.path}/remove?id=${user.id}`}>Remove…</ButtonLink> : undefined}
    >
      {refusal ? (
        <Notice intent="error" title="Nothing was changed.">
          {refusal.errors.message}
        </Notice>
      ) : user.done ? (
        <Notice intent="success" title={user.done} />
      ) : null}
      {answer && 'reset' in answer ? <FirstSignIn {...answer.reset} /> : null}
      <Section title="In this account" card>
        <Facts
          facts={[
            { label: 'Rights', value: user.text },
            { label: 'Directory', value: user.directory },
            { label: 'State', value: user.isDisabled ? 'Disabled in the directory' : user.isGuest ? 'Guest' : 'Active' },
            { label: 'Since', value: <MomentText value={user.since} /> },
          ]}
        />
      </Section>
      {user.isOwn ? (
        <>
          <Section title="Rights" card>
            <Form method="post" key={`${user.roles.join()}${user.permissions.join()}`}>
              <FormRows>
                <RightsFields options={user.options} roles={user.roles} permissions={user.permissions} errors={errors} />
                <FormRow>
                  <SubmitButton appearance="primary" name="intent" value="rights">
                    Save the rights
                  </SubmitButton>
                </FormRow>
              </FormRows>
            </Form>
          </Section>
          <Section title="Name" card>
            <Form method="post">
              <FormRow>
                <TextField
                  name="displayName"
                  label="Name"
                  defaultValue={user.name}
                  required
                  error={errors.displayName}
                  autoComplete="off"
                  hint="Changes it in the directory, too"
                />
                <SubmitButton name="intent" value="name">
                  Change the name
                </SubmitButton>
              </FormRow>
            </Form>
          </Section>
          {user.mayReset ? (
            <Section title="Password" card>
              <ConfirmForm
                intent="reset"
                button="Reset password"
                title={`Reset the password of ${user.name}?`}
                confirm="Reset password"
                keep="Keep the password"
              >
                The present password opens nothing any more, here and everywhere else the directory is used, and every session ends. You are
                shown a temporary one.
              </ConfirmForm>
            </Section>
          ) : null}
        </>
      ) : (
        <Notice intent="info" title="You can only look.">
          An owner or manager who is signed in from {user.directory} manages this person.
        </Notice>
      )}
    </PortalPage>
  )
}
