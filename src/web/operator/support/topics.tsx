import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { Notice, PortalPage } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { SupportTabs } from './tabs.tsx'
import { audienceWords } from './topic-words.ts'
import type { Route } from './+types/topics.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Support', to: '/operator/support' }, { text: 'Topics' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Topics · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'taxonomy.manage')
  const topics = await read((ctx) => domain.support.allTopics(ctx))
  return {
    topics: topics.map(({ id, path, isLeaf, kind, audience, retired, solutions }) => ({
      id,
      path: path.join(' > '),
      kind: isLeaf ? domain.support.words.kinds[kind].label : '–',
      audience: audienceWords[audience],
      retired,
      solutions: solutions.length,
    })),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'taxonomy.manage')
  const form = await readForm(args.request)
  try {
    await run((ctx) => domain.support.retireTopic(ctx, field(form, 'topic'), field(form, 'retired') === 'yes'))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/support/topics', 303)
}

export default function Topics({ loaderData: { topics } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Topics"
      lead="What a request may be about. A topic without others below it leads to a request of its kind."
      actions={
        <ButtonLink to="/operator/support/topics/new" primary>
          Add a topic
        </ButtonLink>
      }
    >
      <SupportTabs />
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <DataTable
        caption="Topics in the order in which they are browsed"
        rows={topics}
        rowKey={(row) => row.id}
        columns={[
          {
            key: 'path',
            header: 'Topic',
            cell: (row) => <TextLink to={`/operator/support/topics/${row.id}`}>{row.path}</TextLink>,
            rowHeader: true,
          },
          { key: 'kind', header: 'Kind', cell: (row) => row.kind },
          { key: 'audience', header: 'For', cell: (row) => row.audience },
          { key: 'solutions', header: 'Solutions', cell: (row) => row.solutions, align: 'end' },
          {
            key: 'state',
            header: 'State',
            cell: (row) => (row.retired ? <Status tone="neutral">Retired</Status> : <Status tone="good">Shown</Status>),
          },
          {
            key: 'retire',
            header: 'Change',
            cell: (row) => (
              <Form method="post" aria-label={row.retired ? `Show ${row.path}` : `Retire ${row.path}`}>
                <input type="hidden" name="topic" value={row.id} />
                <SubmitButton name="retired" value={row.retired ? 'no' : 'yes'}>
                  {row.retired ? 'Show again' : 'Retire'}
                </SubmitButton>
              </Form>
            ),
          },
        ]}
      />
    </PortalPage>
  )
}
