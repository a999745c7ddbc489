import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { Form, redirect } from 'react-router'
import { allows } from '../../kernel/authorization.ts'
import { field, refused } from '../ui/portal-access.server.ts'
import { SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Figures, PortalPage, Section } from '../ui/portal-page.tsx'
import { PayoutStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { publisherPayouts } from './partner-data.server.ts'
import { enterPublisher } from './publisher-access.server.ts'
import type { Route } from './+types/payouts.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payouts' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payouts · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'payout.read')
  const { publisher, user, domain, read } = visit
  const held = await read((ctx) => domain.accounts.payoutsHeld(ctx, [publisher.publisherId], ctx.now.add({ nanoseconds: 1000 })))
  return {
    ...(await publisherPayouts(visit)),
    base: `/partner/publishers/${args.params.publisher}/payouts`,
    held: held.size > 0,
    mayHold: allows(user, 'payout.manage', { tenantId: publisher.tenantId }),
  }
}

export async function action(args: Route.ActionArgs) {
  const { publisher, domain, run } = await enterPublisher(args, 'payout.manage')
  const form = await args.request.formData()
  try {
    await run((ctx) => domain.accounts.setPayoutHold(ctx, publisher.publisherId, field(form, 'hold') === 'on'))
  } catch (error) {
    return refused(error)
  }
  return redirect(`/partner/publishers/${publisher.publisherId}/payouts`, 303)
}

export default function Payouts({ loaderData: { totals, payouts, lines, fee, base, held, mayHold } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Payouts"
      lead={`What customers have paid for your offers, minus the store fee of ${fee} %. Paid out on the 15th of each month.`}
      actions={
        lines.length === 0 ? undefined : (
          <ButtonLink to={`${base}.csv`} document>
            All transactions as CSV
          </ButtonLink>
        )
      }
    >
      {held || mayHold ? (
        <Section title="Hold my payment" card>
          <p style={{ margin: 0 }}>
            {held
              ? 'Payouts are held. What you earn is recorded and shown here; nothing is paid. Released before the end of a month, the next month is paid again, with everything that has waited.'
              : 'Payouts are not held. A hold applies to everything the account earns, from the next month on, until it is released.'}
          </p>
          {mayHold ? (
            <Form method="post" style={{ marginTop: '12px' }}>
              <SubmitButton name="hold" value={held ? 'off' : 'on'}>
                {held ? 'Release my payments' : 'Hold my payments'}
              </SubmitButton>
            </Form>
          ) : null}
        </Section>
      ) : null}
      {lines.length === 0 ? (
        <EmptyState icon={<MoneyRegular />} title="No payouts yet">
          A line appears here for every line of a customer’s invoice. Invoices are made on the first day of each month.
        </EmptyState>
      ) : (
        <>
          <Figures figures={totals} />
          {payouts.length > 0 ? (
            <Section title="Payouts">
              <DataTable
                caption="Payouts, newest first"
                rows={payouts}
                rowKey={(payout) => payout.id}
                columns={[
                  {
                    key: 'number',
                    header: 'Payout',
                    cell: (payout) => <TextLink to={`${base}/${payout.id}`}>{payout.number}</TextLink>,
                    rowHeader: true,
                  },
                  { key: 'month', header: 'Month', cell: (payout) => <DateText value={payout.month} /> },
                  { key: 'state', header: 'State', cell: (payout) => <PayoutStatus status={payout.state} /> },
                  { key: 'lines', header: 'Lines', cell: (payout) => payout.lines, align: 'end' },
                  { key: 'net', header: 'Customers paid', cell: (payout) => payout.net, align: 'end' },
                  { key: 'fee', header: 'Store fee', cell: (payout) => payout.fee, align: 'end' },
                  { key: 'amount', header: 'Paid out', cell: (payout) => payout.amount, align: 'end' },
                ]}
              />
            </Section>
          ) : null}
          <Section title="Lines">
            <DataTable
              caption="Payout lines, newest first"
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
                { key: 'customer', header: 'Customer', cell: (line) => line.customer },
                { key: 'state', header: 'State', cell: (line) => <PayoutStatus status={line.state} /> },
                { key: 'date', header: 'Date', cell: (line) => <DateText value={line.date} /> },
                { key: 'net', header: 'Customer pays', cell: (line) => line.net, align: 'end' },
                { key: 'fee', header: 'Store fee', cell: (line) => line.fee, align: 'end' },
                { key: 'share', header: 'Your share', cell: (line) => line.share, align: 'end' },
              ]}
            />
          </Section>
        </>
      )}
    </PortalPage>
  )
}
