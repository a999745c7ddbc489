import type { z } from 'zod'
import type { ErrorDetail } from '../../kernel/errors.ts'
import type { DraftView } from './draft.ts'
import type { Certification, Phase } from './phase.ts'
import { type FieldKind, fieldKinds, isEmpty } from './field-kinds.ts'
import type { KindFacts } from './kinds/kind.ts'

/** Where a value is shown outside of Partner Center. Storefront texts, prices and reviews read only what is meant for them. */
export type Audience = 'storefront' | 'checkout' | 'reseller' | 'certification'

/** Says why a value may no longer change to `next` once `published` is live, or undefined when it may. */
export interface Lock {
  (published: unknown, next: unknown): string | undefined
  /** in words, for the reference */
  rule: string
  /** Says why no other value at all is possible any more: the editor is then read-only. */
  readOnly?: (published: unknown) => string | undefined
}

/** What another value must be for a page or a field to be there or to be required: data, so that every reader of a definition can use it. */
export interface Condition {
  /** The reason in words, after "required" or "shown": `when the offer is sold through the marketplace`. */
  when: string
  module: string
  field: string
  is: readonly unknown[]
  holds: (draft: DraftView, plan: string | undefined) => boolean
}

/**
 * A condition on a field of an offer's page, or of a page of the same plan. `undefined` among the values stands for not filled in.
 *
 * @param sentence the reason in words, as it follows "required": `for an offer that is sold`
 */
export function when(module: string, field: string, is: readonly unknown[], sentence: string): Condition {
  return {
    when: sentence,
    module,
    field,
    is,
    holds: (draft, plan) => {
      const section = (plan === undefined ? undefined : draft.find({ module, plan })) ?? draft.find({ module })
      return is.includes(section?.content[field])
    },
  }
}

export interface FieldMeta {
  label: string
  help?: string
  required?: boolean | Condition
  /** Heading under which the page shows the field, with its neighbours of the same group. */
  group?: string
  /** Without it always. A hidden field keeps its value, but is neither checked nor published. */
  shownWhen?: Condition
  /** The value at the start of a new section, or what makes it from the offer. */
  initial?: string | boolean | Record<string, unknown> | ((offer: { alias: string }) => unknown)
  /** Checked against the published value of the same section. */
  lock?: Lock
  shown?: Audience[]
}

export interface Field<S extends z.ZodType = z.ZodType> extends FieldMeta {
  kind: FieldKind
  /** What the kind was made with (limits, values): for editors and for the reference. */
  options: Record<string, unknown>
  schema: S
  /** Everything else that is known about the kind. */
  facts: KindFacts<never>
}

type KindOptions<K extends FieldKind> = Parameters<(typeof fieldKinds)[K]>[0]

/** A field of a kind. */
export function field<K extends FieldKind>(kind: K, options: KindOptions<K>, meta: FieldMeta): Field<ReturnType<(typeof fieldKinds)[K]>> {
  const make = fieldKinds[kind] as unknown as (options: KindOptions<K>) => ReturnType<(typeof fieldKinds)[K]>
  const facts = fieldKinds[kind] as unknown as KindFacts<never>
  return { ...meta, kind, options: (options ?? {}) as Record<string, unknown>, schema: make(options), facts }
}

/** A choice among named values, typed by them. */
export function choice<const T extends string>(values: Record<T, string>, meta: FieldMeta): Field<z.ZodType<T>> {
  return field('choice', { values }, meta) as unknown as Field<z.ZodType<T>>
}

/** A rule over several values of a section, or over sections. Returns the violated rules. */
export type Rule<C> = (content: Partial<C>, draft: DraftView, plan: string | undefined) => ErrorDetail[]

export type Fields = Record<string, Field>
export type Content<F extends Fields> = { [K in keyof F]?: z.output<F[K]['schema']> }

