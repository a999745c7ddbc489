import { Checkbox, makeStyles, tokens } from '@fluentui/react-components'
import { CartRegular } from '@fluentui/react-icons/svg/cart'
import { Form, type LoaderFunctionArgs, redirect, useActionData, useLoaderData } from 'react-router'
import { enterSandbox } from '../ui/desk.server.ts'
import { refused } from '../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { sandboxCrumbs } from './desk-address.ts'
import { buyAsCustomer, purchaseChoices } from './sandbox-data.server.ts'

export const handle: CrumbHandle = { crumbs: (_data, params) => sandboxCrumbs(params, 'Purchase') }
export const meta = () => [{ title: 'Purchase · Sandbox' }]

export async function loader(args: LoaderFunctionArgs) {
  return purchaseChoices(await enterSandbox(args))
}

export async function action(args: LoaderFunctionArgs) {
  const desk = await enterSandbox(args)
  try {
    const id = await buyAsCustomer(desk, await args.request.formData())
    return redirect(`${desk.base}/sandbox/subscriptions/${id}?done=bought`, 303)
  } catch (error) {
    return refused(error)
  }
}

const terms = [
  { value: '', label: 'The shortest of the plan' },
  { value: 'P1M', label: 'Monthly' },
  { value: 'P1Y', label: 'Yearly' },
]

const useStyles = makeStyles({
  form: { display: 'grid', rowGap: tokens.spacingVerticalL, gridTemplateColumns: 'minmax(0, 1fr)' },
})

export default function Purchase() {
  const styles = useStyles()
  const { plans, customers, resellers } = useLoaderData<typeof loader>()
  const errors = useActionData<typeof action>()?.errors
  const errorAt = (...names: string[]) => names.map((name) => errors?.fields[name]).find((text) => text !== undefined)
  return (
    <PortalPage
      title="Make a purchase"
      lead="Buys as the customer would in the storefront, with the terms in force accepted. A free month begins by itself where the plan has one and the customer has not paid for the offer before."
    >
      {errors ? (
        <Notice intent="error" title="Nothing was bought.">
          {errors.message}
        </Notice>
      ) : null}
      {plans.length === 0 ? (
        <EmptyState icon={<CartRegular />} title="Nothing is on sale">
          Publish an offer first; only live offers can be bought.
        </EmptyState>
      ) : (
        <Section title="Purchase" card>
          <Form method="post" noValidate className={styles.form} aria-label="Purchase">
            <FormRow>
              <SelectField name="plan" label="Offer and plan" options={plans} error={errorAt('plan', 'planId', 'offerId')} />
              <SelectField name="termUnit" label="Term" options={terms} error={errorAt('termUnit')} />
              <TextField
                name="quantity"
                type="number"
                label="Seats"
                hint="Empty for a plan with a flat price"
                error={errorAt('quantity')}
                autoComplete="off"
              />
            </FormRow>
            <FormRow>
              <SelectField
                name="customer"
                label="Customer (uses it)"
                options={customers}
                defaultValue="buyer@adatum.example"
                error={errorAt('customer', 'beneficiary')}
              />
              <SelectField
                name="reseller"
                label="Bought by"
                options={[{ value: '', label: 'The customer itself' }, ...resellers]}
                error={errorAt('reseller', 'purchaser')}
              />
            </FormRow>
            <Checkbox name="autoRenew" value="off" label="Let it end with its first term (automatic renewal off)" />
            <FormRow>
              <SubmitButton appearance="primary" icon={<CartRegular />}>
                Buy
              </SubmitButton>
            </FormRow>
          </Form>
        </Section>
      )}
    </PortalPage>
  )
}
