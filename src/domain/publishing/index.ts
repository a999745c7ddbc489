export { createPublishing, type Publishing } from './service.ts'
export type { Snapshot } from './snapshot.ts'
