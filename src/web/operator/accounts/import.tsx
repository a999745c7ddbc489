import { data, Form, redirect, useActionData } from 'react-router'
import type { AccountImport } from '../../../domain/accounts/index.ts'
import { isDomainError } from '../../../kernel/errors.ts'
import { readForm } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextAreaField, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import type { Route } from './+types/import.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Seller accounts', to: '/operator/accounts' }, { text: 'Import' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Import an account · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'operator.console')
  const rows = await read((ctx) => domain.accounts.unclaimedAccounts(ctx))
  return {
    done: new URL(args.request.url).searchParams.get('done'),
    waiting: rows.map((one) => ({ ...one, importedAt: one.importedAt.toString() })),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'operator.console')
  const form = await readForm(args.request)
  const account = field(form, 'account')
  try {
    if (field(form, 'intent') === 'resend') {
      await run((ctx) => domain.accounts.resendClaim(ctx, account, field(form, 'email')))
      return redirect('/operator/accounts/import?done=resent', 303)
    }
    await run((ctx) => domain.accounts.importAccount(ctx, JSON.parse(account) as AccountImport))
  } catch (error) {
    if (error instanceof SyntaxError) return refusedAs(account, { message: `This is not JSON: ${error.message}`, fields: {} })
    // The fields are in the document, not on the page: all of what is wrong with them is said above it.
    if (isDomainError(error) && error.details.length > 0) {
      const broken = error.details.map(({ target, message }) => `${target}: ${message}`).join(' ')
      return refusedAs(account, { message: broken, fields: {} })
    }
    const answer = refused(error)
    return refusedAs(account, answer.data.errors, answer.init?.status)
  }
  return redirect('/operator/accounts/import?done=imported', 303)
}

function refusedAs(account: string, errors: { message: string; fields: Record<string, string> }, status = 400) {
  return data({ account, errors }, { status })
}

const said: Record<string, string> = {
  imported: 'The account is here, and its owner has mail with the link to claim it.',
  resent: 'A new link is on its way; the earlier one does not hold any more.',
}

export default function ImportAccount({ loaderData: { done, waiting } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Import an account"
      lead="Brings a publisher account over from elsewhere: with its agreements, partner IDs, publishers, people and profiles. Nobody works in it before its owner has claimed it."
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : done ? (
        <Notice intent="success" title={said[done] ?? 'Done.'} />
      ) : null}
      <Section
        title="Account"
        card
        actions={
          <TextLink to="/docs/publisher-accounts#accounts-from-elsewhere" document>
            What the document holds
          </TextLink>
        }
      >
        <Form method="post">
          <FormRows>
            <TextAreaField name="account" label="Account as JSON" rows={14} required defaultValue={refusal?.account} />
            <FormRow>
              <SubmitButton name="intent" value="import" appearance="primary">
                Import the account
              </SubmitButton>
            </FormRow>
          </FormRows>
        </Form>
      </Section>
      {waiting.length > 0 ? (
        <Section title="Not claimed yet">
          <DataTable
            caption="Accounts that wait for their owner"
            rows={waiting}
            rowKey={(row) => row.accountId}
            columns={[
              {
                key: 'name',
                header: 'Account',
                cell: (row) => <TextLink to={`/operator/accounts/${row.accountId}`}>{row.legalName}</TextLink>,
                rowHeader: true,
              },
              { key: 'at', header: 'Imported', cell: (row) => <DateText value={row.importedAt} /> },
              {
                key: 'link',
                header: 'Link',
                cell: (row) => (
                  <Form method="post">
                    <input type="hidden" name="account" value={row.accountId} />
                    <FormRow>
                      <TextField name="email" label="Owner’s e-mail" type="email" defaultValue={row.email} />
                      <SubmitButton name="intent" value="resend">
                        Send a new link
                      </SubmitButton>
                    </FormRow>
                  </Form>
                ),
              },
            ]}
          />
        </Section>
      ) : null}
    </PortalPage>
  )
}
