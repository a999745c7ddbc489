export type WriteOffState = 'requested' | 'booked' | 'refused' | 'withdrawn' | 'recovered'
export type WriteOffTrigger = 'approve' | 'refuse' | 'withdraw' | 'recover'

/** Small amounts are booked at once. A booked write-off is undone by the money itself: it is `recovered`. */
export const writeOffStates: Record<WriteOffState, Partial<Record<WriteOffTrigger, WriteOffState>>> = {
  requested: { approve: 'booked', refuse: 'refused', withdraw: 'withdrawn' },
  booked: { recover: 'recovered' },
  refused: {},
  withdrawn: {},
  recovered: {},
}
