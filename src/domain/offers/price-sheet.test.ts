import { readFileSync } from 'node:fs'
import { readSheet } from 'read-excel-file/node'
import { expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { offerFixture, publicPricing } from '../../../test/offer-fixture.ts'
import { isDomainError } from '../../kernel/errors.ts'

const market = await offerFixture()
const { as, offers, write } = market

const text = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const column = (index: number) => String.fromCharCode(65 + index)

/**
 * A workbook as LibreOffice writes it: shared strings, styled cells, explicit row numbers with gaps, numbers without trailing zeros;
 * `=1+1|2` is a formula with its last result, `'45` a number that was stored as text.
 */
async function workbook(rows: (string | number)[][]): Promise<Buffer> {
  const strings: string[] = []
  const shared = (value: string) => {
    if (!strings.includes(value)) strings.push(value)
    return strings.indexOf(value)
  }
  const cells = rows.map((row, y) => {
    if (row.length === 0) return ''
    const inside = row.map((value, x) => {
      const at = `${column(x)}${y + 1}`
      if (typeof value === 'number') return `<c r="${at}" s="1"><v>${value}</v></c>`
      const [formula, result] = value.startsWith('=') ? value.slice(1).split('|') : []
      if (formula) return `<c r="${at}" s="1"><f aca="false">${text(formula)}</f><v>${result}</v></c>`
      if (value === '') return `<c r="${at}" s="1"/>`
      return `<c r="${at}" s="2" t="s"><v>${shared(value.replace(/^'/, ''))}</v></c>`
    })
    return `<row r="${y + 1}" customFormat="false" ht="12.8" hidden="false">${inside.join('')}</row>`
  })
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const packaged = 'http://schemas.openxmlformats.org/package/2006'
  const sheetType = 'application/vnd.openxmlformats-officedocument.spreadsheetml'
  const files: Record<string, string> = {
    '[Content_Types].xml': `${head}<Types xmlns="${packaged}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="${sheetType}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${sheetType}.worksheet+xml"/><Override PartName="/xl/sharedStrings.xml" ContentType="${sheetType}.sharedStrings+xml"/><Override PartName="/xl/styles.xml" ContentType="${sheetType}.styles+xml"/></Types>`,
    '_rels/.rels': `${head}<Relationships xmlns="${packaged}/relationships"><Relationship Id="rId1" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${head}<workbook xmlns="${main}" xmlns:r="${relations}"><sheets><sheet name="Prices" sheetId="1" state="visible" r:id="rId2"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${head}<Relationships xmlns="${packaged}/relationships"><Relationship Id="rId1" Type="${relations}/styles" Target="styles.xml"/><Relationship Id="rId2" Type="${relations}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId3" Type="${relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
    'xl/styles.xml': `${head}<styleSheet xmlns="${main}"><numFmts count="1"><numFmt numFmtId="164" formatCode="General"/></numFmts><cellXfs count="3"><xf numFmtId="164"/><xf numFmtId="164"/><xf numFmtId="164"/></cellXfs></styleSheet>`,
    'xl/worksheets/sheet1.xml': `${head}<worksheet xmlns="${main}"><sheetData>${cells.join('')}</sheetData></worksheet>`,
    'xl/sharedStrings.xml': `${head}<sst xmlns="${main}" count="${strings.length}" uniqueCount="${strings.length}">${strings.map((value) => `<si><t xml:space="preserve">${text(value)}</t></si>`).join('')}</sst>`,
  }
  const archive = new ZipFile()
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), name)
  archive.end()
  const parts: Buffer[] = []
  for await (const part of archive.outputStream) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

async function refusal(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isDomainError(error)) throw error ?? new Error('It was taken.')
  return {
    code: error.code,
    messages: error.details.map((detail) => detail.message),
    targets: error.details.map((detail) => detail.target),
    message: error.message,
  }
}

const plan = (offer: string) => ({ offer, planId: 'basic' })
const exported = async (offer: string) => (await as('contoso', (ctx) => offers.exportPrices(ctx, plan(offer)))).bytes
const read = (offer: string, bytes: Uint8Array) => as('contoso', (ctx) => offers.importPrices(ctx, { ...plan(offer), bytes }))
const state = (offer: string) => as('contoso', (ctx) => offers.section(ctx, { ...plan(offer), module: 'plan-pricing' }))

async function rowsOf(bytes: Buffer): Promise<string[][]> {
  return (await readSheet<string>(bytes, { parseNumber: (value) => value })).map((row) => row.map((cell) => String(cell ?? '')))
}

const header = ['Market', 'Country', 'Currency', 'Item', 'Name', 'Price']
const rows = (changes: Record<string, string | number> = {}) =>
  [
    ['CA', 'USD', 49],
    ['DE', 'EUR', 45.08],
    ['JP', 'JPY', 7424],
    ['US', 'USD', 49],
  ].map(([code, currency, price]) => [code ?? '', '', currency ?? '', 'base:P1M', 'Monthly', changes[String(code)] ?? price ?? ''])

test('SA-150 AC-185 RF-08 prices are exported after a save only, as exportedPrice.xlsx, and read back they change nothing', async () => {
  const offer = await write({ offerId: 'round' })
  const before = await state(offer)
  const file = await as('contoso', (ctx) => offers.exportPrices(ctx, plan(offer)))
  expect(file.fileName).toBe('exportedPrice.xlsx')
  expect(await rowsOf(file.bytes)).toEqual([
    header,
    ['CA', 'Canada', 'USD', 'base:P1M', 'Monthly', '49'],
    ['DE', 'Germany', 'EUR', 'base:P1M', 'Monthly', '45.08'],
    ['JP', 'Japan', 'JPY', 'base:P1M', 'Monthly', '7424'],
    ['US', 'United States', 'USD', 'base:P1M', 'Monthly', '49'],
  ])
  await read(offer, file.bytes)
  const after = await state(offer)
  expect(after.content).toEqual(before.content)
  expect(after.priceList).toBe(before.priceList)
  const empty = await write({ offerId: 'unsaved', plans: [] })
  await as('contoso', (ctx) => offers.createPlan(ctx, { offer: empty, planId: 'basic', name: 'Basic' }))
  expect(await refusal(exported(empty))).toMatchObject({ code: 'SaveFirst' })
  expect(await refusal(read(empty, file.bytes))).toMatchObject({ code: 'SaveFirst' })
})

/** Our file with the prices of `rows()`, opened and saved by LibreOffice 7.4 (src/domain/offers/fixtures/README.md). */
const libreOffice = (name: 'saved' | 'edited') => readFileSync(new URL(`fixtures/libreoffice-${name}.xlsx`, import.meta.url))

test('SA-150 our file, opened and saved by LibreOffice, changes nothing; edited there, it sets what was edited', async () => {
  const offer = await write({ offerId: 'office' })
  const before = await state(offer)
  expect(await rowsOf(libreOffice('saved'))).toEqual(await rowsOf(await exported(offer)))
  await read(offer, libreOffice('saved'))
  expect((await state(offer)).content).toEqual(before.content)
  // A formula, a number typed as text with a space, an empty row and a column of notes.
  const saved = await read(offer, libreOffice('edited'))
  expect(saved.content.marketPrices).toEqual({ DE: { 'term:P1M': '46.50' }, JP: { 'term:P1M': '7500' } })
})

test('a file that LibreOffice has saved is read: gaps, formulas, numbers as text, columns in another order', async () => {
  const offer = await write({ offerId: 'libre' })
  const bytes = await workbook([
    [],
    ['Item', 'Price', 'Market', 'Notes'],
    ['base:P1M', '=45+1.5|46.5', 'DE', 'a bit more'],
    [],
    ['base:P1M', "'7 500", 'jp', ''],
    ['base:P1M', 49, 'US', ''],
    ['base:P1M', 49.0, 'CA', ''],
    ['', '', '', ''],
  ])
  const saved = await read(offer, bytes)
  expect(saved.content.marketPrices).toEqual({ DE: { 'term:P1M': '46.50' }, JP: { 'term:P1M': '7500' } })
  const list = (await state(offer)).priceList ?? ''
  expect(await as('contoso', (ctx) => offers.prices(ctx, list, 'DE'))).toMatchObject({ currency: 'EUR', terms: { P1M: '46.50' } })
  expect(await as('contoso', (ctx) => offers.prices(ctx, list, 'US'))).toMatchObject({ terms: { P1M: '49.00' } })
  // A second import overwrites the first: Germany is converted again.
  await read(offer, await workbook([header, ...rows({ DE: 46.5, JP: 7424 })]))
  expect((await state(offer)).content.marketPrices).toEqual({ DE: { 'term:P1M': '46.50' }, JP: { 'term:P1M': '7424' } })
})

test('SA-149 a set price stays when rates change, and so does a converted one that the file left alone', async () => {
  const offer = await write({ offerId: 'rates' })
  await read(offer, await workbook([header, ...rows({ DE: 44 })]))
  const list = (await state(offer)).priceList ?? ''
  const all = (await as('contoso', (ctx) => offers.allPrices(ctx, [list]))).get(list) ?? []
  expect(all.map(({ market: code, amount, rate }) => [code, amount, rate])).toEqual([
    ['CA', '49.00', '1'],
    ['DE', '44.00', null],
    ['JP', '7424', '151.5'],
    ['US', '49.00', '1'],
  ])
})

test('missing and unknown markets, negative and 9-decimal prices, wrong currencies: every row is named, and nothing is taken', async () => {
  const offer = await write({ offerId: 'wrong' })
  const before = await state(offer)
  const wrong = await refusal(
    read(
      offer,
      await workbook([
        header,
        ['CN', '', 'CNY', 'base:P1M', '', 1],
        ['FR', '', 'EUR', 'base:P1M', '', 1],
        ['DE', '', 'EUR', 'base:P1M', '', -5],
        ['DE', '', 'EUR', 'base:P1Y', '', 5],
        ['JP', '', 'JPY', 'base:P1M', '', 7424.5],
        ['US', '', 'EUR', 'base:P1M', '', 49],
        ['US', '', 'USD', 'base:P1M', '', 49],
      ]),
    ),
  )
  expect(wrong.code).toBe('InvalidPrices')
  expect(wrong.messages).toEqual([
    'Row 2: nothing can be sold in “CN”.',
    'Row 3: the plan is not sold in FR. Add the market to the plan first.',
    'Row 4: “-5”: A price must not be negative. (EUR)',
    'Row 5: the plan has no price “base:P1Y”.',
    'Row 6: “7424.5”: Use at most 0 decimals. (JPY)',
    'Row 7: prices of US are in USD, not in EUR.',
    'Row 8: US base:P1M stands in row 7 already.',
    'The price base:P1M of CA is missing from the file.',
  ])
  expect(wrong.targets.slice(0, 2)).toEqual(['rows.2.Market', 'rows.3.Market'])
  for (const [price, sentence] of [
    ['45.123456789', 'Use at most 2 decimals.'],
    ['', 'the price is missing.'],
    ['45,08', 'write the price with a point: 49.00.'],
    ['free', 'Enter an amount such as 49.00'],
    ['1e400', 'Enter an amount such as 49.00'],
  ] as const) {
    const refused = await refusal(read(offer, await workbook([header, ...rows({ DE: `'${price}` })])))
    expect(refused.messages, price).toEqual([expect.stringContaining(sentence)])
  }
  expect(await state(offer)).toEqual(before)
})

