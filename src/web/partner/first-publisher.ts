import { type LoaderFunctionArgs, redirect } from 'react-router'
import { enter, refuse } from '../ui/portal-access.server.ts'

/** Short addresses (/partner/sandbox, /partner/webhooks): the page of the first publisher that the visitor works for. */
export async function loader(args: LoaderFunctionArgs) {
  const { user, domain, read } = await enter(args, 'session.use')
  const [first] = await read((ctx) => domain.accounts.publishersOf(ctx, user))
  if (!first) throw refuse(403, 'Partner Center is for people who work for a publisher. You are signed in, but you work for none.')
  const { pathname, search } = new URL(args.request.url)
  return redirect(`/partner/publishers/${first.publisherId}/${pathname.replace(/^\/partner\//, '')}${search}`)
}

export default function Nothing() {
  return null
}
