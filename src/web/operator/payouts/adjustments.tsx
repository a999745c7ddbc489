import { Text } from '@fluentui/react-components'
import { ArrowSwapRegular } from '@fluentui/react-icons/svg/arrow-swap'
import { Form, redirect, useActionData } from 'react-router'
import type { AdjustmentTrigger } from '../../../domain/billing/index.ts'
import { invalid } from '../../../kernel/errors.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { AdjustmentStatus } from '../../ui/payout-words.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { adjustmentList, currencyOptions, publisherOptions } from './payouts-data.server.ts'
import { PayoutTabs } from './tabs.tsx'
import type { Route } from './+types/adjustments.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payouts', to: '/operator/payouts' }, { text: 'Adjustments' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Adjustments · Operator console' }]

const triggers: readonly AdjustmentTrigger[] = ['approve', 'refuse', 'withdraw']

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'operator.console')
  return {
    adjustments: await adjustmentList(visit),
    publishers: await publisherOptions(visit),
    currencies: currencyOptions,
    done: new URL(args.request.url).searchParams.has('done'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') === 'request') {
      await run((ctx) =>
        domain.billing.requestAdjustment(ctx, {
          publisherId: field(form, 'publisherId'),
          currency: field(form, 'currency'),
          amount: field(form, 'amount'),
          reason: field(form, 'reason'),
        }),
      )
    } else {
      const trigger = triggers.find((one) => one === field(form, 'trigger'))
      if (!trigger) throw invalid('UnknownStep', 'An adjustment has no such step.')
      await run((ctx) => domain.billing.decideAdjustment(ctx, field(form, 'adjustment'), trigger, field(form, 'note')))
    }
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/payouts/adjustments?done', 303)
}

export default function Adjustments({ loaderData: { adjustments, publishers, currencies, done } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Adjustments"
      lead="Money given to a publisher or taken back beside any sale. The store fee bears it, and it counts once a second operator has approved it."
    >
      <PayoutTabs />
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title="Done." />
      ) : null}
      <Section title="Ask for an adjustment" card>
        <Form method="post" key={adjustments.length}>
          <input type="hidden" name="intent" value="request" />
          <FormRow>
            <SelectField name="publisherId" label="Publisher" options={publishers} error={errors.publisherId} />
            <TextField
              name="amount"
              label="Amount"
              hint="Above zero for the publisher, below zero for the marketplace"
              placeholder="120.50"
              required
              error={errors.amount}
            />
            <SelectField name="currency" label="Currency" options={currencies} defaultValue="USD" error={errors.currency} />
            <TextField name="reason" label="Why" hint="The publisher reads it" required error={errors.reason} />
            <SubmitButton appearance="primary">Ask for approval</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Adjustments">
        {adjustments.length === 0 ? (
          <EmptyState icon={<ArrowSwapRegular />} title="No adjustments yet">
            Corrections of a publisher’s balance are listed here with who asked for them and who approved them.
          </EmptyState>
        ) : (
          <DataTable
            caption="Adjustments, newest first"
            rows={adjustments}
            rowKey={(row) => row.id}
            columns={[
              { key: 'number', header: 'Adjustment', cell: (row) => row.number, rowHeader: true },
              { key: 'publisher', header: 'Publisher', cell: (row) => row.publisher },
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
                    <AdjustmentStatus status={row.state} /> {row.decidedBy && row.state !== 'withdrawn' ? `by ${row.decidedBy}` : null}
                    {row.note ? <div>{row.note}</div> : null}
                  </>
                ),
              },
              { key: 'steps', header: 'Decide', cell: (row) => (row.state === 'requested' ? <Decision {...row} /> : '–') },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}

function Decision({ id, number, mine }: { id: string; number: string; mine: boolean }) {
  if (mine) {
    return (
      <Form method="post" aria-label={`Withdraw ${number}`}>
        <input type="hidden" name="adjustment" value={id} />
        <Text block>Somebody else must approve it.</Text>
        <SubmitButton name="trigger" value="withdraw">
          Withdraw
        </SubmitButton>
      </Form>
    )
  }
  return (
    <Form method="post" aria-label={`Decide about ${number}`}>
      <input type="hidden" name="adjustment" value={id} />
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
