import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { residenceChoices, residenceName } from '../account/account-data.server.ts'
import { AgreementStep } from './agreement-step.tsx'
import { agreementsShown, suggestedId } from './enroll-data.server.ts'
import { PublisherStep } from './publisher-step.tsx'
import type { Route } from './+types/company.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Open an account', to: '/partner/enroll' }, { text: 'Company' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Enrol a company · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'account.enroll')
  const { user, domain, read } = visit
  const { company } = await read((ctx) => domain.accounts.enrollmentPaths(ctx))
  // The page of the ways says why this one is closed.
  if (company !== null) throw redirect('/partner/enroll')
  const tenant = await read((ctx) => domain.directory.findTenant(ctx, user.tenantId))
  return {
    agreements: await agreementsShown(visit),
    countries: [{ value: '', label: 'Choose' }, ...residenceChoices],
    before: {
      legalName: tenant?.name ?? '',
      country: tenant ? residenceName(tenant.country) : '',
      contactName: user.displayName,
      contactEmail: user.email,
      publisherId: suggestedId(tenant?.name ?? ''),
    },
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'account.enroll')
  const form = await readForm(args.request)
  const text = (name: string) => field(form, name)
  try {
    const { accountId } = await run((ctx) =>
      domain.accounts.enrollCompany(ctx, {
        legalName: text('legalName'),
        country: text('country'),
        line1: text('line1'),
        line2: text('line2'),
        postalCode: text('postalCode'),
        city: text('city'),
        region: text('region'),
        contactName: text('contactName'),
        contactEmail: text('contactEmail'),
        contactPhone: text('contactPhone'),
        publisherName: text('publisherName'),
        publisherId: text('publisherId'),
        hasAuthority: text('hasAuthority') === 'yes',
        publisherAgreement: text('publisherAgreement'),
        partnerNetworkAgreement: text('partnerNetworkAgreement'),
      }),
    )
    return redirect(`/partner/accounts/${accountId}?welcome`, 303)
  } catch (error) {
    return refused(error)
  }
}

export default function EnrollCompany({ loaderData: { agreements, countries, before } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title="Enrol a company" lead="The company becomes a seller of the marketplace, and you the owner of its account.">
      {refusal ? (
        <Notice intent="error" title="The company is not enrolled.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Form method="post">
        <FormRows>
          <Section title="Company" card>
            <FormRow>
              <TextField name="legalName" label="Legal name" defaultValue={before.legalName} required error={errors.legalName} />
              <SelectField
                name="country"
                label="Country or region"
                options={countries}
                defaultValue={before.country}
                hint="Where the company legally resides"
                error={errors.country}
              />
            </FormRow>
            <FormRow>
              <TextField name="line1" label="Street and number" autoComplete="address-line1" required error={errors.line1} />
              <TextField name="line2" label="Second line" autoComplete="address-line2" error={errors.line2} />
            </FormRow>
            <FormRow>
              <TextField name="postalCode" label="Postal code" autoComplete="postal-code" error={errors.postalCode} />
              <TextField name="city" label="City" autoComplete="address-level2" required error={errors.city} />
              <TextField name="region" label="Region" autoComplete="address-level1" error={errors.region} />
            </FormRow>
          </Section>
          <Section title="Primary contact" card>
            <FormRow>
              <TextField name="contactName" label="Name" defaultValue={before.contactName} required error={errors.contactName} />
              <TextField
                name="contactEmail"
                label="E-mail"
                type="email"
                hint="A link is sent to it, to confirm it"
                defaultValue={before.contactEmail}
                required
                error={errors.contactEmail}
              />
              <TextField name="contactPhone" label="Telephone" type="tel" autoComplete="tel" required error={errors.contactPhone} />
            </FormRow>
          </Section>
          <Section title="Publisher profile" card>
            <PublisherStep name={before.legalName} publisherId={before.publisherId} errors={errors} />
          </Section>
          <AgreementStep
            name="partnerNetworkAgreement"
            agreement={agreements.network}
            error={errors.partnerNetworkAgreement ?? errors['partner-network']}
          />
          <AgreementStep name="publisherAgreement" agreement={agreements.publisher} error={errors.publisherAgreement ?? errors.publisher} />
          <CheckField
            name="hasAuthority"
            value="yes"
            label="I have the authority to sign legal agreements for the company"
            required
            error={errors.hasAuthority}
          />
          <FormRow>
            <SubmitButton appearance="primary">Accept and continue</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