test('prices per unit of a dimension have at most 8 decimals; a CSV file is read as well', async () => {
  const dimensions = [{ id: 'email', displayName: 'E-mail', unitOfMeasure: 'per 100' }]
  const offer = await write({
    offerId: 'metered',
    sections: { pricing: { model: 'flat-rate', dimensions } },
    plans: [{ planId: 'basic', pricing: { markets: ['DE'], dimensions: [{ dimensionId: 'email', pricePerUnit: '0.0005' }] } }],
  })
  const csv = (price: string, separator = ';') =>
    Buffer.from(
      ['\uFEFFMarket', 'Item', 'Price'].join(separator) +
        `\r\nDE${separator}base:P1M${separator}45.08\r\nDE${separator}dimension:email${separator}${price}\r\n`,
    )
  expect((await refusal(read(offer, csv('0.123456789')))).messages).toEqual([expect.stringContaining('Use at most 8 decimals.')])
  for (const separator of [',', ';', '\t']) {
    const saved = await read(offer, csv('0.12345678', separator))
    // SA-151: the amounts of dimensions are in the market prices now, so that the grid sends to the export.
    expect(saved.content.marketPrices).toEqual({ DE: { 'dimension:email': '0.12345678' } })
  }
  expect((await rowsOf(await exported(offer))).at(-2)).toContain('dimension:email')
})

