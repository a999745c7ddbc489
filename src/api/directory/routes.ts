import cookies from '@fastify/cookie'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import { anonymous } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { originOf } from '../../kernel/origin.ts'
import { createAuthorizeEndpoint } from './authorize.ts'
import { azureBody, errorIds, OAuthError, oauthErrorOf } from './errors.ts'
import { acceptFormText } from './forms.ts'
import { createLogoutEndpoint } from './logout.ts'
import { instanceDiscovery, keyDocument, openidConfiguration } from './metadata.ts'
import { profileRoutes } from './profile.ts'
import { createProviders, handOver, paths } from './provider.ts'
import { isCollective, tenantParameter } from './tenant-path.ts'
import { createTokenEndpoint, unknownTenant } from './token.ts'

const config = { action: 'directory.token' } as const
const tags = ['directory']
const params = z.object({ tenant: z.string().describe('Tenant id, domain, `common` or `organizations`') })
const tokenBody = (extra: Record<string, z.ZodType>) =>
  z.object({
    grant_type: z.enum(['client_credentials', 'authorization_code', 'refresh_token']),
    client_id: z.string(),
    client_secret: z.string().optional(),
    ...extra,
    code: z.string().optional(),
    redirect_uri: z.string().optional(),
    code_verifier: z.string().optional(),
    refresh_token: z.string().optional(),
  })

const oauthError = z
  .object({ error: z.string(), error_description: z.string().optional(), error_codes: z.array(z.number()).optional() })
  .catchall(z.unknown())
const page = z.string().describe('A page for the person at the browser.')
const redirect = z.unknown().describe('To the application, with a result or an error, or to the sign-in page.')
const found = { 200: z.unknown(), 400: oauthError }
const inBrowser = { 200: page, 302: redirect, 303: redirect, 400: z.unknown().describe('A page that says what is wrong.') }

