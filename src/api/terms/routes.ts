import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { OfferedTerms } from '../../domain/checkout/index.ts'
import { resources } from '../../domain/directory/index.ts'
import type { Domain } from '../../domain/domain.ts'
import { wallNow } from '../../kernel/clock.ts'
import type { Ctx, UserPrincipal, ApplicationPrincipal } from '../../kernel/context.ts'
import { type DomainError, httpStatus, invalid, isDomainError, unauthenticated } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { originOf } from '../../kernel/origin.ts'

const path = '/api/terms/publishers/:publisherId/offers/:offerId/plans/:planId'

const planPath = z.object({
  publisherId: z.string().describe('The publisher’s id.'),
  offerId: z.string().describe('The offer’s id; with `-preview` after it the preview’s terms.'),
  planId: z.string(),
})

const offered = z.object({
  publisher: z.string(),
  product: z.string(),
  plan: z.string(),
  kind: z.enum(['standard', 'own']).describe('The marketplace’s standard contract with amendments, or the publisher’s own terms.'),
  version: z.string().describe('Names every part that applies to the caller; another amendment is another version.'),
  contractLink: z.string().nullable().describe('The standard contract, or the address of the publisher’s own terms.'),
  contractAcceptedAt: z.string().nullable().describe('When the caller’s organisation first accepted the standard contract.'),
  ownTerms: z.string().nullable().describe('The publisher’s own terms as HTML.'),
  universalAmendment: z.string().nullable().describe('The amendment for all customers as HTML.'),
  customAmendments: z
    .array(z.object({ version: z.string(), text: z.string() }))
    .describe('Amendments for the caller’s organisation alone.'),
  privacyPolicyLink: z.string(),
  accepted: z.boolean().describe('Exactly these terms were accepted through this API.'),
  acceptedAt: z.string().nullable(),
  acceptedBy: z.string().nullable(),
})

const acceptance = z.object({
  accepted: z.literal(true, 'Say `"accepted": true`. An acceptance is not taken back.'),
  version: z.string('Name the version that was read.').min(1, 'Name the version that was read.').max(500),
})

const refusal = z.object({ error: z.object({ code: z.string(), message: z.string(), target: z.string().optional() }) })

const refusals = {
  400: refusal.describe('The plan is not for sale to the caller, or the body says nothing that could be accepted.'),
  401: refusal.describe('No token, or one that is not for this API.'),
  403: refusal.describe('The caller may not do this for its organisation.'),
  404: refusal.describe('There is no such offer.'),
  409: refusal.describe('The state of the offer does not allow it.'),
  429: refusal.describe('Too many calls in a minute; `Retry-After` says when to come again.'),
}

/**
 * The terms of a plan as they apply to the caller's organisation, and their acceptance by programs (spec/01 §16). Whoever signs in reads them;
 * people who buy for the organisation accept them. The token is for the marketplace's own resource.
 */
export async function termsRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  await app.register(async (scope) => {
    // Schemas document the calls; refusals are in the contract's own words, which a general check cannot give.
    scope.setValidatorCompiler(() => (value) => ({ value }))
    scope.setSerializerCompiler(() => (value) => JSON.stringify(value))
    scope.setErrorHandler((error: FastifyError | DomainError, request, reply) => {
      if (isDomainError(error)) {
        if (error.kind === 'unauthenticated') reply.header('www-authenticate', 'Bearer')
        if (error.kind === 'limit') reply.header('retry-after', Number(error.data.retryAfter ?? 1))
        return reply.code(httpStatus[error.kind]).send(bodyOf(error.code, error.message, error.target) as never)
      }
      const status = (error as FastifyError).statusCode
      if (status && status >= 400 && status < 500) return reply.code(status).send(bodyOf('BadRequest', error.message) as never)
      request.log.error({ err: error, reqId: request.id }, 'call failed')
      return reply.code(500).send(bodyOf('InternalServerError', 'An unexpected error occurred.') as never)
    })
    const tags = ['Terms']

    scope.get(
      path,
      {
        config: { action: 'terms.read' },
        schema: {
          tags,
          summary: 'Reads the terms that apply to the caller’s organisation.',
          params: planPath,
          response: { 200: offered, ...refusals },
        },
      },
      async (request) => {
        const caller = await callerOf(request)
        const choice = { ...(request.params as z.infer<typeof planPath>), tenant: caller.tenantId }
        const found = await kernel.run(caller, (ctx) => domain.checkout.terms(ctx, choiceFor(ctx, choice)), { requestId: request.id })
        return answerOf(request, found) as never
      },
    )

    scope.put(
      path,
      {
        config: { action: 'terms.accept' },
        schema: {
          tags,
          summary: 'Accepts exactly these terms for the caller’s organisation. Again changes nothing.',
          params: planPath,
          body: acceptance,
          response: {
            200: offered,
            ...refusals,
            413: refusal.describe('The body is too large.'),
            415: refusal.describe('The body is not application/json.'),
          },
        },
      },
      async (request) => {
        const caller = await callerOf(request)
        const choice = { ...(request.params as z.infer<typeof planPath>), tenant: caller.tenantId }
        const said = acceptance.safeParse(request.body)
        if (!said.success) {
          const [issue] = said.error.issues
          throw invalid('AcceptanceInvalid', issue?.message ?? 'The body is no acceptance.', { target: issue?.path.join('.') ?? '' })
        }
        const { version } = said.data
        const found = await kernel.run(caller, (ctx) => domain.checkout.acceptTerms(ctx, choiceFor(ctx, choice), version), {
          requestId: request.id,
        })
        return answerOf(request, found) as never
      },
    )
  })

  /** A preview is for people of its audience. */
  function choiceFor({ principal }: Ctx, choice: z.infer<typeof planPath> & { tenant: string }) {
    return principal.kind === 'user' ? { ...choice, buyer: principal.email } : choice
  }

  async function callerOf(request: FastifyRequest): Promise<UserPrincipal | ApplicationPrincipal> {
    const [, token] = /^Bearer +([\w.~+/=-]+) *$/i.exec(request.headers.authorization ?? '') ?? []
    if (!token) throw unauthenticated('InvalidAuthenticationToken', 'The call needs a token: Authorization: Bearer ….')
    const caller = await domain.directory.verifyBearer({ wall: wallNow() }, token, { audience: resources.marketplace })
    const tooMany = kernel.rateLimits.countPrincipal(caller.kind === 'user' ? caller.objectId : caller.clientId)
    if (tooMany) throw tooMany
    return caller
  }

  function answerOf(request: FastifyRequest, { publisherId, offerId, planId, terms, privacyPolicyUrl, accepted }: OfferedTerms) {
    const standard = terms.kind === 'standard'
    const link = standard ? `${originOf(kernel.config, request)}/legal/standard-contract` : (terms.url ?? null)
    return {
      publisher: publisherId,
      product: offerId,
      plan: planId,
      kind: terms.kind,
      version: terms.version,
      contractLink: link,
      contractAcceptedAt: terms.contractAcceptedAt,
      ownTerms: standard ? null : (terms.html ?? null),
      universalAmendment: standard ? (terms.html ?? null) : null,
      customAmendments: terms.amendments.map(({ version, html }) => ({ version, text: html })),
      privacyPolicyLink: privacyPolicyUrl,
      accepted: accepted !== null,
      acceptedAt: accepted?.at ?? null,
      acceptedBy: accepted?.by ?? null,
    } satisfies z.infer<typeof offered>
  }
}

const bodyOf = (code: string, message: string, target?: string) => ({ error: { code, message, ...(target ? { target } : {}) } })
