export { createPublishing, type OfferRow, type PlanRow, type Publishing, type PublishStatus } from './service.ts'
export type { Snapshot } from './snapshot.ts'
export type { OfferStatus, SubmissionState } from './submission.ts'
