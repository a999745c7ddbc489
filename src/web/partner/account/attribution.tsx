import { DataUsageRegular } from '@fluentui/react-icons/svg/data-usage'
import { Temporal } from 'temporal-polyfill'
import { Form } from 'react-router'
import { utcDate } from '../../../kernel/clock.ts'
import { formatMoney } from '../../../kernel/money.ts'
import { fieldText } from '../../form.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, PortalPage } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { enterAccount } from './account-access.server.ts'
import { withHyphens } from './account-words.ts'
import type { Route } from './+types/attribution.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Identifiers', ...(data ? { to: `${data.base}/identifiers` } : {}) },
    { text: 'Usage by tracking GUID' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Usage by tracking GUID · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, account, base, read } = await enterAccount(args, 'seller-account.read')
  const search = new URL(args.request.url).searchParams
  return read(async (ctx) => {
    const today = utcDate(ctx.now)
    const from = dayOf(fieldText(search, 'from')) ?? today.with({ day: 1 })
    const to = dayOf(fieldText(search, 'to')) ?? today
    const rows = await domain.accounts.attributedUsage(ctx, account.accountId, { from, to })
    return {
      base,
      from: from.toString(),
      to: to.toString(),
      rows: rows.map(({ amount, currency, ...row }) => ({ ...row, currency, amount: formatMoney(amount, currency) })),
    }
  })
}

/** A day of an address; undefined where it is none. */
function dayOf(text: string): Temporal.PlainDate | undefined {
  return /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/.test(text)
    ? Temporal.PlainDate.from(text, { overflow: 'constrain' })
    : undefined
}

export default function Attribution({ loaderData: { from, to, rows } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Usage by tracking GUID"
      lead="What customers used of the cloud through products that carry a tracking GUID of yours, as the cloud’s operator reports it."
    >
      <Form method="get">
        <FormRow>
          <TextField name="from" label="From" type="date" defaultValue={from} />
          <TextField name="to" label="To" type="date" defaultValue={to} />
          <SubmitButton>Show</SubmitButton>
        </FormRow>
      </Form>
      {rows.length === 0 ? (
        <EmptyState icon={<DataUsageRegular />} title="Nothing was reported for these days">
          Usage appears when the cloud’s operator has reported it, usually on the day after.
        </EmptyState>
      ) : (
        <DataTable
          caption="Usage by partner ID and tracking GUID"
          rows={rows}
          rowKey={(row) => `${row.guid} ${row.currency}`}
          columns={[
            { key: 'partner', header: 'Partner ID', cell: (row) => row.partnerId ?? '–' },
            { key: 'guid', header: 'Tracking GUID', cell: (row) => <code>{withHyphens(row.guid)}</code>, rowHeader: true },
            { key: 'name', header: 'Name', cell: (row) => row.name },
            { key: 'product', header: 'Product', cell: (row) => row.product },
            { key: 'channel', header: 'Channel', cell: (row) => row.channel },
            { key: 'resources', header: 'Resources', cell: (row) => row.resources, align: 'end' },
            { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
          ]}
        />
      )}
    </PortalPage>
  )
}
