import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import type { ReactNode } from 'react'
import { Form } from 'react-router'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'

interface Choice {
  value: string
  label: string
}

interface SearchFormProps {
  search: { q: string; offer: string; plan: string; dimension: string }
  from: string
  to: string
  offers: Choice[]
  plans: Choice[]
  dimensions: Choice[]
  /** what the page asks besides */
  children?: ReactNode
}

/** Which usage a page shows. */
export function UsageSearchForm({ search, from, to, offers, plans, dimensions, children }: SearchFormProps) {
  return (
    <Form method="get" role="search" aria-label="Usage">
      <FormRow>
        <TextField
          name="q"
          type="search"
          label="Search"
          placeholder="Customer, subscription or id"
          defaultValue={search.q}
          autoComplete="off"
        />
        <SelectField name="offer" label="Offer" options={offers} defaultValue={search.offer} />
        <SelectField name="plan" label="Plan" options={plans} defaultValue={search.plan} />
        <SelectField name="dimension" label="Dimension" options={dimensions} defaultValue={search.dimension} />
        <TextField name="from" type="date" label="From (UTC)" defaultValue={from} />
        <TextField name="to" type="date" label="To (UTC)" defaultValue={to} />
        {children}
        <SubmitButton icon={<FilterRegular />}>Show</SubmitButton>
      </FormRow>
    </Form>
  )
}
