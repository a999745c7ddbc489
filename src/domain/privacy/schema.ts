import { jsonb, pgSchema, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'
import type { ErasureReport } from '../../kernel/personal-data.ts'

/** Table of migrations/0169_privacy.sql. */
export const erasure = pgSchema('privacy').table('erasure', {
  id: uuid('id').primaryKey(),
  objectId: uuid('object_id').notNull(),
  tenantId: uuid('tenant_id').notNull(),
  at: instant('at').notNull(),
  wallAt: instant('wall_at').notNull(),
  askedBy: text('asked_by').$type<'self' | 'operator'>().notNull(),
  decidedBy: uuid('decided_by'),
  reason: text('reason').notNull(),
  report: jsonb('report').$type<ErasureReport>().notNull(),
})

export type Erasure = typeof erasure.$inferSelect
