import { randomUUID } from 'node:crypto'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import fastifyCompress from '@fastify/compress'
import fastifyCookie from '@fastify/cookie'
import fastifyHelmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyServerOptions, LogController } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { beside, type Contract, contracts } from './contracts.ts'
import type { Domain } from './domain/domain.ts'
import { marketTimeOf, misbehave } from './faults.ts'
import { wallNow } from './kernel/clock.ts'
import type { Config } from './kernel/config.ts'
import { type DomainError, httpStatus, isDomainError } from './kernel/errors.ts'
import type { Kernel } from './kernel/kernel.ts'
import { isKnownHost, publicHost } from './kernel/origin.ts'
import { keepRequests } from './request-log.ts'
import { nameSpans, traceRequest } from './request-trace.ts'

declare module 'http' {
  interface IncomingMessage {
    /** The Host header that was sent, where it was not a known one and has been replaced by our own. */
    unlistedHost?: string
  }
}

export interface ServerOptions {
  kernel: Kernel
  domain: Domain
  /** without it there is no TLS port */
  tls?: { key: string; cert: string }
  /** pages are built by Vite on request */
  dev?: boolean
}

export interface StoaServer {
  /** Listens on the configured host and ports; 0 chooses a free one. Returns the ports. @throws PortInUse */
  listen(): Promise<{ port: number; tlsPort: number | undefined }>
  /** Not ready until this was called: what must be loaded first has been loaded. */
  setReady(): void
  /**
   * Turns unready and serves on for STOA_DRAIN_SECONDS, so that balancers notice and send nothing more; connections that they keep open are
   * closed with their next answer.
   */
  drain(): Promise<void>
  /** Accepts nothing new, lets running requests end (10 s at most). */
  close(): Promise<void>
}

/** A port is taken; the message names it and the variable that chooses another. */
export class PortInUse extends Error {
  override readonly name = 'PortInUse'
}

/** First path segments of the wire contracts. Their paths ignore case and one trailing slash; those of pages do not. */
const contractSegments = new Set(['api', 'scim', 'v1.0', 'insights', 'blob', 'selftest-vm', 'openapi', 'docs', 'signin', 'signout'])
const serverSegments = new Set(['healthz', 'readyz', 'metrics'])
/** `{tenant}` is a GUID, a domain name or one of three words (design.md, Addresses). */
const tenantSegment = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|common|organizations|consumers|[a-z0-9-]+(?:\.[a-z0-9-]+)+)$/
const tenantPaths = new Set(['oauth2', 'v2.0', 'discovery', '.well-known'])

