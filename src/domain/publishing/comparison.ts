import { type DraftView, offerTypeOf, readable, shownContent, shownPages, variantsOf } from '../offers/index.ts'

/** The draft beside a published version, field by field, from the offer type's definition (spec/06 B5). */

export type Change = 'removed' | 'added' | 'edited' | 'unchanged'

export interface ComparedField {
  module: string
  page: string
  /** planId of a plan's page */
  plan: string | null
  /** language, or empty */
  variant: string
  field: string
  label: string
  change: Change
  /** lines of text; none where there is no value */
  draft: string[]
  published: string[]
}

export interface Comparison {
  fields: ComparedField[]
  /** pages that cannot be compared (spec/06 PL-66) */
  notCompared: string[]
}

type Definition = ReturnType<typeof offerTypeOf>['pages'][number]

/** Compares two versions of one offer; `published` is the live version or the preview. */
export function compare(draft: DraftView, published: DraftView): Comparison {
  const type = offerTypeOf(draft.offer.offerType)
  const shown = new Set([...shownPages(type, draft), ...shownPages(type, published)])
  const pages = type.pages.filter((page) => shown.has(page))
  return {
    fields: pages.filter((page) => page.compared).flatMap((page) => comparePage(page, draft, published)),
    notCompared: pages.filter((page) => !page.compared).map((page) => page.label),
  }
}

function comparePage(page: Definition, draft: DraftView, published: DraftView): ComparedField[] {
  const planIds = page.scope === 'plan' ? unique(draft.plans, published.plans).map((plan): string | undefined => plan) : [undefined]
  return planIds.flatMap((plan) => {
    const variants = [...new Set([...variantsOf(page, draft, plan), ...variantsOf(page, published, plan)])]
    return variants.flatMap((variant) => {
      const address = { module: page.module, plan, variant }
      const before = shownContent(page, published.content(address), published, plan)
      const after = shownContent(page, draft.content(address), draft, plan)
      return Object.entries(page.fields).flatMap(([field, definition]): ComparedField[] => {
        // The audience of a live plan is in force at once, without publishing.
        if (definition.kind === 'live-audience') return []
        const was = readable(definition, before[field])
        const is = readable(definition, after[field])
        if (was.length === 0 && is.length === 0) return []
        const change = changeOf(before[field], after[field], was, is)
        return [
          {
            module: page.module,
            page: page.label,
            plan: plan ?? null,
            variant,
            field,
            label: definition.label,
            change,
            draft: is,
            published: was,
          },
        ]
      })
    })
  })
}

function unique(...lists: { planId: string }[][]): string[] {
  return [...new Set(lists.flat().map((plan) => plan.planId))]
}

function changeOf(before: unknown, after: unknown, was: readonly string[], is: readonly string[]): Change {
  if (is.length === 0) return 'removed'
  if (was.length === 0) return 'added'
  return sameJson(before, after) ? 'unchanged' : 'edited'
}

/** Equal as JSON, whatever the order of members. */
function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
