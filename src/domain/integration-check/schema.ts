import { boolean, jsonb, pgSchema, text, uuid } from 'drizzle-orm/pg-core'
import { instant } from '../../kernel/columns.ts'

const integrationCheck = pgSchema('integration_check')

/** What a run found out, point by point. */
export interface CheckReport {
  plan: string
  /** how long it took */
  seconds: number
  counts: { ok: number; failed: number; notTested: number }
  points: {
    id: string
    area: string
    title: string
    outcome: 'ok' | 'failed' | 'not-tested'
    /** what was seen */
    seen: string
    /** what the documentation asks for */
    says: string
    mend: string
    /** address of the point's documentation */
    docs: string
  }[]
}

export type RunState = 'queued' | 'running' | 'done' | 'stopped'

export const run = integrationCheck.table('run', {
  id: uuid('id').primaryKey(),
  publisherId: text('publisher_id').notNull(),
  offerId: text('offer_id').notNull(),
  landingPageUrl: text('landing_page_url').notNull(),
  webhookUrl: text('webhook_url').notNull(),
  submit: text('submit'),
  moveClock: boolean('move_clock').notNull(),
  state: text('state').$type<RunState>().notNull(),
  problem: text('problem'),
  report: jsonb('report').$type<CheckReport>(),
  askedBy: text('asked_by').notNull(),
  wallAt: instant('wall_at').notNull(),
  endedWallAt: instant('ended_wall_at'),
})

export type CheckRun = typeof run.$inferSelect
