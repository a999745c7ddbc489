import { and, desc, eq, inArray } from 'drizzle-orm'
import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid } from '../../kernel/errors.ts'
import { type Id, isUuid, newId } from '../../kernel/ids.ts'
import { personName } from './person-name.ts'
import * as tables from './schema.ts'

export type TenantId = Id<'tenant'>

/** A customer's, publisher's or the operator's directory. */
export interface Tenant {
  tenantId: TenantId
  name: string
  /** primary domain, in lower case */
  domain: string
  /** ISO 3166-1 alpha-2, in upper case */
  country: string
}

export interface NewTenant {
  tenantId?: string
  name: string
  domain: string
  country: string
  /** whom to write to about it */
  contactEmail?: string
}

/** A domain as input of a form. */
export const domainName = z.object({
  domain: z
    .string()
    .toLowerCase()
    .max(253)
    .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'must be a domain name such as contoso.example'),
})

const newTenant = z.object({
  tenantId: z.uuid().optional(),
  name: personName('A directory', 120),
  domain: domainName.shape.domain,
  country: z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 country code such as DE'),
  contactEmail: z.email().max(254).optional(),
})

/** Checks input against a schema; the first broken rule becomes a domain error that names the field. */
export function checked<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const target = issue?.path.join('.') ?? ''
  throw invalid('InvalidValue', `${target}: ${issue?.message ?? 'not valid'}`, { target })
}

/** @throws conflict `DomainTaken` when another tenant has the domain, `TenantExists` when the id is taken */
export async function createTenant(ctx: Ctx, input: NewTenant): Promise<Tenant> {
  const { tenantId, name, domain, country, contactEmail = null } = checked(newTenant, input)
  const tenant: Tenant = { tenantId: (tenantId?.toLowerCase() ?? newId()) as TenantId, name, domain, country }
  try {
    await ctx.tx.insert(tables.tenant).values({ tenantId: tenant.tenantId, name, country, contactEmail, createdAt: ctx.wall })
    await ctx.tx.insert(tables.domain).values({ name: domain, tenantId: tenant.tenantId, isPrimary: true, createdAt: ctx.wall })
  } catch (error) {
    const constraint = violatedConstraint(error)
    if (constraint === 'domain_pkey') throw conflict('DomainTaken', `The domain ${domain} belongs to another tenant.`, { target: 'domain' })
    if (constraint === 'tenant_pkey') throw conflict('TenantExists', 'A tenant with this id exists.', { target: 'tenantId' })
    throw error
  }
  return tenant
}

const columns = {
  tenantId: tables.tenant.tenantId,
  name: tables.tenant.name,
  country: tables.tenant.country,
  domain: tables.domain.name,
}

/** The tenant with this id or with this domain (any case), or null. */
export async function findTenant(ctx: Ctx, idOrDomain: string): Promise<Tenant | null> {
  const name = idOrDomain.toLowerCase()
  if (isUuid(name)) return (await getTenants(ctx, [name]))[0] ?? null
  const [row] = await ctx.tx.select({ tenantId: tables.domain.tenantId }).from(tables.domain).where(eq(tables.domain.name, name))
  return row ? ((await getTenants(ctx, [row.tenantId]))[0] ?? null) : null
}

/** The tenants that exist among these ids, in no order. */
export async function getTenants(ctx: Pick<Ctx, 'tx'>, tenantIds: readonly string[]): Promise<Tenant[]> {
  const ids = [...new Set(tenantIds.filter(isUuid))]
  if (ids.length === 0) return []
  const rows = await ctx.tx
    .select(columns)
    .from(tables.tenant)
    .innerJoin(tables.domain, and(eq(tables.domain.tenantId, tables.tenant.tenantId), eq(tables.domain.isPrimary, true)))
    .where(inArray(tables.tenant.tenantId, ids))
  return rows as Tenant[]
}

/** The verified domains of a directory, the primary one first. */
export async function domainsOf(ctx: Pick<Ctx, 'tx'>, tenantId: string): Promise<string[]> {
  const { domain } = tables
  const rows = await ctx.tx
    .select({ name: domain.name })
    .from(domain)
    .where(eq(domain.tenantId, tenantId))
    .orderBy(desc(domain.isPrimary), domain.name)
  return rows.map((row) => row.name)
}

/** The directory that a domain belongs to, or null. */
export async function domainOwner(ctx: Pick<Ctx, 'tx'>, name: string): Promise<string | null> {
  const [row] = await ctx.tx
    .select({ tenantId: tables.domain.tenantId })
    .from(tables.domain)
    .where(eq(tables.domain.name, name.toLowerCase()))
  return row?.tenantId ?? null
}

/** Whether people, groups and applications of a directory are made elsewhere and only come in from there. */
export async function isSynchronised(ctx: Pick<Ctx, 'tx'>, tenantId: string): Promise<boolean> {
  const [row] = await ctx.tx.select({ on: tables.tenant.synchronised }).from(tables.tenant).where(eq(tables.tenant.tenantId, tenantId))
  return row?.on ?? false
}

export async function setSynchronised(ctx: Ctx, tenantId: string, synchronised: boolean): Promise<void> {
  await ctx.tx.update(tables.tenant).set({ synchronised }).where(eq(tables.tenant.tenantId, tenantId))
}

/** Every tenant, by name: the operator's list and the sandbox's demo tenants. */
export async function listTenants(ctx: Ctx): Promise<Tenant[]> {
  const rows = await ctx.tx
    .select(columns)
    .from(tables.tenant)
    .innerJoin(tables.domain, and(eq(tables.domain.tenantId, tables.tenant.tenantId), eq(tables.domain.isPrimary, true)))
    .orderBy(tables.tenant.name)
  return rows as Tenant[]
}
