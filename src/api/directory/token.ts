import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Domain } from '../../domain/domain.ts'
import { type Application, resourceName, type Tenant, type User } from '../../domain/directory/index.ts'
import { anonymous, type Ctx } from '../../kernel/context.ts'
import { isDomainError, notFound } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { azureBody, errorIds, libraryError, OAuthError } from './errors.ts'
import { handOver, paths, type Providers } from './provider.ts'
import { missing, readTokenForm, type TokenForm } from './request-form.ts'
import { secondsUntil } from './retry-after.ts'
import { answeredScope, consentOfResource, oidcScope, resourceOfScope, unknownPermissions } from './scopes.ts'
import { isCollective } from './tenant-path.ts'

export interface TokenEndpoint {
  /** v1 takes `resource` and answers numbers as text, v2 takes `scope` (spec/08 §1.2). */
  token(request: FastifyRequest, reply: FastifyReply, version: 1 | 2): Promise<unknown>
}

/** The token endpoints of all tenants. */
export function createTokenEndpoint(kernel: Kernel, domain: Domain, providers: Providers): TokenEndpoint {
  const { directory } = domain

  return {
    async token(request, reply, version) {
      reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
      const form = readTokenForm(typeof request.body === 'string' ? request.body : '', request.headers.authorization)
      const name = (request.params as { tenant: string }).tenant
      switch (form.fields.grant_type) {
        case 'client_credentials':
          return clientCredentials(request, name, form, version)
        case 'authorization_code':
        case 'refresh_token':
          return throughProvider(request, reply, name, form, version)
        default:
          throw new OAuthError(
            400,
            'unsupported_grant_type',
            70003,
            `The app requested an unsupported grant type '${form.fields.grant_type}'.`,
          )
      }
    },
  }

  async function tenantOf(ctx: Ctx, name: string): Promise<Tenant> {
    const tenant = await directory.findTenant(ctx, name)
    if (!tenant) throw unknownTenant(name)
    return tenant
  }

  /** Checks the client's secret. Failures are counted, so that secrets cannot be tried without end. */
  async function authenticate(
    ctx: Ctx,
    request: FastifyRequest,
    tenant: Tenant,
    form: TokenForm & { clientSecret: string },
  ): Promise<Application> {
    const { clientId, clientSecret } = form
    const lockedUntil = await directory.clientLockedUntil(ctx, clientId, request.ip)
    if (lockedUntil) {
      throw new OAuthError(429, 'temporarily_unavailable', 50196, 'Too many failed requests of this client. Try again later.', {
        retryAfterSeconds: secondsUntil(lockedUntil),
      })
    }
    try {
      return await directory.authenticateClient(ctx, tenant, clientId, clientSecret)
    } catch (error) {
      if (isDomainError(error) && error.code !== 'UnknownClient') await directory.countClientFailure(ctx, clientId, request.ip)
      throw error
    }
  }

  function requireSecret(form: TokenForm): asserts form is TokenForm & { clientSecret: string } {
    if (form.clientSecret) return
    throw new OAuthError(
      401,
      'invalid_client',
      7000218,
      "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
    )
  }

  async function clientCredentials(request: FastifyRequest, name: string, form: TokenForm, version: 1 | 2) {
    if (isCollective(name)) {
      throw new OAuthError(
        400,
        'invalid_request',
        50059,
        'No tenant-identifying information found in the request: use the tenant id in the path.',
      )
    }
    const { fields } = form
    if (version === 1 && !fields.resource?.trim()) throw missing('resource')
    if (version === 2 && !fields.scope?.trim()) throw missing('scope')
    const scoped = version === 2 ? resourceOfScope(fields.scope) : undefined
    if (version === 2 && scoped?.permission !== '.default') {
      throw new OAuthError(
        400,
        'invalid_scope',
        1002012,
        `The provided value for scope ${fields.scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`,
      )
    }
    const resource = resourceName(scoped?.resource ?? fields.resource ?? '')
    requireSecret(form)
    // No transaction: a failure that is counted must stay counted.
    const issued = await kernel.read(anonymous, async (ctx) => {
      const tenant = await tenantOf(ctx, name)
      const app = await authenticate(ctx, request, tenant, form)
      return directory.issueForApplication(ctx, { tenant, app, resource, version })
    })
    if (version === 2) {
      return { token_type: 'Bearer', expires_in: issued.expiresIn, ext_expires_in: issued.expiresIn, access_token: issued.accessToken }
    }
    return {
      token_type: 'Bearer',
      expires_in: String(issued.expiresIn),
      ext_expires_in: '0',
      expires_on: String(issued.expiresOn),
      not_before: String(issued.notBefore),
      resource: issued.resource,
      access_token: issued.accessToken,
    }
  }

  /** `common` and `organizations`: the code knows in which tenant it was issued. */
  async function tenantOfGrant(ctx: Ctx, name: string, fields: Record<string, string>): Promise<Tenant> {
    if (!isCollective(name)) return tenantOf(ctx, name)
    const [model, value] =
      fields.grant_type === 'refresh_token'
        ? (['RefreshToken', fields.refresh_token] as const)
        : (['AuthorizationCode', fields.code] as const)
    if (!value) throw missing(model === 'RefreshToken' ? 'refresh_token' : 'code')
    const tenantId = await directory.oidc.tenantOfPayload(ctx, model, value)
    if (!tenantId) throw new OAuthError(400, 'invalid_grant', 70000, 'The provided authorization code or refresh token is not valid.')
    return tenantOf(ctx, tenantId)
  }

  /** Why an application gets no token to act for this person at a resource, or null. */
  async function refusedToken(
    ctx: Ctx,
    { app, user, tenant, resource }: { app: Application; user: User; tenant: Tenant; resource: string },
  ): Promise<OAuthError | null> {
    const wish = consentOfResource(resource)
    if (user.tenantId !== tenant.tenantId && wish !== 'User.Read') {
      return new OAuthError(400, 'invalid_grant', 50020, `A guest of '${tenant.name}' acts at the marketplace in the directory of his own.`)
    }
    if ((await directory.missingConsent(ctx, { user, app, scopes: [wish] })).length === 0) return null
    return new OAuthError(
      400,
      'invalid_grant',
      65001,
      `The user or administrator has not consented to use the application with ID '${app.clientId}' named '${app.name}'. Send an interactive authorization request for this user and resource.`,
    )
  }

  async function throughProvider(request: FastifyRequest, reply: FastifyReply, name: string, form: TokenForm, version: 1 | 2) {
    const { fields, clientId } = form
    const wanted = fields.resource?.trim() ? { resource: fields.resource, permission: 'user_impersonation' } : resourceOfScope(fields.scope)
    const [unknown] = unknownPermissions(fields.scope)
    if (unknown !== undefined) {
      throw new OAuthError(
        400,
        'invalid_scope',
        650053,
        `The application '${clientId}' asked for scope '${unknown}' that doesn't exist on the resource.`,
      )
    }
    const { tenant, app } = await kernel.read(anonymous, async (ctx) => {
      const found = await tenantOfGrant(ctx, name, fields)
      // A confidential client that redeems a code without its secret gets the documented sentence, not the library's.
      if (!form.clientSecret && (await directory.listKeys(ctx, (await directory.clientOf(ctx, found, clientId)).clientId)).length > 0) {
        requireSecret(form)
      }
      const client = form.clientSecret
        ? await authenticate(ctx, request, found, { ...form, clientSecret: form.clientSecret })
        : await directory.clientOf(ctx, found, clientId)
      // Refused before the code is used up.
      if (wanted) await directory.checkResource(ctx, found, wanted.resource)
      return { tenant: found, app: client }
    })

    const inner: Record<string, string> = { client_id: app.clientId }
    // The scope was settled when the code was issued; asking again for offline_access would be refused.
    for (const field of ['grant_type', 'code', 'redirect_uri', 'code_verifier', 'refresh_token'] as const) {
      const value = fields[field]
      if (value !== undefined) inner[field] = value
    }
    handOver(reply)
    const ids = errorIds(request.headers['client-request-id'] ?? (request.query as Record<string, unknown>)['client-request-id'])
    await providers.handle({ req: request.raw, res: reply.raw }, paths.token, inner, {
      tenant,
      session: null,
      clientProven: form.clientSecret !== undefined,
      errorPage: () => '',
      answer: async ({ status, body, user }) =>
        kernel.read(anonymous, async (ctx) => {
          if (status !== 200) {
            const error = libraryError(status, body as { error: string; error_description?: string })
            return { status, body: azureBody(error, ids, ctx.wall) }
          }
          const answer: Record<string, unknown> = {
            ...body,
            scope: answeredScope(fields.scope) ?? oidcScope(body.scope as string | undefined),
          }
          const expiresIn = Number(body.expires_in)
          answer.ext_expires_in = expiresIn
          if (user) {
            answer.client_info = Buffer.from(JSON.stringify({ uid: user.objectId, utid: user.tenantId })).toString('base64url')
            if (wanted) {
              const refused = await refusedToken(ctx, { app, user, tenant, resource: wanted.resource })
              if (refused) return { status: refused.status, body: azureBody(refused, ids, ctx.wall) }
              const issued = await directory.issueForUser(ctx, {
                tenant,
                app,
                user,
                resource: wanted.resource,
                scope: wanted.permission.replace(/^\.default$/, consentOfResource(wanted.resource)),
                version,
              })
              answer.access_token = issued.accessToken
              answer.resource = version === 1 ? issued.resource : undefined
            }
          }
          if (version === 1) {
            const now = Math.floor(ctx.wall.epochMilliseconds / 1000)
            Object.assign(answer, {
              expires_in: String(expiresIn),
              ext_expires_in: String(expiresIn),
              expires_on: String(now + expiresIn),
              not_before: String(now),
            })
          }
          return { status, body: answer }
        }),
    })
    return reply
  }
}

/** A tenant that does not exist, as Azure AD says it. */
export function unknownTenant(name: string) {
  return notFound(
    'UnknownTenant',
    `Tenant '${name}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.`,
    {
      target: 'tenant',
    },
  )
}
