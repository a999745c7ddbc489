import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { enter, field, refuse, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import type { Route } from './+types/claim.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Take over your account' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Take over your account · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const { user, domain, read } = await enter(args, 'account.enroll')
  const token = new URL(args.request.url).searchParams.get('token') ?? ''
  if (token === '') throw redirect('/partner/enroll')
  const claim = await read((ctx) => domain.accounts.claimOf(ctx, token))
  if (!claim) throw refuse(410, 'This link has been used, has been replaced by a newer one, or is too old.')
  // Whose account it is, is for the one whom the link was sent to.
  const isMine = claim.email === user.email.toLowerCase()
  return { token, isMine, signedInAs: user.email, legalName: isMine ? claim.legalName : null }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'account.enroll')
  const form = await readForm(args.request)
  try {
    const { accountId } = await run((ctx) => domain.accounts.claimAccount(ctx, field(form, 'token')))
    return redirect(`/partner/accounts/${accountId}?welcome`, 303)
  } catch (error) {
    return refused(error)
  }
}

export default function Claim({ loaderData: { token, isMine, signedInAs, legalName } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage title="Take over your account" lead="A publisher account was brought over from elsewhere and waits for its owner.">
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      {isMine ? (
        <Section title={legalName ?? ''} card>
          <p>
            Its agreements, company profile, payout profile, publishers and offers are here already. With you, everybody who worked in it
            gets back the role that he had.
          </p>
          <Form method="post">
            <input type="hidden" name="token" value={token} />
            <FormRow>
              <SubmitButton appearance="primary">Take it over</SubmitButton>
            </FormRow>
          </Form>
        </Section>
      ) : (
        <Notice intent="warning" title="This link is for somebody else.">
          You are signed in as {signedInAs}. Sign out, and sign in with the address that the mail was sent to.
        </Notice>
      )}
    </PortalPage>
  )
}
