import type { SandboxCall } from '../sandbox.ts'

export interface Offer {
  publisherId: string
  offerId: string
  pricingModel: string
  landingPageUrl: string
  webhookUrl: string
  plans: { planId: string; visibility: string; terms: string[]; seats: { min: number; max?: number } | null }[]
}

export interface Try {
  status: number | null
  error: string | null
  durationMs: number | null
  requestBody: string
  responseBody: string | null
}

export interface Delivery {
  deliveryId: string
  operationId: string
  action: string
  state: 'waiting' | 'delivered' | 'rejected' | 'failed' | 'stopped'
  tries: Try[]
}

export interface Operation {
  operationId: string
  action: string
  status: string
  decidedBy: string | null
}

export interface Subscription {
  subscriptionId: string
  status: string
  planId: string
  quantity: number | null
  operations: Operation[]
  deliveries: Delivery[]
}

/** A call of the publisher's applications, from the request log. */
export interface ApiCall {
  at: string
  contract: string
  method: string
  path: string
  status: number
  requestBody: string | null
  responseBody: string | null
}

export interface Purchase {
  subscriptionId: string
  token: string
  landingPageUrl: string
}

export interface WebhookAnswer {
  status: number | null
  body: string | null
  error: string | null
  durationMs: number
}

export type TokenKind = 'valid' | 'none' | 'forged' | 'expired' | 'other-application' | 'other-tenant'

const latestCalls = 500

export type Market = ReturnType<typeof marketOf>

/** The sandbox API as the check uses it. */
export function marketOf(call: SandboxCall, publisherId: string, offerId: string) {
  const offerPath = `/offers/${encodeURIComponent(publisherId)}/${encodeURIComponent(offerId)}`
  return {
    now: async () => (await call<{ now: string }>('GET', '')).now,
    offer: () => call<Offer>('GET', offerPath),
    point: (landingPageUrl: string, webhookUrl: string) => call<Offer>('PUT', `${offerPath}/endpoints`, { landingPageUrl, webhookUrl }),
    allowRedirect: (clientId: string, redirectUri: string) =>
      call('POST', `/applications/${encodeURIComponent(clientId)}/redirect-uris`, { redirectUri }),
    buy: (choice: { planId: string; quantity?: number; termUnit: string }) =>
      call<Purchase>('POST', '/purchases', { publisherId, offerId, ...choice }),
    token: (id: string) => call<{ token: string; landingPageUrl: string }>('POST', `/subscriptions/${id}/token`, {}),
    subscription: (id: string) => call<Subscription>('GET', `/subscriptions/${id}`),
    change: (id: string, wanted: { planId: string } | { quantity: number }) =>
      call<{ operationId: string }>('POST', `/subscriptions/${id}/change`, wanted),
    event: (id: string, event: 'cancel' | 'payment-failed' | 'payment-recovered') => call('POST', `/subscriptions/${id}/${event}`, {}),
    /** the publisher's calls, the oldest first */
    calls: async (): Promise<ApiCall[]> => {
      const { requests } = await call<{ requests: ApiCall[] }>(
        'GET',
        `/requests?publisherId=${encodeURIComponent(publisherId)}&limit=${latestCalls}`,
      )
      return requests.reverse()
    },
    webhook: (body: unknown, token: TokenKind) => call<WebhookAnswer>('POST', '/webhooks', { publisherId, offerId, body, token }),
    fault: (fault: { operation: string; subscriptionId: string; status?: number; latencyMs?: number; times?: number }) =>
      call('PUT', '/faults', { contract: 'saas-fulfillment', ...fault }),
    noFaults: (subscriptionId: string) => call('DELETE', `/faults?subscriptionId=${subscriptionId}`),
    giveUp: (deliveryId: string) => call('POST', `/webhook-deliveries/${deliveryId}/give-up`, {}),
    advance: (period: string) => call('POST', '/clock', { advance: period }),
  }
}
