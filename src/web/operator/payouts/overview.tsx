import { Text } from '@fluentui/react-components'
import { MoneyRegular } from '@fluentui/react-icons/svg/money'
import { Form, redirect, useActionData } from 'react-router'
import type { PayoutTrigger } from '../../../domain/billing/index.ts'
import { invalid } from '../../../kernel/errors.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { ConfirmForm, FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { heldReasons } from '../../ui/payout-words.tsx'
import { More } from '../../ui/portal-more.tsx'
import { PayoutStatus, Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { payoutsAndPreview } from './payouts-data.server.ts'
import { PayoutTabs } from './tabs.tsx'
import type { Route } from './+types/overview.ts'

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
  return { ...(await payoutsAndPreview(visit)), done: new URL(args.request.url).searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  const text = field(form, 'reference')
  const id = field(form, 'payout')
  try {
    if (field(form, 'intent') === 'run') {
      const started = await run((ctx) => domain.billing.startPayoutRun(ctx))
      return redirect(`/operator/payouts/runs/${started}`, 303)
    }
    const trigger = triggers.find((one) => one === field(form, 'trigger'))
    if (!trigger) throw invalid('UnknownStep', 'A payout has no such step.')
    if (text.length > 100) throw invalid('ReferenceTooLong', 'The reference has at most 100 characters.', { target: 'reference' })
    if (trigger === 'return') {
      const accountIsWrong = field(form, 'accountIsWrong') === 'yes'
      await run((ctx) => domain.billing.returnPayout(ctx, id, { reason: text, accountIsWrong }))
    } else {
      await run((ctx) => domain.billing.changePayout(ctx, id, trigger, text === '' ? undefined : text))
    }
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/payouts?done=step', 303)
}

export default function OperatorPayouts({ loaderData: { nextRun, preview, payouts, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Payouts"
      lead="What publishers get of what their customers have paid. A run prepares payouts on the 15th of each month."
    >
      <PayoutTabs />
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Done." />
      ) : null}
      {preview.length > 0 ? (
        <Section
          title="In the next run"
          actions={
            <ConfirmForm
              intent="run"
              button="Run the payouts now"
              title="Run the payouts of this month now?"
              confirm="Run now"
              keep="Not now"
            >
              Whoever was paid this month is left out. The run on the 15th takes place all the same, for what is left.
            </ConfirmForm>
          }
        >
          <Text block>
            As it stands now, for <DateText value={nextRun} />. What waits is paid by the first run after its reason is gone.
          </Text>
          <DataTable
            caption="What the next payout run would pay"
            rows={preview}
            rowKey={(row) => row.id}
            columns={[
              { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher, rowHeader: true },
              { key: 'lines', header: 'Lines', cell: (row) => row.what, align: 'end' },
              { key: 'net', header: 'Customers paid', cell: (row) => row.net, align: 'end' },
              { key: 'fee', header: 'Store fee', cell: (row) => row.fee, align: 'end' },
              { key: 'withheld', header: 'Withheld', cell: (row) => row.withheld, align: 'end' },
              { key: 'adjusted', header: 'Adjustments', cell: (row) => row.adjusted, align: 'end' },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
              {
                key: 'state',
                header: 'Then',
                cell: (row) =>
                  row.reason === null ? (
                    <Status tone="info">Is paid</Status>
                  ) : (
                    <>
                      <Status tone="attention">Waits</Status> {heldReasons[row.reason]}
                    </>
                  ),
              },
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
              {
                key: 'state',
                header: 'State',
                cell: (row) => (
                  <>
                    <PayoutStatus status={row.state} /> {row.returnReason}
                  </>
                ),
              },
              { key: 'reference', header: 'Reference', cell: (row) => row.reference },
              { key: 'amount', header: 'Amount', cell: (row) => row.amount, align: 'end' },
              { key: 'steps', header: 'Next', cell: (row) => <Steps number={row.number} id={row.id} state={row.state} /> },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}

/** What can be done with one payout. What a bank returns is done on the page of its file, or here with the bank's reason. */
function Steps({ number, id, state }: { number: string; id: string; state: string }) {
  const of = steps[state] ?? []
  const returns = of.some((step) => step.trigger === 'return')
  const labels: Record<string, string> = {
    prepared: `Reference for ${number}`,
    sent: `Reference, or reason of the return of ${number}`,
    paid: `Reason of the return of ${number}`,
  }
  const label = labels[state]
  return (
    <More label={`Steps of ${number}`}>
      <Form method="post" aria-label={`Next step of ${number}`}>
        <input type="hidden" name="payout" value={id} />
        <FormRow>
          {label ? <TextField name="reference" label={label} /> : null}
          {returns ? <CheckField name="accountIsWrong" value="yes" label="Returned: the account is wrong" /> : null}
        </FormRow>
        <FormRow>
          {of.map((step) => (
            <SubmitButton key={step.trigger} name="trigger" value={step.trigger}>
              {step.label}
            </SubmitButton>
          ))}
        </FormRow>
      </Form>
    </More>
  )
}
