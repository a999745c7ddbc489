import Ajv2020 from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { broken, type JsonSchema, nasty, type Resolve, valid } from './values.ts'

interface Parameter {
  name: string
  in: 'path' | 'query' | 'header' | 'cookie'
  required?: boolean
  schema?: JsonSchema
}

interface Operation {
  summary?: string
  parameters?: Parameter[]
  requestBody?: { content?: Record<string, { schema?: JsonSchema }> }
  responses: Record<string, { content?: Record<string, { schema?: JsonSchema }> }>
}

export interface Document {
  paths: Record<string, Record<string, Operation>>
  components?: { schemas?: Record<string, JsonSchema> }
}

export interface Target {
  url: string
  documents: Record<string, Document>
  /** values that exist, by the name of the parameter or member */
  known: Record<string, readonly string[]>
  /** Authorization headers: several that are right for somebody, several that are wrong */
  authorizations: readonly (string | undefined)[]
  /** leaves calls out that would only disturb: `(name, 'PUT /api/sandbox/faults') => true` */
  except?: (document: string, call: string) => boolean
}

export interface FuzzReport {
  seed: number
  requests: number
  /** status → how often */
  statuses: Record<number, number>
  /** what must not be: one sentence each, with the request */
  problems: string[]
}

const methods = ['get', 'put', 'post', 'patch', 'delete'] as const
const deadlineMs = 20_000

interface Case {
  document: string
  call: string
  operation: Operation
  method: string
  path: string
  headers: Record<string, string>
  body: string | undefined
}

/** One request in many: often right, often with one thing wrong, sometimes wrong altogether. */
function cases(document: string, path: string, method: string, operation: Operation, resolve: Resolve, target: Target): fc.Arbitrary<Case> {
  const known = (name: string) => target.known[name] ?? []
  const parameters = operation.parameters ?? []
  const values = fc.tuple(
    ...parameters.map((parameter) =>
      fc.oneof(
        { weight: 6, arbitrary: valid(parameter.schema ?? {}, resolve, known, parameter.name) },
        { weight: 1, arbitrary: nasty },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
    ),
  )
  const [content] = Object.entries(operation.requestBody?.content ?? {})
  const [contentType, media] = content ?? ['', undefined]
  const body = media
    ? fc.oneof(
        { weight: 4, arbitrary: valid(media.schema ?? {}, resolve, known) },
        {
          weight: 4,
          arbitrary: fc
            .tuple(valid(media.schema ?? {}, resolve, known), nasty, fc.nat(1000))
            .map(([value, wrong, place]) => broken(value, wrong, place)),
        },
        { weight: 1, arbitrary: nasty },
      )
    : fc.constant(undefined)
  const dress = fc.record({
    authorization: fc.constantFrom(...target.authorizations),
    contentType: fc.oneof(
      { weight: 8, arbitrary: fc.constant(contentType) },
      { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/xml', 'application/json; charset=utf-16', '') },
    ),
    raw: fc.oneof(
      { weight: 15, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constantFrom('{', '[', '"', '{"a":1,"a":2}', '\u0000', '{"a":1e999}', '[1,]', `${'['.repeat(2000)}`) },
    ),
  })
  return fc.tuple(values, body, dress).map(([given, filling, { authorization, contentType: type, raw }]) => {
    const headers: Record<string, string> = {}
    const query: string[] = []
    let filled = path
    for (const [index, parameter] of parameters.entries()) {
      const value = given[index]
      const text = value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)
      if (parameter.in === 'path') filled = filled.replace(`{${parameter.name}}`, encodePart(text || 'x'))
      else if (text === undefined) continue
      else if (parameter.in === 'query') query.push(`${encodePart(parameter.name)}=${encodePart(text)}`)
      else if (parameter.in === 'header') headers[parameter.name.toLowerCase()] = text.replace(/[^\t\x20-\x7e]/g, '?').slice(0, 4000)
    }
    if (authorization !== undefined) headers.authorization = authorization
    let sent: string | undefined
    if (method !== 'get' && (filling !== undefined || raw !== undefined)) {
      sent = raw ?? (type.includes('form') ? form(filling) : JSON.stringify(filling))
      if (type !== '') headers['content-type'] = type
    }
    return {
      document,
      call: `${method.toUpperCase()} ${path}`,
      operation,
      method: method.toUpperCase(),
      path: `${filled}${query.length > 0 ? `?${query.join('&')}` : ''}`,
      headers,
      body: sent,
    }
  })
}

const encodePart = (text: string) =>
  encodeURIComponent(text.toWellFormed())
    .slice(0, 6000)
    .replace(/%[0-9A-F]?$/, '')

function form(content: unknown): string {
  if (typeof content !== 'object' || content === null) return String(content)
  const fields = Object.entries(content).map(
    ([name, value]) => [name, typeof value === 'string' ? value : (JSON.stringify(value) ?? '')] as [string, string],
  )
  return new URLSearchParams(fields).toString()
}

/**
 * Calls every operation of the documents with generated input, valid and not, and reports what must not be: a status of 500 and above, no answer
 * within 20 seconds, a status or a body that the document does not know. The same seed sends the same requests.
 */
export async function fuzz(target: Target, options: { requests: number; seed: number }): Promise<FuzzReport> {
  const operations = Object.entries(target.documents).flatMap(([name, document]) => {
    const resolve: Resolve = (schema) => {
      const reference = schema.$ref?.split('/').at(-1)
      return reference ? (document.components?.schemas?.[reference] ?? {}) : schema
    }
    return Object.entries(document.paths).flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const operation = item[method]
        if (!operation || target.except?.(name, `${method.toUpperCase()} ${path}`)) return []
        return [
          {
            arbitrary: cases(name, path, method, operation, resolve, target),
            validators: new Map<string, (body: unknown) => string | undefined>(),
            document,
          },
        ]
      }),
    )
  })
  const report: FuzzReport = { seed: options.seed, requests: 0, statuses: {}, problems: [] }
  const seen = new Set<string>()
  const each = Math.max(1, Math.ceil(options.requests / operations.length))
  for (const [index, { arbitrary, validators, document }] of operations.entries()) {
    const requests = fc.sample(arbitrary, { numRuns: each, seed: options.seed + index })
    // A few at a time: races are input too.
    for (let at = 0; at < requests.length; at += 8) {
      await Promise.all(
        requests.slice(at, at + 8).map(async (request) => {
          const { status, problem } = await send(target.url, request, (code, body) =>
            validate(validators, document, request.operation, code, body),
          )
          report.requests += 1
          report.statuses[status] = (report.statuses[status] ?? 0) + 1
          if (!problem) return
          const key = `${request.call} ${problem.slice(0, 80)}`
          if (seen.has(key)) return
          seen.add(key)
          const shown = `${request.method} ${request.path.slice(0, 300)} ${JSON.stringify(request.headers).slice(0, 400)} ${(request.body ?? '').slice(0, 600)}`
          report.problems.push(`${request.document}: ${request.call}: ${problem}\n  ${shown}`)
        }),
      )
    }
  }
  return report
}

