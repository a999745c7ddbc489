import { readFileSync } from 'node:fs'
import { parseReferenceFile, type ReferenceFile, referenceFiles } from './reference-file.ts'

/** A geography of the buyer's billing address (spec/09 §2, seed 001 L26418-26580). */
export interface Country {
  name: string
  iso2: string
  /** The one currency in which everything but consulting is sold there; null where nothing can be purchased (China). */
  currency: string | null
  customerPurchase: boolean
  /** The currency when the purchase goes through a reseller, where it differs (Brazil: USD, seed 001 L26578). */
  cspCurrency: string | null
}

/** A country where paid offers can be sold, and the currency of its prices. */
export interface Market {
  iso2: string
  name: string
  currency: string
}

export type Store = 'business' | 'cloud'

/** A node of a category or industry tree. The identity of a child is `parent/child`: keys repeat under several parents (spec/09 §4.3). */
export interface TreeNode {
  key: string
  name: string
  children: { key: string; name: string }[]
}

interface KeyedRow {
  name: string
  keys: Record<string, string | null>
}

const read = (file: string) => readFileSync(new URL(`../../reference-data/${file}.json`, import.meta.url), 'utf8')

/** All tables that the documents publish, read and checked when the program starts (RF-01). */
const tables = new Map(referenceFiles.map((file) => [file, parseReferenceFile(file, read(file))]))

const load = <T>(file: ReferenceFile) => tables.get(file) as T

/** A file of our own making. */
const own = <T>(file: string) => JSON.parse(read(file)) as T

type KeyOf = (keys: KeyedRow['keys']) => string | null | undefined

/** A row's key in the stores' own lists, where offers of all types stand together: that of the first column that has one. */
const firstKey: KeyOf = (keys) => Object.values(keys).find((key) => key !== null)

function tree(rows: (KeyedRow & { children: KeyedRow[] })[], keyOf: KeyOf): TreeNode[] {
  return rows.flatMap((row) => {
    const key = keyOf(row.keys)
    if (!key) return []
    const children = row.children.flatMap((child) => {
      const childKey = keyOf(child.keys)
      return childKey ? [{ key: childKey, name: child.name }] : []
    })
    return [{ key, name: row.name, children }]
  })
}

export const countries: readonly Country[] = load<Country[]>('countries')

/** The 141 geographies that can purchase, in alphabetical order (seed 001 L26418). */
export const markets: readonly Market[] = countries.flatMap((country) =>
  country.customerPurchase && country.currency ? [{ iso2: country.iso2, name: country.name, currency: country.currency }] : [],
)

/** Countries and regions where a seller may reside (spec/09 §3); rows without a code of their own are left out. */
export const publisherCountries: readonly { iso2: string; name: string }[] = [
  ...new Map(
    load<{ iso2: string | null; name: string }[]>('publisher-countries').flatMap(({ iso2, name }) =>
      iso2 ? [[iso2, { iso2, name }] as const] : [],
    ),
  ).values(),
]

/** Every country and region where a seller may reside, under its own name: names are what tells them apart (spec/09 §1, RF-11). */
export const publisherResidences: readonly { name: string; iso2: string | null }[] = load('publisher-countries')

/** Domains of providers that give mailboxes to anybody: an address there says nothing about a company. */
export const personalMailDomains: ReadonlySet<string> = new Set(own<string[]>('personal-mail-domains'))

/** What sellers agree to until the operator publishes texts of its own. */
export const firstAgreements: readonly {
  kind: 'publisher' | 'partner-network'
  version: string
  title: string
  /** ISO date */
  publishedAt: string
  /** paragraphs, with an empty line between them */
  body: string
}[] = own('agreements')

/** What support requests may be about, until the operator changes the tree (spec/09 §7.2). */
export const firstSupportTopics: readonly {
  id: string
  parent: string | null
  title: string
  kind: string
  audience: 'publisher' | 'customer' | 'everybody'
  keywords: string
  solutions: { title: string; text: string; address: string }[]
  position: number
}[] = own('support-topics')

