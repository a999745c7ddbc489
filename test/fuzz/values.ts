import fc from 'fast-check'

/** As much of JSON Schema as OpenAPI documents of ours and of the contracts use. */
export interface JsonSchema {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  format?: string
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  minItems?: number
  maxItems?: number
  items?: JsonSchema
  properties?: Record<string, JsonSchema>
  required?: string[]
  additionalProperties?: boolean | JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  allOf?: JsonSchema[]
}

export type Resolve = (schema: JsonSchema) => JsonSchema

/** What nobody means to send, and what a parser or a database may stumble over. */
export const nasty = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\u202Egnirts',
    '\uD800',
    'null',
    'undefined',
    '../../../../etc/passwd',
    '%00',
    '%2e%2e%2f',
    "' or 1=1 --",
    '<script>alert(1)</script>',
    '${jndi:ldap://x}',
    '{{7*7}}',
    'x'.repeat(10_000),
    '-1',
    '5',
    0,
    -0,
    -1,
    1.5,
    1e9,
    1e308,
    2 ** 60,
    2147483648,
    -9223372036854775808,
    0.1 + 0.2,
    true,
    false,
    [],
    {},
    [[]],
    [null],
    { __proto__: null },
    { constructor: { prototype: {} } },
    '2026-02-30T25:61:61Z',
    '0000-00-00',
    '+275760-09-13T00:00:00.000Z',
    '9999-12-31T23:59:59Z',
    'P1M',
    'P99999Y',
    '00000000-0000-0000-0000-000000000000',
  ),
  fc.string({ maxLength: 60, unit: 'binary' }),
  fc.integer(),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
)

function text(schema: JsonSchema): fc.Arbitrary<unknown> {
  switch (schema.format) {
    case 'uuid':
      return fc.uuid()
    case 'date-time':
      return fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true }).map((date) => date.toISOString())
    case 'date':
      return fc
        .date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString().slice(0, 10))
    case 'uri':
      return fc.constantFrom('http://localhost:9/', 'https://example.com/a?b=c')
    case 'email':
      return fc.constantFrom('somebody@adatum.example', 'a@b.c')
    default:
      return fc.string({ minLength: schema.minLength ?? 0, maxLength: Math.min(schema.maxLength ?? 40, 400) })
  }
}

/**
 * Values of a schema. `known` names members whose values should often be ones that exist: without them nearly every call ends at the first check.
 */
export function valid(
  schema: JsonSchema,
  resolve: Resolve,
  known: (name: string) => readonly string[],
  name = '',
  depth = 0,
): fc.Arbitrary<unknown> {
  const found = resolve(schema)
  const inner = (part: JsonSchema, member = name) => valid(part, resolve, known, member, depth + 1)
  if (depth > 8) return fc.constant(null)
  if (found.const !== undefined) return fc.constant(found.const)
  if (found.enum) return fc.constantFrom(...found.enum)
  const choices = found.anyOf ?? found.oneOf
  if (choices) return fc.oneof(...choices.map((choice) => inner(choice)))
  if (found.allOf) return inner(Object.assign({}, ...found.allOf.map(resolve)) as JsonSchema)
  const type = Array.isArray(found.type) ? found.type : [found.type ?? (found.properties ? 'object' : 'any')]
  const arbitraries = type.map((one): fc.Arbitrary<unknown> => {
    switch (one) {
      case 'string': {
        const real = known(name)
        return real.length > 0
          ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...real) }, { weight: 1, arbitrary: text(found) })
          : text(found)
      }
      case 'integer':
        return fc.oneof(
          fc.integer({ min: 1, max: 20 }),
          fc.integer({ min: Math.ceil(found.minimum ?? -5), max: Math.floor(found.maximum ?? 1e6) }),
        )
      case 'number':
        return fc.oneof(fc.integer({ min: 1, max: 20 }), fc.double({ min: found.minimum ?? -5, max: found.maximum ?? 1e6, noNaN: true }))
      case 'boolean':
        return fc.boolean()
      case 'null':
        return fc.constant(null)
      case 'array':
        return fc.array(inner(found.items ?? {}), { minLength: found.minItems ?? 0, maxLength: Math.min(found.maxItems ?? 3, 26) })
      case 'object':
        return fc.record(
          Object.fromEntries(Object.entries(found.properties ?? {}).map(([member, part]) => [member, inner(part, member)])),
          { requiredKeys: found.required ?? [] },
        )
      default:
        return fc.jsonValue({ maxDepth: 2 })
    }
  })
  return arbitraries.length === 1 ? (arbitraries[0] as fc.Arbitrary<unknown>) : fc.oneof(...arbitraries)
}

/** A value with one thing wrong somewhere: a member of another kind, left out, doubled, or one too many. */
export function broken(value: unknown, wrong: unknown, place: number): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0) return [wrong]
    if (place % 3 === 0) return Array.from({ length: 60 }, () => value[0])
    return value.map((item, index) => (index === place % value.length ? broken(item, wrong, Math.floor(place / 2)) : item))
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
    if (members.length === 0) return { [String(place)]: wrong }
    const [name, member] = members[place % members.length] as [string, unknown]
    switch (place % 5) {
      case 0:
        return Object.fromEntries(members.filter(([other]) => other !== name))
      case 1:
        return { ...value, unexpected: wrong }
      case 2:
        return { ...value, [name]: broken(member, wrong, Math.floor(place / 2)) }
      default:
        return { ...value, [name]: wrong }
    }
  }
  return wrong
}
