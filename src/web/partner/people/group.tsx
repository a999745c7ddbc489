import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { managesPeople, rightsOf, rightsOptions, texts } from './people-data.server.ts'
import { doneWords } from './people-words.ts'
import { PersonBoxes } from './person-boxes.tsx'
import { RightsFields } from './rights-fields.tsx'
import type { Route } from './+types/group.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Groups', ...(data ? { to: data.path } : {}) },
    { text: data?.name ?? 'Group' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Group · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.read')
  const { read, domain, account, base, user } = visit
  const member = await read((ctx) => domain.accounts.member(ctx, account.accountId, 'group', args.params.member))
  const isOwn = managesPeople(visit) && member.tenantId === user.tenantId
  const facts = isOwn ? await read((ctx) => domain.accounts.directoryFacts(ctx, account.accountId)) : null
  return {
    path: `${base}/groups`,
    id: member.id,
    name: member.name,
    roles: member.roles,
    permissions: member.permissions,
    isOwn,
    isSynchronised: facts?.isSynchronised ?? false,
    members: isOwn ? await read((ctx) => domain.accounts.groupPeople(ctx, account.accountId, member.id)) : [],
    people: isOwn ? await read((ctx) => domain.accounts.directoryPeople(ctx, account.accountId)) : [],
    done: doneWords[new URL(args.request.url).searchParams.get('done') ?? ''] ?? null,
    options: rightsOptions(visit, 'group'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const form = await readForm(args.request)
  const { member: id } = args.params
  const intent = field(form, 'intent')
  try {
    await run(async (ctx) => {
      if (intent === 'name') return domain.accounts.changeGroup(ctx, account.accountId, id, { displayName: field(form, 'displayName') })
      if (intent !== 'members') return domain.accounts.changeRights(ctx, account.accountId, { kind: 'group', id, ...rightsOf(form) })
      // Only what was changed on this page: somebody else may have added people meanwhile.
      const [chosen, before] = [new Set(texts(form, 'person')), new Set(texts(form, 'before'))]
      const add = [...chosen].filter((one) => !before.has(one))
      const remove = [...before].filter((one) => !chosen.has(one))
      return domain.accounts.changeGroup(ctx, account.accountId, id, { add, remove })
    })
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/groups/${id}?done=${intent === 'name' || intent === 'members' ? intent : 'rights'}`, 303)
}

export default function Group({ loaderData: group }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const chosen = group.members.map((one) => one.id)
  return (
    <PortalPage
      title={group.name}
      lead="Everybody in this group has its rights, besides his own."
      actions={group.isOwn ? <ButtonLink to={`${group.path}/remove?id=${group.id}`}>Remove…</ButtonLink> : undefined}
    >
      {refusal ? (
        <Notice intent="error" title="Nothing was changed.">
          {refusal.errors.message}
        </Notice>
      ) : group.done ? (
        <Notice intent="success" title={group.done} />
      ) : null}
      {group.isOwn ? (
        <>
          <Section title="Rights" card>
            <Form method="post" key={`${group.roles.join()}${group.permissions.join()}`}>
              <FormRows>
                <RightsFields options={group.options} roles={group.roles} permissions={group.permissions} errors={errors} />
                <FormRow>
                  <SubmitButton appearance="primary" name="intent" value="rights">
                    Save the rights
                  </SubmitButton>
                </FormRow>
              </FormRows>
            </Form>
          </Section>
          {group.isSynchronised ? (
            <Notice intent="info" title="Name and members come from your organisation’s own directory.">
              {group.members.length === 1 ? '1 person is in this group.' : `${group.members.length} people are in this group.`}
            </Notice>
          ) : (
            <>
              <Section title="Members" card>
                <Form method="post" key={chosen.join()}>
                  {chosen.map((id) => (
                    <input key={id} type="hidden" name="before" value={id} />
                  ))}
                  <FormRows>
                    <PersonBoxes label="People of your directory" people={group.people} chosen={chosen} error={errors.members} />
                    <FormRow>
                      <SubmitButton name="intent" value="members">
                        Save the members
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
                      label="Display name"
                      defaultValue={group.name}
                      required
                      error={errors.displayName}
                      autoComplete="off"
                    />
                    <SubmitButton name="intent" value="name">
                      Change the name
                    </SubmitButton>
                  </FormRow>
                </Form>
              </Section>
            </>
          )}
        </>
      ) : (
        <Notice intent="info" title="You can only look.">
          An owner or manager who is signed in from the directory of this group manages it.
        </Notice>
      )}
    </PortalPage>
  )
}
