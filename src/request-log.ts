import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Temporal } from 'temporal-polyfill'
import { wallNow } from './kernel/clock.ts'
import { newId } from './kernel/ids.ts'
import type { Kernel } from './kernel/kernel.ts'
import { redactBody, redactHeaders, redactUrl } from './kernel/log.ts'
import { insertRequests, type KeptRequest } from './kernel/requests.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** the body as it was sent, where it was text */
    bodyText?: string
    /** what was answered, for the request log */
    answered?: string | Buffer
  }
  interface FastifyContextConfig {
    /** which wire contract the route belongs to; set by the server for every route */
    contract?: string
    /** the permission that the route needs (kernel/authorization) */
    action?: string
  }
}

const flushAfterMs = 250
const longestQueue = 2000

/**
 * Keeps the calls of the wire contracts in `kernel.request`, redacted, for 30 days, so that publishers and operators can look at them.
 * Written in batches beside the answer: a log that is slow or full never holds up a call.
 */
export function keepRequests(app: FastifyInstance, kernel: Kernel): void {
  let queue: KeptRequest[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  async function write(entries: KeptRequest[]): Promise<void> {
    try {
      await insertRequests(kernel.database.db, entries)
    } catch (error) {
      kernel.log.warn({ err: error, lost: entries.length }, 'the request log could not be written')
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const entries = queue
    queue = []
    if (entries.length > 0) writing = writing.then(() => write(entries))
    return writing
  }

  app.addHook('onSend', async (request, _reply, payload) => {
    if (isKept(request) && (typeof payload === 'string' || Buffer.isBuffer(payload))) request.answered = payload
    return payload
  })
  app.addHook('onResponse', async (request, reply) => {
    if (!isKept(request) || queue.length >= longestQueue) return
    const caller = callerOf(request)
    const headers = reply.getHeaders()
    const wall = wallNow()
    queue.push({
      id: newId<'request'>(),
      wallAt: wall,
      at: marketTime(headers['x-stoa-now']) ?? wall,
      contract: request.routeOptions.config.contract ?? 'unknown',
      action: request.routeOptions.config.action ?? null,
      tenantId: caller?.tenantId ?? null,
      clientId: caller?.clientId ?? null,
      method: request.method,
      path: redactUrl(request.originalUrl).slice(0, 4000),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      requestId: String(headers['x-ms-requestid'] ?? request.id).slice(0, 200),
      correlationId: headers['x-ms-correlationid'] === undefined ? null : String(headers['x-ms-correlationid']).slice(0, 200),
      requestHeaders: redactHeaders(request.headers),
      requestBody: redactBody(request.bodyText, request.headers['content-type']) ?? null,
      responseHeaders: redactHeaders(headers),
      responseBody: redactBody(request.answered, String(headers['content-type'] ?? '')) ?? null,
    })
    timer ??= setTimeout(() => void flush(), flushAfterMs)
  })
  app.addHook('onClose', flush)
}

/** Not our own sandbox (whoever reads this log there would fill it), nor what is no contract. */
const notKept = new Set([undefined, 'sandbox', 'docs', 'server', 'sign-in'])

function isKept(request: FastifyRequest): boolean {
  return !notKept.has(request.routeOptions.config.contract)
}

/** Contracts leave what they learned from the bearer token on the request. */
function callerOf(request: FastifyRequest): { tenantId?: string; clientId?: string } | undefined {
  return (request as { commerce?: { caller?: { tenantId: string; clientId: string } } | null }).commerce?.caller
}

/** Production answers do not carry it: there market time is machine time. */
const marketTime = (header: unknown) => (typeof header === 'string' ? Temporal.Instant.from(header) : undefined)
