import { ArrowSwapRegular } from '@fluentui/react-icons/svg/arrow-swap'
import { Form, redirect, useActionData } from 'react-router'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { exchangeRates } from './books-data.server.ts'
import { RateTabs } from './tabs.tsx'
import type { Route } from './+types/rates.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Exchange rates' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Exchange rates · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  return { ...(await exchangeRates(visit)), done: new URL(args.request.url).searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    await run((ctx) =>
      domain.offers.addRate(ctx, {
        currency: field(form, 'currency'),
        unitsPerUsd: field(form, 'unitsPerUsd'),
        validFrom: field(form, 'validFrom'),
        source: field(form, 'source'),
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/rates?done', 303)
}

const tones = { ahead: 'info', 'in force': 'good', past: 'neutral' } as const
const words = { ahead: 'Ahead', 'in force': 'In force', past: 'Past' } as const

export default function ExchangeRates({ loaderData: { currencies, missing, rates, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Exchange rates"
      lead="Units of each currency for one US dollar. Prices entered in dollars are converted with the rate in force when they are saved, payouts with that of the day of the purchase. A rate is never changed, only followed by another one."
    >
      <RateTabs />
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Saved." />
      ) : null}
      {missing.length > 0 ? (
        <Notice intent="warning" title={`${missing.length} currencies of markets have no rate.`}>
          {missing.join(', ')}. Publishers who are paid in one of them, or sold in it and are paid in another, wait until there is one.
        </Notice>
      ) : null}
      <Section title="Enter a rate" card>
        <Form method="post" key={rates.length}>
          <FormRow>
            <SelectField name="currency" label="Currency" options={currencies} defaultValue="EUR" error={errors.currency} />
            <TextField name="unitsPerUsd" label="Units for one US dollar" placeholder="0.92" required error={errors.unitsPerUsd} />
            <TextField name="validFrom" type="date" label="From" hint="Empty: from now on" error={errors.validFrom} />
            <TextField name="source" label="Source" placeholder="European Central Bank" required error={errors.source} />
            <SubmitButton appearance="primary">Save the rate</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Rates">
        {rates.length === 0 ? (
          <EmptyState icon={<ArrowSwapRegular />} title="No rates entered">
            Offers can be priced in dollars only, and payouts are made in the currency of the sale only, until there are rates.
          </EmptyState>
        ) : (
          <DataTable
            caption="Rates by currency, the newest first"
            rows={rates}
            rowKey={(row) => row.id}
            columns={[
              { key: 'currency', header: 'Currency', cell: (row) => row.currency, rowHeader: true },
              { key: 'from', header: 'From', cell: (row) => <MomentText value={row.validFrom} /> },
              { key: 'state', header: 'State', cell: (row) => <Status tone={tones[row.state]}>{words[row.state]}</Status> },
              { key: 'source', header: 'Source', cell: (row) => row.source },
              { key: 'units', header: 'For one US dollar', cell: (row) => row.units, align: 'end' },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
