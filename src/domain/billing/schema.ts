import { bigint, boolean, date, integer, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant, plainDate } from '../../kernel/columns.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { AgreementKind, PostalAddress } from '../accounts/index.ts'
import type { ChargeKind, HistoryFact } from './history.ts'
import type { InvoiceState, PaymentState, PayoutState } from './life-cycle.ts'

/** Tables of the billing room: migrations 0060 to 0069. */
export const billing = pgSchema('billing')

export const contract = billing.table('contract', {
  subscription: uuid('subscription').primaryKey(),
  publisherId: text('publisher_id').notNull(),
  offer: uuid('offer').notNull(),
  offerId: text('offer_id').notNull(),
  offerName: text('offer_name').notNull(),
  customerTenantId: uuid('customer_tenant_id').notNull(),
  currency: text('currency').notNull(),
  usageBilledUntil: instant('usage_billed_until'),
  endedAt: instant('ended_at'),
  closedAt: instant('closed_at'),
  contact: text('contact').notNull(),
  /** in which its offer is sold; null: neither, or bought before this was kept */
  store: text('store').$type<Store>(),
  /** null: as the customer's account pays */
  paidBy: text('paid_by').$type<PaidBy>(),
  /** null: the account's own */
  billAddress: uuid('bill_address'),
  /** when everything was paid back: a purchase of a preview */
  refundedAt: instant('refunded_at'),
})

export const history = billing.table('history', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  subscription: uuid('subscription').notNull(),
  type: text('type').notNull(),
  source: text('source').notNull(),
  at: instant('at').notNull(),
  fact: jsonb('fact').$type<HistoryFact>().notNull(),
})

/** Prices of usage as agreed. */
export const dimensionPrice = billing.table(
  'dimension_price',
  {
    subscription: uuid('subscription').notNull(),
    planId: text('plan_id').notNull(),
    dimension: text('dimension').notNull(),
    planName: text('plan_name').notNull(),
    displayName: text('display_name').notNull(),
    unitOfMeasure: text('unit_of_measure').notNull(),
    price: decimal('price').notNull(),
  },
  (t) => [primaryKey({ columns: [t.subscription, t.planId, t.dimension] })],
)

export const charge = billing.table('charge', {
  id: uuid('id').primaryKey(),
  subscription: uuid('subscription').notNull(),
  key: text('key').notNull(),
  kind: text('kind').$type<ChargeKind>().notNull(),
  customerTenantId: uuid('customer_tenant_id').notNull(),
  currency: text('currency').notNull(),
  planId: text('plan_id').notNull(),
  planName: text('plan_name').notNull(),
  description: text('description').notNull(),
  termStart: plainDate('term_start').notNull(),
  termEnd: plainDate('term_end').notNull(),
  quantity: decimal('quantity').notNull(),
  unitPrice: decimal('unit_price').notNull(),
  amount: decimal('amount').notNull(),
  chargedAt: instant('charged_at').notNull(),
  reverses: uuid('reverses'),
  settledAt: instant('settled_at'),
  invoice: uuid('invoice'),
})

export const taxRate = billing.table(
  'tax_rate',
  {
    country: text('country').notNull(),
    validFrom: plainDate('valid_from').notNull(),
    store: text('store').$type<Store | 'any'>().notNull(),
    agreementKind: text('agreement_kind').$type<AgreementKind | 'any'>().notNull(),
    name: text('name').notNull(),
    rate: decimal('rate').notNull(),
    reverseCharge: boolean('reverse_charge').notNull(),
    managedBy: text('managed_by').$type<'platform' | 'publisher'>().notNull(),
  },
  (t) => [primaryKey({ columns: [t.country, t.validFrom, t.store, t.agreementKind] })],
)

/** Who an invoice is addressed to, as it was when it was issued. */
export interface BillTo {
  legalName: string
  country: string
  /** what follows is absent on documents issued before customers could enter it */
  address?: PostalAddress
  taxId?: string
  purchaseOrder?: string
}