type Validate = (status: string, body: unknown) => string | undefined

async function send(url: string, request: Case, check: Validate): Promise<{ status: number; problem?: string }> {
  let answer: Response
  let text: string
  try {
    answer = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: request.headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
      ...(request.body === undefined ? {} : { body: request.body }),
    })
    text = await answer.text()
  } catch (error) {
    return { status: 0, problem: `no answer: ${(error as Error).message}` }
  }
  if (answer.status >= 500) return { status: answer.status, problem: `answered ${answer.status}: ${text.slice(0, 300)}` }
  let body: unknown = text
  if (/json/.test(answer.headers.get('content-type') ?? '')) {
    try {
      body = text === '' ? undefined : JSON.parse(text)
    } catch {
      return { status: answer.status, problem: `answered ${answer.status} with broken JSON: ${text.slice(0, 200)}` }
    }
  }
  const problem = check(String(answer.status), body)
  return problem ? { status: answer.status, problem } : { status: answer.status }
}

function validate(
  validators: Map<string, (body: unknown) => string | undefined>,
  document: Document,
  operation: Operation,
  status: string,
  body: unknown,
): string | undefined {
  // Ids that are none may make another address of the path.
  if (status === '404' || status === '405') return undefined
  const documented = operation.responses[status] ?? operation.responses[`${status[0]}XX`] ?? operation.responses.default
  if (!documented) return `answered ${status}, which the document does not know: ${JSON.stringify(body)?.slice(0, 300)}`
  const schema = Object.entries(documented.content ?? {}).find(([type]) => type.includes('json'))?.[1].schema
  if (!schema || typeof body === 'string') return undefined
  let check = validators.get(status)
  if (!check) {
    const ajv = new Ajv2020.default({ strict: false, allErrors: true })
    addFormats.default(ajv)
    const compiled = ajv.compile({ ...schema, components: document.components })
    check = (value) => (compiled(value) ? undefined : ajv.errorsText(compiled.errors).slice(0, 300))
    validators.set(status, check)
  }
  const wrong = check(body)
  return wrong ? `answered ${status} with a body that is not its schema's: ${wrong}` : undefined
}
