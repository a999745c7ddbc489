import { boolean, integer, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant, plainDate } from '../../kernel/columns.ts'
import type { CardReturnKind, CardReturnState } from './card-return-states.ts'
import { billing } from './schema.ts'

/** A tenant as Stripe knows it. */
export const cardCustomer = billing.table('card_customer', {
  tenantId: uuid('tenant_id').primaryKey(),
  customer: text('customer').notNull(),
  createdAt: instant('created_at').notNull(),
})

export const card = billing.table('card', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  /** Stripe's payment method */
  method: text('method').notNull(),
  brand: text('brand').notNull(),
  last4: text('last4').notNull(),
  /** last day on which it can be charged */
  expiresOn: plainDate('expires_on').notNull(),
  savedAt: instant('saved_at').notNull(),
  /** the one chosen last is charged */
  chosenAt: instant('chosen_at').notNull(),
  removedAt: instant('removed_at'),
})

/** A visit to Stripe's page on which a card is entered. */
export const cardSetup = billing.table('card_setup', {
  session: text('session').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  begunBy: text('begun_by').notNull(),
  begunAt: instant('begun_at').notNull(),
  /** how often we have asked what became of it */
  looked: integer('looked').notNull(),
  endedAt: instant('ended_at'),
  card: uuid('card'),
})

export const cardCharge = billing.table('card_charge', {
  payment: uuid('payment').primaryKey(),
  card: uuid('card').notNull(),
  /** the customer asked for it: it uses up no attempt of the schedule */
  own: boolean('own').notNull(),
  /** Stripe's payment intent, when it is known */
  intent: text('intent'),
})

/** What a refund takes from which charge. */
export const cardRefund = billing.table(
  'card_refund',
  {
    payment: uuid('payment').notNull(),
    charge: uuid('charge').notNull(),
    amount: decimal('amount').notNull(),
    refund: text('refund'),
  },
  (t) => [primaryKey({ columns: [t.payment, t.charge] })],
)

/** A payment by card that the bank (dispute) or somebody at Stripe (refund) has taken back. */
export const cardReturn = billing.table('card_return', {
  id: uuid('id').primaryKey(),
  stripeId: text('stripe_id').notNull(),
  kind: text('kind').$type<CardReturnKind>().notNull(),
  payment: uuid('payment').notNull(),
  invoice: uuid('invoice').notNull(),
  currency: text('currency').notNull(),
  amount: decimal('amount').notNull(),
  reason: text('reason').notNull(),
  state: text('state').$type<CardReturnState>().notNull(),
  openedAt: instant('opened_at').notNull(),
  closedAt: instant('closed_at'),
  closedBy: text('closed_by'),
})

export const stripeEvent = billing.table('stripe_event', {
  id: text('id').primaryKey(),
  type: text('type').notNull(),
  wallAt: instant('wall_at').notNull(),
})
