import { BookRegular } from '@fluentui/react-icons/svg/book'
import { Form } from 'react-router'
import { enter } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, PortalPage, Section } from '../../ui/portal-page.tsx'
import { ledgerAccounts } from '../../ui/payout-words.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { ledger } from './books-data.server.ts'
import { BookTabs } from './tabs.tsx'
import type { Route } from './+types/ledger.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Ledger' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Ledger · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  return ledger(await enter(args, 'operator.console'), new URL(args.request.url).searchParams)
}

export default function Ledger({ loaderData: { on, currencies, publishers, transactions } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Ledger"
      lead="What stood on every account at the end of a day. Entries are only ever added, so that any day can be looked at."
    >
      <BookTabs />
      <Form method="get" aria-label="Day of the balances">
        <FormRow>
          <TextField name="on" type="date" label="At the end of" defaultValue={on} />
          <SubmitButton>Show</SubmitButton>
        </FormRow>
      </Form>
      {currencies.length === 0 ? (
        <EmptyState icon={<BookRegular />} title="Nothing was booked until then">
          The first entries come with the first invoice.
        </EmptyState>
      ) : (
        <>
          {currencies.map(({ currency, rows }) => (
            <Section key={currency} title={`Balances in ${currency}`}>
              <DataTable
                caption={`Balances in ${currency}`}
                rows={rows}
                rowKey={(row) => row.id}
                columns={[
                  { key: 'account', header: 'Account', cell: (row) => ledgerAccounts[row.account], rowHeader: true },
                  { key: 'debit', header: 'Debit', cell: (row) => row.debit, align: 'end' },
                  { key: 'credit', header: 'Credit', cell: (row) => row.credit, align: 'end' },
                ]}
              />
            </Section>
          ))}
          {publishers.length > 0 ? (
            <Section title="Publishers">
              <DataTable
                caption="Balances of publishers"
                rows={publishers}
                rowKey={(row) => row.id}
                columns={[
                  { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher, rowHeader: true },
                  { key: 'account', header: 'Account', cell: (row) => ledgerAccounts[row.account] },
                  { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
                ]}
              />
            </Section>
          ) : null}
          <Section title="Newest transactions">
            <DataTable
              caption="The newest transactions of the ledger"
              rows={transactions}
              rowKey={(row) => row.id}
              columns={[
                { key: 'what', header: 'Transaction', cell: (row) => `${row.description}: ${row.kind}`, rowHeader: true },
                { key: 'at', header: 'At', cell: (row) => <MomentText value={row.at} /> },
                { key: 'postings', header: 'Postings', cell: (row) => row.postings },
              ]}
            />
          </Section>
        </>
      )}
    </PortalPage>
  )
}
