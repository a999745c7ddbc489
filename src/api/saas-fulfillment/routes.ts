import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Domain } from '../../domain/domain.ts'
import type { Operation } from '../../domain/subscriptions/index.ts'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { originOf } from '../../kernel/origin.ts'
import { COMMERCE_API_VERSION, queryValue, registerCommerceContract } from '../commerce-contract.ts'

import { type Call, errorAnswer, operationBody, planBody, resolvedBody, subscriptionBody, testCallBody, webhookBody } from './mapping.ts'
import { continuationToken, readActivation, readAnswer, readChange, readContinuationToken } from './request.ts'
import * as schemas from './schemas.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Which call of the fulfillment contract it is: its errors have words of their own. */
    call?: Call
  }
}

/** seed 001 L25491: at most this many subscriptions a page. */
const pageSize = 100
/** Seconds after which a caller of a change should look at its operation (spec/08 §1.6). */
const retryAfter = 10

const root = '/api/saas/subscriptions'

type ById = { Params: { subscriptionId: string } }
type ByOperation = { Params: { subscriptionId: string; operationId: string } }

/** SaaS fulfillment v2: `/api/saas/subscriptions…` (spec/08 §2). */
export async function saasFulfillmentRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  const { subscriptions } = domain

  const write = <T>({ commerce }: FastifyRequest, fn: (ctx: Ctx) => Promise<T>) =>
    kernel.run(commerce.caller, fn, { requestId: commerce.requestId })
  const read = <T>({ commerce }: FastifyRequest, fn: (ctx: Ctx) => Promise<T>) =>
    kernel.read(commerce.caller, fn, { requestId: commerce.requestId })

  /** 202 without a body: where the operation is, and when to look (AP-041). */
  function accepted(request: FastifyRequest, reply: FastifyReply, operation: Operation) {
    const location = `${originOf(kernel.config, request)}${root}/${operation.subscription}/operations/${operation.id}?api-version=${COMMERCE_API_VERSION}`
    return reply.code(202).headers({ 'operation-location': location, 'operation-id': operation.id, 'retry-after': retryAfter }).send()
  }

  const mapError = (error: Parameters<typeof errorAnswer>[0], request: FastifyRequest) =>
    errorAnswer(error, request.routeOptions.config.call, request)

  await registerCommerceContract(app, { kernel, domain, mapError }, (scope) => {
    const route = (call: Call, summary: string, schema: Record<string, unknown>) => ({
      config: { action: 'subscription.fulfill' as const, call },
      schema: { tags: ['SaaS fulfillment'], summary, querystring: schemas.apiVersion, headers: schemas.callHeaders, ...schema },
    })
    const refused = { 400: schemas.error, 403: schemas.error, 404: schemas.error }

    scope.post(
      `${root}/resolve`,
      route('resolve', 'Finds the subscription behind a landing-page token.', {
        headers: schemas.resolveHeaders,
        response: { 200: schemas.resolved, 400: schemas.error, 403: schemas.error },
      }),
      async (request, reply) => {
        const header = request.headers['x-ms-marketplace-token']
        const token = (Array.isArray(header) ? header[0] : header)?.trim()
        if (!token) throw invalid('HeaderNotPresent', 'Mandatory header missing', { target: 'x-ms-marketplace-token' })
        const row = await write(request, (ctx) => subscriptions.resolve(ctx, token))
        return reply.send(resolvedBody(row))
      },
    )

    scope.get(
      root,
      route('list', 'Lists the subscriptions of all offers that name the calling application.', {
        querystring: schemas.listQuery,
        response: { 200: schemas.subscriptions, 400: schemas.error, 403: schemas.error },
      }),
      async (request, reply) => {
        const given = queryValue(request, 'continuationToken')
        const after = given ? readContinuationToken(given) : undefined
        const rows = await subscriptions.listForApplication(request.commerce.caller, { after, limit: pageSize + 1 })
        const page = rows.slice(0, pageSize)
        const last = rows.length > pageSize ? page.at(-1) : undefined
        const next =
          last &&
          `${originOf(kernel.config, request)}${root}?continuationToken=${encodeURIComponent(continuationToken(last.id))}&api-version=${COMMERCE_API_VERSION}`
        return reply.send({ subscriptions: page.map(subscriptionBody), ...(next ? { '@nextLink': next } : {}) })
      },
    )

    scope.get<ById>(
      `${root}/:subscriptionId`,
      {
        ...route('get', 'Gets a subscription.', {
          params: schemas.subscriptionParams,
          response: { 200: schemas.subscription, ...refused },
        }),
        // Always too small an answer to be worth it; asking would cost every call.
        compress: false,
        decompress: false,
      },
      async (request, reply) => {
        const row = await subscriptions.getForApplication(request.commerce.caller, request.params.subscriptionId)
        return reply.send(subscriptionBody(row))
      },
    )

    scope.get<ById>(
      `${root}/:subscriptionId/listAvailablePlans`,
      route('plans', 'Lists the plans that the subscription has and may change to.', {
        params: schemas.subscriptionParams,
        querystring: schemas.planQuery,
        response: { 200: schemas.plans, ...refused },
      }),
      async (request, reply) => {
        const plans = await read(request, (ctx) =>
          subscriptions.availablePlans(ctx, request.params.subscriptionId, queryValue(request, 'planId') || undefined),
        ).catch((error: unknown) => {
          // An unknown id has no plans (spec/08 §2.3.5).
          if (isDomainError(error) && error.kind === 'not-found') return []
          throw error
        })
        return reply.send({ plans: plans.map(planBody) })
      },
    )

    scope.post<ById>(
      `${root}/:subscriptionId/activate`,
      route('activate', 'Activates a purchased subscription; its term and billing begin.', {
        params: schemas.subscriptionParams,
        body: schemas.activation,
        response: { 200: schemas.nothing, ...refused },
      }),
      async (request, reply) => {
        const { subscriptionId } = request.params
        const wanted = readActivation(request.body)
        await write(request, (ctx) => subscriptions.activate(ctx, subscriptionId, wanted))
        return reply.code(200).send()
      },
    )

    scope.patch<ById>(
      `${root}/:subscriptionId`,
      route('update', 'Changes the plan or the number of seats.', {
        params: schemas.subscriptionParams,
        body: schemas.change,
        response: { 202: schemas.nothing, ...refused },
      }),
      async (request, reply) => {
        const { subscriptionId } = request.params
        const wanted = readChange(request.body)
        const operation = await write(request, (ctx) =>
          subscriptions.changeByPublisher(ctx, subscriptionId, wanted, operationIdFor(request)),
        )
        return accepted(request, reply, operation)
      },
    )

    scope.delete<ById>(
      `${root}/:subscriptionId`,
      route('cancel', 'Cancels a subscription; access ends at once.', {
        params: schemas.subscriptionParams,
        response: { 202: schemas.nothing, ...refused },
      }),
      async (request, reply) => {
        const { operation } = await write(request, (ctx) => subscriptions.cancelByPublisher(ctx, request.params.subscriptionId))
        return accepted(request, reply, operation)
      },
    )

    scope.get<ById>(
      `${root}/:subscriptionId/operations`,
      route('operations', 'Lists the operations of a subscription that are in progress.', {
        params: schemas.subscriptionParams,
        response: { 200: schemas.operations, ...refused },
      }),
      async (request, reply) => {
        const found = await read(request, (ctx) => subscriptions.outstandingOperations(ctx, request.params.subscriptionId))
        return reply.send({ operations: found.operations.map((operation) => operationBody(found.subscription, operation)) })
      },
    )

    scope.get<ByOperation>(
      `${root}/:subscriptionId/operations/:operationId`,
      route('operation', 'Gets an operation.', { params: schemas.operationParams, response: { 200: schemas.operation, ...refused } }),
      async (request, reply) => {
        const { subscriptionId, operationId } = request.params
        const found = await read(request, (ctx) => subscriptions.getOperation(ctx, subscriptionId, operationId))
        return reply.send(operationBody(found.subscription, found.operation))
      },
    )

    scope.patch<ByOperation>(
      `${root}/:subscriptionId/operations/:operationId`,
      route('answer', 'Reports how the publisher dealt with an operation.', {
        params: schemas.operationParams,
        body: schemas.answer,
        response: { 200: schemas.nothing, ...refused, 409: schemas.error },
      }),
      async (request, reply) => {
        const { subscriptionId, operationId } = request.params
        const answer = readAnswer(request.body)
        await write(request, (ctx) => subscriptions.answerOperation(ctx, subscriptionId, operationId, answer))
        return reply.code(200).send()
      },
    )
  })
}

/** Gives the domain the writer of webhook bodies. Processes that only do background work call it too. */
export function installWebhookFormat({ publishing, subscriptions }: Pick<Domain, 'publishing' | 'subscriptions'>): void {
  subscriptions.setWebhookFormat(webhookBody)
  publishing.setTestCall(testCallBody)
}

/** With no ids sent, one GUID serves as operation, request and correlation id (spec/08 §1.6). */
function operationIdFor({ commerce }: FastifyRequest): string | undefined {
  return commerce.idsGenerated ? commerce.activityId : undefined
}