test('AC-182 AC-183 SA-146 RF-08 a published price is refused by row; a market that was left comes back at its published price', async () => {
  const offer = await write({ offerId: 'live' })
  await market.publish(offer)
  expect((await refusal(read(offer, await workbook([header, ...rows({ DE: 44 })])))).messages).toEqual([
    'Row 3: DE base:P1M has been published at 45.08 EUR and cannot change.',
  ])
  const save = (content: Record<string, unknown>) =>
    as('contoso', (ctx) => offers.saveSection(ctx, { ...plan(offer), module: 'plan-pricing', content: { ...publicPricing, ...content } }))
  expect(await refusal(save({ prices: { P1Y: '490' } }))).toMatchObject({ code: 'Locked' })
  expect(await refusal(save({ marketPrices: { DE: { 'term:P1M': '44' } } }))).toMatchObject({ code: 'Locked' })
  await save({ markets: ['US'] })
  await market.kernel.run({ kind: 'system' } as never, (ctx) => offers.setRates(ctx, { rates: { EUR: '0.5' }, source: 'later' }))
  await save({ markets: ['US', 'DE', 'FR'] })
  const list = (await state(offer)).priceList ?? ''
  // AC-186: a market that is new takes the rate of today.
  expect(await as('contoso', (ctx) => offers.prices(ctx, list, 'DE'))).toMatchObject({ terms: { P1M: '45.08' } })
  expect(await as('contoso', (ctx) => offers.prices(ctx, list, 'FR'))).toMatchObject({ terms: { P1M: '24.50' } })
})

