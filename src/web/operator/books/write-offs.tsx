import { Text } from '@fluentui/react-components'
import { ReceiptRegular } from '@fluentui/react-icons/svg/receipt'
import { Form, redirect, useActionData } from 'react-router'
import type { WriteOffDecision } from '../../../domain/billing/index.ts'
import { invalid } from '../../../kernel/errors.ts'
import { WriteOffStatus } from '../../ui/payout-words.tsx'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { writeOffList } from './books-data.server.ts'
import { InvoiceTabs } from './tabs.tsx'
import type { Route } from './+types/write-offs.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Invoices', to: '/operator/invoices' }, { text: 'Write-offs' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Write-offs · Operator console' }]

const triggers: readonly WriteOffDecision[] = ['approve', 'refuse', 'withdraw']

export async function loader(args: Route.LoaderArgs) {
  return { ...(await writeOffList(await enter(args, 'operator.console'))), done: new URL(args.request.url).searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    const trigger = triggers.find((one) => one === field(form, 'trigger'))
    if (!trigger) throw invalid('UnknownStep', 'A write-off has no such step.')
    await run((ctx) => domain.billing.decideWriteOff(ctx, field(form, 'writeOff'), trigger, field(form, 'note')))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/invoices/write-offs?done', 303)
}

export default function WriteOffs({ loaderData: { rows, alone, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Write-offs"
      lead={`Invoices that will never be paid. Above ${alone} a second operator approves. Publisher’s share, store fee and tax are given up with the claim; when the money comes after all, mark the invoice as paid and they are back.`}
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
        <EmptyState icon={<ReceiptRegular />} title="Nothing was written off">
          Open an invoice that nobody will pay, and write off there what is left of it.
        </EmptyState>
      ) : (
        <DataTable
          caption="Write-offs, newest first"
          rows={rows}
          rowKey={(row) => row.id}
          columns={[
            { key: 'number', header: 'Write-off', cell: (row) => row.number, rowHeader: true },
            {
              key: 'invoice',
              header: 'Invoice',
              cell: (row) => <TextLink to={`/operator/invoices/${row.invoice}`}>{row.invoiceNumber}</TextLink>,
            },
            { key: 'customer', header: 'Customer', cell: (row) => row.customer },
            { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            { key: 'reason', header: 'Why', cell: (row) => row.reason },
            {
              key: 'asked',
              header: 'Asked for',
              cell: (row) => (
                <>
                  <DateText value={row.requestedAt} /> by {row.requestedBy}
                </>
              ),
            },
            {
              key: 'state',
              header: 'State',
              cell: (row) => (
                <>
                  <WriteOffStatus status={row.state} /> {row.decidedBy && row.state !== 'withdrawn' ? `by ${row.decidedBy}` : null}
                  {row.recoveredAt ? (
                    <>
                      {' '}
                      on <DateText value={row.recoveredAt} />
                    </>
                  ) : null}
                  {row.note ? <div>{row.note}</div> : null}
                </>
              ),
            },
            { key: 'steps', header: 'Decide', cell: (row) => (row.state === 'requested' ? <Decision {...row} /> : '–') },
          ]}
        />
      )}
    </PortalPage>
  )
}

function Decision({ id, number, mine }: { id: string; number: string; mine: boolean }) {
  if (mine) {
    return (
      <Form method="post" aria-label={`Withdraw ${number}`}>
        <input type="hidden" name="writeOff" value={id} />
        <Text block>Somebody else must approve it.</Text>
        <SubmitButton name="trigger" value="withdraw">
          Withdraw
        </SubmitButton>
      </Form>
    )
  }
  return (
    <Form method="post" aria-label={`Decide about ${number}`}>
      <input type="hidden" name="writeOff" value={id} />
      <FormRow>
        <TextField name="note" label={`Note about ${number}`} hint="Required to refuse" />
        <SubmitButton name="trigger" value="approve" appearance="primary">
          Approve
        </SubmitButton>
        <SubmitButton name="trigger" value="refuse">
          Refuse
        </SubmitButton>
      </FormRow>
    </Form>
  )
}
