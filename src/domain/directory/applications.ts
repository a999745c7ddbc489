import { and, arrayOverlaps, eq, ilike, inArray, isNull, ne } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import { type Id, isUuid, newId } from '../../kernel/ids.ts'
import { containing } from './containing.ts'
import { personName } from './person-name.ts'
import * as tables from './schema.ts'
import { hashChosen, hashGenerated, randomSecret, secretMatches } from './secrets.ts'
import { checked, type TenantId } from './tenants.ts'

type ApplicationId = Id<'application'>
type ApplicationKeyId = Id<'application-key'>
export type ServicePrincipalId = Id<'service-principal'>

export interface Application {
  clientId: ApplicationId
  /** the tenant in which it is registered */
  tenantId: TenantId
  name: string
  /** what it is for, in its owner's words */
  purpose: string
  /** users and tokens of any tenant, not only its own */
  multiTenant: boolean
  redirectUris: string[]
  /** roles of the marketplace itself (`operator`); seller roles are kept by accounts */
  roles: string[]
  status: 'active' | 'disabled'
  /** names the application as a resource; unique in its directory */
  appIdUri: string | null
}

export interface NewApplication {
  clientId?: string
  tenantId: string
  name: string
  purpose?: string
  multiTenant?: boolean
  redirectUris?: string[]
  appIdUri?: string
  roles?: 'operator'[]
}

/** A secret as its owner may see it later: never the secret itself. */
export interface ApplicationKey {
  keyId: ApplicationKeyId
  /** first characters of the secret */
  hint: string
  createdAt: Temporal.Instant
  expiresAt: Temporal.Instant | null
}

const longestRedirectUri = 256 // spec/01 §8.4

const redirectUri = z
  .string()
  .max(longestRedirectUri)
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const url = new URL(text)
    const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
    return !text.includes('#') && !url.username && (url.protocol === 'https:' || (url.protocol === 'http:' && loopback))
  }, 'must be an https address (http only for localhost) without a fragment')

const appIdUri = z
  .string()
  .max(longestRedirectUri)
  .refine((text) => {
    if (!URL.canParse(text)) return false
    const url = new URL(text)
    return ['https:', 'http:', 'api:'].includes(url.protocol) && url.host !== '' && !text.includes('#')
  }, 'must be an address such as https://contoso.com/app or api://app')

const newApplication = z.object({
  clientId: z.uuid().optional(),
  tenantId: z.uuid(),
  name: personName('An application', 120),
  purpose: z.string().max(500).default(''),
  multiTenant: z.boolean().default(false),
  redirectUris: z.array(redirectUri).max(50).default([]),
  appIdUri: appIdUri.optional(),
  roles: z.array(z.literal('operator')).default([]),
})

/** Registers an application in a tenant, with its service principal there. @throws conflict `ApplicationExists`, not-found `UnknownTenant`, invalid */
export async function createApplication(ctx: Ctx, input: NewApplication): Promise<Application> {
  const values = checked(newApplication, input)
  const app: Application = {
    ...values,
    clientId: (values.clientId?.toLowerCase() ?? newId()) as ApplicationId,
    tenantId: values.tenantId.toLowerCase() as TenantId,
    status: 'active',
    appIdUri: values.appIdUri ?? null,
  }
  await keepAddressesApart(ctx, app)
  try {
    await ctx.tx.insert(tables.application).values({ ...app, createdAt: ctx.wall })
  } catch (error) {
    const constraint = violatedConstraint(error)
    if (constraint === 'application_pkey') {
      throw conflict('ApplicationExists', 'An application with this client id exists.', { target: 'clientId' })
    }
    if (constraint === 'application_app_id_uri') {
      throw conflict('AppIdUriTaken', 'Another application of the directory has this App ID URI.', { target: 'appIdUri' })
    }
    if (constraint === 'application_tenant_id_fkey') throw notFound('UnknownTenant', 'There is no such tenant.', { target: 'tenantId' })
    throw error
  }
  await servicePrincipal(ctx, app.tenantId, app.clientId)
  return app
}

