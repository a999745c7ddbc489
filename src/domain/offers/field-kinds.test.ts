import { expect, test } from 'vitest'
import { fieldKinds, isEmpty } from './field-kinds.ts'

const message = (result: { success: boolean; error?: { issues: { message: string }[] } }) => result.error?.issues[0]?.message

test.each([
  ['ftp://contoso.example', 'Enter a complete address that starts with https://.'],
  ['javascript:alert(1)', 'Enter a complete address that starts with https://.'],
  ['contoso.example', 'Enter a complete address that starts with https://.'],
  ['http://contoso.example/signup', 'The address must start with https://.'],
  ['http://localhost.contoso.example/signup', 'The address must start with https://.'],
  ['https://contoso.example/#/signup', 'The address must not contain #.'],
  ['https://user:secret@contoso.example/', 'The address must not hold a user name or password.'],
])('AP-023 SA-132 as a landing page %s is refused', (address, reason) => {
  expect(message(fieldKinds.url({ reach: 'https-or-loopback', fragment: false }).safeParse(address))).toBe(reason)
})

test('https is taken, and http on this machine where the sandbox allows it', () => {
  const landingPage = fieldKinds.url({ reach: 'https-or-loopback', fragment: false })
  expect(landingPage.safeParse('https://contoso.example/signup?x=1').success).toBe(true)
  expect(landingPage.safeParse('http://localhost:3980/signup').success).toBe(true)
  expect(landingPage.safeParse('http://[::1]:3980/signup').success).toBe(true)
  expect(fieldKinds.url({ reach: 'https' }).safeParse('http://localhost:3980/').success).toBe(false)
})

test('SA-122 names take trademark signs, but no emoji and not more than 50 characters', () => {
  const name = fieldKinds.text({ max: 50, emoji: false })
  expect(name.safeParse('Contoso™ CRM® ©').success).toBe(true)
  expect(message(name.safeParse('Contoso 🚀'))).toBe('Use no emoji.')
  expect(name.safeParse('x'.repeat(50)).success).toBe(true)
  expect(message(name.safeParse('x'.repeat(51)))).toBe('Use at most 50 characters.')
  expect(name.safeParse('two\nlines').success).toBe(false)
})

test('SA-122 RF-23 a description counts its markup', () => {
  const description = fieldKinds['rich-text']({ max: 3000 })
  expect(description.safeParse(`<p>${'x'.repeat(2993)}</p>`).success).toBe(true)
  expect(message(description.safeParse(`<p>${'x'.repeat(2994)}</p>`))).toBe('Use at most 3000 characters, markup and spaces included.')
})

test('SA-113 one or two categories; RF-17 keys of the store only', () => {
  const categories = fieldKinds.categories({ column: 'saas', max: 2, maxChildren: 2 })
  expect(categories.safeParse({ business: ['Sales/crm'], cloud: ['web/web-apps'] }).success).toBe(true)
  expect(message(categories.safeParse({ business: ['Sales/crm', 'Marketing'], cloud: ['web'] }))).toBe('Choose at most 2 categories.')
  expect(message(categories.safeParse({ business: ['web/web-apps'], cloud: [] }))).toContain('no category of this store')
  expect(categories.safeParse({ business: ['Sales/crm', 'Sales/telesales', 'Sales/e-commerce'], cloud: [] }).success).toBe(false)
})

test('SA-114 up to two industries with one or two verticals each', () => {
  const industries = fieldKinds.industries({ column: 'saasDynamics365', max: 2, maxChildren: 2 })
  expect(industries.safeParse(['Distribution/Wholesale', 'Education/HigherEducation']).success).toBe(true)
  expect(industries.safeParse(['Distribution/Wholesale', 'Education/HigherEducation', 'Automotive/AutomotiveL2']).success).toBe(false)
  expect(industries.safeParse(['Nowhere/Nothing']).success).toBe(false)
})

test('SA-125 at most three keywords; SA-126 link titles of 255 characters, with https', () => {
  expect(fieldKinds.keywords({ max: 3 }).safeParse(['a', 'b', 'c', 'd']).success).toBe(false)
  const links = fieldKinds.links({ max: 25 })
  expect(links.safeParse([{ title: 'x'.repeat(255), url: 'https://a.example' }]).success).toBe(true)
  expect(links.safeParse([{ title: 'x'.repeat(256), url: 'https://a.example' }]).success).toBe(false)
  expect(links.safeParse([{ title: 'x', url: 'http://a.example' }]).success).toBe(false)
})

