/** The states by which a publisher filters its subscriptions. */
export const subscriptionStates = [
  { value: '', label: 'All states' },
  { value: 'PendingFulfillmentStart', label: 'Waiting for configuration' },
  { value: 'Subscribed', label: 'Active' },
  { value: 'Suspended', label: 'Suspended' },
  { value: 'Unsubscribed', label: 'Cancelled' },
]
