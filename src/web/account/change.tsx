import { makeStyles, Radio, RadioGroup, tokens } from '@fluentui/react-components'
import { data, Form, redirect, useActionData } from 'react-router'
import { isDomainError } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextAreaField, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink } from '../ui/portal-link.tsx'
import { Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { askForChange, changeChoices } from './change-data.server.ts'
import type { Route } from './+types/change.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined, params) => [
    { text: 'Subscriptions', to: '/account' },
    { text: data?.name ?? 'Subscription', to: `/account/subscriptions/${params.subscription}` },
    { text: 'Change' },
  ],
}
export const meta: Route.MetaFunction = ({ loaderData }) => [{ title: `Change ${loaderData?.name ?? 'subscription'} · My account` }]

export async function loader(args: Route.LoaderArgs) {
  return changeChoices(await enter(args, 'subscription.read'), args.params.subscription)
}

export async function action(args: Route.ActionArgs) {
  const visit = await enter(args, 'subscription.read')
  const form = await args.request.formData()
  try {
    const asked = await askForChange(visit, args.params.subscription, form)
    if (asked) return redirect(`/account/requests/${asked.request}?done=asked`, 303)
  } catch (error) {
    if (!isDomainError(error) || error.code !== 'ApprovalNeeded') return refused(error)
    const sent = { what: field(form, 'what'), planId: field(form, 'planId'), quantity: field(form, 'quantity') }
    return data({ errors: null, approval: { sentence: error.message, sent } }, { status: 403 })
  }
  return redirect(`/account/subscriptions/${args.params.subscription}?done=change`, 303)
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400 },
  form: { display: 'grid', rowGap: tokens.spacingVerticalM, justifyItems: 'start' },
  muted: { color: tokens.colorNeutralForeground2, display: 'block', maxWidth: '72ch' },
  price: { display: 'block' },
  error: { margin: 0, color: tokens.colorPaletteRedForeground1 },
})

export default function Change({ loaderData: one }: Route.ComponentProps) {
  const styles = useStyles()
  const answer = useActionData<typeof action>()
  const errors = answer?.errors
  const approval = answer && 'approval' in answer ? answer.approval : null
  const isOpen = one.status === 'Subscribed' && !one.pending
  return (
    <PortalPage
      title={`Change ${one.name}`}
      lead={`Now: ${one.plan}, ${one.quantity === null ? '' : `${one.quantity} seats, `}${one.price}.`}
      actions={<ButtonLink to={`/account/subscriptions/${one.id}`}>Leave it as it is</ButtonLink>}
    >
      {errors ? (
        <Notice intent="error" title="The change was not asked for.">
          {errors.message}
        </Notice>
      ) : null}
      {approval ? (
        <Section title="An administrator must approve this" card>
          <p className={styles.text}>{approval.sentence}</p>
          <Form method="post" className={styles.form} aria-label="Ask for an approval">
            {Object.entries(approval.sent).map(([name, value]) => (
              <input key={name} type="hidden" name={name} value={value} />
            ))}
            <TextAreaField name="note" label="What is it for?" hint="The administrators read it." rows={3} />
            <SubmitButton appearance="primary" name="intent" value="request">
              Ask for an approval
            </SubmitButton>
          </Form>
        </Section>
      ) : null}
      {one.pending ? (
        <Notice intent="info" title="A change is in progress.">
          Wait until the publisher has decided it; then the next one can be asked for.
        </Notice>
      ) : one.status === 'Subscribed' ? (
        <p className={styles.text}>
          {one.isFreeTrial
            ? 'This is the free month. A plan without a free month ends it at once, and its first term is charged in full.'
            : `The rest of the current term (${one.termPrice} for all of it) is taken back at the old price and charged at the new one, by days. The term keeps its dates.`}
        </p>
      ) : (
        <Notice intent="warning" title="It cannot be changed now.">
          Only an active subscription can be changed.
        </Notice>
      )}
      {isOpen ? (
        <Section title="Another plan" card>
          {one.plans.length === 0 ? (
            <p className={styles.text}>The offer has no other plan for your organisation.</p>
          ) : (
            <Form method="post" className={styles.form} aria-label="Another plan">
              <input type="hidden" name="what" value="plan" />
              <RadioGroup name="planId" aria-label="Plan" defaultValue={one.plans.find((plan) => plan.limits === null)?.planId ?? ''}>
                {one.plans.map((plan) => (
                  <Radio
                    key={plan.planId}
                    value={plan.planId}
                    disabled={plan.limits !== null}
                    label={
                      <>
                        <strong>
                          {plan.name}
                          {plan.isPrivate ? ' (for your organisation)' : ''}
                        </strong>
                        <span className={styles.price}>
                          {plan.price}
                          {one.quantity === null ? '' : `, ${plan.total} for ${one.quantity} seats`}
                          {plan.limits ? `; ${plan.limits}` : ''}
                        </span>
                        <span className={styles.muted}>{plan.description}</span>
                      </>
                    }
                  />
                ))}
              </RadioGroup>
              {errors?.fields.planId ? <p className={styles.error}>{errors.fields.planId}</p> : null}
              <SubmitButton appearance="primary" name="intent" value="change">
                Change to this plan
              </SubmitButton>
            </Form>
          )}
        </Section>
      ) : null}
      {isOpen && one.quantity !== null ? (
        <Section title="Seats" card>
          <Form method="post" noValidate aria-label="Another number of seats">
            <input type="hidden" name="what" value="seats" />
            <FormRow>
              <TextField
                name="quantity"
                type="number"
                label="Number of seats"
                hint={one.seats ? `This plan is sold with ${one.seats.min} to ${one.seats.max} seats` : ''}
                defaultValue={String(one.quantity)}
                error={errors?.fields.quantity}
                autoComplete="off"
              />
              <SubmitButton appearance="primary" name="intent" value="change">
                Change the seats
              </SubmitButton>
            </FormRow>
          </Form>
        </Section>
      ) : null}
    </PortalPage>
  )
}
