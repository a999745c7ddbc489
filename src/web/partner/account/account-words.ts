import type { Tone } from '../../ui/portal-status.tsx'

/** Programs as pages name them. */
export const programNames: Record<string, string> = {
  'commercial-marketplace': 'Commercial Marketplace',
  'partner-network': 'Partner Network',
  reseller: 'Cloud Reseller',
  developer: 'Developer',
}

/** What each program is for, in a sentence. */
export const programMeanings: Record<string, string> = {
  'commercial-marketplace': 'Publish offers and sell them in the stores.',
  'partner-network': 'Partner IDs for your places of business.',
  reseller: 'Sell offers of other publishers to your own customers.',
  developer: 'Tools and support for those who build.',
}

/** Steps of the verification as pages name them. */
export const stepNames: Record<string, string> = { email: 'E-mail', employment: 'Employment', business: 'Business' }

/** What each step waits for, and what it has shown once it is done. */
export const stepMeanings: Record<string, { pending: string; accepted: string }> = {
  email: {
    pending: 'Somebody follows the link in the mail that was sent to the contact’s address.',
    accepted: 'The contact’s address is its own.',
  },
  employment: {
    pending: 'The marketplace looks whether the contact works for the company.',
    accepted: 'The contact works for the company.',
  },
  business: {
    pending: 'The marketplace looks whether the company exists under this name and address.',
    accepted: 'The company exists under this name and address.',
  },
}

/** A step's state in words. */
export const stepStates: Record<string, { label: string; tone: Tone }> = {
  pending: { label: 'Pending', tone: 'info' },
  accepted: { label: 'Verified', tone: 'good' },
  refused: { label: 'Refused', tone: 'bad' },
}

/** A publisher's state in words. */
export const publisherStatuses: Record<string, { label: string; tone: Tone }> = {
  active: { label: 'Active', tone: 'good' },
  suspended: { label: 'Suspended', tone: 'bad' },
  closed: { label: 'Closed', tone: 'neutral' },
}

/** A GUID as people write it. */
export function withHyphens(guid: string): string {
  return guid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** A postal address in one line. */
export function addressText(address: Record<string, string | undefined>): string {
  const { line1, line2, postalCode, city, region } = address
  const lines = [line1, line2, [postalCode, city].filter(Boolean).join(' '), region].filter(Boolean)
  return lines.length === 0 ? '–' : lines.join(', ')
}
