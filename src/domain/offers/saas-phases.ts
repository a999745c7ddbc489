import type { DraftView } from './draft.ts'
import type { Certification, Phase, PhaseStep } from './phase.ts'

/** How SaaS offers are published (spec/05 §5.15): certification comes after the publisher's sign-off. */

interface Setup {
  listingOption: string
  leads: unknown
}

interface Terms {
  kind: string
  amendment: string
  custom: unknown[]
}

/** What has no listing option yet would be sold. */
const isSold = (draft: DraftView) => (draft.content<Setup>({ module: 'setup' }).listingOption ?? 'transact') === 'transact'
const hasLeads = (draft: DraftView) => draft.content<Setup>({ module: 'setup' }).leads !== undefined

function hasAmendments(draft: DraftView): boolean {
  const terms = draft.content<{ terms: Partial<Terms> }>({ module: 'properties' }).terms
  return terms?.kind === 'standard' && (Boolean(terms.amendment) || (terms.custom?.length ?? 0) > 0)
}

const purchaseFlow: PhaseStep = {
  step: 'purchase-flow',
  label: 'Offer purchase flow setup',
  duration: '<10 min',
  blocking: true,
  when: { when: 'the offer is sold through the marketplace', holds: isSold },
}
const leadManagement: PhaseStep = {
  step: 'lead-management',
  label: 'Lead management validation and registration',
  duration: '<15 min',
  blocking: true,
  when: { when: 'customer leads are connected', holds: hasLeads },
}
const amendments: PhaseStep = {
  step: 'amendment-configuration',
  label: 'Amendment configuration',
  duration: '<1 hr',
  blocking: true,
  when: { when: 'the standard contract is amended', holds: hasAmendments },
}

export const saasPhases: Phase[] = [
  {
    key: 'automated-validation',
    label: 'Automated validation',
    steps: [
      purchaseFlow,
      leadManagement,
      amendments,
      { step: 'offer-validation', label: 'Offer validation', duration: '<30 min', blocking: false },
    ],
  },
  {
    key: 'preview-creation',
    label: 'Preview creation',
    steps: [{ step: 'preview-creation', label: 'Preview creation', duration: '<1 hr', blocking: true }],
  },
  { key: 'publisher-signoff', label: 'Publisher signoff', steps: [], waitsForPublisher: true },
  {
    key: 'certification',
    label: 'Certification',
    steps: [{ step: 'certification', label: 'Manual validation', duration: '<2 business days', blocking: true }],
  },
  {
    key: 'publish',
    label: 'Publish',
    steps: [
      purchaseFlow,
      leadManagement,
      amendments,
      { step: 'final-publish', label: 'Final publish', duration: '<30 min', blocking: true },
    ],
  },
]

const validation = (...codes: string[]) => ({ by: 'validation' as const, codes })

/** Policies that SaaS offers are certified by (spec/06 A5). Criteria of partner programmes are added by the operator. */
export const saasCertification: Certification = {
  isTested: true,
  checks: [
    {
      id: 'E1',
      level: 'eligibility',
      title: 'Publisher in good standing',
      ask: 'The seller account is active, and the publisher may sell this type of offer.',
      automatic: { by: 'publisher' },
    },
    {
      id: 'C1',
      level: 'content',
      title: 'Title',
      ask: 'The title describes the offer accurately, is the only one of its kind, and claims nothing that belongs to somebody else.',
      automatic: validation('TitleTaken'),
    },
    {
      id: 'C2',
      level: 'content',
      title: 'Description',
      ask: 'Summary and description are well written: an overview, the value for the customer, and no words that have no place here.',
      automatic: validation('ForbiddenWord', 'HtmlNotAllowed'),
    },
    {
      id: 'C3',
      level: 'content',
      title: 'Screenshots, videos and documents',
      ask: 'Pictures and videos are sharp, readable and show this product. Documents open.',
      automatic: validation('FileMissing', 'ImageInvalid', 'DocumentInvalid'),
    },
    {
      id: 'C4',
      level: 'content',
      title: 'How it uses the platform',
      ask: 'The listing says how the offer works with the platform and what a customer does first.',
      automatic: validation('LinkBroken'),
    },
    {
      id: 'C5',
      level: 'content',
      title: 'Plans, prices and availability',
      ask: 'Plans differ in what they offer, their prices are plausible, and they are sold where the text says.',
      automatic: validation('PriceMissing', 'CategoryNotLegal', 'PreviewAudienceMissing'),
    },
    {
      id: 'T1',
      level: 'technical',
      title: 'Malware scan',
      ask: 'The files that customers can download hold nothing that runs.',
      automatic: { by: 'files' },
    },
    {
      id: 'T2',
      level: 'technical',
      title: 'Network calls',
      ask: 'Landing page and webhook are reached over TLS, and the webhook takes calls of the marketplace only.',
      automatic: validation('LandingPageUnreachable', 'WebhookUnreachable', 'WebhookRefused', 'WebhookFailed'),
    },
    {
      id: 'T3',
      level: 'technical',
      title: 'Package analysis',
      ask: 'Not applicable to software as a service: nothing is installed at the customer.',
      automatic: { by: 'none' },
    },
    {
      id: 'T4',
      level: 'technical',
      title: 'Functional test',
      ask: 'A purchase of each plan can be configured, used, changed and cancelled, following the notes for certification.',
      automatic: validation('LandingPageFailed'),
    },
    {
      id: 'T5',
      level: 'technical',
      title: 'Sign-in and tenants',
      ask: 'Customers of any directory sign in with the account they have, one service is there for all of them, and it calls the fulfillment APIs with the application of the offer.',
      automatic: validation('ApplicationUnknown'),
    },
  ],
}
