import { makeStyles, tokens } from '@fluentui/react-components'
import { KeyRegular } from '@fluentui/react-icons/svg/key'
import { Form, type LoaderFunctionArgs, redirect, useActionData, useLoaderData } from 'react-router'
import { enterSandbox } from '../ui/desk.server.ts'
import { LiveRefresh } from '../ui/live-refresh.tsx'
import { field, refused } from '../ui/portal-access.server.ts'
import { Code } from '../ui/portal-code.tsx'
import { ConfirmForm, FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { Status, SubscriptionStatus } from '../ui/portal-status.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { TimeLine } from '../ui/portal-time-line.tsx'
import { DateText, MomentText } from '../ui/portal-time.tsx'
import { ClockCard } from './clock-card.tsx'
import { sandboxCrumbs } from './desk-address.ts'
import { landingPage, playedSubscription, playOn } from './sandbox-data.server.ts'

type Data = Awaited<ReturnType<typeof playedSubscription>>

export const handle: CrumbHandle = {
  crumbs: (data: Data | undefined, params) => sandboxCrumbs(params, data?.name ?? 'Subscription'),
}
export const meta = () => [{ title: 'Subscription · Sandbox' }]

export async function loader(args: LoaderFunctionArgs) {
  const search = new URL(args.request.url).searchParams
  return { done: search.get('done'), ...(await playedSubscription(await enterSandbox(args), args.params.subscription ?? '', search)) }
}

export async function action(args: LoaderFunctionArgs) {
  const desk = await enterSandbox(args)
  const id = args.params.subscription ?? ''
  try {
    const form = await args.request.formData()
    if (field(form, 'intent') === 'open') return { landing: await landingPage(desk, id) }
    const done = await playOn(desk, id, form)
    return redirect(`${desk.base}/sandbox/subscriptions/${id}?done=${done}`, 303)
  } catch (error) {
    return refused(error)
  }
}

const doneTexts: Record<string, string> = {
  bought: 'Bought. Make a landing-page token and open the page to configure it.',
  'change-plan': 'The customer asked for another plan. The publisher decides.',
  'change-seats': 'The customer asked for another number of seats. The publisher decides.',
  'payment-failed': 'A payment failed.',
  'payment-recovered': 'The payment came. The publisher is asked to reinstate.',
  'renew-on': 'Automatic renewal is on.',
  'renew-off': 'Automatic renewal is off: it ends with its term.',
  cancel: 'The customer cancelled.',
}

const useStyles = makeStyles({
  forms: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'flex-start' },
  link: { color: tokens.colorBrandForegroundLink, fontWeight: tokens.fontWeightSemibold, display: 'inline-block', minHeight: '24px' },
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400 },
})

