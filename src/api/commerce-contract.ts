import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import { z } from 'zod'
import type { Domain } from '../domain/domain.ts'
import { wallNow } from '../kernel/clock.ts'
import type { ApplicationPrincipal } from '../kernel/context.ts'
import { DomainError, isDomainError } from '../kernel/errors.ts'
import { isUuid, newId } from '../kernel/ids.ts'
import type { Kernel } from '../kernel/kernel.ts'

/** Audience of the fulfillment and metering APIs (spec/08 §1.3, seed 001 L24596, L25153). */
export const COMMERCE_AUDIENCE = '20e940b3-4c77-4b0b-9a53-9e16a1b010a7'

/** The only version of both APIs (spec/08 §1.5). */
export const COMMERCE_API_VERSION = '2018-08-31'

/** The application that calls: its (tenant id, client id) pair is what offers name in their technical configuration. */
export type CommerceCaller = ApplicationPrincipal

/** Ids of one call and who makes it; set before the body is read. */
export interface CommerceCall {
  requestId: string
  correlationId: string
  activityId: string
  /** True when the client sent neither id: a 202 may then use one GUID for everything (spec/08 §1.6). */
  idsGenerated: boolean
  caller: CommerceCaller
}

/** What a contract answers to an error: status and body (undefined: empty body). */
export interface CommerceErrorAnswer {
  status: number
  body?: unknown
}

export interface CommerceContractOptions {
  kernel: Kernel
  domain: Domain
  /** Maps a domain error to this contract's own body. */
  mapError(error: DomainError, request: FastifyRequest): CommerceErrorAnswer
  /** Body of the answer to an unexpected failure (always status 500). */
  internalErrorBody?: unknown
}

declare module 'fastify' {
  interface FastifyRequest {
    commerce: CommerceCall
  }
}

/**
 * What SaaS fulfillment v2 and metering v1 share: request ids, bearer check (403 in every case), api-version, and errors in
 * the contract's own body. Checks run in the order seen on the wire (spec/08 §1.5): ids, token, api-version, handler; all
 * before the body is read, so a stranger's body is never parsed. `routes` registers the calls on the encapsulated instance;
 * handlers find ids and caller in `request.commerce`.
 */
export async function registerCommerceContract(
  app: FastifyInstance,
  options: CommerceContractOptions,
  routes: (scope: FastifyInstance) => Promise<void> | void,
): Promise<void> {
  await app.register(async (scope) => {
    scope.decorateRequest('commerce', null as unknown as CommerceCall)
    // Schemas document the calls; validation is the contract's own, because its error bodies are.
    scope.setValidatorCompiler(() => (value) => ({ value }))
    scope.setSerializerCompiler(() => (value) => JSON.stringify(value))
    scope.addHook('onRoute', documentRefusals)

    scope.addHook('onRequest', async (request, reply) => {
      const ids = callIds(request)
      reply.headers({
        'x-ms-requestid': ids.requestId,
        'x-ms-correlationid': ids.correlationId,
        'x-ms-activityid': ids.activityId,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      })
      const caller = await callerOf(request, options.domain)
      if (!caller) {
        if (options.kernel.config.mode === 'sandbox') reply.header('x-stoa-reason', await refusalOf(request, options.domain))
        const error = new DomainError(
          'forbidden',
          'Forbidden',
          'The access token is missing, invalid or expired, or was issued for another resource.',
        )
        return answer(reply, options.mapError(error, request))
      }
      const versionProblem = apiVersionProblem(request)
      if (versionProblem) return reply.code(400).send(versionProblem)
      const tooMany = options.kernel.rateLimits.countPrincipal(caller.clientId)
      if (tooMany) {
        reply.header('retry-after', Number(tooMany.data.retryAfter))
        throw tooMany
      }
      request.commerce = { ...ids, caller }
    })

    scope.setErrorHandler((error: FastifyError | DomainError, request, reply) => {
      if (isDomainError(error)) {
        const mapped = options.mapError(error, request)
        return answer(reply, error.kind === 'limit' ? { ...mapped, status: 429 } : mapped)
      }
      const status = (error as FastifyError).statusCode
      if (status && status >= 400 && status < 500) {
        const { status: mapped, body } = options.mapError(unreadableRequest(error as FastifyError), request)
        return answer(reply, { status: status === 400 ? mapped : status, body })
      }
      request.log.error({ err: error, reqId: request.id }, 'call failed')
      return reply
        .code(500)
        .send(options.internalErrorBody ?? { error: { code: 'InternalServerError', message: 'An unexpected error occurred.' } })
    })

    await routes(scope)
  })
}

const apiVersionError = z.object({ Error: z.object({ Code: z.string(), Message: z.string() }) })
const anyBody = z.unknown()

