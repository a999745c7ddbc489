import { Form, redirect, useActionData } from 'react-router'
import { refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { managesPeople } from './people-data.server.ts'
import { doneWords } from './people-words.ts'
import type { Route } from './+types/invitation.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Users', ...(data ? { to: data.path } : {}) },
    { text: data?.email ?? 'Invitation' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Invitation · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.read')
  const { read, domain, account, base } = visit
  const found = await read((ctx) => domain.accounts.invitation(ctx, account.accountId, args.params.invitation))
  return {
    path: `${base}/users`,
    id: found.id,
    email: found.email,
    rights: domain.accounts.roles.rightsText(found),
    invitedBy: found.invitedBy,
    sentAt: found.sentAt.toString(),
    expiresAt: found.expiresAt.toString(),
    isExpired: found.isExpired,
    manages: managesPeople(visit),
    done: doneWords[new URL(args.request.url).searchParams.get('done') ?? ''] ?? null,
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const { invitation } = args.params
  try {
    await run((ctx) => domain.accounts.resendInvitation(ctx, account.accountId, invitation))
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/users/invitations/${invitation}?done=resent`, 303)
}

export default function Invitation({ loaderData: found }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title={found.email}
      lead={found.isExpired ? 'Invitation expired' : 'Invitation pending'}
      actions={found.manages ? <ButtonLink to={`${found.path}/remove?id=${found.id}`}>Take back…</ButtonLink> : undefined}
    >
      {refusal ? (
        <Notice intent="error" title="It was not sent.">
          {refusal.errors.message}
        </Notice>
      ) : found.done ? (
        <Notice intent="success" title={found.done} />
      ) : null}
      <Section title="Invitation" card>
        <Facts
          facts={[
            { label: 'Rights after accepting', value: found.rights },
            { label: 'Invited by', value: found.invitedBy },
            { label: 'Sent', value: <MomentText value={found.sentAt} /> },
            { label: found.isExpired ? 'Expired' : 'Valid until', value: <MomentText value={found.expiresAt} /> },
          ]}
        />
        {found.manages ? (
          <Form method="post">
            <FormRow>
              <SubmitButton>Resend invitation</SubmitButton>
            </FormRow>
          </Form>
        ) : null}
      </Section>
    </PortalPage>
  )
}
