import { date, pgSchema, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'

/** What a visitor of a product page does (spec/06 F5). */
export type Act = 'page-visit' | 'get-it-now' | 'free-trial' | 'contact-me' | 'consent'

/** Tables of migrations/0186_analytics_visits.sql. */
export const analytics = pgSchema('analytics')

export const visit = analytics.table('visit', {
  id: uuid('id').primaryKey(),
  at: instant('at').notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  store: text('store').$type<'business' | 'cloud' | 'portal'>().notNull(),
  act: text('act').$type<Act>().notNull(),
  visitor: text('visitor').notNull(),
  referralDomain: text('referral_domain'),
  trafficSource: text('traffic_source'),
  campaignId: text('campaign_id'),
})

export const visitorSalt = analytics.table('visitor_salt', {
  day: date('day').primaryKey(),
  salt: text('salt').notNull(),
})
