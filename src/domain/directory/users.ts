import { and, eq, ilike, inArray, isNotNull, isNull, ne, or, sql } from 'drizzle-orm'
import { z } from 'zod'
import type { Ctx, Membership, UserPrincipal } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { type Id, isUuid, newId } from '../../kernel/ids.ts'
import { containing } from './containing.ts'
import { personName } from './person-name.ts'
import * as tables from './schema.ts'
import { hashChosen, temporaryPassword } from './secrets.ts'
import { personalTenantId } from '../../kernel/personal-accounts.ts'
import { checked, domainOwner, domainsOf, getTenants, type TenantId } from './tenants.ts'

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
  /** where a link to a new password goes, if not to the address itself */
  recoveryEmail: string | null
}

export interface NewUser {
  objectId?: string
  tenantId: string
  email: string
  displayName: string
  roles?: TenantRole[]
  password?: string
  /** somebody else has seen the password: it lets in once, to choose another */
  passwordTemporary?: boolean
  recoveryEmail?: string
  kind?: 'member' | 'guest'
}

/** What an administrator changes of a user; what is absent stays. */
export interface UserChange {
  email?: string
  displayName?: string
  roles?: TenantRole[]
  recoveryEmail?: string | null
  status?: 'active' | 'disabled'
}

/**
 * Roles that a directory itself gives (design.md, Authorization). A global administrator administers the directory, which is no right in a seller
 * account (spec/01 §8.1).
 */
export const tenantRoles = ['operator', 'billing-admin', 'purchaser', 'reseller', 'global-admin', 'user-admin'] as const
export type TenantRole = (typeof tenantRoles)[number]

const address = z.email('must be an e-mail address such as ann@contoso.com').max(254)

const newUser = z.object({
  objectId: z.uuid().optional(),
  tenantId: z.uuid(),
  email: address,
  displayName: personName('A person', 120),
  roles: z.array(z.enum(tenantRoles)).default([]),
  password: z.string().optional(),
  passwordTemporary: z.boolean().default(false),
  recoveryEmail: address.optional(),
  kind: z.enum(['member', 'guest']).default('member'),
})

const userChange = z.object({
  email: address.optional(),
  displayName: newUser.shape.displayName.optional(),
  roles: z.array(z.enum(tenantRoles)).optional(),
  recoveryEmail: address.nullable().optional(),
  status: z.enum(['active', 'disabled']).optional(),
})

/** NIST SP 800-63B: length is what counts. The upper bound keeps hashing cheap. */
const shortestPassword = 8
const longestPassword = 256

function checkPassword(password: string): void {
  if (password.length < shortestPassword || password.length > longestPassword) {
    throw invalid('PasswordLength', `A password has ${shortestPassword} to ${longestPassword} characters.`, { target: 'password' })
  }
}

/** Whether a text is an e-mail address as users have them. */
export function isAddress(text: string): boolean {
  return address.safeParse(text).success
}

/**
 * A member's address is of a verified domain of the directory (spec/01 §7.2); a guest's is of no directory here, else that one has to make the user.
 * @throws invalid `ForeignDomain`
 */
async function checkDomain(ctx: Ctx, { tenantId, email, kind }: Pick<User, 'tenantId' | 'email' | 'kind'>): Promise<void> {
  const domain = emailKey(email).split('@')[1] ?? ''
  if (kind === 'guest' || tenantId === personalTenantId) {
    if ((await domainOwner(ctx, domain)) === null) return
    const message = `${domain} is the domain of a directory of this marketplace. Ask its administrator to create the user ${email} there.`
    throw invalid('ForeignDomain', message, { target: 'email' })
  }
  const domains = await domainsOf(ctx, tenantId)
  if (domains.includes(domain)) return
  throw invalid('ForeignDomain', `The address must end in a verified domain of the directory: ${domains.join(', ')}.`, { target: 'email' })
}

/** @throws not-found `UnknownTenant`, conflict `EmailTaken` or `UserExists`, invalid, also `ForeignDomain` */
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
    kind: values.kind,
    recoveryEmail: values.recoveryEmail ?? null,
  }
  await checkDomain(ctx, user)
  const { passwordTemporary } = values
  const passwordHash = values.password === undefined ? null : await hashChosen(values.password)
  try {
    await ctx.tx
      .insert(tables.userAccount)
      .values({ ...user, emailKey: emailKey(user.email), passwordHash, passwordTemporary, createdAt: ctx.wall })
  } catch (error) {
    throw takenError(error, user.email)
  }
  return user
}

function takenError(error: unknown, email: string): unknown {
  const constraint = violatedConstraint(error)
  if (constraint === 'user_account_email_key') return conflict('EmailTaken', `${email} belongs to another user.`, { target: 'email' })
  if (constraint === 'user_account_pkey') return conflict('UserExists', 'A user with this object id exists.', { target: 'objectId' })
  return error
}

/**
 * Changes a user of a directory. Whoever is disabled is signed out everywhere and cannot sign in again.
 * @throws not-found `UnknownUser`, conflict `EmailTaken` or `LastAdministrator`, invalid, also `ForeignDomain`
 */
