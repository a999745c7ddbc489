import { and, eq, isNull } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import * as tables from './schema.ts'
import { fingerprint } from './secrets.ts'

type Payload = Record<string, unknown>

/** Models whose id is the bearer value itself: kept as hash, and the value left out of the payload. */
const bearerModels = new Set(['AuthorizationCode', 'RefreshToken', 'AccessToken'])

const rowId = (model: string, id: string) => (bearerModels.has(model) ? fingerprint(id) : id)

/** Stores what the OpenID Connect library keeps of one model. */
export async function savePayload(
  ctx: Ctx,
  input: { tenantId: string; model: string; id: string; payload: Payload; expiresInSeconds?: number | undefined },
): Promise<void> {
  const { jti: _value, ...rest } = input.payload
  const values = {
    tenantId: input.tenantId,
    payload: bearerModels.has(input.model) ? rest : input.payload,
    grantId: typeof input.payload.grantId === 'string' ? input.payload.grantId : null,
    expiresAt: input.expiresInSeconds === undefined ? null : ctx.wall.add({ seconds: Math.ceil(input.expiresInSeconds) }),
  }
  await ctx.tx
    .insert(tables.oidcPayload)
    .values({ ...values, model: input.model, id: rowId(input.model, input.id), consumedAt: null })
    .onConflictDoUpdate({ target: [tables.oidcPayload.model, tables.oidcPayload.id], set: values })
}

/** The payload of one tenant's code, token or grant, with `consumed` when it was used; undefined when unknown or over. */
export async function findPayload(ctx: Ctx, input: { tenantId: string; model: string; id: string }): Promise<Payload | undefined> {
  const [row] = await ctx.tx
    .select()
    .from(tables.oidcPayload)
    .where(
      and(
        eq(tables.oidcPayload.tenantId, input.tenantId),
        eq(tables.oidcPayload.model, input.model),
        eq(tables.oidcPayload.id, rowId(input.model, input.id)),
      ),
    )
  if (!row || (row.expiresAt && Temporal.Instant.compare(row.expiresAt, ctx.wall) <= 0)) return undefined
  return {
    ...row.payload,
    ...(bearerModels.has(input.model) ? { jti: input.id } : {}),
    ...(row.consumedAt ? { consumed: Math.floor(row.consumedAt.epochMilliseconds / 1000) } : {}),
  }
}

/** The tenant in which a code or refresh token was issued, or null. */
export async function tenantOfPayload(ctx: Ctx, model: 'AuthorizationCode' | 'RefreshToken', id: string): Promise<string | null> {
  const [row] = await ctx.tx
    .select({ tenantId: tables.oidcPayload.tenantId })
    .from(tables.oidcPayload)
    .where(and(eq(tables.oidcPayload.model, model), eq(tables.oidcPayload.id, rowId(model, id))))
  return row?.tenantId ?? null
}

/** Marks a code or refresh token as used. False when somebody else was first: of two exchanges at the same moment one wins. */
export async function consumePayload(ctx: Ctx, model: string, id: string): Promise<boolean> {
  const consumed = await ctx.tx
    .update(tables.oidcPayload)
    .set({ consumedAt: ctx.wall })
    .where(and(eq(tables.oidcPayload.model, model), eq(tables.oidcPayload.id, rowId(model, id)), isNull(tables.oidcPayload.consumedAt)))
    .returning({ id: tables.oidcPayload.id })
  return consumed.length > 0
}

export async function deletePayload(ctx: Ctx, model: string, id: string): Promise<void> {
  await ctx.tx.delete(tables.oidcPayload).where(and(eq(tables.oidcPayload.model, model), eq(tables.oidcPayload.id, rowId(model, id))))
}

/** Everything that came of one grant: after a code was used twice, none of its tokens works any more. */
export async function deleteGrant(ctx: Ctx, grantId: string): Promise<void> {
  await ctx.tx.delete(tables.oidcPayload).where(eq(tables.oidcPayload.grantId, grantId))
}
