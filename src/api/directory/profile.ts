import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import type { Profile, Tenant } from '../../domain/directory/index.ts'
import { anonymous } from '../../kernel/context.ts'
import { isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { originOf } from '../../kernel/origin.ts'

const text = z.string().nullable()
const profileBody = z.looseObject({
  '@odata.context': z.string(),
  id: z.string().optional(),
  displayName: text.optional(),
  givenName: text.optional(),
  jobTitle: text.optional(),
  mail: text.optional(),
  mobilePhone: text.optional(),
  preferredLanguage: text.optional(),
  surname: text.optional(),
  userPrincipalName: text.optional(),
})
const refusal = z.object({ error: z.object({ code: z.string(), message: z.string() }) })
/** What is refused before the call is looked at is said as everywhere in this contract. */
const doorRefusal = z.looseObject({ error: z.union([z.string(), z.object({ code: z.string(), message: z.string() })]) })

/** Fields without `$select` (seed 001 L15676); the others are answered when they are asked for by name. */
const always = [
  'businessPhones',
  'displayName',
  'givenName',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
  'id',
] as const

/** A person as Microsoft Graph writes a user. */
function userBody(profile: Profile, tenant: Tenant): Record<string, unknown> {
  return {
    businessPhones: [],
    displayName: profile.displayName,
    givenName: profile.givenName,
    jobTitle: profile.jobTitle,
    mail: profile.contactEmail ?? profile.email,
    mobilePhone: profile.mobilePhone,
    officeLocation: null,
    preferredLanguage: profile.preferredLanguage,
    surname: profile.surname,
    userPrincipalName: profile.email,
    id: profile.objectId,
    companyName: tenant.name,
    country: tenant.country,
    accountEnabled: profile.status === 'active',
    userType: profile.kind === 'guest' ? 'Guest' : 'Member',
  }
}

/** The profile of who holds the token, as Microsoft Graph answers it with `User.Read` (spec/05 §5.12). */
export function profileRoutes(scope: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): void {
  const { directory } = domain

  scope.get(
    '/v1.0/me',
    {
      config: { action: 'profile.read' },
      schema: {
        tags: ['directory'],
        summary: 'Profile of the user of an access token with User.Read',
        querystring: z.object({ $select: z.string().optional().describe('Names of fields, with commas between') }),
        response: { 200: profileBody, 400: doorRefusal, 401: refusal, 403: refusal, 429: doorRefusal },
      },
    },
    async (request, reply) => {
      const [, token = ''] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '') ?? []
      const holder = await kernel.read(anonymous, async (ctx) => {
        try {
          return await directory.readProfileToken(ctx, token)
        } catch (error) {
          if (isDomainError(error)) return error
          throw error
        }
      })
      if (isDomainError(holder)) {
        reply.header('www-authenticate', `Bearer realm="", authorization_uri="${originOf(kernel.config, request)}/common/oauth2/authorize"`)
        return refuse(reply, 401, 'InvalidAuthenticationToken', holder.message)
      }
      if (!holder) return refuse(reply, 403, 'Authorization_RequestDenied', 'The token has no permission User.Read.')
      const { profile, tenant } = holder
      const wanted = selected(request)
      const body = userBody(profile, tenant)
      const unknown = wanted?.find((name) => !Object.hasOwn(body, name))
      if (unknown !== undefined) {
        return refuse(reply, 400, 'BadRequest', `Could not find a property named '${unknown}' on type 'microsoft.graph.user'.`)
      }
      const fields = wanted ?? always
      return {
        '@odata.context': `${originOf(kernel.config, request)}/v1.0/$metadata#users${wanted ? `(${wanted.join(',')})` : ''}/$entity`,
        ...Object.fromEntries(fields.map((name) => [name, body[name]])),
      }
    },
  )
}

function selected(request: FastifyRequest): string[] | undefined {
  const { $select } = request.query as { $select?: unknown }
  if (typeof $select !== 'string') return undefined
  const names = $select
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  return names.length > 0 ? names : undefined
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).header('cache-control', 'no-store').type('application/json; charset=utf-8').send({ error: { code, message } })
}
