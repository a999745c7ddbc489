import { type DestinationStream, type Logger, pino } from 'pino'
import type { Config } from './config.ts'

/** What stands in the place of a secret in logs. */
export const redacted = '[redacted]'

const secretHeaders = ['authorization', 'cookie', 'set-cookie', 'x-ms-marketplace-token', 'proxy-authorization', 'api-key', 'x-api-key']

/** Names of fields and query parameters whose values are never written anywhere, in lower case. */
const secretNames = new Set([
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'client_secret',
  'client_assertion',
  'assertion',
  'code',
  'code_verifier',
  'password',
  'secret',
  'secretvalue',
  'apikey',
  'api_key',
  'cookie',
  'otp',
])

/** The process's log: one JSON object a line, with the request id where there is one, without tokens and secrets. */
export function createLog(config: Pick<Config, 'logLevel'>, destination?: DestinationStream): Logger {
  const options = {
    level: config.logLevel,
    base: { process: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      censor: redacted,
      paths: [
        ...secretHeaders.flatMap((name) => [`headers["${name}"]`, `*.headers["${name}"]`]),
        ...[...secretNames].map((name) => `*.${name}`),
      ],
    },
    serializers: { err: pino.stdSerializers.err },
  }
  return destination ? pino(options, destination) : pino(options)
}

/** Headers with the secret ones replaced; names in lower case. */
export function redactHeaders(headers: Record<string, string | string[] | number | undefined>): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue
    const lower = name.toLowerCase()
    kept[lower] = secretHeaders.includes(lower) ? redacted : Array.isArray(value) ? value.join(', ') : String(value)
  }
  return kept
}

/** A path with query whose secret parameters are replaced. */
export function redactUrl(url: string): string {
  const at = url.indexOf('?')
  return at < 0 ? url : `${url.slice(0, at)}?${redactPairs(url.slice(at + 1))}`
}

function redactPairs(text: string): string {
  return text
    .split('&')
    .map((pair) => {
      const name = pair.slice(0, pair.includes('=') ? pair.indexOf('=') : undefined)
      return isSecret(decode(name)) ? `${name}=${redacted}` : pair
    })
    .join('&')
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const isSecret = (name: string) => secretNames.has(name.toLowerCase())

const longestBody = 64 * 1024

/** A body as it may be kept: secrets replaced, at most 64 KB. JSON and forms are understood; other text is kept as it is; binary is not kept. */
export function redactBody(body: string | Buffer | undefined, contentType: string | undefined): string | undefined {
  if (body === undefined || body.length === 0) return undefined
  const type = contentType ?? ''
  if (!/json|text|xml|x-www-form-urlencoded/.test(type) && type !== '') return `(${body.length} bytes of ${type})`
  const text = (Buffer.isBuffer(body) ? body.subarray(0, 4 * longestBody) : body.slice(0, 4 * longestBody)).toString()
  return redactedText(text, type).slice(0, longestBody)
}

function redactedText(text: string, type: string): string {
  if (type.includes('x-www-form-urlencoded')) return redactPairs(text)
  if (!type.includes('json')) return text
  try {
    return JSON.stringify(JSON.parse(text, (name, value: unknown) => (isSecret(name) && typeof value === 'string' ? redacted : value)))
  } catch {
    // Malformed or cut: nothing can be told apart, so the values of everything that looks like a secret go.
    return text.replace(/"([^"\\]{1,40})"\s*:\s*"(?:[^"\\]|\\.)*"?/g, (pair, name: string) =>
      isSecret(name) ? `"${name}":"${redacted}"` : pair,
    )
  }
}
