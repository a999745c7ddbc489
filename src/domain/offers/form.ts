import { categoryTree, industryTree, markets, type Store, type TreeNode } from '../../kernel/reference-data.ts'
import type { DraftView } from './draft.ts'
import type { FieldKind } from './field-kinds.ts'
import { type Audience, type Field, type Fields, type OfferType, type Page, shownPages, variantsOf } from './offer-type.ts'

/** A field as an editor needs it: plain data, evaluated for one draft at one moment. */
export interface FormField {
  name: string
  label: string
  help?: string
  kind: FieldKind
  /** Limits and choices of the kind. Trees and markets are in it, so that an editor needs nothing else. */
  options: Record<string, unknown>
  /** holds now, for this draft */
  required: boolean
  /** the condition in words, when there is one */
  requiredWhen?: string
  group?: string
  /** The field's condition does not hold now: its value is kept, but not checked and not published. */
  hidden: boolean
  /** Why the published value can never change. */
  locked?: string
  shown: Audience[]
  initial?: unknown
}

/** A page as an editor needs it; a page of plans once for each plan. */
export interface FormPage {
  module: string
  label: string
  help?: string
  scope: 'offer' | 'plan'
  planId: string | null
  perLanguage: boolean
  /** The page asks for money: prices of the markets are frozen at save, exported and imported. */
  prices: boolean
  fields: FormField[]
}

export interface Form {
  type: string
  typeLabel: string
  pages: FormPage[]
  /** `shown: false` for an offer that has no plans at present */
  plans: { shown: boolean; max: number; maxPrivate: number }
}

/** A market as an editor lists it. */
export interface MarketOption {
  iso2: string
  name: string
  currency: string
  /** the marketplace remits the tax on sales there */
  taxRemitted: boolean
}

/** What editors need beyond the definition. */
export interface FormFacts {
  markets: readonly MarketOption[]
}

/** @param taxRemitted ISO codes of the markets where the marketplace remits tax */
export function formFactsOf(taxRemitted: readonly string[]): FormFacts {
  const remitted = new Set(taxRemitted)
  return { markets: markets.map((market) => ({ ...market, taxRemitted: remitted.has(market.iso2) })) }
}

function storeTrees(column: string): Record<Store, TreeNode[]> {
  return { business: categoryTree('business', column), cloud: categoryTree('cloud', column) }
}

/** Choices that a kind offers, from the reference data. */
function choicesOf(name: string, { kind, options }: Field, { draft, published, facts }: Moment): Record<string, unknown> {
  const column = typeof options.column === 'string' ? options.column : ''
  if (kind === 'categories') return storeTrees(column)
  if (kind === 'industries') return { nodes: industryTree(column) }
  if (kind === 'markets' || kind === 'market-prices') return { markets: facts.markets }
  if (kind === 'dimensions') {
    const live = published?.[name]
    return { published: Array.isArray(live) ? live.map((row: { id: string }) => row.id) : [] }
  }
  if (kind === 'plan-dimensions') {
    const { module, field } = options.of as { module: string; field: string }
    return { dimensions: draft.content({ module })[field] ?? [] }
  }
  return {}
}

/** For which draft, plan and published values a field is described. */
interface Moment {
  draft: DraftView
  plan: string | undefined
  published: Record<string, unknown> | undefined
  facts: FormFacts
}

function fieldsOf(fields: Fields, at: Moment): FormField[] {
  return Object.entries(fields).map(([name, field]) => formField(name, field, at))
}

function formField(name: string, field: Field, at: Moment): FormField {
  const { label, help, kind, options, required = false, group, shownWhen, lock, shown = [], initial } = field
  const locked = at.published && lock?.readOnly?.(at.published[name])
  const { fields, ...rest } = options as { fields?: Fields }
  return {
    name,
    label,
    ...(help ? { help } : {}),
    kind,
    options: {
      ...rest,
      ...choicesOf(name, field, at),
      ...(fields ? { fields: fieldsOf(fields, { ...at, published: undefined }) } : {}),
    },
    required: typeof required === 'boolean' ? required : required.holds(at.draft, at.plan),
    ...(typeof required === 'boolean' ? {} : { requiredWhen: required.when }),
    ...(group ? { group } : {}),
    hidden: shownWhen !== undefined && !shownWhen.holds(at.draft, at.plan),
    ...(locked ? { locked: `${label}: ${locked}` } : {}),
    shown,
    ...(initial === undefined ? {} : { initial: typeof initial === 'function' ? initial(at.draft.offer) : initial }),
  }
}

/** A page as its editor needs it. */
export function formPage(
  page: Page,
  plan: string | undefined,
  draft: DraftView,
  published: Record<string, unknown> | undefined,
  facts: FormFacts,
): FormPage {
  return {
    module: page.module,
    label: page.label,
    ...(page.help ? { help: page.help } : {}),
    scope: page.scope,
    planId: plan ?? null,
    perLanguage: page.perLanguage,
    prices: page.prices !== undefined,
    fields: fieldsOf(page.fields, { draft, plan, published, facts }),
  }
}

/** All pages that a draft has at present, in order, as their editors need them. */
export function formOf(type: OfferType, draft: DraftView, published: DraftView, facts: FormFacts): Form {
  return {
    type: type.type,
    typeLabel: type.label,
    plans: {
      shown: type.plans.shownWhen?.holds(draft, undefined) ?? type.plans.max > 0,
      max: type.plans.max,
      maxPrivate: type.plans.maxPrivate,
    },
    pages: shownPages(type, draft).flatMap((page) => {
      const plans = page.scope === 'plan' ? draft.plans.map((plan) => plan.planId) : [undefined]
      return plans.map((plan) => {
        const live = published.find({ module: page.module, plan, variant: variantsOf(page, published, plan)[0] })
        return formPage(page, plan, draft, live?.content, facts)
      })
    }),
  }
}
