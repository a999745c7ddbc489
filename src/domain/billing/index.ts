export type { InvoiceExplanation, LineExplanation } from './explain.ts'
export { type InvoiceState, invoiceStates, type PayoutState, type PayoutTrigger, paymentStates, payoutStates } from './life-cycle.ts'
export { type Adjustment, type AdjustmentInput } from './adjustments.ts'
export { type AdjustmentState, adjustmentStates, type AdjustmentTrigger } from './adjustment-states.ts'
export type { Balance, LedgerTransaction } from './balances.ts'
export {
  type BankFile,
  type BankFileFormat,
  bankFileFormats,
  type BankFileSummary,
  type PayerAccount,
  type PayerAccountInput,
} from './bank-files.ts'
export type { DimensionPrice } from './open-items.ts'
export type { ForecastRow } from './payout-forecast.ts'
export type { HeldReason, PayoutPart, PlannedPayout } from './payout-plan.ts'
export type { PayoutRun, PayoutRunItem } from './payout-run.ts'
export type { PayoutStanding, PayoutStatement } from './payout-service.ts'
export type { PayoutTerms, PayoutTermsInput } from './payout-terms.ts'
export type { Payout, PayoutPartView } from './payout-views.ts'
export type { PayoutLine, PayoutLineQuery, PayoutTotals } from './payouts.ts'
export type { LedgerAccount } from './schema.ts'
export type { PaymentMethod } from './payment.ts'
export type { CardReturn, CardReturnDecision } from './card-returns.ts'
export { type CardReturnState, cardReturnStates } from './card-return-states.ts'
export type { WriteOffDecision, WriteOffView } from './write-offs.ts'
export { type WriteOffState, writeOffStates } from './write-off-states.ts'
export { reminderDays, retryDays } from './dunning.ts'
export type { Billing } from './service.ts'
export { createBilling } from './service.ts'
export type {
  Invoice,
  InvoiceDetail,
  InvoiceLine,
  OpenInvoice,
  OpenItem,
  OpenPeriod,
  Payment,
  Statement,
  StatementDetail,
} from './views.ts'
export type { TaxRateInput, TaxRateRow } from './tax.ts'
export { taxRemittedIn } from './tax-remitted.ts'
