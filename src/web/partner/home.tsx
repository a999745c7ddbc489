import { redirect } from 'react-router'
import { enter } from '../ui/portal-access.server.ts'
import type { Route } from './+types/home.ts'

/** Partner Center opens with the first account that the visitor works for; who works for none is shown how to open one. */
export async function loader(args: Route.LoaderArgs) {
  const { user, domain, read } = await enter(args, 'session.use')
  const [first] = await read((ctx) => domain.accounts.accountsOf(ctx, user))
  throw redirect(first ? `/partner/accounts/${first.accountId}` : '/partner/enroll')
}

export default function Home() {
  return null
}