/** Whether a path belongs to the contracts' instance rather than to the pages'. */
export function isContractPath(url: string): boolean {
  const [, first = '', second = ''] = (url.split(/[?#]/, 1)[0] as string).toLowerCase().split('/')
  return contractSegments.has(first) || serverSegments.has(first) || (tenantSegment.test(first) && tenantPaths.has(second))
}

const bodyLimit = 1024 * 1024
const closeWithinMs = 10_000

/** Everything that this process answers: contracts and pages on one HTTP and one HTTPS listener, as its roles say. */
export async function createServer({ kernel, domain, tls, dev = false }: ServerOptions): Promise<StoaServer> {
  const { config } = kernel
  const state = { ready: false, leaving: false }
  const options: FastifyServerOptions = {
    loggerInstance: kernel.log,
    logController: new LogController({ disableRequestLogging: true }), // ours has what we want to know, once
    genReqId: (request) => acceptedId(request.headers['x-request-id']) ?? randomUUID(),
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    // A logger of its own for every request costs more than it tells: whoever logs names the request.
    childLoggerFactory: (logger) => logger,
    bodyLimit,
    requestTimeout: 60_000,
    frameworkErrors: (error, _request, reply) => answerError(error, reply as FastifyReply),
  }

  // One listener for both instances: the pages' instance owns it (Vite attaches to it in development), we hand each request to its instance.
  let pagesHandler: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const dispatch = (request: IncomingMessage, response: ServerResponse) => {
    guardHost(request, kernel)
    if (state.leaving) response.setHeader('connection', 'close')
    const answer = () => {
      if (isContractPath(request.url ?? '/')) api.routing(request, response)
      else pagesHandler(request, response)
    }
    if (kernel.tracing.on) traceRequest(kernel.tracing, request, response, answer)
    else answer()
  }
  const http = createHttpServer({ keepAliveTimeout: 72_000, requestTimeout: 60_000 }, dispatch)
  const https = tls
    ? createHttpsServer({ ...tls, minVersion: 'TLSv1.2', keepAliveTimeout: 72_000, requestTimeout: 60_000 }, dispatch)
    : undefined

  const api = Fastify({
    ...options,
    // A long id is as unknown as a short one, and answered by its contract.
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 16_384 },
  })
  const pages = Fastify({
    ...options,
    serverFactory: (handler) => {
      pagesHandler = handler
      return http
    },
  })
  for (const app of [api, pages]) {
    await common(app, kernel)
    if (kernel.tracing.on) nameSpans(app)
  }
  // Pages of this instance (sign-in, documentation) state a policy of their own; nothing else of it is to be shown as a page.
  await secureHeaders(api, { ...(await headersOfHelmet(config)), 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" })
  await pages.register(fastifyHelmet, helmetOptions(config))

  prepareContracts(api, kernel)
  serverRoutes(api, kernel, state)
  for (const contract of [...contracts, ...beside]) {
    if (contract.sandboxOnly && config.mode !== 'sandbox') continue
    if (!contract.roles.some((role) => config.roles.includes(role))) continue
    await registerContract(api, contract, kernel, domain)
  }
  if (config.roles.includes('web')) {
    const { webRoutes } = await import('./web/handler.ts')
    await webRoutes(pages, { kernel, domain }, { dev })
  } else {
    pages.setNotFoundHandler((_request, reply) =>
      reply.code(404).type('text/plain; charset=utf-8').send('This process serves no pages (STOA_ROLES).'),
    )
  }
  await Promise.all([api.ready(), pages.ready()])

  return {
    async listen() {
      const port = await listenOn(http, config.port, config.host, 'STOA_PORT')
      try {
        const tlsPort = https ? await listenOn(https, config.tlsPort, config.host, 'STOA_TLS_PORT') : undefined
        return { port, tlsPort }
      } catch (error) {
        http.close()
        throw error
      }
    },
    setReady() {
      state.ready = true
    },
    async drain() {
      state.leaving = true
      const serves = config.roles.some((role) => role !== 'worker')
      if (serves && config.drainSeconds > 0) await new Promise((resolve) => setTimeout(resolve, config.drainSeconds * 1000))
    },
    async close() {
      state.leaving = true
      await Promise.all([http, https].filter((server) => server?.listening).map((server) => closeListener(server as Server)))
      await Promise.all([api.close(), pages.close()])
    },
  }
}

async function registerContract(api: FastifyInstance, contract: Contract, kernel: Kernel, domain: Domain): Promise<void> {
  await api.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, contract: contract.name }
    })
    await contract.routes(scope, { kernel, domain })
  })
}

const helmetOptions = ({ mode }: Pick<Config, 'mode'>): FastifyHelmetOptions => ({
  contentSecurityPolicy: false, // pages state their own, with a nonce
  crossOriginEmbedderPolicy: false,
  // The origin must be known to our own forms; other sites learn nothing, not even from a landing-page link.
  referrerPolicy: { policy: 'same-origin' },
  strictTransportSecurity: mode === 'production',
})

/** The headers that helmet gives every answer. They are always the same, so that the contracts' hot calls need not ask it each time. */
async function headersOfHelmet(config: Config): Promise<Record<string, string>> {
  const ask = async (helmet: boolean) => {
    const app = Fastify()
    if (helmet) await app.register(fastifyHelmet, helmetOptions(config))
    app.get('/', (_request, reply) => reply.send(''))
    const { headers } = await app.inject('/')
    await app.close()
    return headers
  }
  const [without, with_] = [await ask(false), await ask(true)]
  const added = Object.entries(with_).filter(([name]) => !(name in without))
  return Object.fromEntries(added.map(([name, value]) => [name, String(value)]))
}

