import { makeStyles, tokens } from '@fluentui/react-components'
import { PersonKeyRegular } from '@fluentui/react-icons/svg/person-key'
import { Form, redirect, useActionData } from 'react-router'
import { invalid, isDomainError } from '../../../kernel/errors.ts'
import { fieldText } from '../../form.ts'
import { enter, field, refused } from '../../ui/portal-access.server.ts'
import { FormRow, SubmitButton, TextField } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { TextLink } from '../../ui/portal-link.tsx'
import { EmptyState, Facts, Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { DataTable } from '../../ui/portal-table.tsx'
import { MomentText } from '../../ui/portal-time.tsx'
import type { Route } from './+types/people.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Privacy' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Privacy · Operator console' }]

export async function loader(args: Route.LoaderArgs) {
  const { kernel, user, domain, read } = await enter(args, 'privacy.manage')
  const q = fieldText(new URL(args.request.url).searchParams, 'q', 254)
  const { erasures, tenants } = await read(async (ctx) => {
    const rows = await domain.privacy.erasures(ctx)
    return { erasures: rows, tenants: await domain.directory.getTenants(ctx, [...new Set(rows.map((row) => row.tenantId))]) }
  })
  const names = new Map<string, string>(tenants.map((tenant) => [tenant.tenantId, tenant.name]))
  return {
    q,
    found: q === '' ? null : await search(),
    erasures: erasures.map((row) => ({
      id: row.id,
      objectId: row.objectId,
      organisation: names.get(row.tenantId) ?? row.tenantId,
      at: row.wallAt.toString(),
      by: row.askedBy === 'self' ? 'The person' : 'The operator',
    })),
  }

  async function search() {
    try {
      return await kernel.read(user, async (ctx) => {
        const person = await domain.privacy.findPerson(ctx, q)
        const tenant = await domain.directory.findTenant(ctx, person.tenantId)
        const { objectId, email, displayName, status } = person
        return { objectId, email, displayName, status, organisation: tenant?.name ?? person.tenantId }
      })
    } catch (error) {
      if (isDomainError(error) && error.kind === 'not-found') return null
      throw error
    }
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, run } = await enter(args, 'privacy.manage')
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') !== 'erase') throw invalid('UnknownIntent', 'This page has no such form.')
    const { id } = await run((ctx) => domain.privacy.erasePerson(ctx, field(form, 'person'), field(form, 'reason')))
    return redirect(`/operator/privacy/${id}`, 303)
  } catch (error) {
    return refused(error)
  }
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400, color: tokens.colorNeutralForeground2 },
})

export default function People({ loaderData: { q, found, erasures } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage
      title="Privacy"
      lead="Hand a person what is stored about them, or erase them. People can do both for themselves in their account."
    >
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Find a person" card>
        <Form method="get" role="search" aria-label="Find a person">
          <FormRow>
            <TextField name="q" label="E-mail address" type="email" defaultValue={q} autoComplete="off" />
            <SubmitButton>Find</SubmitButton>
          </FormRow>
        </Form>
        {q !== '' && !found ? <p className={styles.text}>Nobody here has the address {q}.</p> : null}
        {found ? (
          <>
            <Facts
              facts={[
                { label: 'Name', value: found.displayName },
                { label: 'Address', value: found.email },
                { label: 'Organisation', value: found.organisation },
                { label: 'State', value: found.status === 'active' ? 'Active' : 'Disabled' },
                { label: 'Object id', value: found.objectId },
              ]}
            />
            <Form method="post" action={`/operator/privacy/export/${found.objectId}`} reloadDocument>
              <SubmitButton>Download what is stored</SubmitButton>
            </Form>
            <Form method="post" noValidate aria-label={`Erase ${found.displayName}`}>
              <input type="hidden" name="person" value={found.objectId} />
              <FormRow>
                <TextField
                  name="reason"
                  label="Why the person is erased"
                  hint="Kept with the report and in the audit log. Erasing cannot be taken back."
                  error={refusal?.errors.fields.reason}
                  required
                />
                <SubmitButton name="intent" value="erase">
                  Erase this person
                </SubmitButton>
              </FormRow>
            </Form>
          </>
        ) : null}
      </Section>
      <Section title="Erased">
        {erasures.length === 0 ? (
          <EmptyState icon={<PersonKeyRegular />} title="Nobody has been erased">
            The report of each erasure stands here: what went, what was overwritten, what is kept and why.
          </EmptyState>
        ) : (
          <DataTable
            caption="People who were erased, the latest first"
            rows={erasures}
            rowKey={(row) => row.id}
            columns={[
              {
                key: 'who',
                header: 'Object id',
                cell: (row) => <TextLink to={`/operator/privacy/${row.id}`}>{row.objectId}</TextLink>,
                rowHeader: true,
              },
              { key: 'organisation', header: 'Organisation', cell: (row) => row.organisation },
              { key: 'by', header: 'Asked by', cell: (row) => row.by },
              { key: 'at', header: 'When', cell: (row) => <MomentText value={row.at} /> },
            ]}
          />
        )}
      </Section>
    </PortalPage>
  )
}