/** A page of Partner Center and at the same time a section of the draft: it is saved, locked and compared as a whole. */
export interface Page<F extends Fields = Fields> {
  /** Name of the section in rows and calls. */
  module: string
  label: string
  scope: 'offer' | 'plan'
  /** What the page is for, in a sentence. */
  help?: string
  /** One section a language. */
  perLanguage: boolean
  /** The only language of its texts, where no other is possible. */
  language?: typeof defaultLanguage
  /** Without it always. A hidden page keeps its content, but is neither checked nor published. */
  shownWhen?: Condition
  fields: F
  rules: Rule<Content<F>>[]
  /** What is legal, but should be looked at: warnings. */
  advice: Rule<Content<F>>[]
  /** False where Compare shows nothing (spec/06 B5). */
  compared: boolean
  /** What the section asks for money, when it does: the prices are frozen into a price list at each save. */
  prices?: (content: Content<F>) => PriceEntry
  /** The directory application that the section names, when it does: no other seller account may use it (AP-013). */
  application?: (content: Content<F>) => { tenantId: string; applicationId: string } | undefined
}

/** Prices as the publisher enters them. Items are `term:P1M`, `term:P1Y` and `dimension:<id>`. */
export interface PriceEntry {
  markets: string[]
  usd: Record<string, string>
  /** market → item → amount in the market's currency */
  overrides: Record<string, Record<string, string>>
}

/** English (United States): the language of plans, and of listings that name none (spec/06 PL-52). */
export const defaultLanguage = 'en'

type Defaulted = 'perLanguage' | 'rules' | 'advice' | 'compared'

export function page<F extends Fields>(definition: Omit<Page<F>, Defaulted> & Partial<Pick<Page<F>, Defaulted>>): Page<F> {
  return { perLanguage: false, rules: [], advice: [], compared: true, ...definition }
}

/** An offer type is this data. Everything that knows about offers reads it; nothing else asks for the type. */
export interface OfferType<C = unknown> {
  type: string
  label: string
  /** Version of the snapshot content. Older snapshots are lifted by `upcasters[version]`, one version at a time. */
  definitionVersion: number
  upcasters: Record<number, (content: unknown) => unknown>
  pages: Page[]
  /** `max: 0` for a type without plans. Without `shownWhen` the type's offers always have them. */
  plans: { max: number; maxPrivate: number; shownWhen?: Condition; required?: Condition; privateWhen?: Condition }
  phases: Phase[]
  certification: Certification
  /** The immutable content of a snapshot, from a draft whose pages are all complete. */
  assemble: (draft: DraftView) => C
}

export type PageStatus = 'Not started' | 'Incomplete' | 'Complete' | 'Unpublished changes'

/**
 * Reads a section as somebody saves it: values that are filled in must fit their schema, unknown names are refused,
 * missing values are fine (a draft may be incomplete).
 *
 * @param options.sandbox plain http on this machine is allowed where the field allows it
 */
export function readSection(
  definition: Page,
  input: Record<string, unknown>,
  options: { sandbox: boolean },
): { content: Record<string, unknown>; problems: ErrorDetail[] } {
  const content: Record<string, unknown> = {}
  const problems: ErrorDetail[] = []
  for (const [name, value] of Object.entries(input)) {
    const known = Object.hasOwn(definition.fields, name) ? definition.fields[name] : undefined
    if (!known) {
      problems.push({ code: 'UnknownField', target: name, message: `${definition.label} has no field ${name}.` })
      continue
    }
    if (known.facts.apart) {
      problems.push({ code: 'UnknownField', target: name, message: `${known.label} is not saved with the page, but on its own.` })
      continue
    }
    if (isEmpty(value)) continue
    const parsed = known.schema.safeParse(value)
    if (
      parsed.success &&
      !options.sandbox &&
      /^http:/i.test(known.facts.plainAddress?.(parsed.data as never, known.options as never) ?? '')
    ) {
      problems.push({ code: 'InvalidValue', target: name, message: `${known.label}: The address must start with https://.` })
    } else if (parsed.success) {
      if (!isEmpty(parsed.data)) content[name] = parsed.data
    } else {
      for (const issue of parsed.error.issues) {
        problems.push({
          code: 'InvalidValue',
          target: [name, ...issue.path].join('.'),
          message: `${known.label}: ${issue.message}`,
        })
      }
    }
  }
  return { content, problems }
}

