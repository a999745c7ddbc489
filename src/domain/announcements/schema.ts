import { pgSchema, text, uuid } from 'drizzle-orm/pg-core'
import { instant, plainDate } from '../../kernel/columns.ts'

/** Tables of migrations/0174_announcements.sql. */
const announcements = pgSchema('announcements')

export const announcement = announcements.table('announcement', {
  id: uuid('id').primaryKey(),
  group: text('news_group').$type<'new-features' | 'tax-updates' | 'documentation-updates'>().notNull(),
  category: text('category').notNull(),
  text: text('text').notNull(),
  address: text('address'),
  audience: text('audience').$type<'everybody' | 'publishers' | 'customers'>().notNull(),
  onDay: plainDate('on_day').notNull(),
  author: text('author').notNull(),
  at: instant('at').notNull(),
  wallAt: instant('wall_at').notNull(),
  withdrawnAt: instant('withdrawn_at'),
})
