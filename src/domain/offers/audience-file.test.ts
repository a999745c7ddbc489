import { expect, test } from 'vitest'
import { offerFixture, ownerOf } from '../../../test/offer-fixture.ts'
import { isDomainError } from '../../kernel/errors.ts'
import { readAudience, writeAudience } from './audience-file.ts'

const tenants = { id: 'tenant' as const, manual: 10, max: 20_000, csvType: ['TenantID'] }
const people = { id: 'person' as const, manual: 10, max: 20, csvType: ['MixedAadMsaId', 'MixedAadMsald'] }
const guid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`

async function refusal(promise: Promise<unknown>) {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!isDomainError(error)) throw error ?? new Error('It was taken.')
  return { code: error.code, messages: error.details.map((detail) => detail.message), message: error.message, data: error.data }
}

test('SA-22 an exported audience has ID, Description and Type, and imported as it is it changes nothing', async () => {
  const members = [{ id: guid(1), description: 'Müller, “Söhne” & Co' }, { id: guid(2) }]
  const bytes = writeAudience(tenants, members)
  expect(bytes.toString('utf8')).toBe(`\uFEFFID,Description,Type\r\n${guid(1)},"Müller, “Söhne” & Co",TenantID\r\n${guid(2)},,TenantID\r\n`)
  expect(await readAudience(tenants, bytes)).toEqual(members)
})

test('semicolons, tabs, other order of columns, empty lines and capital letters are read', async () => {
  const expected = [{ id: guid(10), description: 'a' }]
  for (const text of [
    `Type;ID;Description\n\nTENANTID;${guid(10).toUpperCase()};a\n\n`,
    `id\tdescription\ttype\r\n${guid(10)}\ta\tTenantId\r\n`,
  ])
    expect(await readAudience(tenants, Buffer.from(text))).toEqual(expected)
})

test('SA-24 every wrong row is named: type, ID, formulas, doubles', async () => {
  const text = [
    'ID,Description,Type',
    `${guid(1)},a,SubscriptionId`,
    'adatum.example,b,TenantID',
    '"=HYPERLINK(""http://evil.example"")",c,TenantID',
    `${guid(2)},"=cmd|' /C calc'!A0",TenantID`,
    `${guid(3)},,TenantID`,
    `${guid(3)},,TenantID`,
    ',x,TenantID',
  ].join('\n')
  const refused = await refusal(readAudience(tenants, Buffer.from(text)))
  expect(refused.code).toBe('InvalidAudience')
  expect(refused.messages).toEqual([
    'Row 2: the type must be TenantID, not “SubscriptionId”.',
    expect.stringContaining('Row 3: “adatum.example” is not valid.'),
    'Row 4: a value must not begin with = + - or @: spreadsheets run it as a formula.',
    'Row 5: A description must not begin with = + - or @.',
    `Row 7: ${guid(3)} stands in row 6 already.`,
    expect.stringContaining('Row 8: The ID is missing.'),
  ])
})

test('SA-153 20,000 tenants are taken, the row of the 20,001st is refused', async () => {
  const rows = (n: number) =>
    Buffer.from(`ID,Description,Type\n${Array.from({ length: n }, (_, index) => `${guid(index)},,TenantID`).join('\n')}`)
  expect(await readAudience(tenants, rows(20_000))).toHaveLength(20_000)
  const refused = await refusal(readAudience(tenants, rows(20_001)))
  expect(refused).toMatchObject({
    code: 'AudienceTooLarge',
    messages: ['Row 20002: an audience has at most 20,000.'],
    data: { problems: 1 },
  })
})

test('SA-130 both spellings of the type of people are read, the right one is written', async () => {
  for (const type of ['MixedAadMsaId', 'MixedAadMsald', 'MIXEDAADMSAID'])
    expect(await readAudience(people, Buffer.from(`ID,Type\nana@contoso.example,${type}\n`))).toEqual([{ id: 'ana@contoso.example' }])
  expect(writeAudience(people, [{ id: 'ana@contoso.example' }]).toString()).toContain('MixedAadMsaId')
  expect(await refusal(readAudience(people, Buffer.from('ID,Type\nana@contoso.example,TenantID\n')))).toMatchObject({
    code: 'InvalidAudience',
  })
})

test.each([
  ['UTF-16', Buffer.from('\uFEFFID,Type\n', 'utf16le'), 'The file is in UTF-16. Save it as CSV UTF-8.'],
  ['Latin-1', Buffer.from('ID,Type,Größe\n', 'latin1'), 'The file is not in UTF-8. Save it as CSV UTF-8.'],
  ['no header', Buffer.from(`${guid(1)},a,TenantID\n`), 'The first row must name the columns ID, Type; ID, Type is missing.'],
  ['an empty file', Buffer.alloc(0), 'The first row must name the columns ID, Type; ID, Type is missing.'],
])('a file in %s is refused', async (_name, bytes, sentence) => {
  expect((await refusal(readAudience(tenants, bytes))).message).toBe(sentence)
})

test('SA-141 AC-196 an imported audience replaces the list, and counts for customers once it is synchronised', async () => {
  const market = await offerFixture()
  const { as, offers } = market
  const first = ownerOf('fabrikam').tenantId
  const offer = await market.write({ offerId: 'sync', plans: [{ planId: 'vip', audience: [first], pricing: { visibility: 'private' } }] })
  await market.publish(offer)
  const bytes = Buffer.from(
    `ID,Description,Type\n${Array.from({ length: 50 }, (_, n) => `${guid(n)},customer ${n},TenantID`).join('\n')}\n`,
  )
  expect(await as('contoso', (ctx) => offers.importAudience(ctx, { offer, planId: 'vip', bytes }))).toBe(50)
  expect(await as('contoso', (ctx) => offers.audience(ctx, offer, 'vip'))).toEqual([first])
  await as('contoso', (ctx) => offers.syncAudience(ctx, { offer, planId: 'vip' }))
  expect(await as('contoso', (ctx) => offers.audience(ctx, offer, 'vip'))).toHaveLength(50)
  const file = await as('contoso', (ctx) => offers.exportAudience(ctx, { offer, planId: 'vip' }))
  expect(file.fileName).toBe('sync-vip-audience.csv')
  expect(file.bytes.toString()).toContain(`${guid(49)},customer 49,TenantID`)
  await expect(as('fabrikam', (ctx) => offers.exportAudience(ctx, { offer, planId: 'vip' }))).rejects.toMatchObject({ kind: 'forbidden' })
  await expect(as('contoso', (ctx) => offers.importAudience(ctx, { offer, planId: 'none', bytes }))).rejects.toMatchObject({
    code: 'PlanNotFound',
  })
})
