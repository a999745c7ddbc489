import { makeStyles, tokens } from '@fluentui/react-components'
import { Form, redirect, useActionData } from 'react-router'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink } from '../ui/portal-link.tsx'
import { Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { billingAccount } from './billing-data.server.ts'
import { DataTable } from '../ui/portal-table.tsx'
import { Status } from '../ui/portal-status.tsx'
import type { Route } from './+types/billing.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Billing account' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Billing account · My account' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'billing.manage')
  const { searchParams } = new URL(args.request.url)
  return { ...(await billingAccount(visit, searchParams.get('card'))), done: searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const { domain, user, run } = await enter(args, 'billing.manage')
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  try {
    if (intent === 'method') {
      const charged = await run((ctx) => domain.billing.setPaymentMethod(ctx, user.tenantId, field(form, 'method')))
      const done = charged.some((payment) => payment.state === 'failed') ? 'method-failed' : charged.length > 0 ? 'method-paid' : 'method'
      return redirect(`/account/billing?done=${done}`, 303)
    }
    if (intent === 'add-card') return redirect(await domain.billing.cards.beginSetup(user, user.tenantId), 303)
    if (intent === 'look') {
      const session = field(form, 'session')
      await run((ctx) => domain.billing.cards.look(ctx, user.tenantId, session))
      return redirect(`/account/billing?card=${encodeURIComponent(session)}`, 303)
    }
    if (intent === 'use-card') {
      await run((ctx) => domain.billing.cards.use(ctx, user.tenantId, field(form, 'card')))
      return redirect('/account/billing?done=card', 303)
    }
    if (intent === 'remove-card') {
      await run((ctx) => domain.billing.cards.remove(ctx, user.tenantId, field(form, 'card'), domain.billing.usualPaymentMethod()))
      return redirect('/account/billing?done=card-removed', 303)
    }
    if (intent !== 'profile') throw invalid('UnknownIntent', 'This page has no such form.')
    await run((ctx) =>
      domain.accounts.updateBillingProfile(ctx, user.tenantId, {
        legalName: field(form, 'legalName'),
        country: field(form, 'country'),
        line1: field(form, 'line1'),
        line2: field(form, 'line2'),
        postalCode: field(form, 'postalCode'),
        city: field(form, 'city'),
        region: field(form, 'region'),
        taxId: field(form, 'taxId'),
        purchaseOrder: field(form, 'purchaseOrder'),
      }),
    )
    return redirect('/account/billing?done=profile', 303)
  } catch (error) {
    return refused(error)
  }
}

const doneTexts: Record<string, string> = {
  profile: 'Saved. It is on invoices from now on.',
  method: 'Saved. The next invoice is paid like this.',
  'method-paid': 'Saved, and what was not paid yet has been paid.',
  card: 'Saved. This card is charged from now on.',
  'card-removed': 'The card is forgotten.',
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
  text: { margin: 0, color: tokens.colorNeutralForeground2 },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  list: { margin: 0, paddingInlineStart: '20px', color: tokens.colorNeutralForeground2, lineHeight: tokens.lineHeightBase400 },
})

