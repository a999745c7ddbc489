import { and, eq, inArray, isNull, ne, or, sql, type SQL } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx, Membership, Principal } from '../../kernel/context.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import type { SellerAccount } from './publisher.ts'
import { checkOwnRights, checkRights, type Rights, rightsText } from './rights.ts'
import { assignableRoles, customPermissions, isAssignableRole, permissionTable, roleHas, roleNames } from './roles.ts'
import * as tables from './schema.ts'
import { type AccountRow, accountFor } from './seller-account.ts'
import { isAssociated } from './tenants.ts'

type Who = Parameters<Parameters<Directory['addMembershipSource']>[0]>[1]
export type { MemberKind } from './schema.ts'

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

type MemberRow = typeof tables.member.$inferSelect

/** Somebody who works for an account, as the lists of Partner Center show him. */
export interface Member {
  kind: tables.MemberKind
  /** object id, group id or client id */
  id: string
  name: string
  /** e-mail address of a user, client id of an application, how many belong to a group */
  detail: string
  /** the directory through which the account knows him */
  tenantId: string
  roles: string[]
  permissions: string[]
  isDisabled: boolean
  isGuest: boolean
  since: Temporal.Instant
}

/** An entry of the directory that could be added. */
export interface Candidate {
  id: string
  name: string
  detail: string
}

interface Neighbours {
  directory: Directory
  ensureSellerAccount: (ctx: Ctx, tenantId: string) => Promise<SellerAccount>
}

const ofMember = (accountId: string, kind: tables.MemberKind, id: string): SQL | undefined =>
  and(eq(tables.member.accountId, accountId), eq(tables.member.memberKind, kind), eq(tables.member.memberId, id))

/**
 * The account whose people the one who acts manages, and the directory whose people these are: the one signed in to (spec/01 §8.1).
 * @throws not-found `UnknownAccount`, forbidden, also `OtherDirectory`
 */
export async function managed(
  ctx: Ctx,
  accountId: string,
  options: { readOnly?: boolean } = {},
): Promise<{ account: AccountRow; tenantId: string }> {
  const account = await accountFor(ctx, accountId, 'member.manage', { lock: !options.readOnly })
  const { principal } = ctx
  if (principal.kind === 'anonymous' || principal.kind === 'system') throw forbidden('OtherDirectory', 'Only a person manages people.')
  if (!(await isAssociated(ctx, account.accountId, principal.tenantId))) {
    throw forbidden(
      'OtherDirectory',
      'You are signed in from a directory that does not belong to this account. Sign in with one that does.',
    )
  }
  return { account, tenantId: principal.tenantId }
}

/** What an account gives to one member by itself; nothing when it is none. */
export async function rightsOf(
  ctx: Ctx,
  accountId: string,
  kind: tables.MemberKind,
  id: string,
): Promise<Pick<Membership, 'roles' | 'permissions'>> {
  const { roles, permissions } = tables.member
  const [row] = await ctx.tx
    .select({ roles, permissions })
    .from(tables.member)
    .where(ofMember(accountId, kind, id))
  return row ?? { roles: [], permissions: [] }
}

/** Whether other accounts give rights to it, too. */
export async function worksElsewhere(ctx: Ctx, accountId: string, kind: tables.MemberKind, id: string): Promise<boolean> {
  const { member } = tables
  const [row] = await ctx.tx
    .select({ id: member.memberId })
    .from(member)
    .where(and(eq(member.memberKind, kind), eq(member.memberId, id), ne(member.accountId, accountId)))
    .limit(1)
  return row !== undefined
}

/** Gives rights to who has none in the account yet. Audited by the caller. */
export async function insertMembers(
  ctx: Ctx,
  account: AccountRow,
  rows: readonly Pick<MemberRow, 'memberKind' | 'memberId' | 'tenantId' | 'roles' | 'permissions'>[],
): Promise<void> {
  if (rows.length === 0) return
  await ctx.tx.insert(tables.member).values(rows.map((row) => ({ ...row, accountId: account.accountId, createdAt: ctx.now })))
}

