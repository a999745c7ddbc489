export { type Act, type CampaignQuery, campaignOf, type Contact, type Origin } from './lead.ts'
export type { LeadState } from './schema.ts'
export { createLeads, type LeadDetails, type LeadFilter, type Leads, type PurchaseMade } from './service.ts'
