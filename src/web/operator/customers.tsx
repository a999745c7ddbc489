import { PeopleRegular } from '@fluentui/react-icons/svg/people'
import { Form, redirect, useActionData } from 'react-router'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { customerList } from './billing-data.server.ts'
import type { Route } from './+types/customers.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Customers' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Customers · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  const { searchParams } = new URL(args.request.url)
  const search = searchParams.get('q') ?? ''
  return { search, customers: await customerList(visit, search), done: searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  const search = field(form, 'q')
  try {
    await run((ctx) => domain.accounts.setAgreementKind(ctx, field(form, 'customer'), field(form, 'agreementKind')))
  } catch (error) {
    return refused(error)
  }
  return redirect(`/operator/customers?${new URLSearchParams({ ...(search ? { q: search } : {}), done: '' }).toString()}`, 303)
}

export default function Customers({ loaderData: { search, customers, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Customers"
      lead="Who buys here, and on which agreement. On an enterprise agreement the months of a quarter are presented and collected together, by a statement."
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Saved. It holds for documents issued from now on." />
      ) : null}
      <Section title="Find" card>
        <Form method="get" role="search">
          <FormRow>
            <TextField name="q" label="Name or tenant id" defaultValue={search} />
            <SubmitButton>Search</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Customers">
        {customers.length === 0 ? (
          <EmptyState icon={<PeopleRegular />} title={search ? 'Nobody is called that' : 'No customers yet'}>
            {search
              ? 'Search for a part of the legal name, or for the whole tenant id.'
              : 'A customer appears with the first purchase of its organisation.'}
          </EmptyState>
        ) : (
          <DataTable
            caption="Customers by name"
            rows={customers}
            rowKey={(row) => row.id}
            columns={[
              { key: 'name', header: 'Legal name', cell: (row) => row.name, rowHeader: true },
              { key: 'country', header: 'Country', cell: (row) => row.country },
              { key: 'currency', header: 'Currency', cell: (row) => row.currency },
              { key: 'tax', header: 'Tax number', cell: (row) => row.taxId },
              { key: 'method', header: 'Pays by', cell: (row) => row.method },
              {
                key: 'agreement',
                header: 'Agreement',
                cell: (row) => <Status tone={row.enterprise ? 'info' : 'neutral'}>{row.agreement}</Status>,
              },
              {
                key: 'change',
                header: 'Change',
                cell: (row) => (
                  <Form method="post">
                    <input type="hidden" name="customer" value={row.id} />
                    <input type="hidden" name="q" value={search} />
                    <SubmitButton name="agreementKind" value={row.enterprise ? 'pay-as-you-go' : 'enterprise'}>
                      {row.enterprise ? `Make ${row.name} pay-as-you-go` : `Make ${row.name} enterprise`}
                    </SubmitButton>
                  </Form>
                ),
              },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
