import { formatMoney } from '../../kernel/money.ts'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink } from '../ui/portal-link.tsx'
import { Facts, PortalPage, Section } from '../ui/portal-page.tsx'
import { PayoutStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { payoutStatement } from './payout-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/payout.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payouts', ...(data ? { to: data.base } : {}) },
    { text: data?.payout.number ?? 'Payout' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.payout.number ?? 'Payout'} · Partner Center` }]

export async function loader(args: Route.LoaderArgs) {
  const { payout, lines } = await payoutStatement(await enterPublisher(args, 'payout.read'), args.params.payout)
  const money = (amount: Parameters<typeof formatMoney>[0]) => formatMoney(amount, payout.currency)
  return {
    base: `/partner/publishers/${args.params.publisher}/payouts`,
    payout: {
      id: payout.id,
      number: payout.number,
      state: payout.state,
      preparedAt: payout.preparedAt.toString(),
      sentAt: payout.sentAt?.toString() ?? null,
      paidAt: payout.paidAt?.toString() ?? null,
      reference: payout.reference,
      net: money(payout.net),
      fee: money(payout.fee),
      amount: money(payout.amount),
    },
    lines: lines.slice(0, 500).map((line) => ({
      id: line.line,
      description: line.description,
      offer: `${line.offerName}, ${line.planName}`,
      invoice: line.invoiceNumber,
      customer: line.customerName,
      net: money(line.net),
      fee: money(line.fee),
      share: money(line.amount),
    })),
    more: Math.max(0, lines.length - 500),
  }
}

export default function PayoutPage({ loaderData: { base, payout, lines, more } }: Route.ComponentProps) {
  return (
    <PortalPage
      title={`Payout ${payout.number}`}
      lead="What customers have paid for your offers, less the store fee."
      actions={
        <ButtonLink to={`${base}/${payout.id}/csv`} document>
          Transactions as CSV
        </ButtonLink>
      }
    >
      <Section title="Statement" card>
        <Facts
          facts={[
            { label: 'State', value: <PayoutStatus status={payout.state} /> },
            { label: 'Prepared', value: <DateText value={payout.preparedAt} /> },
            ...(payout.sentAt ? [{ label: 'Sent', value: <DateText value={payout.sentAt} /> }] : []),
            ...(payout.paidAt ? [{ label: 'Paid', value: <DateText value={payout.paidAt} /> }] : []),
            ...(payout.reference ? [{ label: 'Reference', value: payout.reference }] : []),
            { label: 'Customers paid', value: payout.net },
            { label: 'Store fee', value: payout.fee },
            { label: 'Paid out', value: <strong>{payout.amount}</strong> },
          ]}
        />
      </Section>
      <Section title="Lines">
        <DataTable
          caption={`Lines of payout ${payout.number}`}
          rows={lines}
          rowKey={(line) => line.id}
          columns={[
            {
              key: 'what',
              header: 'What',
              cell: (line) => (
                <>
                  {line.description}
                  <br />
                  {line.offer}
                </>
              ),
              rowHeader: true,
            },
            { key: 'invoice', header: 'Invoice', cell: (line) => line.invoice },
            { key: 'customer', header: 'Customer', cell: (line) => line.customer },
            { key: 'net', header: 'Customer paid', cell: (line) => line.net, align: 'end' },
            { key: 'fee', header: 'Store fee', cell: (line) => line.fee, align: 'end' },
            { key: 'share', header: 'Your share', cell: (line) => line.share, align: 'end' },
          ]}
        />
        {more > 0 ? <p style={{ margin: 0 }}>{more.toLocaleString('en-US')} more lines are in the CSV file.</p> : null}
      </Section>
    </PortalPage>
  )
}