export async function updateUser(ctx: Ctx, objectId: string, change: UserChange): Promise<{ before: User; after: User }> {
  const values = checked(userChange, change)
  const [before] = await getUsers(ctx, [objectId])
  if (!before || (await isRemoved(ctx, objectId))) throw notFound('UnknownUser', 'There is no such user.', { target: 'objectId' })
  const { email, displayName, roles, recoveryEmail, status } = values
  const after: User = {
    ...before,
    ...(email === undefined ? {} : { email }),
    ...(displayName === undefined ? {} : { displayName }),
    ...(roles === undefined ? {} : { roles }),
    ...(recoveryEmail === undefined ? {} : { recoveryEmail }),
    ...(status === undefined ? {} : { status }),
  }
  if (emailKey(after.email) !== emailKey(before.email)) await checkDomain(ctx, after)
  if (administers(before) && !administers(after)) await keepAdministrator(ctx, before)
  const { objectId: _objectId, tenantId: _tenantId, kind: _kind, ...columns } = after
  try {
    await ctx.tx
      .update(tables.userAccount)
      .set({ ...columns, emailKey: emailKey(after.email) })
      .where(eq(tables.userAccount.objectId, before.objectId))
  } catch (error) {
    throw takenError(error, after.email)
  }
  if (after.status !== 'active') await ctx.tx.delete(tables.session).where(eq(tables.session.objectId, before.objectId))
  return { before, after }
}

async function isRemoved(ctx: Ctx, objectId: string): Promise<boolean> {
  const { userAccount } = tables
  const where = and(eq(userAccount.objectId, objectId), isNotNull(userAccount.removedAt))
  return (await ctx.tx.select({ objectId: userAccount.objectId }).from(userAccount).where(where)).length > 0
}

/** Whether a user may administer the directory now. */
export const administers = (user: User) => user.status === 'active' && user.roles.includes('global-admin')

/** A directory without an administrator could never be given one again. */
export async function keepAdministrator(ctx: Ctx, leaving: User): Promise<void> {
  const { userAccount } = tables
  // Two who leave at once wait for each other.
  await ctx.tx.select({ id: tables.tenant.tenantId }).from(tables.tenant).where(eq(tables.tenant.tenantId, leaving.tenantId)).for('update')
  const [other] = await ctx.tx
    .select({ objectId: userAccount.objectId })
    .from(userAccount)
    .where(
      and(
        eq(userAccount.tenantId, leaving.tenantId),
        ne(userAccount.objectId, leaving.objectId),
        eq(userAccount.status, 'active'),
        sql`'global-admin' = any(${userAccount.roles})`,
      ),
    )
    .limit(1)
  if (!other) {
    throw conflict(
      'LastAdministrator',
      `${leaving.displayName} is the directory’s only global administrator. Make somebody else one first.`,
    )
  }
}

/** A person's name as it would be kept, or what is wrong with it. */
export function checkName(text: string): { name: string } | { problem: string } {
  const result = newUser.shape.displayName.safeParse(text)
  return result.success ? { name: result.data } : { problem: result.error.issues[0]?.message ?? 'This is no name.' }
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
    .set({ passwordHash, passwordTemporary: false })
    .where(eq(tables.userAccount.objectId, objectId))
    .returning({ objectId: tables.userAccount.objectId })
  if (changed.length === 0) throw notFound('UnknownUser', 'There is no such user.', { target: 'objectId' })
  await ctx.tx.delete(tables.session).where(eq(tables.session.objectId, objectId))
}

/**
 * Gives a user a password that we made and that is shown to an administrator once; it lets in once, to choose another. Ends every session.
 * @throws not-found `UnknownUser`
 */
export async function resetToTemporary(ctx: Ctx, objectId: string): Promise<string> {
  const password = temporaryPassword()
  await setPassword(ctx, objectId, password)
  await ctx.tx.update(tables.userAccount).set({ passwordTemporary: true }).where(eq(tables.userAccount.objectId, objectId))
  return password
}

export const userColumns = {
  objectId: tables.userAccount.objectId,
  tenantId: tables.userAccount.tenantId,
  email: tables.userAccount.email,
  displayName: tables.userAccount.displayName,
  roles: tables.userAccount.roles,
  status: tables.userAccount.status,
  kind: tables.userAccount.kind,
  recoveryEmail: tables.userAccount.recoveryEmail,
}

/**
 * Ids of the groups that the user of the row belongs to: part of the query that finds him, so that who acts costs one query here. Tables are named
 * in words, because columns lose their table's name where a query has only one.
 */
export const groupsOfUser = sql<
  string[]
>`array(select group_member.group_id::text from directory.group_member where group_member.object_id = user_account.object_id)`

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

/** The users of a tenant, by address, at most `limit`; with `search` those whose name or address has it. */
export async function listUsers(ctx: Ctx, tenantId: string, { search = '', limit = 1000 } = {}): Promise<User[]> {
  const { userAccount } = tables
  const has = containing(search)
  const rows = await ctx.tx
    .select(userColumns)
    .from(userAccount)
    .where(
      and(
        eq(userAccount.tenantId, tenantId),
        isNull(userAccount.removedAt),
        search ? or(ilike(userAccount.displayName, has), ilike(userAccount.email, has)) : undefined,
      ),
    )
    .orderBy(userAccount.emailKey)
    .limit(limit)
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
