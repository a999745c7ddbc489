import type { RequestQueue, RequestState } from '../../domain/support/index.ts'
import type { Tone } from './portal-status.tsx'

/** States of a support request for who asked. */
export const requestStateWords: Record<RequestState, { label: string; tone: Tone }> = {
  open: { label: 'In work', tone: 'info' },
  answered: { label: 'Waits for you', tone: 'attention' },
  closed: { label: 'Closed', tone: 'neutral' },
}

/** The same for the staff. */
export const staffStateWords: Record<RequestState, { label: string; tone: Tone }> = {
  open: { label: 'Waits for us', tone: 'attention' },
  answered: { label: 'Answered', tone: 'info' },
  closed: { label: 'Closed', tone: 'neutral' },
}

export const queueWords: Record<RequestQueue, string> = { security: 'Security', publisher: 'Publishers', customer: 'Customers' }
