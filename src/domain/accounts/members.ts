import { and, eq, inArray, isNull, or, type SQL } from 'drizzle-orm'
import type { Ctx, Membership, Principal } from '../../kernel/context.ts'
import { invalid } from '../../kernel/errors.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import type { SellerAccount } from './publisher.ts'
import { isAssignableRole } from './roles.ts'
import * as tables from './schema.ts'

type Who = Parameters<Parameters<Directory['addMembershipSource']>[0]>[1]

/** What each account gives to a user (himself and through his groups) or to an application: the union (spec/01 §8.2, §8.3). */
export async function membershipsOf(ctx: Ctx, who: Who): Promise<Membership[]> {
  const { accountId, memberKind, memberId, roles, permissions } = tables.member
  const direct = and(eq(memberKind, who.kind), eq(memberId, who.id))
  const throughGroups = who.kind === 'user' && who.groups.length > 0 && and(eq(memberKind, 'group'), inArray(memberId, [...who.groups]))
  const rows = await ctx.tx
    .select({ accountId, tenantId: tables.sellerAccount.tenantId, roles, permissions })
    .from(tables.member)
    .innerJoin(tables.sellerAccount, eq(tables.sellerAccount.accountId, accountId))
    .where(throughGroups ? or(direct, throughGroups) : direct)
  const found = new Map<string, Membership>()
  for (const row of rows) {
    const known = found.get(row.accountId)
    found.set(row.accountId, {
      accountId: row.accountId,
      tenantId: row.tenantId,
      roles: [...new Set([...(known?.roles ?? []), ...row.roles])],
      permissions: [...new Set([...(known?.permissions ?? []), ...row.permissions])],
    })
  }
  return [...found.values()]
}

/** Ids of the accounts that a principal works for. */
export function accountIdsOf(principal: Principal): string[] {
  if (principal.kind === 'anonymous' || principal.kind === 'system') return []
  return (principal.memberships ?? []).map((membership) => membership.accountId)
}

interface Neighbours {
  directory: Directory
  ensureSellerAccount: (ctx: Ctx, tenantId: string) => Promise<SellerAccount>
}

/** Who works for a seller account, and with which rights (spec/01 §8). */
export function createMembers(kernel: Kernel, { directory, ensureSellerAccount }: Neighbours) {
  const ofMember = (accountId: string, kind: tables.MemberKind, id: string): SQL | undefined =>
    and(eq(tables.member.accountId, accountId), eq(tables.member.memberKind, kind), eq(tables.member.memberId, id))

  return {
    /** Those of these users and applications that belong to the seller account of a tenant now, by object id or client id; also through a group. */
    async membersAmong(ctx: Ctx, accountTenantId: string, ids: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set()
      const asked = [...new Set(ids)]
      const groups = await directory.groupsOf(ctx, asked)
      const rows = await ctx.tx
        .select({ id: tables.member.memberId })
        .from(tables.member)
        .innerJoin(tables.sellerAccount, eq(tables.sellerAccount.accountId, tables.member.accountId))
        .where(
          and(
            eq(tables.sellerAccount.tenantId, accountTenantId),
            inArray(tables.member.memberId, [...asked, ...groups.map((group) => group.groupId)]),
          ),
        )
      const found = new Set(rows.map((row) => row.id))
      const inGroups = groups.filter((group) => found.has(group.groupId)).map((group) => group.objectId)
      return new Set([...asked.filter((id) => found.has(id)), ...inGroups])
    },

    /**
     * Gives a user or an application roles in the seller account of a tenant, replacing those it had; no roles removes it. For the marketplace's
     * own ends (enrolment, demo data); people use {@link createMembers}' other use cases, which ask who may.
     * @param input.accountTenantId the tenant that owns the account; `tenantId` is the member's own
     * @throws invalid `UnknownRole`, not-found `UnknownTenant`
     */
    async setMember(
      ctx: Ctx,
      input: { accountTenantId: string; kind: tables.MemberKind; id: string; tenantId: string; roles: readonly string[] },
    ): Promise<void> {
      const { kind, id, tenantId } = input
      const unknown = input.roles.find((role) => !isAssignableRole(role))
      if (unknown !== undefined) throw invalid('UnknownRole', `A seller account has no role ${unknown}.`, { target: 'roles' })
      const { accountId } = await ensureSellerAccount(ctx, input.accountTenantId)
      const roles = [...new Set(input.roles)]
      if (roles.length === 0) {
        await ctx.tx.delete(tables.member).where(ofMember(accountId, kind, id))
      } else {
        await ctx.tx
          .insert(tables.member)
          .values({ accountId, memberKind: kind, memberId: id, tenantId, roles, permissions: [], createdAt: ctx.now })
          .onConflictDoUpdate({
            target: [tables.member.accountId, tables.member.memberKind, tables.member.memberId],
            set: { roles, permissions: [] },
          })
      }
      if (kind === 'user' && roles.includes('owner')) {
        const { sellerAccount } = tables
        await ctx.tx
          .update(sellerAccount)
          .set({ openedBy: id })
          .where(and(eq(sellerAccount.accountId, accountId), isNull(sellerAccount.openedBy)))
      }
      await kernel.audit.record(ctx, { action: 'account.member', target: `${kind}:${id}`, after: { accountId, roles } })
    },
  }
}
