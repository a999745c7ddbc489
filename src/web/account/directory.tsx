import { makeStyles, tokens } from '@fluentui/react-components'
import { PeopleSyncRegular } from '@fluentui/react-icons/svg/people-sync'
import { data, Form, redirect, useActionData } from 'react-router'
import { field, enter, refused } from '../ui/portal-access.server.ts'
import { Code } from '../ui/portal-code.tsx'
import { ConfirmForm, FormRow, SelectField, SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { TextLink } from '../ui/portal-link.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import { DataTable } from '../ui/portal-table.tsx'
import { DateText } from '../ui/portal-time.tsx'
import { readForm } from '../form.ts'
import { changeDirectory, directoryData } from './directory-data.server.ts'
import type { Route } from './+types/directory.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Directory' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Directory · My account' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'directory.administer')
  return { ...(await directoryData(visit)), done: new URL(args.request.url).searchParams.get('done') }
}

export async function action(args: Route.ActionArgs) {
  const visit = await enter(args, 'directory.administer')
  const form = await readForm(args.request)
  try {
    const value = await changeDirectory(visit, form)
    if (value !== null) return data({ value, errors: null })
  } catch (error) {
    const { data: answer, init } = refused(error)
    return data({ value: null, errors: answer.errors }, init ?? {})
  }
  return redirect(`/account/directory?done=${encodeURIComponent(field(form, 'intent'))}`, 303)
}

const doneTexts: Record<string, string> = {
  claim: 'Now prove that the domain is yours.',
  prove: 'The domain is verified. Addresses of your people may end in it.',
  drop: 'The domain waits no longer.',
  primary: 'That is the primary domain now.',
  remove: 'The domain has been given up.',
  revoke: 'The token opens nothing any more.',
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400, color: tokens.colorNeutralForeground2 },
  form: { display: 'grid', rowGap: tokens.spacingVerticalM, justifyItems: 'start' },
  buttons: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS },
  claim: { display: 'grid', rowGap: tokens.spacingVerticalS, gridTemplateColumns: 'minmax(0, 1fr)' },
  record: { fontFamily: tokens.fontFamilyMonospace, overflowWrap: 'anywhere' },
})

const lifetimes = [
  { value: '90', label: '90 days' },
  { value: '180', label: 'Half a year' },
  { value: '365', label: 'A year' },
]

