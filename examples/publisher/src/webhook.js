// The connection webhook. A notification is a hint that something happened; what happened is asked of the marketplace. So a notification
// that is forged, late, repeated or out of order does no harm.
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { canApply, sync } from './accounts.js'
import { config, MARKETPLACE_RESOURCE } from './config.js'
import { MarketplaceError } from './marketplace.js'

// The keys of our own tenant's directory; fetched when needed, kept, and fetched again when a token names an unknown one.
const keys = createRemoteJWKSet(new URL(`${config.authorityUrl}/${config.tenantId}/discovery/v2.0/keys`))

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Actions that wait for our answer (PATCH). The others inform: they have happened already. */
const ANSWERABLE = ['ChangePlan', 'ChangeQuantity', 'Reinstate']

/** Is this call from the marketplace, and meant for us? Throws when it is not. */
async function verifyCaller(authorization) {
  const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1]
  if (!token) throw new Error('no bearer token')
  // Signature, exp and nbf, with a little tolerance for clocks that differ; and that the token was made for our application,
  const { payload } = await jwtVerify(token, keys, {
    audience: config.fulfillment.clientId,
    issuer: [`${config.authorityUrl}/${config.tenantId}/v2.0`, `https://sts.windows.net/${config.tenantId}/`],
    algorithms: ['RS256'],
    requiredClaims: ['exp', 'aud', 'iss'],
    clockTolerance: 60,
  })
  // in our tenant, and by the marketplace: any other application of the tenant could get a token for us as well.
  if (payload.tid !== config.tenantId) throw new Error('token of another tenant')
  if ((payload.azp ?? payload.appid) !== MARKETPLACE_RESOURCE) throw new Error('token of another application')
}

/** Notifications of one subscription are worked on one after the other. @type {Map<string, Promise<unknown>>} */
const queues = new Map()

async function inTurn(subscriptionId, work) {
  const turn = (queues.get(subscriptionId) ?? Promise.resolve()).then(work, work)
  queues.set(subscriptionId, turn)
  try {
    return await turn
  } finally {
    if (queues.get(subscriptionId) === turn) queues.delete(subscriptionId)
  }
}

/**
 * Answers a notification.
 * @returns {Promise<{ status: number, message: string }>} 2xx: done, do not send it again. 4xx: refused. 5xx: please send it again
 */
export async function handleWebhook({ authorization, body, store, marketplace }) {
  try {
    await verifyCaller(authorization)
  } catch (error) {
    return { status: 401, message: `Refused: ${error.message}` }
  }
  const { id: operationId, subscriptionId } = body ?? {}
  if (!GUID.test(operationId) || !GUID.test(subscriptionId)) {
    return { status: 400, message: 'id and subscriptionId must be GUIDs' }
  }
  return inTurn(subscriptionId, () => handleOperation({ operationId, subscriptionId, store, marketplace }))
}

async function handleOperation({ operationId, subscriptionId, store, marketplace }) {
  let operation
  try {
    operation = await marketplace.getOperation(subscriptionId, operationId)
  } catch (error) {
    // The marketplace knows no such operation: whoever sent this, there is nothing to do.
    if (error instanceof MarketplaceError && error.status === 404) return { status: 404, message: 'No such operation' }
    throw error
  }

  // Only an operation that is still open waits for us. A repeated notification finds it closed and changes nothing.
  if (operation.status === 'InProgress' && ANSWERABLE.includes(operation.action)) {
    // Here is the place to provide what was asked for, before saying that it is done.
    await marketplace.finishOperation(subscriptionId, operationId, canApply(operation) ? 'Success' : 'Failure')
  }

  // ChangePlan, ChangeQuantity, Suspend, Reinstate, Renew, Unsubscribe: whatever it was, this is how things stand now.
  const subscription = await marketplace.getSubscription(subscriptionId)
  sync(store, subscription)
  return { status: 200, message: `${operation.action}: done` }
}