export default function BillingAccountPage({ loaderData: { account, countries, methods, cards, visit, done } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const doneText = done ? doneTexts[done] : undefined
  return (
    <PortalPage
      title="Billing account"
      lead="Who is billed, and how bills are paid. Issued invoices stay as they are."
      actions={<ButtonLink to="/account/billing/addresses">Further addresses</ButtonLink>}
    >
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : done === 'method-failed' ? (
        <Notice intent="warning" title="Saved, but the payment failed.">
          An invoice that is not paid was charged and refused. It says why.
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      {visit?.state === 'saved' ? (
        <Notice intent="success" title="Your card is saved and is charged from now on." />
      ) : visit ? (
        <Notice intent="info" title={visit.state === 'waiting' ? 'Stripe has not told us about the card yet.' : 'No card was saved.'}>
          {visit.state === 'waiting' ? (
            <Form method="post">
              <input type="hidden" name="session" value={visit.session} />
              <SubmitButton name="intent" value="look">
                Look again
              </SubmitButton>
            </Form>
          ) : (
            'The page was left, or it has expired. Begin anew below.'
          )}
        </Notice>
      ) : null}
      <Section title="Who is billed" card>
        <Form method="post" className={styles.form} key={JSON.stringify(account)}>
          <div className={styles.fields}>
            <TextField
              name="legalName"
              label="Legal name"
              required
              defaultValue={account.legalName}
              error={errors.legalName}
              autoComplete="organization"
            />
            <SelectField
              name="country"
              label="Country"
              hint="Decides market, currency and tax of new purchases."
              options={countries}
              defaultValue={account.country}
              error={errors.country}
            />
            <TextField
              name="line1"
              label="Street and number"
              required
              defaultValue={account.line1}
              error={errors.line1}
              autoComplete="address-line1"
            />
            <TextField name="line2" label="Second line" defaultValue={account.line2} error={errors.line2} autoComplete="address-line2" />
            <TextField
              name="postalCode"
              label="Postal code"
              defaultValue={account.postalCode}
              error={errors.postalCode}
              autoComplete="postal-code"
            />
            <TextField name="city" label="City" required defaultValue={account.city} error={errors.city} autoComplete="address-level2" />
            <TextField
              name="region"
              label="State or province"
              defaultValue={account.region}
              error={errors.region}
              autoComplete="address-level1"
            />
            <TextField
              name="taxId"
              label="Tax or VAT number"
              hint="With a valid VAT number of the European Union you account for the tax (reverse charge)."
              defaultValue={account.taxId}
              error={errors.taxId}
            />
            <TextField
              name="purchaseOrder"
              label="Purchase order number"
              hint="Printed on every invoice."
              defaultValue={account.purchaseOrder}
              error={errors.purchaseOrder}
            />
          </div>
          <SubmitButton appearance="primary" name="intent" value="profile">
            Save
          </SubmitButton>
        </Form>
      </Section>
      {cards ? (
        <Section title="Cards" card>
          <p className={styles.text}>
            Cards are entered and kept at Stripe; their numbers never reach this marketplace. The card in use is charged with each invoice.
          </p>
          {cards.length > 0 ? (
            <DataTable
              caption="Your cards"
              rows={cards}
              rowKey={(row) => row.id}
              columns={[
                { key: 'card', header: 'Card', cell: (row) => row.name, rowHeader: true },
                { key: 'expires', header: 'Expires', cell: (row) => row.expires },
                { key: 'state', header: 'State', cell: (row) => <Status tone={row.tone}>{row.state}</Status> },
                {
                  key: 'change',
                  header: 'Change',
                  cell: (row) => (
                    <Form method="post" className={styles.buttons}>
                      <input type="hidden" name="card" value={row.id} />
                      {row.inUse ? null : (
                        <SubmitButton name="intent" value="use-card">
                          {`Use ${row.name}`}
                        </SubmitButton>
                      )}
                      <SubmitButton name="intent" value="remove-card">
                        {`Remove ${row.name}`}
                      </SubmitButton>
                    </Form>
                  ),
                },
              ]}
            />
          ) : null}
          <Form method="post">
            <SubmitButton appearance={cards.length > 0 ? 'secondary' : 'primary'} name="intent" value="add-card">
              Add a card
            </SubmitButton>
          </Form>
        </Section>
      ) : null}
      <Section title="Payment method" card>
        <Form method="post" className={styles.form} key={account.method}>
          <div className={styles.fields}>
            <SelectField
              name="method"
              label="Invoices are paid by"
              options={methods.map(({ id, label }) => ({ value: id, label }))}
              defaultValue={account.method}
              error={errors.method}
            />
          </div>
          <ul className={styles.list}>
            {methods.map((method) => (
              <li key={method.id}>
                {method.label}: {method.meaning}
              </li>
            ))}
          </ul>
          <SubmitButton appearance="primary" name="intent" value="method">
            Use this method
          </SubmitButton>
        </Form>
      </Section>
    </PortalPage>
  )
}
