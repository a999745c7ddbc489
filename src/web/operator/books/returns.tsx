import { makeStyles, tokens } from '@fluentui/react-components'
import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { Form, redirect, useActionData } from 'react-router'
import type { CardReturnDecision } from '../../../domain/billing/index.ts'
import { invalid } from '../../../kernel/errors.ts'
import { CardReturnStatus } from '../../ui/payout-words.tsx'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { returnList } from './books-data.server.ts'
import { InvoiceTabs } from './tabs.tsx'
import type { Route } from './+types/returns.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Invoices', to: '/operator/invoices' }, { text: 'Payments taken back' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payments taken back · Operator console' }]

const useStyles = makeStyles({
  steps: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})

const decisions: readonly CardReturnDecision[] = ['accept', 'collect']

export async function loader(args: Route.LoaderArgs) {
  return { ...(await returnList(await enter(args, 'operator.console'))), done: new URL(args.request.url).searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    const decision = decisions.find((one) => one === field(form, 'decision'))
    if (!decision) throw invalid('UnknownStep', 'A refund is accepted, or the money is collected again.')
    await run((ctx) => domain.billing.cards.returns.decide(ctx, field(form, 'return'), decision))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/invoices/returns?done', 303)
}

const kinds = { dispute: 'Dispute', refund: 'Refund at Stripe' } as const

export default function Returns({ loaderData: { rows, configured, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Payments taken back"
      lead="Charges of cards that the bank took back (disputes), or that somebody refunded at Stripe. Until it is decided the customer owes the money, and so do publishers what they had of it."
    >
      <InvoiceTabs />
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Done." />
      ) : null}
      {rows.length === 0 ? (
        <EmptyState icon={<ReceiptRegular />} title="No payment was taken back">
          {configured
            ? 'Disputes and refunds appear as soon as Stripe tells of them.'
            : 'Cards cannot be used here: the marketplace has no account with Stripe.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Payments taken back, those to decide about first"
          rows={rows}
          rowKey={(row) => row.id}
          columns={[
            { key: 'name', header: 'At Stripe', cell: (row) => row.name, rowHeader: true },
            { key: 'kind', header: 'What', cell: (row) => `${kinds[row.kind]}: ${row.reason}` },
            {
              key: 'invoice',
              header: 'Invoice',
              cell: (row) => <TextLink to={`/operator/invoices/${row.invoice}`}>{row.invoiceNumber}</TextLink>,
            },
            { key: 'customer', header: 'Customer', cell: (row) => row.customer },
            { key: 'date', header: 'Noticed', cell: (row) => <DateText value={row.openedAt} /> },
            { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            {
              key: 'state',
              header: 'State',
              cell: (row) => (
                <>
                  <CardReturnStatus status={row.state} /> {row.closedBy ? `by ${row.closedBy}` : null}
                </>
              ),
            },
            { key: 'steps', header: 'Decide', cell: (row) => <Decision {...row} /> },
          ]}
        />
      )}
    </PortalPage>
  )
}

function Decision({ id, name, kind, state }: { id: string; name: string; kind: 'dispute' | 'refund'; state: string }) {
  const styles = useStyles()
  if (state !== 'open') return '–'
  if (kind === 'dispute') return 'The bank decides. Answer it at Stripe.'
  return (
    <Form method="post" aria-label={`Decide about ${name}`}>
      <input type="hidden" name="return" value={id} />
      <div className={styles.steps}>
        <SubmitButton name="decision" value="accept">
          The customer keeps it
        </SubmitButton>
        <SubmitButton name="decision" value="collect">
          Collect it again
        </SubmitButton>
      </div>
    </Form>
  )
}
