// Keeps our account in step with the marketplace's subscription. Every path leads through `sync`, so that the account says what the
// marketplace says, however many notifications came late, twice, in the wrong order or never.
import { canProvide } from './plans.js'

const STATES = { Subscribed: 'active', Suspended: 'suspended', Unsubscribed: 'closed' }

/**
 * Brings the account in line with the subscription. Creates it when we do not have it, for example after our data was restored.
 * @param {import('./store.js').Store} store
 * @param {any} subscription as Get subscription answers it
 */
export function sync(store, subscription) {
  const state = STATES[subscription.saasSubscriptionStatus]
  // Bought, but never activated: there is no account yet, and none is needed.
  if (!state) return undefined
  const before = store.get(subscription.id)
  if (!before && state === 'closed') return undefined

  const account = before ?? {
    subscriptionId: subscription.id,
    tenantId: subscription.beneficiary.tenantId,
    used: {},
    owed: {},
    outbox: [],
    history: [],
  }
  const changes = []
  if (!before) changes.push('Account created')
  if (before && before.planId !== subscription.planId) changes.push(`Plan changed from ${before.planId} to ${subscription.planId}`)
  if (before && before.quantity !== subscription.quantity) changes.push(`Seats changed from ${before.quantity} to ${subscription.quantity}`)
  if (before && before.state !== state) {
    // Suspended: keep everything, let nobody in. Closed: keep the data for at least seven days, the customer may come back for it.
    changes.push({ active: 'Access restored', suspended: 'Access suspended', closed: 'Account closed, data is kept for 7 days' }[state])
  }
  const termStart = subscription.term?.startDate
  if (before && termStart && before.termStart !== termStart) {
    // What a plan includes is counted anew in every term. What is owed stays owed.
    account.used = {}
    changes.push('New term')
  }
  Object.assign(account, {
    name: subscription.name,
    offerId: subscription.offerId,
    planId: subscription.planId,
    quantity: subscription.quantity,
    email: subscription.beneficiary.emailId,
    state,
    termUnit: subscription.term?.termUnit,
    termStart: termStart ?? account.termStart,
  })
  return store.save(account, changes.join('. ') || undefined)
}

/** Can we do what a change asks? */
export function canApply(operation) {
  if (operation.action === 'ChangePlan') return canProvide(operation.offerId, operation.planId)
  if (operation.action === 'ChangeQuantity') return Number.isInteger(operation.quantity) && operation.quantity > 0
  return true
}
