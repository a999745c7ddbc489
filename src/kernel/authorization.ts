import type { Membership, Principal } from './context.ts'
import { forbidden, unauthenticated } from './errors.ts'
import { personalTenantId } from './personal-accounts.ts'

/** What an action is done to: the tenant (and seller account) that owns it, and the reseller that may act for that tenant. */
export interface Resource {
  tenantId?: string | undefined
  accountId?: string | undefined
  resellerTenantId?: string | undefined
}

interface Rule {
  /**
   * Roles that may do it to what is their own: seller roles count in the account that gave them, the others in the tenant signed in to.
   * 'member' is every user of that tenant, 'application' every application.
   */
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

/** Roles of a seller account that grant something (spec/01 §8.2, X-2). */
export const sellerRoles = ['owner', 'manager', 'developer'] as const
export type SellerRole = (typeof sellerRoles)[number]

const partner = sellerRoles
const partnerManagers = ['owner', 'manager'] as const
/** Of a customer: who may buy, and who decides about the purchases of others. */
const buyers = ['billing-admin', 'purchaser', 'reseller'] as const
const purchaseAdministrators = ['billing-admin', 'reseller', 'global-admin'] as const

/** Who may do what: spec/01 §8.2 for sellers, design.md (Authorization) for customers. One line an action, in alphabetical order. */
export const actions = {
  'account.enroll': { signedIn: true },
  'account.own': { own: ['owner'] },
  'account.read': { own: ['member'], reseller: true, operator: true },
  'announcement.manage': { operator: true },
  'audit.read': { operator: true },
  'background.manage': { operator: true },
  'background.read': { operator: true },
  'billing.manage': { own: ['billing-admin', 'reseller'], operator: true },
  'catalog.read': { public: true },
  'certification.review': { operator: true },
  'directory.administer': { own: ['global-admin'], operator: true },
  'directory.provision': { own: ['application'] },
  'directory.token': { public: true },
  'docs.read': { public: true },
  'featured.manage': { operator: true },
  'flag.manage': { operator: true },
  'health.read': { public: true },
  'impersonation.start': { operator: true },
  'insights.read': { own: partner },
  'identifier.read': { signedIn: true },
  'invoice.read': { own: ['billing-admin', 'reseller'], reseller: true, operator: true },
  'lead.create': { signedIn: true },
  'lead.read': { own: partnerManagers },
  'lead.redeliver': { own: partnerManagers },
  'lead.supervise': { operator: true },
  'mail.configure': { operator: true },
  'member.manage': { own: partnerManagers },
  'member.read': { own: partnerManagers, operator: true },
  'notification.read': { own: partner, operator: true },
  'offer.publish': { own: partner },
  'offer.read': { own: partner, operator: true },
  'offer.write': { own: partner },
  'operator.console': { operator: true },
  'organisation.export': { own: ['billing-admin', 'global-admin'] },
  'organisation.people': { own: ['global-admin', 'user-admin'] },
  'payment.tell': { public: true },
  'payout.manage': { own: ['owner'] },
  'payout.read': { own: partnerManagers, operator: true },
  'privacy.manage': { operator: true },
  'procurement.manage': { own: purchaseAdministrators },
  'procurement.request': { own: ['member'] },
  'profile.read': { public: true },
  'program.enroll': { own: ['owner', 'global-admin'] },
  'publisher.create': { own: partnerManagers },
  'publisher.read': { own: partner, operator: true },
  'purchase.create': { own: buyers, reseller: true },
  'sandbox.play': { own: partner, operator: true },
  'sandbox.use': { public: true },
  'seller-account.manage': { own: partnerManagers },
  'seller-account.read': { own: partnerManagers, operator: true },
  'session.use': { public: true },
  'subscription.cancel': { own: buyers, reseller: true },
  'subscription.change': { own: buyers, reseller: true },
  'subscription.configure': { own: ['member'], reseller: true },
  'subscription.fulfill': { own: ['application'] },
  'subscription.read': { own: ['member'], reseller: true, operator: true },
  'subscription.sell': { own: partner, operator: true },
  'subscription.terminate': { operator: true },
  'support.answer': { operator: true },
  'support.ask': { own: ['member'] },
  'support.use': { own: partner, operator: true },
  'taxonomy.manage': { operator: true },
  'tenant.manage': { own: partnerManagers },
  'terms.accept': { own: buyers },
  'terms.read': { own: ['member', 'application'] },
  'usage.read': { own: ['member'], reseller: true, operator: true },
  'usage.report': { own: ['application'] },
  'webhook.manage': { own: partner, operator: true },
  'webhook.read': { own: partner, operator: true },
} as const satisfies Record<string, Rule>

export type Action = keyof typeof actions

/** Actions that seller accounts give: by role, or one by one as custom permissions. */
export const sellerActions: readonly Action[] = (Object.keys(actions) as Action[]).filter((action) => {
  const rule: Rule = actions[action]
  return rule.own?.some(isSellerRole) ?? false
})

function isSellerRole(role: string): role is SellerRole {
  return (sellerRoles as readonly string[]).includes(role)
}

/** The actions that roles and custom permissions of one account give together. */
export function granted({ roles, permissions }: Pick<Membership, 'roles' | 'permissions'>): Set<Action> {
  return new Set(sellerActions.filter((action) => gives({ roles, permissions }, action)))
}

function gives({ roles, permissions }: Pick<Membership, 'roles' | 'permissions'>, action: Action): boolean {
  const { own = [] }: Rule = actions[action]
  const named = own.filter(isSellerRole)
  return named.length > 0 && (permissions.includes(action) || named.some((role) => roles.includes(role)))
}

/**
 * Whether an action changes nothing: all that an operator may do who has taken somebody's place. Money, access and how people sign in stay out of
 * reach, whatever page asks.
 */
const onlyLooks = (action: Action) => action.endsWith('.read') || looked.has(action)
/** Actions that pages which only show something ask for, besides those named so. */
const looked: ReadonlySet<Action> = new Set(['subscription.sell', 'support.ask', 'support.use'])

/** True when the principal may do the action to the resource. `system` may do everything. */
export function allows(principal: Principal, action: Action, resource: Resource = {}): boolean {
  const rule: Rule = actions[action]
  if (principal.kind === 'system' || rule.public) return true
  if (principal.kind === 'anonymous') return false
  if (principal.kind === 'user' && principal.impersonator && !onlyLooks(action)) return false
  if (rule.signedIn) return true
  if (rule.operator && principal.roles.includes('operator')) return true
  if (resource.tenantId !== undefined && rule.own) {
    const shared = resource.tenantId === personalTenantId
    if (!shared && resource.tenantId === principal.tenantId && rule.own.some((role) => holds(principal, role))) return true
    if (principal.memberships?.some((membership) => isOf(membership, resource) && gives(membership, action))) return true
  }
  return Boolean(
    rule.reseller &&
      resource.resellerTenantId !== undefined &&
      resource.resellerTenantId === principal.tenantId &&
      principal.roles.includes('reseller'),
  )
}

/** Whether the principal has a role in the tenant signed in to. */
function holds(principal: Exclude<Principal, { kind: 'anonymous' | 'system' }>, role: string): boolean {
  if (role === 'member') return principal.kind === 'user' && !principal.isGuest
  if (role === 'application') return principal.kind === 'application'
  return !isSellerRole(role) && principal.roles.includes(role)
}

function isOf(membership: Membership, { tenantId, accountId }: Resource): boolean {
  return membership.tenantId === tenantId && (accountId === undefined || membership.accountId === accountId)
}

/** Throws `unauthenticated` or `forbidden` unless the principal may do the action to the resource. */
export function authorize(principal: Principal, action: Action, resource: Resource = {}): void {
  if (allows(principal, action, resource)) return
  if (principal.kind === 'anonymous') throw unauthenticated('SignInRequired', 'Sign in to do this.')
  throw forbidden('NotAllowed', `Your role does not allow this (${action}).`)
}
