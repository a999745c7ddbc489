import { makeStyles, tokens } from '@fluentui/react-components'
import { Form, redirect, useActionData } from 'react-router'
import { allows } from '../../kernel/authorization.ts'
import { invalid } from '../../kernel/errors.ts'
import { enter, field, refused } from '../ui/portal-access.server.ts'
import { SubmitButton, TextField } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import type { Route } from './+types/data.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Your data' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Your data · My account' }]

export async function loader(args: Route.LoaderArgs) {
  const { user, domain } = await enter(args, 'session.use')
  return {
    email: user.email,
    exportsOrganisation: allows(user, 'organisation.export', { tenantId: user.tenantId }),
    kept: [...new Set(Object.values(domain.privacy.keptRecords()))],
  }
}

/** Erases the visitor, who has typed the own address. Every session ends with it. */
export async function action(args: Route.ActionArgs) {
  const { domain, user, run } = await enter(args, 'session.use')
  const form = await args.request.formData()
  try {
    if (field(form, 'intent') !== 'erase') throw invalid('UnknownIntent', 'This page has no such form.')
    if (field(form, 'email').toLowerCase() !== user.email.toLowerCase()) {
      throw invalid('AddressDiffers', 'Type your own address to erase yourself.', { target: 'email' })
    }
    await run((ctx) => domain.privacy.erasePerson(ctx, user.objectId, ''))
  } catch (error) {
    return refused(error)
  }
  return redirect('/?erased', 303)
}

const useStyles = makeStyles({
  text: { margin: 0, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400 },
  list: { margin: 0, paddingInlineStart: '20px', lineHeight: tokens.lineHeightBase400, maxWidth: '72ch' },
  form: { display: 'grid', rowGap: tokens.spacingVerticalM, justifyItems: 'start' },
})

export default function Data({ loaderData: { email, exportsOrganisation, kept } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage title="Your data" lead="What is stored about you, and about your organisation.">
      {refusal ? (
        <Notice intent="error" title="This was not done.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="A copy of what is stored about you" card>
        <p className={styles.text}>
          A zip archive with a file for each kind of record that names you, as lines of JSON. Passwords, keys and codes are left out.
        </p>
        <Form method="post" action="/account/data/person" reloadDocument>
          <SubmitButton appearance="primary">Download your data</SubmitButton>
        </Form>
      </Section>
      {exportsOrganisation ? (
        <Section title="A copy of your organisation’s data" card>
          <p className={styles.text}>
            Users, subscriptions, purchases, requests, rules and invoices as lines of JSON, and every invoice as a PDF, in one zip archive.
          </p>
          <Form method="post" action="/account/data/organisation" reloadDocument>
            <SubmitButton>Download the organisation’s data</SubmitButton>
          </Form>
        </Section>
      ) : null}
      <Section title="Erase yourself" card>
        <p className={styles.text}>
          You are signed out everywhere and cannot sign in again. Your address and name are taken out of all records, mails to you are
          deleted, and what your organisation has bought stays with it. This cannot be taken back. What is kept:
        </p>
        <ul className={styles.list}>
          {kept.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
        <Form method="post" className={styles.form}>
          <TextField name="email" label={`Type ${email} to confirm`} error={refusal?.errors.fields.email} autoComplete="off" required />
          <SubmitButton name="intent" value="erase">
            Erase me for good
          </SubmitButton>
        </Form>
      </Section>
    </PortalPage>
  )
}
