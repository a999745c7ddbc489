import { z } from 'zod'

/** The shapes of the files in `reference-data/`, and what makes their rows one another's doubles (spec/09 §1, RF-01). */

const name = z.string().min(1)
const code = z.string().regex(/^[A-Z]{2}$/, 'must be two capital letters')
const currency = z.string().regex(/^[A-Z]{3}$/, 'must be three capital letters')

const countryRow = z.object({
  name,
  iso2: code,
  currency: currency.nullable(),
  consultingCurrencies: z.array(currency),
  customerPurchase: z.boolean(),
  cspCurrency: currency.nullable(),
})

const keys = z.record(z.string(), z.string().min(1).nullable())
const leaf = z.object({ name, keys })
const tree = <Children extends string>(rows: string, children: Children) =>
  z.object({ [rows]: z.array(z.object({ name, keys, [children]: z.array(leaf) })) })

const tag = z.object({ tag: z.string().regex(/^[a-z][a-z0-9]*$/, 'must be the name of an element') })

interface Keyed {
  keys: Record<string, string | null>
}

/** The keys of each column, as one identifier each: a key may come again in another column. */
const columnKeys = ({ keys: own }: Keyed) => Object.entries(own).flatMap(([column, key]) => (key === null ? [] : [`${column} ${key}`]))

/** Rows with their identifiers; rows in one group must not share one. */
type Rows = { row: unknown; path: string; ids: string[]; group: string }[]

const listed =
  (id: string) =>
  (file: unknown): Rows =>
    (file as Record<string, string>[]).map((row, index) => ({ row, path: `row ${index + 1}`, ids: [row[id] ?? ''], group: '' }))

const branched =
  (rows: string, children: string) =>
  (file: unknown): Rows =>
    (file as Record<string, Keyed[]>)[rows]?.flatMap((row, index): Rows => {
      const path = `row ${index + 1}`
      const own = (row as unknown as Record<string, Keyed[]>)[children] ?? []
      return [
        { row, path, ids: columnKeys(row), group: '' },
        ...own.map((child, place) => ({ row: child, path: `${path}.${place + 1}`, ids: columnKeys(child), group: path })),
      ]
    }) ?? []

const shapes = {
  countries: { schema: z.array(countryRow), rows: listed('iso2') },
  // Several places share a code, and one has none: the name tells them apart.
  'publisher-countries': { schema: z.array(z.object({ name, iso2: code.nullable() })), rows: listed('name') },
  'cosell-countries': { schema: z.array(z.object({ name, code: z.union([code, z.literal('OOO')]) })), rows: listed('code') },
  'cosell-states': {
    schema: z.array(z.object({ country: code, group: name, name, code: z.string().regex(/^[A-Z]{2}-[A-Z]{2,3}$/, 'must be like US-WA') })),
    rows: listed('code'),
  },
  'categories-appsource': { schema: tree('categories', 'subcategories'), rows: branched('categories', 'subcategories') },
  'categories-azure-marketplace': { schema: tree('categories', 'subcategories'), rows: branched('categories', 'subcategories') },
  'industries-appsource': { schema: tree('industries', 'verticals'), rows: branched('industries', 'verticals') },
  'html-tags': {
    schema: z.object({ tags: z.array(tag), mentionedElsewhere: z.array(tag) }),
    rows: (file: unknown) => listed('tag')((file as { tags: unknown }).tags),
  },
} satisfies Record<string, { schema: z.ZodType; rows: (file: unknown) => Rows }>

export type ReferenceFile = keyof typeof shapes

export const referenceFiles = Object.keys(shapes) as ReferenceFile[]

/**
 * The content of a file of `reference-data/`.
 *
 * @throws an error that names the file, the row (from 1; `3.2` is the second below the third) and what is wrong with it
 */
export function parseReferenceFile(file: ReferenceFile, text: string): unknown {
  const told = `reference-data/${file}.json`
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new Error(`${told} is no JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  const checked = shapes[file].schema.safeParse(content)
  const [issue] = checked.error?.issues ?? []
  if (issue) throw new Error(`${told}, ${placeOf(issue.path)}: ${issue.message}`)
  const seen = new Map<string, string>()
  for (const { path, ids, group } of shapes[file].rows(content)) {
    for (const id of ids) {
      const first = seen.get(`${group} ${id}`)
      if (first !== undefined) throw new Error(`${told}, ${path}: "${id}" is the identifier of ${first} already.`)
      seen.set(`${group} ${id}`, path)
    }
  }
  return content
}

/** `row 3, currency`, `row 3.2, name`; a file that is no table at all: `the file`. */
function placeOf(path: readonly PropertyKey[]): string {
  const numbers = path.filter((part) => typeof part === 'number').map((part) => part + 1)
  const field = path.findLast((part) => typeof part === 'string')
  const row = numbers.length > 0 ? `row ${numbers.join('.')}` : 'the file'
  return typeof path.at(-1) === 'string' && field !== undefined ? `${row}, ${field}` : row
}
