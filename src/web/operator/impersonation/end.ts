import { redirect } from 'react-router'
import { requestContext, servicesContext } from '../../services.ts'
import { getUser, sessionCookie } from '../../session.ts'
import type { Route } from './+types/end.ts'

export function loader() {
  return redirect('/')
}

/** The banner's button. Whoever presses it without acting in somebody's place has nothing to end. */
export async function action({ request, context }: Route.ActionArgs) {
  const user = await getUser(request, context)
  const cookie = sessionCookie(request)
  if (!user?.impersonator || !cookie) return redirect('/', 303)
  const { kernel, domain } = context.get(servicesContext)
  const { requestId } = context.get(requestContext)
  await kernel.run(user, (ctx) => domain.directory.endImpersonation(ctx, cookie), { requestId })
  return redirect('/operator/impersonation', 303)
}
