import { z } from 'zod'

export const error = z.object({ code: z.string(), message: z.string(), target: z.string().optional() })

const time = z.string().describe('Market time, ISO 8601 in UTC')

export const overview = z.object({
  mode: z.literal('sandbox'),
  version: z.string(),
  now: time,
  tenants: z.array(z.object({ tenantId: z.string(), name: z.string(), domain: z.string(), country: z.string() })),
})

export const clock = z
  .strictObject({
    advance: z.string().optional().describe('ISO 8601 period such as P1M, P1D or PT1H'),
    to: z.string().optional().describe('ISO 8601 time with zone, such as 2027-01-01T00:00:00Z'),
  })
  .describe('Exactly one of both')

const item = z.object({ kind: z.string(), key: z.string(), at: time })

export const moved = z.object({
  from: time,
  to: time,
  counts: z.record(z.string(), z.number()).describe('How often each kind of due work ran'),
  ran: z.array(item).describe('The first 1,000 items in order'),
  failed: z.array(item.extend({ error: z.string() })),
  next: item.nullable().describe('What is due next'),
})

const person = z.strictObject({ emailId: z.string(), objectId: z.string(), tenantId: z.string() })

export const purchase = z.strictObject({
  publisherId: z.string(),
  offerId: z.string(),
  planId: z.string(),
  quantity: z.int().optional().describe('Seats, for plans that are sold by user'),
  termUnit: z.enum(['P1M', 'P1Y']).optional().describe('Absent: the shortest that the plan has'),
  beneficiary: person.optional().describe("Absent: Adatum's buyer"),
  purchaser: person.optional().describe('Absent: the beneficiary, or with viaReseller the reseller'),
  autoRenew: z.boolean().optional(),
  viaReseller: z.boolean().optional(),
})

export const purchased = z.object({ subscriptionId: z.string(), token: z.string(), landingPageUrl: z.string() })

export const token = z.object({ token: z.string(), landingPageUrl: z.string() })

export const subscriptionPath = z.object({ subscriptionId: z.string() })

export const change = z.strictObject({ planId: z.string().optional(), quantity: z.int().optional() }).describe('Exactly one of both')

export const operation = z.object({ operationId: z.string() })

export const state = z.object({ subscriptionId: z.string(), status: z.string(), autoRenew: z.boolean() })

export const autoRenew = z.strictObject({ enabled: z.boolean() })

export const mail = z.object({
  mail: z.array(
    z.object({
      id: z.string(),
      to: z.string(),
      subject: z.string(),
      text: z.string(),
      html: z.string().nullable(),
      template: z.string(),
      at: time,
    }),
  ),
})

export const mailQuery = z.object({ to: z.string().optional().describe('Only mail to this address') })

export const reset = z.object({ now: time })

export const requestsQuery = z.object({ publisherId: z.string().optional(), limit: z.coerce.number().int().min(1).max(500).default(100) })

export const requests = z.object({
  requests: z.array(
    z.object({
      id: z.string(),
      at: time,
      contract: z.string(),
      method: z.string(),
      path: z.string(),
      status: z.number(),
      durationMs: z.number(),
      tenantId: z.string().nullable(),
      clientId: z.string().nullable(),
      requestId: z.string(),
      correlationId: z.string().nullable(),
      requestHeaders: z.record(z.string(), z.string()),
      requestBody: z.string().nullable(),
      responseHeaders: z.record(z.string(), z.string()),
      responseBody: z.string().nullable(),
    }),
  ),
})

export const deliveriesQuery = z.object({ subscriptionId: z.string() })

export const deliveries = z.object({ deliveries: z.array(z.unknown()) })

export const deliveryPath = z.object({ deliveryId: z.string() })

export const redelivered = z.object({ deliveryId: z.string() })
