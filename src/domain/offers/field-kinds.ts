import { z } from 'zod'
import { Decimal } from '../../kernel/money.ts'
import { categoryTree, findInTree, findMarket, industryTree, type Store } from '../../kernel/reference-data.ts'
import { sanitiseRichText } from './rich-text.ts'

/**
 * The kinds of field that an offer type's definition is made of. A kind gives the schema of a value that is filled in;
 * whether it must be filled in is the field's matter. The name of a kind also chooses its editor in Partner Center.
 *
 * Messages are sentences for the person at the form; the field's name is added by whoever reports them.
 */

// Trademark and copyright signs are pictographs too, but legal in names (spec/05 §5.4).
const pictograph = /(?![©®™])\p{Extended_Pictographic}/u
const control = /\p{Cc}/u
const controlExceptLines = /[^\P{Cc}\t\n\r]/u

const loopbackHosts = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

function limited(max: number) {
  return z.string().trim().max(max, `Use at most ${max} characters.`)
}

/** One line of plain text. */
function text(options: { max: number; emoji?: boolean; warnAbove?: number }) {
  const schema = limited(options.max).refine((value) => !control.test(value), 'Use a single line without control characters.')
  return options.emoji === false ? schema.refine((value) => !pictograph.test(value), 'Use no emoji.') : schema
}

/** Plain text of several lines. */
function multiline(options: { max: number }) {
  return limited(options.max).refine((value) => !controlExceptLines.test(value), 'Use no control characters.')
}

/** Rich text: stored sanitised, counted with its markup and spaces (seed 001 L16332). */
function richText(options: { max: number }) {
  return z
    .string()
    .transform(sanitiseRichText)
    .refine((value) => value.length <= options.max, `Use at most ${options.max} characters, markup and spaces included.`)
}

/** `http`: with or without TLS, where only the publisher's customers are led to. */
type Reach = 'https' | 'https-or-loopback' | 'http'

function parseUrl(value: string): URL | undefined {
  try {
    return new URL(value)
  } catch {
    return undefined
  }
}

/** An address of the web. https, except that the sandbox also takes http on this machine. Fragments only where they make sense. */
function url(options: { reach?: Reach; fragment?: boolean } = {}) {
  return limited(2048).superRefine((value, check) => {
    const address = parseUrl(value)
    const problem = (message: string) => check.addIssue({ code: 'custom', message })
    if (!address || !/^https?:$/.test(address.protocol)) return problem('Enter a complete address that starts with https://.')
    if (address.username || address.password) return problem('The address must not hold a user name or password.')
    if (
      address.protocol === 'http:' &&
      options.reach !== 'http' &&
      !(options.reach === 'https-or-loopback' && loopbackHosts.test(address.hostname))
    ) {
      return problem('The address must start with https://.')
    }
    // seed 001 L15737: the token is appended to the query, which a fragment would swallow.
    if (options.fragment === false && value.includes('#')) return problem('The address must not contain #.')
  })
}

function email() {
  return limited(254).pipe(z.email('Enter an e-mail address.'))
}

function phone() {
  return limited(40).regex(/^\+?[0-9 ()./-]{3,}$/, 'Enter a phone number of digits, spaces and + ( ) . / -.')
}

function guid() {
  return z
    .string()
    .trim()
    .toLowerCase()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'Enter a GUID such as 50c464d3-4930-494c-963c-1e951d15360e.')
}

function choice<const T extends string>(options: { values: Record<T, string> }) {
  return z.enum(Object.keys(options.values) as [T, ...T[]], `Choose one of: ${Object.keys(options.values).join(', ')}.`)
}

function flag() {
  return z.boolean('Choose yes or no.')
}

