import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { AgreementStep } from './agreement-step.tsx'
import { agreementsShown, suggestedId } from './enroll-data.server.ts'
import { PublisherStep } from './publisher-step.tsx'
import type { Route } from './+types/partner.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Open an account', to: '/partner/enroll' }, { text: 'Publisher profile' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Publisher profile · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'account.enroll')
  const { domain, read } = visit
  const { existing } = await read((ctx) => domain.accounts.enrollmentPaths(ctx))
  const chosen = existing.find((one) => one.accountId === args.params.account && one.path === 'partner')
  // Not the visitor's to enrol, or enrolled already.
  if (!chosen) throw redirect('/partner/enroll')
  const mpnIds = await read((ctx) => domain.accounts.partnerIds(ctx, chosen.accountId))
  return {
    agreements: await agreementsShown(visit),
    name: chosen.name,
    mpnIds: [{ value: '', label: 'Choose' }, ...mpnIds.map(({ mpnId, location }) => ({ value: mpnId, label: `${mpnId} (${location})` }))],
    publisherId: suggestedId(chosen.name),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'account.enroll')
  const form = await readForm(args.request)
  const given = {
    mpnId: field(form, 'mpnId'),
    companyName: field(form, 'companyName'),
    publisherName: field(form, 'publisherName'),
    publisherId: field(form, 'publisherId'),
    publisherAgreement: field(form, 'publisherAgreement'),
  }
  try {
    const { accountId } = await run((ctx) => domain.accounts.enrollPartner(ctx, args.params.account, given))
    return redirect(`/partner/accounts/${accountId}?welcome`, 303)
  } catch (error) {
    return refused(error)
  }
}

export default function EnrollPartner({ loaderData: { agreements, name, mpnIds, publisherId } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title="Publisher profile" lead={`${name} is in the partner network. Enrol it in the commercial marketplace.`}>
      {refusal ? (
        <Notice intent="error" title="The account is not enrolled.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Form method="post">
        <FormRows>
          <Section title="Publisher profile" card>
            <FormRow>
              <SelectField name="mpnId" label="MPN ID to link" options={mpnIds} error={errors.mpnId} />
              <TextField name="companyName" label="Company name" defaultValue={name} required error={errors.companyName} />
            </FormRow>
            <PublisherStep name={name} publisherId={publisherId} errors={errors} />
          </Section>
          <AgreementStep name="publisherAgreement" agreement={agreements.publisher} error={errors.publisherAgreement ?? errors.publisher} />
          <FormRow>
            <SubmitButton appearance="primary">Accept and continue</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