test.each([
  ['a program', Buffer.from('MZ\u0000\u0001'), 'not text'],
  ['an empty file', Buffer.alloc(0), 'must name the columns'],
  ['UTF-16', Buffer.from('\uFEFFMarket,Item,Price\n', 'utf16le'), 'UTF-16'],
  ['Latin-1', Buffer.from('Market,Item,Price,Straße\n', 'latin1'), 'not in UTF-8'],
  ['other columns', Buffer.from('Country,Amount\nDE,1\n'), 'Market, Item, Price'],
  ['an open quote', Buffer.from('Market,Item,Price\n"DE,base:P1M,1\n'), 'no valid CSV'],
  ['half a workbook', Buffer.from('PK\u0003\u0004 and nothing more'), 'list of files cannot be read'],
])('%s is no price file', async (_name, bytes, sentence) => {
  const offer = await write({ offerId: `file-${bytes.length}-${bytes[0] ?? 0}-${bytes[3] ?? 0}` })
  const refused = await refusal(read(offer, bytes))
  expect(refused.code).toBe('UnreadableFile')
  expect(refused.message).toContain(sentence)
})

test('a workbook that is a zip bomb is refused', async () => {
  const offer = await write({ offerId: 'bomb' })
  const archive = new ZipFile()
  archive.addBuffer(Buffer.alloc(150 * 1024 * 1024), 'xl/worksheets/sheet1.xml')
  archive.end()
  const parts: Buffer[] = []
  for await (const part of archive.outputStream) parts.push(part as Buffer)
  expect((await refusal(read(offer, Buffer.concat(parts)))).message).toBe('The archive unpacks to more than 100 MB.')
})
