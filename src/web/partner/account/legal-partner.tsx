import { Form, redirect, useActionData } from 'react-router'
import { field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows, More } from '../../ui/portal-more.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { PageTabs } from '../../ui/portal-tabs.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { readForm } from '../../form.ts'
import { enterAccount } from './account-access.server.ts'
import { residenceChoices, residenceName } from './account-data.server.ts'
import { addressText } from './account-words.ts'
import { legalView } from './legal-tabs.server.ts'
import type { Route } from './+types/legal-partner.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Legal info' }, { text: 'Partner' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Legal info · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'seller-account.read')
  const { tabs, settings } = await legalView(visit, 'partner')
  const done = new URL(args.request.url).searchParams.get('done')
  const { legalName, country, countryName, address, sellerContact, mpnIds } = settings
  return {
    done,
    tabs,
    legalName,
    country: countryName ?? residenceName(country),
    address,
    contact: { name: sellerContact.name ?? '', email: sellerContact.email ?? '', phone: sellerContact.phone ?? '' },
    locations: mpnIds.map((one) => ({
      mpnId: one.mpnId,
      location: one.location,
      country: residenceName(one.country),
      isCsp: one.isCsp,
      createdAt: one.createdAt.toString(),
    })),
    countries: residenceChoices,
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'seller-account.manage')
  const form = await readForm(args.request)
  const adds = field(form, 'intent') === 'location'
  try {
    await run(async (ctx): Promise<unknown> => {
      if (adds) {
        const given = { location: field(form, 'location'), country: field(form, 'country'), isCsp: field(form, 'isCsp') === 'yes' }
        return domain.accounts.addLocation(ctx, account.accountId, given)
      }
      return domain.accounts.setPartnerInfo(ctx, account.accountId, {
        line1: field(form, 'line1'),
        line2: field(form, 'line2'),
        postalCode: field(form, 'postalCode'),
        city: field(form, 'city'),
        region: field(form, 'region'),
        contactName: field(form, 'contactName'),
        contactPhone: field(form, 'contactPhone'),
      })
    })
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/legal/partner?done=${adds ? 'location' : 'saved'}`, 303)
}

export default function LegalPartner({ loaderData }: Route.ComponentProps) {
  const { done, tabs, legalName, country, address, contact, locations, countries } = loaderData
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title="Legal info" lead="What the partner network knows of your organisation.">
      <PageTabs label="Legal info" tabs={tabs} />
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title={done === 'location' ? 'The place of business has its partner ID.' : 'Saved.'} />
      ) : null}
      <Section title="Registered legal entity" card>
        <Facts
          facts={[
            { label: 'Legal name', value: legalName },
            { label: 'Country or region', value: country },
            { label: 'Registered address', value: addressText(address) },
            { label: 'Primary contact', value: [contact.name, contact.phone].filter(Boolean).join(', ') || '–' },
            { label: 'Contact’s e-mail', value: contact.email || '–' },
          ]}
        />
        <More label="Update address and contact">
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
                <TextField name="contactName" label="Primary contact" defaultValue={contact.name} required error={errors.contactName} />
                <TextField
                  name="contactPhone"
                  label="Telephone"
                  type="tel"
                  defaultValue={contact.phone}
                  required
                  error={errors.contactPhone}
                />
              </FormRow>
              <FormRow>
                <SubmitButton name="intent" value="details" appearance="primary">
                  Save
                </SubmitButton>
              </FormRow>
            </FormRows>
          </Form>
        </More>
      </Section>
      <Section title="Business locations">
        <DataTable
          caption="Business locations with their partner IDs"
          rows={locations}
          rowKey={(row) => row.mpnId}
          columns={[
            { key: 'location', header: 'Location', cell: (row) => row.location, rowHeader: true },
            { key: 'mpn', header: 'MPN ID', cell: (row) => row.mpnId },
            { key: 'country', header: 'Country or region', cell: (row) => row.country },
            { key: 'csp', header: 'CSP program', cell: (row) => (row.isCsp ? 'Yes' : 'No') },
            { key: 'since', header: 'Since', cell: (row) => <DateText value={row.createdAt} /> },
          ]}
        />
        <More label="Add a location">
          <Form method="post">
            <FormRows>
              <FormRow>
                <TextField name="location" label="Name of the location" hint="For instance Paris office" required error={errors.location} />
                <SelectField name="country" label="Country or region" options={countries} defaultValue={country} error={errors.country} />
              </FormRow>
              <CheckField name="isCsp" value="yes" label="This location takes part in the Cloud Solution Provider program" />
              <FormRow>
                <SubmitButton name="intent" value="location">
                  Add the location
                </SubmitButton>
              </FormRow>
            </FormRows>
          </Form>
        </More>
      </Section>
    </PortalPage>
  )
}
