import { bigint, boolean, integer, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { decimal, instant } from '../../kernel/columns.ts'
import type { OfferKey, PlanKey } from './offer.ts'

/** Tables of migrations/0020_offers.sql and 0120_offers_engine.sql. */
export const offers = pgSchema('offers')

export const exchangeRate = offers.table(
  'exchange_rate',
  {
    currency: text('currency').notNull(),
    validFrom: instant('valid_from').notNull(),
    unitsPerUsd: decimal('units_per_usd').notNull(),
    source: text('source').notNull(),
  },
  (table) => [primaryKey({ columns: [table.currency, table.validFrom] })],
)

export const offer = offers.table('offer', {
  id: uuid('id').$type<OfferKey>().primaryKey(),
  publisherId: text('publisher_id').notNull(),
  accountId: uuid('account_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  offerId: text('offer_id').notNull(),
  offerType: text('offer_type').notNull(),
  alias: text('alias').notNull(),
  revision: integer('revision').notNull(),
  createdAt: instant('created_at').notNull(),
  createdBy: text('created_by').notNull(),
  modifiedAt: instant('modified_at').notNull(),
  publishedAt: instant('published_at'),
  deletedAt: instant('deleted_at'),
})

export const plan = offers.table('plan', {
  id: uuid('id').$type<PlanKey>().primaryKey(),
  offer: uuid('offer').$type<OfferKey>().notNull(),
  planId: text('plan_id').notNull(),
  position: integer('position').notNull(),
  createdAt: instant('created_at').notNull(),
  publishedAt: instant('published_at'),
  deletedAt: instant('deleted_at'),
})

export const draft = offers.table('draft', {
  id: uuid('id').primaryKey(),
  offer: uuid('offer').$type<OfferKey>().notNull(),
  plan: uuid('plan').$type<PlanKey>(),
  module: text('module').notNull(),
  variant: text('variant').notNull(),
  revision: integer('revision').notNull(),
  content: jsonb('content').$type<Record<string, unknown>>().notNull(),
  priceList: text('price_list'),
  current: boolean('current').notNull(),
  frozen: boolean('frozen').notNull(),
  published: boolean('published').notNull(),
  modifiedAt: instant('modified_at').notNull(),
  modifiedBy: text('modified_by').notNull(),
})

export const priceList = offers.table('price_list', {
  hash: text('hash').primaryKey(),
  createdAt: instant('created_at').notNull(),
})

export const price = offers.table(
  'price',
  {
    list: text('list').notNull(),
    market: text('market').notNull(),
    item: text('item').notNull(),
    currency: text('currency').notNull(),
    amount: decimal('amount').notNull(),
    validFrom: instant('valid_from').notNull(),
    usd: decimal('usd'),
    rate: decimal('rate'),
  },
  (table) => [primaryKey({ columns: [table.list, table.market, table.item, table.validFrom] })],
)

export const audience = offers.table(
  'audience',
  {
    plan: uuid('plan').$type<PlanKey>().notNull(),
    live: boolean('live').notNull(),
    tenantId: uuid('tenant_id').notNull(),
    description: text('description').notNull(),
  },
  (table) => [primaryKey({ columns: [table.plan, table.live, table.tenantId] })],
)

export const applicationBinding = offers.table(
  'application_binding',
  {
    directoryTenantId: uuid('directory_tenant_id').notNull(),
    applicationId: uuid('application_id').notNull(),
    accountId: uuid('account_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.directoryTenantId, table.applicationId] })],
)

export const media = offers.table('media', {
  hash: text('hash').primaryKey(),
  contentType: text('content_type').notNull(),
  bytes: integer('bytes').notNull(),
  width: integer('width'),
  height: integer('height'),
  unpackedBytes: bigint('unpacked_bytes', { mode: 'number' }),
  entries: integer('entries'),
  createdAt: instant('created_at').notNull(),
})

export const sectionRevision = offers.table('section_revision', {
  id: uuid('id').primaryKey(),
  offer: uuid('offer').$type<OfferKey>().notNull(),
  plan: uuid('plan').$type<PlanKey>(),
  module: text('module').notNull(),
  variant: text('variant').notNull(),
  revision: integer('revision').notNull(),
  content: jsonb('content').$type<Record<string, unknown>>().notNull(),
  modifiedAt: instant('modified_at').notNull(),
  modifiedBy: text('modified_by').notNull(),
  modifiedByName: text('modified_by_name').notNull(),
})
