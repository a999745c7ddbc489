import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, constants as zlib } from 'node:zlib'
import fastifyStatic from '@fastify/static'
import { createRequest } from '@remix-run/node-fetch-server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ServerBuild } from 'react-router'
import type { Services } from './services.ts'

const root = join(import.meta.dirname, '../..')
const clientDirectory = join(root, 'dist/web/client')
const serverBundle = join(root, 'dist/web/server/index.js')
/** Forms with the files of an offer's listing fit; nobody's memory is at risk. */
const MAX_FORM_BYTES = 32 * 1024 * 1024
const MOST_BYTES_AT_ONCE = 64 * 1024
const acceptsBrotli = /\bbr\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses forms sent by pages of other sites. Browsers name the sender in one of these headers; the session cookie is SameSite=Lax besides. */
function isForeignForm(request: FastifyRequest): boolean {
  if (SAFE_METHODS.has(request.method)) return false
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  const origin = request.headers.origin
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== request.host
}

/**
 * Serves the pages of all sites: built files below `/assets/` with a year of caching, `/media/<hash>` from the file store, everything else
 * by the React Router server bundle (`npm run build`), or through Vite when `dev` is set. Register it last: it answers every path that is left.
 *
 * @throws when the bundle has not been built.
 */
export async function webRoutes(app: FastifyInstance, services: Services, options: { dev?: boolean } = {}): Promise<void> {
  // React and React Router choose their build when they are first imported.
  if (!options.dev) process.env.NODE_ENV ??= 'production'
  const [{ createRequestHandler, RouterContextProvider }, { requestContext, servicesContext }] = await Promise.all([
    import('react-router'),
    import('./services.ts'),
  ])

  const build = options.dev ? await developmentBuild(app) : await productionBuild(app)
  const handlePortals = createRequestHandler(build, options.dev ? 'development' : 'production')
  const handleStores = typeof build === 'function' ? handlePortals : createRequestHandler(withoutPortals(build), 'production')

  app.get<{ Params: { hash: string } }>('/media/:hash', (request, reply) => sendMedia(services, request.params.hash, request, reply))

  await app.register(async (web) => {
    // Forms and uploads are read by the pages' actions from the raw request.
    web.removeAllContentTypeParsers()
    web.addContentTypeParser('*', (_request, _payload, done) => done(null))
    web.all('/*', async (request, reply) => {
      if (isForeignForm(request)) {
        return reply.code(403).type('text/plain; charset=utf-8').send('This form was sent from another site and was refused.')
      }
      if (!SAFE_METHODS.has(request.method)) {
        // Browsers always state the length of a form.
        const length = Number(request.headers['content-length'])
        if (!Number.isInteger(length)) return reply.code(411).type('text/plain; charset=utf-8').send('The length of the form is missing.')
        if (length > MAX_FORM_BYTES) return reply.code(413).type('text/plain; charset=utf-8').send('The form is too large.')
      }
      const context = new RouterContextProvider()
      context.set(servicesContext, services)
      context.set(requestContext, {
        requestId: request.id,
        ip: request.ip,
        nonce: randomBytes(16).toString('base64'),
        origin: `${request.protocol}://${request.host}`,
      })
      const webRequest = createRequest(request.raw, reply.raw, { host: request.host, protocol: `${request.protocol}:` })
      const handle = isInPortal(new URL(webRequest.url).pathname) ? handlePortals : handleStores
      const answer = await handle(webRequest, context)
      // One buffer is cheaper to compress and to send than the stream of a Response; pages are whole before they are sent anyway.
      const type = answer.headers.get('content-type')
      if (!answer.body || !type?.startsWith('text/html')) return answer
      reply.code(answer.status)
      for (const [name, value] of answer.headers) if (name !== 'set-cookie') reply.header(name, value)
      for (const cookie of answer.headers.getSetCookie()) reply.header('set-cookie', cookie)
      return sendPage(request, reply, await answer.text())
    })
  })
}

const portals = new Set(['partner', 'account', 'operator'])
/** The portals' pages in the browser ask `/__manifest` for routes. */
const isInPortal = (pathname: string) => portals.has(firstSegment(pathname)) || pathname.startsWith('/__')
const firstSegment = (pathname: string) => pathname.replace(/^\/+/, '').split(/[/.]/, 1)[0]?.toLowerCase() ?? ''

/** Every route costs each request a little, and nine of ten are the portals': what lies outside of them is answered without. */
function withoutPortals(build: ServerBuild): ServerBuild {
  const isPortals = (id: string | undefined): boolean => {
    const route = id === undefined ? undefined : build.routes[id]
    return route !== undefined && (portals.has(firstSegment(route.path ?? '')) || isPortals(route.parentId))
  }
  const others = <Route>(routes: Record<string, Route>) => Object.fromEntries(Object.entries(routes).filter(([id]) => !isPortals(id)))
  return { ...build, routes: others(build.routes), assets: { ...build.assets, routes: others(build.assets.routes) } }
}

async function productionBuild(app: FastifyInstance): Promise<ServerBuild> {
  if (!existsSync(serverBundle)) throw new Error('The web pages have not been built. Run `npm run build`.')
  await app.register(fastifyStatic, {
    root: clientDirectory,
    wildcard: false,
    preCompressed: true,
    index: false,
    decorateReply: !app.hasReplyDecorator('sendFile'),
    setHeaders: (reply, path) => {
      // Names below these two carry a content hash or a version.
      const immutable = path.startsWith(join(clientDirectory, 'assets')) || path.startsWith(join(clientDirectory, 'fonts'))
      reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'public, max-age=86400')
    },
  })
  return (await import(pathToFileURL(serverBundle).href)) as ServerBuild
}

async function developmentBuild(app: FastifyInstance): Promise<() => Promise<ServerBuild>> {
  const { createServer } = await import('vite')
  const vite = await createServer({ root, appType: 'custom', server: { middlewareMode: true, hmr: { server: app.server } } })
  app.addHook('onClose', () => vite.close())
  app.addHook('onRequest', (request, reply, done) => {
    // Vite answers its own files and passes on everything else.
    if (!SAFE_METHODS.has(request.method)) return done()
    vite.middlewares(request.raw, reply.raw, () => done())
  })
  return () => vite.ssrLoadModule('virtual:react-router/server-build') as Promise<ServerBuild>
}

/**
 * Sends a page, compressed here when it is small: at once it costs half of what a compressing stream does for these sizes, which is a
 * tenth of the whole answer. Larger pages are left to the server's compression.
 */
function sendPage(request: FastifyRequest, reply: FastifyReply, html: string): FastifyReply {
  const bytes = Buffer.from(html)
  reply.header('vary', 'accept-encoding')
  if (bytes.length > MOST_BYTES_AT_ONCE || !acceptsBrotli.test(String(request.headers['accept-encoding'] ?? ''))) return reply.send(bytes)
  reply.header('content-encoding', 'br')
  return reply.send(brotliCompressSync(bytes, { params: { [zlib.BROTLI_PARAM_QUALITY]: 4, [zlib.BROTLI_PARAM_SIZE_HINT]: bytes.length } }))
}

async function sendMedia(services: Services, hash: string, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const etag = `"${hash}"`
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()
  const file = await services.kernel.files.published(hash)
  if (!file) return reply.code(404).type('text/plain; charset=utf-8').send('There is no such file.')
  return (
    reply
      .type(file.contentType)
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('etag', etag)
      // A file is what a publisher uploaded: whatever it contains, it may not act as a page of ours.
      .header('content-security-policy', "default-src 'none'; sandbox")
      .header('x-content-type-options', 'nosniff')
      .send(file.bytes)
  )
}
