import { BuildingBankRegular } from '@fluentui/react-icons/svg/building-bank'
import { Form, redirect, useActionData } from 'react-router'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { taxTable } from './billing-data.server.ts'
import type { Route } from './+types/tax.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Tax rates' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Tax rates · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  return { ...(await taxTable(visit)), done: new URL(args.request.url).searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    await run((ctx) =>
      domain.billing.setTaxRate(ctx, {
        country: field(form, 'country'),
        store: field(form, 'store') || 'any',
        agreementKind: field(form, 'agreementKind') || 'any',
        validFrom: field(form, 'validFrom'),
        name: field(form, 'name'),
        rate: field(form, 'rate'),
        reverseCharge: field(form, 'reverseCharge') === 'yes',
        managedBy: field(form, 'managedBy'),
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/tax?done', 303)
}

export default function TaxRates({ loaderData: { rates, countries, stores, sandbox, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Tax rates"
      lead="The newest rate that holds on the day of an invoice is used, by the country of the customer. A rate for one store or one kind of agreement goes before the country’s general one. A country without a rate is billed without tax."
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Saved. Invoices from its day on use it." />
      ) : null}
      <Section title="Enter a rate" card>
        <Form method="post">
          <FormRow>
            <SelectField name="country" label="Country" options={countries} error={errors.country} />
            <SelectField name="store" label="Store" error={errors.store} options={[{ value: 'any', label: 'Both stores' }, ...stores]} />
            <SelectField
              name="agreementKind"
              label="Agreement"
              error={errors.agreementKind}
              options={[
                { value: 'any', label: 'Every kind' },
                { value: 'pay-as-you-go', label: 'Pay-as-you-go' },
                { value: 'enterprise', label: 'Enterprise agreement' },
              ]}
            />
            <TextField name="validFrom" label="From" type="date" required error={errors.validFrom} />
            <TextField name="name" label="Name on invoices" placeholder="VAT" required error={errors.name} />
            <TextField name="rate" label="Rate in percent" placeholder="19" required error={errors.rate} />
            <SelectField
              name="reverseCharge"
              label="Reverse charge"
              options={[
                { value: 'no', label: 'No' },
                { value: 'yes', label: 'For customers with a VAT number' },
              ]}
            />
            <SelectField
              name="managedBy"
              label="Who sees to the tax"
              error={errors.managedBy}
              options={[
                { value: 'platform', label: 'The marketplace' },
                { value: 'publisher', label: 'Each publisher: not on our invoices' },
              ]}
            />
            <SubmitButton appearance="primary">Save the rate</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Rates">
        {rates.length === 0 ? (
          <EmptyState icon={<BuildingBankRegular />} title="No rates entered">
            {sandbox
              ? 'The sandbox uses the standard rates of its demo data until you enter one for a country.'
              : 'Every country is billed without tax until you enter a rate for it.'}
          </EmptyState>
        ) : (
          <DataTable
            caption="Tax rates by country, the newest first"
            rows={rates}
            rowKey={(row) => row.id}
            columns={[
              { key: 'country', header: 'Country', cell: (row) => row.country, rowHeader: true },
              { key: 'scope', header: 'Of', cell: (row) => row.scope },
              { key: 'from', header: 'From', cell: (row) => <DateText value={row.validFrom} /> },
              { key: 'name', header: 'Name', cell: (row) => row.name },
              { key: 'reverse', header: 'Reverse charge', cell: (row) => row.reverseCharge },
              { key: 'who', header: 'Who sees to it', cell: (row) => row.managedBy },
              { key: 'rate', header: 'Rate', cell: (row) => row.rate, align: 'end' },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
