import { Form, redirect, useActionData } from 'react-router'
import { field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { FormRow, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { entityTypeNames, heldReasons, heldRemedies, ProfileStatus } from '../../ui/payout-words.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText, MomentText } from '../../ui/portal-time.tsx'
import { enterPublisher } from '../publisher-access.server.ts'
import { profilesView } from './profiles-data.server.ts'
import type { Route } from './+types/profiles.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Payout and tax profiles' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Payout and tax profiles · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterPublisher(args, 'payout.manage')
  const done = new URL(args.request.url).searchParams.get('done')
  return { base: `/partner/publishers/${visit.publisher.publisherId}/profiles`, done, ...(await profilesView(visit)) }
}

export async function action(args: Route.ActionArgs) {
  const { publisher, domain, run } = await enterPublisher(args, 'payout.manage')
  const form = await args.request.formData()
  const held = field(form, 'hold') === 'on'
  try {
    await run((ctx) => domain.accounts.setPayoutHold(ctx, publisher.publisherId, held))
  } catch (error) {
    return refused(error)
  }
  return redirect(`/partner/publishers/${publisher.publisherId}/profiles?done=${held ? 'held' : 'released'}`, 303)
}

const done: Record<string, string> = {
  tax: 'The tax profile is submitted. Validation takes up to 48 hours.',
  payout: 'The bank account is submitted. It is verified before anything is paid to it.',
  held: 'Your payments are on hold from the next month on.',
  released: 'The hold is taken off from the next month on.',
  billing: 'The billing profile is saved.',
}

export default function Profiles({ loaderData }: Route.ComponentProps) {
  const { base, seller, problem, held, tax, payout, earlier } = loaderData
  const refusal = useActionData<typeof action>()
  const said = loaderData.done === null ? undefined : done[loaderData.done]
  return (
    <PortalPage
      title="Payout and tax profiles"
      lead={`What must be right before ${seller.name} is paid: first the tax profile, then the bank account. Both are checked by the marketplace.`}
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : said ? (
        <Notice intent="success" title={said} />
      ) : null}
      {problem ? (
        <Notice intent="warning" title={heldReasons[problem]}>
          What you earn is recorded; nothing is paid until this is done. {heldRemedies[problem]}
        </Notice>
      ) : null}
      <Section
        title="Tax profile"
        card
        actions={
          <ButtonLink to={`${base}/tax`} primary={tax === null}>
            {tax ? 'Edit the tax profile' : 'Submit the tax profile'}
          </ButtonLink>
        }
      >
        {tax ? (
          <>
            {tax.reason ? (
              <Notice intent="error" title="It could not be validated.">
                {tax.reason}
              </Notice>
            ) : null}
            <Facts
              facts={[
                { label: 'Status', value: <ProfileStatus status={tax.status} /> },
                { label: 'Entity type', value: entityTypeNames[tax.entityType] ?? tax.entityType },
                { label: 'Tax certificate information', value: `Form ${tax.form}, signed by ${tax.signedBy}` },
                { label: 'Name on the tax return', value: tax.legalName },
                { label: 'Residence', value: tax.residence },
                { label: 'Tax number', value: tax.numberEnd ? `ends in ${tax.numberEnd}` : 'none given' },
                { label: 'Withheld from sales into the United States', value: withheld(tax.form, tax.treatyRate, tax.treatyArticle) },
                { label: 'Submitted', value: <MomentText value={tax.submittedAt} /> },
                ...(tax.decidedAt ? [{ label: 'Checked', value: <MomentText value={tax.decidedAt} /> }] : []),
              ]}
            />
          </>
        ) : (
          <p style={{ margin: 0 }}>
            Every seller hands in a form of the United States, wherever it resides: W-9 there, W-8 everywhere else. It decides what is
            withheld from sales into the United States; sales elsewhere are never subject to it.
          </p>
        )}
      </Section>
      <Section
        title="Payout profile"
        card
        actions={
          tax ? (
            <ButtonLink to={`${base}/payout`} primary={payout === null}>
              {payout ? 'Change the bank account' : 'Enter the bank account'}
            </ButtonLink>
          ) : undefined
        }
      >
        {payout ? (
          <>
            {payout.reason ? (
              <Notice intent="error" title="It could not be validated.">
                {payout.reason}
              </Notice>
            ) : null}
            <Facts
              facts={[
                { label: 'Status', value: <ProfileStatus status={payout.status} /> },
                { label: 'Account holder', value: payout.holder },
                { label: 'Account', value: `ends in ${payout.accountEnd}` },
                ...(payout.bank ? [{ label: 'Bank', value: payout.bank }] : []),
                { label: 'Country', value: payout.country },
                { label: 'Paid in', value: payout.currency },
                { label: 'Submitted', value: <MomentText value={payout.submittedAt} /> },
                ...(payout.decidedAt ? [{ label: 'Checked', value: <MomentText value={payout.decidedAt} /> }] : []),
              ]}
            />
          </>
        ) : (
          <p style={{ margin: 0 }}>
            {tax
              ? `A bank account in the country where your account is registered (${seller.country}).`
              : 'The bank account can be entered once the tax profile has been submitted.'}
          </p>
        )}
      </Section>
      <Section title="Hold" card>
        <p style={{ margin: 0 }}>
          A hold applies to everything the account earns, from the next month on, until it is taken off: to hold April’s payout, set it
          before the end of March. What you earn is recorded and shown meanwhile.
        </p>
        <Form method="post" key={String(held)}>
          <CheckField name="hold" value="on" label="Hold my payments" defaultChecked={held} />
          <FormRow>
            <SubmitButton>Save the hold</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Billing profile" card actions={<ButtonLink to={`${base}/billing`}>Open the billing profile</ButtonLink>}>
        <p style={{ margin: 0 }}>
          Needed only for offers of Dynamics 365 Customer Engagement &amp; Power Apps and Dynamics 365 Operations.
        </p>
      </Section>
      {earlier.length > 0 ? (
        <Section title="Earlier versions">
          <DataTable
            caption="Earlier versions of the profiles, newest first"
            rows={earlier}
            rowKey={(row) => row.id}
            columns={[
              { key: 'what', header: 'What', cell: (row) => row.what, rowHeader: true },
              { key: 'at', header: 'Submitted', cell: (row) => <DateText value={row.at} /> },
              { key: 'by', header: 'By', cell: (row) => row.by },
              { key: 'status', header: 'Status', cell: (row) => <ProfileStatus status={row.status} /> },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}

function withheld(form: string, treatyRate: string | null, article: string | null): string {
  if (form === 'W-9') return 'Nothing'
  return treatyRate === null ? '30 %' : `${treatyRate} % (${article})`
}
