import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextAreaField, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows, More } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { Code } from '../../ui/portal-code.tsx'
import type { Route } from './+types/agreements.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Agreements' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Agreements · Operator console' }]

const kinds = { publisher: 'Publisher Agreement', 'partner-network': 'Partner Network Agreement' } as const

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'operator.console')
  const rows = await read((ctx) => domain.accounts.agreementVersions(ctx))
  const inForce = new Map(rows.toReversed().map((row) => [row.kind, row.version]))
  return {
    done: new URL(args.request.url).searchParams.has('done'),
    versions: rows.map((row) => ({
      key: `${row.kind} ${row.version}`,
      kind: row.kind,
      title: row.title,
      version: row.version,
      body: row.body,
      publishedAt: row.publishedAt.toString(),
      inForce: inForce.get(row.kind) === row.version,
    })),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await readForm(args.request)
  const text = (name: string) => field(form, name)
  try {
    await run((ctx) =>
      domain.accounts.publishAgreement(ctx, { kind: text('kind'), version: text('version'), title: text('title'), body: text('body') }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/agreements?done', 303)
}

export default function Agreements({ loaderData: { versions, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const current = versions.find((row) => row.kind === 'publisher' && row.inForce)
  return (
    <PortalPage
      title="Agreements"
      lead="What sellers agree to. A new version asks everybody again: owners are told by mail, and their account shows an action until they have accepted."
    >
      {refusal ? (
        <Notice intent="error" title="It was not published.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Published. Everybody is asked to accept it." />
      ) : null}
      <Section title="Versions">
        <DataTable
          caption="Versions of agreements, newest first"
          rows={versions}
          rowKey={(row) => row.key}
          columns={[
            { key: 'title', header: 'Title', cell: (row) => row.title, rowHeader: true },
            { key: 'kind', header: 'Agreement', cell: (row) => kinds[row.kind] },
            { key: 'version', header: 'Version', cell: (row) => row.version },
            { key: 'at', header: 'Published', cell: (row) => <MomentText value={row.publishedAt} /> },
            {
              key: 'state',
              header: 'State',
              cell: (row) => (row.inForce ? <Status tone="good">In force</Status> : <Status tone="neutral">Replaced</Status>),
            },
          ]}
        />
        {versions
          .filter((row) => row.inForce)
          .map((row) => (
            <More key={row.key} label={`Text of ${row.title} ${row.version}`}>
              <Code label={`Text of ${row.title}`}>{row.body}</Code>
            </More>
          ))}
      </Section>
      <Section title="Publish a new version" card>
        <Form method="post" key={versions.length}>
          <FormRows>
            <FormRow>
              <SelectField
                name="kind"
                label="Agreement"
                options={Object.entries(kinds).map(([value, label]) => ({ value, label }))}
                error={errors.kind}
              />
              <TextField name="version" label="Version" placeholder="8.1" error={errors.version} required />
              <TextField name="title" label="Title" defaultValue={current?.title ?? ''} error={errors.title} required />
            </FormRow>
            <TextAreaField name="body" label="Text, with an empty line between paragraphs" rows={14} error={errors.body} required />
            <div>
              <SubmitButton appearance="primary">Publish and ask everybody</SubmitButton>
            </div>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
