import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import { forbidden } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { OutsideIssuerConfig } from '../../kernel/outside-issuer-config.ts'
import { setProfile } from './profiles.ts'
import * as tables from './schema.ts'
import { findTenant, type Tenant } from './tenants.ts'
import { createUser, emailKey, getUsers, type User } from './users.ts'

/** A person as a checked ID token of the outside issuer describes him. */
export interface OutsidePerson {
  /** `iss` of the token */
  issuer: string
  claims: Readonly<Record<string, unknown>>
}

/** The directory that a configured issuer speaks for, or null: of an organisation there that is not mapped. */
export async function tenantOfOutside(ctx: Ctx, config: OutsideIssuerConfig, person: OutsidePerson): Promise<Tenant | null> {
  const theirs = textClaim(person, config.tenantClaim)?.toLowerCase()
  const pair = config.tenants.find((one) => one.theirs === theirs) ?? config.tenants.find((one) => one.theirs === '*')
  return pair ? findTenant(ctx, pair.ours) : null
}

/** Whether people of a directory sign in at the outside issuer. */
export async function signsInOutside(ctx: Ctx, config: OutsideIssuerConfig, tenantId: string): Promise<boolean> {
  for (const { ours } of config.tenants) if ((await findTenant(ctx, ours))?.tenantId === tenantId) return true
  return false
}

/**
 * Who a person of the outside issuer is here. Nobody outside of the mapped directory can be meant, whatever the token says: first who was linked
 * before, then in the directory who has the person's object id or external id, then who has the address, where the issuer says that it is
 * verified, then somebody new, where the configuration wants that.
 * @throws forbidden `OutsideTenantUnknown`, `OutsidePersonUnknown` or `OutsidePersonIncomplete`, and what createUser throws
 */
export async function userOfOutside(ctx: Ctx, config: OutsideIssuerConfig, person: OutsidePerson): Promise<User> {
  const tenant = await tenantOfOutside(ctx, config, person)
  if (!tenant) throw forbidden('OutsideTenantUnknown', 'Your organisation is not known at this marketplace.')
  const subject = textClaim(person, config.objectClaim)
  if (!subject || subject.length > 255) {
    throw forbidden('OutsidePersonIncomplete', `The sign-in did not say who you are (claim ${config.objectClaim}).`)
  }
  const linked = await linkedUser(ctx, person.issuer, subject)
  if (linked) {
    if (linked.tenantId === tenant.tenantId) return linked
    throw forbidden('OutsideTenantUnknown', 'Your account here belongs to another directory.')
  }
  const user = (await knownUser(ctx, tenant, person, subject)) ?? (config.createUsers ? await newUser(ctx, tenant, person, subject) : null)
  if (!user) throw forbidden('OutsidePersonUnknown', 'You have no account at this marketplace. Ask your administrator for one.')
  await ctx.tx.insert(tables.outsideIdentity).values({ issuer: person.issuer, subject, objectId: user.objectId, createdAt: ctx.wall })
  return user
}

async function linkedUser(ctx: Ctx, issuer: string, subject: string): Promise<User | null> {
  const { outsideIdentity } = tables
  const [row] = await ctx.tx
    .select({ objectId: outsideIdentity.objectId })
    .from(outsideIdentity)
    .where(and(eq(outsideIdentity.issuer, issuer), eq(outsideIdentity.subject, subject)))
  const [user] = row ? await getUsers(ctx, [row.objectId]) : []
  return user ?? null
}

async function knownUser(ctx: Ctx, tenant: Tenant, person: OutsidePerson, subject: string): Promise<User | null> {
  const { userAccount, outsideIdentity } = tables
  const verified = person.claims.email_verified === true ? textClaim(person, 'email') : undefined
  // Who is somebody else there already cannot become this one by address or id.
  const unlinked = sql`not exists (select from ${outsideIdentity} where ${outsideIdentity.objectId} = ${userAccount.objectId} and ${outsideIdentity.issuer} = ${person.issuer})`
  const within = and(eq(userAccount.tenantId, tenant.tenantId), eq(userAccount.kind, 'member'), isNull(userAccount.removedAt), unlinked)
  for (const fits of [
    isUuid(subject) ? eq(userAccount.objectId, subject.toLowerCase()) : undefined,
    eq(userAccount.externalId, subject),
    verified ? eq(userAccount.emailKey, emailKey(verified)) : undefined,
  ]) {
    if (!fits) continue
    const [row] = await ctx.tx.select({ objectId: userAccount.objectId }).from(userAccount).where(and(within, fits))
    if (row) return (await getUsers(ctx, [row.objectId]))[0] ?? null
  }
  return null
}

async function newUser(ctx: Ctx, tenant: Tenant, person: OutsidePerson, subject: string): Promise<User> {
  const username = textClaim(person, 'preferred_username')
  const email = username?.includes('@') ? username : textClaim(person, 'email')
  if (!email) throw forbidden('OutsidePersonIncomplete', 'The sign-in did not say your e-mail address (claim email or preferred_username).')
  const free = isUuid(subject) && (await getUsers(ctx, [subject])).length === 0
  const user = await createUser(ctx, {
    tenantId: tenant.tenantId,
    email,
    displayName: textClaim(person, 'name') ?? email,
    ...(free ? { objectId: subject } : {}),
  })
  const short = (name: string) => textClaim(person, name)?.slice(0, 120) ?? null
  await setProfile(ctx, user.objectId, { givenName: short('given_name'), surname: short('family_name') })
  return user
}

function textClaim({ claims }: OutsidePerson, name: string): string | undefined {
  const value = claims[name]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
