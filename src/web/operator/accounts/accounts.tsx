import { BuildingRegular } from '@fluentui/react-icons/svg/building'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { Form } from 'react-router'
import { fieldText } from '../../form.ts'
import { enter } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText, MomentText } from '../../ui/portal-time.tsx'
import { accountList } from './accounts-data.server.ts'
import type { Route } from './+types/accounts.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Seller accounts' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Seller accounts · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  const q = fieldText(new URL(args.request.url).searchParams, 'q')
  return { q, ...(await accountList(visit, q)) }
}

export default function Accounts({ loaderData: { q, queue, accounts } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Seller accounts"
      lead="Companies and developers enrolled as sellers, and what is to be verified of them."
      actions={<ButtonLink to="/operator/accounts/import">Import an account</ButtonLink>}
    >
      {queue.length === 0 ? null : (
        <Section title="To verify">
          <DataTable
            caption="Steps of verification that wait, the longest first"
            rows={queue}
            rowKey={(row) => row.key}
            columns={[
              {
                key: 'name',
                header: 'Account',
                cell: (row) => <TextLink to={`/operator/accounts/${row.accountId}`}>{row.name}</TextLink>,
                rowHeader: true,
              },
              { key: 'step', header: 'Step', cell: (row) => row.step },
              { key: 'country', header: 'Country', cell: (row) => row.country },
              { key: 'since', header: 'Since', cell: (row) => <MomentText value={row.since} /> },
            ]}
          />
        </Section>
      )}
      <Form method="get" role="search" aria-label="Seller accounts">
        <FormRow>
          <TextField name="q" type="search" label="Name, seller id or account id" defaultValue={q} autoComplete="off" />
          <SubmitButton icon={<SearchRegular />}>Search</SubmitButton>
        </FormRow>
      </Form>
      {accounts.length === 0 ? (
        <EmptyState
          icon={<BuildingRegular />}
          title={q === '' ? 'Nobody is enrolled yet' : 'No account matches'}
          action={q === '' ? undefined : <TextLink to="/operator/accounts">Show all</TextLink>}
        >
          {q === ''
            ? 'An account appears when a company or a developer enrols in Partner Center.'
            : 'Search for a part of the legal name, or for an id.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Seller accounts by name"
          rows={accounts}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'name',
              header: 'Legal name',
              cell: (row) => <TextLink to={`/operator/accounts/${row.id}`}>{row.name}</TextLink>,
              rowHeader: true,
            },
            { key: 'country', header: 'Country', cell: (row) => row.country },
            { key: 'type', header: 'Type', cell: (row) => row.type },
            { key: 'state', header: 'State', cell: (row) => row.state },
            { key: 'seller', header: 'Seller id', cell: (row) => row.sellerId },
            { key: 'since', header: 'Since', cell: (row) => <DateText value={row.since} /> },
            { key: 'publishers', header: 'Publishers', cell: (row) => row.publishers, align: 'end' },
          ]}
        />
      )}
    </PortalPage>
  )
}
