import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { countries, type Store } from '../../kernel/reference-data.ts'

/** What a customer does that makes a lead (spec/06 D1, spec/01 §18.1). */
export type Act = 'contact-me' | 'free-trial' | 'get-it-now' | 'purchase'

/** Where it was done: one of the stores, or the customer's own portal. */
export type Origin = Store | 'portal'

export type LeadSource = 'AppSource (SPZA)' | 'AzureMarketplace' | 'AzurePortal'

/** `INS` acquisition, `PLT` partner-led trial (Contact me), `Create` purchase in the customer's portal. */
export type LeadAction = 'INS' | 'PLT' | 'Create'

const sources: Record<Origin, LeadSource> = { business: 'AppSource (SPZA)', cloud: 'AzureMarketplace', portal: 'AzurePortal' }

/** Free trial has no code of its own in the sources: it counts as an acquisition (spec/01 X-26). */
const actionOf: Record<Act, LeadAction> = { 'contact-me': 'PLT', 'free-trial': 'INS', 'get-it-now': 'INS', purchase: 'INS' }

export function codesOf(act: Act, origin: Origin): { source: LeadSource; action: LeadAction } {
  return { source: sources[origin], action: act === 'purchase' && origin === 'portal' ? 'Create' : actionOf[act] }
}

/** `AzureMarketplace-INS | contoso.contoso-crm`: source, action and offer in one text (spec/01 §18.3). */
export function compositeSource(lead: { source: LeadSource; action: LeadAction; publisherId: string; offerId: string }): string {
  return `${lead.source}-${lead.action} | ${lead.publisherId}.${lead.offerId}`
}

/** Who the customer is, as far as is known; unknown fields are empty. */
export interface Contact {
  firstName: string
  lastName: string
  email: string
  phone: string
  /** ISO 3166-1 alpha-2 */
  country: string
  company: string
  title: string
}

const line = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `Use at most ${max} characters.`)
    .refine((value) => !/\p{Cc}/u.test(value), 'Use a single line.')

const countryCodes = new Set(countries.map(({ iso2 }) => iso2))

/** The contact form of the storefront. Messages are sentences for the person at the form. */
export const contactSchema = z.strictObject({
  firstName: line(100).min(1, 'Enter your first name.'),
  lastName: line(100).min(1, 'Enter your last name.'),
  email: line(254).pipe(z.email('Enter an e-mail address such as name@example.com.')),
  phone: line(40).refine(
    (value) => value === '' || /^\+?[0-9 ()./-]{3,}$/.test(value),
    'Enter a phone number of digits, spaces and + ( ) . / -, or leave it empty.',
  ),
  country: z.string().refine((value) => countryCodes.has(value), 'Choose your country or region.'),
  company: line(100).min(1, 'Enter the name of your organisation.'),
  title: line(100),
})

/** What the customer wants to say. */
export const messageSchema = z
  .string()
  .trim()
  .max(2000, 'Use at most 2,000 characters.')
  .refine((value) => !/[^\P{Cc}\t\n\r]/u.test(value), 'Use no control characters.')

/** A display name as first and last name: the last word is the last name. */
export function nameParts(displayName: string): { firstName: string; lastName: string } {
  const words = displayName.trim().split(/\s+/)
  const lastName = words.length > 1 ? (words.pop() ?? '') : ''
  return { firstName: words.join(' '), lastName }
}

/** Campaign of the link that led to an offer, as its address gave it: `src` and `mktcmpid` (spec/06 C2). */
export interface CampaignQuery {
  src?: string | undefined
  mktcmpid?: string | undefined
}

export interface Campaign {
  trafficSource: string | null
  campaignId: string | null
}

/** What is not well-formed is as if it were absent (PL-79). */
export function campaignOf({ src = '', mktcmpid = '' }: CampaignQuery): Campaign {
  const trafficSource =
    src
      .replaceAll(/\p{Cc}/gu, '')
      .trim()
      .slice(0, 100) || null
  return { trafficSource, campaignId: /^[A-Za-z0-9_-]{1,16}$/.test(mktcmpid) ? mktcmpid : null }
}

/** The body that is posted to an HTTPS endpoint (spec/06 D6). */
export interface LeadBody {
  UserDetails: Partial<Record<'FirstName' | 'LastName' | 'Email' | 'Phone' | 'Country' | 'Company' | 'Title', string>>
  LeadSource: string
  ActionCode: string
  OfferTitle: string
  Description?: string
}

/** Fields that are not known are left out; none is ever null. */
export function leadBody(lead: Contact & { source: string; action: string; offerTitle: string; description: string }): LeadBody {
  const details = {
    FirstName: lead.firstName,
    LastName: lead.lastName,
    Email: lead.email,
    Phone: lead.phone,
    Country: lead.country,
    Company: lead.company,
    Title: lead.title,
  }
  return {
    UserDetails: Object.fromEntries(Object.entries(details).filter(([, value]) => value !== '')),
    LeadSource: lead.source,
    ActionCode: lead.action,
    OfferTitle: lead.offerTitle,
    ...(lead.description !== '' && { Description: lead.description }),
  }
}

const testDigits = 18

/** The lead that is sent to try a destination, recognisable by its values (spec/06 I-1). */
export function testLead(offerTitle: string): LeadBody {
  const value = `MSFT_TEST_${Array.from({ length: testDigits }, () => randomInt(10)).join('')}`
  return {
    UserDetails: {
      FirstName: value,
      LastName: value,
      Email: `${value}@test.com`,
      Phone: '1234567890',
      Country: 'US',
      Company: value,
      Title: value,
    },
    LeadSource: 'AzureMarketplace',
    ActionCode: 'INS',
    OfferTitle: offerTitle,
    Description: value,
  }
}
