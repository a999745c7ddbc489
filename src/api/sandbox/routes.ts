import { readFileSync } from 'node:fs'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { Temporal } from 'temporal-polyfill'
import type { z } from 'zod'
import { readDemoData, resetToDemo } from '../../domain/demo.ts'
import type { Domain } from '../../domain/domain.ts'
import { advance } from '../../kernel/clock.ts'
import type { Ctx, Principal } from '../../kernel/context.ts'
import { conflict, type DomainError, httpStatus, invalid, isDomainError } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { listRequests } from '../../kernel/requests.ts'
import { certificationRoutes } from './certification.ts'
import { faultRoutes } from './faults.ts'
import { guardSandbox } from './guard.ts'
import { publisherTestRoutes } from './publisher-test.ts'
import * as schemas from './schemas.ts'

const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }

const root = '/api/sandbox'
const config = { action: 'sandbox.use' } as const
const failures = { 400: schemas.error, 401: schemas.error, 403: schemas.error, 413: schemas.error, 415: schemas.error }

declare module 'fastify' {
  interface FastifyRequest {
    sandboxCaller: Principal
  }
}

/** What only a sandbox can do: move time, buy for anybody, look into everything, begin anew (docs: testing an integration). */
export async function sandboxRoutes(app: FastifyInstance, { kernel, domain }: { kernel: Kernel; domain: Domain }): Promise<void> {
  await app.register(async (plain) => {
    const scope = plain.withTypeProvider<ZodTypeProvider>()
    scope.decorateRequest('sandboxCaller')
    scope.addHook('onRequest', async (request) => {
      request.sandboxCaller = await guardSandbox(request, { kernel, domain })
    })
    scope.setErrorHandler((error: FastifyError | DomainError, request, reply) => answerError(error, request, reply))
    const run = <T>(request: FastifyRequest, fn: (ctx: Ctx) => Promise<T>) =>
      kernel.run(request.sandboxCaller, fn, { requestId: request.id })
    const now = async () => (await kernel.clock.marketNow(kernel.database.db)).toString()

    scope.get(
      root,
      {
        config,
        schema: { tags: ['Sandbox'], summary: 'Mode, version, market time and tenants.', response: { 200: schemas.overview, ...failures } },
      },
      async (request) => {
        const tenants = await run(request, (ctx) => domain.directory.listTenants(ctx))
        return {
          mode: 'sandbox' as const,
          version,
          now: await now(),
          tenants: tenants.map(({ tenantId, name, domain: primary, country }) => ({ tenantId, name, domain: primary, country })),
        }
      },
    )

    scope.post(
      `${root}/clock`,
      {
        config,
        schema: {
          tags: ['Sandbox'],
          summary:
            'Moves market time forward; everything that becomes due runs on the way, in order, and the answer comes when it is done.',
          body: schemas.clock,
          response: { 200: schemas.moved, ...failures, 409: schemas.error },
        },
      },
      async (request) => {
        const report = await kernel.due.move((from) => destination(request.body, from))
        const item = ({ kind, key, at }: { kind: string; key: string; at: Temporal.Instant }) => ({ kind, key, at: at.toString() })
        return {
          from: report.from.toString(),
          to: report.to.toString(),
          counts: report.counts,
          ran: report.ran.map(item),
          failed: report.failed.map((failed) => ({ ...item(failed), error: failed.error })),
          next: report.next ? item(report.next) : null,
        }
      },
    )

    scope.post(
      `${root}/purchases`,
      {
        config,
        schema: {
          tags: ['Sandbox'],
          summary: 'Buys as a customer does. A trial begins by itself where the plan has one. Takes an Idempotency-Key.',
          body: schemas.purchase,
          response: { 200: schemas.purchased, ...failures, 404: schemas.error, 409: schemas.error },
        },
      },
      async (request) => {
        const key = request.headers['idempotency-key']
        return run(request, (ctx) => buy(ctx, domain, request.body, typeof key === 'string' ? key : undefined))
      },
    )

    const subscription = { params: schemas.subscriptionPath, tags: ['Sandbox'] }
    const answers = { ...failures, 404: schemas.error, 409: schemas.error, 410: schemas.error }

    scope.post(
      `${root}/subscriptions/:subscriptionId/token`,
      {
        config,
        schema: {
          ...subscription,
          summary: 'A new landing-page token, as Manage account gives.',
          response: { 200: schemas.token, ...answers },
        },
      },
      async (request) => {
        const { token, landingPageUrl } = await run(request, (ctx) => domain.subscriptions.createToken(ctx, request.params.subscriptionId))
        return { token, landingPageUrl }
      },
    )

    scope.post(
      `${root}/subscriptions/:subscriptionId/change`,
      {
        config,
        schema: {
          ...subscription,
          summary: 'The customer asks for another plan or number of seats.',
          body: schemas.change,
          response: { 200: schemas.operation, ...answers },
        },
      },
      async (request) => {
        const operation = await run(request, (ctx) =>
          domain.subscriptions.changeByCustomer(ctx, request.params.subscriptionId, request.body),
        )
        return { operationId: operation.id }
      },
    )

    const { subscriptions } = domain
    const events = {
      cancel: { summary: 'The customer cancels.', act: (ctx: Ctx, id: string) => subscriptions.cancelByCustomer(ctx, id) },
      'payment-failed': {
        summary: 'A payment of the customer fails: the subscription is suspended.',
        act: (ctx: Ctx, id: string) => subscriptions.paymentFailed(ctx, id),
      },
      'payment-recovered': {
        summary: 'The customer pays after all: the subscription is to be reinstated.',
        act: (ctx: Ctx, id: string) => subscriptions.paymentRecovered(ctx, id),
      },
    }
    for (const [name, { summary, act }] of Object.entries(events)) {
      scope.post(
        `${root}/subscriptions/:subscriptionId/${name}`,
        { config, schema: { ...subscription, summary, response: { 200: schemas.state, ...answers } } },
        async (request) => stateOf(await run(request, (ctx) => act(ctx, request.params.subscriptionId))),
      )
    }
    scope.post(
      `${root}/subscriptions/:subscriptionId/auto-renew`,
      {
        config,
        schema: {
          ...subscription,
          summary: 'The customer switches automatic renewal on or off.',
          body: schemas.autoRenew,
          response: { 200: schemas.state, ...answers },
        },
      },
      async (request) =>
        stateOf(await run(request, (ctx) => subscriptions.setAutoRenew(ctx, request.params.subscriptionId, request.body.enabled))),
    )

    scope.get(
      `${root}/webhook-deliveries`,
      {
        config,
        schema: {
          tags: ['Sandbox'],
          summary: 'Every attempt to deliver webhooks of a subscription.',
          querystring: schemas.deliveriesQuery,
          response: { 200: schemas.deliveries, ...answers },
        },
      },
      async (request) => ({
        deliveries: plainJson(await run(request, (ctx) => subscriptions.deliveries(ctx, { subscription: request.query.subscriptionId }))),
      }),
    )
    scope.post(
      `${root}/webhook-deliveries/:deliveryId/redeliver`,
      {
        config,
        schema: {
          tags: ['Sandbox'],
          summary: 'Delivers a webhook once more.',
          params: schemas.deliveryPath,
          response: { 200: schemas.redelivered, ...answers },
        },
      },
      async (request) => run(request, (ctx) => subscriptions.redeliver(ctx, request.params.deliveryId)),
    )

    scope.get(
      `${root}/requests`,
      {
        config,
        schema: {
          tags: ['Sandbox'],
          summary: "Recent calls of the wire contracts, or of one publisher's applications.",
          querystring: schemas.requestsQuery,
          response: { 200: schemas.requests, ...failures, 404: schemas.error },
        },
      },
      async (request) => {
        await scope.keepAnsweredRequests()
        return { requests: await run(request, (ctx) => recentRequests(ctx, domain, request.query)) }
      },
    )

    scope.get(
      `${root}/mail`,
      {
        config,
        schema: {
          tags: ['Sandbox'],
          summary: 'Captured mail, the latest first.',
          querystring: schemas.mailQuery,
          response: { 200: schemas.mail, ...failures },
        },
      },
      async (request) => {
        const { to } = request.query
        const kept = await run(request, (ctx) => kernel.mail.list(ctx, { limit: 200, ...(to === undefined ? {} : { to }) }))
        return {
          mail: kept.map(({ id, to: recipient, subject, text, html, template, at }) => ({
            id,
            to: recipient,
            subject,
            text,
            html,
            template,
            at: at.toString(),
          })),
        }
      },
    )

    faultRoutes(scope, run)
    certificationRoutes(scope, domain, run)
    publisherTestRoutes(scope, { kernel, domain, run })

    scope.post(
      `${root}/reset`,
      {
        config,
        schema: {
          tags: ['Sandbox'],
          summary: 'Back to the demo data; market time is wall time again.',
          response: { 200: schemas.reset, ...failures, 409: schemas.error },
        },
      },
      async () => {
        if ((await kernel.clock.movingTo(kernel.database.db)) !== null) {
          throw conflict('MoveInProgress', 'The clock is being moved. Wait until that has ended.')
        }
        await resetToDemo(kernel, domain)
        return { now: await now() }
      },
    )
  })
}