/** Who works for a seller account, and with which rights (spec/01 §8). */
export function createMembers(kernel: Kernel, { directory, ensureSellerAccount }: Neighbours) {
  const record = (ctx: Ctx, row: Pick<MemberRow, 'accountId' | 'memberKind' | 'memberId'>, before: Rights | null, after: Rights | null) =>
    kernel.audit.record(ctx, {
      action: 'account.member',
      target: `${row.memberKind}:${row.memberId}`,
      ...(before ? { before: { accountId: row.accountId, roles: before.roles, permissions: before.permissions } } : {}),
      after: { accountId: row.accountId, roles: after?.roles ?? [], permissions: after?.permissions ?? [] },
    })

  /** An account whose last owner is gone could never be given one again. @throws conflict `LastOwner` */
  async function keepOwner(ctx: Ctx, leaving: readonly MemberRow[]): Promise<void> {
    const owners = leaving.filter((row) => row.memberKind === 'user' && row.roles.includes('owner'))
    const [first] = owners
    if (!first) return
    const { member } = tables
    const others = await ctx.tx
      .select({ id: member.memberId })
      .from(member)
      .where(and(eq(member.accountId, first.accountId), eq(member.memberKind, 'user'), sql`'owner' = any(${member.roles})`))
    const gone = new Set(owners.map((row) => row.memberId))
    const left = others.filter((row) => !gone.has(row.id)).map((row) => row.id)
    const users = await directory.getUsers(ctx, left)
    if (users.some((user) => user.status === 'active')) return
    throw conflict('LastOwner', 'An account needs an owner. Make somebody else an owner first.')
  }

  /** Members of the directory signed in to, every one of whom must exist. @throws not-found `UnknownMember`, forbidden `OtherDirectory` */
  async function rowsOf(ctx: Ctx, accountId: string, tenantId: string, kind: tables.MemberKind, ids: readonly string[]) {
    const asked = [...new Set(ids)].filter(isUuid)
    const { member } = tables
    const rows =
      asked.length === 0
        ? []
        : await ctx.tx
            .select()
            .from(member)
            .where(and(eq(member.accountId, accountId), eq(member.memberKind, kind), inArray(member.memberId, asked)))
    if (rows.length === 0 || rows.length < new Set(ids).size) {
      throw notFound('UnknownMember', 'Somebody you chose does not belong to the account any more. Look at the list again.')
    }
    if (rows.some((row) => row.tenantId !== tenantId)) {
      throw forbidden('OtherDirectory', 'People of another directory are managed by a manager who is signed in from there.')
    }
    return rows
  }

  /** What the directory calls these members; those it does not know any more are left out. */
  async function described(ctx: Ctx, kind: tables.MemberKind, rows: readonly MemberRow[]): Promise<Member[]> {
    const entries = new Map(
      (
        await entriesOf(
          ctx,
          kind,
          rows.map((row) => row.memberId),
        )
      ).map((entry) => [entry.id, entry]),
    )
    return rows.flatMap((row) => {
      const entry = entries.get(row.memberId)
      if (!entry) return []
      const { tenantId, roles, permissions, createdAt: since } = row
      const isGuest = entry.isGuest || (kind === 'user' && entry.tenantId !== tenantId)
      return [{ ...entry, kind, tenantId, roles, permissions, isGuest, since }]
    })
  }

  async function entriesOf(ctx: Ctx, kind: tables.MemberKind, ids: readonly string[]) {
    if (kind === 'user') return (await directory.getUsers(ctx, ids)).map(userEntry)
    if (kind === 'group') return (await directory.getGroups(ctx, ids)).map(groupEntry)
    return (await directory.getApplications(ctx, ids)).map(applicationEntry)
  }

  return {
    /** The roles and custom permissions there are, in words, and what each role may do. */
    roles: { assignableRoles, customPermissions, permissionTable, roleHas, roleNames, rightsText },

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
     * own ends (enrolment, demo data); people use the other use cases, which ask who may.
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
      await record(ctx, { accountId, memberKind: kind, memberId: id }, null, { roles, permissions: [] })
    },

    /**
     * The users, groups or applications of an account, by name; with `search` those whose name or detail has it.
     * @throws not-found `UnknownAccount`, forbidden
     */
    async members(ctx: Ctx, accountId: string, kind: tables.MemberKind, search = ''): Promise<Member[]> {
      await accountFor(ctx, accountId, 'member.read')
      const { member } = tables
      const rows = await ctx.tx
        .select()
        .from(member)
        .where(and(eq(member.accountId, accountId), eq(member.memberKind, kind)))
      const wanted = search.trim().toLowerCase()
      return (await described(ctx, kind, rows))
        .filter(({ name, detail }) => name.toLowerCase().includes(wanted) || detail.toLowerCase().includes(wanted))
        .sort((a, b) => a.name.localeCompare(b.name, 'en') || a.id.localeCompare(b.id))
    },

    /** One of them. @throws not-found `UnknownAccount` or `UnknownMember`, forbidden */
    async member(ctx: Ctx, accountId: string, kind: tables.MemberKind, id: string): Promise<Member> {
      await accountFor(ctx, accountId, 'member.read')
      const rows = isUuid(id)
        ? await ctx.tx
            .select()
            .from(tables.member)
            .where(ofMember(accountId, kind, id))
        : []
      const [found] = await described(ctx, kind, rows)
      if (!found) throw notFound('UnknownMember', 'Nobody with this id belongs to the account.')
      return found
    },

    /**
     * Entries of the directory signed in to that do not belong to the account yet, by name, at most 200; with `search` those that have it.
     * @throws not-found `UnknownAccount`, forbidden, also `OtherDirectory`
     */
    async candidates(ctx: Ctx, accountId: string, kind: tables.MemberKind, search = ''): Promise<Candidate[]> {
      const { account, tenantId } = await managed(ctx, accountId, { readOnly: true })
      const rows = await ctx.tx
        .select({ id: tables.member.memberId })
        .from(tables.member)
        .where(and(eq(tables.member.accountId, account.accountId), eq(tables.member.memberKind, kind)))
      const known = new Set(rows.map((row) => row.id))
      const options = { search: search.trim(), limit: 200 + known.size }
      const entries =
        kind === 'user'
          ? (await directory.listUsers(ctx, tenantId, options)).map(userEntry)
          : kind === 'group'
            ? (await directory.listGroups(ctx, tenantId, options)).map(groupEntry)
            : (await directory.listApplications(ctx, tenantId, options)).map(applicationEntry)
      return entries
        .filter((entry) => !known.has(entry.id) && !entry.isDisabled)
        .slice(0, 200)
        .map(({ id, name, detail }) => ({ id, name, detail }))
    },

    /**
     * Adds entries of the directory signed in to; all get the same rights (spec/01 §8.1).
     * @throws invalid `NobodyChosen`, `RightsMissing` …, not-found `UnknownEntry`, conflict `MemberExists`, forbidden, also `OtherDirectory`, `MoreThanYourOwn`
     */
    async addMembers(ctx: Ctx, accountId: string, input: { kind: tables.MemberKind; ids: readonly string[] } & Rights): Promise<void> {
      const { account, tenantId } = await managed(ctx, accountId)
      const { kind } = input
      const ids = [...new Set(input.ids)]
      if (ids.length === 0) throw invalid('NobodyChosen', 'Choose at least one of the list.', { target: 'ids' })
      const rights = checkRights(input)
      checkOwnRights(ctx, account, rights)
      keepOwnersPeople(kind, rights)
      const entries = (await entriesOf(ctx, kind, ids)).filter((entry) => entry.tenantId === tenantId && !entry.isDisabled)
      if (entries.length < ids.length) {
        throw notFound('UnknownEntry', 'Somebody you chose is not in the directory you are signed in to.', { target: 'ids' })
      }
      const [known] = await ctx.tx
        .select({ id: tables.member.memberId })
        .from(tables.member)
        .where(
          and(eq(tables.member.accountId, account.accountId), eq(tables.member.memberKind, kind), inArray(tables.member.memberId, ids)),
        )
      if (known) {
        const name = entries.find((entry) => entry.id === known.id)?.name
        throw conflict('MemberExists', `${name} belongs to the account already.`, { target: 'ids' })
      }
      await insertMembers(
        ctx,
        account,
        ids.map((memberId) => ({ memberKind: kind, memberId, tenantId, ...rights })),
      )
      for (const memberId of ids) await record(ctx, { accountId: account.accountId, memberKind: kind, memberId }, null, rights)
    },

    /**
     * Gives other rights to a member.
     * @throws invalid, not-found `UnknownMember`, conflict `LastOwner`, forbidden, also `OtherDirectory`, `MoreThanYourOwn`
     */
    async changeRights(ctx: Ctx, accountId: string, input: { kind: tables.MemberKind; id: string } & Rights): Promise<void> {
      const { account, tenantId } = await managed(ctx, accountId)
      const [row] = await rowsOf(ctx, account.accountId, tenantId, input.kind, [input.id])
      if (!row) return
      const rights = checkRights(input)
      keepOwnersPeople(input.kind, rights)
      checkOwnRights(ctx, account, row)
      checkOwnRights(ctx, account, rights)
      if (!rights.roles.includes('owner')) await keepOwner(ctx, [row])
      await ctx.tx
        .update(tables.member)
        .set(rights)
        .where(ofMember(account.accountId, row.memberKind, row.memberId))
      await record(ctx, row, row, rights)
    },

    /**
     * Takes members out of the account. The directory keeps them, unless it is asked to disable users, too (spec/01 X-23).
     * @throws not-found `UnknownMember`, conflict `LastOwner`, forbidden, also `OtherDirectory`, `MoreThanYourOwn`, `AdministratorNeeded`
     */
    async removeMembers(
      ctx: Ctx,
      accountId: string,
      input: { kind: tables.MemberKind; ids: readonly string[]; disable?: boolean },
    ): Promise<void> {
      const { account, tenantId } = await managed(ctx, accountId)
      if (input.ids.length === 0) throw invalid('NobodyChosen', 'Choose at least one of the list.', { target: 'ids' })
      const rows = await rowsOf(ctx, account.accountId, tenantId, input.kind, input.ids)
      for (const row of rows) checkOwnRights(ctx, account, row)
      await keepOwner(ctx, rows)
      for (const row of rows) {
        await ctx.tx.delete(tables.member).where(ofMember(account.accountId, row.memberKind, row.memberId))
        await record(ctx, row, row, null)
      }
      if (!input.disable || input.kind !== 'user') return
      administrator(ctx, tenantId)
      const users = await directory.getUsers(
        ctx,
        rows.map((row) => row.memberId),
      )
      // Who is a guest from another directory stays what he is there.
      for (const user of users) if (user.tenantId === tenantId) await directory.updateUser(ctx, user.objectId, { status: 'disabled' })
    },
  }
}

