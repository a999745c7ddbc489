import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from './account-access.server.ts'
import { PublisherFields } from './publisher-fields.tsx'
import type { Route } from './+types/publisher-new.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Publishers', ...(data ? { to: `${data.base}/publishers` } : {}) },
    { text: 'Add publisher' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Add publisher · Partner Center' }]

/** The form is prefilled from the account; its publisher ID is one in use, which has to be changed (spec/01 §5). */
export async function loader(args: Route.LoaderArgs) {
  const { domain, account, base, read } = await enterAccount(args, 'publisher.create')
  return read(async (ctx) => {
    const { mpnIds, sellerContact } = await domain.accounts.accountSettings(ctx, account.accountId)
    const [first] = await domain.accounts.publishersOfAccount(ctx, account.accountId)
    return {
      base,
      publisherId: first?.publisherId ?? '',
      mpnIds: mpnIds.map(({ mpnId, location }) => ({ value: mpnId, label: `${mpnId} (${location})` })),
      values: {
        name: '',
        contactName: sellerContact.name ?? '',
        contactEmail: sellerContact.email ?? '',
        contactPhone: sellerContact.phone ?? '',
      },
    }
  })
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'publisher.create')
  const form = await readForm(args.request)
  const given = {
    mpnId: field(form, 'mpnId'),
    publisherId: field(form, 'publisherId'),
    name: field(form, 'name'),
    contactName: field(form, 'contactName'),
    contactEmail: field(form, 'contactEmail'),
    contactPhone: field(form, 'contactPhone'),
  }
  try {
    const { publisherId } = await run((ctx) => domain.accounts.addPublisher(ctx, account.accountId, given))
    return redirect(`${base}/publishers?added=${publisherId}`, 303)
  } catch (error) {
    return refused(error)
  }
}

export default function AddPublisher({ loaderData: { publisherId, mpnIds, values } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage title="Add publisher" lead="Another name under which your organisation sells, with offers of its own.">
      {refusal ? (
        <Notice intent="error" title="The publisher was not added.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Publisher details" card>
        <Form method="post">
          <FormRows>
            <FormRow>
              <SelectField
                name="mpnId"
                label="MPN ID"
                options={mpnIds}
                hint="The place of business that it belongs to"
                error={errors.mpnId}
              />
              <TextField
                name="publisherId"
                label="Publisher ID"
                hint="Change it: it is part of every address of your offers, can never be changed, and is never given twice"
                defaultValue={publisherId}
                autoComplete="off"
                required
                error={errors.publisherId}
              />
            </FormRow>
            <PublisherFields values={values} errors={errors} />
            <FormRow>
              <SubmitButton appearance="primary">Add the publisher</SubmitButton>
            </FormRow>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
