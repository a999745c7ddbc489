import type { AssignableRole } from '../../../domain/accounts/index.ts'
import { allows, granted } from '../../../kernel/authorization.ts'
import type { AccountVisit } from '../account/account-access.server.ts'
import { refuse } from '../../ui/portal-access.server.ts'
import { isKindName, type KindName } from './people-words.ts'

/** `users`, `groups` or `applications`: the same pages stand below each. */
export function kindOf(request: Request): KindName {
  // The router asks for a page's data alone below the same address with an ending.
  const name = new URL(request.url).pathname.split('/')[4]?.replace(/\.data$/, '') ?? ''
  if (!isKindName(name)) throw refuse(404, 'There is no such page.')
  return name
}

export interface RightsOptions {
  roles: { value: string; label: string; meaning: string; hasEffect: boolean }[]
  permissions: { group: string; permissions: { value: string; label: string }[] }[]
}

/** The rights that the visitor may give: those he has himself. */
export function rightsOptions({ user, account, domain }: AccountVisit, kind: 'user' | 'group' | 'application'): RightsOptions {
  const { assignableRoles, customPermissions, roleNames } = domain.accounts.roles
  const resource = { tenantId: account.tenantId, accountId: account.accountId }
  const mayGive = (role: AssignableRole) =>
    !(role === 'owner' && kind !== 'user') &&
    [...granted({ roles: [role], permissions: [] })].every((action) => allows(user, action, resource))
  return {
    roles: assignableRoles
      .filter(mayGive)
      .map((role) => ({ value: role, ...roleNames[role], hasEffect: granted({ roles: [role], permissions: [] }).size > 0 })),
    permissions: customPermissions
      .map(({ group, permissions }) => ({
        group,
        permissions: permissions
          .filter(({ action }) => allows(user, action, resource))
          .map(({ action, label }) => ({ value: action as string, label })),
      }))
      .filter(({ permissions }) => permissions.length > 0),
  }
}

/** Whether the visitor changes what he sees: operators look only, in their own name and in somebody's place. */
export function managesPeople({ user, account }: AccountVisit): boolean {
  return allows(user, 'member.manage', { tenantId: account.tenantId, accountId: account.accountId })
}

/** The rights that a form of {@link RightsOptions} sent. */
export function rightsOf(form: FormData): { roles: string[]; permissions: string[] } {
  return { roles: texts(form, 'role'), permissions: texts(form, 'permission') }
}

/** Every value of a field that can be sent several times. */
export function texts(form: FormData | URLSearchParams, name: string): string[] {
  return form.getAll(name).filter((value) => typeof value === 'string')
}

/** Names of the directories of an account, for its lists. */
export async function directoryNames({ read, domain }: AccountVisit, tenantIds: readonly string[]): Promise<Map<string, string>> {
  const tenants = await read((ctx) => domain.directory.getTenants(ctx, tenantIds))
  return new Map(tenants.map((tenant) => [tenant.tenantId, tenant.name]))
}

/** Members and waiting invitations of one kind, as the list shows them. */
export async function memberLines(visit: AccountVisit, name: KindName, kind: 'user' | 'group' | 'application', search: string) {
  const { read, domain, account, user } = visit
  const manages = managesPeople(visit)
  const [members, invitations] = await Promise.all([
    read((ctx) => domain.accounts.members(ctx, account.accountId, kind, search)),
    name === 'users' ? read((ctx) => domain.accounts.invitations(ctx, account.accountId, search)) : [],
  ])
  const names = await directoryNames(
    visit,
    [...members, ...invitations].map((one) => one.tenantId),
  )
  return {
    severalDirectories: new Set([...members, ...invitations].map((one) => one.tenantId)).size > 1,
    rows: [
      ...members.map((one) => ({
        id: one.id,
        to: one.id,
        name: one.name,
        detail: one.detail,
        directory: names.get(one.tenantId) ?? one.tenantId,
        rights: domain.accounts.roles.rightsText(one),
        state: one.isDisabled ? ('disabled' as const) : one.isGuest ? ('guest' as const) : ('active' as const),
        isOwn: manages && one.tenantId === user.tenantId,
      })),
      ...invitations.map((one) => ({
        id: one.id,
        to: `invitations/${one.id}`,
        name: one.email,
        detail: one.email,
        directory: names.get(one.tenantId) ?? one.tenantId,
        rights: domain.accounts.roles.rightsText(one),
        state: one.isExpired ? ('expired' as const) : ('pending' as const),
        isOwn: manages && one.tenantId === user.tenantId,
      })),
    ],
  }
}
