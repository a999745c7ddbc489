import { invalid } from '../../kernel/errors.ts'
import type { OfferType, Page } from './offer-type.ts'
import { saas } from './saas.ts'

/** All offer types, in the order of the + New offer menu. */
const offerTypes: readonly OfferType[] = [saas]

/** The definition of a type. Throws `UnknownOfferType`. */
export function offerTypeOf(type: string): OfferType {
  const found = offerTypes.find((definition) => definition.type === type)
  if (!found) throw invalid('UnknownOfferType', `There is no offer type ${type}.`, { target: 'offerType' })
  return found
}

/** The page of a section. Throws `UnknownModule`. */
export function pageOf(type: OfferType, module: string): Page {
  const found = type.pages.find((definition) => definition.module === module)
  if (!found) throw invalid('UnknownModule', `${type.label} has no section ${module}.`, { target: 'module' })
  return found
}
