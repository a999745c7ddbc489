import { makeStyles, tokens } from '@fluentui/react-components'
import { Form, redirect, useActionData } from 'react-router'
import { ShoppingBagTagRegular } from '@fluentui/react-icons/svg/shopping-bag-tag'
import { invalid } from '../../kernel/errors.ts'
import { fieldText } from '../form.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { CheckField } from '../ui/portal-check.tsx'
import { FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { allowPlan, buyingRules } from './procurement-data.server.ts'
import type { Route } from './+types/rules.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Buying rules' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Buying rules · My account' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'procurement.manage')
  const { searchParams } = new URL(args.request.url)
  const search = { q: fieldText(searchParams, 'q', 100), offer: fieldText(searchParams, 'offer', 101) }
  return { ...(await buyingRules(visit, search)), q: search.q, done: searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const visit = await enter(args, 'procurement.manage')
  const { domain, user, run } = visit
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  try {
    if (intent === 'rules') {
      await run((ctx) =>
        domain.procurement.setRules(ctx, user.tenantId, {
          approvalAbove: field(form, 'approvalAbove'),
          currency: field(form, 'currency'),
          administratorsToo: form.get('administratorsToo') === 'yes',
          privateMarketplace: form.get('privateMarketplace') === 'yes',
        }),
      )
    } else if (intent === 'allow') {
      if (!(await allowPlan(visit, field(form, 'offer'), field(form, 'planId')))) {
        throw invalid('PlanNotFound', 'There is no such plan for your organisation.', { target: 'planId' })
      }
    } else if (intent === 'disallow') {
      await run((ctx) => domain.procurement.disallow(ctx, user.tenantId, field(form, 'offer'), field(form, 'planId')))
    } else throw invalid('UnknownIntent', 'This page has no such form.')
  } catch (error) {
    return refused(error)
  }
  return redirect(`/account/rules?done=${intent}`, 303)
}

const doneTexts: Record<string, string> = {
  rules: 'Saved. The rules hold from now on.',
  allow: 'It is on the list.',
  disallow: 'It is off the list. Subscriptions that exist go on.',
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400, color: tokens.colorNeutralForeground2 },
  form: { display: 'grid', rowGap: tokens.spacingVerticalM, justifyItems: 'start' },
  results: { listStyleType: 'none', margin: 0, padding: 0, display: 'grid', rowGap: tokens.spacingVerticalS },
  result: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalM, alignItems: 'center' },
  name: { flexGrow: 1, minWidth: 'min(240px, 100%)' },
})

export default function Rules({ loaderData: { rules, currencies, list, found, chosen, q, done } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  const doneText = done ? doneTexts[done] : undefined
  return (
    <PortalPage title="Buying rules" lead="What people of your organisation may buy by themselves, and what somebody must approve.">
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      <Section title="Approvals" card>
        <Form method="post" className={styles.form} key={JSON.stringify(rules)}>
          <FormRow>
            <TextField
              name="approvalAbove"
              label="A term may cost, before tax, at most"
              hint="Empty: any amount. Other currencies are converted."
              defaultValue={rules.approvalAbove}
              error={errors.approvalAbove}
              autoComplete="off"
            />
            <SelectField name="currency" label="Currency" options={currencies} defaultValue={rules.currency} error={errors.currency} />
          </FormRow>
          <CheckField
            name="administratorsToo"
            value="yes"
            label="Administrators need an approval too, by another of them"
            defaultChecked={rules.administratorsToo}
          />
          <CheckField
            name="privateMarketplace"
            value="yes"
            label="Private marketplace: only what is on the list below may be bought, by anybody"
            defaultChecked={rules.privateMarketplace}
          />
          <p className={styles.text}>
            The same holds for changes of plan and seats that make a term dearer. Whoever has no role to buy can ask for everything.
          </p>
          <SubmitButton appearance="primary" name="intent" value="rules">
            Save the rules
          </SubmitButton>
        </Form>
      </Section>
      <Section title="What is allowed">
        {rules.privateMarketplace ? null : (
          <p className={styles.text}>The private marketplace is off: the list has no effect until you switch it on above.</p>
        )}
        {list.length === 0 ? (
          <EmptyState icon={<ShoppingBagTagRegular />} title="Nothing is on the list">
            Search for an offer below and allow all of it, or some of its plans.
          </EmptyState>
        ) : (
          <DataTable
            caption="Offers and plans that may be bought"
            rows={list}
            rowKey={(row) => row.key}
            columns={[
              {
                key: 'offer',
                header: 'Offer',
                cell: (row) => (
                  <TextLink to={row.product} document>
                    {row.offerName}
                  </TextLink>
                ),
                rowHeader: true,
              },
              { key: 'plans', header: 'Plans', cell: (row) => row.plans },
              { key: 'by', header: 'Added by', cell: (row) => row.addedBy },
              { key: 'at', header: 'Added', cell: (row) => <DateText value={row.addedAt.slice(0, 10)} /> },
              {
                key: 'do',
                header: 'Change',
                cell: (row) => (
                  <Form method="post" aria-label={`Take ${row.offerName}, ${row.plans} off the list`}>
                    <input type="hidden" name="offer" value={row.offer} />
                    <input type="hidden" name="planId" value={row.planId} />
                    <SubmitButton name="intent" value="disallow">
                      Remove
                    </SubmitButton>
                  </Form>
                ),
              },
            ]}
          />
        )}
      </Section>
      <Section title="Add to the list" card>
        <Form method="get" role="search" aria-label="Search the stores">
          <FormRow>
            <TextField name="q" label="Search the stores" defaultValue={q} placeholder="Name of an offer" />
            <SubmitButton>Search</SubmitButton>
          </FormRow>
        </Form>
        {chosen ? (
          <div className={styles.form}>
            <strong>
              {chosen.name} by {chosen.publisher}
            </strong>
            <ul className={styles.results}>
              {[{ planId: '', name: 'All plans, also those to come', isPrivate: false, isListed: chosen.allListed }, ...chosen.plans].map(
                (plan) => (
                  <li key={plan.planId} className={styles.result}>
                    <span className={styles.name}>
                      {plan.name}
                      {plan.isPrivate ? ' (for your organisation)' : ''}
                    </span>
                    {plan.isListed ? (
                      <span>On the list</span>
                    ) : (
                      <Form method="post" aria-label={`Allow ${chosen.name}, ${plan.name}`}>
                        <input type="hidden" name="offer" value={chosen.key} />
                        <input type="hidden" name="planId" value={plan.planId} />
                        <SubmitButton name="intent" value="allow">
                          Allow
                        </SubmitButton>
                      </Form>
                    )}
                  </li>
                ),
              )}
            </ul>
          </div>
        ) : q !== '' && found.length === 0 ? (
          <p className={styles.text}>Nothing that is sold here is called “{q}”.</p>
        ) : (
          <ul className={styles.results}>
            {found.map((offer) => (
              <li key={offer.key}>
                <TextLink to={`/account/rules?offer=${encodeURIComponent(offer.key)}`}>{offer.name}</TextLink> by {offer.publisher}
              </li>
            ))}
          </ul>
        )}
      </Section>
    </PortalPage>
  )
}
