import { AlertRegular } from '@fluentui/react-icons/svg/alert'
import { makeStyles, tokens } from '@fluentui/react-components'
import { Form, redirect, useActionData } from 'react-router'
import { allows } from '../../kernel/authorization.ts'
import { invalid } from '../../kernel/errors.ts'
import { NotificationList } from '../ui/notification-list.tsx'
import { enter, field, refused, type Visit } from '../ui/portal-access.server.ts'
import { CheckField } from '../ui/portal-check.tsx'
import { SubmitButton } from '../ui/portal-form.tsx'
import type { CrumbHandle } from '../ui/portal-layout.tsx'
import { EmptyState, Notice, PortalPage, Section } from '../ui/portal-page.tsx'
import type { Route } from './+types/notifications.ts'

export const handle: CrumbHandle = { crumbs: () => [{ text: 'Notifications' }] }
export const meta: Route.MetaFunction = () => [{ title: 'Notifications · My account' }]

/** Kinds of mail that this person can get at all. */
function kindsFor({ user, domain }: Visit) {
  const decides = allows(user, 'procurement.manage', { tenantId: user.tenantId })
  return domain.notifications.mailKinds().filter((kind) => kind.for === 'everybody' || (kind.for === 'administrators' && decides))
}

export async function loader(args: Route.LoaderArgs) {
  const visit = await enter(args, 'account.read')
  const { domain, read } = visit
  const { rows, choices } = await read(async (ctx) => ({
    rows: await domain.notifications.customerNews(ctx),
    choices: await domain.notifications.mailChoices(ctx),
  }))
  return {
    notifications: rows.map((row) => ({ ...row, at: row.at.toString() })),
    kinds: kindsFor(visit).map(({ id, label, meaning }) => ({ id, label, meaning, wanted: choices.get(id) ?? true })),
    address: visit.user.email,
    done: new URL(args.request.url).searchParams.get('done'),
  }
}

export async function action(args: Route.ActionArgs) {
  const visit = await enter(args, 'account.read')
  const { domain, run } = visit
  const form = await args.request.formData()
  const intent = field(form, 'intent')
  try {
    if (intent === 'seen') {
      await run((ctx) => domain.notifications.markCustomerNewsSeen(ctx))
      return null
    }
    if (intent !== 'mail') throw invalid('UnknownIntent', 'This page has no such form.')
    const wanted = new Set(form.getAll('kind').map(String))
    const choices = Object.fromEntries(kindsFor(visit).map(({ id }) => [id, wanted.has(id)]))
    await run((ctx) => domain.notifications.chooseMail(ctx, choices))
  } catch (error) {
    return refused(error)
  }
  return redirect('/account/notifications?done=mail', 303)
}

const useStyles = makeStyles({
  form: { display: 'grid', rowGap: tokens.spacingVerticalS, justifyItems: 'start' },
  text: { margin: 0, color: tokens.colorNeutralForeground2, maxWidth: '72ch', lineHeight: tokens.lineHeightBase400 },
})

export default function Notifications({ loaderData: { notifications, kinds, address, done } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  return (
    <PortalPage title="Notifications" lead="What waits for you, and what became of what you asked for.">
      {refusal ? (
        <Notice intent="error" title="This was not saved.">
          {refusal.errors.message}
        </Notice>
      ) : done === 'mail' ? (
        <Notice intent="success" title="Saved. It holds from the next mail on." />
      ) : null}
      <Section title="News">
        {notifications.length === 0 ? (
          <EmptyState icon={<AlertRegular />} title="Nothing yet">
            When somebody asks you for an approval, or decides about your request, it stands here.
          </EmptyState>
        ) : (
          <NotificationList rows={notifications} />
        )}
      </Section>
      <Section title="Mails" card>
        <p className={styles.text}>
          Sent to {address}. Mails about your password and sign-in, missing payments and what is about to end are always sent.
        </p>
        <Form method="post" className={styles.form} key={JSON.stringify(kinds)}>
          {kinds.map((kind) => (
            <CheckField key={kind.id} name="kind" value={kind.id} label={`${kind.label}: ${kind.meaning}`} defaultChecked={kind.wanted} />
          ))}
          <SubmitButton appearance="primary" name="intent" value="mail">
            Save
          </SubmitButton>
        </Form>
      </Section>
    </PortalPage>
  )
}
