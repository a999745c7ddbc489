import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Domain } from '../../domain/domain.ts'
import type { Application, Session, Tenant } from '../../domain/directory/index.ts'
import { anonymous } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { deniedParameter } from './consent.ts'
import { errorPage, sendPage } from './page.ts'
import { isOfRealm } from './home-realm.ts'
import { handOver, paths, type Providers } from './provider.ts'
import { consentOf, oidcScope, unknownPermissions } from './scopes.ts'
import { readSessionCookie } from './session-cookie.ts'
import { isCollective } from './tenant-path.ts'
import { unknownTenant } from './token.ts'

/** Parameters that we act on ourselves or that mean nothing here (`claims` is sent by every MSAL). */
const ownParameters = [deniedParameter, 'prompt', 'max_age', 'claims', 'resource', 'domain_hint', 'login_hint', 'scope']

/**
 * The authorize endpoint: makes sure that somebody of a fitting tenant is signed in at this browser, then lets the library check the request
 * and send its result to the client. Client and address are checked first, so that nobody types a password for a request that leads nowhere.
 */
export function createAuthorizeEndpoint(kernel: Kernel, domain: Domain, providers: Providers) {
  const { directory } = domain

  return async function authorize(request: FastifyRequest, reply: FastifyReply, version: 1 | 2): Promise<unknown> {
    const name = (request.params as { tenant: string }).tenant
    const query = queryOf(request)
    const found = await kernel.read(anonymous, async (ctx) => {
      const app = await directory.findApplication(ctx, query.get('client_id') ?? '')
      const tenant = isCollective(name) ? null : await directory.findTenant(ctx, name)
      const session = await directory.findSession(ctx, readSessionCookie(request))
      return { app, tenant, session, wall: ctx.wall }
    })
    const problem = problemOf(found, name, query)
    if (problem) return sendPage(reply, errorPage(kernel.config.brand, problem), { status: 400 })
    const { session, wall } = found
    const app = found.app as Application

    const prompts = new Set((query.get('prompt') ?? '').split(' ').filter(Boolean))
    const maxAge = query.get('max_age')
    const tooOld = session && maxAge !== null && wall.since(session.authenticatedAt).total('seconds') > Number(maxAge)
    const fits = session !== null && isOfRealm(name, session.user.tenantId) && (await belongs(session, found.tenant))
    const silent = prompts.has('none')
    if (!silent && (!fits || tooOld || prompts.has('login') || prompts.has('select_account'))) {
      return toSignIn(request, reply, query, {
        tenant: found.tenant,
        realm: isCollective(name) ? name.toLowerCase() : null,
        choose: prompts.has('select_account'),
        signedIn: session !== null,
      })
    }

    const tenant = await tenantFor(found.tenant, fits ? session : null, app)
    const problemScope = unknownPermissions(query.get('scope') ?? undefined)
    const scopes = consentOf(query.get('scope') ?? undefined, query.get('resource') ?? undefined)
    const missing = fits ? await kernel.read(anonymous, (ctx) => directory.missingConsent(ctx, { user: session.user, app, scopes })) : []
    const denied = query.get(deniedParameter) === 'denied'
    if (!silent && !denied && problemScope.length === 0 && (missing.length > 0 || prompts.has('consent'))) {
      return reply.redirect(`/signin/consent?${new URLSearchParams({ return: backTo(request, query) }).toString()}`, 302)
    }
    const cleaned = new URLSearchParams(query)
    for (const parameter of ownParameters) cleaned.delete(parameter)
    if (silent) cleaned.set('prompt', 'none')
    cleaned.set('scope', oidcScope(query.get('scope') ?? undefined))
    if (version === 1 && !cleaned.has('response_type')) cleaned.set('response_type', 'code')
    handOver(reply)
    await providers.handle({ req: request.raw, res: reply.raw }, `${paths.authorize}?${cleaned.toString()}`, undefined, {
      tenant,
      session: fits && !tooOld ? session : null,
      clientProven: false,
      refusal: denied ? 'denied' : problemScope.length > 0 ? `unknown:${problemScope[0]}` : missing.length > 0 ? 'unasked' : null,
      errorPage: ({ error, description }) => errorPage(kernel.config.brand, `${description || error}.`.replace('..', '.')).html,
    })
    return reply
  }

  /** Whether who is signed in is of the directory that was asked for, or its guest. */
  async function belongs({ user }: Session, tenant: Tenant | null): Promise<boolean> {
    if (tenant === null || user.tenantId === tenant.tenantId) return true
    return kernel.read(anonymous, (ctx) => directory.isGuestOf(ctx, tenant.tenantId, user.objectId))
  }

  /** The tenant whose issuer answers: the one asked for, else the user's, else the application's own (only to say that nobody is signed in). */
  async function tenantFor(asked: Tenant | null, session: Session | null, app: Application): Promise<Tenant> {
    if (asked) return asked
    const tenantId = session?.user.tenantId ?? app.tenantId
    const tenant = await kernel.read(anonymous, (ctx) => directory.findTenant(ctx, tenantId))
    if (!tenant) throw unknownTenant(tenantId)
    return tenant
  }
}

