import { Text } from '@fluentui/react-components'
import { CalendarClockRegular } from '@fluentui/react-icons/svg/calendar-clock'
import { Form } from 'react-router'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, PortalPage, Section } from '../../ui/portal-page.tsx'
import { heldReasons } from '../../ui/payout-words.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { forecastAndBalances, payoutsBase } from './payouts-data.server.ts'
import { PayoutTabs } from './tabs.tsx'
import type { Route } from './+types/forecast.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payouts', ...(data ? { to: `${data.base}/payouts` } : {}) },
    { text: 'Forecast and balances' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Forecast and balances · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'payout.read')
  return { base: payoutsBase(visit), ...(await forecastAndBalances(visit, new URL(args.request.url).searchParams)) }
}

const accounts = {
  payable: 'Due to you',
  'revenue-share': 'Awaiting customers',
  withholding: 'Withheld for the tax office',
}

export default function Forecast({ loaderData: { base, nextRun, forecast, held, on, balances } }: Route.ComponentProps) {
  return (
    <PortalPage title="Forecast and balances" lead="What the next payouts will bring, and what you were owed on any day.">
      <PayoutTabs base={base} />
      <Section title="Expected payouts">
        <Text block>
          The next run is on <DateText value={nextRun} />. What customers still owe is expected on the day it is due; what was sold or used
          and is not invoiced yet, after its invoice. Your share before withholding and exchange.
        </Text>
        {forecast.length === 0 ? (
          <EmptyState icon={<CalendarClockRegular />} title="Nothing is expected">
            Everything that was sold has been paid out.
          </EmptyState>
        ) : (
          <DataTable
            caption="Expected payouts by day and currency"
            rows={forecast}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'on',
                header: 'Run',
                cell: (row) => (row.on === null ? 'When late customers pay' : <DateText value={row.on} />),
                rowHeader: true,
              },
              { key: 'lines', header: 'Lines', cell: (row) => row.lines, align: 'end' },
              { key: 'collected', header: 'Available', cell: (row) => row.collected, align: 'end' },
              { key: 'awaited', header: 'Customers still owe', cell: (row) => row.awaited, align: 'end' },
              { key: 'unbilled', header: 'Not invoiced yet', cell: (row) => row.unbilled, align: 'end' },
              { key: 'amount', header: 'Expected', cell: (row) => row.amount, align: 'end' },
            ]}
          />
        )}
      </Section>
      {held.length > 0 ? (
        <Section title="What runs have held">
          <DataTable
            caption="Balances that runs have held, newest first"
            rows={held}
            rowKey={(row) => row.id}
            columns={[
              { key: 'month', header: 'Month', cell: (row) => <DateText value={row.month} />, rowHeader: true },
              { key: 'reason', header: 'Why', cell: (row) => (row.reason ? heldReasons[row.reason] : '–') },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      <Section title="Balances on a day" card>
        <Form method="get" aria-label="Day of the balances">
          <FormRow>
            <TextField name="on" type="date" label="At the end of" defaultValue={on} />
            <SubmitButton>Show</SubmitButton>
          </FormRow>
        </Form>
        {balances.length === 0 ? (
          <Text block>
            Nothing was open at the end of <DateText value={on} />.
          </Text>
        ) : (
          <DataTable
            caption="Balances by account and currency"
            rows={balances}
            rowKey={(row) => row.id}
            columns={[
              { key: 'account', header: 'Balance', cell: (row) => accounts[row.account], rowHeader: true },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
