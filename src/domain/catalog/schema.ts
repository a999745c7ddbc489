import { bigint, boolean, customType, date, integer, jsonb, numeric, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'
import type { Store } from '../../kernel/reference-data.ts'
import type { ListingOption } from '../offers/index.ts'
import type { PageContent } from './product.ts'

const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' })
const marketBits = customType<{ data: string }>({ dataType: () => 'bit(676)' })

/** market → [amount, currency, term, per user, metered], short because there is one for each of 141 markets. */
export type StoredPrices = Record<string, [string, string, 'P1M' | 'P1Y', boolean, boolean]>

/** Tables of migrations/0030_catalog.sql, 0135_catalog_search.sql, 0137_catalog_words.sql, 0185_catalog_lexemes.sql and 0187_catalog_linked_featured.sql. */
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
    listingOption: text('listing_option').$type<ListingOption>().notNull(),
    categories: text('categories').array().notNull(),
    facets: integer('facets').array().notNull(),
    soldIn: marketBits('sold_in'),
    freeTrial: boolean('free_trial').notNull(),
    dollars: numeric('dollars'),
    startingPrices: jsonb('starting_prices').$type<StoredPrices>().notNull(),
    lexemes: bytes('lexemes').notNull(),
    linkedClients: text('linked_clients').array().notNull(),
    quality: integer('quality').notNull(),
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

export const facet = catalog.table('facet', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  kind: text('kind').notNull(),
  key: text('key').notNull(),
  name: text('name'),
})

export const lexeme = catalog.table('lexeme', {
  id: integer('id').primaryKey().generatedAlwaysAsIdentity(),
  lexeme: text('lexeme').notNull(),
})

export const change = catalog.table('change', {
  seq: bigint('seq', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  offer: uuid('offer').notNull(),
})

export const linked = catalog.table('linked', {
  offer: uuid('offer').notNull(),
  kind: text('kind').$type<'client' | 'application'>().notNull(),
  id: text('id').notNull(),
})

export const acquisition = catalog.table('acquisition', {
  offer: uuid('offer').notNull(),
  day: date('day').notNull(),
  count: integer('count').notNull(),
})

export const featured = catalog.table('featured', {
  id: uuid('id').primaryKey(),
  offer: uuid('offer').notNull(),
  store: text('store').$type<Store>().notNull(),
  category: text('category').notNull(),
  kind: text('kind').$type<'score' | 'benefit'>().notNull(),
  score: integer('score'),
  validFrom: date('valid_from').notNull(),
  validUntil: date('valid_until').notNull(),
  chosenAt: instant('chosen_at').notNull(),
})

export const word = catalog.table('word', { word: text('word').primaryKey() })

export const variant = catalog.table('variant', { variant: text('variant').notNull(), word: text('word').notNull() }, (table) => [
  primaryKey({ columns: [table.variant, table.word] }),
])

export const state = catalog.table('state', {
  single: boolean('single').primaryKey(),
  version: bigint('version', { mode: 'number' }).notNull(),
  model: integer('model').notNull(),
})
