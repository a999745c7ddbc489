import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { invalid, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import { deleteFaults, type Fault, faultyCalls, listFaults, longestFaultMs, putFault } from '../../kernel/faults.ts'
import * as schemas from './schemas.ts'

/** Runs a use case for the caller of a request, in one transaction. */
export type RunInSandbox = <T>(request: FastifyRequest, fn: (ctx: Ctx) => Promise<T>) => Promise<T>

const fault = z
  .strictObject({
    contract: z.enum(['saas-fulfillment', 'metering', 'directory']),
    operation: z
      .string()
      .optional()
      .describe(
        `One call of the contract; absent: all. ${Object.entries(faultyCalls)
          .map(([name, list]) => `${name}: ${list.join(', ')}`)
          .join('; ')}`,
      ),
    subscriptionId: z.uuid().optional().describe('Only calls about this subscription'),
    rate: z.number().gt(0).max(1).default(1).describe('Share of the calls that are hit'),
    status: z.int().min(400).max(599).optional().describe('Answered instead of doing anything'),
    latencyMs: z.int().min(1).max(longestFaultMs).optional().describe('Waited before the call is done or refused'),
    times: z
      .int()
      .min(1)
      .max(1_000_000)
      .optional()
      .describe('Calls that are hit before the fault ends by itself; absent: until it is deleted'),
  })
  .describe('At least one of status and latencyMs')

const kept = z.object({
  faultId: z.uuid(),
  contract: z.string(),
  operation: z.string().nullable(),
  subscriptionId: z.string().nullable(),
  rate: z.number(),
  status: z.number().nullable(),
  latencyMs: z.number().nullable(),
  times: z.number().nullable().describe('Calls that will still be hit; null: no limit'),
})

const faults = z.object({ faults: z.array(kept) })

const which = z.object({ contract: z.string().optional(), operation: z.string().optional(), subscriptionId: z.string().optional() })

const shown = ({ id, remaining, ...found }: Fault) => ({ faultId: id, ...found, times: remaining })

/** `/api/sandbox/faults`: the marketplace misbehaves on purpose, so that publishers can test their retries. */
export function faultRoutes(plain: FastifyInstance, run: RunInSandbox): void {
  const app = plain.withTypeProvider<ZodTypeProvider>()
  const url = '/api/sandbox/faults'
  const config = { action: 'sandbox.use' } as const
  const refused = { 400: schemas.error, 413: schemas.error, 415: schemas.error, 401: schemas.error, 403: schemas.error }
  const tags = ['Sandbox']

  app.put(
    url,
    {
      config,
      schema: {
        tags,
        summary: 'Makes calls of a contract slow or fail. Replaces the fault for the same contract, operation and subscription.',
        body: fault,
        response: { 200: faults, ...refused },
      },
    },
    async (request) => {
      const { contract, operation, subscriptionId, rate, status, latencyMs, times } = request.body
      if (operation !== undefined && !faultyCalls[contract]?.includes(operation)) {
        throw invalid(
          'UnknownOperation',
          `${contract} has no call "${operation.slice(0, 100)}". It has: ${faultyCalls[contract]?.join(', ')}.`,
          {
            target: 'operation',
          },
        )
      }
      if (status === undefined && latencyMs === undefined) {
        throw invalid('FaultDoesNothing', 'Say what goes wrong: a "status" from 400 to 599, a "latencyMs", or both.', { target: 'status' })
      }
      return run(request, async (ctx) => {
        await putFault(ctx, {
          contract,
          operation: operation ?? null,
          subscriptionId: subscriptionId?.toLowerCase() ?? null,
          rate,
          status: status ?? null,
          latencyMs: latencyMs ?? null,
          remaining: times ?? null,
        })
        return { faults: (await listFaults(ctx)).map(shown) }
      })
    },
  )

  app.get(
    url,
    { config, schema: { tags, summary: 'The faults that are set.', response: { 200: faults, ...refused } } },
    async (request) => ({ faults: (await run(request, listFaults)).map(shown) }),
  )

  app.delete(
    url,
    {
      config,
      schema: {
        tags,
        summary: 'Takes faults away: all, or those that fit the query.',
        querystring: which,
        response: { 200: z.object({ deleted: z.number() }), ...refused },
      },
    },
    async (request) => ({ deleted: await run(request, (ctx) => deleteFaults(ctx, request.query)) }),
  )

  app.delete(
    `${url}/:faultId`,
    {
      config,
      schema: {
        tags,
        summary: 'Takes one fault away.',
        params: z.object({ faultId: z.string() }),
        response: { 200: z.object({ deleted: z.number() }), ...refused, 404: schemas.error },
      },
    },
    async (request) => {
      const { faultId } = request.params
      const deleted = isUuid(faultId) ? await run(request, (ctx) => deleteFaults(ctx, { id: faultId })) : 0
      if (deleted === 0) throw notFound('FaultNotFound', 'No fault with this id is set.', { target: 'faultId' })
      return { deleted }
    },
  )
}