const columns = {
  clientId: tables.application.clientId,
  tenantId: tables.application.tenantId,
  name: tables.application.name,
  purpose: tables.application.purpose,
  multiTenant: tables.application.multiTenant,
  redirectUris: tables.application.redirectUris,
  roles: tables.application.roles,
  status: tables.application.status,
  appIdUri: tables.application.appIdUri,
}

/** A reply URL belongs to one application of a directory (spec/01 §8.4). @throws conflict `ReplyUrlTaken` */
async function keepAddressesApart(ctx: Ctx, app: Pick<Application, 'clientId' | 'tenantId' | 'redirectUris'>): Promise<void> {
  if (app.redirectUris.length === 0) return
  const { application } = tables
  const [other] = await ctx.tx
    .select({ name: application.name })
    .from(application)
    .where(
      and(
        eq(application.tenantId, app.tenantId),
        ne(application.clientId, app.clientId),
        arrayOverlaps(application.redirectUris, app.redirectUris),
      ),
    )
    .limit(1)
  if (other)
    throw conflict('ReplyUrlTaken', `The application ${other.name} of the directory has this reply URL.`, { target: 'redirectUris' })
}

/** The application with this client id, or null. Any text may be asked for. */
export async function findApplication(ctx: Ctx, clientId: string): Promise<Application | null> {
  return (await getApplications(ctx, [clientId]))[0] ?? null
}

/** The applications that exist among these client ids, in no order. */
export async function getApplications(ctx: Pick<Ctx, 'tx'>, clientIds: readonly string[]): Promise<Application[]> {
  const ids = [...new Set(clientIds.filter(isUuid))]
  if (ids.length === 0) return []
  return (await ctx.tx.select(columns).from(tables.application).where(inArray(tables.application.clientId, ids))) as Application[]
}

/** The applications of a tenant, by name, at most `limit`; with `search` those whose name has it. */
export async function listApplications(ctx: Ctx, tenantId: string, { search = '', limit = 1000 } = {}): Promise<Application[]> {
  const { application } = tables
  const rows = await ctx.tx
    .select(columns)
    .from(application)
    .where(and(eq(application.tenantId, tenantId), search ? ilike(application.name, containing(search)) : undefined))
    .orderBy(application.name)
    .limit(limit)
  return rows as Application[]
}

/** Allows one more address to which sign-ins may return. @throws not-found `UnknownApplication`, invalid */
export async function addRedirectUri(ctx: Ctx, clientId: string, address: string): Promise<Application> {
  const app = await findApplication(ctx, clientId)
  if (!app) throw notFound('UnknownApplication', 'There is no such application.', { target: 'clientId' })
  if (app.redirectUris.includes(address)) return app
  const redirectUris = checked(newApplication.shape.redirectUris, [...app.redirectUris, address])
  await keepAddressesApart(ctx, { ...app, redirectUris })
  await ctx.tx.update(tables.application).set({ redirectUris }).where(eq(tables.application.clientId, app.clientId))
  return { ...app, redirectUris }
}

const hintLength = 3

/**
 * Adds a key to an application. The secret is returned here and never again. Without `secret` one of 256 random bits is made; a given one
 * (demo data, a move from elsewhere) is hashed as a password. `expiresAt` is wall time.
 * @throws not-found `UnknownApplication`, invalid `KeyExpired` or `SecretTooShort`
 */
