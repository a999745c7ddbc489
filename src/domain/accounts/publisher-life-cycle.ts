import { conflict } from '../../kernel/errors.ts'
import type { PublisherStatus } from './schema.ts'

export type PublisherTrigger = 'suspend' | 'reinstate' | 'close'

/** A publisher. Only an active one is shown and sold; a closed one never comes back, and its id is never given again. */
export const publisherStates: Record<PublisherStatus, Partial<Record<PublisherTrigger, PublisherStatus>>> = {
  active: { suspend: 'suspended', close: 'closed' },
  suspended: { reinstate: 'active', close: 'closed' },
  closed: {},
}

/** @throws conflict `IllegalTransition` */
export function nextPublisherStatus(status: PublisherStatus, trigger: PublisherTrigger): PublisherStatus {
  const to = publisherStates[status][trigger]
  if (to === undefined) throw conflict('IllegalTransition', `The publisher is ${status}: ${trigger} is not possible.`)
  return to
}