function destination({ advance: period, to }: z.infer<typeof schemas.clock>, now: Temporal.Instant): Temporal.Instant {
  if ((period === undefined) === (to === undefined)) {
    throw invalid('OneOfAdvanceOrTo', 'Give either "advance" (a period such as P1M) or "to" (a time such as 2027-01-01T00:00:00Z).', {
      target: 'advance',
    })
  }
  if (period !== undefined) {
    let reached: Temporal.Instant
    try {
      reached = advance(now, period)
    } catch {
      throw invalid('PeriodInvalid', `"${period.slice(0, 100)}" is not an ISO 8601 period such as P1M, P1D or PT1H.`, { target: 'advance' })
    }
    return within(reached, now, 'advance')
  }
  try {
    return within(Temporal.Instant.from(to as string), now, 'to')
  } catch (error) {
    if (isDomainError(error)) throw error
    throw invalid('TimeInvalid', `"${String(to).slice(0, 100)}" is not an ISO 8601 time with a zone, such as 2027-01-01T00:00:00Z.`, {
      target: 'to',
    })
  }
}

/** A century ahead is a slip of the pen, and would take as long. */
function within(to: Temporal.Instant, now: Temporal.Instant, target: string): Temporal.Instant {
  if (Temporal.Instant.compare(to, now) < 0)
    throw invalid('TimeInThePast', `Market time only goes forward: it is ${now.toString()} now.`, { target })
  if (Temporal.Instant.compare(to, advance(now, 'P30Y')) > 0)
    throw invalid('TimeTooFar', 'The clock moves by 30 years at most.', { target })
  return to
}

