import { and, eq, ilike, inArray, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { type Id, isUuid, newId } from '../../kernel/ids.ts'
import { containing } from './containing.ts'
import { personName } from './person-name.ts'
import * as tables from './schema.ts'
import { checked, type TenantId } from './tenants.ts'

export type GroupId = Id<'group'>

/** People of one directory under one name. */
export interface Group {
  groupId: GroupId
  tenantId: TenantId
  displayName: string
  /** how many people belong to it */
  members: number
}

export interface NewGroup {
  tenantId: string
  displayName: string
  /** object ids of users of the same directory */
  members?: readonly string[]
}

/** How the members of a group change: some come and go, or these are all of them. */
export type MembersChange = { add?: readonly string[]; remove?: readonly string[] } | { all: readonly string[] }

const groupName = z.object({ displayName: personName('A group', 120) })

const columns = {
  groupId: tables.userGroup.groupId,
  tenantId: tables.userGroup.tenantId,
  displayName: tables.userGroup.displayName,
  // Tables are named in words, because columns lose their table's name where a query has only one.
  members: sql<number>`(select count(*)::int from directory.group_member where group_member.group_id = user_group.group_id)`,
}

/** @throws invalid, conflict `GroupNameTaken`, not-found `UnknownTenant` or `UnknownUser` */
export async function createGroup(ctx: Ctx, input: NewGroup): Promise<Group> {
  const { displayName } = checked(groupName, { displayName: input.displayName })
  const groupId = newId<'group'>()
  try {
    await ctx.tx
      .insert(tables.userGroup)
      .values({ groupId, tenantId: input.tenantId, displayName, nameKey: displayName.toLowerCase(), createdAt: ctx.wall })
  } catch (error) {
    throw nameError(error, displayName)
  }
  await setGroupMembers(ctx, groupId, { all: input.members ?? [] })
  return group(ctx, groupId)
}

/** @throws invalid, conflict `GroupNameTaken`, not-found `UnknownGroup` */
export async function renameGroup(ctx: Ctx, groupId: string, name: string): Promise<void> {
  const { displayName } = checked(groupName, { displayName: name })
  try {
    await ctx.tx
      .update(tables.userGroup)
      .set({ displayName, nameKey: displayName.toLowerCase() })
      .where(eq(tables.userGroup.groupId, (await group(ctx, groupId)).groupId))
  } catch (error) {
    throw nameError(error, displayName)
  }
}

function nameError(error: unknown, displayName: string): unknown {
  const constraint = violatedConstraint(error)
  if (constraint === 'user_group_name') {
    return conflict('GroupNameTaken', `The directory has a group ${displayName} already.`, { target: 'displayName' })
  }
  if (constraint === 'user_group_tenant_id_fkey') return notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
  return error
}

/** Changes who belongs to a group; only users of its own directory do. @throws not-found `UnknownGroup`, invalid `UnknownUser` */
export async function setGroupMembers(ctx: Ctx, groupId: string, change: MembersChange): Promise<void> {
  const { tenantId } = await group(ctx, groupId)
  const add = [...new Set('all' in change ? change.all : (change.add ?? []))]
  const known = add.length === 0 ? [] : await usersOf(ctx, tenantId, add)
  if (known.length < add.length) {
    throw invalid('UnknownUser', 'Only people of the group’s own directory can belong to it.', { target: 'members' })
  }
  const { groupMember } = tables
  if ('all' in change) await ctx.tx.delete(groupMember).where(eq(groupMember.groupId, groupId))
  else if (change.remove?.length) {
    const gone = change.remove.filter(isUuid)
    await ctx.tx.delete(groupMember).where(and(eq(groupMember.groupId, groupId), inArray(groupMember.objectId, gone)))
  }
  if (known.length > 0) {
    await ctx.tx
      .insert(groupMember)
      .values(known.map((objectId) => ({ groupId, objectId })))
      .onConflictDoNothing()
  }
}

async function usersOf(ctx: Ctx, tenantId: string, objectIds: readonly string[]): Promise<string[]> {
  const rows = await ctx.tx
    .select({ objectId: tables.userAccount.objectId })
    .from(tables.userAccount)
    .where(and(eq(tables.userAccount.tenantId, tenantId), inArray(tables.userAccount.objectId, objectIds.filter(isUuid))))
  return rows.map((row) => row.objectId)
}

/** Deletes a group of the directory. What accounts gave to it goes to nobody from then on. @throws not-found `UnknownGroup` */
export async function removeGroup(ctx: Ctx, groupId: string): Promise<void> {
  await ctx.tx.delete(tables.userGroup).where(eq(tables.userGroup.groupId, (await group(ctx, groupId)).groupId))
}

async function group(ctx: Ctx, groupId: string): Promise<Group> {
  const [found] = await getGroups(ctx, [groupId])
  if (!found) throw notFound('UnknownGroup', 'There is no such group.', { target: 'groupId' })
  return found
}

/** The groups that exist among these ids, in no order. */
export async function getGroups(ctx: Pick<Ctx, 'tx'>, groupIds: readonly string[]): Promise<Group[]> {
  const ids = [...new Set(groupIds.filter(isUuid))]
  if (ids.length === 0) return []
  return (await ctx.tx.select(columns).from(tables.userGroup).where(inArray(tables.userGroup.groupId, ids))) as Group[]
}

/** The groups of a tenant, by name, at most `limit`; with `search` those whose name has it. */
export async function listGroups(ctx: Ctx, tenantId: string, { search = '', limit = 1000 } = {}): Promise<Group[]> {
  const { userGroup } = tables
  const rows = await ctx.tx
    .select(columns)
    .from(userGroup)
    .where(and(eq(userGroup.tenantId, tenantId), search ? ilike(userGroup.displayName, containing(search)) : undefined))
    .orderBy(userGroup.nameKey)
    .limit(limit)
  return rows as Group[]
}

/** Object ids of the people in a group, by id. */
export async function groupMembers(ctx: Ctx, groupId: string): Promise<string[]> {
  if (!isUuid(groupId)) return []
  const rows = await ctx.tx
    .select({ objectId: tables.groupMember.objectId })
    .from(tables.groupMember)
    .where(eq(tables.groupMember.groupId, groupId))
    .orderBy(tables.groupMember.objectId)
  return rows.map((row) => row.objectId)
}

/** Which of these people belong to which group. */
export async function groupsOf(ctx: Ctx, objectIds: readonly string[]): Promise<{ groupId: string; objectId: string }[]> {
  const ids = objectIds.filter(isUuid)
  if (ids.length === 0) return []
  return ctx.tx.select().from(tables.groupMember).where(inArray(tables.groupMember.objectId, ids))
}
