import { and, count, eq, inArray, isNull, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import { type Condition, conditionSql, type SearchField } from './condition.ts'
import * as tables from './schema.ts'
import { checked } from './tenants.ts'
import { administers, keepAdministrator, type User, userColumns } from './users.ts'

/** What a directory knows of a person besides who he is. Null: nothing. */
export interface ProfileFields {
  givenName: string | null
  surname: string | null
  jobTitle: string | null
  mobilePhone: string | null
  /** ISO 639-1, with a region where one is known: `de`, `de-CH` */
  preferredLanguage: string | null
  /** where the person reads mail, when it is not the address of the sign-in */
  contactEmail: string | null
  /** what another directory calls the person; unique within the tenant */
  externalId: string | null
}

export interface Profile extends User, ProfileFields {
  createdAt: Temporal.Instant
  changedAt: Temporal.Instant
}

const words = (longest: number) => z.string().trim().min(1).max(longest).nullable()

const profileFields = z
  .object({
    givenName: words(120),
    surname: words(120),
    jobTitle: words(128),
    mobilePhone: words(64),
    preferredLanguage: z
      .string()
      .regex(/^[A-Za-z]{2}(-[A-Za-z0-9]{2,8})*$/, 'must be a language such as de or de-CH')
      .nullable(),
    contactEmail: z.email().max(254).nullable(),
    externalId: words(255),
  })
  .partial()

const { userAccount } = tables

const columns = {
  ...userColumns,
  givenName: userAccount.givenName,
  surname: userAccount.surname,
  jobTitle: userAccount.jobTitle,
  mobilePhone: userAccount.mobilePhone,
  preferredLanguage: userAccount.preferredLanguage,
  contactEmail: userAccount.contactEmail,
  externalId: userAccount.externalId,
  createdAt: userAccount.createdAt,
  changedAt: userAccount.changedAt,
}

/** Fields by which people are looked for. */
const searchFields = {
  objectId: { value: userAccount.objectId, kind: 'exact' },
  externalId: { value: userAccount.externalId, kind: 'exact' },
  email: { value: userAccount.email, kind: 'text' },
  contactEmail: { value: sql`coalesce(${userAccount.contactEmail}, ${userAccount.email})`, kind: 'text' },
  displayName: { value: userAccount.displayName, kind: 'text' },
  givenName: { value: userAccount.givenName, kind: 'text' },
  surname: { value: userAccount.surname, kind: 'text' },
  jobTitle: { value: userAccount.jobTitle, kind: 'text' },
  mobilePhone: { value: userAccount.mobilePhone, kind: 'text' },
  preferredLanguage: { value: userAccount.preferredLanguage, kind: 'text' },
  active: { value: sql`${userAccount.status} = 'active'`, kind: 'fact' },
  createdAt: { value: userAccount.createdAt, kind: 'time' },
  changedAt: { value: sql`coalesce(${userAccount.changedAt}, ${userAccount.createdAt})`, kind: 'time' },
} as const satisfies Record<string, SearchField>

export type PersonField = keyof typeof searchFields

type Row = Omit<Profile, 'changedAt'> & { changedAt: Temporal.Instant | null }
const profileOf = (row: Row): Profile => ({ ...row, changedAt: row.changedAt ?? row.createdAt })

/** The profiles that exist among these object ids, in no order; who was taken out of the directory has none. */
export async function getProfiles(ctx: Pick<Ctx, 'tx'>, objectIds: readonly string[]): Promise<Profile[]> {
  const ids = [...new Set(objectIds.filter(isUuid))]
  if (ids.length === 0) return []
  const rows = await ctx.tx
    .select(columns)
    .from(userAccount)
    .where(and(inArray(userAccount.objectId, ids), isNull(userAccount.removedAt)))
  return (rows as Row[]).map(profileOf)
}

/** People of a tenant that fit a condition, the oldest first, from `offset` on, and how many fit in all. */
export async function findPeople(
  ctx: Ctx,
  tenantId: string,
  options: { where?: Condition<PersonField> | undefined; offset: number; limit: number },
): Promise<{ total: number; people: Profile[] }> {
  const where = and(
    eq(userAccount.tenantId, tenantId),
    isNull(userAccount.removedAt),
    ...(options.where ? [conditionSql<PersonField>(searchFields, options.where)] : []),
  )
  const [counted] = await ctx.tx.select({ total: count() }).from(userAccount).where(where)
  const rows = await ctx.tx
    .select(columns)
    .from(userAccount)
    .where(where)
    .orderBy(userAccount.createdAt, userAccount.objectId)
    .offset(options.offset)
    .limit(options.limit)
  return { total: counted?.total ?? 0, people: (rows as Row[]).map(profileOf) }
}

/** Changes the fields that are given. @throws invalid, not-found `UnknownUser`, conflict `ExternalIdTaken` */
export async function setProfile(ctx: Ctx, objectId: string, fields: Partial<ProfileFields>): Promise<void> {
  const values = checked(profileFields, fields)
  try {
    const changed = await ctx.tx
      .update(userAccount)
      .set({ ...values, changedAt: ctx.wall })
      .where(and(eq(userAccount.objectId, objectId), isNull(userAccount.removedAt)))
      .returning({ objectId: userAccount.objectId })
    if (changed.length === 0) throw notFound('UnknownUser', 'There is no such user.', { target: 'objectId' })
  } catch (error) {
    if (violatedConstraint(error) !== 'user_account_external') throw error
    throw conflict('ExternalIdTaken', 'Another user of this directory has this external id.', { target: 'externalId' })
  }
}

/**
 * Takes a user out of the directory: every session, code and key of his ends, and the address is free for somebody else. The row stays for what
 * it did. @throws not-found `UnknownUser`, conflict `LastAdministrator`
 */
export async function removeUser(ctx: Ctx, objectId: string): Promise<void> {
  const [user] = await getProfiles(ctx, [objectId])
  if (user && administers(user)) await keepAdministrator(ctx, user)
  const removed = await ctx.tx
    .update(userAccount)
    .set({
      status: 'disabled',
      removedAt: ctx.wall,
      changedAt: ctx.wall,
      emailKey: `removed:${objectId}`,
      passwordHash: null,
      externalId: null,
    })
    .where(and(eq(userAccount.objectId, objectId), isNull(userAccount.removedAt)))
    .returning({ objectId: userAccount.objectId })
  if (removed.length === 0) throw notFound('UnknownUser', 'There is no such user.', { target: 'objectId' })
  for (const table of [
    tables.session,
    tables.halfSignIn,
    tables.passwordReset,
    tables.passkey,
    tables.recoveryCode,
    tables.authenticator,
    tables.groupMember,
    tables.consent,
    tables.outsideIdentity,
  ]) {
    await ctx.tx.delete(table).where(eq(table.objectId, objectId))
  }
}