/** What the section lacks or breaks: empty when it is complete. */
export function sectionProblems(
  definition: Page,
  content: Record<string, unknown>,
  draft: DraftView,
  plan: string | undefined,
): ErrorDetail[] {
  const problems: ErrorDetail[] = []
  for (const [name, { label, required = false, shownWhen }] of Object.entries(definition.fields)) {
    if (shownWhen && !shownWhen.holds(draft, plan)) continue
    const due = typeof required === 'boolean' ? required : required.holds(draft, plan)
    if (due && isEmpty(content[name])) {
      const reason = typeof required === 'boolean' ? '' : ` ${required.when}`
      problems.push({ code: 'Required', target: name, message: `${label} must be provided${reason}.` })
    }
  }
  const counted = shownContent(definition, content, draft, plan)
  for (const rule of definition.rules) problems.push(...rule(counted, draft, plan))
  return problems
}

/** What is legal about the section, but should be looked at. */
export function sectionWarnings(
  definition: Page,
  content: Record<string, unknown>,
  draft: DraftView,
  plan: string | undefined,
): ErrorDetail[] {
  const long = Object.entries(definition.fields).flatMap(([name, { label, options }]): ErrorDetail[] => {
    const { warnAbove } = options
    const value = content[name]
    if (typeof warnAbove !== 'number' || typeof value !== 'string' || value.length <= warnAbove) return []
    return [{ code: 'Long', target: name, message: `${label} has ${value.length} characters; stores may cut it after ${warnAbove}.` }]
  })
  const counted = shownContent(definition, content, draft, plan)
  return [...long, ...definition.advice.flatMap((rule) => rule(counted, draft, plan))]
}

/** Variants of a page's section in a draft: its languages, the first of them the one that is always there, or the empty one. */
export function variantsOf(definition: Page, draft: DraftView, plan: string | undefined): string[] {
  if (!definition.perLanguage) return [definition.language ?? '']
  const found = draft.variants(definition.module, plan)
  return found.length > 0 ? found : [defaultLanguage]
}

/** Pages that an offer has at present. */
export function shownPages(type: Pick<OfferType, 'pages'>, draft: DraftView): Page[] {
  return type.pages.filter(({ shownWhen }) => shownWhen === undefined || shownWhen.holds(draft, undefined))
}

/** The values of a section that count: those of fields that are shown. */
export function shownContent(
  definition: Page,
  content: Record<string, unknown>,
  draft: DraftView,
  plan: string | undefined,
): Record<string, unknown> {
  const hidden = Object.entries(definition.fields).filter(([, { shownWhen }]) => shownWhen && !shownWhen.holds(draft, plan))
  if (hidden.length === 0) return content
  const names = new Set(hidden.map(([name]) => name))
  return Object.fromEntries(Object.entries(content).filter(([name]) => !names.has(name)))
}

/** Values that are locked because of what is live. */
export function lockProblems(definition: Page, published: Record<string, unknown>, next: Record<string, unknown>): ErrorDetail[] {
  return Object.entries(definition.fields).flatMap(([name, { label, lock }]) => {
    const reason = lock?.(published[name], next[name])
    return reason ? [{ code: 'Locked', target: name, message: `${label}: ${reason}` }] : []
  })
}

/** Status of a page on Review and publish (spec/06 A2). */
export function pageStatus(section: {
  content: Record<string, unknown> | undefined
  problems: ErrorDetail[]
  published: Record<string, unknown> | undefined
}): PageStatus {
  const { content, problems, published } = section
  if (published === undefined && (content === undefined || isEmpty(content)) && problems.length > 0) return 'Not started'
  if (problems.length > 0) return 'Incomplete'
  if (published !== undefined && !same(published, content ?? {})) return 'Unpublished changes'
  return 'Complete'
}

/** Equal as JSON, whatever the order of members. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keysA = Object.keys(a).filter((key) => (a as Record<string, unknown>)[key] !== undefined)
  const keysB = Object.keys(b).filter((key) => (b as Record<string, unknown>)[key] !== undefined)
  return (
    keysA.length === keysB.length && keysA.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
  )
}

/** A value as lines of text that a person can read and compare; none where there is no value. */
export function readable({ facts, options }: Field, value: unknown): string[] {
  if (isEmpty(value)) return []
  if (facts.readable) return facts.readable(value as never, options as never).split('\n')
  return (typeof value === 'string' ? value : JSON.stringify(value)).split('\n')
}
