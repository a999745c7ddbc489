import { Form, redirect, useActionData } from 'react-router'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { InvoiceStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { statementOf } from './billing-data.server.ts'
import type { Route } from './+types/statement.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Invoices', to: '/operator/invoices' },
    { text: data?.statement.number ?? 'Statement' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.statement.number ?? 'Statement'} · Operator console` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  return { statement: await statementOf(visit, args.params.statement), done: new URL(args.request.url).searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    await run((ctx) => domain.billing.markStatementPaid(ctx, args.params.statement, field(form, 'reference')))
  } catch (error) {
    return refused(error)
  }
  return redirect(`/operator/statements/${args.params.statement}?done`, 303)
}

export default function OperatorStatement({ loaderData: { statement: one, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title={`Statement ${one.number}`}
      lead="What an enterprise customer was billed in a quarter, presented together."
      actions={
        <ButtonLink to={`/operator/statements/${one.id}/pdf`} document>
          PDF
        </ButtonLink>
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Its invoices are marked as paid." />
      ) : null}
      <Section title="Statement" card>
        <Facts
          facts={[
            { label: 'Customer', value: one.customer },
            { label: 'Date', value: <DateText value={one.date} /> },
            { label: 'Due', value: <DateText value={one.dueOn} /> },
            { label: 'Total', value: <strong>{one.total}</strong> },
          ]}
        />
      </Section>
      {one.open ? (
        <Section title="Mark as paid" card>
          <Form method="post">
            <FormRow>
              <TextField
                name="reference"
                label="Reference of the transfer"
                hint="One transfer for everything that is open on it."
                required
                error={refusal?.errors.fields.reference}
              />
              <SubmitButton appearance="primary">The money has arrived</SubmitButton>
            </FormRow>
          </Form>
        </Section>
      ) : null}
      <Section title="Documents">
        <DataTable
          caption={`Documents of statement ${one.number}`}
          rows={one.documents}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'number',
              header: 'Document',
              cell: (row) => <TextLink to={`/operator/invoices/${row.id}`}>{row.number}</TextLink>,
              rowHeader: true,
            },
            { key: 'date', header: 'Date', cell: (row) => <DateText value={row.date} /> },
            { key: 'state', header: 'State', cell: (row) => <InvoiceStatus status={row.state} /> },
            { key: 'net', header: 'Net', cell: (row) => row.net, align: 'end' },
            { key: 'tax', header: 'Tax', cell: (row) => row.tax, align: 'end' },
            { key: 'total', header: 'Total', cell: (row) => row.total, align: 'end' },
          ]}
        />
      </Section>
    </PortalPage>
  )
}
