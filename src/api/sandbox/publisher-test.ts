import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { decodeProtectedHeader, decodeJwt, generateKeyPair, SignJWT } from 'jose'
import { z } from 'zod'
import type { Domain } from '../../domain/domain.ts'
import type { Ctx } from '../../kernel/context.ts'
import { notFound } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { OutboundError } from '../../kernel/outbound.ts'
import type { RunInSandbox } from './faults.ts'
import * as schemas from './schemas.ts'

const offerPath = z.object({ publisherId: z.string(), offerId: z.string() })

const endpoints = z.strictObject({
  landingPageUrl: z.string().max(2000),
  webhookUrl: z.string().max(2000),
})

const webhookOptions = z.strictObject({
  signed: z.boolean().describe('With a bearer token signed by the directory'),
  successWord: z.enum(['Succeeded', 'Success']).describe('What status says of something that has succeeded'),
})

const offer = z.object({
  publisherId: z.string(),
  offerId: z.string(),
  pricingModel: z.string(),
  landingPageUrl: z.string(),
  webhookUrl: z.string(),
  tenantId: z.string(),
  applicationId: z.string(),
  plans: z.array(
    z.object({
      planId: z.string(),
      visibility: z.string(),
      terms: z.array(z.string()),
      freeTrial: z.boolean(),
      seats: z.object({ min: z.number(), max: z.number().optional() }).nullable(),
    }),
  ),
})

const subscription = z.object({
  subscriptionId: z.string(),
  status: z.string(),
  planId: z.string(),
  quantity: z.number().nullable(),
  termUnit: z.string(),
  autoRenew: z.boolean(),
  operations: z.array(
    z.object({
      operationId: z.string(),
      action: z.string(),
      status: z.string(),
      decidedBy: z.string().nullable().describe('The rule that decided: publisher-success, window-passed, webhook-refused …'),
      planId: z.string().nullable(),
      quantity: z.number().nullable(),
    }),
  ),
  deliveries: z.array(
    z.object({
      deliveryId: z.string(),
      operationId: z.string(),
      action: z.string(),
      state: z.string(),
      tries: z.array(
        z.object({
          status: z.number().nullable(),
          error: z.string().nullable(),
          durationMs: z.number().nullable(),
          requestBody: z.string(),
          responseBody: z.string().nullable(),
        }),
      ),
    }),
  ),
})

const tokenKinds = ['valid', 'none', 'forged', 'expired', 'other-application', 'other-tenant'] as const

const webhook = z.strictObject({
  publisherId: z.string(),
  offerId: z.string(),
  body: z.unknown().describe('Sent as JSON'),
  token: z.enum(tokenKinds).default('valid').describe('The bearer token: as the marketplace sends it, none, or one that must be refused'),
})

const answered = z.object({
  status: z.number().nullable().describe('null: no answer came, see error'),
  body: z.string().nullable(),
  error: z.string().nullable(),
  durationMs: z.number(),
})

const attemptTimeoutMs = 30_000
const answerLimit = 64 * 1024
/** A token that ended this long ago is refused by any clock. */
const expiredHours = 24

