import { eq, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { LeadDestination } from '../offers/index.ts'
import type { Publishing } from '../publishing/index.ts'
import { attemptOffset, mostAttempts } from './delivery-schedule.ts'
import { type Answer, attemptTimeout, delivered, describe, destinationSecret, maskedAddress, post } from './destination.ts'
import { type LeadBody, leadBody } from './lead.ts'
import { attempt, lead, type LeadRow } from './schema.ts'

const deliveryKind = 'leads.delivery'
const givenUpKind = 'leads.given-up'
/** Real failures of one endpoint within one clock move after which it is not called again in that move. */
const failuresInMove = 3

interface Attempt {
  number: number
  url: string
  headers: Record<string, string>
  body: LeadBody
  timeoutMs: number
  at: string
}

/** Sends leads to their endpoints, by market time. Each attempt goes to the address of the version that is live then. */
export function createDeliveries(
  kernel: Kernel,
  publishing: Pick<Publishing, 'getLive' | 'getPreview'>,
  onFailed: (ctx: Ctx, row: LeadRow, destination: LeadDestination | undefined) => Promise<void>,
) {
  /** Failures by endpoint within the current clock move, which `target` identifies. */
  const move = { target: '', failures: new Map<string, number>() }

  async function lockLead(ctx: Ctx, id: string): Promise<LeadRow | undefined> {
    const [row] = await ctx.tx.select().from(lead).where(eq(lead.id, id)).for('update')
    return row
  }

  /** Where the offer's leads go now; undefined while it is neither in preview nor live (PL-86). */
  async function destinationOf(ctx: Ctx, row: Pick<LeadRow, 'offer' | 'preview'>): Promise<LeadDestination | undefined> {
    const snapshot = row.preview
      ? ((await publishing.getPreview(ctx, row.offer)) ?? (await publishing.getLive(ctx, row.offer)))
      : await publishing.getLive(ctx, row.offer)
    return snapshot ? (snapshot.content.setup.leads ?? { kind: 'list' }) : undefined
  }

  /** Market time of something that happens now: in a clock move the row's time, else the clock's (the row may be overdue). */
  const happening = async (ctx: Ctx) => (kernel.due.inMove() ? ctx.now : kernel.clock.marketNow(ctx.tx))

  async function moveTarget(ctx: Ctx): Promise<Temporal.Instant | null> {
    if (!kernel.due.inMove()) return null
    const target = await kernel.clock.movingTo(ctx.tx)
    if (target && move.target !== target.toString()) {
      move.target = target.toString()
      move.failures.clear()
    }
    return target
  }

  const schedule = (ctx: Ctx, row: Pick<LeadRow, 'id' | 'publisherId'>, at: Temporal.Instant) =>
    kernel.due.schedule(ctx, { kind: deliveryKind, key: row.id, at, lane: row.publisherId })

  const update = (ctx: Ctx, id: string, columns: Partial<typeof lead.$inferInsert>) =>
    ctx.tx.update(lead).set(columns).where(eq(lead.id, id))

  async function conclude(ctx: Ctx, row: LeadRow, state: 'kept' | 'delivered' | 'failed', at: Temporal.Instant, outcome: string) {
    await update(ctx, row.id, { state, finishedAt: at, nextAttemptAt: null, lastOutcome: outcome })
    if (state === 'failed') await onFailed({ ...ctx, now: at }, { ...row, lastOutcome: outcome }, await destinationOf(ctx, row))
  }

  /** The attempts that a failing endpoint is spared within this move: the lead is given up in time, or tried again after the move. */
  async function collapse(ctx: Ctx, row: LeadRow, url: string, target: Temporal.Instant) {
    const first = row.firstAttemptAt ?? ctx.now
    const planned = (number: number) => first.add({ milliseconds: attemptOffset(row.id, number - row.attemptsBefore) })
    const last = row.attemptsBefore + mostAttempts(row.id)
    let number = row.attempts
    while (number < last && Temporal.Instant.compare(planned(number + 1), target) <= 0) number++
    if (number > row.attempts) {
      await ctx.tx.insert(attempt).values({
        lead: row.id,
        number,
        at: ctx.now,
        wallAt: ctx.wall,
        address: maskedAddress(url),
        error: `Not called: the endpoint had failed ${failuresInMove} times in the same clock move. Stands for ${number - row.attempts} attempts.`,
        collapsed: number - row.attempts,
      })
    }
    const ends = number >= last
    const at = planned(ends ? last : number + 1)
    await update(ctx, row.id, { firstAttemptAt: first, attempts: number, nextAttemptAt: at })
    if (ends) await kernel.due.schedule(ctx, { kind: givenUpKind, key: row.id, at })
    else await schedule(ctx, row, at)
  }

  kernel.due.register<unknown, Attempt, Answer>(deliveryKind, {
    async prepare(ctx, item) {
      const row = await lockLead(ctx, item.key)
      if (row?.state !== 'waiting') return null
      const destination = await destinationOf(ctx, row)
      if (destination?.kind !== 'https') {
        const why = destination ? 'The offer is not connected to an endpoint any more.' : 'The offer is neither in preview nor live.'
        await conclude(ctx, row, 'kept', await happening(ctx), why)
        return null
      }
      const url = kernel.secrets.decrypt(destination.url, destinationSecret)
      const target = await moveTarget(ctx)
      if (target && (move.failures.get(url) ?? 0) >= failuresInMove) {
        await collapse(ctx, row, url, target)
        return null
      }
      const at = await happening(ctx)
      if (!row.firstAttemptAt) await update(ctx, row.id, { firstAttemptAt: at })
      return {
        number: row.attempts + 1,
        url,
        // The same at every attempt, for receivers that leave out what they have; the body has no place for it (spec/06 D2).
        headers: { 'x-stoa-lead-id': row.id, 'x-stoa-offer': `${row.publisherId}.${row.offerId}` },
        body: leadBody(row),
        timeoutMs: target ? attemptTimeout.move : attemptTimeout.live,
        at: at.toString(),
      }
    },
    perform: ({ url, headers, body, timeoutMs }) => post(kernel, { url, headers, body, timeoutMs }),
    async finish(ctx, item, made, answer) {
      const row = await lockLead(ctx, item.key)
      if (!row) return
      await ctx.tx
        .insert(attempt)
        .values({
          lead: row.id,
          number: made.number,
          at: Temporal.Instant.from(made.at),
          wallAt: ctx.wall,
          address: maskedAddress(made.url),
          status: 'status' in answer ? answer.status : null,
          answer: 'status' in answer ? answer.answer : null,
          error: 'error' in answer ? answer.error : null,
          durationMs: answer.durationMs,
          collapsed: 0,
        })
        .onConflictDoNothing()
      const at = await happening(ctx)
      const attempts = Math.max(row.attempts, made.number)
      await update(ctx, row.id, { attempts, lastOutcome: describe(answer) })
      if (row.state !== 'waiting') return
      if (delivered(answer)) return conclude(ctx, row, 'delivered', at, describe(answer))
      if (await moveTarget(ctx)) move.failures.set(made.url, (move.failures.get(made.url) ?? 0) + 1)
      const inSeries = attempts - row.attemptsBefore
      if (inSeries >= mostAttempts(row.id)) return conclude(ctx, row, 'failed', at, describe(answer))
      const planned = (row.firstAttemptAt ?? at).add({ milliseconds: attemptOffset(row.id, inSeries + 1) })
      const earliest = at.add({ seconds: 1 })
      const next = Temporal.Instant.compare(planned, earliest) > 0 ? planned : earliest
      await update(ctx, row.id, { nextAttemptAt: next })
      await schedule(ctx, row, next)
    },
  })

  kernel.due.register<unknown>(givenUpKind, {
    async run(ctx, item) {
      const row = await lockLead(ctx, item.key)
      if (row?.state === 'waiting') await conclude(ctx, row, 'failed', ctx.now, row.lastOutcome ?? 'The endpoint did not answer.')
    },
  })

  return {
    destinationOf,

    /** Sends a new lead at once. */
    enqueue: (ctx: Ctx, row: Pick<LeadRow, 'id' | 'publisherId'>) => schedule(ctx, row, ctx.now),

    /** Begins a new series of attempts: the lead is sent at once and again until it is taken or given up. */
    async restart(ctx: Ctx, row: LeadRow): Promise<void> {
      const series = { attemptsBefore: row.attempts, firstAttemptAt: null, nextAttemptAt: ctx.now, finishedAt: null }
      await update(ctx, row.id, { state: 'waiting', ...series })
      await schedule(ctx, row, ctx.now)
    },

    /** Attempts of a lead, in order. */
    attemptsOf: (ctx: Ctx, id: string) => ctx.tx.select().from(attempt).where(eq(attempt.lead, id)).orderBy(attempt.number),

    /** Answers may repeat what was sent. */
    async forgetAnswers(ctx: Ctx, ids: readonly string[]): Promise<void> {
      await ctx.tx
        .update(attempt)
        .set({ answer: null })
        .where(sql`${attempt.lead} = any(${sql.param(ids)}::uuid[])`)
    },
  }
}
