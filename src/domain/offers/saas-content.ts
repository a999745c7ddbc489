/** What snapshots of SaaS offers hold: the words in which the other rooms know them. */

/** How customers get the offer (spec/05 §5.1). Only `transact` is sold through the marketplace. */
export type ListingOption = 'transact' | 'get-it-now-free' | 'free-trial' | 'contact-me'

export type TermUnit = 'P1M' | 'P1Y'
export type PricingModel = 'flat-rate' | 'per-user'

interface Contact {
  name: string
  email: string
  phone: string
}

interface SaasListing {
  name: string
  summary: string
  shortDescription: string
  /** sanitised HTML */
  description: string
  gettingStarted?: string
  keywords: string[]
  privacyPolicyUrl: string
  supportUrl: string
  supportContact: Contact
  engineeringContact: Contact
  links: { title: string; url: string }[]
  logos: { small: string; medium: string; large: string }
  screenshots: { file: string; caption: string }[]
  /** YouTube or Vimeo, each with a picture that stands for it */
  videos: { title: string; url: string; thumbnail: string }[]
  /** PDF */
  documents: { name: string; file: string }[]
  /** For resellers only, never for customers (SA-128, SA-210). */
  cspContact?: Contact
  cspMaterialsUrl?: string
}

/**
 * Where leads go besides the portal's own list. `url` is encrypted for the purpose `lead-destination`: it holds its own credential.
 * `contactEmail` names who is told about new leads, several separated by `;`.
 */
export type LeadDestination = { kind: 'list'; contactEmail?: string } | { kind: 'https'; url: string; contactEmail: string }

interface SaasPlanDimension {
  dimensionId: string
  enabled: boolean
  infinite: boolean
  included: { P1M?: number | undefined; P1Y?: number | undefined }
}

export interface SaasPlan {
  planId: string
  /** `en` → texts: plans are described in English only, snapshots of before may hold others besides */
  listing: Record<string, { name: string; description: string }>
  visibility: 'public' | 'private'
  /** ISO 3166-1 alpha-2 */
  markets: string[]
  terms: TermUnit[]
  freeTrial?: 'P1M'
  /** Without `max` the number of seats is not limited. */
  seats?: { min: number; max?: number | undefined }
  dimensions: SaasPlanDimension[]
  /** hash */
  priceList: string
}

/** What a snapshot of a SaaS offer holds, version 2. */
export interface SaasContent {
  setup: {
    listingOption: ListingOption
    /** where Get it now leads, for `get-it-now-free` */
    offerUrl?: string
    /** where Free trial leads, for `free-trial` */
    trialUrl?: string
    graphApplicationId?: string
    /** published Microsoft 365 clients, in the order in which they are shown */
    linkedProducts: { url: string }[]
    /** absent: not connected */
    leads?: LeadDestination
  }
  properties: {
    categories: { business: string[]; cloud: string[] }
    industries: string[]
    appVersion?: string
    terms: { kind: 'standard' | 'own'; version: string; html?: string; url?: string }
    /** For customers of these tenants, in addition to the terms. Never public (AC-231). */
    customAmendments: { version: string; html: string; tenantIds: string[] }[]
  }
  /** language → texts */
  listing: Record<string, SaasListing>
  /** e-mail addresses or sign-in names; empty when the offer is listed only */
  previewAudience: string[]
  /** only of an offer that is sold */
  technicalConfiguration?: { landingPageUrl: string; webhookUrl: string; tenantId: string; applicationId: string }
  /** only of an offer that is sold */
  pricingModel?: PricingModel
  dimensions: { id: string; displayName: string; unitOfMeasure: string }[]
  /** none when the offer is listed only */
  plans: SaasPlan[]
  /** which resellers may sell it: all, those of the tenants, none */
  resell: { partners: 'any' | 'selected' | 'none'; tenantIds: string[] }
}