/** The directory contract: OAuth 2 and OpenID Connect as Azure AD v1 and v2 speak them (spec/08 §1.2). */
export async function directoryRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  const { directory } = domain
  const providers = createProviders(kernel, domain)
  const tokens = createTokenEndpoint(kernel, domain, providers)
  const authorize = createAuthorizeEndpoint(kernel, domain, providers)
  const logout = createLogoutEndpoint(kernel, domain)

  await app.register(async (scope) => {
    if (!scope.hasRequestDecorator('cookies')) await scope.register(cookies)
    acceptFormText(scope)
    // Schemas document the calls. Fields are read in any case and answered in the contract's own words, which a general check cannot do.
    scope.setValidatorCompiler(() => (value) => ({ value }))
    scope.setSerializerCompiler(() => (value) => JSON.stringify(value))
    scope.setErrorHandler((error: Error, request, reply) => answerError(kernel, error, request, reply))

    const metadata = (path: string, summary: string, answer: (request: FastifyRequest) => Promise<unknown>) =>
      scope.get(
        path,
        { config, schema: { tags, summary, ...(path.includes(':') ? { params } : {}), response: found } },
        async (request, reply) => {
          // Read by applications in browsers too; nothing in it is secret.
          reply.header('access-control-allow-origin', '*').header('cache-control', 'public, max-age=60')
          return answer(request)
        },
      )

    async function tenantOf(request: FastifyRequest) {
      const name = (request.params as { tenant: string }).tenant
      if (isCollective(name)) return { path: name.toLowerCase(), tenant: null }
      const tenant = await kernel.read(anonymous, (ctx) => directory.findTenant(ctx, name))
      if (!tenant) throw unknownTenant(name)
      return { path: tenant.tenantId, tenant }
    }

    for (const version of [1, 2] as const) {
      const v2 = version === 2 ? '/v2.0' : ''
      const root = `/${tenantParameter}`

      scope.post(
        `${root}/oauth2${v2}/token`,
        {
          config,
          schema: {
            tags,
            params,
            summary: `Token endpoint, v${version}`,
            description: 'A form. Field names are read in any case.',
            consumes: ['application/x-www-form-urlencoded'],
            response: { ...found, 401: oauthError, 415: oauthError, 429: oauthError },
            body: tokenBody(version === 1 ? { resource: z.string().optional() } : { scope: z.string().optional() }),
          },
        },
        (request, reply) => tokens.token(request, reply, version),
      )

      const authorizeSchema = {
        tags,
        params,
        summary: `Authorize endpoint, v${version}`,
        description: 'Authorization code (with PKCE), id_token, or both. Opened in a browser.',
        response: inBrowser,
      }
      scope.get(`${root}/oauth2${v2}/authorize`, { config, schema: authorizeSchema }, (request, reply) =>
        authorize(request, reply, version),
      )
      scope.post(`${root}/oauth2${v2}/authorize`, { config, schema: authorizeSchema }, (request, reply) =>
        authorize(request, reply, version),
      )

      const logoutSchema = { tags, params, summary: `Sign-out endpoint, v${version}`, response: inBrowser }
      scope.get(`${root}/oauth2${v2}/logout`, { config, schema: logoutSchema }, logout)
      scope.post(`${root}/oauth2${v2}/logout`, { config, schema: logoutSchema }, logout)

      metadata(`${root}${v2}/.well-known/openid-configuration`, `Where the endpoints are, v${version}`, async (request) => {
        const { path, tenant } = await tenantOf(request)
        return openidConfiguration({ origin: originOf(kernel.config, request), issuerUrl: kernel.config.issuerUrl, path, tenant, version })
      })

      metadata(`${root}/discovery${v2}/keys`, `Keys that verify tokens, v${version}`, async (request) => {
        await tenantOf(request)
        return keyDocument(await directory.keys.published())
      })
    }

    profileRoutes(scope, { kernel, domain })

    metadata('/common/discovery/instance', 'Instance discovery', async (request) => instanceDiscovery(originOf(kernel.config, request)))

    scope.get(
      `/${tenantParameter}/oauth2/userinfo`,
      {
        config,
        schema: {
          tags,
          params,
          summary: 'Claims of the user of an access token',
          response: { ...found, 401: oauthError, 403: oauthError },
        },
      },
      async (request, reply) => {
        const { tenant } = await tenantOf(request)
        if (!tenant) throw new OAuthError(400, 'invalid_request', 50059, 'Use the tenant id in the path.')
        handOver(reply)
        await providers.handle({ req: request.raw, res: reply.raw }, paths.userinfo, undefined, {
          tenant,
          session: null,
          clientProven: false,
          errorPage: () => '',
        })
        return reply
      },
    )
  })
}

function answerError(kernel: Kernel, caught: Error, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  return kernel.read(anonymous, async ({ wall }) => {
    const error = caught instanceof OAuthError ? caught : isDomainError(caught) ? oauthErrorOf(caught) : unexpected(caught)
    if (error.status >= 500) request.log.error({ err: caught, reqId: request.id }, 'directory request failed')
    const ids = errorIds(request.headers['client-request-id'] ?? (request.query as Record<string, unknown>)['client-request-id'])
    if (error.retryAfterSeconds) reply.header('retry-after', String(error.retryAfterSeconds))
    if (error.status === 401) reply.header('www-authenticate', `Basic realm="${kernel.config.issuerUrl}"`)
    return reply
      .code(error.status)
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(azureBody(error, ids, wall))
  })
}

/** What the framework refused (too large, malformed), or a failure of ours. */
function unexpected(error: Error): OAuthError {
  const { statusCode } = error as FastifyError
  if (statusCode && statusCode >= 400 && statusCode < 500) return new OAuthError(statusCode, 'invalid_request', 90013, error.message)
  return new OAuthError(500, 'server_error', 90033, 'A transient error has occurred. Please try again.')
}
