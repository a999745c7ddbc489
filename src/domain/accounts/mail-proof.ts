import { createHash, randomBytes } from 'node:crypto'
import { and, eq, gt, isNull } from 'drizzle-orm'
import type { Ctx } from '../../kernel/context.ts'
import { gone } from '../../kernel/errors.ts'
import { mailProof } from './schema.ts'

type Proof = typeof mailProof.$inferSelect
type Purpose = Proof['purpose']

/** How long a link holds, in hours of the machine's time. */
const lifetime: Record<Purpose, number> = { confirm: 7 * 24, register: 24, claim: 90 * 24 }

const fingerprint = (token: string) => createHash('sha256').update(token).digest('base64url')

/** A token for a link in a mail; only its hash is kept. Earlier links of the same purpose for the account stop holding. */
export async function issueProof(ctx: Ctx, input: { purpose: Purpose; accountId: string | null; email: string }): Promise<string> {
  const { purpose, accountId, email } = input
  if (accountId !== null) {
    await ctx.tx.delete(mailProof).where(and(eq(mailProof.accountId, accountId), eq(mailProof.purpose, purpose), isNull(mailProof.usedAt)))
  }
  const token = randomBytes(32).toString('base64url')
  await ctx.tx.insert(mailProof).values({
    tokenHash: fingerprint(token),
    purpose,
    accountId,
    email: email.trim().toLowerCase(),
    expiresAt: ctx.wall.add({ hours: lifetime[purpose] }),
    usedAt: null,
  })
  return token
}

/** What a link still proves, or null: never issued, used, replaced by a newer one, or too old. */
export async function findProof(ctx: Ctx, purpose: Purpose, token: string): Promise<Proof | null> {
  const [row] = await ctx.tx
    .select()
    .from(mailProof)
    .where(
      and(
        eq(mailProof.tokenHash, fingerprint(token)),
        eq(mailProof.purpose, purpose),
        isNull(mailProof.usedAt),
        gt(mailProof.expiresAt, ctx.wall),
      ),
    )
  return row ?? null
}

/**
 * Uses a link up: of two at the same moment one holds.
 * @throws gone `LinkExpired`
 */
export async function useProof(ctx: Ctx, purpose: Purpose, token: string): Promise<Proof> {
  const proof = await findProof(ctx, purpose, token)
  const [used] = proof
    ? await ctx.tx
        .update(mailProof)
        .set({ usedAt: ctx.wall })
        .where(and(eq(mailProof.tokenHash, proof.tokenHash), isNull(mailProof.usedAt)))
        .returning()
    : []
  if (!used) throw gone('LinkExpired', 'This link has been used, has been replaced by a newer one, or is too old.')
  return used
}
