import { expect, test } from 'vitest'
import { type FieldKind, fieldKinds } from '../field-kinds.ts'
import { field } from '../offer-type.ts'

/** For each kind: its options, values it takes, and values it refuses with the sentence that the person reads. */
interface Row {
  options?: unknown
  taken: unknown[]
  refused: [unknown, string][]
}

const hash = 'a'.repeat(64)
const guid = '50c464d3-4930-494c-963c-1e951d15360e'
const contact = { name: 'Ana Díaz', email: 'ana@contoso.example', phone: '+34 (91) 555-0100' }
const complete = 'Enter a complete address that starts with https://.'
const startsWithHttps = 'The address must start with https://.'
const upload = 'Upload the file first.'
const long = (n: number) => 'x'.repeat(n)
const many = <T>(n: number, make: (index: number) => T) => Array.from({ length: n }, (_, index) => make(index))

const kinds: Record<FieldKind, Row> = {
  text: {
    options: { max: 50, emoji: false, pattern: '^[^!]*$', patternHint: 'Use no exclamation mark.' },
    taken: ['Contoso™ CRM®', long(50), 'Straße 北京'],
    refused: [
      [long(51), 'Use at most 50 characters.'],
      ['Contoso 🚀', 'Use no emoji.'],
      ['two\nlines', 'Use a single line without control characters.'],
      ['bell\u0007', 'Use a single line without control characters.'],
      ['Buy now!', 'Use no exclamation mark.'],
      [5, 'Enter a text.'],
      [{ evil: true }, 'Enter a text.'],
    ],
  },
  multiline: {
    options: { max: 500 },
    taken: ['two\nlines', '<script> is text here'],
    refused: [
      [long(501), 'Use at most 500 characters.'],
      ['null\u0000', 'Use no control characters.'],
      [[], 'Enter a text.'],
    ],
  },
  'rich-text': {
    options: { max: 20 },
    taken: ['<p>bold</p>', '<script>alert("far longer than twenty")</script>ok'],
    refused: [
      [`<p>${long(14)}</p>`, 'Use at most 20 characters, markup and spaces included.'],
      [long(401), 'Use at most 20 characters, markup and spaces included.'],
      [7, 'Enter a text.'],
    ],
  },
  integer: {
    options: { min: 1, max: 9 },
    taken: [1, 9],
    refused: [
      [0, 'Use at least 1.'],
      [10, 'Use at most 9.'],
      [1.5, 'Enter a whole number.'],
      ['3', 'Enter a whole number.'],
    ],
  },
  url: {
    options: { reach: 'https', fragment: false },
    taken: ['https://contoso.example/a?b=c'],
    refused: [
      ['javascript:alert(1)', complete],
      ['data:text/html,x', complete],
      ['ftp://contoso.example', complete],
      ['//contoso.example', complete],
      ['contoso.example', complete],
      ['http://contoso.example', startsWithHttps],
      ['http://localhost/', startsWithHttps],
      ['https://contoso.example/#top', 'The address must not contain #.'],
      ['https://user:secret@contoso.example', 'The address must not hold a user name or password.'],
      [`https://contoso.example/${long(2048)}`, 'Use at most 2048 characters.'],
    ],
  },
  email: {
    taken: ['ana@contoso.example'],
    refused: [
      ['ana', 'Enter an e-mail address.'],
      ['ana@contoso.example, bo@contoso.example', 'Enter an e-mail address.'],
      [`${long(250)}@a.example`, 'Use at most 254 characters.'],
    ],
  },
  phone: {
    taken: ['+49 (30) 5550-100', '0800 555.0100'],
    refused: [
      ['call me', 'Enter a phone number of digits, spaces and + ( ) . / -.'],
      ['+1', 'Enter a phone number of digits, spaces and + ( ) . / -.'],
      ['5'.repeat(41), 'Use at most 40 characters.'],
    ],
  },
  guid: {
    taken: [guid, guid.toUpperCase()],
    refused: [
      ['contoso', 'Enter a GUID such as 50c464d3-4930-494c-963c-1e951d15360e.'],
      [guid.slice(1), 'Enter a GUID such as 50c464d3-4930-494c-963c-1e951d15360e.'],
      [`{${guid}}`, 'Enter a GUID such as 50c464d3-4930-494c-963c-1e951d15360e.'],
    ],
  },
  choice: {
    options: { values: { a: 'One', b: 'Two' } },
    taken: ['a'],
    refused: [
      ['c', 'Choose one of: a, b.'],
      [1, 'Choose one of: a, b.'],
      ['toString', 'Choose one of: a, b.'],
    ],
  },
  'multi-choice': {
    options: { values: { a: 'One', b: 'Two', c: 'Three' }, max: 2 },
    taken: [
      ['b', 'a'],
      ['a', 'a', 'b'],
    ],
    refused: [
      [['a', 'b', 'c'], 'Choose at most 2.'],
      [['d'], 'Choose among: a, b, c.'],
    ],
  },
  flag: {
    options: {},
    taken: [true, false],
    refused: [
      ['yes', 'Choose yes or no.'],
      [1, 'Choose yes or no.'],
    ],
  },
  categories: {
    options: { column: 'saas', max: 2, maxChildren: 2 },
    taken: [{ business: ['Sales/crm'], cloud: ['web/web-apps'] }, ['Sales/crm', 'web/web-apps']],
    refused: [
      [['sales/crm'], 'sales/crm is no category of this store for this type of offer.'],
      [{ business: ['sales/crm'] }, 'sales/crm is no category of this store for this type of offer.'],
      [{ business: ['Sales'], cloud: ['web', 'security'] }, 'Choose at most 2 categories.'],
      [{ business: ['Sales', 'Sales'] }, 'Choose each category once.'],
    ],
  },
  industries: {
    options: { column: 'saasDynamics365', max: 2, maxChildren: 2 },
    taken: [['Distribution/Wholesale']],
    refused: [
      [['Nowhere'], 'Nowhere is no industry.'],
      [['Distribution/Wholesale', 'Distribution/Wholesale'], 'Choose each industry once.'],
      [['Distribution/Wholesale', 'Education/HigherEducation', 'Automotive/AutomotiveL2'], 'Choose at most 2 industries.'],
    ],
  },
  regions: {
    options: { max: 2 },
    taken: [['DE', 'CN']],
    refused: [
      [['XX'], 'XX is no country code.'],
      [['de'], 'de is no country code.'],
      [['DE', 'FR', 'IT'], 'Choose at most 2 countries.'],
      [['OOO', 'DE'], 'OOO covers everything: it stands alone.'],
      ['DE, OOO', 'OOO covers everything: it stands alone.'],
      ['DE;FR', 'DE;FR is no country code.'],
      [['000'], '000 is no country code.'],
      [['XK'], 'XK is no country code.'],
    ],
  },
  keywords: {
    options: { max: 3 },
    taken: [['crm', 'sales']],
    refused: [
      [['a', 'b', 'c', 'd'], 'Use at most 3 keywords.'],
      [['crm', 'CRM'], 'Use each keyword once.'],
      [[' '], 'A keyword must not be empty.'],
      [[long(51)], 'Use at most 50 characters.'],
    ],
  },
  contact: {
    options: {},
    taken: [contact],
    refused: [
      [{ ...contact, name: 'Ana 😀' }, 'Use no emoji.'],
      [{ ...contact, name: '' }, 'Enter a name.'],
      [{ ...contact, email: 'ana' }, 'Enter an e-mail address.'],
      [{ ...contact, phone: 'none' }, 'Enter a phone number of digits, spaces and + ( ) . / -.'],
    ],
  },
  links: {
    options: { max: 2 },
    taken: [[{ title: long(255), url: 'https://a.example/#part' }]],
    refused: [
      [[{ title: long(256), url: 'https://a.example' }], 'Use at most 255 characters.'],
      [[{ title: 'a', url: 'http://a.example' }], startsWithHttps],
      [[{ title: 'a', url: 'javascript:alert(1)' }], complete],
      [[{ title: '', url: 'https://a.example' }], 'Enter a title.'],
      [many(3, () => ({ title: 'a', url: 'https://a.example' })), 'Use at most 2 links.'],
    ],
  },
  products: {
    options: { max: 2 },
    taken: [[{ url: 'https://appsource.microsoft.com/en-us/product/office/WA104381441?tab=Overview' }]],
    refused: [
      [
        [{ url: 'https://contoso.example/product/office/WA104381441' }],
        'Enter the AppSource address of a published client, such as https://appsource.microsoft.com/product/office/WA104381441.',
      ],
      [
        [{ url: 'http://appsource.microsoft.com/product/office/WA104381441' }],
        'Enter the AppSource address of a published client, such as https://appsource.microsoft.com/product/office/WA104381441.',
      ],
      [
        [
          { url: 'https://appsource.microsoft.com/product/office/WA104381441' },
          { url: 'https://appsource.microsoft.com/de-de/product/office/wa104381441' },
        ],
        'WA104381441 is linked already.',
      ],
    ],
  },
  repeated: {
    options: {
      max: 2,
      itemLabel: 'contact',
      fields: { name: field('text', { max: 10 }, { label: 'Name', required: true }), email: field('email', {}, { label: 'E-mail' }) },
    },
    taken: [[{ name: 'Ana' }, { name: 'Bo', email: 'bo@a.example' }]],
    refused: [
      [[{ name: long(11) }], 'Use at most 10 characters.'],
      [[{ name: '' }], 'Enter name.'],
      [[{ name: 'Ana', email: 'no' }], 'Enter an e-mail address.'],
      [[{ name: 'Ana', colour: 'red' }], 'There is no field colour.'],
      [many(3, () => ({ name: 'a' })), 'Use at most 2.'],
    ],
  },
  file: {
    options: { accept: 'zip', maxBytes: 1024 },
    taken: [{ file: hash, fileName: 'package.zip' }],
    refused: [
      [{ file: '../../etc/passwd', fileName: 'a' }, upload],
      [{ file: hash, fileName: '' }, 'The file needs a name.'],
    ],
  },
  documents: {
    options: { accept: 'pdf', maxBytes: 1024, max: 1 },
    taken: [[{ name: 'Data sheet', file: hash }]],
    refused: [
      [[{ name: '', file: hash }], 'Enter a name.'],
      [[{ name: 'a', file: 'https://a.example/a.pdf' }], upload],
      [many(2, () => ({ name: 'a', file: hash })), 'Use at most 1 documents.'],
    ],
  },
  image: {
    options: { width: 300, height: 300 },
    taken: [hash],
    refused: [
      ['logo.png', upload],
      ['A'.repeat(64), upload],
    ],
  },
  logos: {
    options: { min: 216, max: 350, medium: 90, small: 48 },
    taken: [{ large: hash, medium: hash, small: hash }],
    refused: [[{ large: 'x', medium: hash, small: hash }, upload]],
  },
  screenshots: {
    options: { max: 1, width: 1280, height: 720 },
    taken: [[{ file: hash, caption: 'a' }]],
    refused: [
      [[{ file: hash, caption: '' }], 'Enter a caption.'],
      [[{ file: 'x', caption: 'a' }], upload],
      [many(2, () => ({ file: hash, caption: 'a' })), 'Use at most 1 screenshots.'],
    ],
  },
  videos: {
    options: { max: 1, width: 1280, height: 720 },
    taken: [
      [{ title: 'Tour', url: 'https://www.youtube.com/watch?v=1', thumbnail: hash }],
      [{ title: 'Tour', url: 'https://vimeo.com/1', thumbnail: hash }],
    ],
    refused: [
      [
        [{ title: 'a', url: 'https://youtube.com.evil.example/watch', thumbnail: hash }],
        'Enter the address of a video on YouTube or Vimeo.',
      ],
      [[{ title: 'a', url: 'https://dailymotion.com/1', thumbnail: hash }], 'Enter the address of a video on YouTube or Vimeo.'],
      [[{ title: 'a', url: 'javascript://youtube.com/%0aalert(1)', thumbnail: hash }], 'Enter the address of a video on YouTube or Vimeo.'],
      [[{ title: '', url: 'https://vimeo.com/1', thumbnail: hash }], 'Enter a title.'],
      [[{ title: 'a', url: 'https://vimeo.com/1', thumbnail: '' }], upload],
    ],
  },
  terms: {
    options: { max: 20 },
    taken: [
      { kind: 'standard' },
      { kind: 'standard', amendment: long(50_000) },
      { kind: 'standard', custom: [{ text: long(4000), tenants: [{ tenantId: guid }] }] },
      { kind: 'own', html: '<p>short</p>' },
    ],
    refused: [
      [{ kind: 'none' }, 'Choose the standard contract or terms of your own.'],
      [{ kind: 'own', html: `<p>${long(14)}</p>` }, 'Use at most 20 characters, markup and spaces included.'],
      [{ kind: 'own', html: 'a', url: 'http://a.example' }, startsWithHttps],
      [{ kind: 'standard', custom: [{ text: long(4001), tenants: [{ tenantId: guid }] }] }, 'Use at most 4000 characters.'],
      [{ kind: 'standard', custom: [{ text: '', tenants: [{ tenantId: guid }] }] }, 'Enter the terms.'],
      [{ kind: 'standard', custom: [{ text: 'a', tenants: [] }] }, 'Name at least one tenant.'],
      [
        { kind: 'standard', custom: [{ text: 'a', tenants: many(21, (n) => ({ tenantId: guid.replace(/..$/, String(n + 10)) })) }] },
        'Name at most 20 tenants.',
      ],
      [{ kind: 'standard', custom: [{ text: 'a', tenants: [{ tenantId: guid }, { tenantId: guid }] }] }, 'Name each tenant once.'],
      [{ kind: 'standard', custom: many(11, () => ({ text: 'a', tenants: [{ tenantId: guid }] })) }, 'Use at most 10 custom amendments.'],
    ],
  },
  audience: {
    options: { id: 'person', manual: 10, max: 20, csvType: ['MixedAadMsaId'] },
    taken: [[{ id: 'Ana@Contoso.example', description: 'tester' }], ['bo@contoso.example']],
    refused: [
      [[{ id: guid }], 'Enter an e-mail address.'],
      [[{ id: 'a@a.example' }, 'A@a.example'], 'Name each once.'],
      [[{ id: 'a@a.example', description: '=HYPERLINK("x")' }], 'A description must not begin with = + - or @.'],
      [many(21, (n) => `p${n}@a.example`), 'Name at most 20.'],
    ],
  },
  'live-audience': {
    options: { id: 'tenant', manual: 10, max: 20_000, csvType: ['TenantID'] },
    taken: [[{ id: guid }]],
    refused: [[[{ id: 'adatum.example' }], 'Enter a GUID such as 50c464d3-4930-494c-963c-1e951d15360e.']],
  },
  markets: {
    options: { max: 141 },
    taken: [['DE', 'US']],
    refused: [
      [['CN'], 'Nothing can be sold in CN.'],
      [['de'], 'Nothing can be sold in de.'],
      [['XX'], 'Nothing can be sold in XX.'],
    ],
  },
  money: {
    options: { decimals: 2 },
    taken: ['0', '49', '49.5', 49.99],
    refused: [
      ['-1', 'A price must not be negative.'],
      ['1.123456789', 'Use at most 2 decimals.'],
      ['1e3', 'Enter an amount such as 49.00, without sign and currency.'],
      ['$5', 'Enter an amount such as 49.00, without sign and currency.'],
      ['12,50', 'Enter an amount such as 49.00, without sign and currency.'],
      [Number.NaN, 'Enter an amount such as 49.00.'],
    ],
  },
  'term-prices': {
    taken: [{ P1M: '0' }, { P1M: '49.00', P1Y: '490' }],
    refused: [
      [{ P1M: '-1' }, 'A price must not be negative.'],
      [{ P1Y: '4.123456789' }, 'Use at most 2 decimals.'],
    ],
  },
  'market-prices': {
    taken: [{ DE: { 'term:P1M': '45.00', 'dimension:email': '0.00046' } }],
    refused: [
      [{ CN: { 'term:P1M': '1' } }, 'Nothing can be sold in CN.'],
      [{ DE: { 'term:P3M': '1' } }, 'Name a term or a dimension.'],
      [{ DE: { 'dimension:email': '0.123456789' } }, 'Use at most 8 decimals.'],
      [{ DE: { 'term:P1M': '-1' } }, 'A price must not be negative.'],
      [{ JP: { 'term:P1M': '7000.5' } }, 'Use at most 0 decimals.'],
    ],
  },
  seats: {
    taken: [{}, { min: 5, max: 5 }],
    refused: [
      [{ min: 0 }, 'Use at least 1.'],
      [{ min: 5, max: 4 }, 'The maximum is below the minimum.'],
      [{ min: 1.5 }, 'Enter a whole number.'],
    ],
  },
  dimensions: {
    options: { max: 30 },
    taken: [[{ id: 'email', displayName: 'email message', unitOfMeasure: 'per 100 emails' }]],
    refused: [
      [[{ id: 'e mail', displayName: 'a', unitOfMeasure: 'a' }], 'Use an id without spaces.'],
      [[{ id: 'a', displayName: '', unitOfMeasure: 'a' }], 'Enter a name.'],
      [[{ id: 'a', displayName: 'a', unitOfMeasure: '' }], 'Enter a unit.'],
      [many(31, (n) => ({ id: `d${n}`, displayName: 'a', unitOfMeasure: 'a' })), 'Use at most 30 dimensions.'],
      [many(2, () => ({ id: 'd', displayName: 'a', unitOfMeasure: 'a' })), 'Each dimension needs an id of its own.'],
    ],
  },
  'plan-dimensions': {
    options: { of: { module: 'pricing', field: 'dimensions' } },
    taken: [
      [{ dimensionId: 'email', pricePerUnit: '0.0005' }],
      [{ dimensionId: 'email', infinite: true }],
      [{ dimensionId: 'email', enabled: false }],
    ],
    refused: [
      [[{ dimensionId: 'email' }], 'Enter a price per unit.'],
      [[{ dimensionId: 'email', pricePerUnit: '0.123456789' }], 'Use at most 8 decimals.'],
      [[{ dimensionId: 'email', pricePerUnit: '-1' }], 'A price must not be negative.'],
      [[{ dimensionId: 'email', infinite: true, pricePerUnit: '1' }], 'An infinite dimension has no price.'],
      [[{ dimensionId: 'email', pricePerUnit: '1', included: { P1M: -1 } }], 'Use 0 or more.'],
      [[{ dimensionId: 'email', pricePerUnit: '1', included: { P1M: 1.5 } }], 'Enter a whole number.'],
    ],
  },
  secret: {
    options: { max: 20 },
    taken: ['s3cret', { kept: true }],
    refused: [
      [long(21), 'Use at most 20 characters.'],
      [{ kept: false }, 'Enter a text.'],
    ],
  },
  'lead-destination': {
    taken: [
      { kind: 'list' },
      { kind: 'https', url: 'https://crm.example:443/hook?sig=a%2Fb', contactEmail: 'a@a.example; b@a.example' },
      { kind: 'https', url: { kept: true }, contactEmail: 'a@a.example' },
    ],
    refused: [
      [{ kind: 'table' }, 'Choose where leads go: list or https.'],
      [{ kind: 'https', url: 'http://crm.example', contactEmail: 'a@a.example' }, startsWithHttps],
      [{ kind: 'https', url: 'https://crm.example', contactEmail: '' }, 'Enter who is told about new leads.'],
      [
        { kind: 'https', url: 'https://crm.example', contactEmail: 'a@a.example, b@a.example' },
        'a@a.example, b@a.example is no e-mail address. Several are separated by ;.',
      ],
    ],
  },
}

