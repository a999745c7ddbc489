import { z } from 'zod'

/** Shapes of SaaS fulfillment v2 for its OpenAPI document. Reading is more tolerant than they say (names in any case). */

export const apiVersion = z.object({ 'api-version': z.literal('2018-08-31').describe('Version of the API.') })
export const listQuery = apiVersion.extend({ continuationToken: z.string().optional().describe('From @nextLink of the page before.') })
export const planQuery = apiVersion.extend({ planId: z.string().optional().describe('Only this plan.') })

export const subscriptionParams = z.object({ subscriptionId: z.guid() })
export const operationParams = subscriptionParams.extend({ operationId: z.guid() })

export const callHeaders = z.object({
  'x-ms-requestid': z.string().optional().describe('Any text that is unique to the request, preferably a GUID; echoed.'),
  'x-ms-correlationid': z.string().optional().describe('Any text that correlates calls; echoed.'),
})
export const resolveHeaders = callHeaders.extend({
  'x-ms-marketplace-token': z.string().describe('The token query parameter of the landing page, URL-decoded.'),
})

const termUnit = z.enum(['P1M', 'P1Y'])
const quantity = z.int().positive().describe('Seats; absent for plans that are not sold by seats.')

const person = z.object({ emailId: z.email(), objectId: z.guid(), tenantId: z.guid(), puid: z.string() })

export const subscription = z.object({
  id: z.guid(),
  name: z.string(),
  publisherId: z.string(),
  offerId: z.string(),
  planId: z.string(),
  quantity: quantity.optional(),
  saasSubscriptionStatus: z.enum(['PendingFulfillmentStart', 'Subscribed', 'Suspended', 'Unsubscribed']),
  beneficiary: person,
  purchaser: person,
  term: z.object({
    startDate: z.iso.datetime().optional().describe('Absent before activation.'),
    endDate: z.iso.datetime().optional().describe('Last day of the term.'),
    termUnit,
  }),
  autoRenew: z.boolean(),
  isTest: z.boolean(),
  isFreeTrial: z.boolean(),
  allowedCustomerOperations: z.array(z.enum(['Read', 'Update', 'Delete'])),
  sandboxType: z.enum(['None', 'Csp']),
  sessionMode: z.enum(['None', 'DryRun']),
  created: z.iso.datetime(),
  lastModified: z.iso.datetime(),
})

export const resolved = z.object({
  id: z.guid(),
  subscriptionName: z.string(),
  offerId: z.string(),
  planId: z.string(),
  quantity: quantity.optional(),
  subscription,
})

export const subscriptions = z.object({ subscriptions: z.array(subscription), '@nextLink': z.url().optional() })

export const plans = z.object({
  plans: z.array(
    z.object({
      planId: z.string(),
      displayName: z.string(),
      isPrivate: z.boolean(),
      description: z.string(),
      minQuantity: z.int().optional(),
      maxQuantity: z.int().optional(),
      hasFreeTrials: z.boolean(),
      isPricePerSeat: z.boolean(),
      isStopSell: z.boolean(),
      market: z.string(),
      planComponents: z.object({
        recurrentBillingTerms: z.array(
          z.object({
            currency: z.string(),
            price: z.number(),
            termUnit,
            termDescription: z.string(),
            meteredQuantityIncluded: z.array(z.object({ dimensionId: z.string(), units: z.string() })).optional(),
          }),
        ),
        meteringDimensions: z.array(
          z.object({ id: z.string(), currency: z.string(), pricePerUnit: z.number(), unitOfMeasure: z.string(), displayName: z.string() }),
        ),
      }),
    }),
  ),
})

export const activation = z.object({
  planId: z.string().describe('The purchased plan.'),
  quantity: z.union([z.int().positive(), z.string()]).optional().describe('The purchased seats, or nothing.'),
})

export const change = z.object({
  planId: z.string().optional().describe('The plan to change to. Exactly one of planId and quantity.'),
  quantity: z.int().positive().optional().describe('The number of seats to change to.'),
})

export const answer = z.object({ status: z.enum(['Success', 'Failure']), planId: z.string().optional(), quantity: z.int().optional() })

export const operation = z.object({
  id: z.guid(),
  activityId: z.guid(),
  subscriptionId: z.guid(),
  offerId: z.string(),
  publisherId: z.string(),
  planId: z.string(),
  quantity: quantity.optional(),
  action: z.enum(['ChangePlan', 'ChangeQuantity', 'Reinstate', 'Suspend', 'Unsubscribe', 'Renew']),
  timeStamp: z.iso.datetime(),
  status: z.enum(['NotStarted', 'InProgress', 'Succeeded', 'Failed', 'Conflict']),
  errorStatusCode: z.string().optional(),
  errorMessage: z.string().optional(),
  operationRequestSource: z.enum(['Azure', 'Partner']),
})

export const operations = z.object({ operations: z.array(operation) })

export const error = z.object({
  code: z.string(),
  message: z.string(),
  target: z.string().optional(),
  details: z.array(z.object({ code: z.string(), message: z.string(), target: z.string().optional() })).optional(),
})

export const nothing = z.null().describe('No body.')

/** Body of a webhook, version 1: docs/schemas/webhook-v1.json. */
export const webhook = operation
  .extend({
    status: z.enum(['InProgress', 'Succeeded', 'Success']).describe('InProgress where an answer is expected, else the final state.'),
    subscription: subscription.describe('The subscription when the webhook was sent.'),
    purchaseToken: z.null(),
  })
  .meta({ title: 'Webhook of SaaS fulfillment v2', $id: 'https://stoa.example/schemas/webhook-v1.json' })
