export type { Quote } from './quote.ts'
export type { Consent, Purchase } from './schema.ts'
export {
  type Checkout,
  type Choice,
  type OfferedTerms,
  createCheckout,
  type PurchaseInput,
  type PurchaseResult,
  type QuoteInput,
} from './service.ts'
export type { PurchaseTerms } from './terms.ts'
