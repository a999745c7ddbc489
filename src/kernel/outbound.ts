import { lookup as resolveHost } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Agent, request } from 'undici'
import { stopwatch } from './clock.ts'
import type { Config } from './config.ts'
import type { Metrics } from './metrics.ts'
import { createTracing, type RunningSpan, type Tracing } from './tracing.ts'

export interface OutboundRequest {
  url: string
  method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** from the call to the last byte of the answer; default 10 s */
  timeoutMs?: number
  /** of the answer's body; default 1 MB */
  maxBytes?: number
}

export interface OutboundAnswer {
  status: number
  /** names in lower case */
  headers: Record<string, string>
  body: Buffer
  durationMs: number
}

export type OutboundFailure =
  | 'address-refused' // not a URL, not http(s), or an address that must not be reached
  | 'timeout'
  | 'too-large'
  | 'tls'
  | 'connection'

/** Why a call to the outside brought no answer. `reason` is a sentence that may be shown to the owner of the address. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  readonly failure: OutboundFailure
  readonly reason: string
  readonly durationMs: number
  constructor(failure: OutboundFailure, reason: string, durationMs = 0, cause?: unknown) {
    super(reason, { cause })
    this.failure = failure
    this.reason = reason
    this.durationMs = durationMs
  }
}

export interface Outbound {
  /** Calls an address that somebody else chose. Redirects are answers, they are not followed. */
  request(request: OutboundRequest): Promise<OutboundAnswer>
  close(): Promise<void>
}

/** RFC 6890 and its successors: what is not the public internet. */
const privateNetworks =
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16 fc00::/7 fec0::/10 ff00::/8'.split(
    ' ',
  )
/** Where clouds keep the metadata and credentials of a machine: never, in no mode. */
const linkLocalNetworks = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128']

