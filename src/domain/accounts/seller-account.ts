import { randomInt } from 'node:crypto'
import { asc, eq } from 'drizzle-orm'
import { type Action, authorize } from '../../kernel/authorization.ts'
import type { Ctx } from '../../kernel/context.ts'
import { notFound } from '../../kernel/errors.ts'
import { isUuid } from '../../kernel/ids.ts'
import { publisherResidences } from '../../kernel/reference-data.ts'
import { mpnId, type ProgramName, program, sellerAccount } from './schema.ts'

export type AccountRow = typeof sellerAccount.$inferSelect
export type MpnId = typeof mpnId.$inferSelect

/**
 * A seller account, for somebody who may do `action` to it.
 * @throws not-found `UnknownAccount`, forbidden
 */
export async function accountFor(ctx: Ctx, accountId: string, action: Action, options: { lock?: boolean } = {}): Promise<AccountRow> {
  const query = ctx.tx.select().from(sellerAccount).where(eq(sellerAccount.accountId, accountId))
  const [row] = isUuid(accountId) ? await (options.lock ? query.for('update') : query) : []
  if (!row) throw notFound('UnknownAccount', 'There is no such account.', { target: 'account' })
  authorize(ctx.principal, action, resourceOf(row))
  return row
}

/** A seller account as what an action is done to. */
export function resourceOf(row: Pick<AccountRow, 'tenantId' | 'accountId'>) {
  return { tenantId: row.tenantId, accountId: row.accountId }
}

/** The programs that an account is registered for. */
export async function programsOf(ctx: Ctx, accountId: string): Promise<ProgramName[]> {
  const rows = await ctx.tx.select({ program: program.program }).from(program).where(eq(program.accountId, accountId))
  return rows.map((row) => row.program)
}

/** Registers an account for programs; those it has stay as they are. */
export async function register(ctx: Ctx, accountId: string, programs: readonly ProgramName[]): Promise<void> {
  if (programs.length === 0) return
  const registeredBy = nameOf(ctx)
  await ctx.tx
    .insert(program)
    .values(programs.map((one) => ({ accountId, program: one, registeredAt: ctx.now, registeredBy })))
    .onConflictDoNothing()
}

/** The partner ids of an account, the oldest first. */
export async function mpnIdsOf(ctx: Ctx, accountId: string): Promise<MpnId[]> {
  return ctx.tx.select().from(mpnId).where(eq(mpnId.accountId, accountId)).orderBy(asc(mpnId.createdAt), asc(mpnId.mpnId))
}

/** Gives a place of business its partner id: seven digits that nobody has. */
export async function giveMpnId(
  ctx: Ctx,
  input: { accountId: string; location: string; country: string; isCsp?: boolean },
): Promise<string> {
  for (;;) {
    const row: MpnId = {
      mpnId: String(randomInt(2_000_000, 10_000_000)),
      accountId: input.accountId,
      location: input.location,
      country: input.country,
      isCsp: input.isCsp ?? false,
      createdAt: ctx.now,
    }
    const made = await ctx.tx.insert(mpnId).values(row).onConflictDoNothing().returning({ mpnId: mpnId.mpnId })
    if (made[0]) return made[0].mpnId
  }
}

/** A seller id that nobody has: eight digits. */
export async function newSellerId(ctx: Ctx): Promise<string> {
  for (;;) {
    const sellerId = String(randomInt(20_000_000, 100_000_000))
    const taken = await ctx.tx.select({ id: sellerAccount.sellerId }).from(sellerAccount).where(eq(sellerAccount.sellerId, sellerId))
    if (taken.length === 0) return sellerId
  }
}

/** Kosovo has no code of ISO 3166-1; banks and customs use this one of the range for private use. */
const codeOfKosovo = 'XK'

/** The code of a country by its name in the table of countries where a seller may reside (RF-11); null: not in the table. */
export function residenceCode(name: string): string | null {
  const row = publisherResidences.find((one) => one.name === name)
  return row ? (row.iso2 ?? codeOfKosovo) : null
}

/** Who acts, as it is written down beside what was done. */
export function nameOf(ctx: Pick<Ctx, 'principal'>): string {
  const { principal } = ctx
  if (principal.kind === 'user') return principal.email
  return principal.kind === 'application' ? `application ${principal.clientId}` : principal.kind
}
