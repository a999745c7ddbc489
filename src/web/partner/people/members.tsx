import { Checkbox, makeStyles, tokens } from '@fluentui/react-components'
import { PeopleTeamRegular } from '@fluentui/react-icons/svg/people-team'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { Form } from 'react-router'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage } from '../../ui/portal-page.tsx'
import { Status, type Tone } from '../../ui/portal-status.tsx'
import { type Column, DataTable } from '../../ui/portal-table.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { kindOf, managesPeople, memberLines } from './people-data.server.ts'
import { PeopleTabs } from './people-tabs.tsx'
import { doneWords, kinds } from './people-words.ts'
import type { Route } from './+types/members.ts'

type Data = Awaited<ReturnType<typeof loader>>

export const handle: CrumbHandle = { crumbs: (data: Data | undefined) => [{ text: kinds[data?.name ?? 'users'].title }] }
export const meta: Route.MetaFunction = ({ loaderData }) => [
  { title: `${kinds[(loaderData as Data | undefined)?.name ?? 'users'].title} · Partner Center` },
]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.read')
  const name = kindOf(args.request)
  const search = new URL(args.request.url).searchParams
  const q = (search.get('q') ?? '').slice(0, 200)
  return {
    name,
    base: visit.base,
    q,
    manages: managesPeople(visit),
    done: doneWords[search.get('done') ?? ''] ?? null,
    ...(await memberLines(visit, name, kinds[name].kind, q)),
  }
}

const states: Record<string, { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'good' },
  guest: { label: 'Guest', tone: 'info' },
  disabled: { label: 'Disabled', tone: 'bad' },
  pending: { label: 'Invitation pending', tone: 'attention' },
  expired: { label: 'Invitation expired', tone: 'bad' },
}

const useStyles = makeStyles({
  bottom: { marginTop: tokens.spacingVerticalM },
})

export default function Members({ loaderData: { name, base, q, manages, done, rows, severalDirectories } }: Route.ComponentProps) {
  const styles = useStyles()
  const { title, lead, empty, one, many } = kinds[name]
  const path = `${base}/${name}`
  const actions = manages ? (
    <>
      <ButtonLink to={`${path}/add`} primary>
        Add {many}
      </ButtonLink>
      <ButtonLink to={`${path}/new`}>New {one}</ButtonLink>
      {name === 'users' ? <ButtonLink to={`${path}/invite`}>Invite by mail</ButtonLink> : null}
    </>
  ) : undefined
  return (
    <PortalPage title={title} lead={lead} actions={actions}>
      <PeopleTabs base={base} />
      {done ? <Notice intent="success" title={done} /> : null}
      <Form method="get" role="search" aria-label={title}>
        <FormRow>
          <TextField
            name="q"
            type="search"
            label="Search"
            placeholder={name === 'users' ? 'Name or e-mail' : 'Name'}
            defaultValue={q}
            autoComplete="off"
          />
          <SubmitButton icon={<SearchRegular />}>Search</SubmitButton>
        </FormRow>
      </Form>
      {rows.length === 0 ? (
        <EmptyState
          icon={<PeopleTeamRegular />}
          title={q ? 'Nothing matches' : `No ${many} yet`}
          action={q ? <TextLink to={path}>Show all</TextLink> : manages ? <TextLink to={`${path}/add`}>Add {many}</TextLink> : undefined}
        >
          {q ? 'Search for a part of the name.' : empty}
        </EmptyState>
      ) : (
        <Form method="get" action={`${path}/remove`}>
          <DataTable
            caption={title}
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'name',
                header: 'Name',
                cell: (row) => <TextLink to={`${path}/${row.to}`}>{row.name}</TextLink>,
                rowHeader: true,
              },
              {
                key: 'detail',
                header: name === 'users' ? 'E-mail' : name === 'groups' ? 'Members' : 'Client ID',
                cell: (row) => row.detail,
              },
              ...(severalDirectories ? [{ key: 'directory', header: 'Directory', cell: (row: Row) => row.directory }] : []),
              { key: 'rights', header: 'Rights', cell: (row) => row.rights },
              {
                key: 'state',
                header: 'State',
                cell: (row) => <Status tone={states[row.state]?.tone ?? 'neutral'}>{states[row.state]?.label ?? row.state}</Status>,
              },
              ...(manages ? [chooser] : []),
            ]}
          />
          {manages ? (
            <div className={styles.bottom}>
              <SubmitButton>Remove the chosen…</SubmitButton>
            </div>
          ) : null}
        </Form>
      )}
    </PortalPage>
  )
}

type Row = Data['rows'][number]

/** Chosen to be removed; people of another directory are managed from there. */
const chooser: Column<Row> = {
  key: 'choose',
  header: 'Choose',
  cell: (row) => (row.isOwn ? <Checkbox name="id" value={row.id} aria-label={`Choose ${row.name}`} /> : '–'),
}
