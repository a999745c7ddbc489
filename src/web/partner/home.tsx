import { redirect } from 'react-router'
import { enter, refuse } from '../ui/portal-access.server.ts'
import type { Route } from './+types/home.ts'

/** Partner Center opens with the first publisher that the visitor works for. */
export async function loader(args: Route.LoaderArgs) {
  const { user, domain, read } = await enter(args, 'session.use')
  const [first] = await read((ctx) => domain.accounts.publishersOf(ctx, user))
  if (!first) throw refuse(403, 'Partner Center is for people who work for a publisher. You are signed in, but you work for none.')
  return redirect(`/partner/publishers/${first.publisherId}`)
}

export default function Home() {
  return null
}
