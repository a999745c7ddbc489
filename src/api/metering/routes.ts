import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Temporal } from 'temporal-polyfill'
import type { Domain } from '../../domain/domain.ts'
import type { Verdict } from '../../domain/metering/index.ts'
import { utcDate } from '../../kernel/clock.ts'
import { type DomainError, invalid } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { type CommerceErrorAnswer, membersOf, queryValue, registerCommerceContract } from '../commerce-contract.ts'
import * as schemas from './schemas.ts'
import {
  acceptedBody,
  badArgument,
  duplicateBody,
  readTime,
  readUsage,
  refusedBody,
  resultItem,
  type UsageMessage,
} from './usage-message.ts'

/** Most events of one batch (seed 001 L24828). */
const batchLimit = 25
const reconStatuses = ['Submitted', 'Accepted', 'Rejected', 'Mismatch'] as const
const notAuthorized = { code: 'Forbidden', message: 'Client is not authorized for this usage resource.' }

/** Metering v1: `/api/usageEvent`, `/api/batchUsageEvent`, `/api/usageEvents` (spec/08 §3). */
export async function meteringRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  const judge = (request: FastifyRequest, messages: UsageMessage[]) =>
    domain.metering.accept(
      request.commerce.caller,
      messages.map((message) => message.report),
    )

  await registerCommerceContract(app, { kernel, domain, mapError }, (scope) => {
    scope.post(
      '/api/usageEvent',
      {
        config: { action: 'usage.report' },
        schema: {
          tags: ['Metering'],
          summary: 'Reports one usage event.',
          querystring: schemas.apiVersion,
          body: schemas.usageEvent,
          response: { 200: schemas.okEvent, 400: schemas.badRequest, 403: schemas.forbiddenBody, 409: schemas.conflictBody },
        },
      },
      async (request, reply) => {
        const message = readUsage(request.body)
        const [verdict] = (await judge(request, [message])) as [Verdict]
        if (verdict.status === 'accepted') return reply.send(acceptedBody(message, verdict) as never)
        if (verdict.status === 'duplicate') return reply.code(409).send(duplicateBody(message, verdict.accepted) as never)
        if (verdict.status === 'not-authorized') return reply.code(403).send(notAuthorized)
        return reply.code(400).send(refusedBody(message, verdict))
      },
    )

    scope.post(
      '/api/batchUsageEvent',
      {
        config: { action: 'usage.report' },
        schema: {
          tags: ['Metering'],
          summary: `Reports up to ${batchLimit} usage events; each has its own verdict, in the order of the request.`,
          querystring: schemas.apiVersion,
          body: schemas.batchUsageEvent,
          response: { 200: schemas.batchResult, 400: schemas.badRequest, 403: schemas.forbiddenBody },
        },
      },
      async (request, reply) => {
        const messages = batchOf(request.body).map(readUsage)
        const verdicts = await judge(request, messages)
        const result = messages.map((message, n) => resultItem(message, verdicts[n] as Verdict))
        return reply.send({ count: result.length, result } as never)
      },
    )

    scope.get(
      '/api/usageEvents',
      {
        config: { action: 'usage.report' },
        schema: {
          tags: ['Metering'],
          summary: 'Lists accepted usage by day, resource, dimension and plan, newest day first.',
          querystring: schemas.usageQuery,
          response: { 200: schemas.usageRows, 400: schemas.badRequest, 403: schemas.forbiddenBody },
        },
      },
      async (request, reply) => reply.send((await listUsage(request, kernel, domain)) as never),
    )
  })
}

function batchOf(body: unknown): unknown[] {
  const events = membersOf(body)?.request
  if (!Array.isArray(events))
    throw invalid('BadArgument', 'The request is required and must be an array of usage events.', { target: 'Request' })
  if (events.length === 0) throw invalid('BadArgument', 'The request must hold at least one usage event.', { target: 'Request' })
  if (events.length > batchLimit) {
    throw invalid('BadArgument', `The request must hold at most ${batchLimit} usage events; it holds ${events.length}.`, {
      target: 'Request',
    })
  }
  return events
}