export type InvoiceKind = 'invoice' | 'credit-note'
export type InvoiceReason = 'monthly' | 'closing' | 'cancelled-in-free-period' | 'preview-refund'
/** Where the store decides how a purchase is paid: the business store takes cards only (spec/01 §10.4). */
export type PaidBy = 'card'
export type LineKind = ChargeKind | 'usage'

export const invoice = billing.table('invoice', {
  id: uuid('id').primaryKey(),
  number: text('number').notNull(),
  kind: text('kind').$type<InvoiceKind>().notNull(),
  reason: text('reason').$type<InvoiceReason>().notNull(),
  run: text('run').notNull(),
  customerTenantId: uuid('customer_tenant_id').notNull(),
  currency: text('currency').notNull(),
  state: text('state').$type<InvoiceState>().notNull(),
  issuedAt: instant('issued_at').notNull(),
  dueOn: plainDate('due_on').notNull(),
  periodStart: plainDate('period_start').notNull(),
  periodEnd: plainDate('period_end').notNull(),
  billTo: jsonb('bill_to').$type<BillTo>().notNull(),
  net: decimal('net').notNull(),
  tax: decimal('tax').notNull(),
  total: decimal('total').notNull(),
  mailedAt: instant('mailed_at'),
  /** charges that failed, or reminders sent */
  attempts: integer('attempts').notNull(),
  nextAttemptAt: instant('next_attempt_at'),
  /** when its subscriptions were suspended for it */
  suspendedAt: instant('suspended_at'),
  /** day on which the customer is shown it and asked for the money; null: when it is issued */
  statementOn: plainDate('statement_on'),
  statement: uuid('statement'),
  /** null: as the customer's account pays */
  paidBy: text('paid_by').$type<PaidBy>(),
  /** of the customer's further addresses, the one it was addressed to */
  billAddress: uuid('bill_address'),
})

/** The documents of a quarter, as an enterprise customer is shown them. */
export const statement = billing.table('statement', {
  id: uuid('id').primaryKey(),
  number: text('number').notNull(),
  customerTenantId: uuid('customer_tenant_id').notNull(),
  currency: text('currency').notNull(),
  /** first day of the quarter after the one that it closes */
  statementOn: plainDate('statement_on').notNull(),
  issuedAt: instant('issued_at').notNull(),
  dueOn: plainDate('due_on').notNull(),
  mailedAt: instant('mailed_at'),
})

export const invoiceLine = billing.table('invoice_line', {
  id: uuid('id').primaryKey(),
  invoice: uuid('invoice').notNull(),
  position: integer('position').notNull(),
  kind: text('kind').$type<LineKind>().notNull(),
  subscription: uuid('subscription').notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  offerName: text('offer_name').notNull(),
  planId: text('plan_id').notNull(),
  planName: text('plan_name').notNull(),
  description: text('description').notNull(),
  serviceStart: plainDate('service_start').notNull(),
  serviceEnd: plainDate('service_end').notNull(),
  dimension: text('dimension'),
  unitOfMeasure: text('unit_of_measure'),
  charge: uuid('charge'),
  quantity: decimal('quantity').notNull(),
  unitPrice: decimal('unit_price').notNull(),
  net: decimal('net').notNull(),
  taxCountry: text('tax_country').notNull(),
  taxName: text('tax_name'),
  taxRate: decimal('tax_rate').notNull(),
  tax: decimal('tax').notNull(),
  feeRate: decimal('fee_rate').notNull(),
  fee: decimal('fee').notNull(),
  publisherShare: decimal('publisher_share').notNull(),
})

export const usageTaken = billing.table(
  'usage_taken',
  {
    line: uuid('line').notNull(),
    subscription: uuid('subscription').notNull(),
    planId: text('plan_id').notNull(),
    dimension: text('dimension').notNull(),
    month: plainDate('month').notNull(),
    quantity: decimal('quantity').notNull(),
    events: integer('events').notNull(),
  },
  (t) => [primaryKey({ columns: [t.line, t.month] })],
)

