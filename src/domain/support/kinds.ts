import type { ErrorDetail } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'

/** Kinds of support requests (spec/09 §7.2, RF-30): each asks for facts of its own, so that nobody has to ask back. */
export type RequestKind =
  | 'question'
  | 'legal-notice'
  | 'metering-correction'
  | 'offer-removal'
  | 'test-purchase-refund'
  | 'vm-price-reduction'
  | 'security'

/** Who reads it first (RF-28). */
export type RequestQueue = 'publisher' | 'customer' | 'security'

interface FactField {
  name: string
  label: string
  hint?: string
  required: boolean
  rule: 'text' | 'uuid' | 'number' | 'date'
}

interface KindRules {
  label: string
  /** proposed as the summary */
  summary: string
  fields: readonly FactField[]
}

const subscription: FactField = {
  name: 'subscriptionId',
  label: 'Subscription id',
  hint: 'From the customer’s page in Partner Center',
  required: true,
  rule: 'uuid',
}
const offer: FactField = { name: 'offerId', label: 'Offer id', required: true, rule: 'text' }

export const requestKinds: Record<RequestKind, KindRules> = {
  question: { label: 'Question', summary: '', fields: [] },
  'legal-notice': { label: 'Legal notice', summary: 'Legal Notice under the Publisher Agreement', fields: [] },
  'metering-correction': {
    label: 'Metering correction',
    summary: 'Wrong usage was reported',
    fields: [
      subscription,
      { name: 'dimension', label: 'Dimension', required: true, rule: 'text' },
      { name: 'reported', label: 'Quantity that was reported', required: true, rule: 'number' },
      { name: 'correct', label: 'Quantity that is right', required: true, rule: 'number' },
    ],
  },
  'offer-removal': {
    label: 'Offer removal',
    summary: 'Remove an offer from its customers',
    fields: [offer, { name: 'endOn', label: 'Customers lose it on', required: false, rule: 'date' }],
  },
  'test-purchase-refund': { label: 'Test purchase refund', summary: 'Refund of a test purchase', fields: [subscription] },
  'vm-price-reduction': {
    label: 'Price reduction',
    summary: 'Lower the price of a published plan',
    fields: [
      offer,
      { name: 'planId', label: 'Plan id', required: true, rule: 'text' },
      { name: 'price', label: 'New price, US dollars an hour', required: true, rule: 'number' },
    ],
  },
  security: { label: 'Security report', summary: '', fields: [] },
}

export const isRequestKind = (text: string): text is RequestKind => Object.hasOwn(requestKinds, text)

/** Offer types that a request may name (spec/01 §9); `not-sure` for what is about no offer type. */
export const offerTypeChoices = {
  'azure-application': 'Azure Application',
  'azure-container': 'Azure Container',
  'azure-virtual-machine': 'Azure Virtual Machine',
  'consulting-service': 'Consulting service',
  'dynamics-business-central': 'Dynamics 365 Business Central',
  'dynamics-customer-engagement': 'Dynamics 365 Customer Engagement & Power Apps',
  'dynamics-operations': 'Dynamics 365 for Operations',
  'iot-edge-module': 'IoT Edge module',
  'managed-service': 'Managed Service',
  'power-bi-app': 'Power BI App',
  'power-bi-visual': 'Power BI visual',
  saas: 'SaaS',
  'not-sure': 'Not sure',
} as const

export type OfferTypeChoice = keyof typeof offerTypeChoices

export const isOfferTypeChoice = (text: string): text is OfferTypeChoice => Object.hasOwn(offerTypeChoices, text)

/** Whom to ask, and how. */
export interface Contact {
  name: string
  email: string
  phone?: string
  prefers: 'email' | 'phone'
}

export type RequestState = 'open' | 'answered' | 'closed'
export type RequestTrigger = 'answer' | 'reply' | 'close'

/** `open` waits for the marketplace, `answered` for who asked. Who writes in a closed request opens it again. */
export const requestStates: Record<RequestState, Partial<Record<RequestTrigger, RequestState>>> = {
  open: { answer: 'answered', reply: 'open', close: 'closed' },
  answered: { answer: 'answered', reply: 'open', close: 'closed' },
  closed: { answer: 'answered', reply: 'open' },
}

const rules: Record<FactField['rule'], { fits: (text: string) => boolean; says: string }> = {
  text: { fits: (text) => text.length <= 200, says: 'has at most 200 characters' },
  uuid: { fits: isUuid, says: 'is an id such as 3a6c1e77-2d58-4e9a-9f31-c4d5e8f30004' },
  number: { fits: (text) => /^\d{1,15}(?:\.\d{1,10})?$/.test(text), says: 'is a number such as 12.5' },
  date: { fits: (text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)), says: 'is a day such as 2026-12-31' },
}

/** The facts that a kind asks for, and what is wrong with those given. Others are dropped. */
export function factsOf(kind: RequestKind, given: Readonly<Record<string, string>>) {
  const facts: Record<string, string> = {}
  const problems: ErrorDetail[] = []
  for (const { name, label, required, rule } of requestKinds[kind].fields) {
    const text = (given[name] ?? '').trim()
    if (text === '') {
      if (required) problems.push({ code: 'RequiredField', target: name, message: `${label} is required.` })
    } else if (rules[rule].fits(text)) facts[name] = text
    else problems.push({ code: 'InvalidValue', target: name, message: `${label} ${rules[rule].says}.` })
  }
  return { facts, problems }
}