/** Countries of co-sell contacts by their codes; OOO stands for a contact that covers everything (spec/09 §3). */
export const cosellCountries: ReadonlyMap<string, string> = new Map(
  load<{ name: string; code: string }[]>('cosell-countries').map(({ code, name }) => [code, name]),
)

/** Codes of countries whose income tax treaty with the United States is in force. */
export const taxTreatyCountries: ReadonlySet<string> = new Set(own<{ iso2: string }[]>('tax-treaties').map((row) => row.iso2))

const marketByCode = new Map(markets.map((market) => [market.iso2, market]))

/** The market of an ISO 3166-1 alpha-2 code in upper case, or undefined where nothing can be purchased. */
export function findMarket(iso2: string): Market | undefined {
  return marketByCode.get(iso2)
}

interface CategoryFile {
  categories: (KeyedRow & { subcategories: KeyedRow[] })[]
}

const categoryFiles: Record<Store, CategoryFile> = {
  business: load<CategoryFile>('categories-appsource'),
  cloud: load<CategoryFile>('categories-azure-marketplace'),
}

const publishedCategories = {
  business: categoryFiles.business.categories.map((category) => ({ ...category, children: category.subcategories })),
  cloud: categoryFiles.cloud.categories.map((category) => ({ ...category, children: category.subcategories })),
}

const categoryRows = { ...publishedCategories }

/**
 * Categories of a store with the keys of one offer type's column (`saas`, `azureApp`, …), in the published order.
 * Empty when that type is never listed in the store.
 */
export function categoryTree(store: Store, column: string): TreeNode[] {
  return tree(categoryRows[store], (keys) => keys[column])
}

const industryFile = load<{ industries: (KeyedRow & { verticals: KeyedRow[] })[] }>('industries-appsource')

const publishedIndustries = industryFile.industries.map((industry) => ({ ...industry, children: industry.verticals }))

let industryRows = publishedIndustries

/** Industries and their verticals with the keys of one column (`saasDynamics365`, `powerBiApp`). */
export function industryTree(column: string): TreeNode[] {
  return tree(industryRows, (keys) => keys[column])
}

/** All categories of a store, as its lists name them for offers of every type. */
export const storeCategories: Record<Store, TreeNode[]> = {
  business: tree(categoryRows.business, firstKey),
  cloud: tree(categoryRows.cloud, firstKey),
}

/** All industries, as the lists of the business store name them for offers of every type. */
export const storeIndustries: TreeNode[] = tree(industryRows, firstKey)

export type TaxonomyTree = Store | 'industries'

/** A category, subcategory, industry or vertical that the operator has added: with the same key for offers of all types that have its parent. */
export interface TaxonomyEntry {
  tree: TaxonomyTree
  /** name of what it stands below; empty: it stands beside the others */
  parent: string
  key: string
  name: string
}

type TaxonomyRow = (typeof publishedIndustries)[number]

const columnsOf = (rows: readonly KeyedRow[]) => [...new Set(rows.flatMap((row) => Object.keys(row.keys)))]

/** Published rows with added ones: first the categories, so that a subcategory finds the one it stands below. */
function extended(rows: readonly TaxonomyRow[], entries: readonly TaxonomyEntry[]): TaxonomyRow[] {
  const columns = columnsOf(rows)
  const own = entries.filter((one) => one.parent === '')
  const all = [
    ...rows,
    ...own.map(({ key, name }) => ({
      name,
      keys: Object.fromEntries(columns.map((column) => [column, key])),
      verticals: [],
      children: [],
    })),
  ]
  return all.map((row) => ({
    ...row,
    children: [
      ...row.children,
      ...entries
        .filter((one) => one.parent === row.name)
        .map(({ key, name }) => ({
          name,
          keys: Object.fromEntries(Object.entries(row.keys).map(([column, parent]) => [column, parent && key])),
        })),
    ],
  }))
}

