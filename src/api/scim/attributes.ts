/** Attributes of this contract in their own spelling. Names are the same in any case (RFC 7643 §2.1). */
const names = new Map(
  [
    'schemas',
    'id',
    'externalId',
    'meta',
    'resourceType',
    'created',
    'lastModified',
    'location',
    'userName',
    'name',
    'formatted',
    'familyName',
    'givenName',
    'displayName',
    'title',
    'preferredLanguage',
    'active',
    'emails',
    'phoneNumbers',
    'groups',
    'members',
    'value',
    'type',
    'primary',
    'display',
    '$ref',
  ].map((name) => [name.toLowerCase(), name]),
)

const canonical = (name: string) => names.get(name.toLowerCase()) ?? name

/** A JSON value with the names of its attributes in this contract's spelling. */
export function canonicalNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonicalNames)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [canonical(name), canonicalNames(one)]))
}

const corePrefix = /^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):/i

/** A path or filter with its attribute names in this contract's spelling; texts in quotes stay. */
export function canonicalPath(path: string): string {
  return path
    .trim()
    .replace(corePrefix, '')
    .replaceAll(/"(?:[^"\\]|\\.)*"|[A-Za-z$][\w$]*/g, (word) => (word.startsWith('"') ? word : canonical(word)))
}

/** Attributes that every answer has, whatever was asked for (RFC 7643 §3.1: "returned": "always"). */
const always = new Set(['schemas', 'id'])

const list = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((name) => canonicalPath(name))
    .filter((name) => name !== '')

/**
 * A resource with the attributes that were asked for, or without those that were not wanted (RFC 7644 §3.9). `name.familyName` names a part of one.
 */
export function project<T extends Record<string, unknown>>(
  resource: T,
  query: { attributes?: string; excludedAttributes?: string },
): Partial<T> {
  const wanted = list(query.attributes)
  const unwanted = list(query.excludedAttributes)
  if (wanted.length > 0) {
    const kept = Object.entries(resource).flatMap(([name, value]): [string, unknown][] => {
      if (always.has(name) || wanted.includes(name)) return [[name, value]]
      const parts = wanted.filter((one) => one.startsWith(`${name}.`)).map((one) => one.slice(name.length + 1))
      return parts.length > 0 ? [[name, partsOf(value, (part) => parts.includes(part))]] : []
    })
    return Object.fromEntries(kept) as Partial<T>
  }
  const kept = Object.entries(resource).flatMap(([name, value]): [string, unknown][] => {
    if (!always.has(name) && unwanted.includes(name)) return []
    return [[name, partsOf(value, (part) => !unwanted.includes(`${name}.${part}`))]]
  })
  return Object.fromEntries(kept) as Partial<T>
}

function partsOf(value: unknown, keep: (part: string) => boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => partsOf(one, keep))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).filter(([part]) => keep(part)))
}
