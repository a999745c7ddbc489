import { and, count, eq, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict } from '../../kernel/errors.ts'
import { type Condition, conditionSql, type SearchField } from './condition.ts'
import * as tables from './schema.ts'
import { checked } from './tenants.ts'

/** A group as another directory keeps it here. */
export interface SyncedGroup {
  groupId: string
  displayName: string
  externalId: string | null
  createdAt: Temporal.Instant
  changedAt: Temporal.Instant
}

const { userGroup, groupMember } = tables

const searchFields = {
  groupId: { value: userGroup.groupId, kind: 'exact' },
  externalId: { value: userGroup.externalId, kind: 'exact' },
  displayName: { value: userGroup.displayName, kind: 'text' },
  members: {
    value: sql`array(select ${groupMember.objectId}::text from ${groupMember} where ${groupMember.groupId} = ${userGroup.groupId})`,
    kind: 'ids',
  },
  createdAt: { value: userGroup.createdAt, kind: 'time' },
  changedAt: { value: sql`coalesce(${userGroup.changedAt}, ${userGroup.createdAt})`, kind: 'time' },
} as const satisfies Record<string, SearchField>

export type GroupField = keyof typeof searchFields

const columns = {
  groupId: userGroup.groupId,
  displayName: userGroup.displayName,
  externalId: userGroup.externalId,
  createdAt: userGroup.createdAt,
  changedAt: userGroup.changedAt,
}

type Row = Omit<SyncedGroup, 'changedAt'> & { changedAt: Temporal.Instant | null }
const groupOf = (row: Row): SyncedGroup => ({ ...row, changedAt: row.changedAt ?? row.createdAt })

/** Groups of a tenant that fit a condition, the oldest first, from `offset` on, and how many fit in all. */
export async function findGroups(
  ctx: Ctx,
  tenantId: string,
  options: { where?: Condition<GroupField> | undefined; offset: number; limit: number },
): Promise<{ total: number; groups: SyncedGroup[] }> {
  const where = and(eq(userGroup.tenantId, tenantId), options.where ? conditionSql<GroupField>(searchFields, options.where) : undefined)
  const [counted] = await ctx.tx.select({ total: count() }).from(userGroup).where(where)
  const rows = await ctx.tx
    .select(columns)
    .from(userGroup)
    .where(where)
    .orderBy(userGroup.createdAt, userGroup.groupId)
    .offset(options.offset)
    .limit(options.limit)
  return { total: counted?.total ?? 0, groups: (rows as Row[]).map(groupOf) }
}

/** The group of this tenant with this id, or null. Any text may be asked for. */
export async function findGroup(ctx: Ctx, tenantId: string, groupId: string): Promise<SyncedGroup | null> {
  const where: Condition<GroupField> = { field: 'groupId', test: 'eq', value: groupId.toLowerCase() }
  return (await findGroups(ctx, tenantId, { where, offset: 0, limit: 1 })).groups[0] ?? null
}

const externalIdRule = z.object({ externalId: z.string().trim().min(1).max(255).nullable() })

/** Notes a change of a group, with what another directory calls it. @throws invalid, conflict `ExternalIdTaken` */
export async function noteGroupChange(ctx: Ctx, groupId: string, externalId: string | null): Promise<void> {
  try {
    await ctx.tx
      .update(userGroup)
      .set({ ...checked(externalIdRule, { externalId }), changedAt: ctx.wall })
      .where(eq(userGroup.groupId, groupId))
  } catch (error) {
    if (violatedConstraint(error) !== 'user_group_external') throw error
    throw conflict('ExternalIdTaken', 'Another group of this directory has this external id.', { target: 'externalId' })
  }
}
