import { Form, redirect, useActionData } from 'react-router'
import { field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { entityTypeNames } from '../../ui/payout-words.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { countryName, countryOptions, profilesView } from './profiles-data.server.ts'
import type { Route } from './+types/tax-profile.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payout and tax profiles', ...(data ? { to: data.base } : {}) },
    { text: 'Tax profile' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Tax profile · Partner Center' }]

/** Which form it is depends on residence and kind of entity: they are chosen first, in the address. */
export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'payout.manage')
  const { seller, tax } = await profilesView(visit)
  const search = new URL(args.request.url).searchParams
  const choices = visit.domain.accounts.profileChoices(seller.code)
  const wanted = {
    residence: search.get('residence') ?? tax?.residenceCode ?? seller.code,
    entityType: search.get('entityType') ?? tax?.entityType ?? '',
  }
  const residence = countryOptions.some((one) => one.value === wanted.residence) ? wanted.residence : seller.code
  const entityType = choices.entityTypes.find((one) => one === wanted.entityType) ?? 'corporation'
  return {
    base: `/partner/publishers/${visit.publisher.publisherId}/profiles`,
    countries: countryOptions,
    entityTypes: choices.entityTypes.map((value) => ({ value, label: entityTypeNames[value] ?? value })),
    residence,
    residenceName: countryName(residence),
    entityType,
    ...visit.domain.accounts.taxFormFor(residence, entityType),
    before: {
      legalName: tax?.legalName ?? seller.name,
      citizenship: tax?.citizenship ?? '',
      treatyRate: tax?.treatyRate ?? '',
      treatyArticle: tax?.treatyArticle ?? '',
    },
  }
}

export async function action(args: Route.ActionArgs) {
  const { publisher, domain, run } = await enterPublisher(args, 'payout.manage')
  const form = await args.request.formData()
  try {
    await run((ctx) =>
      domain.accounts.submitTaxProfile(ctx, publisher.publisherId, {
        entityType: field(form, 'entityType'),
        legalName: field(form, 'legalName'),
        residence: field(form, 'residence'),
        citizenship: field(form, 'citizenship'),
        taxNumber: field(form, 'taxNumber'),
        claimsTreaty: field(form, 'claimsTreaty') === 'yes',
        treatyRate: field(form, 'treatyRate'),
        treatyArticle: field(form, 'treatyArticle'),
        signature: field(form, 'signature'),
        certified: field(form, 'certified') === 'yes',
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`/partner/publishers/${publisher.publisherId}/profiles?done=tax`, 303)
}

export default function TaxProfile({ loaderData }: Route.ComponentProps) {
  const { countries, entityTypes, residence, residenceName, entityType, form, treatyPart, before } = loaderData
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const american = form === 'W-9'
  return (
    <PortalPage
      title="Tax profile"
      lead="Submitted electronically; nothing is printed or mailed. Validation takes up to 48 hours, and a payout that falls into this time is made with the next one."
    >
      {refusal ? (
        <Notice intent="error" title="This was not submitted.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Who files" card>
        <Form method="get" aria-label="Who files">
          <FormRow>
            <SelectField name="residence" label="Country or region of residence" options={countries} defaultValue={residence} />
            <SelectField name="entityType" label="Entity type" options={entityTypes} defaultValue={entityType} />
            <SubmitButton>Show the form</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title={`Form ${form}`} card>
        <p style={{ margin: 0 }}>
          {american
            ? 'For residents of the United States. Nothing is withheld.'
            : `For residents of ${residenceName}. 30 % are withheld from sales into the United States, less only by a treaty. An ITIN is not needed, neither to be paid nor to claim a treaty.`}
        </p>
        <Form method="post" key={`${residence} ${entityType}`}>
          <FormRows>
            <input type="hidden" name="residence" value={residence} />
            <input type="hidden" name="entityType" value={entityType} />
            <FormRow>
              <TextField
                name="legalName"
                label="Name on the income tax return"
                defaultValue={before.legalName}
                required
                error={errors.legalName}
              />
              {entityType === 'individual' ? (
                <SelectField
                  name="citizenship"
                  label="Country of citizenship"
                  options={[{ value: '', label: 'Choose a country' }, ...countries]}
                  defaultValue={before.citizenship}
                  error={errors.citizenship}
                />
              ) : null}
              <TextField
                name="taxNumber"
                label={american ? 'EIN or SSN' : 'Tax number'}
                hint={american ? 'Nine digits' : 'Your country’s or a US one; optional'}
                autoComplete="off"
                required={american}
                error={errors.taxNumber}
              />
            </FormRow>
            {treatyPart ? (
              <>
                <CheckField
                  name="claimsTreaty"
                  value="yes"
                  label={`${treatyPart}: I claim the benefits of the treaty between ${residenceName} and the United States`}
                  defaultChecked={before.treatyRate !== ''}
                  error={errors.claimsTreaty}
                />
                <FormRow>
                  <TextField
                    name="treatyArticle"
                    label="Article"
                    placeholder="Article 12"
                    defaultValue={before.treatyArticle}
                    error={errors.treatyArticle}
                  />
                  <TextField
                    name="treatyRate"
                    label="Rate in percent"
                    placeholder="0"
                    defaultValue={before.treatyRate}
                    error={errors.treatyRate}
                  />
                </FormRow>
              </>
            ) : null}
            <FormRow>
              <TextField name="signature" label="Signature: your full name" autoComplete="name" required error={errors.signature} />
            </FormRow>
            <CheckField
              name="certified"
              value="yes"
              label="Under penalties of perjury, I certify that what this form says is true, correct and complete"
              error={errors.certified}
            />
            <FormRow>
              <SubmitButton appearance="primary">Submit form {form}</SubmitButton>
            </FormRow>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
