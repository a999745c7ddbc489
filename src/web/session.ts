import type { RouterContextProvider } from 'react-router'
import { data, redirect } from 'react-router'
import type { Principal } from '../kernel/context.ts'
import { servicesContext } from './services.ts'

/** The signed-in person. */
export type User = Extract<Principal, { kind: 'user' }>

type WebContext = Readonly<RouterContextProvider>

// All loaders of one request run side by side and ask the same question; the database answers it once.
const users = new WeakMap<WebContext, Promise<User | null>>()

/** The value of the session's cookie. */
export function sessionCookie(request: Request): string | null {
  const match = /(?:^|;\s*)stoa_session=([^;]+)/.exec(request.headers.get('cookie') ?? '')
  if (!match?.[1]) return null
  try {
    return decodeURIComponent(match[1])
  } catch {
    return null // not written by us
  }
}

/** The user of the request's session cookie, or null. */
export function getUser(request: Request, context: WebContext): Promise<User | null> {
  const known = users.get(context)
  if (known) return known
  const cookie = sessionCookie(request)
  if (!cookie) return Promise.resolve(null)
  const { kernel, domain } = context.get(servicesContext)
  const found = kernel
    .read({ kind: 'anonymous' }, (ctx) => domain.directory.sessionUser(ctx, cookie))
    .then((user) => {
      const tooMany = user && kernel.rateLimits.countPrincipal(user.objectId)
      if (tooMany) throw data(tooMany.message, { status: 429, headers: { 'retry-after': String(tooMany.data.retryAfter) } })
      return user
    })
  users.set(context, found)
  return found
}

/** The user, or a redirect to the sign-in page that comes back to this page. After a form was sent it comes back to the form's page. */
export async function requireUser(request: Request, context: WebContext): Promise<User> {
  const user = await getUser(request, context)
  if (user) return user
  const { pathname, search } = new URL(request.url)
  throw redirect(`/signin?return=${encodeURIComponent(pathname + search)}`)
}
