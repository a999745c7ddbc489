import { describe, expect, test } from 'vitest'
import { attemptOffset, mostAttempts } from './delivery-schedule.ts'
import { contactEmails, maskedAddress } from './destination.ts'
import { type Act, campaignOf, codesOf, compositeSource, contactSchema, leadBody, nameParts, type Origin, testLead } from './lead.ts'

const someone = {
  firstName: 'Some',
  lastName: 'One',
  email: 'someone@contoso.com',
  phone: '16175555555',
  country: 'USA',
  company: 'Contoso',
  title: 'Esquire',
}

describe('the body for an HTTPS endpoint', () => {
  test('PL-94 PL-93 equals the documented example for the same input', () => {
    const lead = {
      ...someone,
      source: 'AzureMarketplace',
      action: 'INS',
      offerTitle: 'Test Microsoft',
      description: 'Test run through Power Automate',
    }
    // spec/06 D6, seed 001 L18313-18327
    expect(leadBody(lead)).toEqual({
      UserDetails: {
        FirstName: 'Some',
        LastName: 'One',
        Email: 'someone@contoso.com',
        Phone: '16175555555',
        Country: 'USA',
        Company: 'Contoso',
        Title: 'Esquire',
      },
      LeadSource: 'AzureMarketplace',
      ActionCode: 'INS',
      OfferTitle: 'Test Microsoft',
      Description: 'Test run through Power Automate',
    })
  })

  test('PL-95 AC-260 leaves out what is not known, and is nowhere null', () => {
    const body = leadBody({
      ...someone,
      phone: '',
      title: '',
      source: 'AzureMarketplace',
      action: 'INS',
      offerTitle: 'CRM',
      description: '',
    })
    expect(Object.keys(body.UserDetails)).toEqual(['FirstName', 'LastName', 'Email', 'Country', 'Company'])
    expect('Description' in body).toBe(false)
    expect(JSON.stringify(body)).not.toContain('null')
  })

  test('PL-94 has texts only, where the schema has texts', () => {
    for (const body of [
      testLead('CRM'),
      leadBody({ ...someone, source: 'AzurePortal', action: 'Create', offerTitle: 'CRM', description: 'x' }),
    ]) {
      const { UserDetails, ...rest } = body
      for (const [name, value] of [...Object.entries(UserDetails), ...Object.entries(rest)])
        expect([name, typeof value]).toEqual([name, 'string'])
      const known = ['FirstName', 'LastName', 'Email', 'Phone', 'Country', 'Company', 'Title']
      expect(Object.keys(UserDetails).filter((name) => !known.includes(name))).toEqual([])
      expect(Object.keys(rest).filter((name) => !['LeadSource', 'ActionCode', 'OfferTitle', 'Description'].includes(name))).toEqual([])
    }
  })
})

test('a test lead is recognised by its values', () => {
  const { UserDetails, ...rest } = testLead('Contoso CRM')
  expect(UserDetails.FirstName).toMatch(/^MSFT_TEST_\d{18}$/)
  expect(UserDetails).toMatchObject({ Email: `${UserDetails.FirstName}@test.com`, Phone: '1234567890', Country: 'US' })
  expect(rest).toMatchObject({ LeadSource: 'AzureMarketplace', ActionCode: 'INS', OfferTitle: 'Contoso CRM' })
})

test.each([
  ['contact-me', 'business', 'AppSource (SPZA)', 'PLT'],
  ['contact-me', 'cloud', 'AzureMarketplace', 'PLT'],
  ['free-trial', 'business', 'AppSource (SPZA)', 'INS'],
  ['get-it-now', 'cloud', 'AzureMarketplace', 'INS'],
  ['purchase', 'business', 'AppSource (SPZA)', 'INS'],
  ['purchase', 'portal', 'AzurePortal', 'Create'],
] as [Act, Origin, string, string][])('PL-96 AC-257 %s from %s has the documented source and action', (act, origin, source, action) => {
  expect(codesOf(act, origin)).toEqual({ source, action })
})