/** What a test of a publisher's endpoints needs besides: where an offer points to, how a subscription stands, and single webhooks as nobody should accept them. */
export function publisherTestRoutes(
  plain: FastifyInstance,
  { kernel, domain, run }: { kernel: Kernel; domain: Domain; run: RunInSandbox },
): void {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const root = '/api/sandbox'
  const config = { action: 'sandbox.use' } as const
  const tags = ['Sandbox']
  const refused = {
    400: schemas.error,
    413: schemas.error,
    415: schemas.error,
    401: schemas.error,
    403: schemas.error,
    404: schemas.error,
    409: schemas.error,
  }

  app.get(
    `${root}/offers/:publisherId/:offerId`,
    {
      config,
      schema: {
        tags,
        summary: 'A live offer as it is sold: its endpoints, its application and its plans.',
        params: offerPath,
        response: { 200: offer, ...refused },
      },
    },
    async (request) => run(request, (ctx) => liveOffer(ctx, domain, request.params)),
  )

  app.put(
    `${root}/offers/:publisherId/:offerId/endpoints`,
    {
      config,
      schema: {
        tags,
        summary:
          'Points a live offer at other addresses: saves its technical configuration and publishes the offer, as Partner Center does.',
        params: offerPath,
        body: endpoints,
        response: { 200: offer, ...refused },
      },
    },
    async (request) => {
      const live = await run(request, (ctx) => liveOffer(ctx, domain, request.params))
      const { landingPageUrl, webhookUrl } = request.body
      if (live.landingPageUrl === landingPageUrl && live.webhookUrl === webhookUrl) return live
      return run(request, async (ctx) => {
        const found = await domain.offers.findOffer(ctx, live.publisherId, live.offerId)
        if (!found) throw unknownOffer(live)
        await domain.offers.saveSection(ctx, {
          offer: found.id,
          module: 'technical-configuration',
          content: { tenantId: live.tenantId, applicationId: live.applicationId, landingPageUrl, webhookUrl },
        })
        await domain.publishing.publishNow(ctx, { offer: found.id })
        return liveOffer(ctx, domain, request.params)
      })
    },
  )

  app.put(
    `${root}/offers/:publisherId/:offerId/webhook`,
    {
      config,
      schema: {
        tags,
        summary: "How a live offer's webhooks are sent: with or without a bearer token, and the word for what has succeeded.",
        params: offerPath,
        body: webhookOptions,
        response: { 200: webhookOptions, ...refused },
      },
    },
    async (request) => {
      const { publisherId, offerId } = request.params
      await run(request, async (ctx) => {
        const live = await domain.publishing.findLive(ctx, publisherId, offerId)
        if (!live?.content.technicalConfiguration) throw unknownOffer(request.params)
        await domain.subscriptions.setWebhookOptions(ctx, { offer: live.offer, preview: false }, request.body)
      })
      return request.body
    },
  )

  app.post(
    `${root}/applications/:clientId/redirect-uris`,
    {
      config,
      schema: {
        tags,
        summary: 'Allows an application one more address to which sign-ins may return.',
        params: z.object({ clientId: z.string() }),
        body: z.strictObject({ redirectUri: z.string().max(2000) }),
        response: { 200: z.object({ redirectUris: z.array(z.string()) }), ...refused },
      },
    },
    async (request) => {
      const { redirectUris } = await run(request, (ctx) =>
        domain.directory.addRedirectUri(ctx, request.params.clientId, request.body.redirectUri),
      )
      return { redirectUris }
    },
  )

  app.get(
    `${root}/subscriptions/:subscriptionId`,
    {
      config,
      schema: {
        tags,
        summary: 'How a subscription stands, with its operations, what decided them, and its webhooks.',
        params: schemas.subscriptionPath,
        response: { 200: subscription, ...refused },
      },
    },
    async (request) => {
      const {
        subscription: row,
        operations,
        deliveries,
      } = await run(request, (ctx) => domain.subscriptions.detail(ctx, request.params.subscriptionId))
      return {
        subscriptionId: row.id,
        status: row.status,
        planId: row.planId,
        quantity: row.quantity,
        termUnit: row.termUnit,
        autoRenew: row.autoRenew,
        operations: operations.map(({ id, action, status, decidedBy, planId, quantity }) => ({
          operationId: id,
          action,
          status,
          decidedBy,
          planId,
          quantity,
        })),
        deliveries: deliveries.map(({ id, operation, action, state, tries }) => ({
          deliveryId: id,
          operationId: operation,
          action,
          state,
          tries: tries.map(({ status, error, durationMs, requestBody, responseBody }) => ({
            status,
            error,
            durationMs,
            requestBody,
            responseBody,
          })),
        })),
      }
    },
  )

  app.post(
    `${root}/webhook-deliveries/:deliveryId/give-up`,
    {
      config,
      schema: {
        tags,
        summary: 'Ends the attempts to deliver a webhook; its operation fails as if all had been made.',
        params: schemas.deliveryPath,
        response: { 200: schemas.redelivered, ...refused },
      },
    },
    async (request) => {
      await run(request, (ctx) => domain.subscriptions.giveUpDelivery(ctx, request.params.deliveryId))
      return { deliveryId: request.params.deliveryId }
    },
  )

  app.post(
    `${root}/webhooks`,
    {
      config,
      schema: {
        tags,
        summary:
          "Sends one webhook to an offer's endpoint, once and with any body: a repeated or invented one, or with a token that must be refused.",
        body: webhook,
        response: { 200: answered, ...refused },
      },
    },
    async (request) => {
      const { body, token } = request.body
      const { webhookUrl, tenantId, applicationId } = await run(request, (ctx) => liveOffer(ctx, domain, request.body))
      const bearer = await run(request, (ctx) => bearerOf(ctx, domain, token, { tenantId, applicationId }))
      try {
        const answer = await kernel.outbound.request({
          url: webhookUrl,
          method: 'POST',
          headers: {
            'content-type': 'application/json; charset=utf-8',
            ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          },
          body: JSON.stringify(body),
          timeoutMs: attemptTimeoutMs,
          maxBytes: answerLimit,
        })
        return { status: answer.status, body: answer.body.toString('utf8'), error: null, durationMs: Math.round(answer.durationMs) }
      } catch (error) {
        if (!(error instanceof OutboundError)) throw error
        return { status: null, body: null, error: error.reason, durationMs: Math.round(error.durationMs) }
      }
    },
  )
}

