import { and, desc, eq, gt, isNull, lt, or } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { z } from 'zod'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, notFound } from '../../kernel/errors.ts'
import { type Id, isUuid, newId } from '../../kernel/ids.ts'
import * as tables from './schema.ts'
import { fingerprint, randomSecret } from './secrets.ts'
import { checked } from './tenants.ts'

type ProvisioningTokenId = Id<'provisioning-token'>

/** What lets a company's own directory keep its people and groups here, as its administrator sees it: never the value itself. */
export interface ProvisioningToken {
  tokenId: ProvisioningTokenId
  name: string
  /** first characters of the value */
  hint: string
  createdAt: Temporal.Instant
  expiresAt: Temporal.Instant
  /** to the hour */
  lastUsedAt: Temporal.Instant | null
}

const prefix = 'scim_'
const hintLength = 9
const mostTokens = 10
const newToken = z.object({ name: z.string().trim().min(1).max(60), days: z.int().min(1).max(731) })
const { provisioningToken } = tables

const columns = {
  tokenId: provisioningToken.tokenId,
  name: provisioningToken.name,
  hint: provisioningToken.hint,
  createdAt: provisioningToken.createdAt,
  expiresAt: provisioningToken.expiresAt,
  lastUsedAt: provisioningToken.lastUsedAt,
}

/**
 * Makes a token for a tenant. Its value is returned here and never again.
 * @param input.days until it ends, at most two years
 * @throws invalid, conflict `TooManyTokens`
 */
export async function issueProvisioningToken(
  ctx: Ctx,
  input: { tenantId: string; name: string; days: number; createdBy: string },
): Promise<ProvisioningToken & { value: string }> {
  const { name, days } = checked(newToken, { name: input.name, days: input.days })
  if ((await listProvisioningTokens(ctx, input.tenantId)).length >= mostTokens) {
    throw conflict('TooManyTokens', `A directory has at most ${mostTokens} provisioning tokens. Revoke one first.`)
  }
  const value = `${prefix}${randomSecret()}`
  const token: ProvisioningToken = {
    tokenId: newId(),
    name,
    hint: value.slice(0, hintLength),
    createdAt: ctx.wall,
    expiresAt: ctx.wall.add({ hours: 24 * days }),
    lastUsedAt: null,
  }
  await ctx.tx
    .insert(provisioningToken)
    .values({ ...token, tenantId: input.tenantId, tokenHash: fingerprint(value), createdBy: input.createdBy, revokedAt: null })
  return { ...token, value }
}

/** Tokens of a tenant that were not revoked, the newest first, ended ones included. */
export async function listProvisioningTokens(ctx: Ctx, tenantId: string): Promise<ProvisioningToken[]> {
  const rows = await ctx.tx
    .select(columns)
    .from(provisioningToken)
    .where(and(eq(provisioningToken.tenantId, tenantId), isNull(provisioningToken.revokedAt)))
    .orderBy(desc(provisioningToken.createdAt))
  return rows as ProvisioningToken[]
}

/** From now on the token opens nothing. @throws not-found `UnknownToken` */
export async function revokeProvisioningToken(ctx: Ctx, tenantId: string, tokenId: string): Promise<void> {
  const revoked = isUuid(tokenId)
    ? await ctx.tx
        .update(provisioningToken)
        .set({ revokedAt: ctx.wall })
        .where(and(eq(provisioningToken.tenantId, tenantId), eq(provisioningToken.tokenId, tokenId), isNull(provisioningToken.revokedAt)))
        .returning({ tokenId: provisioningToken.tokenId })
    : []
  if (revoked.length === 0) throw notFound('UnknownToken', 'The directory has no such token.', { target: 'tokenId' })
}

/** Whose directory a token's value opens, or null: unknown, revoked or ended. The use is noted once an hour. */
export async function findProvisioningToken(ctx: Ctx, value: string): Promise<{ tokenId: string; tenantId: string } | null> {
  if (!value.startsWith(prefix)) return null
  const valid = and(
    eq(provisioningToken.tokenHash, fingerprint(value)),
    isNull(provisioningToken.revokedAt),
    gt(provisioningToken.expiresAt, ctx.wall),
  )
  const [row] = await ctx.tx.select().from(provisioningToken).where(valid)
  if (!row) return null
  const { tokenId, tenantId } = row
  const old = or(isNull(provisioningToken.lastUsedAt), lt(provisioningToken.lastUsedAt, ctx.wall.subtract({ hours: 1 })))
  await ctx.tx
    .update(provisioningToken)
    .set({ lastUsedAt: ctx.wall })
    .where(and(eq(provisioningToken.tokenId, tokenId), old))
  return { tokenId, tenantId }
}
