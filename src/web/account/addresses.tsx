import { makeStyles, tokens } from '@fluentui/react-components'
import { LocationRegular } from '@fluentui/react-icons/svg/location'
import { Form, redirect, useActionData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import type { Route } from './+types/addresses.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Billing account', to: '/account/billing' }, { text: 'Addresses' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Addresses · My account' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, user, read } = await enter(args, 'billing.manage')
  const { searchParams } = new URL(args.request.url)
  const rows = (await read((ctx) => domain.accounts.billingAddresses(ctx, user.tenantId))).map((row) => ({
    id: row.addressId,
    label: row.label,
    legalName: row.legalName ?? '',
    line1: row.address.line1 ?? '',
    line2: row.address.line2 ?? '',
    postalCode: row.address.postalCode ?? '',
    city: row.address.city ?? '',
    region: row.address.region ?? '',
    purchaseOrder: row.purchaseOrder ?? '',
  }))
  return { rows, edited: rows.find((row) => row.id === searchParams.get('edit')) ?? null, done: searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, user, run } = await enter(args, 'billing.manage')
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  const id = field(form, 'id')
  try {
    if (intent === 'retire') await run((ctx) => domain.accounts.retireBillingAddress(ctx, user.tenantId, id))
    else if (intent === 'save') {
      const input = {
        label: field(form, 'label'),
        legalName: field(form, 'legalName'),
        line1: field(form, 'line1'),
        line2: field(form, 'line2'),
        postalCode: field(form, 'postalCode'),
        city: field(form, 'city'),
        region: field(form, 'region'),
        purchaseOrder: field(form, 'purchaseOrder'),
      }
      await run((ctx) => domain.accounts.saveBillingAddress(ctx, user.tenantId, input, id === '' ? undefined : id))
    } else throw invalid('UnknownIntent', 'This page has no such form.')
  } catch (error) {
    return refused(error)
  }
  return redirect(`/account/billing/addresses?done=${intent}`, 303)
}

const doneTexts: Record<string, string> = {
  save: 'Saved. Invoices say it from now on.',
  retire: 'Removed. What is billed there goes on; nothing new is.',
}

const useStyles = makeStyles({
  form: { display: 'grid', rowGap: tokens.spacingVerticalL, justifyItems: 'start' },
  fields: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(240px, 100%), 1fr))',
    gap: tokens.spacingVerticalM,
    columnGap: tokens.spacingHorizontalL,
    width: '100%',
    alignItems: 'start',
  },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
})

export default function Addresses({ loaderData: { rows, edited, done } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const doneText = done ? doneTexts[done] : undefined
  return (
    <PortalPage
      title="Addresses"
      lead="Further addresses that purchases are billed to: cost centres, branches. Each gets invoices of its own; country, tax number and payment are the billing account’s."
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      {rows.length === 0 ? (
        <EmptyState icon={<LocationRegular />} title="One address only">
          Everything is billed to the billing account’s address. Add another below; who buys then chooses.
        </EmptyState>
      ) : (
        <DataTable
          caption="Further billing addresses"
          rows={rows}
          rowKey={(row) => row.id}
          columns={[
            {
              key: 'label',
              header: 'Address',
              cell: (row) => <TextLink to={`/account/billing/addresses?edit=${row.id}`}>{row.label}</TextLink>,
              rowHeader: true,
            },
            { key: 'name', header: 'Billed as', cell: (row) => row.legalName || 'The account’s legal name' },
            { key: 'where', header: 'Where', cell: (row) => [row.line1, row.postalCode, row.city].filter(Boolean).join(', ') },
            { key: 'order', header: 'Purchase order', cell: (row) => row.purchaseOrder || '–' },
            {
              key: 'do',
              header: 'Change',
              cell: (row) => (
                <Form method="post" aria-label={`Remove ${row.label}`}>
                  <input type="hidden" name="id" value={row.id} />
                  <SubmitButton name="intent" value="retire">
                    Remove
                  </SubmitButton>
                </Form>
              ),
            },
          ]}
        />
      )}
      <Section title={edited ? `Change ${edited.label}` : 'Add an address'} card>
        <Form method="post" className={styles.form} key={edited?.id ?? 'new'}>
          <input type="hidden" name="id" value={edited?.id ?? ''} />
          <div className={styles.fields}>
            <TextField
              name="label"
              label="Name of the address"
              hint="Who buys chooses by it."
              required
              defaultValue={edited?.label}
              error={errors.label}
            />
            <TextField
              name="legalName"
              label="Legal name"
              hint="Empty: the account’s."
              defaultValue={edited?.legalName}
              error={errors.legalName}
            />
            <TextField name="line1" label="Street and number" required defaultValue={edited?.line1} error={errors.line1} />
            <TextField name="line2" label="Second line" defaultValue={edited?.line2} error={errors.line2} />
            <TextField name="postalCode" label="Postal code" defaultValue={edited?.postalCode} error={errors.postalCode} />
            <TextField name="city" label="City" required defaultValue={edited?.city} error={errors.city} />
            <TextField name="region" label="State or province" defaultValue={edited?.region} error={errors.region} />
            <TextField
              name="purchaseOrder"
              label="Purchase order number"
              hint="Empty: the account’s."
              defaultValue={edited?.purchaseOrder}
              error={errors.purchaseOrder}
            />
          </div>
          <div className={styles.buttons}>
            <SubmitButton appearance="primary" name="intent" value="save">
              {edited ? 'Save the address' : 'Add the address'}
            </SubmitButton>
            {edited ? <ButtonLink to="/account/billing/addresses">Leave it as it is</ButtonLink> : null}
          </div>
        </Form>
      </Section>
    </PortalPage>
  )
}
