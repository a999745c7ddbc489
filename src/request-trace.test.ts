import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test } from 'vitest'
import { startTestStoa, testKernel } from '../test/harness.ts'
import { openMarketplace } from '../test/subscriptions.ts'
import { system } from './kernel/context.ts'
import { readTraceparent } from './kernel/tracing.ts'
import { tracingOf, tracingVariables } from './kernel/tracing-config.ts'
import { z } from 'zod'

interface ExportedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[]
  status: { code?: number }
}

const spans: ExportedSpan[] = []
let resource: ExportedSpan['attributes'] = []
const paths: string[] = []
const calls: { traceparent: string | undefined; body: string }[] = []

/** An OTLP collector and a publisher's webhook in one. */
const collector = createServer((request, response) => {
  let text = ''
  request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  request.on('end', () => {
    if (request.url === '/v1/traces') {
      paths.push(String(request.headers['content-type']))
      const sent = JSON.parse(text) as {
        resourceSpans: { resource: { attributes: typeof resource }; scopeSpans: { spans: ExportedSpan[] }[] }[]
      }
      for (const one of sent.resourceSpans) {
        resource = one.resource.attributes
        spans.push(...one.scopeSpans.flatMap((scope) => scope.spans))
      }
    } else calls.push({ traceparent: request.headers.traceparent as string | undefined, body: text })
    response.end('{}')
  })
})
await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
const address = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
afterAll(() => {
  collector.closeAllConnections()
  collector.close()
})

const read = (env: Record<string, string>) => tracingOf(z.object(tracingVariables).parse(env))

test('tracing is read from the variables of OpenTelemetry, and off without an endpoint', () => {
  expect(read({})).toBeUndefined()
  expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' })).toMatchObject({
    url: 'http://collector:4318/v1/traces',
    sampler: 'always_on',
    parentBased: true,
  })
  expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_SDK_DISABLED: 'true' })).toBeUndefined()
  expect(read({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318', OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined()
  const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://traces.example/in', OTEL_TRACES_SAMPLER: 'traceidratio' }
  expect(read({ ...own, OTEL_TRACES_SAMPLER_ARG: '0.25' })).toMatchObject({
    url: 'https://traces.example/in',
    ratio: 0.25,
    parentBased: false,
  })
  expect(() => read({ OTEL_TRACES_SAMPLER_ARG: '2' })).toThrow('from 0 to 1')
  expect(() => read({ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toThrow('http/json')
})

test('a traceparent is read as its specification says', () => {
  const good = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  expect(readTraceparent(good)).toEqual({ traceId: good.slice(3, 35), spanId: good.slice(36, 52), traceFlags: 1, isRemote: true })
  for (const bad of ['', 'x', good.slice(1), good.replace('00-', 'ff-'), `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, good.toUpperCase()]) {
    expect(readTraceparent(bad), bad).toBeUndefined()
  }
})

test('one trace goes from the call through the transaction, due work and the webhook, and on to the publisher; a job is part of it', async () => {
  const config = read({ OTEL_EXPORTER_OTLP_ENDPOINT: address, OTEL_BSP_SCHEDULE_DELAY: '50' })
  const stoa = await startTestStoa({ demo: true, tracing: config })
  const market = await openMarketplace(stoa)
  await market.kernel.database.pool.query(`update subscriptions.offer_binding set webhook_url = $1 where publisher_id = 'contoso'`, [
    `${address}/webhook`,
  ])
  const subscription = await market.active()
  await market.settle()
  calls.length = 0

  const caller = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
  const ask = async (path: string, body: object) => {
    const answer = await fetch(`${stoa.url}/api/sandbox/${path}`, {
      method: 'POST',
      headers: { traceparent: `00-${caller.traceId}-${caller.spanId}-01`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(answer.status, await answer.text()).toBe(200)
  }
  await ask(`subscriptions/${subscription}/cancel`, {}) // is told to the publisher
  await market.settle()
  expect(calls).toHaveLength(1)
  const seen: unknown[] = []
  stoa.kernel.jobs.register('test.traced', async (data) => void seen.push(data, stoa.kernel.tracing.traceId()))
  await stoa.kernel.tracing.within('sender', { kind: 'internal', traceparent: `00-${caller.traceId}-${caller.spanId}-01` }, () =>
    stoa.kernel.run(system, (ctx) => stoa.kernel.jobs.send(ctx, 'test.traced', { of: 'nothing else' })),
  )
  await stoa.kernel.jobs.drain()
  expect(seen).toEqual([{ of: 'nothing else' }, caller.traceId])
  await stoa.kernel.tracing.stop()

  const own = spans.filter(({ traceId }) => traceId === caller.traceId)
  const named = (name: RegExp) => own.filter((span) => name.test(span.name))
  const [request] = named(/^POST \/api\/sandbox\/subscriptions\/:\w+\/cancel$/)
  expect(request).toMatchObject({ parentSpanId: caller.spanId, kind: 2 })
  expect(request?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 200 } })
  expect(named(/^transaction$/).map(({ parentSpanId }) => parentSpanId)).toContain(request?.spanId)
  const [due] = named(/^due subscriptions\.webhook/)
  expect(due?.kind).toBe(5)
  const [call] = named(/^POST 127\.0\.0\.1$/)
  expect(call).toMatchObject({ parentSpanId: due?.spanId, kind: 3 })
  expect(calls[0]?.traceparent).toBe(`00-${caller.traceId}-${call?.spanId}-01`)
  expect(named(/^job test\.traced$/)).toMatchObject([{ kind: 5 }])
  expect(paths).toContain('application/json')
  expect(resource).toContainEqual({ key: 'service.name', value: { stringValue: 'stoa' } })
})

test('without an endpoint nothing is loaded, nothing passed on, and rows carry nothing', async () => {
  const kernel = await testKernel()
  expect(kernel.tracing.on).toBe(false)
  expect(kernel.tracing.within('x', { kind: 'internal' }, (span) => span)).toBeUndefined()
  await kernel.run(system, (ctx) => kernel.due.schedule(ctx, { kind: 'test.none', key: '1', at: ctx.now }))
  const { rows } = await kernel.database.pool.query(`select traceparent from kernel.due where kind = 'test.none'`)
  expect(rows).toEqual([{ traceparent: null }])
})