export default function PlayedSubscription() {
  const styles = useStyles()
  const one = useLoaderData<typeof loader>()
  const answer = useActionData<typeof action>()
  const errors = answer && 'errors' in answer ? answer.errors : undefined
  const landing = answer && 'landing' in answer ? answer.landing : undefined
  const { base } = one
  const ended = one.status === 'Unsubscribed'
  const doneText = one.done ? doneTexts[one.done] : undefined
  return (
    <PortalPage
      title={one.name}
      lead={`${one.offer} of ${one.publisherId}`}
      actions={
        <>
          <LiveRefresh />
          {ended ? null : (
            <Form method="post">
              <SubmitButton appearance="primary" icon={<KeyRegular />} name="intent" value="open">
                New landing-page token
              </SubmitButton>
            </Form>
          )}
        </>
      }
    >
      {errors ? (
        <Notice intent="error" title="This was not done.">
          {errors.message}
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      {landing ? (
        <Section title="Landing page" card>
          <p className={styles.text}>The token is valid for 24 hours of market time, and as often as wanted.</p>
          <div>
            <a href={landing} target="_blank" rel="noopener noreferrer" className={styles.link}>
              Open the landing page as the customer (opens a new tab)
            </a>
          </div>
          <Code label="Address of the landing page">{landing}</Code>
        </Section>
      ) : null}
      {one.pending ? (
        <Notice intent="info" title="An operation is in progress.">
          <TextLink to={`${base}/operations/${one.pending}`}>See how far it is</TextLink>
        </Notice>
      ) : null}
      <Section title="Subscription" card>
        <Facts
          facts={[
            { label: 'State', value: <SubscriptionStatus status={one.status} /> },
            { label: 'Plan', value: one.plan },
            { label: 'Price agreed', value: one.price },
            ...(one.quantity === null ? [] : [{ label: 'Seats', value: one.quantity }]),
            {
              label: one.term?.isTrial ? 'Free month' : 'Term',
              value: one.term ? (
                <>
                  <DateText value={one.term.from} /> to <DateText value={one.term.to} />
                </>
              ) : (
                'Begins with the activation'
              ),
            },
            { label: 'Automatic renewal', value: one.autoRenew ? 'On' : 'Off' },
            { label: one.byReseller ? 'Bought by the reseller' : 'Bought by', value: one.purchaser },
            { label: 'Used by', value: one.beneficiary },
            { label: 'Subscription id', value: one.id },
          ]}
        />
        {ended ? <p className={styles.text}>It has ended; nothing can be done to it any more.</p> : null}
        {one.status === 'Subscribed' ? (
          <div className={styles.forms}>
            {one.plans.length > 0 ? (
              <Form method="post" aria-label="Change the plan">
                <FormRow>
                  <SelectField name="planId" label="Other plan" options={one.plans} error={errors?.fields.planId} />
                  <SubmitButton name="intent" value="change-plan">
                    Change plan
                  </SubmitButton>
                </FormRow>
              </Form>
            ) : null}
            {one.quantity === null ? null : (
              <Form method="post" noValidate aria-label="Change the seats">
                <FormRow>
                  <TextField
                    name="quantity"
                    type="number"
                    label="Seats"
                    hint={one.seats ? `${one.seats.min} to ${one.seats.max}` : ''}
                    defaultValue={String(one.quantity)}
                    error={errors?.fields.quantity}
                    autoComplete="off"
                  />
                  <SubmitButton name="intent" value="change-seats">
                    Change seats
                  </SubmitButton>
                </FormRow>
              </Form>
            )}
          </div>
        ) : null}
        {ended ? null : (
          <div className={styles.forms}>
            <Form method="post" className={styles.forms} aria-label="Payment and renewal">
              {one.status === 'Suspended' ? (
                <SubmitButton name="intent" value="payment-recovered">
                  Payment recovered: reinstate
                </SubmitButton>
              ) : (
                <SubmitButton name="intent" value="payment-failed">
                  {one.status === 'Subscribed' ? 'Payment failed: suspend' : 'Payment failed: end'}
                </SubmitButton>
              )}
              <SubmitButton name="intent" value={one.autoRenew ? 'renew-off' : 'renew-on'}>
                {one.autoRenew ? 'Automatic renewal off' : 'Automatic renewal on'}
              </SubmitButton>
            </Form>
            <ConfirmForm intent="cancel" button="Cancel it" title={`Cancel ${one.name}?`} confirm="Yes, cancel it" keep="Keep it">
              <p className={styles.text}>As the customer does: it ends at once and cannot be taken up again.</p>
            </ConfirmForm>
          </div>
        )}
      </Section>
      <ClockCard base={base} now={one.now} moved={one.moved} trouble={one.trouble} subscription={one.id} />
      {one.ahead.length > 0 ? (
        <Section title="Ahead">
          <DataTable
            caption="What is due next"
            rows={one.ahead}
            rowKey={(row) => row.id}
            columns={[
              { key: 'what', header: 'What', cell: (row) => row.text, rowHeader: true },
              { key: 'at', header: 'At (market time)', cell: (row) => <MomentText value={row.at} seconds /> },
            ]}
          />
        </Section>
      ) : null}
      {one.operations.length > 0 ? (
        <Section title="Operations">
          <DataTable
            caption="Operations, newest first"
            rows={one.operations}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'what',
                header: 'Operation',
                cell: (row) => <TextLink to={`${base}/operations/${row.id}`}>{row.text}</TextLink>,
                rowHeader: true,
              },
              { key: 'status', header: 'Status', cell: (row) => <Status tone={row.tone}>{row.status}</Status> },
              { key: 'rule', header: 'Because', cell: (row) => row.rule },
              { key: 'at', header: 'Asked', cell: (row) => <MomentText value={row.createdAt} seconds /> },
            ]}
          />
        </Section>
      ) : null}
      <Section title="What happened">
        <TimeLine entries={one.entries} />
      </Section>
    </PortalPage>
  )
}
