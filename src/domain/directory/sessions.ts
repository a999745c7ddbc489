import { and, desc, eq, gt, lt, ne } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import * as tables from './schema.ts'
import { fingerprint, randomSecret } from './secrets.ts'
import { groupsOfUser, type User, userColumns } from './users.ts'

/** Someone's signed-in browser. */
export interface Session {
  user: User
  /** ids of the groups that the user belongs to */
  groups: string[]
  /** wall time at which the password was typed */
  authenticatedAt: Temporal.Instant
  expiresAt: Temporal.Instant
}

/** A working day. The cookie itself ends with the browser. */
const lifetimeHours = 12
const longestUserAgent = 300

/** Where a request came from, as shown in the list of sessions. */
export interface Origin {
  address: string
  userAgent: string
}

/**
 * Starts a session for a user who has just proved who he is and returns the cookie's value, which is kept only as its hash. The value is
 * always new, and a session that the browser brought along ends: a value planted before the sign-in is worth nothing after it.
 */
export async function startSession(ctx: Ctx, user: User, origin: Origin, previous?: string): Promise<string> {
  if (previous) await endSession(ctx, previous)
  const value = randomSecret()
  await ctx.tx.insert(tables.session).values({
    idHash: fingerprint(value),
    objectId: user.objectId,
    tenantId: user.tenantId,
    authenticatedAt: ctx.wall,
    expiresAt: ctx.wall.add({ hours: lifetimeHours }),
    address: origin.address,
    userAgent: origin.userAgent.slice(0, longestUserAgent),
  })
  return value
}

/** Ends the session of a cookie's value; unknown values are nothing to end. */
export async function endSession(ctx: Ctx, value: string): Promise<void> {
  await ctx.tx.delete(tables.session).where(eq(tables.session.idHash, fingerprint(value)))
}

/** The session of a cookie's value, or null when it is unknown, over, or its user disabled. */
export async function findSession(ctx: Ctx, value: string | undefined): Promise<Session | null> {
  if (!value) return null
  const [row] = await ctx.tx
    .select({
      authenticatedAt: tables.session.authenticatedAt,
      expiresAt: tables.session.expiresAt,
      groups: groupsOfUser,
      ...userColumns,
    })
    .from(tables.session)
    .innerJoin(tables.userAccount, eq(tables.userAccount.objectId, tables.session.objectId))
    .where(and(eq(tables.session.idHash, fingerprint(value)), gt(tables.session.expiresAt, ctx.wall)))
  if (!row || row.status !== 'active') return null
  const { authenticatedAt, expiresAt, groups, ...user } = row
  return { user: user as User, groups, authenticatedAt, expiresAt }
}

/** A session as its user sees it. */
export interface SessionLine {
  /** names the session; it opens nothing */
  id: string
  authenticatedAt: Temporal.Instant
  expiresAt: Temporal.Instant
  address: string
  userAgent: string
  /** of the cookie's value that was given */
  isCurrent: boolean
}

/** The sessions of a user that are not over, the newest first. */
export async function listSessions(ctx: Ctx, objectId: string, current: string | undefined): Promise<SessionLine[]> {
  const rows = await ctx.tx
    .select()
    .from(tables.session)
    .where(and(eq(tables.session.objectId, objectId), gt(tables.session.expiresAt, ctx.wall)))
    .orderBy(desc(tables.session.authenticatedAt))
    .limit(100)
  const own = current ? fingerprint(current) : ''
  return rows.map(({ idHash, authenticatedAt, expiresAt, address, userAgent }) => ({
    id: idHash,
    authenticatedAt,
    expiresAt,
    address,
    userAgent,
    isCurrent: idHash === own,
  }))
}

/** Ends one session of a user, or with `others` all but the one of a cookie's value. Returns how many ended. */
export async function endSessions(ctx: Ctx, objectId: string, which: { id: string } | { others: string }): Promise<number> {
  const named = 'id' in which ? eq(tables.session.idHash, which.id) : ne(tables.session.idHash, fingerprint(which.others))
  const ended = await ctx.tx
    .delete(tables.session)
    .where(and(eq(tables.session.objectId, objectId), named))
    .returning({ id: tables.session.idHash })
  return ended.length
}

/** Deletes what is over: sessions, attempts, codes and tokens. Returns how many rows went. */
export async function sweepExpired(ctx: Ctx): Promise<number> {
  const swept = [
    await ctx.tx.delete(tables.session).where(lt(tables.session.expiresAt, ctx.wall)).returning({ id: tables.session.idHash }),
    await ctx.tx.delete(tables.halfSignIn).where(lt(tables.halfSignIn.expiresAt, ctx.wall)).returning({ id: tables.halfSignIn.idHash }),
    await ctx.tx
      .delete(tables.passwordReset)
      .where(lt(tables.passwordReset.expiresAt, ctx.wall))
      .returning({ id: tables.passwordReset.tokenHash }),
    await ctx.tx
      .delete(tables.spentTicket)
      .where(lt(tables.spentTicket.expiresAt, ctx.wall))
      .returning({ id: tables.spentTicket.ticketHash }),
    await ctx.tx.delete(tables.attempt).where(lt(tables.attempt.windowEndsAt, ctx.wall)).returning({ id: tables.attempt.key }),
    await ctx.tx.delete(tables.oidcPayload).where(lt(tables.oidcPayload.expiresAt, ctx.wall)).returning({ id: tables.oidcPayload.id }),
  ]
  return swept.flat().length
}
