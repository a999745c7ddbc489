import { invalid } from '../../kernel/errors.ts'
import type { OfferType, Page } from './offer-type.ts'
import { saas } from './saas.ts'

/** All offer types, in the order of the + New offer menu. */
const types: OfferType[] = [saas]

export function offerTypes(): readonly OfferType[] {
  return types
}

/** Adds a type to those of this process. Returns what takes it out again. */
export function addOfferType(type: OfferType): () => void {
  if (types.some((other) => other.type === type.type)) throw new Error(`There is an offer type ${type.type} already.`)
  types.push(type)
  return () => void types.splice(types.indexOf(type), 1)
}

/** The definition of a type. Throws `UnknownOfferType`. */
export function offerTypeOf(type: string): OfferType {
  const found = types.find((definition) => definition.type === type)
  if (!found) throw invalid('UnknownOfferType', `There is no offer type ${type}.`, { target: 'offerType' })
  return found
}

/** The page of a section. Throws `UnknownModule`. */
export function pageOf(type: OfferType, module: string): Page {
  const found = type.pages.find((definition) => definition.module === module)
  if (!found) throw invalid('UnknownModule', `${type.label} has no section ${module}.`, { target: 'module' })
  return found
}

/** The columns of the category and industry tables that a type of offer takes its keys from; absent where it has none (spec/09 §4.1). */
export function treeColumns(type: string): { categories?: string; industries?: string } {
  const fields = offerTypeOf(type).pages.flatMap((page) => Object.values(page.fields))
  const columnOf = (kind: string) => fields.find((field) => field.kind === kind)?.options.column
  const [categories, industries] = [columnOf('categories'), columnOf('industries')]
  return {
    ...(typeof categories === 'string' && { categories }),
    ...(typeof industries === 'string' && { industries }),
  }
}
