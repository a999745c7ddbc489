export type RequestState = 'waiting' | 'approved' | 'denied' | 'withdrawn' | 'completed' | 'expired'
export type RequestTrigger = 'approve' | 'deny' | 'withdraw' | 'complete' | 'expire'

/** An approved purchase is completed by the one who asked; an approved change is completed by its approval. */
export const requestStates: Record<RequestState, Partial<Record<RequestTrigger, RequestState>>> = {
  waiting: { approve: 'approved', deny: 'denied', withdraw: 'withdrawn', expire: 'expired' },
  approved: { complete: 'completed', withdraw: 'withdrawn', expire: 'expired' },
  denied: {},
  withdrawn: {},
  completed: {},
  expired: {},
}
