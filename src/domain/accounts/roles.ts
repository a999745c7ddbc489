import { type Action, granted, sellerRoles } from '../../kernel/authorization.ts'

/** Roles that can be assigned for the sake of other programs and grant nothing in the marketplace (spec/01 §8.2, X-2). */
const rolesWithoutEffect = ['business-contributor', 'financial-contributor', 'marketer', 'program-admin'] as const

/** Every role that a seller account can give. */
export const assignableRoles = [...sellerRoles, ...rolesWithoutEffect] as const
export type AssignableRole = (typeof assignableRoles)[number]

export function isAssignableRole(role: string): role is AssignableRole {
  return (assignableRoles as readonly string[]).includes(role)
}

/** Roles as pages name them, and what each is for. */
export const roleNames: Record<AssignableRole, { label: string; meaning: string }> = {
  owner: { label: 'Owner', meaning: 'Everything, payouts and tax included.' },
  manager: { label: 'Manager', meaning: 'Everything but payout and tax settings; manages people and tenants.' },
  developer: {
    label: 'Developer',
    meaning: 'Makes, submits and supports offers; sees usage. No financial information, no account settings.',
  },
  'business-contributor': { label: 'Business contributor', meaning: 'Of other programs; gives no rights here.' },
  'financial-contributor': { label: 'Financial contributor', meaning: 'Of other programs; gives no rights here.' },
  marketer: { label: 'Marketer', meaning: 'Of other programs; gives no rights here.' },
  'program-admin': { label: 'Global admin', meaning: 'Of other programs; gives no rights here.' },
}

/** What can be given one by one, in place of a role. Each is an action of the table in kernel/authorization. */
export const customPermissions: readonly { group: string; permissions: readonly { action: Action; label: string }[] }[] = [
  {
    group: 'Offers',
    permissions: [
      { action: 'offer.read', label: 'See offers and plans' },
      { action: 'offer.write', label: 'Write offers, plans and prices' },
      { action: 'offer.publish', label: 'Submit, publish and stop offers' },
      { action: 'publisher.create', label: 'Add publishers' },
    ],
  },
  {
    group: 'Customers',
    permissions: [
      { action: 'subscription.sell', label: 'See customers, subscriptions and usage' },
      { action: 'lead.read', label: 'See leads' },
      { action: 'lead.redeliver', label: 'Send leads again' },
      { action: 'notification.read', label: 'See notifications' },
    ],
  },
  {
    group: 'Integration',
    permissions: [
      { action: 'webhook.read', label: 'See webhooks and API calls' },
      { action: 'webhook.manage', label: 'Send webhooks again' },
      { action: 'sandbox.play', label: 'Use the sandbox pages' },
      { action: 'support.use', label: 'Ask the marketplace for support' },
    ],
  },
  {
    group: 'Account',
    permissions: [
      { action: 'seller-account.read', label: 'See account settings' },
      { action: 'seller-account.manage', label: 'Change account settings' },
      { action: 'member.read', label: 'See users, groups and applications' },
      { action: 'member.manage', label: 'Manage users, groups and applications' },
      { action: 'tenant.manage', label: 'Manage tenants' },
    ],
  },
  {
    group: 'Money',
    permissions: [
      { action: 'payout.read', label: 'See payouts and transactions' },
      { action: 'payout.manage', label: 'Manage payout and tax profiles' },
    ],
  },
]

/** Without it no page of the publisher opens: it comes with every custom permission. */
export const alwaysGiven: Action = 'publisher.read'

export function isCustomPermission(text: string): text is Action {
  return text === alwaysGiven || customPermissions.some(({ permissions }) => permissions.some(({ action }) => action === text))
}

/** How pages name what somebody may do; empty for what has no name. */
export function permissionLabel(action: string): string {
  for (const { permissions } of customPermissions) for (const one of permissions) if (one.action === action) return one.label
  return action === alwaysGiven ? 'Open the publisher’s pages' : ''
}

/** One line of the permission table of spec/01 §8.2 and the actions that are it here. */
interface PermissionLine {
  permission: string
  actions: readonly Action[]
}

/**
 * The permission table of spec/01 §8.2. Who has what is not written here: it follows from the roles of each action, so that page and rule cannot
 * differ.
 */
export const permissionTable: readonly PermissionLine[] = [
  { permission: 'Complete ownership of the account', actions: ['account.own'] },
  { permission: 'Add any type of user, owners included', actions: ['member.manage', 'account.own'] },
  { permission: 'Complete payout and tax information', actions: ['payout.manage'] },
  { permission: 'Enroll the publisher account in other developer programs', actions: ['program.enroll'] },
  { permission: 'Manage users, roles and permissions', actions: ['member.manage'] },
  { permission: 'Manage tenants', actions: ['tenant.manage'] },
  { permission: 'Access tax and payout settings', actions: ['payout.manage'] },
  { permission: 'Access account settings', actions: ['seller-account.read', 'seller-account.manage'] },
  { permission: 'Add publishers', actions: ['publisher.create'] },
  { permission: 'Upload packages and write offers', actions: ['offer.write'] },
  { permission: 'Submit and publish offers', actions: ['offer.publish'] },
  { permission: 'Set pricing details', actions: ['offer.write'] },
  { permission: 'View usage reports, feedback summaries and other non-financial reports', actions: ['subscription.sell'] },
  { permission: 'View leads', actions: ['lead.read'] },
  { permission: 'Access financial information and payout reports', actions: ['payout.read'] },
  { permission: 'Manage payout and tax profiles and the payout hold', actions: ['payout.manage'] },
]

/** Whether a role has all that a line of the table names. */
export function roleHas(role: AssignableRole, { actions }: PermissionLine): boolean {
  const held = granted({ roles: [role], permissions: [] })
  return actions.every((action) => held.has(action))
}