/** Adds to a call's document what every call may be refused with before its own checks. */
function documentRefusals(route: RouteOptions): void {
  const own = (route.schema?.response ?? {}) as Record<number, z.ZodType>
  const takesBody = [route.method].flat().some((method) => method === 'POST' || method === 'PATCH')
  route.schema = {
    ...route.schema,
    response: {
      403: anyBody.describe('No token, or one that does not open this API.'),
      ...(takesBody ? { 413: anyBody.describe('The body is too large.'), 415: anyBody.describe('The body is not application/json.') } : {}),
      429: anyBody.describe('Too many calls in a minute; `Retry-After` says when to come again.'),
      ...own,
      400: own[400] ? z.union([own[400], apiVersionError]) : apiVersionError,
    },
  }
}

/** The value of a query parameter whatever the case of its name (AP-003); the first one when repeated. */
export function queryValue(request: FastifyRequest, name: string): string | undefined {
  const wanted = name.toLowerCase()
  for (const [key, value] of Object.entries(request.query as Record<string, unknown>)) {
    if (key.toLowerCase() !== wanted) continue
    const first = Array.isArray(value) ? value[0] : value
    return typeof first === 'string' ? first : undefined
  }
  return undefined
}

/** Members of a JSON object by lower-cased name: request members are read case-insensitively, the last of equal names wins (AP-021). */
export function membersOf(body: unknown): Record<string, unknown> | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null
  const members: Record<string, unknown> = Object.create(null)
  for (const [key, value] of Object.entries(body)) members[key.toLowerCase()] = value
  return members
}

function answer(reply: FastifyReply, { status, body }: CommerceErrorAnswer): FastifyReply {
  reply.code(status)
  return body === undefined ? reply.send() : reply.send(body)
}

function callIds(request: FastifyRequest): Omit<CommerceCall, 'caller'> {
  const requestId = headerValue(request, 'x-ms-requestid')
  const correlationId = headerValue(request, 'x-ms-correlationid')
  // With neither sent the live service returned the same new GUID in both (spec/08 §1.6).
  // A change may name its operation by it, and those are in the order of their ids; for a read the server's GUID serves as well.
  const fresh = request.method === 'GET' && isUuid(request.id) ? request.id : newId<'request'>()
  return {
    requestId: requestId ?? fresh,
    correlationId: correlationId ?? fresh,
    activityId: fresh,
    idsGenerated: requestId === undefined && correlationId === undefined,
  }
}

function headerValue(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  const text = Array.isArray(value) ? value.join(', ') : value
  return text === undefined || text === '' ? undefined : text
}

/** Only an application's token opens these APIs; a person's token is answered like a bad one. */
async function callerOf(request: FastifyRequest, domain: Domain): Promise<CommerceCaller | null> {
  const match = /^Bearer +([\w.~+/=-]+) *$/i.exec(request.headers.authorization ?? '')
  const token = match?.[1]
  if (!token) return null
  try {
    const principal = await domain.directory.verifyBearer({ wall: wallNow() }, token, { audience: COMMERCE_AUDIENCE })
    return principal.kind === 'application' ? principal : null
  } catch (error) {
    if (isDomainError(error)) return null
    throw error
  }
}

/**
 * Sandbox only: why the token was refused, as a header. The body stays the contract's own, which tells nothing (spec/08 §1.3).
 * Header values are ASCII here; the sentence names no part of the token.
 */
async function refusalOf(request: FastifyRequest, domain: Domain): Promise<string> {
  const given = request.headers.authorization
  if (given === undefined) return 'The call has no Authorization header.'
  if (!/^Bearer +\S/i.test(given)) return 'The Authorization header does not begin with Bearer and a token.'
  const { checks } = await domain.directory.inspectToken({ wall: wallNow() }, given)
  const wrong = checks.find((check) => !check.ok)
  const sentence = wrong ? `${wrong.claim}: ${wrong.advice ?? `expected ${wrong.expected}`}` : 'The token does not say for whom it is.'
  return sentence.replaceAll('’', "'").replaceAll(/[^\x20-\x7e]/g, '?')
}

function apiVersionProblem(request: FastifyRequest) {
  const given = queryValue(request, 'api-version')
  if (given === undefined || given === '') {
    return { Error: { Code: 'ApiVersionUnspecified', Message: 'An API version is required, but was not specified.' } }
  }
  if (given === COMMERCE_API_VERSION) return null
  const uri = `${request.protocol}://${request.host}${request.originalUrl}`
  return {
    Error: {
      Code: 'UnsupportedApiVersion',
      Message: `The HTTP resource that matches the request URI '${uri}' does not support the API version '${given}'.`,
    },
  }
}

/** What the framework refused before a handler saw it: malformed JSON, too large a body, a foreign content type. */
function unreadableRequest(error: FastifyError): DomainError {
  const message =
    error.statusCode === 413
      ? 'The request body is too large.'
      : error.statusCode === 415
        ? 'The content type must be application/json.'
        : // Our own refusals, such as of U+0000, say it themselves.
          error.code === 'BadRequest'
          ? error.message
          : 'The request body is not valid JSON.'
  return new DomainError('invalid', 'BadArgument', message)
}
