import { Button, Checkbox, Field, makeStyles, tokens } from '@fluentui/react-components'
import { PeopleTeamRegular } from '@fluentui/react-icons/svg/people-team'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { kindOf, rightsOf, rightsOptions, texts } from './people-data.server.ts'
import { kinds } from './people-words.ts'
import { RightsFields } from './rights-fields.tsx'
import type { Route } from './+types/add.ts'

type Data = Awaited<ReturnType<typeof loader>>

export const handle: CrumbHandle = {
  crumbs: (data: Data | undefined) => [
    { text: kinds[data?.name ?? 'users'].title, ...(data ? { to: data.path } : {}) },
    { text: `Add ${kinds[data?.name ?? 'users'].many}` },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Add · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.manage')
  const { read, domain, account, base } = visit
  const name = kindOf(args.request)
  const search = new URL(args.request.url).searchParams
  const q = (search.get('q') ?? '').slice(0, 200)
  const { kind } = kinds[name]
  const found = await read((ctx) => domain.accounts.candidates(ctx, account.accountId, kind, q))
  const chosenIds = new Set(texts(search, 'id'))
  // What was ticked before a search stays ticked, whether or not the search finds it.
  const others = chosenIds.size > 0 && q ? await read((ctx) => domain.accounts.candidates(ctx, account.accountId, kind)) : []
  const shown = [...found, ...others.filter((one) => chosenIds.has(one.id) && !found.some((other) => other.id === one.id))]
  return {
    name,
    path: `${base}/${name}`,
    q,
    chosen: [...chosenIds],
    roles: texts(search, 'role'),
    permissions: texts(search, 'permission'),
    candidates: shown,
    options: rightsOptions(visit, kind),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const name = kindOf(args.request)
  const form = await readForm(args.request)
  try {
    await run((ctx) =>
      domain.accounts.addMembers(ctx, account.accountId, { kind: kinds[name].kind, ids: texts(form, 'id'), ...rightsOf(form) }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/${name}?done=added`, 303)
}

const useStyles = makeStyles({
  list: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(280px, 1fr))',
    maxHeight: '420px',
    overflow: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalS,
  },
  detail: { display: 'block', color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
})

export default function Add({ loaderData }: Route.ComponentProps) {
  const { name, path, q, chosen, roles, permissions, candidates, options } = loaderData
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const { many, one } = kinds[name]
  return (
    <PortalPage title={`Add ${many}`} lead={`Choose from your directory. All get the same rights; you can change each later.`}>
      {refusal ? (
        <Notice intent="error" title="Nothing was added.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Form method="post">
        <FormRows>
          <Section title={`1. Choose ${many}`} card>
            <FormRow>
              <TextField name="q" type="search" label="Search the directory" defaultValue={q} autoComplete="off" />
              <Button type="submit" formMethod="get" formNoValidate>
                Search
              </Button>
            </FormRow>
            {candidates.length === 0 ? (
              <EmptyState
                icon={<PeopleTeamRegular />}
                title={q ? 'Nothing matches' : `All ${many} of your directory are added`}
                action={<TextLink to={`${path}/new`}>New {one}</TextLink>}
              >
                {q ? 'Search for a part of the name.' : `Create a new ${one}, or sign in from another directory of the account.`}
              </EmptyState>
            ) : (
              <Field validationMessage={errors.ids}>
                <div className={styles.list} role="group" aria-label={`${kinds[name].title} of your directory`}>
                  {candidates.map((candidate) => (
                    <Checkbox
                      key={candidate.id}
                      name="id"
                      value={candidate.id}
                      defaultChecked={chosen.includes(candidate.id)}
                      label={
                        <>
                          {candidate.name} <span className={styles.detail}>{candidate.detail}</span>
                        </>
                      }
                    />
                  ))}
                </div>
              </Field>
            )}
          </Section>
          <Section title="2. Give rights" card>
            <RightsFields options={options} roles={roles} permissions={permissions} errors={errors} />
          </Section>
          <FormRow>
            <SubmitButton appearance="primary">Save</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
