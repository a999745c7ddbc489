import type { Temporal } from 'temporal-polyfill'
import type { Tx } from './database.ts'

/** What one seller account gives to the one who acts, by itself and through groups (spec/01 §8). */
export interface Membership {
  accountId: string
  /** the tenant that owns the account */
  tenantId: string
  roles: string[]
  /** actions given one by one, in place of a role or beside it */
  permissions: string[]
}

export interface UserPrincipal {
  kind: 'user'
  /** the directory in which the person signed in */
  tenantId: string
  objectId: string
  email: string
  displayName: string
  /** of the directory or the whole marketplace; what a seller account gives is in `memberships` */
  roles: string[]
  memberships?: Membership[] | undefined
  /** true for somebody from elsewhere whom the directory only lets in: rights of every user of the tenant are not his */
  isGuest?: boolean | undefined
  /** the operator who looks at the marketplace in this person's place, and until when (wall time) */
  impersonator?: { objectId: string; email: string; displayName: string; until: string } | undefined
}

export interface ApplicationPrincipal {
  kind: 'application'
  tenantId: string
  clientId: string
  roles: string[]
  memberships?: Membership[] | undefined
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
