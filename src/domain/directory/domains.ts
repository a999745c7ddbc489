import { Resolver } from 'node:dns/promises'
import { domainToASCII } from 'node:url'
import { and, count, desc, eq, like } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import { violatedConstraint } from '../../kernel/database.ts'
import { conflict, invalid, notFound } from '../../kernel/errors.ts'
import * as tables from './schema.ts'
import { randomSecret } from './secrets.ts'
import { checked, domainName, domainOwner } from './tenants.ts'

/** A domain whose owner a tenant has shown to be: addresses of its people may end in it. */
export interface VerifiedDomain {
  name: string
  isPrimary: boolean
  /** people whose address ends in it */
  people: number
}

/** A domain that a tenant says is its own, and what its DNS must say for that to be believed. */
export interface DomainClaim {
  name: string
  /** name of the TXT record */
  record: string
  /** its text */
  value: string
  claimedAt: Temporal.Instant
}

/** Texts of the TXT records of a name; empty when there are none. */
export type ResolveTxt = (name: string) => Promise<string[]>

const mostClaims = 20
const proofLength = 32
const { domain, domainClaim, userAccount } = tables

const ofTenant = (tenantId: string, name: string) => and(eq(domain.tenantId, tenantId), eq(domain.name, name))
const claimOf = (tenantId: string, name: string) => and(eq(domainClaim.tenantId, tenantId), eq(domainClaim.name, name))

function asClaim({ name, proof, createdAt }: { name: string; proof: string; createdAt: Temporal.Instant }): DomainClaim {
  return { name, record: `_stoa.${name}`, value: `stoa-domain-verification=${proof}`, claimedAt: createdAt }
}

/** The verified domains of a tenant, the primary one first. */
export async function listDomains(ctx: Ctx, tenantId: string): Promise<VerifiedDomain[]> {
  const rows = await ctx.tx
    .select({ name: domain.name, isPrimary: domain.isPrimary })
    .from(domain)
    .where(eq(domain.tenantId, tenantId))
    .orderBy(desc(domain.isPrimary), domain.name)
  const domains: VerifiedDomain[] = []
  for (const row of rows) domains.push({ ...row, people: await peopleOf(ctx, tenantId, row.name) })
  return domains
}

async function peopleOf(ctx: Ctx, tenantId: string, name: string): Promise<number> {
  const [row] = await ctx.tx
    .select({ people: count() })
    .from(userAccount)
    .where(and(eq(userAccount.tenantId, tenantId), like(userAccount.emailKey, `%@${name}`)))
  return row?.people ?? 0
}

/** What a tenant still has to prove, the newest first. */
export async function listClaims(ctx: Ctx, tenantId: string): Promise<DomainClaim[]> {
  const rows = await ctx.tx.select().from(domainClaim).where(eq(domainClaim.tenantId, tenantId)).orderBy(desc(domainClaim.createdAt))
  return rows.map(asClaim)
}

/**
 * Begins to prove that a domain is a tenant's. Nobody is kept from it by somebody else's claim: only the proof counts. Twice is once.
 * @throws invalid, conflict `DomainTaken` or `TooManyClaims`
 */
export async function claimDomain(ctx: Ctx, tenantId: string, text: string): Promise<DomainClaim> {
  const name = checked(domainName, { domain: domainToASCII(text.trim()) || text }).domain
  if ((await domainOwner(ctx, name)) !== null) throw taken(name)
  const claims = await listClaims(ctx, tenantId)
  const known = claims.find((claim) => claim.name === name)
  if (known) return known
  if (claims.length >= mostClaims) throw conflict('TooManyClaims', `Prove or drop some of the ${mostClaims} domains that wait first.`)
  const row = { tenantId, name, proof: randomSecret().slice(0, proofLength), createdAt: ctx.wall }
  await ctx.tx.insert(domainClaim).values(row).onConflictDoNothing()
  return asClaim(row)
}

