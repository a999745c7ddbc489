import { boolean, customType, jsonb, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { PageContent } from './product.ts'

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** market → [amount, currency, term, per user, metered], short because there is one for each of 141 markets. */
export type StoredPrices = Record<string, [string, string, 'P1M' | 'P1Y', boolean, boolean]>

/** Tables of migrations/0030_catalog.sql. */
export const catalog = pgSchema('catalog')

export const product = catalog.table(
  'product',
  {
    offer: uuid('offer').notNull(),
    store: text('store').$type<Store>().notNull(),
    language: text('language').notNull(),
    publisherId: text('publisher_id').notNull(),
    offerId: text('offer_id').notNull(),
    snapshot: uuid('snapshot').notNull(),
    publisherName: text('publisher_name').notNull(),
    title: text('title').notNull(),
    summary: text('summary').notNull(),
    logo: text('logo').notNull(),
    categories: text('categories').array().notNull(),
    markets: text('markets').array().notNull(),
    freeTrial: boolean('free_trial').notNull(),
    startingPrices: jsonb('starting_prices').$type<StoredPrices>().notNull(),
    search: tsvector('search').notNull(),
    fuzzy: text('fuzzy').notNull(),
    publishedAt: instant('published_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.offer, table.store, table.language] })],
)

export const page = catalog.table('page', {
  offer: uuid('offer').primaryKey(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  snapshot: uuid('snapshot').notNull(),
  stores: text('stores').array().$type<Store[]>().notNull(),
  content: jsonb('content').$type<PageContent>().notNull(),
  publishedAt: instant('published_at').notNull(),
})
