import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from './account-access.server.ts'
import { legalView } from './legal-tabs.server.ts'
import type { Route } from './+types/legal-developer-update.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Legal info', ...(data ? { to: `${data.base}/legal/developer` } : {}) },
    { text: 'Update contact info' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Update contact info · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'seller-account.manage')
  const { settings } = await legalView(visit, 'developer')
  const { displayName, sellerContact, companyApprover, address } = settings
  return { base: visit.base, displayName, contact: sellerContact, approver: companyApprover, address: sellerContact.address ?? address }
}

const names = [
  'displayName',
  'contactName',
  'contactEmail',
  'contactPhone',
  'line1',
  'line2',
  'postalCode',
  'city',
  'region',
  'approverName',
  'approverEmail',
  'approverPhone',
] as const

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'seller-account.manage')
  const form = await readForm(args.request)
  const given = Object.fromEntries(names.map((name) => [name, field(form, name)])) as Record<(typeof names)[number], string>
  try {
    await run((ctx) => domain.accounts.setDeveloperInfo(ctx, account.accountId, given))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/legal/developer?done=saved`, 303)
}

export default function UpdateContact({ loaderData: { displayName, contact, approver, address } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Update contact info"
      lead="IDs are given by the marketplace and stay as they are. Another contact address is confirmed by mail before it counts as verified."
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Form method="post">
        <FormRows>
          <Section title="Publisher display name" card>
            <FormRow>
              <TextField name="displayName" label="Publisher display name" defaultValue={displayName} required error={errors.displayName} />
            </FormRow>
          </Section>
          <Section title="Seller contact" card>
            <FormRow>
              <TextField name="contactName" label="Name" defaultValue={contact.name ?? ''} required error={errors.contactName} />
              <TextField
                name="contactEmail"
                label="E-mail"
                type="email"
                defaultValue={contact.email ?? ''}
                required
                error={errors.contactEmail}
              />
              <TextField
                name="contactPhone"
                label="Telephone"
                type="tel"
                defaultValue={contact.phone ?? ''}
                required
                error={errors.contactPhone}
              />
            </FormRow>
            <FormRow>
              <TextField name="line1" label="Street and number" defaultValue={address.line1 ?? ''} required error={errors.line1} />
              <TextField name="line2" label="Second line" defaultValue={address.line2 ?? ''} error={errors.line2} />
            </FormRow>
            <FormRow>
              <TextField name="postalCode" label="Postal code" defaultValue={address.postalCode ?? ''} error={errors.postalCode} />
              <TextField name="city" label="City" defaultValue={address.city ?? ''} required error={errors.city} />
              <TextField name="region" label="Region" defaultValue={address.region ?? ''} error={errors.region} />
            </FormRow>
          </Section>
          <Section title="Company approver" card>
            <FormRow>
              <TextField name="approverName" label="Name" defaultValue={approver.name ?? ''} required error={errors.approverName} />
              <TextField
                name="approverEmail"
                label="E-mail"
                type="email"
                defaultValue={approver.email ?? ''}
                required
                error={errors.approverEmail}
              />
              <TextField
                name="approverPhone"
                label="Telephone"
                type="tel"
                defaultValue={approver.phone ?? ''}
                required
                error={errors.approverPhone}
              />
            </FormRow>
          </Section>
          <FormRow>
            <SubmitButton appearance="primary">Save</SubmitButton>
          </FormRow>
        </FormRows>
      </Form>
    </PortalPage>
  )
}
