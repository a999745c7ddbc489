import { Text } from '@fluentui/react-components'
import { data, Form, redirect, useActionData } from 'react-router'
import { enter, field, refuse, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { entityTypeNames, ProfileStatus } from '../../ui/payout-words.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { profileDetail } from './payouts-data.server.ts'
import type { Route } from './+types/profile.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Payout profiles', to: '/operator/profiles' },
    { text: data?.seller.name ?? 'Profile' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Profile · Operator console' }]

const checks = [
  { value: '', label: 'Choose how' },
  { value: 'zero-amount', label: 'A transfer of nothing' },
  { value: 'test-transfer', label: 'A small test transfer' },
  { value: 'document', label: 'A letter of the bank' },
]

function kindOf(kind: string): 'tax' | 'payout' {
  if (kind === 'tax' || kind === 'payout') return kind
  throw refuse(404, 'There is no such profile.')
}

export async function loader(args: Route.LoaderArgs) {
  return profileDetail(await enter(args, 'operator.console'), kindOf(args.params.kind), args.params.profile)
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const kind = kindOf(args.params.kind)
  const { profile } = args.params
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') === 'reveal') {
      const found = await run((ctx) => domain.accounts.revealProfile(ctx, kind, profile))
      const numbers =
        'account' in found
          ? [
              { label: 'Account', value: found.account },
              ...(found.bic ? [{ label: 'BIC', value: found.bic }] : []),
              ...(found.routing ? [{ label: 'Routing number', value: found.routing }] : []),
            ]
          : [{ label: 'Tax number', value: found.taxNumber ?? 'none given' }]
      return data({ errors: null, numbers })
    }
    await run((ctx) =>
      domain.accounts.decideProfile(ctx, kind, profile, {
        verdict: field(form, 'verdict') === 'validate' ? 'validate' : 'reject',
        reason: field(form, 'reason'),
        checkedWith: field(form, 'checkedWith'),
        reference: field(form, 'reference'),
      }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`/operator/profiles/${kind}/${profile}`, 303)
}

export default function ProfilePage({ loaderData: { seller, tax, payout } }: Route.ComponentProps) {
  const answer = useActionData<typeof action>()
  const refusal = answer?.errors ?? null
  const numbers = answer && 'numbers' in answer ? answer.numbers : null
  const errors = refusal?.fields ?? {}
  const status = tax?.status ?? payout?.status ?? 'pending'
  const reason = tax?.reason ?? payout?.reason
  return (
    <PortalPage title={`${tax ? 'Tax profile' : 'Bank account'} of ${seller.name}`} lead={`Registered in ${seller.country}.`}>
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.message}
        </Notice>
      ) : null}
      {reason ? (
        <Notice intent="warning" title="It was rejected.">
          {reason}
        </Notice>
      ) : null}
      <Section title="What was submitted" card>
        {tax ? (
          <Facts
            facts={[
              { label: 'State', value: <ProfileStatus status={tax.status} /> },
              { label: 'Form', value: tax.form },
              { label: 'Entity type', value: entityTypeNames[tax.entityType] ?? tax.entityType },
              { label: 'Name on the tax return', value: tax.legalName },
              { label: 'Residence', value: tax.residence },
              { label: 'Citizenship', value: tax.citizenship },
              { label: 'Tax number', value: tax.numberEnd ? `ends in ${tax.numberEnd}` : 'none given' },
              { label: 'Treaty', value: tax.treaty },
              { label: 'Signed by', value: tax.signedBy },
              { label: 'Submitted', value: <MomentText value={tax.submittedAt} /> },
              { label: 'By', value: tax.submittedBy },
              ...(tax.decidedBy ? [{ label: 'Decided by', value: tax.decidedBy }] : []),
            ]}
          />
        ) : null}
        {payout ? (
          <Facts
            facts={[
              { label: 'State', value: <ProfileStatus status={payout.status} /> },
              { label: 'Account holder', value: payout.holder },
              { label: 'Account', value: `ends in ${payout.accountEnd}` },
              { label: 'Bank', value: payout.bank },
              { label: 'Country', value: payout.country },
              { label: 'Paid in', value: payout.currency },
              { label: 'Submitted', value: <MomentText value={payout.submittedAt} /> },
              { label: 'By', value: payout.submittedBy },
              ...(payout.check ? [{ label: 'Checked with', value: payout.check }] : []),
              ...(payout.decidedBy ? [{ label: 'Decided by', value: payout.decidedBy }] : []),
            ]}
          />
        ) : null}
        {numbers ? (
          <Facts facts={numbers} />
        ) : (
          <Form method="post">
            <SubmitButton name="intent" value="reveal">
              Show the numbers in full
            </SubmitButton>
          </Form>
        )}
        <Text block>Who has seen the numbers in full is written to the audit log.</Text>
      </Section>
      {status === 'pending' ? (
        <>
          <Section title="Validate" card>
            <Form method="post">
              <input type="hidden" name="verdict" value="validate" />
              {payout ? (
                <FormRow>
                  <SelectField name="checkedWith" label="Checked with" options={checks} error={errors.checkedWith} />
                  <TextField name="reference" label="Reference of the check" error={errors.reference} />
                  <SubmitButton appearance="primary">Validate</SubmitButton>
                </FormRow>
              ) : (
                <FormRow>
                  <SubmitButton appearance="primary">Validate</SubmitButton>
                </FormRow>
              )}
            </Form>
          </Section>
          <Section title="Reject" card>
            <Form method="post">
              <input type="hidden" name="verdict" value="reject" />
              <FormRow>
                <TextField name="reason" label="Reason" hint="The owner gets it by mail and can submit again" error={errors.reason} />
                <SubmitButton>Reject</SubmitButton>
              </FormRow>
            </Form>
          </Section>
        </>
      ) : null}
    </PortalPage>
  )
}
