import { and, desc, eq, gt, isNull, lte } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import type { Ctx, UserPrincipal } from '../../kernel/context.ts'
import { conflict, forbidden, invalid } from '../../kernel/errors.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import * as tables from './schema.ts'
import { fingerprint } from './secrets.ts'
import { findSession } from './sessions.ts'
import { findUserByEmail, getUsers } from './users.ts'

/** Minutes of wall time after which it ends by itself. */
const minutes = 30
const reasonLength = { least: 10, most: 500 }

export interface ImpersonationLine {
  id: string
  operator: string
  person: string
  reason: string
  startedAt: Temporal.Instant
  /** wall time: when it was ended, or ends by itself */
  endsAt: Temporal.Instant
  isActive: boolean
}

/**
 * An operator sees what a person sees, to help: with a reason that is written down, for half an hour, and without changing anything
 * (`allows` in the kernel refuses every action that is not reading). How the person signs in stays out of reach: the pages of sign-in know the
 * operator alone.
 */
export function createImpersonation({ audit, config, mail }: Pick<Kernel, 'audit' | 'config' | 'mail'>) {
  async function active(ctx: Ctx, cookie: string) {
    const [row] = await ctx.tx
      .select()
      .from(tables.impersonation)
      .where(
        and(
          eq(tables.impersonation.sessionHash, fingerprint(cookie)),
          isNull(tables.impersonation.endedAt),
          gt(tables.impersonation.endsAt, ctx.wall),
        ),
      )
    return row ?? null
  }

  return {
    /** Whose place the operator of a session has taken, and until when. */
    impersonationOf: active,

    /**
     * Begins it in the session of a cookie's value. The person is told by mail.
     *
     * @throws forbidden, invalid `UnknownPerson`, `ReasonMissing`; conflict `AlreadyImpersonating`
     */
    async startImpersonation(ctx: Ctx, input: { cookie: string; email: string; reason: string }): Promise<void> {
      authorize(ctx.principal, 'impersonation.start')
      const session = await findSession(ctx, input.cookie)
      if (ctx.principal.kind !== 'user' || session?.user.objectId !== ctx.principal.objectId)
        throw forbidden('NotAllowed', 'Only a signed-in operator may take somebody’s place.')
      const reason = input.reason.trim()
      if (reason.length < reasonLength.least || reason.length > reasonLength.most)
        throw invalid('ReasonMissing', `The reason has ${reasonLength.least} to ${reasonLength.most} characters.`, { target: 'reason' })
      const person = await findUserByEmail(ctx, input.email)
      if (!person || person.status !== 'active')
        throw invalid('UnknownPerson', 'Nobody who may sign in has this address.', { target: 'email' })
      if (person.roles.includes('operator'))
        throw invalid('UnknownPerson', 'The place of an operator cannot be taken.', { target: 'email' })
      if (await active(ctx, input.cookie)) throw conflict('AlreadyImpersonating', 'End the one that runs first.')
      await ctx.tx
        .update(tables.impersonation)
        .set({ endedAt: ctx.wall })
        .where(
          and(
            eq(tables.impersonation.sessionHash, fingerprint(input.cookie)),
            isNull(tables.impersonation.endedAt),
            lte(tables.impersonation.endsAt, ctx.wall),
          ),
        )
      const endsAt = ctx.wall.add({ minutes })
      await ctx.tx.insert(tables.impersonation).values({
        id: newId<'impersonation'>(),
        sessionHash: fingerprint(input.cookie),
        operator: ctx.principal.objectId,
        objectId: person.objectId,
        reason,
        startedAt: ctx.wall,
        endsAt,
      })
      await audit.record(ctx, {
        action: 'impersonation.start',
        target: `user:${person.objectId}`,
        after: { email: person.email, endsAt: endsAt.toString() },
        reason,
      })
      await mail.send(ctx, {
        to: person.email,
        subject: `${config.brand.name}: somebody looks at your account to help you`,
        text: `${ctx.principal.displayName} of ${config.brand.name} sees what you see for ${minutes} minutes. Nothing can be changed in that time.\n\nReason: ${reason}\n\nIf you did not ask for help, answer this mail.\n`,
        template: 'impersonation',
      })
    },

    /** Ends it; nothing where there is none. */
    async endImpersonation(ctx: Ctx, cookie: string): Promise<void> {
      const row = await active(ctx, cookie)
      if (!row) return
      await ctx.tx.update(tables.impersonation).set({ endedAt: ctx.wall }).where(eq(tables.impersonation.id, row.id))
      await audit.record(ctx, { action: 'impersonation.end', target: `user:${row.objectId}` })
    },

    /** Who took whose place, the newest first. @throws forbidden */
    async impersonations(ctx: Ctx): Promise<ImpersonationLine[]> {
      authorize(ctx.principal, 'impersonation.start')
      const rows = await ctx.tx.select().from(tables.impersonation).orderBy(desc(tables.impersonation.startedAt)).limit(100)
      const people = await getUsers(ctx, [...new Set(rows.flatMap((row) => [row.operator, row.objectId]))])
      const name = (id: string) => people.find((one) => one.objectId === id)?.email ?? id
      return rows.map((row) => ({
        id: row.id,
        operator: name(row.operator),
        person: name(row.objectId),
        reason: row.reason,
        startedAt: row.startedAt,
        endsAt: row.endedAt ?? row.endsAt,
        isActive: row.endedAt === null && Temporal.Instant.compare(row.endsAt, ctx.wall) > 0,
      }))
    },
  }
}

/** The person whose place was taken, with who took it. */
export function inPlaceOf(
  person: UserPrincipal,
  operator: { objectId: string; email: string; displayName: string },
  until: Temporal.Instant,
): UserPrincipal {
  const { objectId, email, displayName } = operator
  return { ...person, impersonator: { objectId, email, displayName, until: until.toString() } }
}
