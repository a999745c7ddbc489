import { sql } from 'drizzle-orm'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { wallNow } from './kernel/clock.ts'
import { newId } from './kernel/ids.ts'
import type { Kernel } from './kernel/kernel.ts'
import { redactBody, redactHeaders, redactUrl } from './kernel/log.ts'

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

interface Entry {
  id: string
  wall_at: string
  at: string
  contract: string
  action: string | null
  tenant_id: string | null
  client_id: string | null
  method: string
  path: string
  status: number
  duration_ms: number
  request_id: string
  correlation_id: string | null
  request_headers: Record<string, string>
  request_body: string | null
  response_headers: Record<string, string>
  response_body: string | null
}

const flushAfterMs = 250
const longestQueue = 2000
const keptDays = 30
const pruneEveryMs = 60 * 60 * 1000

/**
 * Keeps the calls of the wire contracts in `kernel.request`, redacted, for 30 days, so that publishers and operators can look at them.
 * Written in batches beside the answer: a log that is slow or full never holds up a call.
 */
export function keepRequests(app: FastifyInstance, kernel: Kernel): void {
  let queue: Entry[] = []
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()
  let prunedAt = 0

  async function write(entries: Entry[]): Promise<void> {
    try {
      await kernel.database.db.execute(sql`
        insert into kernel.request
          (id, wall_at, at, contract, action, tenant_id, client_id, method, path, status, duration_ms, request_id, correlation_id,
           request_headers, request_body, response_headers, response_body)
        select id, wall_at, at, contract, action, tenant_id, client_id, method, path, status, duration_ms, request_id, correlation_id,
           request_headers, request_body, response_headers, response_body
        from jsonb_populate_recordset(null::kernel.request, ${storable(JSON.stringify(entries))}::jsonb)`)
      const now = wallNow()
      if (now.epochMilliseconds - prunedAt > pruneEveryMs) {
        prunedAt = now.epochMilliseconds
        await kernel.database.db.execute(
          sql`delete from kernel.request where wall_at < ${now.subtract({ hours: 24 * keptDays }).toString()}::timestamptz`,
        )
      }
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
    queue.push({
      id: newId<'request'>(),
      wall_at: wallNow().toString(),
      at: String(headers['x-stoa-now'] ?? wallNow()),
      contract: request.routeOptions.config.contract ?? 'unknown',
      action: request.routeOptions.config.action ?? null,
      tenant_id: caller?.tenantId ?? null,
      client_id: caller?.clientId ?? null,
      method: request.method,
      path: redactUrl(request.originalUrl).slice(0, 4000),
      status: reply.statusCode,
      duration_ms: Math.round(reply.elapsedTime),
      request_id: String(headers['x-ms-requestid'] ?? request.id).slice(0, 200),
      correlation_id: headers['x-ms-correlationid'] === undefined ? null : String(headers['x-ms-correlationid']).slice(0, 200),
      request_headers: redactHeaders(request.headers),
      request_body: redactBody(request.bodyText, request.headers['content-type']) ?? null,
      response_headers: redactHeaders(headers),
      response_body: redactBody(request.answered, String(headers['content-type'] ?? '')) ?? null,
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

/** PostgreSQL keeps no NUL in jsonb. */
const storable = (json: string) => json.replaceAll('\\u0000', '\\ufffd')
