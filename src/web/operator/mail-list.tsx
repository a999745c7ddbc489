import { MailInboxRegular } from '@fluentui/react-icons/svg/mail-inbox'
import { SearchRegular } from '@fluentui/react-icons/svg/search'
import { Form } from 'react-router'
import { enter } from '../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../ui/portal-link.tsx'
import { EmptyState, PortalPage } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { MomentText } from '../ui/portal-time.tsx'
import { MailState } from './mail-state.tsx'
import type { Route } from './+types/mail-list.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Mail' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Mail · Operator console' }]

/** The newest ones; older mail is found by its recipient. */
const shown = 200

export async function loader(args: Route.LoaderArgs) {
  const { kernel, read } = await enter(args, 'operator.console')
  const to = new URL(args.request.url).searchParams.get('to')?.trim() ?? ''
  const mails = await read((ctx) => kernel.mail.list(ctx, to === '' ? { limit: shown } : { limit: shown, to }))
  return {
    to,
    sandbox: kernel.config.mode === 'sandbox',
    mails: mails.map((mail) => ({ id: mail.id, to: mail.to, subject: mail.subject, state: mail.state, at: mail.at.toString() })),
  }
}

export default function MailList({ loaderData: { to, sandbox, mails } }: Route.ComponentProps) {
  return (
    <PortalPage
      title="Mail"
      lead={
        sandbox
          ? 'In sandbox mode no mail leaves this machine: what would have been sent is kept here.'
          : 'What the marketplace has sent, and what could not be delivered.'
      }
      actions={<ButtonLink to="/operator/mail/templates">Templates</ButtonLink>}
    >
      <Form method="get" role="search" aria-label="Mail">
        <FormRow>
          <TextField name="to" type="search" label="Recipient" placeholder="name@company.example" defaultValue={to} autoComplete="off" />
          <SubmitButton icon={<SearchRegular />}>Search</SubmitButton>
        </FormRow>
      </Form>
      {mails.length === 0 ? (
        <EmptyState
          icon={<MailInboxRegular />}
          title={to === '' ? 'No mail yet' : `No mail to ${to}`}
          action={to === '' ? undefined : <TextLink to="/operator/mail">Show all mail</TextLink>}
        >
          {to === ''
            ? 'A purchase sends the first one: buy an offer in a storefront and come back.'
            : 'The whole address must be given, exactly as the mail was sent.'}
        </EmptyState>
      ) : (
        <DataTable
          caption="Mail, newest first"
          rows={mails}
          rowKey={(mail) => mail.id}
          columns={[
            {
              key: 'subject',
              header: 'Subject',
              cell: (mail) => <TextLink to={`/operator/mail/${mail.id}`}>{mail.subject}</TextLink>,
              rowHeader: true,
            },
            { key: 'to', header: 'To', cell: (mail) => mail.to },
            { key: 'at', header: 'Market time', cell: (mail) => <MomentText value={mail.at} /> },
            { key: 'state', header: 'State', cell: (mail) => <MailState state={mail.state} /> },
          ]}
        />
      )}
    </PortalPage>
  )
}
