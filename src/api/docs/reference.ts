import escapeHtml from 'escape-html'
import type { JsonSchema, OpenApiDocument, OpenApiOperation } from './openapi.ts'

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** Deeper members are summed up: a reader who needs them reads the document itself. */
const MAX_DEPTH = 5

/** What a schema allows, in a few words: "string (uuid)", "integer, 1 to 25", "one of a, b". */
export function typeText(schema: JsonSchema | undefined): string {
  if (!schema) return ''
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return `one of ${schema.enum.map(String).join(', ')}`
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) return [...new Set(choices.map(typeText))].join(' or ')
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? (schema.properties ? 'object' : 'any'))
  if (type === 'array') return `array of ${typeText(schema.items) || 'anything'}${range(schema.minItems, schema.maxItems, ' items')}`
  const format = schema.format ? ` (${schema.format})` : ''
  const least = schema.minimum ?? schema.minLength
  return `${type}${format}${range(least, schema.maximum ?? schema.maxLength, schema.maxLength === undefined ? '' : ' characters')}`
}

function range(least: number | undefined, most: number | undefined, unit: string): string {
  // zod states the whole range of safe integers, which says nothing.
  const low = least !== undefined && least > Number.MIN_SAFE_INTEGER ? least : undefined
  const high = most !== undefined && most < Number.MAX_SAFE_INTEGER ? most : undefined
  if (low !== undefined && high !== undefined) return `, ${low} to ${high}${unit}`
  if (high !== undefined) return `, at most ${high}${unit}`
  return low !== undefined && low !== 0 ? `, at least ${low}${unit}` : ''
}

interface Member {
  name: string
  type: string
  required: boolean
  description: string
}

/** The members of a schema, nested ones as `plan.id` and `items[].id`. */
export function membersOf(schema: JsonSchema | undefined, prefix = '', depth = 0): Member[] {
  if (!schema || depth > MAX_DEPTH) return []
  if (schema.items) return membersOf(schema.items, `${prefix}[]`, depth + 1)
  const choice = (schema.anyOf ?? schema.oneOf)?.find((one) => one.properties ?? one.items)
  if (choice) return membersOf(choice, prefix, depth + 1)
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const full = prefix === '' ? name : `${prefix}.${name}`
    return [
      { name: full, type: typeText(member), required: schema.required?.includes(name) ?? false, description: member.description ?? '' },
      ...membersOf(member, full, depth + 1),
    ]
  })
}

function table(caption: string, rows: Member[]): string {
  const body = rows
    .map(
      (row) =>
        `<tr><th scope="row"><code>${escapeHtml(row.name)}</code>${row.required ? ' <span class="docs-required">required</span>' : ''}</th>` +
        `<td>${escapeHtml(row.type)}</td><td>${inline(row.description)}</td></tr>`,
    )
    .join('')
  return (
    `<div class="docs-scroll" tabindex="0" role="group" aria-label="${escapeHtml(caption)}"><table><caption>${escapeHtml(caption)}</caption>` +
    `<thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead><tbody>${body}</tbody></table></div>`
  )
}

/** Text with `code` in it. */
const inline = (text: string) => escapeHtml(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>')

function schemaOf(content: Record<string, { schema?: JsonSchema }> | undefined): { mediaType: string; schema: JsonSchema } | null {
  const [mediaType, body] = Object.entries(content ?? {})[0] ?? []
  return mediaType && body?.schema ? { mediaType, schema: body.schema } : null
}

function block(caption: string, schema: JsonSchema): string {
  const members = membersOf(schema)
  return members.length > 0 ? table(caption, members) : `<p>${escapeHtml(caption)}: ${escapeHtml(typeText(schema))}</p>`
}

function operationHtml(method: string, path: string, operation: OpenApiOperation): string {
  const id = `${method}-${path}`.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()
  const parts = [
    `<h2 id="${escapeHtml(id)}" class="docs-operation"><span class="docs-method docs-method-${method}">${method.toUpperCase()}</span> <code>${escapeHtml(path)}</code></h2>`,
  ]
  if (operation.summary) parts.push(`<p class="docs-lead">${inline(operation.summary)}</p>`)
  if (operation.description) parts.push(`<p>${inline(operation.description)}</p>`)
  const parameters = (operation.parameters ?? []).map((parameter) => ({
    name: parameter.name,
    type: [typeText(parameter.schema), `in ${parameter.in}`].filter(Boolean).join(', '),
    required: parameter.required ?? false,
    description: parameter.description ?? parameter.schema?.description ?? '',
  }))
  if (parameters.length > 0) parts.push(table('Parameters', parameters))
  const body = schemaOf(operation.requestBody?.content)
  if (body) parts.push(block(`Body (${body.mediaType})`, body.schema))
  for (const [status, response] of Object.entries(operation.responses ?? {})) {
    const answer = schemaOf(response.content)
    const text = response.description && response.description !== 'Default Response' ? `: ${response.description}` : ''
    if (answer) parts.push(block(`Answer ${status}${text}`, answer.schema))
    else parts.push(`<p>Answer ${escapeHtml(status)}${inline(text) || ', empty'}</p>`)
  }
  return `<section>${parts.join('\n')}</section>`
}

/** A contract's document as a page for people. */
export function renderReference(name: string, document: OpenApiDocument): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    METHODS.filter((method) => methods[method]).map((method) => ({ method, path, operation: methods[method] as OpenApiOperation })),
  )
  return `<h1>${escapeHtml(document.info.title)}</h1>
${document.info.description ? `<p>${inline(document.info.description)}</p>` : ''}
<p>Version ${escapeHtml(document.info.version)}. The document itself, OpenAPI ${escapeHtml(document.openapi)}: <a href="/openapi/${escapeHtml(name)}.json">/openapi/${escapeHtml(name)}.json</a></p>
${operations.map(({ method, path, operation }) => operationHtml(method, path, operation)).join('\n')}`
}
