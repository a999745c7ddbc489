import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { RunningSpan, Tracing } from './kernel/tracing.ts'

declare module 'http' {
  interface IncomingMessage {
    /** of the trace that this request is part of */
    span?: RunningSpan | undefined
  }
}

/** Has a request answered within a span of its own, a child of its caller's (`traceparent`). */
export function traceRequest(tracing: Tracing, request: IncomingMessage, response: ServerResponse, answer: () => void): void {
  const { method = 'GET', url = '/' } = request
  const header = request.headers.traceparent
  const attributes = { 'http.request.method': method, 'url.path': url.split('?', 1)[0] as string }
  void tracing.within(
    method,
    { kind: 'server', traceparent: typeof header === 'string' ? header : undefined, attributes },
    (span) =>
      new Promise<void>((resolve) => {
        request.span = span
        response.once('close', () => {
          span?.attribute('http.response.status_code', response.statusCode)
          if (response.statusCode >= 500) span?.failed(`answered ${response.statusCode}`)
          if (!response.writableFinished) span?.failed('the caller went away')
          resolve()
        })
        answer()
      }),
  )
}

/** Names the spans of an instance by their route, which is known only then: addresses with ids would be as many names as there are things. */
export function nameSpans(app: FastifyInstance): void {
  app.addHook('onResponse', (request, _reply, done) => {
    const { span } = request.raw
    if (span) {
      const { url = '/*', config } = request.routeOptions
      // Pages share one route here; their site is what can be said.
      const route = url === '/*' || url === '*' ? `/${request.url.split(/[/?]/, 2)[1] ?? ''}` : url
      span.name(`${request.method} ${route}`)
      span.attribute('http.route', route)
      span.attribute('stoa.contract', config.contract ?? 'pages')
      span.attribute('stoa.request_id', request.id)
    }
    done()
  })
}
