import { bigint, boolean, integer, jsonb, pgSchema, text, uuid } from 'drizzle-orm/pg-core'
import { instant, plainDate } from '../../kernel/columns.ts'
import type { Contact, OfferTypeChoice, RequestKind, RequestQueue, RequestState } from './kinds.ts'

/** Tables of migrations/0172_support.sql and 0173_support_removal.sql. */
const support = pgSchema('support')

export type Audience = 'publisher' | 'customer' | 'everybody'

/** Something that may solve a problem without a request. */
export interface Solution {
  title: string
  text: string
  /** below the site, or a whole address */
  address: string
}

export const topic = support.table('topic', {
  id: text('id').primaryKey(),
  parent: text('parent'),
  title: text('title').notNull(),
  kind: text('kind').$type<RequestKind>().notNull(),
  audience: text('audience').$type<Audience>().notNull(),
  keywords: text('keywords').notNull().default(''),
  solutions: jsonb('solutions').$type<Solution[]>().notNull().default([]),
  position: integer('position').notNull().default(1000),
  retired: boolean('retired').notNull().default(false),
})

export const request = support.table('request', {
  id: uuid('id').primaryKey(),
  number: bigint('number', { mode: 'number' }).generatedAlwaysAsIdentity(),
  party: text('party').$type<'publisher' | 'customer'>().notNull(),
  publisherId: text('publisher_id'),
  tenantId: uuid('tenant_id').notNull(),
  partyName: text('party_name').notNull(),
  kind: text('kind').$type<RequestKind>().notNull(),
  queue: text('queue').$type<RequestQueue>().notNull(),
  topic: text('topic').notNull(),
  topicPath: text('topic_path').array().notNull(),
  summary: text('summary').notNull(),
  details: text('details').notNull(),
  offerType: text('offer_type').$type<OfferTypeChoice>().notNull(),
  startOn: plainDate('start_on').notNull(),
  contact: jsonb('contact').$type<Contact>().notNull(),
  facts: jsonb('facts').$type<Record<string, string>>().notNull().default({}),
  urgent: boolean('urgent').notNull().default(false),
  state: text('state').$type<RequestState>().notNull(),
  openedBy: uuid('opened_by').notNull(),
  openedAt: instant('opened_at').notNull(),
  waitsSince: instant('waits_since').notNull(),
  closedAt: instant('closed_at'),
  assignee: jsonb('assignee').$type<{ objectId: string; name: string }>(),
  wallAt: instant('wall_at').notNull(),
})

export const message = support.table('message', {
  id: uuid('id').primaryKey(),
  request: uuid('request').notNull(),
  at: instant('at').notNull(),
  wallAt: instant('wall_at').notNull(),
  side: text('side').$type<'party' | 'marketplace'>().notNull(),
  author: uuid('author'),
  authorName: text('author_name').notNull(),
  text: text('text').notNull(),
  internal: boolean('internal').notNull().default(false),
})

export const attachment = support.table('attachment', {
  id: uuid('id').primaryKey(),
  request: uuid('request').notNull(),
  message: uuid('message').notNull(),
  name: text('name').notNull(),
  contentType: text('content_type').notNull(),
  size: bigint('size', { mode: 'number' }).notNull(),
  hash: text('hash').notNull(),
  restricted: boolean('restricted').notNull().default(false),
  removed: integer('removed').notNull().default(0),
})

export type TopicRow = typeof topic.$inferSelect
export type RequestRow = typeof request.$inferSelect
export type MessageRow = typeof message.$inferSelect
export type AttachmentRow = typeof attachment.$inferSelect

export const removal = support.table('removal', {
  id: uuid('id').primaryKey(),
  request: uuid('request').notNull(),
  offer: uuid('offer').notNull(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  offerName: text('offer_name').notNull(),
  notice: text('notice').notNull(),
  state: text('state').$type<'announced' | 'done' | 'withdrawn'>().notNull(),
  announcedAt: instant('announced_at').notNull(),
  announcedBy: text('announced_by').notNull(),
  effectiveAt: instant('effective_at').notNull(),
  told: integer('told').notNull().default(0),
  ended: integer('ended').notNull().default(0),
  closedAt: instant('closed_at'),
})

export type RemovalRow = typeof removal.$inferSelect
