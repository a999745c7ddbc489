import type { Temporal } from 'temporal-polyfill'
import type { Tx } from './database.ts'

export interface UserPrincipal {
  kind: 'user'
  tenantId: string
  objectId: string
  email: string
  displayName: string
  roles: string[]
}

export interface ApplicationPrincipal {
  kind: 'application'
  tenantId: string
  clientId: string
  roles: string[]
}

/** Who acts. `system` is the marketplace itself (due work, start); `anonymous` a visitor. */
export type Principal = { kind: 'anonymous' } | { kind: 'system' } | UserPrincipal | ApplicationPrincipal

export const anonymous: Principal = { kind: 'anonymous' }
export const system: Principal = { kind: 'system' }

/** What every use case is given. Only entry points make one (`Kernel.run`). */
export interface Ctx {
  tx: Tx
  principal: Principal
  /** Market time: everything with business meaning. In a due handler it is the time at which the work was due. */
  now: Temporal.Instant
  /** The machine's time: tokens, sessions, locks, logs. */
  wall: Temporal.Instant
  requestId: string
}
