import { Form, redirect, useActionData } from 'react-router'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { storeFees } from './books-data.server.ts'
import { RateTabs } from './tabs.tsx'
import type { Route } from './+types/fees.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Store fees' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Store fees · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  return { ...(await storeFees(visit)), done: new URL(args.request.url).searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    await run((ctx) =>
      domain.accounts.setStoreFee(ctx, {
        publisherId: field(form, 'publisherId'),
        percent: field(form, 'percent'),
        validFrom: field(form, 'validFrom'),
        reason: field(form, 'reason'),
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/fees?done', 303)
}

export default function StoreFees({ loaderData: { usual, today, publishers, agreed, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Store fees"
      lead={`The marketplace keeps ${usual} % of each sale, unless something else was agreed with a publisher. Invoices from its day on use a new fee; issued lines keep theirs.`}
    >
      <RateTabs />
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Saved. It is in the audit log with its reason." />
      ) : null}
      <Section title="Agree on another fee" card>
        <Form method="post" key={agreed.length}>
          <FormRow>
            <SelectField name="publisherId" label="Publisher" options={publishers} error={errors.publisherId} />
            <TextField name="percent" label="Percent" hint="Empty: the usual fee again" placeholder="2.5" error={errors.percent} />
            <TextField name="validFrom" type="date" label="From" defaultValue={today} required error={errors.validFrom} />
            <TextField name="reason" label="Why" required error={errors.reason} />
            <SubmitButton appearance="primary">Save the fee</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Today">
        <DataTable
          caption="Fees of publishers today"
          rows={publishers}
          rowKey={(row) => row.value}
          columns={[
            { key: 'publisher', header: 'Publisher', cell: (row) => row.label, rowHeader: true },
            { key: 'fee', header: 'Fee', cell: (row) => row.fee, align: 'end' },
          ]}
        />
      </Section>
      {agreed.length > 0 ? (
        <Section title="Agreed">
          <DataTable
            caption="Fees that were agreed, by publisher, the newest first"
            rows={agreed}
            rowKey={(row) => row.id}
            columns={[
              { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher, rowHeader: true },
              { key: 'from', header: 'From', cell: (row) => <DateText value={row.validFrom} /> },
              { key: 'percent', header: 'Fee', cell: (row) => row.percent, align: 'end' },
              { key: 'reason', header: 'Why', cell: (row) => row.reason },
              { key: 'by', header: 'Set by', cell: (row) => row.setBy },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
