import { type Action, allows, granted } from '../../kernel/authorization.ts'
import type { Ctx, Membership } from '../../kernel/context.ts'
import { forbidden, invalid } from '../../kernel/errors.ts'
import { alwaysGiven, isAssignableRole, isCustomPermission, permissionLabel, roleNames } from './roles.ts'
import { type AccountRow, resourceOf } from './seller-account.ts'

/** What a form gives to people: one or more roles, or custom permissions in their place (spec/01 §8.2). */
export interface Rights {
  roles: readonly string[]
  permissions: readonly string[]
}

type Held = Pick<Membership, 'roles' | 'permissions'>

/**
 * Rights as they are kept.
 * @throws invalid `RightsMissing`, `RolesOrPermissions`, `UnknownRole`, `UnknownPermission`
 */
export function checkRights({ roles, permissions }: Rights): Held {
  const unknownRole = roles.find((role) => !isAssignableRole(role))
  if (unknownRole !== undefined) throw invalid('UnknownRole', `A seller account has no role ${unknownRole}.`, { target: 'roles' })
  const unknown = permissions.find((permission) => !isCustomPermission(permission))
  if (unknown !== undefined) throw invalid('UnknownPermission', `There is no permission ${unknown}.`, { target: 'permissions' })
  if (roles.length > 0 && permissions.length > 0) {
    throw invalid('RolesOrPermissions', 'Choose roles or custom permissions, not both.', { target: 'permissions' })
  }
  if (roles.length === 0 && permissions.length === 0) {
    throw invalid('RightsMissing', 'Choose at least one role, or custom permissions.', { target: 'roles' })
  }
  return {
    roles: [...new Set(roles)],
    permissions: permissions.length === 0 ? [] : [...new Set([alwaysGiven, ...permissions.flatMap(withWhatItNeeds)])],
  }
}

/** Who manages people sees them. */
function withWhatItNeeds(permission: string): string[] {
  return permission === 'member.manage' ? ['member.read', permission] : [permission]
}

/**
 * Nobody gives or takes more than he has himself: a manager makes no owner, and takes nothing from one (spec/01 §8.2).
 * @throws forbidden `MoreThanYourOwn`
 */
export function checkOwnRights(ctx: Ctx, account: AccountRow, rights: Held): void {
  const missing = [...granted(rights)].filter((action) => !allows(ctx.principal, action, resourceOf(account)))
  if (missing.length === 0) return
  throw forbidden('MoreThanYourOwn', `You can give and take only rights that you have yourself. You lack: ${namesOf(missing)}.`)
}

function namesOf(actions: readonly Action[]): string {
  if (actions.includes('account.own')) return 'the role Owner'
  return actions.map((action) => permissionLabel(action) || action).join(', ')
}

/** Rights in one line: "Manager, Developer" or "Custom: See offers and plans". */
export function rightsText({ roles, permissions }: Held): string {
  const names = roles.map((role) => (isAssignableRole(role) ? roleNames[role].label : role))
  const custom = permissions
    .filter((permission) => permission !== alwaysGiven)
    .map((permission) => permissionLabel(permission) || permission)
  return [...names, ...(custom.length > 0 ? [`Custom: ${custom.join(', ')}`] : [])].join(', ')
}