/** Parameters of a GET's query or a POST's form. */
function queryOf(request: FastifyRequest): URLSearchParams {
  if (request.method === 'POST') return new URLSearchParams(typeof request.body === 'string' ? request.body : '')
  const url = request.raw.url ?? ''
  const mark = url.indexOf('?')
  return new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1))
}

/** Why a request cannot be answered to the client, as a sentence for the person in front of the browser. */
function problemOf(found: { app: Application | null; tenant: Tenant | null }, name: string, query: URLSearchParams): string | null {
  const { app, tenant } = found
  const redirectUri = query.get('redirect_uri')
  const clientId = query.get('client_id')
  if (!isCollective(name) && !tenant) return `AADSTS90002: There is no directory '${name}'.`
  if (!clientId) return "AADSTS900144: The request must contain the following parameter: 'client_id'."
  const usable = app?.status === 'active' && (app.multiTenant || tenant === null || app.tenantId === tenant.tenantId)
  if (!usable) return `AADSTS700016: There is no application with the identifier '${clientId}' in this directory.`
  if (tenant === null && !app.multiTenant) {
    return `AADSTS50194: Application '${clientId}' is for the users of one directory: use that directory's address instead of /${name}.`
  }
  if (!redirectUri || !app.redirectUris.includes(redirectUri)) {
    return `AADSTS50011: The address to return to does not match one that is registered for application '${clientId}'.`
  }
  return null
}

/** To the sign-in page and back to this very request, without what has been done then. */
function toSignIn(
  request: FastifyRequest,
  reply: FastifyReply,
  query: URLSearchParams,
  why: { tenant: Tenant | null; realm: string | null; choose: boolean; signedIn: boolean },
): FastifyReply {
  const target = new URLSearchParams({ return: backTo(request, query, { consent: (query.get('prompt') ?? '').includes('consent') }) })
  const hint = query.get('login_hint')
  if (hint) target.set('login_hint', hint)
  if (why.tenant) target.set('directory', why.tenant.domain)
  if (why.realm) target.set('realm', why.realm)
  if (why.signedIn) target.set('again', why.choose ? 'choose' : 'yes')
  return reply.redirect(`/signin?${target.toString()}`, 302)
}

/** This very request, to come back to, without what has been done then. */
function backTo(request: FastifyRequest, query: URLSearchParams, { consent = false } = {}): string {
  const back = new URLSearchParams(query)
  for (const done of ['prompt', 'max_age', deniedParameter]) back.delete(done)
  if (consent) back.set('prompt', 'consent')
  return `${(request.raw.url ?? '').split('?')[0]}?${back.toString()}`
}
