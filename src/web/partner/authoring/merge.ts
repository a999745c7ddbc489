import type { Content } from './form.ts'

/** A field that two people changed at the same time, differently. */
export interface Clash {
  name: string
  mine: unknown
  theirs: unknown
}

interface Versions {
  /** what was stored when both began */
  base: Content
  /** the same as this editor holds it: the server trims and sanitises what it stores */
  opened: Content
  mine: Content
  theirs: Content
}

/**
 * Brings two people's changes of one section together, field by field: what only one of them changed is taken; what both changed
 * differently is theirs to decide, and until then this editor keeps its own text.
 */
export function mergeSections({ base, opened, mine, theirs }: Versions): { content: Content; taken: string[]; clashes: Clash[] } {
  const content: Content = { ...mine }
  const taken: string[] = []
  const clashes: Clash[] = []
  for (const name of new Set([...Object.keys(mine), ...Object.keys(theirs), ...Object.keys(base)])) {
    if (sameValue(base[name], theirs[name]) || sameValue(mine[name], theirs[name])) continue
    if (sameValue(opened[name], mine[name])) {
      content[name] = theirs[name]
      taken.push(name)
    } else {
      clashes.push({ name, mine: mine[name], theirs: theirs[name] })
    }
  }
  return { content, taken, clashes }
}

/** Equal to a reader: nothing, an empty text and an empty list are the same, and the order of members does not count. */
export function sameValue(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  return JSON.stringify(cleaned(value)) ?? ''
}

function cleaned(value: unknown): unknown {
  if (value === null || value === '' || value === undefined) return undefined
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => cleaned(item) ?? null)
  if (typeof value !== 'object') return value
  const members = Object.entries(value)
    .map(([name, member]) => [name, cleaned(member)] as const)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return members.length === 0 ? undefined : Object.fromEntries(members)
}
