import { Writable } from 'node:stream'
import type { ReactNode } from 'react'
import { renderToPipeableStream, renderToStaticMarkup, renderToString } from 'react-dom/server'
import type { EntryContext, HandleErrorFunction, RouterContextProvider } from 'react-router'
import { isRouteErrorResponse, ServerRouter } from 'react-router'
import { contentSecurityPolicy } from './content-security-policy.ts'
import { NonceContext } from './nonce.ts'
import type { RouteHandle } from './services.ts'
import { requestContext, servicesContext } from './services.ts'
import { withoutStyleAttributes } from './style-attributes.ts'
import { StyleRendererContext } from './ui/style-renderer.ts'

const development = import.meta.env.DEV
const finished = (html: string, nonce: string) => (development ? html : withoutStyleAttributes(html, nonce))

const RENDER_DEADLINE_MS = 10_000

/** Renders to the end before the first byte is sent: the styles of a portal belong into the head, and a late error can still change the status. */
function renderAll(element: ReactNode, nonce: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk)
        done()
      },
      final(done) {
        clearTimeout(deadline)
        resolve(Buffer.concat(chunks).toString('utf8'))
        done()
      },
    })
    const { pipe, abort } = renderToPipeableStream(element, {
      nonce,
      onAllReady: () => pipe(sink),
      onShellError: (error) => {
        clearTimeout(deadline)
        reject(error)
      },
      onError: () => {},
    })
    // A timer that is not cleared keeps the whole rendered page alive until it fires.
    const deadline = setTimeout(() => abort(new Error('The page took too long to render.')), RENDER_DEADLINE_MS)
  })
}

export default async function handleRequest(
  request: Request,
  status: number,
  headers: Headers,
  routerContext: EntryContext,
  context: RouterContextProvider,
): Promise<Response> {
  const { nonce } = context.get(requestContext)
  const handles = routerContext.staticHandlerContext.matches.map((match) => match.route.handle as RouteHandle | undefined)
  const interactive = handles.some((handle) => handle?.interactive)
  headers.set('content-type', 'text/html; charset=utf-8')
  headers.set('referrer-policy', 'same-origin')
  headers.set('content-security-policy', contentSecurityPolicy(nonce, { leavesSite: handles.some((h) => h?.leavesSite), development }))
  if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-cache')

  const page = (
    <NonceContext value={nonce}>
      <ServerRouter context={routerContext} url={request.url} nonce={nonce} />
    </NonceContext>
  )
  // Storefront pages have nothing to wait for: their loaders have run.
  if (!interactive) return new Response(`<!DOCTYPE html>${finished(renderToString(page), nonce)}`, { status, headers })

  const { createDOMRenderer, renderToStyleElements } = await import('@fluentui/react-components')
  const renderer = createDOMRenderer(undefined, { styleElementAttributes: { nonce } })
  const html = await renderAll(<StyleRendererContext value={renderer}>{page}</StyleRendererContext>, nonce)
  const styles = renderToStaticMarkup(<>{renderToStyleElements(renderer)}</>)
  return new Response(
    finished(
      html.replace('</head>', () => `${styles}</head>`),
      nonce,
    ),
    { status, headers },
  )
}

/** Errors of loaders, actions and rendering that are not answers (redirects, 404s). */
export const handleError: HandleErrorFunction = (error, { request, context }) => {
  if (request.signal.aborted || isRouteErrorResponse(error)) return
  const { kernel } = context.get(servicesContext)
  kernel.log.error({ err: error, requestId: context.get(requestContext).requestId, path: new URL(request.url).pathname }, 'page failed')
}
