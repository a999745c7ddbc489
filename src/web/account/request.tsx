import { makeStyles, tokens } from '@fluentui/react-components'
import { Form, redirect, useActionData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { CheckField } from '../ui/portal-check.tsx'
import { SubmitButton, TextAreaField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { DateText, MomentText } from '../ui/portal-time.tsx'
import { approveRequest, requestDetail } from './procurement-data.server.ts'
import { RequestState } from './request-state.tsx'
import type { Route } from './+types/request.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Requests', to: '/account/requests' },
    { text: data?.request.what ?? 'Request' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `${loaderData?.request.what ?? 'Request'} · My account` }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'procurement.request')
  const done = new URL(args.request.url).searchParams.get('done')
  return { request: await requestDetail(visit, args.params.request), done }
}

export async function action(args: Route.ActionArgs) {
  const visit = await enter(args, 'procurement.request')
  const id = args.params.request
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  try {
    if (intent === 'approve') await approveRequest(visit, id, field(form, 'answer'), form.get('list') === 'yes')
    else if (intent === 'deny') await visit.run((ctx) => visit.domain.procurement.deny(ctx, id, field(form, 'answer')))
    else if (intent === 'withdraw') await visit.run((ctx) => visit.domain.procurement.withdraw(ctx, id))
    else throw invalid('UnknownIntent', 'This page has no such form.')
  } catch (error) {
    return refused(error)
  }
  return redirect(`/account/requests/${id}?done=${intent}`, 303)
}

const doneTexts: Record<string, string> = {
  asked: 'Asked. The administrators of your organisation have been told; you get a mail with their answer.',
  approve: 'Approved. Who asked has been told.',
  deny: 'Denied. Who asked has been told.',
  withdraw: 'Withdrawn.',
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400, whiteSpace: 'pre-line', overflowWrap: 'anywhere' },
  list: { margin: 0, paddingInlineStart: '20px', lineHeight: tokens.lineHeightBase400 },
  form: { display: 'grid', rowGap: tokens.spacingVerticalM, maxWidth: '560px' },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})

export default function RequestPage({ loaderData: { request: one, done } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const doneText = done ? doneTexts[done] : undefined
  return (
    <PortalPage
      title={one.what}
      lead={`${one.kind}, asked for by ${one.requester}`}
      actions={
        one.completes ? (
          <ButtonLink to={one.completes} primary document>
            Complete the purchase
          </ButtonLink>
        ) : undefined
      }
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      {one.completes ? (
        <Notice intent="info" title="You may buy it now.">
          The approval is good until {one.expiresOn}, for this plan at this price and for no more users.
        </Notice>
      ) : null}
      <Section title="What is asked for" card>
        <Facts
          facts={[
            { label: 'State', value: <RequestState state={one.state} /> },
            {
              label: 'Offer',
              value: (
                <TextLink to={one.product} document>
                  {one.offer}
                </TextLink>
              ),
            },
            { label: 'Plan', value: one.plan },
            ...(one.seats === null ? [] : [{ label: 'Users', value: one.seats }]),
            { label: 'Price, before tax', value: one.price },
            { label: 'Asked by', value: `${one.requester} (${one.requesterEmail})` },
            { label: 'Asked', value: <MomentText value={one.askedAt} /> },
            ...(one.state === 'waiting' ? [{ label: 'Waits until', value: <DateText value={one.expiresOn} /> }] : []),
            ...(one.decidedAt ? [{ label: `Decided by ${one.decidedBy ?? 'somebody'}`, value: <MomentText value={one.decidedAt} /> }] : []),
            ...(one.subscription
              ? [
                  {
                    label: 'Subscription',
                    value: <TextLink to={`/account/subscriptions/${one.subscription}`}>Open the subscription</TextLink>,
                  },
                ]
              : []),
          ]}
        />
        <ul className={styles.list}>
          {one.reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      </Section>
      {one.note ? (
        <Section title="What it is for" card>
          <p className={styles.text}>{one.note}</p>
        </Section>
      ) : null}
      {one.answer ? (
        <Section title="Answer" card>
          <p className={styles.text}>{one.answer}</p>
        </Section>
      ) : null}
      {one.decides ? (
        <Section title="Decide" card>
          <p className={styles.text}>
            {one.isPurchase
              ? 'Once approved, who asked accepts the publisher’s terms and buys; your organisation pays.'
              : 'Once approved, the publisher is told of the change at once; your organisation pays.'}
          </p>
          <Form method="post" className={styles.form}>
            <TextAreaField
              name="answer"
              label="Your answer"
              hint="Who asked reads it. Needed when you deny."
              rows={3}
              error={refusal?.errors.fields.answer}
            />
            {one.offersListing ? <CheckField name="list" value="yes" label="Put this plan on the list for everybody" /> : null}
            <div className={styles.buttons}>
              <SubmitButton appearance="primary" name="intent" value="approve">
                Approve
              </SubmitButton>
              <SubmitButton name="intent" value="deny">
                Deny
              </SubmitButton>
            </div>
          </Form>
        </Section>
      ) : null}
      {one.withdraws ? (
        <Form method="post">
          <SubmitButton name="intent" value="withdraw">
            Withdraw the request
          </SubmitButton>
        </Form>
      ) : null}
    </PortalPage>
  )
}
