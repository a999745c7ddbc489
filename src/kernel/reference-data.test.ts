import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  allowedHtmlTags,
  categoryTree,
  countries,
  findInTree,
  findMarket,
  industryTree,
  markets,
  readReferenceData,
  samePlace,
  storeCategories,
  storeIndustries,
} from './reference-data.ts'
import { parseReferenceFile, type ReferenceFile, referenceFiles } from './reference-file.ts'

test('141 of 142 geographies can purchase; China cannot', () => {
  expect(countries).toHaveLength(142)
  expect(markets).toHaveLength(141)
  expect(findMarket('CN')).toBeUndefined()
  expect(findMarket('DE')).toEqual({ iso2: 'DE', name: 'Germany', currency: 'EUR' })
})

test('RF-17 category keys are compared with case, within their parent: found by parent and child key, with case', () => {
  expect(findInTree(categoryTree('business', 'saas'), 'Sales/crm')).toMatchObject({ name: 'Sales' })
  expect(findInTree(categoryTree('cloud', 'saas'), 'storage-saas/backup')).toMatchObject({ child: 'Backup & Recovery' })
  expect(findInTree(categoryTree('business', 'saas'), 'sales/crm')).toBeUndefined()
  expect(findInTree(categoryTree('business', 'saas'), 'Sales/crm/x')).toBeUndefined()
})

test('RF-18 rows without a key for the offer type are left out', () => {
  const iot = categoryTree('cloud', 'saas').find((node) => node.key === 'IoT')
  expect(iot?.children.map((child) => child.key)).toEqual([
    'iot-solutions',
    'data-analytics-and-visualization',
    'iot-connectivity',
    'other-internet-of-things',
  ])
  expect(industryTree('saasDynamics365')).toHaveLength(15)
})

test('15 elements are allowed in rich text', () => {
  expect(allowedHtmlTags).toHaveLength(15)
  expect(allowedHtmlTags).not.toContain('a')
})

const textOf = (file: ReferenceFile) => readFileSync(new URL(`../../reference-data/${file}.json`, import.meta.url), 'utf8')

test('RF-01 all eight published tables are read and hold what the documents list', () => {
  expect(referenceFiles).toHaveLength(8)
  const rows = (file: ReferenceFile) => (parseReferenceFile(file, textOf(file)) as unknown[]).length
  expect([rows('countries'), rows('publisher-countries'), rows('cosell-countries'), rows('cosell-states')]).toEqual([142, 245, 247, 78])
  for (const file of referenceFiles) expect(readReferenceData(file)).toEqual(parseReferenceFile(file, textOf(file)))
})

/** The file's text with another value at a place. */
function changed(file: ReferenceFile, path: readonly (string | number)[], value: unknown): string {
  const content: unknown = JSON.parse(textOf(file))
  const parent = path.slice(0, -1).reduce((node, key) => (node as Record<string | number, unknown>)[key], content)
  ;(parent as Record<string | number, unknown>)[path.at(-1) ?? ''] = value
  return JSON.stringify(content)
}

test.each<[ReferenceFile, (string | number)[], unknown, string]>([
  ['countries', [2, 'currency'], 'dollars', 'countries.json, row 3, currency: must be three capital letters'],
  ['countries', [4, 'iso2'], 'AL', 'countries.json, row 5: "AL" is the identifier of row 2 already.'],
  ['publisher-countries', [3, 'name'], 'Afghanistan', 'publisher-countries.json, row 4: "Afghanistan" is the identifier of row 1 already.'],
  ['cosell-countries', [1, 'code'], 'af', 'cosell-countries.json, row 2, code'],
  ['cosell-states', [1, 'code'], 'US-AL', 'cosell-states.json, row 2: "US-AL" is the identifier of row 1 already.'],
  ['categories-appsource', ['categories', 1, 'keys', 'saas'], 'analytics', 'row 2: "saas analytics" is the identifier of row 1 already.'],
  [
    'categories-azure-marketplace',
    ['categories', 0, 'subcategories', 1, 'keys', 'saas'],
    'data-insights',
    'row 1.2: "saas data-insights" is the identifier of row 1.1 already.',
  ],
  ['industries-appsource', ['industries', 3, 'name'], undefined, 'industries-appsource.json, row 4, name'],
  ['html-tags', ['tags', 0, 'tag'], '<b>', 'html-tags.json, row 1, tag: must be the name of an element'],
])('RF-01 a fault in %s at %j is told with file and row', (file, path, value, told) => {
  expect(() => parseReferenceFile(file, changed(file, path, value))).toThrow(told)
})

test('RF-01 a file that does not parse is named', () => {
  expect(() => parseReferenceFile('countries', '[{')).toThrow('reference-data/countries.json is no JSON')
  expect(() => parseReferenceFile('countries', '{}')).toThrow('reference-data/countries.json, the file')
})

test('RF-15 categories and industries are there for the offer types that have them, and for no other', () => {
  const offered = (column: string) => [
    categoryTree('cloud', column).length > 0,
    categoryTree('business', column).length > 0,
    industryTree(column).length > 0,
  ]
  expect(offered('azureApp')).toEqual([true, false, false])
  expect(offered('vmContainerIotEdge')).toEqual([true, false, false])
  expect(offered('saas').slice(0, 2)).toEqual([true, true])
  expect(offered('saasDynamics365')).toEqual([false, false, true])
  expect(offered('dynamics365').slice(0, 2)).toEqual([false, true])
  expect(offered('powerBiApp')).toEqual([false, true, true])
  expect(offered('powerBiVisual')).toEqual([false, false, false])
})

test('the stores name a category once for offers of all types; keys of a type lead to it', () => {
  for (const tree of [storeCategories.business, storeCategories.cloud, storeIndustries]) {
    expect(new Set(tree.map(({ key }) => key)).size).toBe(tree.length)
    for (const { children } of tree) expect(new Set(children.map(({ key }) => key)).size).toBe(children.length)
  }
  const toStore = (column: string, path: string) => samePlace(categoryTree('cloud', column), path, storeCategories.cloud)
  expect(toStore('saas', 'analytics/big-data')).toBe('analytics/big-data')
  expect(toStore('azureApp', 'analytics-azure-apps/bigData')).toBe('analytics/big-data')
  expect(toStore('vmContainerIotEdge', 'analytics-amp')).toBe('analytics')
  expect(toStore('saas', 'analytics-amp')).toBeUndefined()
  for (const { key, children } of categoryTree('business', 'saas')) {
    for (const path of [key, ...children.map((child) => `${key}/${child.key}`)])
      expect(samePlace(categoryTree('business', 'saas'), path, storeCategories.business)).toBe(path)
  }
})
