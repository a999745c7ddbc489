import { PersonSwapRegular } from '@fluentui/react-icons/svg/person-swap'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { sessionCookie } from '../../session.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SelectField, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { Status } from '../../ui/portal-status.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import type { Route } from './+types/start.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Impersonation' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Impersonation · Operator console' }]

const sites = [
  { value: '/account', label: 'Customer portal' },
  { value: '/partner', label: 'Partner Center' },
  { value: '/store/business', label: 'Storefront' },
]

export async function loader(args: Route.LoaderArgs) {
  const { domain, read } = await enter(args, 'impersonation.start')
  const rows = await read((ctx) => domain.directory.impersonations(ctx))
  return {
    email: new URL(args.request.url).searchParams.get('email') ?? '',
    rows: rows.map((row) => ({ ...row, startedAt: row.startedAt.toString(), endsAt: row.endsAt.toString() })),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'impersonation.start')
  const form = await readForm(args.request)
  const cookie = sessionCookie(args.request) ?? ''
  try {
    await run((ctx) => domain.directory.startImpersonation(ctx, { cookie, email: field(form, 'email'), reason: field(form, 'reason') }))
  } catch (error) {
    return refused(error)
  }
  const site = sites.find((one) => one.value === field(form, 'site')) ?? sites[0]
  return redirect(site?.value ?? '/account', { status: 303, headers: { 'x-remix-reload-document': 'true' } })
}

export default function Impersonation({ loaderData: { email, rows } }: Route.ComponentProps) {
  const refusal = useActionData<typeof action>()
  const errors = refusal?.errors.fields ?? {}
  return (
    <PortalPage
      title="Impersonation"
      lead="See what a person sees, to help. It is written down with its reason, the person is told by mail, it ends by itself after half an hour, and nothing can be changed meanwhile."
    >
      {refusal ? (
        <Notice intent="error" title="It was not begun.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Take somebody’s place" card>
        <Form method="post">
          <FormRow>
            <TextField name="email" type="email" label="Address of the person" defaultValue={email} error={errors.email} required />
            <TextField name="reason" label="Reason" placeholder="SR-000123: the invoice is not shown" error={errors.reason} required />
            <SelectField name="site" label="Begin at" options={sites} />
            <SubmitButton appearance="primary">Begin</SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="So far">
        {rows.length === 0 ? (
          <EmptyState icon={<PersonSwapRegular />} title="Nobody’s place was taken">
            Each time is listed here, and in the audit log.
          </EmptyState>
        ) : (
          <DataTable
            caption="Impersonations, newest first"
            rows={rows}
            rowKey={(row) => row.id}
            columns={[
              { key: 'person', header: 'Person', cell: (row) => row.person, rowHeader: true },
              { key: 'operator', header: 'Operator', cell: (row) => row.operator },
              { key: 'reason', header: 'Reason', cell: (row) => row.reason },
              { key: 'from', header: 'From', cell: (row) => <MomentText value={row.startedAt} /> },
              { key: 'to', header: 'To', cell: (row) => <MomentText value={row.endsAt} /> },
              {
                key: 'state',
                header: 'State',
                cell: (row) => (row.isActive ? <Status tone="attention">Running</Status> : <Status tone="neutral">Over</Status>),
              },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
