import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { AgreementStep } from './agreement-step.tsx'
import { agreementsShown, suggestedId } from './enroll-data.server.ts'
import { PublisherStep } from './publisher-step.tsx'
import type { Route } from './+types/developer.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Open an account', to: '/partner/enroll' }, { text: 'Publisher profile' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Publisher profile · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'account.enroll')
  const { user, domain, read } = visit
  const { existing } = await read((ctx) => domain.accounts.enrollmentPaths(ctx))
  const chosen = existing.find((one) => one.accountId === args.params.account && one.path === 'developer')
  // Not the visitor's to enrol, or enrolled already.
  if (!chosen) throw redirect('/partner/enroll')
  return {
    agreements: await agreementsShown(visit),
    name: chosen.name,
    isCompany: chosen.accountType === 'company',
    email: user.email,
    publisherId: suggestedId(chosen.name),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'account.enroll')
  const form = await readForm(args.request)
  const given = {
    workEmail: field(form, 'workEmail'),
    companyName: field(form, 'companyName'),
    publisherName: field(form, 'publisherName'),
    publisherId: field(form, 'publisherId'),
    publisherAgreement: field(form, 'publisherAgreement'),
  }
  try {
    const { accountId } = await run((ctx) => domain.accounts.enrollDeveloper(ctx, args.params.account, given))
    return redirect(`/partner/accounts/${accountId}?welcome`, 303)
  } catch (error) {
    return refused(error)
  }
}

export default function EnrollDeveloper({ loaderData: { agreements, name, isCompany, email, publisherId } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Publisher profile"
      lead={
        isCompany
          ? `${name} is in the developer program. The commercial marketplace joins the same account.`
          : `${name} is in the developer program. Selling gets an account of its own, which you find in the account picker.`
      }
    >
      {refusal ? (
        <Notice intent="error" title="The account is not enrolled.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Form method="post">
        <FormRows>
          <Section title="Publisher profile" card>
            <FormRow>
              <TextField
                name="workEmail"
                label="Work e-mail"
                type="email"
                hint="A link is sent to it, to confirm it"
                defaultValue={email}
                required
                error={errors.workEmail}
              />
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
