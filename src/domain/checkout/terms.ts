import type { SaasContent } from '../offers/index.ts'

/** What a customer accepts when buying: contract or own terms, the amendment for all, and those for this customer; they stack (spec/01 §16). */
export interface PurchaseTerms {
  kind: 'standard' | 'own'
  /** names every part that applies: another amendment is another version */
  version: string
  /** the publisher's own terms, or its amendment for all customers */
  html?: string
  url?: string
  /** for this customer alone, in the publisher's order */
  amendments: { version: string; html: string }[]
  /** ISO instant at which the customer first accepted this standard contract; null: it reads the contract now */
  contractAcceptedAt: string | null
}

/** The standard contract's own version, without the amendments that a version names after it. */
export function contractVersion(version: string): string {
  return version.split('+', 1)[0] ?? version
}

/** The terms of an offer for one customer. A customer who has accepted the contract before is asked for the amendments only (AC-228). */
export function termsFor(
  { terms, customAmendments }: Pick<SaasContent['properties'], 'terms' | 'customAmendments'>,
  tenantId: string,
  contractAcceptedAt: string | null,
): PurchaseTerms {
  const amendments = customAmendments
    .filter((amendment) => amendment.tenantIds.some((id) => id.toLowerCase() === tenantId))
    .map(({ version, html }) => ({ version, html }))
  const version = [terms.version, ...amendments.map((amendment) => amendment.version)].join('+')
  return { ...terms, version, amendments, contractAcceptedAt }
}