export async function addKey(
  ctx: Ctx,
  clientId: string,
  options: { secret?: string; expiresAt?: Temporal.Instant } = {},
): Promise<ApplicationKey & { secret: string }> {
  if (!(await findApplication(ctx, clientId))) throw notFound('UnknownApplication', 'There is no such application.', { target: 'clientId' })
  if (options.expiresAt && Temporal.Instant.compare(options.expiresAt, ctx.wall) <= 0) {
    throw invalid('KeyExpired', 'The expiry of a new key lies in the future.', { target: 'expiresAt' })
  }
  if (options.secret !== undefined && options.secret.length < 16) {
    throw invalid('SecretTooShort', 'A secret has at least 16 characters.', { target: 'secret' })
  }
  const secret = options.secret ?? randomSecret()
  const key: ApplicationKey = {
    keyId: newId(),
    hint: secret.slice(0, hintLength),
    createdAt: ctx.wall,
    expiresAt: options.expiresAt ?? null,
  }
  const hash = options.secret === undefined ? hashGenerated(secret) : await hashChosen(secret)
  await ctx.tx.insert(tables.applicationKey).values({ ...key, clientId, hash, removedAt: null })
  return { ...key, secret }
}

/** Keys that were not removed, oldest first, expired ones included. */
export async function listKeys(ctx: Ctx, clientId: string): Promise<ApplicationKey[]> {
  const { keyId, hint, createdAt, expiresAt } = tables.applicationKey
  const rows = await ctx.tx
    .select({ keyId, hint, createdAt, expiresAt })
    .from(tables.applicationKey)
    .where(and(eq(tables.applicationKey.clientId, clientId), isNull(tables.applicationKey.removedAt)))
    .orderBy(tables.applicationKey.createdAt)
  return rows as ApplicationKey[]
}

/** From now on the key opens nothing. @throws not-found `UnknownKey` */
export async function removeKey(ctx: Ctx, clientId: string, keyId: string): Promise<void> {
  const removed = await ctx.tx
    .update(tables.applicationKey)
    .set({ removedAt: ctx.wall })
    .where(
      and(eq(tables.applicationKey.clientId, clientId), eq(tables.applicationKey.keyId, keyId), isNull(tables.applicationKey.removedAt)),
    )
    .returning({ keyId: tables.applicationKey.keyId })
  if (removed.length === 0) throw notFound('UnknownKey', 'The application has no such key.', { target: 'keyId' })
}

export type SecretCheck = 'valid' | 'expired' | 'wrong'

/** Whether a secret opens an application now. Wrong and removed keys look the same; an expired one is told apart, as Azure AD does. */
export async function checkSecret(ctx: Ctx, clientId: string, secret: string): Promise<SecretCheck> {
  const { hash, expiresAt } = tables.applicationKey
  const keys = await ctx.tx
    .select({ hash, expiresAt })
    .from(tables.applicationKey)
    .where(and(eq(tables.applicationKey.clientId, clientId), isNull(tables.applicationKey.removedAt)))
  let result: SecretCheck = 'wrong'
  for (const key of keys) {
    if (!(await secretMatches(key.hash, secret))) continue
    if (!key.expiresAt || Temporal.Instant.compare(ctx.wall, key.expiresAt) < 0) return 'valid'
    result = 'expired'
  }
  return result
}

/** The object id that stands for an application in a tenant, made when it is first asked for. */
export async function servicePrincipal(ctx: Ctx, tenantId: string, clientId: string): Promise<ServicePrincipalId> {
  const { objectId } = tables.servicePrincipal
  const where = and(eq(tables.servicePrincipal.tenantId, tenantId), eq(tables.servicePrincipal.clientId, clientId))
  const [known] = await ctx.tx.select({ objectId }).from(tables.servicePrincipal).where(where)
  if (known) return known.objectId as ServicePrincipalId
  await ctx.tx
    .insert(tables.servicePrincipal)
    .values({ objectId: newId<'service-principal'>(), tenantId, clientId, createdAt: ctx.wall })
    .onConflictDoNothing()
  const [made] = await ctx.tx.select({ objectId }).from(tables.servicePrincipal).where(where)
  if (!made) throw notFound('UnknownApplication', 'There is no such application.', { target: 'clientId' })
  return made.objectId as ServicePrincipalId
}
