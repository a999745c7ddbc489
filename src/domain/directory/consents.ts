import { and, desc, eq, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import type { Application } from './applications.ts'
import * as tables from './schema.ts'
import type { User } from './users.ts'

/** What a person allowed an application, as the person sees it. */
export interface Consent {
  clientId: string
  application: string
  /** the organisation whose application it is */
  organisation: string
  scopes: string[]
  grantedAt: Temporal.Instant
}

/** What an application of one's own organisation may know without asking: its directory answers for it. */
const ofOwnOrganisation = new Set(['openid', 'profile', 'email', 'offline_access', 'User.Read'])
const { consent, application, tenant } = tables

/**
 * Which of these the person has not allowed the application yet. `scopes` are those of OpenID Connect, `User.Read`, and names of resources at which
 * the application wants to act for the person.
 */
export async function missingConsent(ctx: Ctx, input: { user: User; app: Application; scopes: readonly string[] }): Promise<string[]> {
  const { user, app, scopes } = input
  const wanted = user.tenantId === app.tenantId ? scopes.filter((scope) => !ofOwnOrganisation.has(scope)) : scopes
  if (wanted.length === 0) return []
  const [row] = await ctx.tx
    .select({ scopes: consent.scopes })
    .from(consent)
    .where(and(eq(consent.objectId, user.objectId), eq(consent.clientId, app.clientId)))
  return wanted.filter((scope) => !row?.scopes.includes(scope))
}

/** Writes down that a person allows an application more than before. */
export async function grantConsent(ctx: Ctx, input: { objectId: string; clientId: string; scopes: readonly string[] }): Promise<void> {
  const scopes = [...new Set(input.scopes)].sort()
  const merged = sql<string[]>`array(select distinct unnest(${consent.scopes} || excluded.scopes) order by 1)`
  await ctx.tx
    .insert(consent)
    .values({ objectId: input.objectId, clientId: input.clientId, scopes, grantedAt: ctx.wall })
    .onConflictDoUpdate({ target: [consent.objectId, consent.clientId], set: { scopes: merged, grantedAt: ctx.wall } })
}

/** What a person has allowed, the newest first. */
export async function listConsents(ctx: Ctx, objectId: string): Promise<Consent[]> {
  return ctx.tx
    .select({
      clientId: consent.clientId,
      application: application.name,
      organisation: tenant.name,
      scopes: consent.scopes,
      grantedAt: consent.grantedAt,
    })
    .from(consent)
    .innerJoin(application, eq(application.clientId, consent.clientId))
    .innerJoin(tenant, eq(tenant.tenantId, application.tenantId))
    .where(eq(consent.objectId, objectId))
    .orderBy(desc(consent.grantedAt))
}

/**
 * The application may know nothing more: what it holds to get new tokens is worth nothing from now on; a token that it has lives out its hour.
 * @throws not-found `UnknownConsent`
 */
export async function withdrawConsent(ctx: Ctx, objectId: string, clientId: string): Promise<void> {
  const withdrawn = isUuid(clientId)
    ? await ctx.tx
        .delete(consent)
        .where(and(eq(consent.objectId, objectId), eq(consent.clientId, clientId)))
        .returning({ clientId: consent.clientId })
    : []
  if (withdrawn.length === 0) throw notFound('UnknownConsent', 'You have allowed this application nothing.')
  const { payload } = tables.oidcPayload
  await ctx.tx
    .delete(tables.oidcPayload)
    .where(and(sql`${payload}->>'accountId' = ${objectId}`, sql`${payload}->>'clientId' = ${clientId}`))
}
