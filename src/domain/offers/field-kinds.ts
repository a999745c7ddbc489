import { audience, liveAudience } from './kinds/audience.ts'
import { documents, file, image, logos, screenshots, videos } from './kinds/media.ts'
import { dimensions, planDimensions } from './kinds/metering.ts'
import { marketPrices, markets, money, seats, termPrices } from './kinds/price.ts'
import { repeated } from './kinds/repeated.ts'
import { terms } from './kinds/terms.ts'
import { choice, flag, integer, keywords, multiChoice, multiline, richText, secret, text } from './kinds/text.ts'
import { categories, industries, regions } from './kinds/tree.ts'
import { contact, email, guid, leadDestination, links, phone, products, url } from './kinds/web.ts'

/**
 * The kinds of field that an offer type's definition is made of. A kind gives the schema of a value that is filled in;
 * whether it must be filled in is the field's matter. The name of a kind also chooses its editor in Partner Center.
 *
 * Messages are sentences for the person at the form; the field's name is added by whoever reports them.
 */
export const fieldKinds = {
  text,
  multiline,
  'rich-text': richText,
  integer,
  url,
  email,
  phone,
  guid,
  choice,
  'multi-choice': multiChoice,
  flag,
  categories,
  industries,
  regions,
  keywords,
  contact,
  links,
  products,
  repeated,
  file,
  documents,
  image,
  logos,
  screenshots,
  videos,
  terms,
  audience,
  'live-audience': liveAudience,
  markets,
  money,
  'term-prices': termPrices,
  'market-prices': marketPrices,
  seats,
  dimensions,
  'plan-dimensions': planDimensions,
  secret,
  'lead-destination': leadDestination,
}

export type FieldKind = keyof typeof fieldKinds

/** True for what counts as not filled in. */
export function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true
  if (typeof value === 'string') return value.trim() === ''
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object') return Object.values(value).every(isEmpty)
  return false
}