/** Category paths per store. One or two categories over both stores, each with up to two subcategories (spec/09 §4.2). */
function categories(options: { column: string; max: number; maxChildren: number }) {
  const paths = z.array(z.string()).default([])
  return z.strictObject({ business: paths, cloud: paths }).superRefine((value, check) => {
    for (const store of ['business', 'cloud'] satisfies Store[]) {
      const nodes = categoryTree(store, options.column)
      for (const path of value[store]) {
        if (!findInTree(nodes, path)) {
          check.addIssue({ code: 'custom', path: [store], message: `${path} is no category of this store for this type of offer.` })
        }
      }
      if (new Set(value[store]).size < value[store].length)
        check.addIssue({ code: 'custom', path: [store], message: 'Choose each category once.' })
    }
    const parents = new Map<string, number>()
    for (const store of ['business', 'cloud'] satisfies Store[]) {
      for (const path of value[store]) {
        const parent = path.split('/')[0] ?? ''
        parents.set(parent, (parents.get(parent) ?? 0) + (path.includes('/') ? 1 : 0))
      }
    }
    if (parents.size > options.max) check.addIssue({ code: 'custom', message: `Choose at most ${options.max} categories.` })
    if ([...parents.values()].some((children) => children > options.maxChildren)) {
      check.addIssue({ code: 'custom', message: `Choose at most ${options.maxChildren} subcategories of a category.` })
    }
  })
}

/** Industry paths `industry/vertical`: up to `max` industries with one to `maxChildren` verticals each. */
function industries(options: { column: string; max: number; maxChildren: number }) {
  return z.array(z.string()).superRefine((paths, check) => {
    const nodes = industryTree(options.column)
    const perParent = new Map<string, number>()
    for (const path of paths) {
      if (!findInTree(nodes, path)) check.addIssue({ code: 'custom', message: `${path} is no industry.` })
      const parent = path.split('/')[0] ?? ''
      perParent.set(parent, (perParent.get(parent) ?? 0) + 1)
    }
    if (perParent.size > options.max) check.addIssue({ code: 'custom', message: `Choose at most ${options.max} industries.` })
    if ([...perParent.values()].some((count) => count > options.maxChildren)) {
      check.addIssue({ code: 'custom', message: `Choose at most ${options.maxChildren} sub-industries of an industry.` })
    }
  })
}

function keywords(options: { max: number }) {
  return z
    .array(text({ max: 50 }).refine((value) => value !== '', 'A keyword must not be empty.'))
    .max(options.max, `Use at most ${options.max} keywords.`)
}

function contact() {
  return z.strictObject({ name: text({ max: 100 }).min(1, 'Enter a name.'), email: email(), phone: phone() })
}

function links(options: { max: number }) {
  return z
    .array(z.strictObject({ title: text({ max: 255 }).min(1, 'Enter a title.'), url: url() }))
    .max(options.max, `Use at most ${options.max} links.`)
}

const fileHash = z.string().regex(/^[0-9a-f]{64}$/, 'Upload the file first.')

/** Logos by size: the large one is uploaded, the others are generated from it and can be replaced (spec/05 §1.4). */
function logos() {
  return z.strictObject({ large: fileHash, medium: fileHash, small: fileHash })
}

function screenshots(options: { max: number }) {
  return z
    .array(z.strictObject({ file: fileHash, caption: text({ max: 255 }).min(1, 'Enter a caption.') }))
    .max(options.max, `Use at most ${options.max} screenshots.`)
}

/** The marketplace's standard contract, with an amendment for everybody or without, or the publisher's own terms. */
function terms(options: { max: number }) {
  return z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('standard'), amendment: multiline({ max: 4000 }).optional() }),
    z.strictObject({ kind: z.literal('own'), html: richText({ max: options.max }), url: url().optional() }),
  ])
}

/** Directory names or e-mail addresses of those who may see and buy the preview. */
function people(options: { max: number }) {
  return z.array(email().transform((address) => address.toLowerCase())).max(options.max, `Name at most ${options.max} people.`)
}

