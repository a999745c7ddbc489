import { type Page, same } from './offer-type.ts'

type Content = Record<string, unknown>

export interface Merge {
  content: Content
  /** Fields that both changed, differently. */
  conflicts: string[]
}

/**
 * Brings together what two people made of the same section: a field that only one of them changed keeps that change. Fields whose members
 * are independent (prices by market) are brought together member by member. Nothing is invented: every value is one of the three.
 *
 * @param base what both started from
 * @param stored what was saved meanwhile
 * @param mine what is to be saved now
 */
export function mergeSections(page: Page, base: Content, stored: Content, mine: Content): Merge {
  const conflicts: string[] = []
  const content: Content = {}
  for (const name of new Set([...Object.keys(stored), ...Object.keys(mine)])) {
    const merged = mergeValue(base[name], stored[name], mine[name], page.fields[name]?.facts.mergedByMember === true)
    if (merged === conflict) conflicts.push(name)
    else if (merged !== undefined) content[name] = merged
  }
  return { content, conflicts }
}

const conflict = Symbol('conflict')

function mergeValue(base: unknown, stored: unknown, mine: unknown, byMember: boolean): unknown {
  if (same(mine, stored) || same(mine, base)) return stored
  if (same(stored, base)) return mine
  if (!byMember || !isRecord(stored) || !isRecord(mine)) return conflict
  const before = isRecord(base) ? base : {}
  const merged: Content = {}
  for (const name of new Set([...Object.keys(stored), ...Object.keys(mine)])) {
    const value = mergeValue(before[name], stored[name], mine[name], true)
    if (value === conflict) return conflict
    if (value !== undefined) merged[name] = value
  }
  return merged
}

function isRecord(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
