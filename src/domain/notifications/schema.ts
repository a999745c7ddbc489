import { pgSchema, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
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