/** What the directory itself is changed by: its global administrators (spec/01 §8.1). @throws forbidden `AdministratorNeeded` */
export function administrator(ctx: Ctx, tenantId: string): void {
  const { principal } = ctx
  if ('tenantId' in principal && principal.tenantId === tenantId && principal.roles.includes('global-admin')) return
  throw forbidden('AdministratorNeeded', 'Only a global administrator of your directory can do this.')
}

/** Groups change without the account noticing, and applications answer for nothing: an owner is a person. */
export function keepOwnersPeople(kind: tables.MemberKind, { roles }: Rights): void {
  if (kind !== 'user' && roles.includes('owner')) {
    throw invalid('OwnerIsAPerson', 'Only a person can be an owner.', { target: 'roles' })
  }
}

type Users = Awaited<ReturnType<Directory['getUsers']>>
type Groups = Awaited<ReturnType<Directory['getGroups']>>
type Applications = Awaited<ReturnType<Directory['getApplications']>>

const userEntry = (user: Users[number]) => ({
  id: user.objectId as string,
  tenantId: user.tenantId as string,
  name: user.displayName,
  detail: user.email,
  isDisabled: user.status !== 'active',
  isGuest: user.kind === 'guest',
})

const groupEntry = (group: Groups[number]) => ({
  id: group.groupId as string,
  tenantId: group.tenantId as string,
  name: group.displayName,
  detail: group.members === 1 ? '1 person' : `${group.members} people`,
  isDisabled: false,
  isGuest: false,
})

const applicationEntry = (app: Applications[number]) => ({
  id: app.clientId as string,
  tenantId: app.tenantId as string,
  name: app.name,
  detail: app.clientId as string,
  isDisabled: app.status !== 'active',
  isGuest: false,
})