test('SA-117 own terms have at most 10,000 characters', () => {
  const terms = fieldKinds.terms({ max: 10_000 })
  expect(terms.safeParse({ kind: 'own', html: `<p>${'x'.repeat(9993)}</p>` }).success).toBe(true)
  expect(terms.safeParse({ kind: 'own', html: `<p>${'x'.repeat(9994)}</p>` }).success).toBe(false)
})

test('SA-133 directory ids are GUIDs', () => {
  expect(fieldKinds.guid({}).parse(' 50C464D3-4930-494C-963C-1E951D15360E ')).toBe('50c464d3-4930-494c-963c-1e951d15360e')
  expect(fieldKinds.guid({}).safeParse('contoso').success).toBe(false)
})

test.each(['-1', '1e3', '1.999', '12,50', '$5', 'NaN', '', '99999999999999'])('a fee of %s is refused', (entered) => {
  expect(fieldKinds['term-prices']({}).safeParse({ P1M: entered }).success).toBe(false)
})

test('SA-145 a fee of 0 is a price; amounts keep two decimals', () => {
  expect(fieldKinds['term-prices']({}).parse({ P1M: '0', P1Y: 470 })).toEqual({ P1M: '0.00', P1Y: '470.00' })
})

test('SA-147 users: at least 1, without limit when no maximum is given, and the maximum is not below the minimum', () => {
  expect(fieldKinds.seats({}).parse({})).toEqual({ min: 1 })
  expect(fieldKinds.seats({}).safeParse({ min: 5, max: 4 }).success).toBe(false)
  expect(fieldKinds.seats({}).safeParse({ min: 0 }).success).toBe(false)
})

test('SA-157 at most 30 dimensions, each with an id of its own', () => {
  const rows = (n: number) => Array.from({ length: n }, (_, index) => ({ id: `d${index}`, displayName: 'name', unitOfMeasure: 'unit' }))
  expect(fieldKinds.dimensions({ max: 30 }).safeParse(rows(30)).success).toBe(true)
  expect(fieldKinds.dimensions({ max: 30 }).safeParse(rows(31)).success).toBe(false)
  expect(fieldKinds.dimensions({ max: 30 }).safeParse([...rows(2), ...rows(1)]).success).toBe(false)
})

test('SA-161 SA-163 included quantities are whole and not negative, an infinite dimension has no price', () => {
  const dimension = { dimensionId: 'email', pricePerUnit: '0.0005', included: { P1M: 0 } }
  expect(fieldKinds['plan-dimensions']({ of: { module: 'pricing', field: 'dimensions' } }).parse([dimension])).toEqual([
    { ...dimension, enabled: true, infinite: false },
  ])
  expect(
    fieldKinds['plan-dimensions']({ of: { module: 'pricing', field: 'dimensions' } }).safeParse([{ ...dimension, included: { P1M: -1 } }])
      .success,
  ).toBe(false)
  expect(
    fieldKinds['plan-dimensions']({ of: { module: 'pricing', field: 'dimensions' } }).safeParse([{ ...dimension, included: { P1M: 1.5 } }])
      .success,
  ).toBe(false)
  expect(
    fieldKinds['plan-dimensions']({ of: { module: 'pricing', field: 'dimensions' } }).safeParse([{ ...dimension, pricePerUnit: '-1' }])
      .success,
  ).toBe(false)
  expect(
    fieldKinds['plan-dimensions']({ of: { module: 'pricing', field: 'dimensions' } }).safeParse([{ ...dimension, infinite: true }]).success,
  ).toBe(false)
  expect(
    fieldKinds['plan-dimensions']({ of: { module: 'pricing', field: 'dimensions' } }).safeParse([{ dimensionId: 'email' }]).success,
  ).toBe(false)
})

test('RF-02 nothing is sold where no customer can purchase', () => {
  expect(message(fieldKinds.markets({ max: 141 }).safeParse(['CN']))).toBe('Nothing can be sold in CN.')
  expect(fieldKinds.markets({ max: 141 }).parse(['US', 'DE', 'US'])).toEqual(['DE', 'US'])
})

test('what counts as not filled in', () => {
  for (const value of [undefined, null, '', '  ', [], {}, { name: '' }]) expect(isEmpty(value)).toBe(true)
  for (const value of [0, false, '0', [0], { P1M: '0.00' }]) expect(isEmpty(value)).toBe(false)
})