async function secureHeaders(app: FastifyInstance, headers: Record<string, string>): Promise<void> {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}

/** Probes, and files that belong to a page that has been counted. */
const uncounted = /^\/(?:healthz|readyz|metrics|assets\/|fonts\/)/

/** What every answer has, whoever gives it. */
async function common(app: FastifyInstance, kernel: Kernel): Promise<void> {
  const { config, metrics, log, rateLimits } = kernel
  await app.register(fastifyCompress, {
    encodings: ['br', 'gzip', 'deflate'],
    threshold: 1024,
    // The default quality of brotli costs ten times the time for a tenth less bytes.
    brotliOptions: { params: { [0x1 /* BROTLI_PARAM_QUALITY */]: 4 } },
  })
  await app.register(fastifyCookie)
  const counted = config.rateLimits.address > 0
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    const refused = counted && !uncounted.test(request.url) ? rateLimits.countAddress(request.ip) : null
    if (refused) {
      reply.header('retry-after', Number(refused.data.retryAfter))
      if (!isContractPath(request.url)) return reply.code(429).type('text/plain; charset=utf-8').send(refused.message)
      return done(refused)
    }
    done(request.url.includes('%00') ? badRequest('The address contains the character U+0000, which no text here may have.') : undefined)
  })
  if (config.mode === 'sandbox') {
    app.addHook('onSend', async (request, reply, payload) => {
      if (!/^\/(?:assets|fonts|media)\//.test(request.url)) {
        // Without a database the answer goes out without it.
        const now = marketTimeOf(request) ?? (await kernel.clock.marketNow(kernel.database.db).catch(() => undefined))
        if (now) reply.header('x-stoa-now', now.toString())
      }
      return payload
    })
  }
  app.addHook('onResponse', (request, reply, done) => {
    const { contract } = request.routeOptions.config
    metrics.requestSeconds.observe(
      { contract: contract ?? 'pages', method: request.method, status: `${Math.floor(reply.statusCode / 100)}xx` },
      reply.elapsedTime / 1000,
    )
    if (log.isLevelEnabled('info')) {
      const path = request.url.split('?', 1)[0]
      const traceId = request.raw.span?.traceparent.slice(3, 35)
      const facts = { reqId: request.id, ...(traceId ? { traceId } : {}), method: request.method, path, status: reply.statusCode }
      log.info({ ...facts, ms: Math.round(reply.elapsedTime) }, 'request')
    }
    done()
  })
}

/** PostgreSQL keeps no U+0000 in texts, so that it is refused where it comes in. */
const nul = '\\u0000'
const escapedNul = /(?<!\\)(?:\\\\)*\\u0000/

const badRequest = (message: string, statusCode = 400) => Object.assign(new Error(message), { statusCode, code: 'BadRequest' })

/** The manners that all wire contracts share: zod schemas, empty JSON bodies, JSON for what does not exist. */
function prepareContracts(api: FastifyInstance, kernel: Kernel): void {
  api.setValidatorCompiler(validatorCompiler)
  api.setSerializerCompiler(serializerCompiler)
  const parseJson = api.getDefaultJsonParser('error', 'error')
  api.removeContentTypeParser('application/json')
  api.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json(?:;|$|\s)/, { parseAs: 'string' }, (request, body, done) => {
    const text = String(body)
    request.bodyText = text
    // Clients send a JSON content type with their empty POSTs (spec/08 §2).
    if (text.trim() === '') done(null, undefined)
    else if (text.includes(nul) && escapedNul.test(text))
      done(badRequest('The body contains the character U+0000, which no text here may have.'))
    else void parseJson(request, text, done)
  })
  api.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined)
    else done(badRequest('This content type is not accepted here.', 415))
  })
  api.setNotFoundHandler((request, reply) =>
    reply.code(404).send(errorBody('NotFound', `There is nothing at ${request.method} ${request.url.split('?', 1)[0]}.`)),
  )
  api.setErrorHandler((error: FastifyError | DomainError, request, reply) => {
    if (!isDomainError(error) && (error.statusCode ?? 500) >= 500) request.log.error({ err: error, reqId: request.id }, 'call failed')
    return answerError(error, reply)
  })
  keepRequests(api, kernel)
  if (kernel.config.mode === 'sandbox') misbehave(api, kernel)
}

