import { AsyncLocalStorage } from 'node:async_hooks'
import type { Attributes, Context, Span, SpanContext, Tracer } from '@opentelemetry/api'
import type { Logger } from 'pino'
import type { TracingConfig } from './tracing-config.ts'

/** What somebody did to whom, as OpenTelemetry sees it: answering, calling, sending a message, working one off, or inside. */
export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal'

export interface SpanRequest {
  kind: SpanKind
  /** W3C `traceparent` of what caused this, from outside or from a row; otherwise the span that runs */
  traceparent?: string | undefined
  attributes?: Attributes
}

/** What may be added to a span while it runs. */
export interface RunningSpan {
  name(name: string): void
  attribute(name: string, value: string | number | boolean): void
  /** Marks it as failed, with a sentence. */
  failed(why: string): void
  /** for the header of the next call */
  traceparent: string
}

/**
 * Traces of requests, due work, jobs and outbound calls. Off until `start` has been called with a configuration, and then nothing of it is even
 * loaded: every call below is one comparison.
 */
export interface Tracing {
  readonly on: boolean
  /** Loads OpenTelemetry and begins to export. */
  start(config: TracingConfig | undefined, log: Logger): Promise<void>
  /** Runs `work` within a new span that ends with it; an exception marks the span and is thrown on. Off: runs `work`, without a span. */
  within<T>(name: string, request: SpanRequest, work: (span: RunningSpan | undefined) => T): T
  /** W3C `traceparent` of the span that runs, or undefined. */
  traceparent(): string | undefined
  /** The id that logs name, or undefined. */
  traceId(): string | undefined
  /** Sends what is left. */
  stop(): Promise<void>
}

/** `00-<trace id>-<span id>-<flags>`; an unknown version with the same shape is read the same (W3C Trace Context, §3.2). */
const traceparentPattern = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/

/** The span context that a `traceparent` header names, or undefined when it is none. */
export function readTraceparent(text: string | undefined): SpanContext | undefined {
  const match = text === undefined ? null : traceparentPattern.exec(text)
  if (!match) return undefined
  return {
    traceId: match[1] as string,
    spanId: match[2] as string,
    traceFlags: Number.parseInt(match[3] as string, 16) & 1,
    isRemote: true,
  }
}

const writeTraceparent = ({ traceId, spanId, traceFlags }: SpanContext) =>
  `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`

interface Running {
  tracer: Tracer
  contextOf(parent: SpanContext | undefined): Context
  shutdown(): Promise<void>
}

const kinds: Record<SpanKind, number> = { internal: 0, server: 1, client: 2, producer: 3, consumer: 4 }
const failedStatus = 2

export function createTracing(): Tracing {
  const current = new AsyncLocalStorage<Span>()
  let running: Running | undefined

  function within<T>(name: string, { kind, traceparent, attributes }: SpanRequest, work: (span: RunningSpan | undefined) => T): T {
    if (!running) return work(undefined)
    const parent = readTraceparent(traceparent) ?? current.getStore()?.spanContext()
    const span = running.tracer.startSpan(name, { kind: kinds[kind], ...(attributes ? { attributes } : {}) }, running.contextOf(parent))
    const seen: RunningSpan = {
      name: (text) => void span.updateName(text),
      attribute: (key, value) => void span.setAttribute(key, value),
      failed: (why) => void span.setStatus({ code: failedStatus, message: why.slice(0, 500) }),
      traceparent: writeTraceparent(span.spanContext()),
    }
    const fail = (error: unknown) => seen.failed(error instanceof Error ? `${error.name}: ${error.message}` : String(error))
    return current.run(span, () => {
      let result: T
      try {
        result = work(seen)
      } catch (error) {
        fail(error)
        span.end()
        throw error
      }
      if (!(result instanceof Promise)) {
        span.end()
        return result
      }
      return result.then(
        (value: unknown) => {
          span.end()
          return value
        },
        (error: unknown) => {
          fail(error)
          span.end()
          throw error
        },
      ) as T
    })
  }

  return {
    get on() {
      return running !== undefined
    },
    async start(config, log) {
      if (!config || running) return
      running = await load(config, log)
    },
    within,
    traceparent() {
      if (!running) return undefined
      const span = current.getStore()
      return span && writeTraceparent(span.spanContext())
    },
    traceId: () => (running ? current.getStore()?.spanContext().traceId : undefined),
    async stop() {
      const stopping = running
      running = undefined
      await stopping?.shutdown()
    },
  }
}

async function load(config: TracingConfig, log: Logger): Promise<Running> {
  const [
    { diag, DiagLogLevel, ROOT_CONTEXT, trace },
    sdk,
    { OTLPTraceExporter },
    { defaultResource, detectResources, envDetector, resourceFromAttributes },
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ])
  const say = (message: string, ...more: unknown[]) => log.warn({ about: more }, `traces: ${message}`)
  const nothing = () => {}
  diag.setLogger(
    { error: say, warn: say, info: nothing, debug: nothing, verbose: nothing },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )

  const root =
    config.sampler === 'always_off'
      ? new sdk.AlwaysOffSampler()
      : config.sampler === 'traceidratio'
        ? new sdk.TraceIdRatioBasedSampler(config.ratio)
        : new sdk.AlwaysOnSampler()
  const resource = defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'stoa', 'service.version': config.version, 'process.pid': process.pid }))
    // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word.
    .merge(detectResources({ detectors: [envDetector] }))
  const exporter = new OTLPTraceExporter({ url: config.url })
  const provider = new sdk.TracerProvider({
    resource,
    sampler: config.parentBased ? new sdk.ParentBasedSampler({ root }) : root,
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: config.everyMs })],
  })
  return {
    tracer: provider.getTracer('stoa', config.version),
    contextOf: (parent) => (parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT),
    shutdown: () => provider.shutdown(),
  }
}
