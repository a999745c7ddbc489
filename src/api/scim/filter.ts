import { type Filter, parse } from 'scim2-parse-filter'
import type { Comparison, Condition } from '../../domain/directory/index.ts'
import { canonicalPath } from './attributes.ts'
import { ScimError } from './errors.ts'

const longestFilter = 2000
const deepest = 20

/** What a filter may look at: SCIM's path → the directory's field. */
export type FilterPaths<Field extends string> = Readonly<Record<string, Field>>

/**
 * A SCIM filter (RFC 7644 §3.4.2.2) as a condition of the directory.
 * @throws ScimError 400 invalidFilter for what cannot be read, and for attributes by which nothing is found here
 */
export function conditionOf<Field extends string>(text: string, paths: FilterPaths<Field>): Condition<Field> {
  if (text.length > longestFilter) throw invalid(`A filter has at most ${longestFilter} characters.`)
  let filter: Filter
  try {
    filter = parse(canonicalPath(text))
  } catch {
    throw invalid('The filter cannot be read.')
  }
  return convert(filter, '', 0)

  function convert(one: Filter, inside: string, depth: number): Condition<Field> {
    if (depth > deepest) throw invalid('The filter is nested too deeply.')
    switch (one.op) {
      case 'and':
        return { all: one.filters.map((part) => convert(part, inside, depth + 1)) }
      case 'or':
        return { any: one.filters.map((part) => convert(part, inside, depth + 1)) }
      case 'not':
        return { not: convert(one.filter, inside, depth + 1) }
      case '[]':
        return convert(one.valFilter, one.attrPath, depth + 1)
      default: {
        const path = inside ? `${inside}.${one.attrPath}` : one.attrPath
        const value = 'compValue' in one ? one.compValue : undefined
        const field = paths[path]
        if (!field || !Object.hasOwn(paths, path)) throw invalid(`Nothing is found here by the attribute "${path}".`)
        if (one.op === 'pr') return { field, test: 'present' }
        if (value === null) {
          const present: Condition<Field> = { field, test: 'present' }
          if (one.op === 'eq') return { not: present }
          if (one.op === 'ne') return present
        }
        if (typeof value !== 'string' && typeof value !== 'boolean') throw invalid(`"${path}" is compared with a text.`)
        return { field, test: one.op satisfies Comparison, value }
      }
    }
  }
}

const invalid = (detail: string) => new ScimError(400, detail, 'invalidFilter')
