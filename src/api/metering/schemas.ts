import { z } from 'zod'

/** Shapes of metering v1 for its OpenAPI document. Reading is more tolerant than they say (member names in any case). */

export const apiVersion = z.object({ 'api-version': z.literal('2018-08-31').describe('Version of the API.') })

const status = z.enum([
  'Accepted',
  'Expired',
  'Duplicate',
  'Error',
  'ResourceNotFound',
  'ResourceNotAuthorized',
  'ResourceNotActive',
  'InvalidDimension',
  'InvalidQuantity',
  'BadArgument',
])

export const usageEvent = z.object({
  resourceId: z
    .guid()
    .optional()
    .describe('Subscription id of a SaaS offer, or usage id of a deployed application. Exactly one of resourceId and resourceUri.'),
  resourceUri: z.string().optional().describe('Full path of a deployed resource. Exactly one of resourceId and resourceUri.'),
  quantity: z.number().positive().max(1e12).describe('Units above what the plan includes; at most 10 decimals.'),
  dimension: z.string().describe('Id of a dimension that is billed on the plan.'),
  effectiveStartTime: z.iso.datetime().describe('When the usage happened, UTC: from 24 hours ago to now.'),
  planId: z.string().describe('The purchased plan.'),
})

export const batchUsageEvent = z.object({ request: z.array(usageEvent).min(1).max(25) })

const acceptedEvent = z.object({
  usageEventId: z.guid(),
  status,
  messageTime: z.iso.datetime(),
  resourceId: z.guid().optional(),
  resourceUri: z.string().optional(),
  quantity: z.number(),
  dimension: z.string(),
  effectiveStartTime: z.iso.datetime(),
  planId: z.string(),
})

export const badRequest = z.object({
  code: z.string(),
  message: z.string(),
  target: z.string().optional(),
  details: z.array(z.object({ code: z.string(), message: z.string(), target: z.string().optional() })).optional(),
})

export const conflictBody = z.object({
  additionalInfo: z.object({ acceptedMessage: acceptedEvent }),
  message: z.string(),
  code: z.string(),
})

export const forbiddenBody = z.object({ code: z.string(), message: z.string() })

export const okEvent = acceptedEvent

export const batchResult = z.object({
  count: z.int(),
  result: z.array(acceptedEvent.partial().extend({ status, error: z.union([conflictBody, badRequest]).optional() })),
})

export const usageQuery = apiVersion.extend({
  usageStartDate: z.string().describe('First day, ISO 8601.'),
  UsageEndDate: z.string().optional().describe('Last day, ISO 8601. Default: today.'),
  offerId: z.string().optional(),
  planId: z.string().optional(),
  dimension: z.string().optional(),
  azureSubscriptionId: z.guid().optional(),
  reconStatus: z.enum(['Submitted', 'Accepted', 'Rejected', 'Mismatch']).optional(),
})

export const usageRows = z.array(
  z.object({
    usageDate: z.iso.datetime(),
    usageResourceId: z.guid(),
    dimension: z.string(),
    planId: z.string(),
    planName: z.string(),
    offerId: z.string(),
    offerName: z.string(),
    offerType: z.string(),
    reconStatus: z.enum(['Submitted', 'Accepted', 'Rejected', 'Mismatch']),
    submittedQuantity: z.number(),
    processedQuantity: z.number(),
    submittedCount: z.int(),
  }),
)
