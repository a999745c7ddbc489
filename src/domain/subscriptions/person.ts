import type { Principal } from '../../kernel/context.ts'

/** A person of a purchase, as known at that moment. */
export interface Person {
  email: string
  objectId: string
  tenantId: string
  /** Passport id of older directories; kept where a purchase names one. */
  puid?: string
}

/** Who caused something, in words for a time line. */
export interface Actor {
  kind: 'customer' | 'reseller' | 'publisher' | 'operator' | 'marketplace'
  name: string
  tenantId?: string
  /** Object id of a person or client id of an application. */
  id?: string
}

/** The actor behind `principal` as seen from a subscription whose payer and user are known. */
export function actorOf(
  principal: Principal,
  parties: { publisherTenantId?: string; byReseller: boolean; customerTenantId: string },
): Actor {
  if (principal.kind === 'application') {
    const kind = principal.roles.includes('operator') ? 'operator' : 'publisher'
    return { kind, name: `application ${principal.clientId}`, tenantId: principal.tenantId, id: principal.clientId }
  }
  if (principal.kind === 'user') {
    const kind = principal.roles.includes('operator')
      ? 'operator'
      : principal.tenantId === parties.customerTenantId
        ? parties.byReseller
          ? 'reseller'
          : 'customer'
        : principal.tenantId === parties.publisherTenantId
          ? 'publisher'
          : 'customer'
    return { kind, name: principal.displayName, tenantId: principal.tenantId, id: principal.objectId }
  }
  return { kind: 'marketplace', name: 'marketplace' }
}
