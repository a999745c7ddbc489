// Client of the marketplace's fulfillment and metering APIs: a token, one retry policy, and one function a call.
import { ConfidentialClientApplication } from '@azure/msal-node'
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { config, MARKETPLACE_RESOURCE } from './config.js'
import { learnTime } from './time.js'

const API_VERSION = '2018-08-31'
const ATTEMPTS = 4
const TIMEOUT_MS = 15_000

/** An answer that is not the one we wanted. `status` 0: no answer came. */
export class MarketplaceError extends Error {
  constructor(call, status, body) {
    super(`${call}: ${status || 'no answer'} ${typeof body === 'string' ? body : (body?.message ?? '')}`.trim())
    this.status = status
    this.body = body
  }
}

export class Marketplace {
  #directory = new ConfidentialClientApplication({
    auth: {
      ...config.fulfillment,
      authority: `${config.authorityUrl}/${config.tenantId}`,
      // Tells MSAL that this authority is ours although it is not one of Microsoft's public hosts. Harmless in production.
      knownAuthorities: [new URL(config.authorityUrl).host],
    },
  })

  /** MSAL keeps the token and gets a new one when it nears its end (an hour). */
  async #token() {
    const result = await this.#directory.acquireTokenByClientCredential({ scopes: [`${MARKETPLACE_RESOURCE}/.default`] })
    if (!result) throw new Error('The directory gave no token.')
    return result.accessToken
  }

  /**
   * One call. Repeats it when the marketplace could not answer (no answer, 429, 5xx); every call here is safe to repeat.
   * @returns {Promise<{ body: any, status: number }>}
   */
  async #call(method, path, { body, headers = {}, accept = [] } = {}) {
    const url = `${config.apiUrl}${path}${path.includes('?') ? '&' : '?'}api-version=${API_VERSION}`
    const call = `${method} ${path}`
    // One id for all attempts of a call: it is what the marketplace's support asks for.
    const requestId = randomUUID()
    for (let attempt = 1; ; attempt++) {
      let failure
      try {
        const response = await fetch(url, {
          method,
          headers: {
            authorization: `Bearer ${await this.#token()}`,
            'x-ms-requestid': requestId,
            'x-ms-correlationid': requestId,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          body: body === undefined ? undefined : JSON.stringify(body),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        })
        const text = await response.text()
        const answer = parse(text)
        learnTime(response.headers)
        if (response.ok || accept.includes(response.status)) {
          return { status: response.status, body: answer }
        }
        failure = new MarketplaceError(call, response.status, answer)
        if (response.status !== 429 && response.status < 500) throw failure
      } catch (error) {
        if (error === failure) throw error
        failure = new MarketplaceError(call, 0, error.cause?.message ?? error.message)
      }
      if (attempt === ATTEMPTS) throw failure
      await pause(250 * 3 ** (attempt - 1))
    }
  }

  /** Who bought what: exchanges the landing page's token. @param {string} token decoded */
  async resolve(token) {
    const { body } = await this.#call('POST', '/saas/subscriptions/resolve', { headers: { 'x-ms-marketplace-token': token } })
    return body
  }

  /** Starts the term and the billing. Plan and seats must be those of the purchase. */
  async activate(subscriptionId, { planId, quantity }) {
    await this.#call('POST', `/saas/subscriptions/${subscriptionId}/activate`, { body: { planId, ...(quantity ? { quantity } : {}) } })
  }

  async getSubscription(subscriptionId) {
    const { body } = await this.#call('GET', `/saas/subscriptions/${subscriptionId}`)
    return body
  }

  async getOperation(subscriptionId, operationId) {
    const { body } = await this.#call('GET', `/saas/subscriptions/${subscriptionId}/operations/${operationId}`)
    return body
  }

  /** Tells whether we did what the operation asks. @param {'Success' | 'Failure'} status */
  async finishOperation(subscriptionId, operationId, status) {
    // 409: the operation has been decided without us meanwhile. What holds now is what Get subscription says.
    await this.#call('PATCH', `/saas/subscriptions/${subscriptionId}/operations/${operationId}`, { body: { status }, accept: [409] })
  }

  /**
   * Reports usage. One event a dimension and hour of a subscription.
   * @param {import('./usage.js').UsageEvent} event
   * @returns {Promise<{ accepted: true } | { accepted: false, reason: string, held?: any }>} `held`: the event that this hour holds already
   */
  async reportUsage(event) {
    const { status, body } = await this.#call('POST', '/usageEvent', { body: event, accept: [400, 409] })
    if (status === 200) return { accepted: true }
    if (status === 409) return { accepted: false, reason: 'this hour was reported already.', held: body.additionalInfo?.acceptedMessage }
    return { accepted: false, reason: body?.details?.[0]?.message ?? body?.message ?? 'the event was refused.' }
  }
}

function parse(text) {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return text
  }
}