const unknownOffer = ({ publisherId, offerId }: z.infer<typeof offerPath>) =>
  notFound('OfferNotFound', `There is no live offer ${publisherId}.${offerId} with a landing page.`, { target: 'offerId' })

async function liveOffer(ctx: Ctx, { publishing }: Domain, path: z.infer<typeof offerPath>): Promise<z.infer<typeof offer>> {
  const live = await publishing.findLive(ctx, path.publisherId, path.offerId)
  const technical = live?.content.technicalConfiguration
  if (!live || !technical || !live.content.pricingModel) throw unknownOffer(path)
  return {
    publisherId: live.publisherId,
    offerId: live.offerId,
    pricingModel: live.content.pricingModel,
    landingPageUrl: technical.landingPageUrl,
    webhookUrl: technical.webhookUrl,
    tenantId: technical.tenantId,
    applicationId: technical.applicationId,
    plans: live.content.plans.map(({ planId, visibility, terms, freeTrial, seats }) => ({
      planId,
      visibility,
      terms,
      freeTrial: freeTrial !== undefined,
      seats: seats ?? null,
    })),
  }
}

/** A webhook's token: right, or wrong in exactly one way. */
async function bearerOf(
  ctx: Ctx,
  { directory }: Domain,
  kind: (typeof tokenKinds)[number],
  { tenantId, applicationId }: { tenantId: string; applicationId: string },
): Promise<string | undefined> {
  const right = { aud: applicationId, tid: tenantId }
  switch (kind) {
    case 'none':
      return undefined
    case 'valid':
      return directory.signServiceToken(ctx, right)
    case 'expired':
      return directory.signServiceToken({ wall: ctx.wall.subtract({ hours: expiredHours }) }, right)
    case 'other-application':
      return directory.signServiceToken(ctx, { ...right, aud: crypto.randomUUID() })
    case 'other-tenant':
      return directory.signServiceToken(ctx, { ...right, tid: crypto.randomUUID() })
    case 'forged': {
      // Says the same and names the same key, but somebody else has signed it.
      const genuine = await directory.signServiceToken(ctx, right)
      const { privateKey } = await generateKeyPair('RS256')
      return new SignJWT(decodeJwt(genuine)).setProtectedHeader({ ...decodeProtectedHeader(genuine), alg: 'RS256' }).sign(privateKey)
    }
  }
}
