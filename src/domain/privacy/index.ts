export { createPrivacy, type PersonExport, type Privacy } from './service.ts'
export type { Erasure } from './schema.ts'