export default function Directory({ loaderData }: Route.ComponentProps) {
  const { name, tenantId, sandbox, endpoint, signsInOutside, domains, claims, tokens: provisioning, done } = loaderData
  const styles = useStyles()
  const answer = useActionData<typeof action>()
  const errors = answer?.errors?.fields ?? {}
  const doneText = done ? doneTexts[done] : undefined
  return (
    <PortalPage title="Directory" lead={`The directory of ${name}: its domains, and how its people come in. Tenant id ${tenantId}.`}>
      {answer?.errors ? (
        <Notice intent="error" title="Nothing was changed.">
          {answer.errors.message}
        </Notice>
      ) : answer?.value ? (
        <Notice intent="success" title="Copy this token now. It is not shown again.">
          <Code label="The new token">{answer.value}</Code>
        </Notice>
      ) : doneText ? (
        <Notice intent="success" title={doneText} />
      ) : null}
      <Section title="Domains">
        <DataTable
          caption="Verified domains"
          rows={domains}
          rowKey={(row) => row.name}
          columns={[
            { key: 'name', header: 'Domain', cell: (row) => row.name, rowHeader: true },
            { key: 'primary', header: 'Use', cell: (row) => (row.isPrimary ? 'Primary' : 'Verified') },
            { key: 'people', header: 'People', cell: (row) => String(row.people), align: 'end' },
            {
              key: 'do',
              header: 'Change',
              cell: (row) =>
                row.isPrimary ? null : (
                  <Form method="post" className={styles.buttons} aria-label={`Change ${row.name}`}>
                    <input type="hidden" name="domain" value={row.name} />
                    <SubmitButton name="intent" value="primary">
                      Make primary
                    </SubmitButton>
                    <SubmitButton name="intent" value="remove">
                      Give up
                    </SubmitButton>
                  </Form>
                ),
            },
          ]}
        />
        {claims.map((claim) => (
          <Section key={claim.name} title={`${claim.name} waits to be proved`} card>
            <div className={styles.claim}>
              <p className={styles.text}>
                {sandbox
                  ? 'In the sandbox it is believed at once. Elsewhere the DNS of the domain must have this TXT record:'
                  : 'Add this TXT record to the DNS of the domain, then verify. DNS may need some time.'}
              </p>
              <span className={styles.record}>{claim.record}</span>
              <span className={styles.record}>{claim.value}</span>
              <Form method="post" className={styles.buttons} aria-label={`Prove ${claim.name}`}>
                <input type="hidden" name="domain" value={claim.name} />
                <SubmitButton appearance="primary" name="intent" value="prove">
                  Verify
                </SubmitButton>
                <SubmitButton name="intent" value="drop">
                  Drop
                </SubmitButton>
              </Form>
            </div>
          </Section>
        ))}
        <Form method="post" className={styles.form} key={`${domains.length} ${claims.length}`}>
          <FormRow>
            <TextField name="domain" label="Add a domain" placeholder="contoso.example" error={errors.domain} autoComplete="off" required />
            <SubmitButton name="intent" value="claim">
              Add
            </SubmitButton>
          </FormRow>
        </Form>
      </Section>
      <Section title="Provisioning">
        <p className={styles.text}>
          Your own directory (Entra ID, Okta or another that speaks SCIM 2.0) can keep your people and groups here. Its address is{' '}
          <span className={styles.record}>{endpoint}</span>; it shows one of these tokens.{' '}
          <TextLink to="/docs/identity" document>
            How to set it up
          </TextLink>
        </p>
        {signsInOutside ? <p className={styles.text}>Your people sign in with {signsInOutside}.</p> : null}
        {provisioning.length === 0 ? (
          <EmptyState icon={<PeopleSyncRegular />} title="No other directory keeps this one">
            People and groups are made here, by administrators. With a token they come from your own directory, and only from there.
          </EmptyState>
        ) : (
          <DataTable
            caption="Provisioning tokens"
            rows={provisioning}
            rowKey={(row) => row.tokenId}
            columns={[
              { key: 'name', header: 'Token', cell: (row) => `${row.name} (${row.hint}…)`, rowHeader: true },
              { key: 'created', header: 'Made', cell: (row) => <DateText value={row.createdAt.slice(0, 10)} /> },
              {
                key: 'ends',
                header: 'Ends',
                cell: (row) => (row.isOver ? 'Has ended' : <DateText value={row.expiresAt.slice(0, 10)} />),
              },
              {
                key: 'used',
                header: 'Last used',
                cell: (row) => (row.lastUsedAt ? <DateText value={row.lastUsedAt.slice(0, 10)} /> : 'Never'),
              },
              {
                key: 'do',
                header: 'Change',
                cell: (row) => (
                  <ConfirmForm
                    intent="revoke"
                    fields={{ token: row.tokenId }}
                    button="Revoke"
                    title={`Revoke ${row.name}?`}
                    confirm="Revoke"
                    keep="Keep it"
                  >
                    Whatever uses this token can no longer change people and groups here. Those that it made stay.
                  </ConfirmForm>
                ),
              },
            ]}
          />
        )}
        <Form method="post" className={styles.form}>
          <FormRow>
            <TextField name="name" label="What will use the token" placeholder="Entra ID" error={errors.name} autoComplete="off" required />
            <SelectField name="days" label="It ends after" options={lifetimes} defaultValue="365" error={errors.days} />
            <SubmitButton name="intent" value="token">
              Make a token
            </SubmitButton>
          </FormRow>
        </Form>
      </Section>
    </PortalPage>
  )
}
