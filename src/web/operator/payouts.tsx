import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { Form, redirect, useActionData } from 'react-router'
import type { PayoutTrigger } from '../../domain/billing/index.ts'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { PayoutStatus, Status } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { payoutsAndPreview } from './billing-data.server.ts'
import type { Route } from './+types/payouts.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payouts' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payouts · Operator console' }]

/** What can be done with a payout, by its state. */
const steps: Record<string, { trigger: PayoutTrigger; label: string }[]> = {
  prepared: [
    { trigger: 'send', label: 'Sent to the bank' },
    { trigger: 'hold', label: 'Hold' },
  ],
  held: [{ trigger: 'release', label: 'Release' }],
  sent: [
    { trigger: 'confirm', label: 'Paid' },
    { trigger: 'return', label: 'Returned by the bank' },
  ],
  paid: [{ trigger: 'return', label: 'Returned by the bank' }],
  returned: [{ trigger: 'prepare', label: 'Prepare again' }],
}
const triggers = Object.values(steps).flatMap((of) => of.map((step) => step.trigger))

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  return { ...(await payoutsAndPreview(visit)), done: new URL(args.request.url).searchParams.has('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  const reference = field(form, 'reference')
  try {
    const trigger = triggers.find((one) => one === field(form, 'trigger'))
    if (!trigger) throw invalid('UnknownStep', 'A payout has no such step.')
    if (reference.length > 100) throw invalid('ReferenceTooLong', 'The reference has at most 100 characters.', { target: 'reference' })
    await run((ctx) => domain.billing.changePayout(ctx, field(form, 'payout'), trigger, reference === '' ? undefined : reference))
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/payouts?done', 303)
}

export default function OperatorPayouts({ loaderData: { nextRun, preview, payouts, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Payouts"
      lead="What publishers get of what their customers have paid. A run prepares payouts on the 15th of each month."
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Done." />
      ) : null}
      {preview.length > 0 ? (
        <Section title="In the next run">
          <p style={{ margin: 0 }}>
            So far, for <DateText value={nextRun} />. Where credits exceed earnings nothing is paid and the difference waits.
          </p>
          <DataTable
            caption="What the next payout run would pay"
            rows={preview}
            rowKey={(row) => row.id}
            columns={[
              { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher, rowHeader: true },
              { key: 'lines', header: 'Lines', cell: (row) => row.lines, align: 'end' },
              { key: 'net', header: 'Customers paid', cell: (row) => row.net, align: 'end' },
              { key: 'fee', header: 'Store fee', cell: (row) => row.fee, align: 'end' },
              {
                key: 'state',
                header: 'Then',
                cell: (row) => <Status tone={row.waits ? 'attention' : 'info'}>{row.waits ? 'Waits' : 'Is paid'}</Status>,
              },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      <Section title="Payouts">
        {payouts.length === 0 ? (
          <EmptyState icon={<MoneyRegular />} title="No payouts yet">
            The first run is on the 15th after customers have paid an invoice.
          </EmptyState>
        ) : (
          <DataTable
            caption="Payouts, newest first"
            rows={payouts}
            rowKey={(row) => row.id}
            columns={[
              { key: 'number', header: 'Payout', cell: (row) => row.number, rowHeader: true },
              { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher },
              { key: 'month', header: 'Month', cell: (row) => <DateText value={row.month} /> },
              { key: 'state', header: 'State', cell: (row) => <PayoutStatus status={row.state} /> },
              { key: 'reference', header: 'Reference', cell: (row) => row.reference },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
              {
                key: 'steps',
                header: 'Next',
                cell: (row) => (
                  <Form method="post" aria-label={`Next step of ${row.number}`}>
                    <input type="hidden" name="payout" value={row.id} />
                    <FormRow>
                      {row.state === 'prepared' || row.state === 'sent' ? (
                        <TextField name="reference" label={`Reference for ${row.number}`} />
                      ) : null}
                      {(steps[row.state] ?? []).map((step) => (
                        <SubmitButton key={step.trigger} name="trigger" value={step.trigger}>
                          {step.label}
                        </SubmitButton>
                      ))}
                    </FormRow>
                  </Form>
                ),
              },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
