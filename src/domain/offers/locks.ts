import type { Lock } from './offer-type.ts'
import { same } from './offer-type.ts'

/** Rules about what stays as it was published (spec/01 §15.6, spec/05 §5.8-5.10, spec/06 B3). */

const publishedForGood = 'it cannot change once it has been published.'

/** The value stays. */
export const fixed: Lock = (published, next) => {
  if (published === undefined || same(published, next)) return undefined
  return publishedForGood
}
fixed.readOnly = (published) => (published === undefined ? undefined : publishedForGood)

/** Sold through the marketplace, an offer stays so; one that is listed only may be sold later (spec/05 C-13). */
export const soldStays: Lock = (published, next) => {
  return next === 'transact' ? undefined : soldStays.readOnly?.(published)
}
soldStays.readOnly = (published) =>
  published === 'transact'
    ? 'an offer that has been sold through the marketplace cannot become a listing. Create another offer.'
    : undefined

/** A choice between two values that can change in one direction only: not to `value`. */
export function neverTo(value: string): Lock {
  const lock: Lock = (published, next) => (next === value ? lock.readOnly?.(published) : undefined)
  lock.readOnly = (published) =>
    published === undefined || published === value ? undefined : `it cannot change to ${value} once it has been published.`
  return lock
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
  return next === published ? undefined : trialKept.readOnly?.(published)
}
trialKept.readOnly = (published) => (published === undefined ? undefined : 'a free trial cannot be taken back once it has been published.')

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
planDimensionsKept.readOnly = () => 'dimensions of a published plan cannot change. Create another plan instead.'
