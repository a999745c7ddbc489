export { createProcurement, type Permission, type Procurement, type Purchasable } from './service.ts'
export type { Reason } from './rules.ts'
export type { Allowed, Request } from './schema.ts'
