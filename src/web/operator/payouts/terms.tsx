import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { Form, redirect, useActionData } from 'react-router'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { currencyOptions, termsList } from './payouts-data.server.ts'
import { PayoutTabs } from './tabs.tsx'
import type { Route } from './+types/terms.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payouts', to: '/operator/payouts' }, { text: 'Thresholds' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payout thresholds · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  return { ...(await termsList(visit)), currencies: currencyOptions, done: new URL(args.request.url).searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    await run((ctx) =>
      domain.billing.setPayoutTerms(ctx, {
        currency: field(form, 'currency'),
        validFrom: field(form, 'validFrom'),
        threshold: field(form, 'threshold'),
        escrowDays: field(form, 'escrowDays'),
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/payouts/terms?done', 303)
}

export default function PayoutTerms({ loaderData: { today, terms, currencies, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Thresholds and escrow"
      lead="From which amount a payout is made, and for how many days a customer’s payment is kept before it is paid on, by the currency publishers are paid in."
    >
      <PayoutTabs />
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Saved. Runs from its day on follow it." />
      ) : null}
      <Section title="Enter terms" card>
        <Form method="post">
          <FormRow>
            <SelectField name="currency" label="Currency" options={currencies} defaultValue="USD" error={errors.currency} />
            <TextField name="validFrom" type="date" label="From" defaultValue={today} required error={errors.validFrom} />
            <TextField name="threshold" label="Smallest payout" placeholder="50.00" required error={errors.threshold} />
            <TextField name="escrowDays" label="Days of escrow" defaultValue="0" required error={errors.escrowDays} />
            <SubmitButton appearance="primary">Save the terms</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Terms">
        {terms.length === 0 ? (
          <EmptyState icon={<MoneyRegular />} title="No terms entered">
            Every amount is paid, by the first run after the customer’s payment.
          </EmptyState>
        ) : (
          <DataTable
            caption="Terms by currency, the newest first"
            rows={terms}
            rowKey={(row) => row.id}
            columns={[
              { key: 'currency', header: 'Currency', cell: (row) => row.currency, rowHeader: true },
              { key: 'from', header: 'From', cell: (row) => <DateText value={row.validFrom} /> },
              { key: 'threshold', header: 'Smallest payout', cell: (row) => row.threshold, align: 'end' },
              { key: 'escrow', header: 'Days of escrow', cell: (row) => row.escrowDays, align: 'end' },
              { key: 'by', header: 'Set by', cell: (row) => row.setBy },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
