import { jsonb, pgSchema, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'
import type { Actor, Person, TermUnit } from '../subscriptions/index.ts'
import type { Quote } from './quote.ts'

const checkout = pgSchema('checkout')

/** What the buyer agreed to by confirming the order (spec/01 §16). */
export interface Consent {
  /** the legal terms and the privacy statement of the offering */
  legal: { terms: string; privacyPolicyUrl: string }
  /** the customer's present payment method is billed, this often */
  billing: { every: TermUnit; currency: string }
  /** goes to the publisher for support, billing and other transactional activities */
  sharing: ('contact' | 'usage' | 'transactions')[]
  /** e-mail address */
  by: string
  /** ISO instant, market time */
  at: string
}

/** A customer's act of buying: what was shown, what was accepted, by whom. */
export const purchase = checkout.table('purchase', {
  id: uuid('id').primaryKey(),
  subscription: uuid('subscription').notNull(),
  offer: uuid('offer').notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  planId: text('plan_id').notNull(),
  purchaser: jsonb('purchaser').$type<Person>().notNull(),
  beneficiary: jsonb('beneficiary').$type<Person>().notNull(),
  customerTenantId: uuid('customer_tenant_id').notNull(),
  quote: jsonb('quote').$type<Quote>().notNull(),
  termsVersion: text('terms_version').notNull(),
  /** null where bought before consents were kept */
  consent: jsonb('consent').$type<Consent>(),
  boughtBy: jsonb('bought_by').$type<Actor>().notNull(),
  boughtAt: instant('bought_at').notNull(),
  wallAt: instant('wall_at').notNull(),
})

export type Purchase = typeof purchase.$inferSelect

/** Terms that were accepted by themselves (migrations/0195_checkout_acceptance.sql). */
export const acceptance = checkout.table('acceptance', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  offer: uuid('offer').notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  termsVersion: text('terms_version').notNull(),
  acceptedBy: jsonb('accepted_by').$type<Actor>().notNull(),
  acceptedAt: instant('accepted_at').notNull(),
  wallAt: instant('wall_at').notNull(),
})

export type Acceptance = typeof acceptance.$inferSelect