async function listUsage(request: FastifyRequest, kernel: Kernel, domain: Domain) {
  const { caller, requestId } = request.commerce
  const recon = queryValue(request, 'reconStatus')
  if (recon !== undefined && !reconStatuses.some((status) => status === recon)) {
    throw invalid('BadArgument', `The reconStatus must be one of ${reconStatuses.join(', ')}.`, { target: 'reconStatus' })
  }
  const azureSubscription = queryValue(request, 'azureSubscriptionId')
  if (azureSubscription !== undefined && !isUuid(azureSubscription)) {
    throw invalid('BadArgument', 'The azureSubscriptionId must be a GUID.', { target: 'azureSubscriptionId' })
  }
  const from = dayParameter(request, 'usageStartDate')
  if (!from) throw invalid('BadArgument', 'The usageStartDate is required.', { target: 'usageStartDate' })
  const until = dayParameter(request, 'UsageEndDate')
  return kernel.read(
    caller,
    async (ctx) => {
      const to = until ?? utcDate(ctx.now)
      if (Temporal.PlainDate.compare(from, to) > 0) {
        throw invalid('BadArgument', 'The usageStartDate must not be after the UsageEndDate.', { target: 'usageStartDate' })
      }
      // Usage of SaaS subscriptions belongs to no Azure subscription.
      if (azureSubscription !== undefined) return []
      const usage = await domain.metering.dailyUsage(ctx, {
        reporter: caller,
        offerId: queryValue(request, 'offerId'),
        planId: queryValue(request, 'planId'),
        dimension: queryValue(request, 'dimension'),
        from,
        to,
      })
      const billed = await domain.billing.usageBilledUntil(ctx, [...new Set(usage.map((row) => row.resource))])
      const processed = await domain.metering.acceptedBefore(ctx, usage, billed)
      const rows = usage.map((row, n) => {
        const done = processed[n] ?? row.quantity
        return {
          usageDate: `${row.day.toString()}T00:00:00Z`,
          usageResourceId: row.resource,
          dimension: row.dimension,
          planId: row.planId,
          planName: row.planName,
          offerId: row.offerId,
          offerName: row.offerName,
          offerType: 'SaaS',
          // What is on no invoice yet is submitted; a day that an invoice has divided does not match (spec/08 §3.7). Accepted usage is never rejected.
          reconStatus: done.isZero() ? 'Submitted' : done.equals(row.quantity) ? 'Accepted' : 'Mismatch',
          submittedQuantity: row.quantity.toNumber(),
          processedQuantity: done.toNumber(),
          submittedCount: row.events,
        }
      })
      return recon === undefined ? rows : rows.filter((row) => row.reconStatus === recon)
    },
    { requestId },
  )
}

function dayParameter(request: FastifyRequest, name: string): Temporal.PlainDate | null {
  const text = queryValue(request, name)
  if (text === undefined || text === '') return null
  // A `+` of a zone arrives as a blank.
  const us = readTime(text.replace(/ (\d{2}:?\d{2})$/, '+$1'))
  if (us === null) throw invalid('BadArgument', `The ${name} must be a date or a date and time in ISO 8601.`, { target: name })
  return utcDate(Temporal.Instant.fromEpochMilliseconds(Math.floor(us / 1000)))
}

function mapError(error: DomainError): CommerceErrorAnswer {
  if (error.kind === 'forbidden') return { status: 403, body: { code: error.code, message: error.message } }
  if (error.kind === 'limit') return { status: 429, body: { code: error.code, message: error.message } }
  const detail = { message: error.message, code: error.code, ...(error.target === undefined ? {} : { target: error.target }) }
  return { status: error.kind === 'unavailable' ? 503 : 400, body: badArgument([detail]) }
}