/** Markets by ISO code, each once, where a purchase is possible. */
function markets(options: { max: number }) {
  return z
    .array(
      z.string().refine((code) => findMarket(code) !== undefined, { error: (issue) => `Nothing can be sold in ${String(issue.input)}.` }),
    )
    .max(options.max, `Choose at most ${options.max} markets.`)
    .transform((codes) => [...new Set(codes)].sort())
}

function amount(decimals: number) {
  return z.union([z.string(), z.number()]).transform((value, check) => {
    const entered = String(value).trim()
    if (!/^\d{1,13}(\.\d+)?$/.test(entered)) {
      check.addIssue({ code: 'custom', message: 'Enter an amount such as 49.00, without sign and currency.' })
      return z.NEVER
    }
    const number = new Decimal(entered)
    if (number.decimalPlaces() > decimals) {
      check.addIssue({ code: 'custom', message: `Use at most ${decimals} decimals.` })
      return z.NEVER
    }
    return number.toFixed(Math.max(number.decimalPlaces(), Math.min(2, decimals)))
  })
}

/** Digits after the point of a price per unit of a dimension. Fees have the currency's own digits. */
export const unitPriceDecimals = 10

/** Prices in US dollars by billing term. */
function termPrices() {
  return z.strictObject({ P1M: amount(2).optional(), P1Y: amount(2).optional() })
}

/** Prices that the publisher set for a market in its own currency, instead of the converted ones: market → item → amount. */
function marketPrices() {
  return z.record(
    z.string().refine((code) => findMarket(code) !== undefined, 'Nothing can be sold in this market.'),
    z.record(z.string().regex(/^(term:P1M|term:P1Y|dimension:.{1,50})$/, 'Name a term or a dimension.'), amount(unitPriceDecimals)),
  )
}

function seats() {
  const count = z.int('Enter a whole number.').min(1, 'Use at least 1.').max(10_000_000, 'Use at most 10,000,000.')
  return z
    .strictObject({ min: count.default(1), max: count.optional() })
    .refine((value) => value.max === undefined || value.max >= value.min, { error: 'The maximum is below the minimum.', path: ['max'] })
}

/** Custom meters of an offer: id, name and unit, shared by all plans (spec/05 §5.10). */
function dimensions(options: { max: number }) {
  return z
    .array(
      z.strictObject({
        id: text({ max: 50 }).regex(/^\S+$/, 'Use an id without spaces.'),
        displayName: text({ max: 100 }).min(1, 'Enter a name.'),
        unitOfMeasure: text({ max: 100 }).min(1, 'Enter a unit.'),
      }),
    )
    .max(options.max, `Use at most ${options.max} dimensions.`)
    .refine((rows) => new Set(rows.map((row) => row.id)).size === rows.length, 'Each dimension needs an id of its own.')
}

/** What a plan makes of the offer's dimensions. An infinite one is never charged and has no price. */
function planDimensions() {
  const included = z.int('Enter a whole number.').min(0, 'Use 0 or more.')
  return z.array(
    z
      .strictObject({
        dimensionId: z.string(),
        enabled: z.boolean().default(true),
        infinite: z.boolean().default(false),
        pricePerUnit: amount(unitPriceDecimals).optional(),
        included: z.strictObject({ P1M: included.optional(), P1Y: included.optional() }).default({}),
      })
      .refine((row) => !row.enabled || row.infinite || row.pricePerUnit !== undefined, {
        error: 'Enter a price per unit.',
        path: ['pricePerUnit'],
      })
      .refine((row) => !row.infinite || row.pricePerUnit === undefined, {
        error: 'An infinite dimension has no price.',
        path: ['pricePerUnit'],
      }),
  )
}

export const fieldKinds = {
  text,
  multiline,
  'rich-text': richText,
  url,
  email,
  phone,
  guid,
  choice,
  flag,
  categories,
  industries,
  keywords,
  contact,
  links,
  logos,
  screenshots,
  terms,
  people,
  markets,
  'term-prices': termPrices,
  'market-prices': marketPrices,
  seats,
  dimensions,
  'plan-dimensions': planDimensions,
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
