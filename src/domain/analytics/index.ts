export type { Act } from './schema.ts'
export { type Analytics, type CampaignRow, createAnalytics } from './service.ts'
export type { VisitorFacts } from './visitor.ts'
