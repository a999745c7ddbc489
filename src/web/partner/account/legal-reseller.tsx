import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { PageTabs } from '../../ui/portal-tabs.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterAccount } from './account-access.server.ts'
import { legalView } from './legal-tabs.server.ts'
import type { Route } from './+types/legal-reseller.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Legal info' }, { text: 'Reseller' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Legal info · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'seller-account.read')
  const { tabs, settings } = await legalView(visit, 'reseller')
  const { sellerContact, supportProfile, programs, mpnIds } = settings
  return {
    saved: new URL(args.request.url).searchParams.has('done'),
    tabs,
    contact: [sellerContact.name, sellerContact.email, sellerContact.phone].filter(Boolean).join(', '),
    support: supportProfile,
    since: programs.find((one) => one.program === 'reseller')?.registeredAt.toString() ?? '',
    cspIds: mpnIds.filter((one) => one.isCsp).map((one) => one.mpnId),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'seller-account.manage')
  const form = await readForm(args.request)
  const given = { email: field(form, 'email'), phone: field(form, 'phone'), website: field(form, 'website') }
  try {
    await run((ctx) => domain.accounts.setSupportProfile(ctx, account.accountId, given))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/legal/reseller?done=saved`, 303)
}

export default function LegalReseller({ loaderData: { saved, tabs, contact, support, since, cspIds } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title="Legal info" lead="What the reseller program knows of your organisation.">
      <PageTabs label="Legal info" tabs={tabs} />
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : saved ? (
        <Notice intent="success" title="Saved." />
      ) : null}
      <Section title="Program information" card>
        <Facts
          facts={[
            { label: 'Program', value: 'Cloud Reseller' },
            { label: 'Registered', value: <DateText value={since} /> },
            { label: 'MPN IDs in the CSP program', value: cspIds.join(', ') || '–' },
            { label: 'Primary contact', value: contact || '–' },
          ]}
        />
      </Section>
      <Section title="Customer support profile" card>
        <Form method="post">
          <FormRows>
            <FormRow>
              <TextField name="email" label="E-mail" type="email" defaultValue={support.email ?? ''} required error={errors.email} />
              <TextField name="phone" label="Telephone" type="tel" defaultValue={support.phone ?? ''} error={errors.phone} />
              <TextField name="website" label="Website" defaultValue={support.website ?? ''} hint="https://…" error={errors.website} />
            </FormRow>
            <FormRow>
              <SubmitButton appearance="primary">Save</SubmitButton>
            </FormRow>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
