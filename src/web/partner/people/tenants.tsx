import { makeStyles } from '@fluentui/react-components'
import { Form, useActionData } from 'react-router'
import { refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { DateText } from '../../ui/portal-time.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { ButtonRow } from './button-row.tsx'
import { Secret } from './first-sign-in.tsx'
import type { Route } from './+types/tenants.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Tenants' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Tenants · Partner Center' }]

const done: Record<string, string> = {
  created: 'The directory is created. Its global administrator signs in with the password you chose.',
  removed: 'The directory is removed. Nobody of it has access to this account any more.',
}

export async function loader(args: Route.LoaderArgs) {
  const { read, domain, account, base } = await enterAccount(args, 'tenant.manage')
  const tenants = await read((ctx) => domain.accounts.tenants(ctx, account.accountId))
  return {
    path: `${base}/tenants`,
    done: done[new URL(args.request.url).searchParams.get('done') ?? ''] ?? null,
    tenants: tenants.map((tenant) => ({ ...tenant, associatedAt: tenant.associatedAt.toString() })),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, run, origin } = await enterAccount(args, 'tenant.manage')
  try {
    const token = await run((ctx) => domain.accounts.requestTenant(ctx, account.accountId))
    const link = `/signin/associate?${new URLSearchParams({ token })}`
    return { link: `${origin}${link}`, signIn: `/signin?${new URLSearchParams({ again: 'yes', return: link })}` }
  } catch (error) {
    return refused(error)
  }
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch' },
})

export default function Tenants({ loaderData: { path, done: said, tenants } }: Route.ComponentProps) {
  const styles = useStyles()
  const answer = useActionData<typeof action>()
  return (
    <PortalPage
      title="Tenants"
      lead="Directories whose people, groups and applications can be given rights in this account. Each is managed by a manager who is signed in from it."
      actions={<ButtonLink to={`${path}/new`}>Create</ButtonLink>}
    >
      {answer && 'errors' in answer ? (
        <Notice intent="error" title="This was not done.">
          {answer.errors.message}
        </Notice>
      ) : said ? (
        <Notice intent="success" title={said} />
      ) : null}
      {answer && 'link' in answer ? (
        <Section title="Sign in to the directory that shall join" card>
          <p className={styles.text}>
            A global administrator of that directory opens this link within the hour, signs in, and confirms organisation and domain. You
            may be that administrator yourself. The link is for one use:
          </p>
          <p className={styles.text}>
            <Secret>{answer.link}</Secret>
          </p>
          <ButtonRow>
            <ButtonLink to={answer.signIn} primary document>
              Sign in to the other directory
            </ButtonLink>
          </ButtonRow>
        </Section>
      ) : (
        <Form method="post">
          <FormRow>
            <SubmitButton appearance="primary">Associate</SubmitButton>
          </FormRow>
        </Form>
      )}
      <DataTable
        caption="Directories of this account"
        rows={tenants}
        rowKey={(tenant) => tenant.tenantId}
        columns={[
          { key: 'name', header: 'Organisation', cell: (tenant) => tenant.name, rowHeader: true },
          { key: 'domain', header: 'Domain', cell: (tenant) => tenant.domain },
          { key: 'id', header: 'Tenant ID', cell: (tenant) => tenant.tenantId },
          { key: 'members', header: 'With rights here', cell: (tenant) => String(tenant.members), align: 'end' },
          { key: 'since', header: 'Since', cell: (tenant) => <DateText value={tenant.associatedAt} /> },
          {
            key: 'remove',
            header: 'Remove',
            cell: (tenant) =>
              tenant.isOwn ? 'You are signed in from it' : <TextLink to={`${path}/${tenant.tenantId}/remove`}>Remove…</TextLink>,
          },
        ]}
      />
    </PortalPage>
  )
}