/** The claim of a tenant to a domain. @throws not-found `UnknownClaim` */
export async function findClaim(ctx: Ctx, tenantId: string, name: string): Promise<DomainClaim> {
  const [row] = await ctx.tx.select().from(domainClaim).where(claimOf(tenantId, name))
  if (!row) throw notFound('UnknownClaim', 'This domain does not wait to be proved.', { target: 'domain' })
  return asClaim(row)
}

/** Whether DNS says what a claim needs. Asks the outside world: never within a transaction. */
export async function isProved(claim: DomainClaim, resolveTxt: ResolveTxt): Promise<boolean> {
  return (await resolveTxt(claim.record)).includes(claim.value)
}

/**
 * The domain is the tenant's from now on, if its claim was found to be proved.
 * @throws not-found `UnknownClaim`, invalid `DomainNotProved`, conflict `DomainTaken`
 */
export async function confirmDomain(ctx: Ctx, tenantId: string, name: string, proved: boolean): Promise<void> {
  const claim = await findClaim(ctx, tenantId, name)
  if (!proved) {
    throw invalid(
      'DomainNotProved',
      `There is no TXT record ${claim.record} with the text ${claim.value} yet. DNS may need some time; try again later.`,
      { target: 'domain' },
    )
  }
  try {
    await ctx.tx.insert(domain).values({ name, tenantId, isPrimary: false, createdAt: ctx.wall })
  } catch (error) {
    throw violatedConstraint(error) === 'domain_pkey' ? taken(name) : error
  }
  await ctx.tx.delete(domainClaim).where(eq(domainClaim.name, name))
}

/** The tenant no longer says that the domain is its own. @throws not-found `UnknownClaim` */
export async function dropClaim(ctx: Ctx, tenantId: string, name: string): Promise<void> {
  await findClaim(ctx, tenantId, name)
  await ctx.tx.delete(domainClaim).where(claimOf(tenantId, name))
}

/** The domain by which the tenant is shown. @throws not-found `UnknownDomain` */
export async function makePrimary(ctx: Ctx, tenantId: string, name: string): Promise<void> {
  await findDomain(ctx, tenantId, name)
  await ctx.tx.update(domain).set({ isPrimary: false }).where(eq(domain.tenantId, tenantId))
  await ctx.tx.update(domain).set({ isPrimary: true }).where(ofTenant(tenantId, name))
}

/** The tenant gives a domain up. @throws not-found `UnknownDomain`, conflict `DomainInUse` while it is the primary one or people's addresses end in it */
export async function removeDomain(ctx: Ctx, tenantId: string, name: string): Promise<void> {
  const { isPrimary } = await findDomain(ctx, tenantId, name)
  if (isPrimary) throw conflict('DomainInUse', `${name} is the primary domain. Make another one primary first.`, { target: 'domain' })
  const people = await peopleOf(ctx, tenantId, name)
  if (people > 0) {
    throw conflict('DomainInUse', `The addresses of ${people} people end in ${name}. Change them first.`, { target: 'domain' })
  }
  await ctx.tx.delete(domain).where(ofTenant(tenantId, name))
}

async function findDomain(ctx: Ctx, tenantId: string, name: string): Promise<{ isPrimary: boolean }> {
  const [row] = await ctx.tx.select({ isPrimary: domain.isPrimary }).from(domain).where(ofTenant(tenantId, name)).for('update')
  if (!row) throw notFound('UnknownDomain', 'The directory has no such domain.', { target: 'domain' })
  return row
}

const taken = (name: string) => conflict('DomainTaken', `The domain ${name} belongs to another directory.`, { target: 'domain' })

const lookupMs = 3000

/** TXT records as the machine's resolvers answer them; a name that does not exist or does not answer has none. */
export async function resolveTxtRecords(name: string): Promise<string[]> {
  try {
    const records = await new Resolver({ timeout: lookupMs, tries: 2 }).resolveTxt(name)
    return records.map((parts) => parts.join(''))
  } catch {
    return []
  }
}
