import { conflict } from '../../kernel/errors.ts'

/**
 * States of a submission, one run of publishing (spec/06 A11).
 *
 * `validating`: phases up to the publisher's sign-off run · `preview`: waits for the sign-off · `publishing`: phases after it run ·
 * `live`: went live · `attention`: a blocking step failed · `cancelling`: the cancellation is being processed ·
 * `cancelled`: by the publisher, or after the sign-off by the operator · `superseded`: a newer one replaced it
 */
export type SubmissionState = 'validating' | 'preview' | 'publishing' | 'live' | 'attention' | 'cancelling' | 'cancelled' | 'superseded'
export type SubmissionTrigger =
  | 'previewed'
  | 'signed-off'
  | 'finished'
  | 'failed'
  | 'retry-validation'
  | 'retry-publishing'
  | 'cancel'
  | 'operator-cancel'
  | 'cancel-processed'
  | 'replaced'

/** state × trigger → state. What is not here is refused. */
export const submissionTransitions: Record<SubmissionState, Partial<Record<SubmissionTrigger, SubmissionState>>> = {
  validating: { previewed: 'preview', failed: 'attention', cancel: 'cancelling', finished: 'live' },
  preview: { 'signed-off': 'publishing', replaced: 'superseded' },
  publishing: { finished: 'live', failed: 'attention', 'operator-cancel': 'cancelling' },
  attention: { 'retry-validation': 'validating', 'retry-publishing': 'publishing', replaced: 'superseded' },
  cancelling: { 'cancel-processed': 'cancelled' },
  live: {},
  cancelled: {},
  superseded: {},
}

const refusals: Record<SubmissionTrigger, string> = {
  previewed: 'No preview can be made of this submission any more.',
  'signed-off': 'There is no preview that waits for Go live.',
  finished: 'This submission cannot go live.',
  failed: 'This submission has ended.',
  'retry-validation': 'Nothing of this submission has failed.',
  'retry-publishing': 'Nothing of this submission has failed.',
  cancel: 'Publishing can be cancelled only until the publisher has been asked to sign off.',
  'operator-cancel': 'Only a submission that is on its way to the stores can be cancelled by the marketplace.',
  'cancel-processed': 'This submission is not being cancelled.',
  replaced: 'This submission has ended.',
}

/** The state after a trigger. @throws `IllegalTransition` (conflict) with a sentence for the publisher */
export function nextState(state: SubmissionState, trigger: SubmissionTrigger): SubmissionState {
  const next = submissionTransitions[state][trigger]
  if (!next) throw conflict('IllegalTransition', refusals[trigger], { data: { state, trigger } })
  return next
}

/** States in which the marketplace works on a submission. */
export const running: readonly SubmissionState[] = ['validating', 'publishing', 'cancelling']

/** Status of an offer in the list of Partner Center, the literals of spec/06 A1. */
export type OfferStatus =
  | 'Draft'
  | 'Publish in progress'
  | 'Attention needed'
  | 'Preview'
  | 'Live'
  | 'Pending Stop distribution'
  | 'Not available in the marketplace'

/** The latest movement decides (spec/06 A11). */
export function offerStatus(facts: {
  latest: SubmissionState | undefined
  live: boolean
  stopRequested: boolean
  stopped: boolean
}): OfferStatus {
  if (facts.stopRequested && !facts.stopped) return 'Pending Stop distribution'
  if (facts.latest !== undefined && running.includes(facts.latest)) return 'Publish in progress'
  if (facts.latest === 'attention') return 'Attention needed'
  if (facts.latest === 'preview') return 'Preview'
  if (facts.stopped) return 'Not available in the marketplace'
  return facts.live ? 'Live' : 'Draft'
}
