import { Form, redirect, useActionData } from 'react-router'
import { field, refuse, refused } from '../../ui/portal-access.server.ts'
import { FormRows } from '../../ui/portal-more.tsx'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { profilesView } from './profiles-data.server.ts'
import type { Route } from './+types/payout-profile.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payout and tax profiles', ...(data ? { to: data.base } : {}) },
    { text: 'Bank account' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Bank account · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'payout.manage')
  const { seller, tax, payout } = await profilesView(visit)
  if (!tax) throw refuse(409, 'The bank account can be entered once the tax profile has been submitted.')
  const { currencies, scheme } = visit.domain.accounts.profileChoices(seller.code)
  return {
    base: `/partner/publishers/${visit.publisher.publisherId}/profiles`,
    country: seller.country,
    currencies: currencies.map((code) => ({ value: code, label: code })),
    scheme,
    accountEnd: payout?.accountEnd ?? null,
    before: { holder: payout?.holder ?? seller.name, currency: payout?.currency ?? 'USD', bank: payout?.bank ?? '' },
  }
}

export async function action(args: Route.ActionArgs) {
  const visit = await enterPublisher(args, 'payout.manage')
  const { publisher, domain, run } = visit
  const { seller } = await profilesView(visit)
  const form = await args.request.formData()
  try {
    await run((ctx) =>
      domain.accounts.submitPayoutProfile(ctx, publisher.publisherId, {
        holder: field(form, 'holder'),
        country: seller.code,
        currency: field(form, 'currency'),
        bank: field(form, 'bank'),
        account: field(form, 'account'),
        bic: field(form, 'bic'),
        routing: field(form, 'routing'),
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`/partner/publishers/${publisher.publisherId}/profiles?done=payout`, 303)
}

export default function PayoutProfile({ loaderData: { country, currencies, scheme, accountEnd, before } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Bank account"
      lead={`An account in the country where your company is registered (${country}). It is verified before anything is paid to it, and kept encrypted: only its last digits are ever shown.`}
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {errors.country ?? refusal.errors.message}
        </Notice>
      ) : accountEnd === null ? null : (
        <Notice intent="warning" title={`A new account takes the place of the one ending in ${accountEnd}.`}>
          It is verified anew: what is due meanwhile waits, at most one cycle, and is paid with the next payout.
        </Notice>
      )}
      <Section title="Account" card>
        <Form method="post">
          <FormRows>
            <FormRow>
              <TextField name="holder" label="Account holder" defaultValue={before.holder} required error={errors.holder} />
              <SelectField
                name="currency"
                label="Paid in"
                options={currencies}
                defaultValue={before.currency}
                hint="Other currencies are exchanged at the rate of the day of purchase"
                error={errors.currency}
              />
            </FormRow>
            <FormRow>
              <TextField
                name="account"
                label={scheme === 'iban' ? 'IBAN' : 'Account number'}
                autoComplete="off"
                required
                error={errors.account}
              />
              {scheme === 'aba' ? (
                <TextField name="routing" label="Routing number" hint="Nine digits" autoComplete="off" required error={errors.routing} />
              ) : (
                <TextField name="bic" label="BIC" autoComplete="off" required={scheme === 'swift'} error={errors.bic} />
              )}
              <TextField name="bank" label="Bank" defaultValue={before.bank} error={errors.bank} />
            </FormRow>
            <FormRow>
              <SubmitButton appearance="primary">Submit the account</SubmitButton>
            </FormRow>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
