import { boolean, pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'

/** Tables of migrations/0131_notifications.sql. */
const notifications = pgSchema('notifications')

export const notification = notifications.table('notification', {
  id: uuid('id').primaryKey(),
  publisherId: text('publisher_id').notNull(),
  at: instant('at').notNull(),
  wallAt: instant('wall_at').notNull(),
  kind: text('kind').notNull(),
  title: text('title').notNull(),
  text: text('text').notNull(),
  path: text('path').notNull(),
})

export const seen = notifications.table(
  'seen',
  {
    publisherId: text('publisher_id').notNull(),
    person: uuid('person').notNull(),
    notification: uuid('notification').notNull(),
  },
  (table) => [primaryKey({ columns: [table.publisherId, table.person] })],
)

/** Tables of migrations/0165_notifications_customers.sql. */
export const customerNotification = notifications.table('customer_notification', {
  id: uuid('id').primaryKey(),
  tenantId: uuid('tenant_id').notNull(),
  /** null: for all who administer the organisation's purchases */
  person: uuid('person'),
  at: instant('at').notNull(),
  wallAt: instant('wall_at').notNull(),
  kind: text('kind').notNull(),
  title: text('title').notNull(),
  text: text('text').notNull(),
  path: text('path').notNull(),
})

export const customerSeen = notifications.table('customer_seen', {
  person: uuid('person').primaryKey(),
  notification: uuid('notification').notNull(),
})

export const mailChoice = notifications.table(
  'mail_choice',
  {
    person: uuid('person').notNull(),
    kind: text('kind').notNull(),
    wanted: boolean('wanted').notNull(),
  },
  (table) => [primaryKey({ columns: [table.person, table.kind] })],
)
