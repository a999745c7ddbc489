import { makeStyles, tokens } from '@fluentui/react-components'
import { HistoryRegular } from '@fluentui/react-icons/svg/history'
import { Form, redirect, useActionData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { ConfirmForm, FormRow, SelectField, SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { SubscriptionStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText, MomentText } from '../ui/portal-time.tsx'
import { TimeLine } from '../ui/portal-time-line.tsx'
import { customerSubscription } from './account-data.server.ts'
import { LandingPageForm } from './landing-page-form.tsx'
import type { Route } from './+types/subscription.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Subscriptions', to: '/account' },
    { text: data?.subscription.name ?? 'Subscription' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.subscription.name ?? 'Subscription'} · My account` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'subscription.read')
  const done = new URL(args.request.url).searchParams.get('done')
  return { ...(await customerSubscription(visit, args.params.subscription)), done }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'subscription.read')
  const id = args.params.subscription
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  try {
    if (intent === 'cancel') await run((ctx) => domain.checkout.cancel(ctx, id))
    else if (intent === 'renew-on' || intent === 'renew-off')
      await run((ctx) => domain.subscriptions.setAutoRenew(ctx, id, intent === 'renew-on'))
    else if (intent === 'bill-at') await run((ctx) => domain.billing.billAt(ctx, id, field(form, 'address') || null))
    else throw invalid('UnknownIntent', 'This page has no such form.')
  } catch (error) {
    return refused(error)
  }
  return redirect(`/account/subscriptions/${id}?done=${intent}`, 303)
}

const doneTexts: Record<string, string> = {
  change: 'The change was asked for. The publisher is told and may refuse; it takes effect when it agrees, mostly within a minute.',
  cancel: 'The subscription was cancelled.',
  'bill-at': 'Saved. It is billed there from the next invoice on.',
  'renew-on': 'The subscription renews itself at the end of its term.',
  'renew-off': 'The subscription ends with its current term.',
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400 },
})

export default function SubscriptionPage({ loaderData: { subscription: one, billed, usage, open, history, done } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const doneText = done ? doneTexts[done] : undefined
  return (
    <PortalPage
      title={one.name}
      lead={`${one.offerName} by ${one.publisherName}`}
      actions={one.landing ? <LandingPageForm subscription={one.id} kind={one.landing} name={one.name} /> : undefined}
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      {one.status === 'PendingFulfillmentStart' && one.landing ? (
        <Notice intent="warning" title="Not active yet.">
          Configure the account on the publisher’s page. The subscription becomes active when the publisher has set it up; nothing is billed
          before.
        </Notice>
      ) : null}
      {one.status === 'Suspended' ? (
        <Notice intent="error" title="A payment is missing.">
          The publisher may limit access. The subscription is cancelled 30 days after its suspension unless the payment arrives.
        </Notice>
      ) : null}
      <Section title="Details" card>
        <Facts
          facts={[
            { label: 'State', value: <SubscriptionStatus status={one.status} /> },
            {
              label: 'Offer',
              value: (
                <TextLink to={one.product} document>
                  {one.offerName}
                </TextLink>
              ),
            },
            { label: 'Plan', value: one.planName },
            { label: 'Price', value: one.price },
            ...(one.quantity === null ? [] : [{ label: 'Seats', value: one.seats }]),
            ...(one.term
              ? [
                  {
                    label: one.term.isFreeTrial ? 'Free month' : 'Current term',
                    value: (
                      <>
                        <DateText value={one.term.startDate} /> to <DateText value={one.term.endDate} />
                      </>
                    ),
                  },
                ]
              : [{ label: 'Term', value: one.termText }]),
            {
              label: 'Next charge',
              value: one.nextCharge ? (
                <>
                  {one.nextCharge.amount} on <DateText value={one.nextCharge.date} />
                </>
              ) : one.pricesShown ? (
                'None'
              ) : (
                'By the reseller'
              ),
            },
            { label: 'Automatic renewal', value: one.autoRenew ? 'On' : 'Off' },
            { label: 'Bought', value: <MomentText value={one.createdAt} /> },
            { label: 'Bought by', value: one.purchaser },
            { label: 'Used by', value: one.beneficiary },
            { label: 'Subscription id', value: one.id },
          ]}
        />
      </Section>
      {one.dimensions.length > 0 ? (
        <Section title="Usage so far">
          {usage.length > 0 ? (
            <DataTable
              caption="Usage in the current billing period"
              rows={usage}
              rowKey={(row) => row.key}
              columns={[
                { key: 'name', header: 'What', cell: (row) => row.name, rowHeader: true },
                { key: 'used', header: 'Used beyond the included', cell: (row) => row.quantity, align: 'end' },
                { key: 'unit', header: 'Unit', cell: (row) => row.unit },
                ...(one.pricesShown
                  ? [
                      {
                        key: 'price',
                        header: 'Price per unit',
                        cell: (row: (typeof usage)[number]) => row.unitPrice,
                        align: 'end' as const,
                      },
                      { key: 'amount', header: 'Amount', cell: (row: (typeof usage)[number]) => row.amount, align: 'end' as const },
                    ]
                  : []),
              ]}
            />
          ) : (
            <EmptyState icon={<HistoryRegular />} title="No usage beyond what the plan includes">
              The plan includes: {one.dimensions.map((dimension) => dimension.sentence).join('; ')}.
            </EmptyState>
          )}
        </Section>
      ) : null}
      {open && open.items.length > 0 ? (
        <Section title="Not invoiced yet" actions={<TextLink to="/account/invoices">All invoices</TextLink>}>
          <p className={styles.text}>
            This will be on the invoice of <DateText value={open.nextInvoiceOn} />, before tax.
          </p>
          <DataTable
            caption="Charges of this subscription that have no invoice yet"
            rows={open.items}
            rowKey={(row) => row.id}
            columns={[
              { key: 'what', header: 'What', cell: (row) => row.description, rowHeader: true },
              { key: 'period', header: 'For', cell: (row) => row.period },
              { key: 'quantity', header: 'Quantity', cell: (row) => row.quantity, align: 'end' },
              { key: 'net', header: 'Amount', cell: (row) => row.net, align: 'end' },
            ]}
          />
        </Section>
      ) : null}
      {(one.mayChange || one.mayAsk) && one.status === 'Subscribed' ? (
        <Section title="Plan and seats" card>
          <p className={styles.text}>
            Change to another plan of this offer{one.quantity === null ? '' : ' or to another number of seats'}.
          </p>
          <div>
            <ButtonLink to={`/account/subscriptions/${one.id}/change`}>
              {one.quantity === null ? 'Change the plan' : 'Change the plan or the seats'}
            </ButtonLink>
          </div>
        </Section>
      ) : null}
      {billed && billed.addresses.length > 0 && !billed.cardOnly && one.status !== 'Unsubscribed' ? (
        <Section title="Billed to" card>
          <Form method="post" key={billed.address}>
            <FormRow>
              <SelectField
                name="address"
                label="Address"
                options={[{ value: '', label: 'Main address of the billing account' }, ...billed.addresses]}
                defaultValue={billed.address}
              />
              <SubmitButton name="intent" value="bill-at">
                Bill it there
              </SubmitButton>
            </FormRow>
          </Form>
        </Section>
      ) : null}
      {one.mayChange && one.status === 'Subscribed' ? (
        <Section title="Automatic renewal" card>
          <p className={styles.text}>
            {one.autoRenew
              ? 'The subscription renews itself at the end of each term, at the price in force then. Switch it off to let it end with the current term.'
              : 'The subscription ends with the current term. Switch automatic renewal on to keep it.'}
          </p>
          <Form method="post">
            <SubmitButton name="intent" value={one.autoRenew ? 'renew-off' : 'renew-on'}>
              {one.autoRenew ? 'Switch automatic renewal off' : 'Switch automatic renewal on'}
            </SubmitButton>
          </Form>
        </Section>
      ) : null}
      {one.mayCancel ? (
        <Section title="Cancel" card>
          <p className={styles.text}>{one.cancelCost}</p>
          <ConfirmForm
            intent="cancel"
            button="Cancel this subscription"
            title={`Cancel ${one.name}?`}
            confirm="Yes, cancel it"
            keep="Keep it"
          >
            <p className={styles.text}>{one.cancelCost}</p>
            <p className={styles.text}>
              A cancelled subscription cannot be taken up again. The publisher keeps its data for at least 7 days.
            </p>
          </ConfirmForm>
        </Section>
      ) : null}
      <Section title="History">
        <TimeLine entries={history} />
      </Section>
    </PortalPage>
  )
}
