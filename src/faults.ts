import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Temporal } from 'temporal-polyfill'
import { wallNow } from './kernel/clock.ts'
import { beginSandboxCall, useUpFault } from './kernel/faults.ts'
import type { Kernel } from './kernel/kernel.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** sandbox: microseconds by which market time was ahead of the machine's when the call began */
    marketOffsetUs?: bigint
  }
}

/** The contracts that can be made to misbehave. The sandbox's own calls never do, or nobody could end it. */
export const faultyContracts: readonly string[] = ['saas-fulfillment', 'metering', 'directory']

/**
 * Sandbox: calls of the wire contracts wait or fail as the faults say that are set (`PUT /api/sandbox/faults`). After the caller is known, so
 * that the request log tells whose call it was; before anything is done, so that a failed call has had no effect.
 */
export function misbehave(api: FastifyInstance, kernel: Kernel): void {
  api.addHook('preHandler', async (request, reply) => {
    const { contract } = request.routeOptions.config
    if (contract === undefined || !faultyContracts.includes(contract)) return undefined
    const { subscriptionId } = (request.params ?? {}) as { subscriptionId?: string }
    const { db } = kernel.database
    const { offsetUs, fault } = await beginSandboxCall(db, { contract, operation: operationOf(request), subscriptionId })
    request.marketOffsetUs = offsetUs
    if (!fault || Math.random() >= fault.rate) return undefined
    if (fault.remaining !== null && !(await useUpFault(db, fault.id))) return undefined
    if (fault.latencyMs !== null) await pause(fault.latencyMs)
    if (fault.status === null) return undefined
    reply.header('x-stoa-fault', String(fault.status))
    return reply
      .code(fault.status)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(bodyOf(fault.status)))
  })
}

/** Market time of an answer: the machine's time with the offset that held when the call began. */
export function marketTimeOf(request: FastifyRequest): Temporal.Instant | undefined {
  if (request.marketOffsetUs === undefined) return undefined
  return Temporal.Instant.fromEpochNanoseconds(wallNow().epochNanoseconds + request.marketOffsetUs * 1000n)
}

/** The contract's name for the call, or the last word of its path: `usageEvent`, `token`. */
function operationOf(request: FastifyRequest): string | undefined {
  const { config, url = '' } = request.routeOptions
  return (
    (config as { call?: string }).call ??
    url
      .split('/')
      .filter((part) => part !== '' && !part.startsWith(':'))
      .at(-1)
  )
}

const bodyOf = (status: number) => ({
  error: { code: 'SandboxFault', message: `This call fails with ${status} on purpose: a fault is set in this sandbox.` },
})