/** A purchase with the demo's people where none are named; the terms in force are accepted. */
async function buy(ctx: Ctx, { checkout }: Domain, input: z.infer<typeof schemas.purchase>, idempotencyKey: string | undefined) {
  const people = readDemoData().tenants.flatMap(({ tenantId, users }) => users.map((user) => ({ ...user, tenantId })))
  const demoPerson = (email: string) => {
    const found = people.find((person) => person.email === email)
    if (!found) throw new Error(`demo.json has no ${email}.`)
    return { email, objectId: found.objectId, tenantId: found.tenantId }
  }
  const named = (person: { emailId: string; objectId: string; tenantId: string } | undefined) =>
    person && { email: person.emailId, objectId: person.objectId, tenantId: person.tenantId }
  const beneficiary = named(input.beneficiary) ?? demoPerson('buyer@adatum.example')
  const purchaser = named(input.purchaser) ?? (input.viaReseller ? demoPerson('sales@reseller.example') : beneficiary)
  const { publisherId, offerId, planId, quantity, termUnit, autoRenew } = input
  const choice = { publisherId, offerId, planId, quantity, termUnit }
  const byReseller = purchaser.tenantId.toLowerCase() !== beneficiary.tenantId.toLowerCase()
  const { terms } = await checkout.quote(ctx, { ...choice, tenant: beneficiary.tenantId, byReseller })
  return checkout.purchase(ctx, { ...choice, purchaser, beneficiary, autoRenew, acceptedTermsVersion: terms.version, idempotencyKey })
}

const stateOf = (subscription: { id: string; status: string; autoRenew: boolean }) => ({
  subscriptionId: subscription.id,
  status: subscription.status,
  autoRenew: subscription.autoRenew,
})

/** Instants and other values as JSON writes them. */
const plainJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown[]

async function recentRequests(ctx: Ctx, { accounts }: Domain, { publisherId, limit }: z.infer<typeof schemas.requestsQuery>) {
  const tenant = publisherId === undefined ? undefined : (await accounts.publisher(ctx, publisherId)).tenantId
  const kept = await listRequests(ctx, { limit, ...(tenant === undefined ? {} : { tenantId: tenant }) })
  return kept.map(({ wallAt: _wallAt, at, action: _action, ...request }) => ({ ...request, at: at.toString() }))
}

function answerError(error: FastifyError | DomainError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (isDomainError(error)) {
    return reply
      .code(httpStatus[error.kind])
      .send({ code: error.code, message: error.message, ...(error.target ? { target: error.target } : {}) })
  }
  const [problem] = error.validation ?? []
  if (problem) {
    const missing = (problem.params as { keys?: string[] } | undefined)?.keys?.[0]
    const target = problem.instancePath.replace(/^\//, '').replaceAll('/', '.') || missing
    return reply.code(400).send({
      code: 'InvalidRequest',
      message: `${target ? `${target}: ` : ''}${problem.message ?? 'not valid'}`,
      ...(target ? { target } : {}),
    })
  }
  const status = error.statusCode ?? 500
  if (status < 500) return reply.code(status).send({ code: codeOf[status] ?? 'InvalidRequest', message: error.message })
  request.log.error({ err: error, reqId: request.id }, 'sandbox call failed')
  return reply.code(500).send({ code: 'InternalServerError', message: 'An unexpected error occurred. It has been logged.' })
}

/** What the framework refuses before a route sees it. */
const codeOf: Record<number, string> = { 400: 'InvalidJson', 413: 'BodyTooLarge', 415: 'UnsupportedContentType' }