test.each(Object.entries(kinds))(
  'values that %s takes and refuses, each refused with its sentence',
  (name, { options, taken, refused }) => {
    const make = fieldKinds[name as FieldKind] as unknown as (options: unknown) => {
      safeParse(value: unknown): { success: boolean; error?: { issues: { message: string }[] } }
    }
    const schema = make(options)
    expect(refused.length).toBeGreaterThan(0)
    for (const value of taken) expect(schema.safeParse(value), JSON.stringify(value)).toMatchObject({ success: true })
    for (const [value, sentence] of refused) {
      const result = schema.safeParse(value)
      expect(result.success, JSON.stringify(value)?.slice(0, 100)).toBe(false)
      expect(
        result.error?.issues.map((issue) => issue.message),
        JSON.stringify(value)?.slice(0, 100),
      ).toContain(sentence)
    }
  },
)

test('every kind states its rules in words, and shows a value so that a person can read it', () => {
  for (const [name, { options, taken }] of Object.entries(kinds)) {
    const facts = fieldKinds[name as FieldKind] as unknown as {
      rules(options: unknown): string[]
      readable?(value: unknown, options: unknown): string
    }
    expect(facts.rules(options).join(' '), name).toMatch(/\w+/)
    const schema = (fieldKinds[name as FieldKind] as unknown as (options: unknown) => { parse(value: unknown): unknown })(options)
    const shown = facts.readable?.(schema.parse(taken[0]), options) ?? 'text'
    expect(shown, name).not.toContain('[object')
  }
})

test('rich text loses scripts, handlers and links that run scripts when it is read', () => {
  const schema = fieldKinds['rich-text']({ max: 3000 })
  expect(schema.parse('<p onclick="evil()">a<script>evil()</script><a href="javascript:evil()">b</a><img src=x onerror=evil()></p>')).toBe(
    '<p>ab</p>',
  )
})
