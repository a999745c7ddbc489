import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download'
import { FilterRegular } from '@fluentui/react-icons/svg/filter'
import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { Form } from 'react-router'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Figures, PortalPage } from '../../ui/portal-page.tsx'
import { Pages } from '../../ui/portal-pages.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { lineColumns } from './line-columns.tsx'
import { payoutsBase, transactionFilter, transactions } from './payouts-data.server.ts'
import { PayoutTabs } from './tabs.tsx'
import type { Route } from './+types/transactions.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payouts', ...(data ? { to: `${data.base}/payouts` } : {}) },
    { text: 'Transactions' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Transactions · Partner Center' }]

const states = [
  { value: '', label: 'Any state' },
  { value: 'awaiting-customer', label: 'Awaiting the customer' },
  { value: 'written-off', label: 'Written off' },
  { value: 'in-next-payout', label: 'In the next payout' },
  { value: 'prepared', label: 'Prepared' },
  { value: 'held', label: 'Held' },
  { value: 'sent', label: 'Sent' },
  { value: 'paid', label: 'Paid' },
  { value: 'returned', label: 'Returned' },
]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'payout.read')
  const search = new URL(args.request.url).searchParams
  const filter = transactionFilter(search)
  search.delete('page')
  return { base: payoutsBase(visit), filter, query: search.toString(), ...(await transactions(visit, filter)) }
}

export default function Transactions({ loaderData: { base, filter, query, lines, sums, currencies, pages, total } }: Route.ComponentProps) {
  const path = `${base}/payouts/transactions`
  const filtered = [filter.q, filter.state, filter.currency, filter.from, filter.to].some((value) => value !== '')
  return (
    <PortalPage
      title="Transactions"
      lead="Every line of your customers’ invoices, with the fee and what you get of it."
      actions={
        lines.length > 0 ? (
          <ButtonLink to={`${base}/payouts.csv${query ? `?${query}` : ''}`} icon={<ArrowDownloadRegular fontSize={20} />} document>
            Download CSV
          </ButtonLink>
        ) : undefined
      }
    >
      <PayoutTabs base={base} />
      <Form method="get" role="search" aria-label="Transactions">
        <FormRow>
          <TextField
            name="q"
            type="search"
            label="Search"
            placeholder="Invoice, customer, offer, plan"
            defaultValue={filter.q}
            autoComplete="off"
          />
          <SelectField name="state" label="State" options={states} defaultValue={filter.state} />
          <SelectField
            name="currency"
            label="Currency"
            options={[{ value: '', label: 'Any currency' }, ...currencies.map((code) => ({ value: code, label: code }))]}
            defaultValue={filter.currency}
          />
          <TextField name="from" type="date" label="From" defaultValue={filter.from} />
          <TextField name="to" type="date" label="To" defaultValue={filter.to} />
          <SubmitButton icon={<FilterRegular />}>Filter</SubmitButton>
        </FormRow>
      </Form>
      {lines.length === 0 ? (
        <EmptyState
          icon={<MoneyRegular />}
          title={filtered ? 'No transaction matches' : 'No transactions yet'}
          action={filtered ? <TextLink to={path}>Show all</TextLink> : undefined}
        >
          {filtered ? 'Take away a part of the filter.' : 'The first ones appear with the first invoice of a customer.'}
        </EmptyState>
      ) : (
        <>
          <Figures figures={sums} />
          <DataTable caption="Transactions, newest first" rows={lines} rowKey={(line) => line.id} columns={lineColumns()} />
          <Pages path={path} query={query} page={filter.page} pages={pages} total={total} />
        </>
      )}
    </PortalPage>
  )
}
