import { z } from 'zod'
import type { FieldKind } from './field-kinds.ts'
import type { Audience, Condition, Field, OfferType } from './offer-type.ts'

/** A field as the reference of an offer type explains it. */
export interface FieldReference {
  name: string
  label: string
  kind: FieldKind
  help?: string
  group?: string
  /** `always`, `never`, or when, in words */
  required: string
  /** the rules of a value, one sentence each */
  rules: string[]
  /** when it is there at all */
  shownWhen?: string
  /** what publishing makes of it */
  lock?: string
  /** who sees it besides the publisher and certification */
  shown: Audience[]
}

export interface PageReference {
  module: string
  label: string
  help?: string
  scope: 'offer' | 'plan'
  perLanguage: boolean
  /** the only language of its texts */
  language?: string
  compared: boolean
  shownWhen?: string
  fields: FieldReference[]
}

/** An offer type as its reference explains it, read from its definition. */
export interface OfferTypeReference {
  type: string
  label: string
  plans: { max: number; maxPrivate: number; shownWhen?: string }
  pages: PageReference[]
  phases: { label: string; steps: { label: string; duration: string; blocking: boolean; when?: string }[]; waitsForPublisher: boolean }[]
}

const only = (condition: Condition | undefined) => (condition ? { shownWhen: `Only ${condition.when}.` } : {})

function fieldReference(
  name: string,
  { label, kind, help, group, required = false, shownWhen, lock, shown = [], options, facts }: Field,
): FieldReference {
  return {
    name,
    label,
    kind,
    ...(help ? { help } : {}),
    ...(group ? { group } : {}),
    required: typeof required === 'boolean' ? (required ? 'always' : 'never') : required.when,
    rules: facts.rules(options as never),
    ...only(shownWhen),
    ...(lock ? { lock: lock.rule } : {}),
    shown,
  }
}

export function referenceOf({ type, label, plans, pages, phases }: OfferType): OfferTypeReference {
  return {
    type,
    label,
    plans: { max: plans.max, maxPrivate: plans.maxPrivate, ...only(plans.shownWhen) },
    pages: pages.map((page) => ({
      module: page.module,
      label: page.label,
      ...(page.help ? { help: page.help } : {}),
      scope: page.scope,
      perLanguage: page.perLanguage,
      ...(page.language ? { language: page.language } : {}),
      compared: page.compared,
      ...only(page.shownWhen),
      fields: Object.entries(page.fields).map(([name, field]) => fieldReference(name, field)),
    })),
    phases: phases.map((phase) => ({
      label: phase.label,
      waitsForPublisher: phase.waitsForPublisher === true,
      steps: phase.steps.map((step) => ({
        label: step.label,
        duration: step.duration,
        blocking: step.blocking,
        ...(step.when ? { when: step.when.when } : {}),
      })),
    })),
  }
}

type JsonSchema = Record<string, unknown>

/** Values as they are sent. What only the marketplace can judge (trees, markets, files) is told in words. */
function valueSchema({ schema, label, help, facts, options }: Field): JsonSchema {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  return { ...described, title: label, description: [help, ...facts.rules(options as never)].filter(Boolean).join(' ') }
}

/**
 * JSON Schema (2020-12) of the sections of an offer type: one definition for each, under `$defs`, with the module as its name. A draft may
 * lack any value, so that nothing is `required`; what a complete section needs is told in the descriptions and in the reference.
 *
 * @param id the address under which it is served
 */
export function jsonSchemaOf(type: OfferType, id: string): JsonSchema {
  const sections = type.pages.map((page) => {
    const fields = Object.entries(page.fields).filter(([, { facts }]) => !facts.apart)
    return [
      page.module,
      {
        title: page.label,
        ...(page.help ? { description: page.help } : {}),
        type: 'object',
        properties: Object.fromEntries(fields.map(([name, field]) => [name, valueSchema(field)])),
        additionalProperties: false,
      },
    ] as const
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: id,
    title: `Sections of an offer: ${type.label}`,
    type: 'object',
    properties: Object.fromEntries(sections.map(([module]) => [module, { $ref: `#/$defs/${module}` }])),
    additionalProperties: false,
    $defs: Object.fromEntries(sections),
  }
}
