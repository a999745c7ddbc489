import { makeStyles } from '@fluentui/react-components'
import { Form, redirect, useActionData } from 'react-router'
import { readForm } from '../../form.ts'
import { field, refused } from '../../ui/portal-access.server.ts'
import { CheckField } from '../../ui/portal-check.tsx'
import { SubmitButton } from '../../ui/portal-form.tsx'
import type { CrumbHandle } from '../../ui/portal-layout.tsx'
import { ButtonLink, TextLink } from '../../ui/portal-link.tsx'
import { FormRows } from '../../ui/portal-more.tsx'
import { Notice, PortalPage, Section } from '../../ui/portal-page.tsx'
import { enterAccount } from '../account/account-access.server.ts'
import { ButtonRow } from './button-row.tsx'
import { kindOf, memberLines, texts } from './people-data.server.ts'
import { kinds } from './people-words.ts'
import type { Route } from './+types/remove.ts'

type Data = Awaited<ReturnType<typeof loader>>

export const handle: CrumbHandle = {
  crumbs: (data: Data | undefined) => [
    { text: kinds[data?.name ?? 'users'].title, ...(data ? { to: data.path } : {}) },
    { text: 'Remove' },
  ],
}
export const meta: Route.MetaFunction = () => [{ title: 'Remove · Partner Center' }]

export async function loader(args: Route.LoaderArgs) {
  const visit = await enterAccount(args, 'member.manage')
  const name = kindOf(args.request)
  const ids = new Set(texts(new URL(args.request.url).searchParams, 'id'))
  const { rows } = await memberLines(visit, name, kinds[name].kind, '')
  const chosen = rows.filter((row) => ids.has(row.id) && row.isOwn)
  return {
    name,
    path: `${visit.base}/${name}`,
    chosen: chosen.map(({ id, name: called, detail, state }) => ({
      id,
      called,
      detail,
      isInvitation: state === 'pending' || state === 'expired',
    })),
    mayDisable: name === 'users' && visit.user.roles.includes('global-admin') && chosen.some((row) => row.state === 'active'),
  }
}

export async function action(args: Route.ActionArgs) {
  const { domain, account, base, run } = await enterAccount(args, 'member.manage')
  const name = kindOf(args.request)
  const form = await readForm(args.request)
  const [ids, invitations] = [texts(form, 'id'), texts(form, 'invitation')]
  try {
    await run(async (ctx) => {
      if (invitations.length > 0) await domain.accounts.withdrawInvitations(ctx, account.accountId, invitations)
      if (ids.length > 0 || invitations.length === 0) {
        const disable = field(form, 'disable') === 'on'
        await domain.accounts.removeMembers(ctx, account.accountId, { kind: kinds[name].kind, ids, disable })
      }
    })
  } catch (error) {
    return refused(error)
  }
  return redirect(`${base}/${name}?done=${ids.length > 0 ? 'removed' : 'withdrawn'}`, 303)
}

const useStyles = makeStyles({
  list: { margin: 0, paddingLeft: '20px', overflowWrap: 'anywhere' },
})

export default function Remove({ loaderData: { name, path, chosen, mayDisable } }: Route.ComponentProps) {
  const styles = useStyles()
  const refusal = useActionData<typeof action>()
  const { one, many } = kinds[name]
  if (chosen.length === 0) {
    return (
      <PortalPage title="Nothing was chosen" lead={`Tick the ${many} in the list that shall be removed.`}>
        <TextLink to={path}>Back to the list</TextLink>
      </PortalPage>
    )
  }
  return (
    <PortalPage
      title={chosen.length === 1 ? `Remove 1 ${one}?` : `Remove ${chosen.length} ${many}?`}
      lead="They lose what this account gives them at once. Your directory keeps them."
    >
      {refusal ? (
        <Notice intent="error" title="Nothing was removed.">
          {refusal.errors.message}
        </Notice>
      ) : null}
      <Section title="Chosen" card>
        <ul className={styles.list}>
          {chosen.map((row) => (
            <li key={row.id}>
              {row.called} {row.called === row.detail ? null : `(${row.detail})`}{' '}
              {row.isInvitation ? '– the invitation is taken back' : null}
            </li>
          ))}
        </ul>
        <Form method="post">
          {chosen.map((row) => (
            <input key={row.id} type="hidden" name={row.isInvitation ? 'invitation' : 'id'} value={row.id} />
          ))}
          <FormRows>
            {mayDisable ? (
              <CheckField name="disable" value="on" label="Also disable them in the directory: they cannot sign in anywhere any more" />
            ) : null}
            <ButtonRow>
              <SubmitButton appearance="primary">Remove</SubmitButton>
              <ButtonLink to={path}>Keep</ButtonLink>
            </ButtonRow>
          </FormRows>
        </Form>
      </Section>
    </PortalPage>
  )
}
