import { type SQL, sql } from 'drizzle-orm'
import { Temporal } from 'temporal-polyfill'
import { toInstant } from './columns.ts'
import type { Tx } from './database.ts'

/** The machine's time: tokens, keys, sessions, lock-out, rate limits, timeouts, locks, logs. The one place that reads it. */
export function wallNow(): Temporal.Instant {
  return Temporal.Now.instant()
}

/** The same in whole milliseconds since 1970, for what is made thousands of times a second. */
export function wallMilliseconds(): number {
  return Date.now()
}

/** Milliseconds on a clock that only goes forward, for measuring how long something took. */
export function stopwatch(): () => number {
  const started = performance.now()
  return () => performance.now() - started
}

export interface Clock {
  /** Market time: wall time plus the offset kept in the database. Everything with business meaning. */
  marketNow(tx: Tx): Promise<Temporal.Instant>
  /** For statements that need market time beside other things: select this, and give what came to {@link Clock.fromOffset}. */
  offset: SQL<string>
  fromOffset(offset: string): Temporal.Instant
  /** For the same statements: what `taxonomy_version` of `kernel.clock` is. */
  follow(tx: Tx, taxonomyVersion: string): Promise<void>
  /** Moves market time forward so that it is at least `to`. It never goes back. */
  advanceTo(tx: Tx, to: Temporal.Instant): Promise<void>
  /** Target of a clock move that has begun and not ended, or null. */
  movingTo(tx: Tx): Promise<Temporal.Instant | null>
  setMovingTo(tx: Tx, to: Temporal.Instant | null): Promise<void>
  /** Market time is wall time again (only by a reset to the demo data). */
  reset(tx: Tx): Promise<void>
}

const microseconds = (instant: Temporal.Instant) => instant.epochNanoseconds / 1000n

/**
 * The market clock of this installation. The offset is read with every use, so that all processes agree; with it comes the version of what the
 * operator has added to categories and industries, for `follow`.
 */
export function createClock(follow: (tx: Tx, taxonomyVersion: string) => Promise<void> = async () => {}): Clock {
  const fromOffset = (offset: string) => Temporal.Instant.fromEpochNanoseconds((microseconds(wallNow()) + BigInt(offset)) * 1000n)
  return {
    async marketNow(tx) {
      const [row] = rowsOf<{ offset_us: string; taxonomy_version: string }>(
        await tx.execute(sql`select offset_us, taxonomy_version from kernel.clock`),
      )
      await follow(tx, row?.taxonomy_version ?? '')
      return fromOffset(row?.offset_us ?? '0')
    },
    offset: sql<string>`(select offset_us from kernel.clock)`,
    fromOffset,
    follow,
    async advanceTo(tx, to) {
      const offset = microseconds(to) - microseconds(wallNow())
      await tx.execute(sql`update kernel.clock set offset_us = greatest(offset_us, ${offset.toString()}::bigint)`)
    },
    async movingTo(tx) {
      const rows = rowsOf<{ moving_to: unknown }>(await tx.execute(sql`select moving_to from kernel.clock`))
      const to = rows[0]?.moving_to
      return to == null ? null : toInstant(to)
    },
    async setMovingTo(tx, to) {
      await tx.execute(sql`update kernel.clock set moving_to = ${to?.toString() ?? null}::timestamptz`)
    },
    async reset(tx) {
      await tx.execute(sql`update kernel.clock set offset_us = 0, moving_to = null, taxonomy_version = ''`)
    },
  }
}

/** Rows of a raw statement: drizzle hands on the driver's result object. */
export function rowsOf<Row>(result: unknown): Row[] {
  return (result as { rows: Row[] }).rows
}

/** The UTC calendar day of an instant. The business calendar is UTC. */
export function utcDate(at: Temporal.Instant): Temporal.PlainDate {
  return at.toZonedDateTimeISO('UTC').toPlainDate()
}

/** Midnight UTC at which a day begins. */
export function startOfDay(date: Temporal.PlainDate): Temporal.Instant {
  return date.toZonedDateTime('UTC').toInstant()
}

/** `date` plus an ISO 8601 period (`P1M`, `P1Y`); a day that the target month lacks becomes its last day (spec/08 §2.1). Throws RangeError for what is no period. */
export function addPeriod(date: Temporal.PlainDate, period: string): Temporal.PlainDate {
  return date.add(Temporal.Duration.from(period), { overflow: 'constrain' })
}

/** An instant plus an ISO 8601 period, calendar units counted in UTC. Throws RangeError for what is no period. */
export function advance(at: Temporal.Instant, period: string): Temporal.Instant {
  return at.toZonedDateTimeISO('UTC').add(Temporal.Duration.from(period), { overflow: 'constrain' }).toInstant()
}
