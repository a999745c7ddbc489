import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { FormRow, SubmitButton, TextAreaField, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Facts, Figures, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import type { Route } from './+types/removal.ts'

export const handle: CrumbHandle = {
  crumbs: (_data, { request }) => [
    { text: 'Support', to: '/operator/support' },
    { text: 'Request', to: `/operator/support/${request}` },
    { text: 'Remove the offer' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Remove an offer · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'subscription.terminate')
  const { announced, ...preview } = await read((ctx) => domain.support.removalPreview(ctx, args.params.request))
  const day = preview.wishedFor !== null && preview.wishedFor > preview.earliest ? preview.wishedFor : preview.earliest
  return { ...preview, day, announced: announced?.id ?? null }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'subscription.terminate')
  const form = await readForm(args.request)
  const { request } = args.params
  try {
    await run((ctx) =>
      domain.support.announceRemoval(ctx, {
        request,
        effectiveOn: field(form, 'effectiveOn'),
        notice: field(form, 'notice'),
        understood: field(form, 'understood') === 'yes',
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect('/operator/support/removals', 303)
}

export default function RemovalPage({ loaderData: data }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title={`Remove ${data.name} from its customers`}
      lead="Stopping distribution leaves an offer to those who have it. This takes it away from them: their subscriptions end on a day that they are told before."
    >
      {refusal ? (
        <Notice intent="error" title="Nothing was announced.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Figures
        figures={[
          { label: 'Subscriptions that end', value: data.running },
          { label: 'Customers', value: data.customers },
        ]}
      />
      <Section title="Offer" card>
        <Facts
          facts={[
            { label: 'Publisher', value: data.publisherId },
            { label: 'Offer id', value: data.offerId },
            { label: 'In the stores', value: data.isSold ? 'Still sold: announcing stops that' : 'Not sold any more' },
            { label: 'The publisher wishes', value: data.wishedFor ?? 'No day named' },
          ]}
        />
      </Section>
      {data.announced === null ? (
        <Section title="Announcement" card>
          <Form method="post">
            <FormRows>
              <FormRow>
                <TextField
                  name="effectiveOn"
                  type="date"
                  label="Subscriptions end on"
                  hint={`${data.earliest} at the earliest`}
                  defaultValue={data.day}
                  error={errors.effectiveOn}
                  required
                />
              </FormRow>
              <TextAreaField name="notice" label="What the customers read" rows={6} error={errors.notice} required />
              <CheckField
                name="understood"
                value="yes"
                label={`${data.running} subscriptions of ${data.customers} customers end on that day, and the offer leaves the stores now.`}
                error={errors.understood}
                required
              />
              <div>
                <SubmitButton appearance="primary">Announce the removal</SubmitButton>
              </div>
            </FormRows>
          </Form>
        </Section>
      ) : (
        <Notice intent="info" title="The removal is announced already.">
          <TextLink to="/operator/support/removals">Removals of offers</TextLink>
        </Notice>
      )}
    </PortalPage>
  )
}
