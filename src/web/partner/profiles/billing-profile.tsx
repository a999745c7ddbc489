import { Form, redirect, useActionData } from 'react-router'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRows } from '../../ui/portal-more.tsx'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { countryName } from './profiles-data.server.ts'
import type { Route } from './+types/billing-profile.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payout and tax profiles', ...(data ? { to: data.base } : {}) },
    { text: 'Billing profile' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Billing profile · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, publisher, read } = await enterPublisher(args, 'payout.manage')
  const profile = await read((ctx) => domain.accounts.sellerBilling(ctx, publisher.publisherId))
  return { base: `/partner/publishers/${publisher.publisherId}/profiles`, ...profile, countryName: countryName(profile.country) }
}

export async function action(args: Route.ActionArgs) {
  const { publisher, domain, run } = await enterPublisher(args, 'payout.manage')
  const form = await args.request.formData()
  try {
    await run((ctx) =>
      domain.accounts.setSellerBilling(ctx, publisher.publisherId, {
        line1: field(form, 'line1'),
        line2: field(form, 'line2'),
        postalCode: field(form, 'postalCode'),
        city: field(form, 'city'),
        region: field(form, 'region'),
        taxId: field(form, 'taxId'),
        vatId: field(form, 'vatId'),
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`/partner/publishers/${publisher.publisherId}/profiles?done=billing`, 303)
}

export default function BillingProfile({ loaderData }: Route.ComponentProps) {
  const { legalName, address, taxId, vatId, vatIdRequired, saved } = loaderData
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Billing profile"
      lead="Needed only by publishers of Dynamics 365 Customer Engagement & Power Apps and Dynamics 365 Operations offers."
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : saved ? null : (
        <Notice intent="info" title="Prefilled from your legal entity.">
          Check it and save it.
        </Notice>
      )}
      <Section title="Legal entity" card>
        <Facts
          facts={[
            { label: 'Company name', value: legalName },
            { label: 'Country or region', value: loaderData.countryName },
          ]}
        />
      </Section>
      <Section title="Billing address" card>
        <Form method="post">
          <FormRows>
            <FormRow>
              <TextField name="line1" label="Street and number" defaultValue={address.line1 ?? ''} required error={errors.line1} />
              <TextField name="line2" label="Second line" defaultValue={address.line2 ?? ''} error={errors.line2} />
            </FormRow>
            <FormRow>
              <TextField name="postalCode" label="Postal code" defaultValue={address.postalCode ?? ''} error={errors.postalCode} />
              <TextField name="city" label="City" defaultValue={address.city ?? ''} required error={errors.city} />
              <TextField name="region" label="Region" defaultValue={address.region ?? ''} error={errors.region} />
            </FormRow>
            <FormRow>
              <TextField name="taxId" label="Tax ID" hint="Optional" defaultValue={taxId ?? ''} error={errors.taxId} />
              <TextField
                name="vatId"
                label="VAT ID"
                hint={vatIdRequired ? 'Required in your country' : 'Optional'}
                defaultValue={vatId ?? ''}
                required={vatIdRequired}
                error={errors.vatId}
              />
            </FormRow>
            <FormRow>
              <SubmitButton appearance="primary">Save the billing profile</SubmitButton>
            </FormRow>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
