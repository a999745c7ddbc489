import type { Lock } from './offer-type.ts'
import { same } from './offer-type.ts'

/** Rules about what stays as it was published (spec/01 §15.6, spec/05 §5.8-5.10, spec/06 B3). */

const publishedForGood = 'it cannot change once it has been published.'

/** Makes a lock: its rule for the reference, the rule itself, and why nothing else is possible any more. */
function lock(rule: string, check: (published: unknown, next: unknown) => string | undefined, readOnly?: Lock['readOnly']): Lock {
  return Object.assign(check, { rule, ...(readOnly ? { readOnly } : {}) })
}

/** The value stays. */
export const fixed = lock(
  'Cannot change once published.',
  (published, next) => (published === undefined || same(published, next) ? undefined : publishedForGood),
  (published) => (published === undefined ? undefined : publishedForGood),
)

const stays = 'an offer that has been sold through the marketplace cannot become a listing. Create another offer.'

/** Sold through the marketplace, an offer stays so; one that is listed only may be sold later (spec/05 C-13). */
export const soldStays = lock(
  'Once published as sold through the marketplace, it stays so. A listing may switch, or be sold later.',
  (published, next) => (published === 'transact' && next !== 'transact' ? stays : undefined),
  (published) => (published === 'transact' ? stays : undefined),
)

/** A choice between two values that can change in one direction only: not to `value`. */
export function neverTo(value: string): Lock {
  const readOnly = (published: unknown) =>
    published === undefined || published === value ? undefined : `it cannot change to ${value} once it has been published.`
  return lock(
    `Cannot change to ${value} once published.`,
    (published, next) => (next === value ? readOnly(published) : undefined),
    readOnly,
  )
}

/** A list that only grows. */
export const grows = lock('What has been published can neither change nor be removed; more can be added.', (published, next) => {
  const kept = new Set(Array.isArray(next) ? next.map((row) => JSON.stringify(row)) : [])
  const lost = (Array.isArray(published) ? published : []).filter((row) => !kept.has(JSON.stringify(row)))
  return lost.length > 0 ? 'what has been published cannot be changed or removed.' : undefined
})

/** Members that were published keep their value; others may be added. */
export const membersKept = lock('What has been published can neither change nor be removed; more can be added.', (published, next) => {
  const after = (next ?? {}) as Record<string, unknown>
  for (const [name, value] of Object.entries((published ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && !same(value, after[name])) return `${name} cannot be changed or removed once it has been published.`
  }
  return undefined
})

const contractOf = (terms: unknown) => (terms as { kind?: string } | undefined)?.kind

/** The standard contract cannot be left for own terms (seed 001 L2607). */
export const standardContractKept = lock(
  'Once published under the standard contract, terms of your own are not possible.',
  (published, next) =>
    contractOf(published) === 'standard' && contractOf(next) !== 'standard'
      ? 'an offer published under the standard contract cannot change to terms of its own.'
      : undefined,
)

const trialStays = (published: unknown) =>
  published === undefined ? undefined : 'a free trial cannot be taken back once it has been published.'

/** A trial that was published stays (spec/05 §5.8). */
export const trialKept = lock(
  'Once published, a free trial cannot be taken back.',
  (published, next) => (next === published ? undefined : trialStays(published)),
  trialStays,
)

interface Metered {
  dimensionId: string
  enabled: boolean
}

/** Rows of a plan's dimensions stay; dimensions added to the offer later appear as not enabled (SA-164). */
export const planDimensionsKept = lock(
  'Nothing of it can change once the plan has been published.',
  (published, next) => {
    const rows = (value: unknown) => new Map((Array.isArray(value) ? (value as Metered[]) : []).map((row) => [row.dimensionId, row]))
    const before = rows(published)
    const after = rows(next)
    for (const [id, row] of before) if (!same(row, after.get(id))) return `dimension ${id} cannot change in a published plan.`
    for (const [id, row] of after)
      if (!before.has(id) && row.enabled) return `dimension ${id} cannot be enabled in a plan that is already published.`
    return undefined
  },
  () => 'dimensions of a published plan cannot change. Create another plan instead.',
)
