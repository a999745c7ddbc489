import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
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
  interface FastifyInstance {
    /** Writes down the calls of this process that have been answered and not yet kept. */
    keepAnsweredRequests(): Promise<void>
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
/** So many entries are redacted and written at a time; calls are answered between. */
const chunk = 50

/**
 * Keeps the calls of the wire contracts in `kernel.request`, redacted, for 30 days, so that publishers and operators can look at them
 * (STOA_REQUEST_LOG=off: not). Redacted and written in batches beside the answers: a log that is slow or full never holds up a call.
 */
export function keepRequests(app: FastifyInstance, kernel: Kernel): void {
  if (!kernel.config.requestLog) {
    app.decorate('keepAnsweredRequests', async () => {})
    return
  }
  let queue: (() => KeptRequest)[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  async function write(entries: (() => KeptRequest)[]): Promise<void> {
    for (let from = 0; from < entries.length; from += chunk) {
      const part = entries.slice(from, from + chunk)
      try {
        await insertRequests(
          kernel.database.db,
          part.map((entry) => entry()),
        )
      } catch (error) {
        kernel.log.warn({ err: error, lost: part.length }, 'the request log could not be written')
      }
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

  app.addHook('onSend', (request, _reply, payload, done) => {
    if (isKept(request) && (typeof payload === 'string' || Buffer.isBuffer(payload))) request.answered = payload
    done(null, payload)
  })
  app.addHook('onResponse', (request, reply, done) => {
    if (isKept(request) && queue.length < longestQueue) keep(request, reply)
    done()
  })
  app.addHook('onClose', flush)
  app.decorate('keepAnsweredRequests', flush)

  function keep(request: FastifyRequest, reply: FastifyReply): void {
    const headers = reply.getHeaders()
    const durationMs = Math.round(reply.elapsedTime)
    const wall = wallNow()
    queue.push(() => keptRequest(request, headers, { wall, durationMs, status: reply.statusCode }))
    timer ??= setTimeout(() => void flush(), flushAfterMs)
  }
}

function keptRequest(
  request: FastifyRequest,
  headers: ReturnType<FastifyReply['getHeaders']>,
  { wall, durationMs, status }: { wall: Temporal.Instant; durationMs: number; status: number },
): KeptRequest {
  const caller = callerOf(request)
  return {
    id: newId<'request'>(),
    wallAt: wall,
    at: marketTime(headers['x-stoa-now']) ?? wall,
    contract: request.routeOptions.config.contract ?? 'unknown',
    action: request.routeOptions.config.action ?? null,
    tenantId: caller?.tenantId ?? null,
    clientId: caller?.clientId ?? null,
    method: request.method,
    path: redactUrl(request.originalUrl).slice(0, 4000),
    status,
    durationMs,
    requestId: String(headers['x-ms-requestid'] ?? request.id).slice(0, 200),
    correlationId: headers['x-ms-correlationid'] === undefined ? null : String(headers['x-ms-correlationid']).slice(0, 200),
    requestHeaders: redactHeaders(request.headers),
    requestBody: redactBody(request.bodyText, request.headers['content-type']) ?? null,
    responseHeaders: redactHeaders(headers),
    responseBody: redactBody(request.answered, String(headers['content-type'] ?? '')) ?? null,
  }
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
