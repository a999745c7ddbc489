import { KeyRegular } from '@fluentui/react-icons/svg/key'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { ConfirmForm, FormRow, SelectField, SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { EmptyState, Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { Secret } from './first-sign-in.tsx'
import { managesPeople, rightsOf, rightsOptions } from './people-data.server.ts'
import { doneWords } from './people-words.ts'
import { RightsFields } from './rights-fields.tsx'
import type { Route } from './+types/application.ts'

export const handle: CrumbHandle = {
  crumbs: (data: Route.ComponentProps['loaderData'] | undefined) => [
    { text: 'Applications', ...(data ? { to: data.path } : {}) },
    { text: data?.name ?? 'Application' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Application · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.read')
  const { read, domain, account, base, user, kernel } = visit
  const member = await read((ctx) => domain.accounts.member(ctx, account.accountId, 'application', args.params.member))
  const isOwn = managesPeople(visit) && member.tenantId === user.tenantId
  const found = isOwn ? await read((ctx) => domain.accounts.accountApplication(ctx, account.accountId, member.id)) : null
  const now = await read(async (ctx) => ctx.wall.epochMilliseconds)
  return {
    path: `${base}/applications`,
    id: member.id,
    name: member.name,
    tenantId: member.tenantId,
    issuer: kernel.config.issuerUrl,
    replyUrls: found?.app.redirectUris ?? [],
    appIdUri: found?.app.appIdUri ?? null,
    roles: member.roles,
    permissions: member.permissions,
    isOwn,
    keys: (found?.keys ?? []).map((key) => ({
      keyId: key.keyId as string,
      hint: key.hint,
      createdAt: key.createdAt.toString(),
      expiresAt: key.expiresAt?.toString() ?? null,
      isExpired: key.expiresAt !== null && key.expiresAt.epochMilliseconds <= now,
    })),
    months: domain.accounts.keyMonths.map((months) => ({ value: String(months), label: `${months} months` })),
    done: doneWords[new URL(args.request.url).searchParams.get('done') ?? ''] ?? null,
    options: rightsOptions(visit, 'application'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const form = await readForm(args.request)
  const { member: id } = args.params
  const intent = field(form, 'intent')
  try {
    if (intent === 'add-key') {
      const { clientId, value } = await run((ctx) =>
        domain.accounts.addApplicationKey(ctx, account.accountId, id, Number(field(form, 'months'))),
      )
      return { key: { clientId, value } }
    }
    await run((ctx) =>
      intent === 'remove-key'
        ? domain.accounts.removeApplicationKey(ctx, account.accountId, id, field(form, 'key'))
        : domain.accounts.changeRights(ctx, account.accountId, { kind: 'application', id, ...rightsOf(form) }),
    )
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/applications/${id}?done=${intent === 'remove-key' ? 'key-removed' : 'rights'}`, 303)
}

export default function Application({ loaderData: app }: Route.ComponentProps) {
  const answer = useActionData<typeof action>()
  const refusal = answer && 'errors' in answer ? answer : undefined
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title={app.name}
      lead="Calls the APIs in the name of this account."
      actions={app.isOwn ? <ButtonLink to={`${app.path}/remove?id=${app.id}`}>Remove…</ButtonLink> : undefined}
    >
      {refusal ? (
        <Notice intent="error" title="Nothing was changed.">
          {refusal.errors.message}
        </Notice>
      ) : app.done ? (
        <Notice intent="success" title={app.done} />
      ) : null}
      {answer && 'key' in answer ? (
        <Section title="New key" card>
          <Notice intent="warning" title="The value is shown once.">
            Copy it now to where the application keeps its secrets.
          </Notice>
          <Facts
            facts={[
              { label: 'Client ID', value: <Secret>{answer.key.clientId}</Secret> },
              { label: 'Key value', value: <Secret>{answer.key.value}</Secret> },
            ]}
          />
        </Section>
      ) : null}
      <Section title="Application" card>
        <Facts
          facts={[
            { label: 'Tenant ID', value: <Secret>{app.tenantId}</Secret> },
            { label: 'Client ID', value: <Secret>{app.id}</Secret> },
            { label: 'Reply URL', value: app.replyUrls.join(', ') || '–' },
            { label: 'App ID URI', value: app.appIdUri ?? '–' },
          ]}
        />
      </Section>
      {app.isOwn ? (
        <>
          <Section title="Keys" card>
            {app.keys.length === 0 ? (
              <EmptyState icon={<KeyRegular />} title="No key yet">
                The application needs one only to get tokens for itself.
              </EmptyState>
            ) : (
              <DataTable
                caption="Keys of this application"
                rows={app.keys}
                rowKey={(key) => key.keyId}
                columns={[
                  { key: 'hint', header: 'Begins with', cell: (key) => `${key.hint}…`, rowHeader: true },
                  { key: 'created', header: 'Created', cell: (key) => <MomentText value={key.createdAt} /> },
                  {
                    key: 'expires',
                    header: 'Expires',
                    cell: (key) =>
                      key.isExpired ? <Status tone="bad">Expired</Status> : key.expiresAt ? <MomentText value={key.expiresAt} /> : 'never',
                  },
                  {
                    key: 'remove',
                    header: 'Remove',
                    cell: (key) => (
                      <ConfirmForm
                        small
                        intent="remove-key"
                        fields={{ key: key.keyId }}
                        button="Remove"
                        title={`Remove the key that begins with ${key.hint}?`}
                        confirm="Remove the key"
                        keep="Keep it"
                      >
                        Whatever uses it gets no tokens any more. Tokens that were given hold for up to an hour.
                      </ConfirmForm>
                    ),
                  },
                ]}
              />
            )}
            <Form method="post">
              <FormRow>
                <SelectField name="months" label="Valid for" options={app.months} defaultValue="12" error={errors.months} />
                <SubmitButton name="intent" value="add-key">
                  {app.keys.length === 0 ? 'Add new key' : 'Add another key'}
                </SubmitButton>
              </FormRow>
            </Form>
          </Section>
          <Section title="Rights" card>
            <Form method="post" key={`${app.roles.join()}${app.permissions.join()}`}>
              <FormRows>
                <RightsFields options={app.options} roles={app.roles} permissions={app.permissions} errors={errors} />
                <FormRow>
                  <SubmitButton appearance="primary" name="intent" value="rights">
                    Save the rights
                  </SubmitButton>
                </FormRow>
              </FormRows>
            </Form>
          </Section>
        </>
      ) : (
        <Notice intent="info" title="You can only look.">
          An owner or manager who is signed in from the directory of this application manages it.
        </Notice>
      )}
    </PortalPage>
  )
}
