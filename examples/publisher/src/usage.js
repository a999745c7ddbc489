// Metering. We count what customers use; the marketplace hears of what goes beyond the included quantity, once an hour and dimension at most.
import { dimensions, includedQuantity, meteredDimensions } from './plans.js'
import { marketNow } from './time.js'

/**
 * @typedef {object} UsageEvent
 * @property {string} resourceId          the subscription
 * @property {string} planId
 * @property {string} dimension
 * @property {number} quantity            in the offer's unit of measure, fractions allowed
 * @property {string} effectiveStartTime  ISO, not older than a day when it is sent
 */

/** Counts what an account used. What goes beyond the plan is owed. @param {number} count single e-mails or text messages */
export function recordUse(store, account, dimension, count) {
  const included = includedQuantity(account, dimension)
  const before = account.used[dimension] ?? 0
  account.used[dimension] = before + count
  const owed = Math.max(0, before + count - included) - Math.max(0, before - included)
  account.owed[dimension] = (account.owed[dimension] ?? 0) + owed
  store.save(account, `${dimensions[dimension].label}: ${count} used`)
}

/**
 * Reports what an account owes.
 * @returns {Promise<string[]>} what was done, a sentence an event
 */
export async function reportUsage({ store, marketplace, account }) {
  // The time of an event must be the marketplace's: a sandbox may be in another month. This answer brings it, see time.js.
  const subscription = await marketplace.getSubscription(account.subscriptionId)
  if (subscription.saasSubscriptionStatus !== 'Subscribed') return ['Nothing reported: the subscription is not active.']

  for (const dimension of meteredDimensions(account)) {
    const owed = account.owed[dimension] ?? 0
    if (owed === 0 || account.outbox.some((event) => event.dimension === dimension)) continue
    account.outbox.push({
      resourceId: account.subscriptionId,
      planId: account.planId,
      dimension,
      quantity: owed / dimensions[dimension].unit,
      effectiveStartTime: marketNow().toISOString(),
    })
    account.owed[dimension] = 0
  }
  // Saved before it is sent: if we stop in between, the same event goes out again, and the marketplace says "duplicate" instead of charging twice.
  store.save(account)

  const done = []
  for (const event of account.outbox) {
    const { label, unit } = dimensions[event.dimension]
    const answer = await marketplace.reportUsage(event)
    account.outbox = account.outbox.filter((other) => other !== event)
    if (answer.accepted || isSame(event, answer.held)) {
      done.push(`${label}: ${event.quantity * unit} reported.`)
    } else {
      // This hour holds another event of ours, or this one lay here for more than a day. It goes out again with a new time.
      account.owed[event.dimension] += event.quantity * unit
      done.push(`${label}: ${answer.reason} The rest goes out with the next report.`)
    }
    store.save(account, done.at(-1))
  }
  return done.length > 0 ? done : ['Nothing to report: all usage is within the plan.']
}

const isSame = (event, held) =>
  held !== undefined &&
  Number(held.quantity) === event.quantity &&
  Date.parse(held.effectiveStartTime) === Date.parse(event.effectiveStartTime)