test('PL-97 AC-258 the composite source names source, action and offer', () => {
  const offer = { publisherId: 'bitnami', offerId: 'openedxcypress' }
  expect(compositeSource({ ...codesOf('get-it-now', 'cloud'), ...offer })).toBe('AzureMarketplace-INS | bitnami.openedxcypress')
  expect(compositeSource({ ...codesOf('contact-me', 'business'), ...offer })).toBe('AppSource (SPZA)-PLT | bitnami.openedxcypress')
})

test.each([
  [
    { mktcmpid: 'blogpost_12', src: 'website' },
    { trafficSource: 'website', campaignId: 'blogpost_12' },
  ],
  [{ mktcmpid: 'seventeen_letters' }, { trafficSource: null, campaignId: null }],
  [{ mktcmpid: 'with space' }, { trafficSource: null, campaignId: null }],
  [{ mktcmpid: "';--" }, { trafficSource: null, campaignId: null }],
  [{}, { trafficSource: null, campaignId: null }],
])('PL-79 a campaign id that is not well-formed is as if it were absent: %j', (query, campaign) => {
  expect(campaignOf(query)).toEqual(campaign)
})

test('names are parted at the last word', () => {
  expect(nameParts('Ana Maria Lopez')).toEqual({ firstName: 'Ana Maria', lastName: 'Lopez' })
  expect(nameParts('Cher')).toEqual({ firstName: 'Cher', lastName: '' })
})

describe('attempts', () => {
  const lead = '0190a6e0-0000-7000-8000-000000000001'
  const offsets = Array.from({ length: mostAttempts(lead) }, (_, index) => attemptOffset(lead, index + 1))
  const minute = 60_000

  test('PL-103 begin at once, with pauses that double up to six hours, for three days', () => {
    expect(offsets[0]).toBe(0)
    const pauses = offsets.slice(1).map((offset, index) => offset - (offsets[index] ?? 0))
    for (const [index, pause] of pauses.entries()) {
      const plain = Math.min(minute * 2 ** index, 360 * minute)
      expect(pause).toBeGreaterThanOrEqual(plain * 0.8)
      expect(pause).toBeLessThanOrEqual(plain * 1.2)
    }
    expect(offsets.at(-1)).toBeLessThanOrEqual(72 * 60 * minute)
    expect(offsets.at(-1)).toBeGreaterThan(60 * 60 * minute)
  })

  test('are not the same for all leads', () => {
    expect(attemptOffset(lead, 5)).not.toBe(attemptOffset('0190a6e0-0000-7000-8000-000000000002', 5))
  })
})

test('PL-87 an address is shown without the part that is its credential', () => {
  const url = 'https://prod-04.westcentralus.logic.azure.com:443/workflows/abc?sp=%2Ftriggers&sig=secret'
  expect(maskedAddress(url)).toBe('https://prod-04.westcentralus.logic.azure.com/…')
  expect(maskedAddress('no address')).toBe('…')
})

test('PL-84 several addresses are parted by semicolons', () => {
  expect(contactEmails(' a@contoso.example ;b@contoso.example; ')).toEqual(['a@contoso.example', 'b@contoso.example'])
  expect(() => contactEmails('a@contoso.example, b@contoso.example')).toThrow('no e-mail address')
})

test.each([
  ['firstName', ''],
  ['lastName', ' '],
  ['firstName', 'x'.repeat(101)],
  ['firstName', 'a\nb'],
  ['email', 'nobody'],
  ['email', 'a@b'],
  ['phone', 'call me'],
  ['country', 'Atlantis'],
  ['company', ''],
  ['title', 'x'.repeat(101)],
])('the contact form refuses %s = %j', (field, value) => {
  const result = contactSchema.safeParse({ ...someone, country: 'US', [field]: value })
  expect(result.error?.issues.map((issue) => issue.path[0])).toEqual([field])
})
