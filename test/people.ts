import type { Membership } from '../src/kernel/context.ts'

/** What a seller account of a tenant gives to who holds these roles in it. */
export function memberOf(tenantId: string, ...roles: string[]): Membership[] {
  return [{ accountId: tenantId, tenantId, roles, permissions: [] }]
}