export const payment = billing.table('payment', {
  id: uuid('id').primaryKey(),
  invoice: uuid('invoice').notNull(),
  method: text('method').notNull(),
  currency: text('currency').notNull(),
  amount: decimal('amount').notNull(),
  state: text('state').$type<PaymentState>().notNull(),
  reference: text('reference'),
  failure: text('failure'),
  at: instant('at').notNull(),
})

export const ledgerTransaction = billing.table('ledger_transaction', {
  id: uuid('id').primaryKey(),
  at: instant('at').notNull(),
  wallAt: instant('wall_at').notNull(),
  kind: text('kind').notNull(),
  reference: uuid('reference').notNull(),
  description: text('description').notNull(),
})

export const posting = billing.table(
  'posting',
  {
    transaction: uuid('transaction').notNull(),
    position: integer('position').notNull(),
    account: text('account').$type<LedgerAccount>().notNull(),
    currency: text('currency').notNull(),
    amount: decimal('amount').notNull(),
    customerTenantId: uuid('customer_tenant_id'),
    publisherId: text('publisher_id'),
    line: uuid('line'),
  },
  (t) => [primaryKey({ columns: [t.transaction, t.position] })],
)

/**
 * receivable: owed by customers · cash: received from them, less what was paid out · revenue-share: publishers' part of what
 * is not collected yet · payable: owed to publishers · store-fee: the marketplace's own · tax: owed to tax offices ·
 * withholding: kept back for them · exchange, rounding: between currencies and minor units · payment-cost: what payment providers keep.
 */
export type LedgerAccount =
  | 'receivable'
  | 'cash'
  | 'revenue-share'
  | 'payable'
  | 'store-fee'
  | 'tax'
  | 'withholding'
  | 'exchange'
  | 'rounding'
  | 'payment-cost'

export const payout = billing.table('payout', {
  id: uuid('id').primaryKey(),
  number: text('number').notNull(),
  publisherId: text('publisher_id').notNull(),
  currency: text('currency').notNull(),
  month: plainDate('month').notNull(),
  state: text('state').$type<PayoutState>().notNull(),
  net: decimal('net').notNull(),
  fee: decimal('fee').notNull(),
  amount: decimal('amount').notNull(),
  lines: integer('lines').notNull(),
  preparedAt: instant('prepared_at').notNull(),
  sentAt: instant('sent_at'),
  paidAt: instant('paid_at'),
  reference: text('reference'),
  run: uuid('run'),
  /** version of the payout profile that it goes to */
  profile: uuid('profile'),
  withheld: decimal('withheld').notNull(),
  adjusted: decimal('adjusted').notNull(),
  bankFile: uuid('bank_file'),
  returnReason: text('return_reason'),
})

/** What a publisher earns from a line (part 0), and what corrections add to it or take from it. */
export const payoutLine = billing.table(
  'payout_line',
  {
    line: uuid('line').notNull(),
    part: integer('part').notNull().default(0),
    /** the write-off or return; null: the sale itself */
    correction: uuid('correction'),
    invoice: uuid('invoice').notNull(),
    publisherId: text('publisher_id').notNull(),
    currency: text('currency').notNull(),
    net: decimal('net').notNull(),
    feeRate: decimal('fee_rate').notNull(),
    fee: decimal('fee').notNull(),
    amount: decimal('amount').notNull(),
    earnedAt: instant('earned_at').notNull(),
    collectedAt: instant('collected_at'),
    payout: uuid('payout'),
    withholdingRate: decimal('withholding_rate'),
    withheld: decimal('withheld'),
    rate: decimal('rate'),
    paid: decimal('paid'),
  },
  (t) => [primaryKey({ columns: [t.line, t.part] })],
)

export const monthRun = billing.table('month_run', {
  month: date('month').primaryKey(),
  begunAt: instant('begun_at').notNull(),
})
