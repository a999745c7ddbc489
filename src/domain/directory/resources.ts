/** Names by which tokens are asked for the marketplace's own APIs (spec/08 §1.3). */
export const resources = {
  /** SaaS fulfillment and metering (seed 001 L24596) */
  marketplace: '20e940b3-4c77-4b0b-9a53-9e16a1b010a7',
  /** ingestion API (seed 001 L22681) */
  partnerCenter: 'https://api.partner.microsoft.com',
  /** Cloud Partner Portal API */
  cloudPartner: 'https://cloudpartner.azure.com',
  /** analytics API */
  graph: 'https://graph.windows.net',
  /** the profile of who is signed in (seed 001 L15676) */
  profile: 'https://graph.microsoft.com',
  /** ours: operator automation, and the sandbox API from elsewhere than loopback */
  operator: 'api://stoa/operator',
} as const

/** The profile endpoint's other name: its application id at the original. */
const profileId = '00000003-0000-0000-c000-000000000000'

/** One spelling of a resource: no blanks, no slash at its end (seed 001 L22681 has a blank before it), GUIDs in lower case. */
export function resourceName(text: string): string {
  const name = text.trim().replace(/\/+$/, '')
  const known = /^[0-9a-f-]{36}$/i.test(name) ? name.toLowerCase() : name
  return known === profileId ? resources.profile : known
}

const firstParty: ReadonlySet<string> = new Set(Object.values(resources))

export function isFirstParty(resource: string): boolean {
  return firstParty.has(resource)
}
