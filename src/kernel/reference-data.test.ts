import { expect, test } from 'vitest'
import { allowedHtmlTags, categoryTree, countries, findInTree, findMarket, industryTree, markets } from './reference-data.ts'

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