function networks(cidrs: readonly string[]): BlockList {
  const list = new BlockList()
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

const holds = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Returns why an IP address must not be called, or null. */
export function addressGuard(config: Pick<Config, 'mode' | 'outboundAllow'>): (address: string) => string | null {
  const linkLocal = networks(linkLocalNetworks)
  const closed = networks(privateNetworks)
  const allowed = networks(config.outboundAllow)
  return (address) => {
    if (holds(allowed, address)) return null
    if (holds(linkLocal, address)) return `The address ${address} is link-local and is never called.`
    if (config.mode === 'production' && holds(closed, address))
      return `The address ${address} is not on the public internet and is not called.`
    return null
  }
}

const defaultTimeoutMs = 10_000
const defaultMaxBytes = 1024 * 1024

/** The one client for calls to addresses that others chose: deadline, size limit, no redirects, TLS 1.2, address checked when it is connected to. */
export function createOutbound(
  config: Pick<Config, 'mode' | 'outboundAllow'>,
  metrics?: Metrics,
  tracing: Tracing = createTracing(),
): Outbound {
  const refusal = addressGuard(config)

  // The address that was checked is the one that is connected to: a name that resolves differently a moment later gains nothing.
  const lookup: LookupFunction = (hostname, options, callback) => {
    resolveHost(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '')
      const refused = addresses.map(({ address }) => refusal(address)).find((reason) => reason !== null)
      const [first] = addresses
      if (refused || !first) return callback(new OutboundError('address-refused', refused ?? `The host ${hostname} has no address.`), '')
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
  const agent = new Agent({
    connect: { lookup, minVersion: 'TLSv1.2', timeout: 10_000 },
    connections: 32,
    keepAliveTimeout: 4000,
    maxHeaderSize: 16 * 1024,
  })

  function checked(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
      throw new OutboundError('address-refused', `"${text.slice(0, 200)}" is not an http or https address.`)
    }
    if (url.username || url.password)
      throw new OutboundError('address-refused', 'An address with a user name or password in it is not called.')
    const host = url.hostname.replace(/^\[|\]$/g, '')
    // An address in digits is connected to without a lookup.
    const refused = isIP(host) ? refusal(host) : null
    if (refused) throw new OutboundError('address-refused', refused)
    return url
  }

  async function call(url: URL, wanted: OutboundRequest, span: RunningSpan | undefined): Promise<OutboundAnswer> {
    const { method = 'GET', headers = {}, body, timeoutMs = defaultTimeoutMs, maxBytes = defaultMaxBytes } = wanted
    const elapsed = stopwatch()
    const deadline = AbortSignal.timeout(timeoutMs)
    try {
      const answer = await request(url, {
        method,
        headers: { 'user-agent': 'Stoa', ...(span ? { traceparent: span.traceparent } : {}), ...headers },
        body: body ?? null,
        dispatcher: agent,
        signal: deadline,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      })
      const bytes = await readAtMost(answer.body, maxBytes)
      const flat = Object.entries(answer.headers).map(([name, value]) => [
        name.toLowerCase(),
        Array.isArray(value) ? value.join(', ') : String(value ?? ''),
      ])
      const durationMs = Math.round(elapsed())
      span?.attribute('http.response.status_code', answer.statusCode)
      metrics?.outboundSeconds.observe({ outcome: `${Math.floor(answer.statusCode / 100)}xx` }, durationMs / 1000)
      return { status: answer.statusCode, headers: Object.fromEntries(flat) as Record<string, string>, body: bytes, durationMs }
    } catch (error) {
      const failure = explain(error, url, timeoutMs, maxBytes, Math.round(elapsed()), deadline.aborted)
      metrics?.outboundSeconds.observe({ outcome: failure.failure }, failure.durationMs / 1000)
      throw failure
    }
  }

  return {
    async request(wanted) {
      const url = checked(wanted.url)
      const { method = 'GET' } = wanted
      const attributes = { 'http.request.method': method, 'server.address': url.hostname, 'url.path': url.pathname }
      return tracing.within(`${method} ${url.hostname}`, { kind: 'client', attributes }, (span) => call(url, wanted, span))
    },
    async close() {
      await agent.destroy()
    },
  }
}

class TooLarge extends Error {}

async function readAtMost(body: AsyncIterable<Uint8Array> & { destroy(error?: Error): unknown }, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > maxBytes) throw new TooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function explain(error: unknown, url: URL, timeoutMs: number, maxBytes: number, durationMs: number, overdue: boolean): OutboundError {
  const chain: { code?: string; message: string; error: unknown }[] = []
  for (let e = error; e instanceof Error; e = e.cause)
    chain.push({ code: (e as { code?: string }).code ?? '', message: e.message, error: e })
  const own = chain.find((link) => link.error instanceof OutboundError)?.error as OutboundError | undefined
  if (own) return new OutboundError(own.failure, own.reason, durationMs, error)
  if (error instanceof TooLarge) return new OutboundError('too-large', `The answer is larger than ${maxBytes} bytes.`, durationMs)
  const code = chain.map((link) => link.code ?? '').find((text) => text !== '') ?? ''
  const said = chain.at(-1)?.message ?? String(error)
  if (overdue || /TIMEOUT/i.test(code)) {
    return new OutboundError('timeout', `${url.host} did not answer within ${timeoutMs / 1000} seconds.`, durationMs, error)
  }
  if (/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|EPROTO|ERR_OSSL/i.test(code)) {
    return new OutboundError('tls', `The TLS connection to ${url.host} failed: ${said}.`, durationMs, error)
  }
  const known: Record<string, string> = {
    ECONNREFUSED: `Nothing listens at ${url.host} (connection refused).`,
    ECONNRESET: `${url.host} closed the connection.`,
    UND_ERR_SOCKET: `${url.host} closed the connection.`,
    ENOTFOUND: `The host ${url.hostname} is not known (DNS).`,
    EAI_AGAIN: `The host ${url.hostname} could not be looked up (DNS).`,
    EHOSTUNREACH: `${url.host} cannot be reached.`,
    ENETUNREACH: `${url.host} cannot be reached.`,
  }
  return new OutboundError('connection', known[code] ?? `The call to ${url.host} failed: ${said}.`, durationMs, error)
}