const errorBody = (code: string, message: string) => ({ error: { code, message } })

/** For calls that no contract claims; each contract maps errors to its own body. */
function answerError(error: FastifyError | DomainError, reply: FastifyReply): FastifyReply {
  if (isDomainError(error)) return reply.code(httpStatus[error.kind]).send(errorBody(error.code, error.message))
  const status = error.statusCode ?? 500
  if (status >= 500) return reply.code(500).send(errorBody('InternalServerError', 'An unexpected error occurred. It has been logged.'))
  return reply.code(status).send(errorBody(error.code ?? 'BadRequest', error.message))
}

/** For probes and Prometheus. */
function serverRoutes(api: FastifyInstance, kernel: Kernel, state: { ready: boolean; leaving: boolean }): void {
  const config = { contract: 'server', action: 'health.read' }
  api.get('/healthz', { config }, async () => ({ status: 'ok' }))
  api.get('/readyz', { config }, async (_request, reply) => {
    if (!state.ready || state.leaving) return reply.code(503).send({ status: state.leaving ? 'stopping' : 'starting' })
    try {
      await kernel.database.pool.query('select 1')
      return { status: 'ready' }
    } catch {
      return reply.code(503).send({ status: 'the database does not answer' })
    }
  })
  api.get('/metrics', { config }, async (request, reply) => {
    // Numbers of the business in the open are nobody's wish: scrapers stand beside us, not behind the public proxy.
    if (kernel.config.mode === 'production' && (!isNear(request.raw.socket.remoteAddress) || request.headers['x-forwarded-for'])) {
      return reply.code(403).send(errorBody('Forbidden', 'Metrics are given to private networks only.'))
    }
    return reply.type(kernel.metrics.registry.contentType).send(await kernel.metrics.registry.metrics())
  })
}

const isNear = (address = '') => /^(?:::ffff:)?(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)|^::1$|^f[cd]/i.test(address)

/** An unknown Host never gets into a link: from here on the request says our own. */
function guardHost(request: IncomingMessage, kernel: Kernel): void {
  const { config } = kernel
  const { host } = request.headers
  const forwarded = request.headers['x-forwarded-host']
  if (forwarded !== undefined && !isKnownHost(config, String(forwarded))) delete request.headers['x-forwarded-host']
  if (isKnownHost(config, host)) return
  request.unlistedHost = host ?? ''
  request.headers.host = publicHost(config)
}

/** An id that a proxy or client gave, when it is harmless. */
function acceptedId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:-]{1,100}$/.test(header) ? header : undefined
}

function listenOn(server: Server, port: number, host: string, variable: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        reject(new PortInUse(`Port ${port} on ${host} is in use by another program. Stop it, or set ${variable} to a free port.`))
      else if (error.code === 'EACCES')
        reject(new PortInUse(`Port ${port} may not be opened by this user. Set ${variable} to a port above 1023.`))
      else if (error.code === 'EADDRNOTAVAIL') reject(new PortInUse(`${host} is not an address of this machine. Set STOA_HOST.`))
      else reject(error)
    }
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

async function closeListener(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const started = wallNow().epochMilliseconds
  const timer = setInterval(() => {
    // A kept-alive connection becomes idle when its last answer is out.
    if (wallNow().epochMilliseconds - started > closeWithinMs) server.closeAllConnections()
    else server.closeIdleConnections()
  }, 100)
  await closed
  clearInterval(timer)
}
