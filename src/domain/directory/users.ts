import { eq, inArray, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Ctx, Membership, UserPrincipal } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { type Id, isUuid, newId } from '../../kernel/ids.ts'
import * as tables from './schema.ts'
import { hashChosen } from './secrets.ts'
import { checked, getTenants, type TenantId } from './tenants.ts'

type UserId = Id<'user'>

export interface User {
  objectId: UserId
  tenantId: TenantId
  email: string
  displayName: string
  /** roles that hold in the whole tenant or marketplace; seller roles are kept by accounts */
  roles: string[]
  status: 'active' | 'disabled'
  /** a guest is let in by the tenant and has no rights there but those given by name */
  kind: 'member' | 'guest'
}

export interface NewUser {
  objectId?: string
  tenantId: string
  email: string
  displayName: string
  roles?: TenantRole[]
  password?: string
}

/**
 * Roles that a directory itself gives (design.md, Authorization). A global administrator administers the directory, which is no right in a seller
 * account (spec/01 §8.1).
 */
export const tenantRoles = ['operator', 'billing-admin', 'purchaser', 'reseller', 'global-admin', 'user-admin'] as const
export type TenantRole = (typeof tenantRoles)[number]

const newUser = z.object({
  objectId: z.uuid().optional(),
  tenantId: z.uuid(),
  email: z.email().max(254),
  displayName: z.string().trim().min(1).max(120),
  roles: z.array(z.enum(tenantRoles)).default([]),
  password: z.string().optional(),
})

/** NIST SP 800-63B: length is what counts. The upper bound keeps hashing cheap. */
const shortestPassword = 8
const longestPassword = 256

function checkPassword(password: string): void {
  if (password.length < shortestPassword || password.length > longestPassword) {
    throw invalid('PasswordLength', `A password has ${shortestPassword} to ${longestPassword} characters.`, { target: 'password' })
  }
}

/** @throws not-found `UnknownTenant`, conflict `EmailTaken` or `UserExists`, invalid */
export async function createUser(ctx: Ctx, input: NewUser): Promise<User> {
  const values = checked(newUser, input)
  if (values.password !== undefined) checkPassword(values.password)
  const tenantId = values.tenantId.toLowerCase()
  if ((await getTenants(ctx, [tenantId])).length === 0) throw notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
  const user: User = {
    objectId: (values.objectId?.toLowerCase() ?? newId()) as UserId,
    tenantId: tenantId as TenantId,
    email: values.email,
    displayName: values.displayName,
    roles: values.roles,
    status: 'active',
    kind: 'member',
  }
  const passwordHash = values.password === undefined ? null : await hashChosen(values.password)
  try {
    await ctx.tx.insert(tables.userAccount).values({ ...user, emailKey: emailKey(user.email), passwordHash, createdAt: ctx.wall })
  } catch (error) {
    const constraint = violatedConstraint(error)
    if (constraint === 'user_account_email_key') {
      throw conflict('EmailTaken', `${user.email} belongs to another user.`, { target: 'email' })
    }
    if (constraint === 'user_account_pkey') throw conflict('UserExists', 'A user with this object id exists.', { target: 'objectId' })
    throw error
  }
  return user
}

/** Addresses differ only in case for nobody. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase()
}

/** Sets a password and ends every session of the user. @throws invalid `PasswordLength`, not-found `UnknownUser` */
export async function setPassword(ctx: Ctx, objectId: string, password: string): Promise<void> {
  checkPassword(password)
  const passwordHash = await hashChosen(password)
  const changed = await ctx.tx
    .update(tables.userAccount)
    .set({ passwordHash })
    .where(eq(tables.userAccount.objectId, objectId))
    .returning({ objectId: tables.userAccount.objectId })
  if (changed.length === 0) throw notFound('UnknownUser', 'There is no such user.', { target: 'objectId' })
  await ctx.tx.delete(tables.session).where(eq(tables.session.objectId, objectId))
}

export const userColumns = {
  objectId: tables.userAccount.objectId,
  tenantId: tables.userAccount.tenantId,
  email: tables.userAccount.email,
  displayName: tables.userAccount.displayName,
  roles: tables.userAccount.roles,
  status: tables.userAccount.status,
  kind: tables.userAccount.kind,
}

/** Ids of the groups that the user of the row belongs to: part of the query that finds him, so that who acts costs one query here. */
export const groupsOfUser = sql<
  string[]
>`array(select ${tables.groupMember.groupId}::text from ${tables.groupMember} where ${tables.groupMember.objectId} = ${tables.userAccount.objectId})`

/** The users that exist among these object ids, in no order. */
export async function getUsers(ctx: Pick<Ctx, 'tx'>, objectIds: readonly string[]): Promise<User[]> {
  const ids = [...new Set(objectIds.filter(isUuid))]
  if (ids.length === 0) return []
  return (await ctx.tx.select(userColumns).from(tables.userAccount).where(inArray(tables.userAccount.objectId, ids))) as User[]
}

/** The user with this e-mail address, in any case, or null. */
export async function findUserByEmail(ctx: Ctx, email: string): Promise<User | null> {
  const [row] = await ctx.tx
    .select(userColumns)
    .from(tables.userAccount)
    .where(eq(tables.userAccount.emailKey, emailKey(email)))
  return (row as User | undefined) ?? null
}

/** The users of a tenant, by address. */
export async function listUsers(ctx: Ctx, tenantId: string): Promise<User[]> {
  const rows = await ctx.tx
    .select(userColumns)
    .from(tables.userAccount)
    .where(eq(tables.userAccount.tenantId, tenantId))
    .orderBy(tables.userAccount.emailKey)
  return rows as User[]
}

/** Active users of all tenants, by address, at most `limit`: who may be played in the sandbox. */
export async function listPeople(ctx: Ctx, limit: number): Promise<User[]> {
  const rows = await ctx.tx
    .select(userColumns)
    .from(tables.userAccount)
    .where(eq(tables.userAccount.status, 'active'))
    .orderBy(tables.userAccount.emailKey)
    .limit(limit)
  return rows as User[]
}

/** An active user with the groups he belongs to, or null. */
export async function findActor(ctx: Ctx, objectId: string): Promise<{ user: User; groups: string[] } | null> {
  if (!isUuid(objectId)) return null
  const [row] = await ctx.tx
    .select({ ...userColumns, groups: groupsOfUser })
    .from(tables.userAccount)
    .where(eq(tables.userAccount.objectId, objectId))
  if (row?.status !== 'active') return null
  const { groups, ...user } = row
  return { user: user as User, groups }
}

/** A user as the one who acts. */
export function principalOf(user: User, memberships: Membership[]): UserPrincipal {
  const { tenantId, objectId, email, displayName, roles, kind } = user
  return {
    kind: 'user',
    tenantId,
    objectId,
    email,
    displayName,
    roles: [...roles],
    ...(memberships.length > 0 ? { memberships } : {}),
    ...(kind === 'guest' ? { isGuest: true } : {}),
  }
}
