import { createHash, randomBytes } from 'node:crypto'
import { IncomingMessage, type ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import Provider, { errors, interactionPolicy } from 'oidc-provider'
import type { Domain } from '../../domain/domain.ts'
import type { Application, Session, SigningKey, Tenant, User } from '../../domain/directory/index.ts'
import { issuerOf, rightsClaims } from '../../domain/directory/index.ts'
import { system } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'

/** What our routes tell the library about a request, and what it tells back. */
interface ProviderCall {
  tenant: Tenant
  /** who is signed in, for the authorize endpoint */
  session: Session | null
  /** why the client gets an error instead of a code, once the library has checked its address */
  refusal?: 'denied' | 'unasked' | `unknown:${string}` | null
  /** the client was authenticated by us */
  clientProven: boolean
  /** replaces the answer of the token endpoint before it is sent */
  answer?: (result: { status: number; body: Record<string, unknown>; user: User | undefined }) => Promise<{ status: number; body: unknown }>
  /** page for an error that cannot be sent to the client */
  errorPage: (error: { error: string; description: string }) => string
}

export interface Providers {
  /** Lets the library answer: `path` is one of {@link paths} with its query; a body makes it a POST. The reply must have been hijacked. */
  handle(
    raw: { req: IncomingMessage; res: ServerResponse },
    path: string,
    body: Record<string, string> | undefined,
    call: ProviderCall,
  ): Promise<void>
}

export const paths = { authorize: '/oauth2/v2.0/authorize', token: '/oauth2/v2.0/token', userinfo: '/oauth2/userinfo' }

/** Tenants whose library instance is kept: one takes 36 KiB and a fifth of a millisecond to make. */
const keptProviders = 500
const codeSeconds = 300
const refreshDays = 14

type Request = IncomingMessage & { stoa?: ProviderCall; originalUrl?: string }

/**
 * The OpenID Connect library, one instance a tenant: issuer and keys are fixed when it is made, so it is made anew when keys change.
 * It validates requests, issues codes and tokens. Who is signed in is decided by our own session, not by one of its own.
 */
export function createProviders(kernel: Kernel, domain: Domain): Providers {
  const { directory } = domain
  const providers = new Map<string, { kids: string; provider: Provider }>()
  /** Stands for "we have checked the client's secret"; never leaves the process. */
  const proof = randomBytes(32).toString('hex')

  async function providerOf(tenant: Tenant): Promise<Provider> {
    const keys = await directory.keys.published()
    const current = await directory.keys.current()
    const ordered = [current, ...keys.filter((key) => key.kid !== current.kid)]
    const kids = ordered.map((key) => key.kid).join(' ')
    const kept = providers.get(tenant.tenantId)
    if (kept?.kids === kids) return kept.provider
    if (providers.size >= keptProviders) providers.clear()
    const provider = makeProvider(tenant, ordered)
    providers.set(tenant.tenantId, { kids, provider })
    return provider
  }

  function clientMetadata(app: Application, hasKeys: boolean) {
    const implicit = app.redirectUris.length > 0
    return {
      client_id: app.clientId,
      client_name: app.name,
      redirect_uris: app.redirectUris,
      response_types: implicit ? ['code', 'id_token', 'code id_token'] : [],
      grant_types: implicit ? ['authorization_code', 'refresh_token', 'implicit'] : [],
      token_endpoint_auth_method: hasKeys ? 'client_secret_post' : 'none',
      ...(hasKeys ? { client_secret: proof } : {}),
      subject_type: 'pairwise' as const,
      sector_identifier_uri: `https://${app.clientId}.invalid`,
      require_auth_time: true,
    }
  }

  function adapterOf(tenant: Tenant) {
    const { tenantId } = tenant
    return class StoredModel {
      readonly model: string
      constructor(model: string) {
        this.model = model
      }
      async upsert(id: string, payload: Record<string, unknown>, expiresInSeconds?: number) {
        await kernel.read(system, (ctx) => directory.oidc.savePayload(ctx, { tenantId, model: this.model, id, payload, expiresInSeconds }))
      }
      async find(id: string) {
        if (this.model === 'Client') {
          return kernel.read(system, async (ctx) => {
            const app = await directory.findApplication(ctx, id)
            if (app?.status !== 'active' || (app.tenantId !== tenantId && !app.multiTenant)) return undefined
            return clientMetadata(app, (await directory.listKeys(ctx, app.clientId)).length > 0)
          })
        }
        return kernel.read(system, (ctx) => directory.oidc.findPayload(ctx, { tenantId, model: this.model, id }))
      }
      findByUid() {
        return Promise.resolve(undefined)
      }
      findByUserCode() {
        return Promise.resolve(undefined)
      }
      async consume(id: string) {
        const first = await kernel.read(system, (ctx) => directory.oidc.consumePayload(ctx, this.model, id))
        if (!first) throw new errors.InvalidGrant('the code or token was already used')
      }
      async destroy(id: string) {
        await kernel.read(system, (ctx) => directory.oidc.deletePayload(ctx, this.model, id))
      }
      async revokeByGrantId(grantId: string) {
        await kernel.read(system, (ctx) => directory.oidc.deleteGrant(ctx, grantId))
      }
    }
  }

  function makeProvider(tenant: Tenant, keys: SigningKey[]): Provider {
    const policy = interactionPolicy.base()
    policy.remove('consent')
    policy.add(
      new interactionPolicy.Prompt(
        { name: 'stoa', requestable: false },
        new interactionPolicy.Check('refused', 'refused', 'consent_required', (ctx) => {
          const { refusal } = (ctx.req as Request).stoa ?? {}
          if (refusal === 'denied') throw new errors.AccessDenied('AADSTS65004: User declined to consent to access the app.')
          if (refusal?.startsWith('unknown:')) {
            const permission = refusal.slice('unknown:'.length)
            throw new errors.InvalidScope(
              `AADSTS650053: The application asked for scope '${permission}' that does not exist on the resource.`,
              permission,
            )
          }
          if (refusal === 'unasked') {
            throw new errors.ConsentRequired('AADSTS65001: The user has not consented to use the application. Send an interactive request.')
          }
          return interactionPolicy.Check.NO_NEED_TO_PROMPT
        }),
      ),
    )
    const provider = new Provider(issuerOf(kernel.config.issuerUrl, tenant.tenantId, 2), {
      adapter: adapterOf(tenant) as never,
      jwks: {
        keys: keys.map((key) => ({
          ...key.privateKey.export({ format: 'jwk' }),
          kid: key.kid,
          x5t: key.kid,
          use: 'sig',
          alg: 'RS256',
        })) as never,
      },
      routes: {
        authorization: paths.authorize,
        token: paths.token,
        userinfo: paths.userinfo,
        jwks: '/discovery/v2.0/keys',
        end_session: '/oauth2/v2.0/logout',
      },
      features: {
        devInteractions: { enabled: false },
        // Our own logout: the session is ours.
        rpInitiatedLogout: { enabled: false },
        resourceIndicators: { enabled: false },
      },
      interactions: { policy, url: () => '/signin' },
      cookies: { keys: kernel.secrets.deriveKeys('directory oidc cookies').map((key) => key.toString('base64url')) },
      scopes: ['openid', 'offline_access', 'profile', 'email'],
      claims: {
        openid: ['sub', 'tid', 'oid', 'ver', 'name', 'preferred_username', 'email', 'roles', 'idp'],
        profile: ['given_name'],
        email: ['email_verified'],
      },
      conformIdTokenClaims: false,
      // `sub` is the person within one application, `oid` across all of them (seed 001 L15663).
      subjectTypes: ['pairwise'],
      pairwiseIdentifier: async (_ctx, objectId, client) =>
        createHash('sha256').update(`${client.clientId}\n${objectId}`).digest('base64url'),
      // Applications may return to several hosts: they are one sector all the same, and nothing is to be fetched to know that.
      sectorIdentifierUriValidate: () => false,
      pkce: { required: (_ctx, client) => client.tokenEndpointAuthMethod === 'none' },
      ttl: {
        AccessToken: 3600,
        AuthorizationCode: codeSeconds,
        IdToken: 3600,
        RefreshToken: refreshDays * 86_400,
        Grant: refreshDays * 86_400,
        Interaction: 600,
        Session: 600,
      },
      expiresWithSession: async () => false,
      // Azure AD's clients ask for offline_access without prompt=consent, which the standard wants and they never send.
      issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
      async loadExistingGrant(ctx) {
        const { client, session } = ctx.oidc
        if (!client || !session?.accountId) return undefined
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
        grant.addOIDCScope('openid profile email offline_access')
        await grant.save()
        return grant
      },
      async findAccount(_ctx, objectId) {
        const principal = await kernel.read(system, (inner) => directory.principal(inner, objectId))
        if (!principal) return undefined
        const guest = principal.tenantId !== tenant.tenantId
        if (guest && !(await kernel.read(system, (inner) => directory.isGuestOf(inner, tenant.tenantId, objectId)))) return undefined
        return {
          accountId: objectId,
          claims: async () => ({
            sub: objectId,
            oid: guest ? directory.guestObjectId(tenant.tenantId, objectId) : objectId,
            ...(guest ? { idp: issuerOf(kernel.config.issuerUrl, principal.tenantId, 2) } : {}),
            tid: tenant.tenantId,
            ver: '2.0',
            name: principal.displayName,
            preferred_username: principal.email,
            email: principal.email,
            roles: guest ? undefined : rightsClaims(principal).roles,
          }),
        }
      },
      async renderError(ctx, out) {
        const call = (ctx.req as Request).stoa
        ctx.type = 'html'
        ctx.body = call?.errorPage({ error: out.error, description: out.error_description ?? '' }) ?? out.error
      },
    })
    // Our session instead of the library's own: it is made for one request from stoa_session and never stored.
    const sessions = provider.Session as unknown as {
      get(ctx: { req: Request; oidc?: { entity(name: string, value: unknown): void } }): Promise<unknown>
    }
    sessions.get = async (ctx) => {
      const session = new provider.Session()
      const signedIn = ctx.req.stoa?.session
      if (signedIn) {
        session.loginAccount({
          accountId: signedIn.user.objectId,
          loginTs: Math.floor(signedIn.authenticatedAt.epochMilliseconds / 1000),
          amr: ['pwd'],
        } as never)
      }
      Object.defineProperties(session, { save: { value: async () => undefined }, persist: { value: async () => undefined } })
      ctx.oidc?.entity('Session', session)
      return session
    }
    // The library's recipe for its two rules about implicit clients. The code flow's rules stay; here localhost is a developer's machine.
    if (kernel.config.mode === 'sandbox') {
      const schema = (provider.Client as unknown as { Schema: { prototype: { invalidate(message: string, code?: string): void } } }).Schema
        .prototype
      const invalidate = Object.getOwnPropertyDescriptor(schema, 'invalidate')?.value as (
        this: object,
        message: string,
        code?: string,
      ) => void
      schema.invalidate = function (message, code) {
        if (code !== 'implicit-force-https' && code !== 'implicit-forbid-localhost') invalidate.call(this, message, code)
      }
    }
    provider.use(async (ctx, next) => {
      await next()
      ctx.remove('set-cookie')
      const call = (ctx.req as Request).stoa
      const body = ctx.body as unknown
      if (call?.answer && body !== null && typeof body === 'object') {
        const user = ctx.oidc?.entities.Account && (await userOf(ctx.oidc.entities.Account.accountId))
        const answered = await call.answer({ status: ctx.status, body: body as Record<string, unknown>, user })
        ctx.status = answered.status
        ctx.body = answered.body
      }
      if (ctx.response.is('html')) ctx.set('content-security-policy', pagePolicy(typeof body === 'string' ? body : ''))
      ctx.set('x-content-type-options', 'nosniff')
      ctx.set('referrer-policy', 'no-referrer')
    })
    provider.on('server_error', (_ctx, error) => kernel.log.error({ err: error }, 'openid connect request failed'))
    return provider
  }

  async function userOf(objectId: string): Promise<User | undefined> {
    return (await kernel.read(system, (ctx) => directory.getUsers(ctx, [objectId])))[0]
  }

  return {
    async handle({ req, res }, path, body, call) {
      const provider = await providerOf(call.tenant)
      await provider.callback()(innerRequest(req, path, body && (call.clientProven ? { ...body, client_secret: proof } : body), call), res)
    },
  }
}

/** The request as the library is to see it: fields that we have read and checked, on the path where it listens. */
function innerRequest(outer: IncomingMessage, path: string, body: Record<string, string> | undefined, call: ProviderCall): Request {
  const request: Request = new IncomingMessage(outer.socket)
  const { 'content-length': _length, 'transfer-encoding': _encoding, cookie: _cookie, ...headers } = outer.headers
  request.httpVersion = outer.httpVersion
  request.url = path
  request.originalUrl = path
  request.stoa = call
  request.method = body ? 'POST' : 'GET'
  request.headers = headers
  if (body) {
    const form = Buffer.from(new URLSearchParams(body).toString())
    delete request.headers.authorization
    request.headers.accept = 'application/json'
    request.headers['content-type'] = 'application/x-www-form-urlencoded'
    request.headers['content-length'] = String(form.length)
    request.push(form)
  } else {
    delete request.headers['content-type']
  }
  request.push(null)
  // Else the end of reading would count as a broken connection and close the socket.
  request.complete = true
  return request
}

/** From here on the library answers; what every answer of ours has goes with it. */
export function handOver(reply: FastifyReply): void {
  reply.hijack()
  for (const [header, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(header, value)
}

/** Policy of the page that posts a result to the client: its one script, by hash; frames and everything else refused. */
function pagePolicy(html: string): string {
  const scripts = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(
    ([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  )
  return [
    "default-src 'none'",
    `script-src ${scripts.length > 0 ? scripts.join(' ') : "'none'"}`,
    "style-src 'self'",
    "font-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}
