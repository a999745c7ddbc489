import type { Lock } from './offer-type.ts'
import { same } from './offer-type.ts'

/** Rules about what stays as it was published (spec/01 §15.6, spec/05 §5.8-5.10, spec/06 B3). */

/** The value stays. */
export const fixed: Lock = (published, next) => {
  if (published === undefined || same(published, next)) return undefined
  return 'it cannot change once it has been published.'
}

/** A choice that can be left in one direction only. */
export function neverTo(value: string): Lock {
  return (published, next) => {
    if (published === undefined || published === next || next !== value) return undefined
    return `it cannot change to ${value} once it has been published.`
  }
}

/** A list that only grows. */
export const grows: Lock = (published, next) => {
  const kept = new Set(Array.isArray(next) ? next.map((row) => JSON.stringify(row)) : [])
  const lost = (Array.isArray(published) ? published : []).filter((row) => !kept.has(JSON.stringify(row)))
  return lost.length > 0 ? 'what has been published cannot be changed or removed.' : undefined
}

/** Members that were published keep their value; others may be added. */
export const membersKept: Lock = (published, next) => {
  const after = (next ?? {}) as Record<string, unknown>
  for (const [name, value] of Object.entries((published ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && !same(value, after[name])) return `${name} cannot be changed or removed once it has been published.`
  }
  return undefined
}

/** The standard contract cannot be left for own terms (seed 001 L2607). */
export const standardContractKept: Lock = (published, next) => {
  const kind = (terms: unknown) => (terms as { kind?: string } | undefined)?.kind
  if (kind(published) !== 'standard' || kind(next) === 'standard') return undefined
  return 'an offer published under the standard contract cannot change to terms of its own.'
}

/** A trial that was published stays (spec/05 §5.8). */
export const trialKept: Lock = (published, next) => {
  return published !== undefined && next !== published ? 'a free trial cannot be taken back once it has been published.' : undefined
}

/** Rows of a plan's dimensions stay; dimensions added to the offer later appear as not enabled (SA-164). */
export const planDimensionsKept: Lock = (published, next) => {
  const rows = (value: unknown) =>
    new Map((Array.isArray(value) ? value : []).map((row) => [row.dimensionId as string, row as { enabled: boolean }]))
  const before = rows(published)
  const after = rows(next)
  for (const [id, row] of before) if (!same(row, after.get(id))) return `dimension ${id} cannot change in a published plan.`
  for (const [id, row] of after)
    if (!before.has(id) && row.enabled) return `dimension ${id} cannot be enabled in a plan that is already published.`
  return undefined
}