let applied = ''

/** Which version of the added entries this process has; empty: none. */
export const taxonomyVersion = () => applied

/** From now on the trees are the published ones with these entries. */
export function extendTaxonomy(version: string, entries: readonly TaxonomyEntry[]): void {
  const of = (name: TaxonomyTree) => entries.filter((one) => one.tree === name)
  for (const store of ['business', 'cloud'] as const) {
    const rows = publishedCategories[store].map((row) => ({ ...row, verticals: [] }))
    categoryRows[store] = extended(rows, of(store)).map((row) => ({ ...row, subcategories: [] }))
    storeCategories[store] = tree(categoryRows[store], firstKey)
  }
  industryRows = extended(publishedIndustries, of('industries'))
  storeIndustries.splice(0, storeIndustries.length, ...tree(industryRows, firstKey))
  applied = version
}

/** One tree as a list: each entry with the name of what it stands below. */
export function taxonomyOf(name: TaxonomyTree): { parent: string; key: string; name: string }[] {
  const nodes = name === 'industries' ? storeIndustries : storeCategories[name]
  return nodes.flatMap((node) => [
    { parent: '', key: node.key, name: node.name },
    ...node.children.map((child) => ({ parent: node.name, key: child.key, name: child.name })),
  ])
}

/** The path in `to` of what stands at `path` in `from`: the same names; undefined where it stands in neither. */
export function samePlace(from: readonly TreeNode[], path: string, to: readonly TreeNode[]): string | undefined {
  const found = findInTree(from, path)
  const parent = found && to.find((node) => node.name === found.name)
  if (!parent || found.child === undefined) return parent?.key
  const child = parent.children.find((node) => node.name === found.child)
  return child && `${parent.key}/${child.key}`
}

/**
 * Names of a path `parent` or `parent/child` in a tree, compared with case (spec/09 §4.3).
 *
 * @returns undefined when the path is not in the tree
 */
export function findInTree(nodes: readonly TreeNode[], path: string): { name: string; child?: string } | undefined {
  const [parentKey, childKey, ...rest] = path.split('/')
  const parent = nodes.find((node) => node.key === parentKey)
  if (!parent || rest.length > 0) return undefined
  if (childKey === undefined) return { name: parent.name }
  const child = parent.children.find((node) => node.key === childKey)
  return child && { name: parent.name, child: child.name }
}

const htmlTags = load<{ tags: { tag: string }[]; mentionedElsewhere: { tag: string }[] }>('html-tags')

/** Elements allowed in rich text, without any attribute (spec/09 §5: the 13 documented ones and the two of the samples). */
export const allowedHtmlTags: readonly string[] = [...htmlTags.tags, ...htmlTags.mentionedElsewhere].map((row) => row.tag)

/** Reference data that clients may read as it is, with what each holds. */
export const publishedReferenceData = {
  countries: 'Geographies of billing addresses: ISO 3166-1 code, currency of sale, whether customers can purchase there.',
  'publisher-countries': 'Countries and regions where a publisher may reside.',
  'cosell-countries': 'Country codes of co-sell contacts; OOO alone stands for a contact that covers everything.',
  'cosell-states': 'State codes of co-sell contacts in the United States, Canada and Australia.',
  'categories-appsource': 'Categories of the business store with the keys of each offer type; null where there is none.',
  'categories-azure-marketplace': 'Categories of the cloud store with the keys of each offer type; null where there is none.',
  'industries-appsource': 'Industries and verticals with the keys of each offer type.',
  'html-tags': 'Elements allowed in descriptions, without attributes.',
} as const

export type ReferenceDataName = keyof typeof publishedReferenceData

/** One table of the reference data, as it lies in `reference-data/`. */
export function readReferenceData(name: ReferenceDataName): unknown {
  return load(name)
}
