import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { More } from '../../ui/portal-more.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import type { Route } from './+types/taxonomy.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Categories and industries' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Categories and industries · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { kernel, read } = await enter(args, 'taxonomy.manage')
  const { businessStore, cloudStore } = kernel.config.brand
  const titles = { business: `Categories of ${businessStore}`, cloud: `Categories of ${cloudStore}`, industries: 'Industries' }
  const trees = await read((ctx) => kernel.taxonomy.trees(ctx))
  return { trees: trees.map(({ tree, entries }) => ({ tree, title: titles[tree], entries })) }
}

export async function action(args: Route.ActionArgs) {
  const { kernel, run } = await enter(args, 'taxonomy.manage')
  const form = await readForm(args.request)
  const text = (name: string) => field(form, name)
  // The choice of a form names the tree and what the entry stands below: `cloud/Compute`.
  const [tree = '', ...parent] = text('below').split('/')
  const input = { tree, parent: parent.join('/'), key: text('key'), name: text('name') }
  try {
    await run((ctx) => (text('intent') === 'rename' ? kernel.taxonomy.rename(ctx, input) : kernel.taxonomy.add(ctx, input)))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/categories', 303)
}

export default function Taxonomy({ loaderData: { trees } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const places = trees.flatMap(({ tree, title, entries }) => [
    { value: `${tree}/`, label: `${title}: beside the others` },
    ...entries.filter((one) => one.parent === '').map((one) => ({ value: `${tree}/${one.name}`, label: `${title}: below ${one.name}` })),
  ])
  const added = trees.flatMap(({ tree, entries }) => entries.filter((one) => one.isAdded).map((one) => ({ ...one, tree })))
  return (
    <PortalPage
      title="Categories and industries"
      lead="What offers are listed under. The published ones stay; what you add can be chosen at once. Keys stay as they are, since offers refer to them; names of what you added can change."
      actions={<ButtonLink to="/operator/support/topics">Support topics</ButtonLink>}
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Add" card>
        <Form method="post" key={added.length}>
          <FormRow>
            <SelectField name="below" label="Where" options={places} error={errors.tree ?? errors.parent} />
            <TextField name="name" label="Name" error={errors.name} required />
            <TextField name="key" label="Key for APIs" placeholder="quantum" error={errors.key} required />
            <SubmitButton appearance="primary">Add</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      {added.length === 0 ? null : (
        <Section title="Added by you">
          <DataTable
            caption="What was added to the published categories and industries"
            rows={added}
            rowKey={(row) => `${row.tree} ${row.parent} ${row.key}`}
            columns={[
              { key: 'name', header: 'Name', cell: (row) => row.name, rowHeader: true },
              { key: 'where', header: 'Below', cell: (row) => row.parent || '–' },
              { key: 'key', header: 'Key', cell: (row) => row.key },
              {
                key: 'rename',
                header: 'Rename',
                cell: (row) => (
                  <Form method="post" aria-label={`Rename ${row.name}`}>
                    <input type="hidden" name="below" value={`${row.tree}/${row.parent}`} />
                    <input type="hidden" name="key" value={row.key} />
                    <FormRow>
                      <TextField name="name" label="New name" defaultValue={row.name} />
                      <SubmitButton name="intent" value="rename">
                        Rename
                      </SubmitButton>
                    </FormRow>
                  </Form>
                ),
              },
            ]}
          />
        </Section>
      )}
      {trees.map(({ tree, title, entries }) => (
        <Section key={tree} title={title}>
          <More label={`All ${entries.length}`}>
            <DataTable
              caption={title}
              rows={entries}
              rowKey={(row) => `${row.parent} ${row.key}`}
              columns={[
                {
                  key: 'name',
                  header: 'Name',
                  cell: (row) => (row.parent === '' ? row.name : `${row.parent} > ${row.name}`),
                  rowHeader: true,
                },
                { key: 'key', header: 'Key', cell: (row) => row.key },
                {
                  key: 'from',
                  header: 'From',
                  cell: (row) => (row.isAdded ? <Status tone="info">Added</Status> : <Status tone="neutral">Published</Status>),
                },
              ]}
            />
          </More>
        </Section>
      ))}
    </PortalPage>
  )
}
