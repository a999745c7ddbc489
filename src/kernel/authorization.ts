import type { Principal } from './context.ts'
import { forbidden, unauthenticated } from './errors.ts'

/** What an action is done to: the tenant that owns it, and the reseller that may act for that tenant. */
export interface Resource {
  tenantId?: string | undefined
  resellerTenantId?: string | undefined
}

interface Rule {
  /** Roles that may do it to what their own tenant owns; 'member' is every user of that tenant. */
  own?: readonly string[]
  /** Also a reseller's people, for the customers it resells to. */
  reseller?: boolean
  /** Also the marketplace's staff. */
  operator?: boolean
  /** Everybody, signed in or not. */
  public?: boolean
  /** Everybody who is signed in, whatever the resource. */
  signedIn?: boolean
}

const partner = ['owner', 'manager', 'developer'] as const
const partnerManagers = ['owner', 'manager'] as const

/** Who may do what: spec/01 §8.2 for sellers, design.md (Authorization) for customers. One line an action, in alphabetical order. */
export const actions = {
  'account.read': { own: ['member'], reseller: true, operator: true },
  'billing.manage': { own: ['billing-admin', 'reseller'], operator: true },
  'catalog.read': { public: true },
  'certification.review': { operator: true },
  'directory.token': { public: true },
  'docs.read': { public: true },
  'health.read': { public: true },
  'invoice.read': { own: ['billing-admin', 'reseller'], reseller: true, operator: true },
  'lead.create': { signedIn: true },
  'lead.read': { own: partnerManagers },
  'lead.redeliver': { own: partnerManagers },
  'lead.supervise': { operator: true },
  'notification.read': { own: partner, operator: true },
  'offer.publish': { own: partner },
  'offer.read': { own: partner, operator: true },
  'offer.write': { own: partner },
  'operator.console': { operator: true },
  'payment.tell': { public: true },
  'payout.manage': { own: ['owner'] },
  'payout.read': { own: partnerManagers, operator: true },
  'publisher.read': { own: partner, operator: true },
  'purchase.create': { own: ['billing-admin', 'reseller'], reseller: true },
  'sandbox.play': { own: partner, operator: true },
  'sandbox.use': { public: true },
  'session.use': { public: true },
  'subscription.cancel': { own: ['billing-admin', 'reseller'], reseller: true },
  'subscription.change': { own: ['billing-admin', 'reseller'], reseller: true },
  'subscription.configure': { own: ['member'], reseller: true },
  'subscription.fulfill': { own: ['application'] },
  'subscription.read': { own: ['member'], reseller: true, operator: true },
  'subscription.sell': { own: partner, operator: true },
  'usage.read': { own: ['member'], reseller: true, operator: true },
  'usage.report': { own: ['application'] },
  'webhook.manage': { own: partner, operator: true },
  'webhook.read': { own: partner, operator: true },
} as const satisfies Record<string, Rule>

export type Action = keyof typeof actions

/** True when the principal may do the action to the resource. `system` may do everything. */
export function allows(principal: Principal, action: Action, resource: Resource = {}): boolean {
  const rule: Rule = actions[action]
  if (principal.kind === 'system' || rule.public) return true
  if (principal.kind === 'anonymous') return false
  if (rule.signedIn) return true
  if (rule.operator && principal.roles.includes('operator')) return true
  const holds = (roles: readonly string[]) =>
    roles.includes('member')
      ? principal.kind === 'user'
      : roles.some((role) => (role === 'application' ? principal.kind === 'application' : principal.roles.includes(role)))
  if (rule.own && resource.tenantId !== undefined && resource.tenantId === principal.tenantId && holds(rule.own)) return true
  return Boolean(
    rule.reseller &&
      resource.resellerTenantId !== undefined &&
      resource.resellerTenantId === principal.tenantId &&
      principal.roles.includes('reseller'),
  )
}

/** Throws `unauthenticated` or `forbidden` unless the principal may do the action to the resource. */
export function authorize(principal: Principal, action: Action, resource: Resource = {}): void {
  if (allows(principal, action, resource)) return
  if (principal.kind === 'anonymous') throw unauthenticated('SignInRequired', 'Sign in to do this.')
  throw forbidden('NotAllowed', `Your role does not allow this (${action}).`)
}
