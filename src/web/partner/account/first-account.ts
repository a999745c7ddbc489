import { type LoaderFunctionArgs, redirect } from 'react-router'
import { enter, refuse } from '../../ui/portal-access.server.ts'

/** Short addresses (/partner/account/agreements), for mails and documents: the page of the first account that the visitor works for. */
export async function loader(args: LoaderFunctionArgs) {
  const { user, domain, read } = await enter(args, 'session.use')
  const [first] = await read((ctx) => domain.accounts.accountsOf(ctx, user))
  if (!first) throw refuse(403, 'You work for no publisher account.')
  const { pathname, search } = new URL(args.request.url)
  return redirect(`/partner/accounts/${first.accountId}/${pathname.replace(/^\/partner\/account\/?/, '')}${search}`)
}

export default function Nothing() {
  return null
}
