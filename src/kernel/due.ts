import { randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type { Logger } from 'pino'
import { Temporal } from 'temporal-polyfill'
import { type Clock, rowsOf, stopwatch, wallNow } from './clock.ts'
import { toInstant } from './columns.ts'
import { type Ctx, system } from './context.ts'
import type { Database, Tx } from './database.ts'
import { conflict, invalid } from './errors.ts'
import type { Metrics } from './metrics.ts'
import { createPresence } from './presence.ts'
import type { Tracing } from './tracing.ts'

export interface DueItem<Payload = unknown> {
  kind: string
  key: string
  /** Market time at which the work was due; also the handler's `ctx.now`. */
  at: Temporal.Instant
  payload: Payload
}

/** Work that only changes the database. It runs in the transaction that removes its row, and may run twice. */
export interface DueWork<Payload> {
  run(ctx: Ctx, item: DueItem<Payload>): Promise<void>
  /**
   * The same for many items that are due at the same instant with nothing else between them, in few statements. When it fails, nothing of it
   * remains and the items run one by one, so that one bad item does not stop the others.
   */
  runTogether?(ctx: Ctx, items: DueItem<Payload>[]): Promise<void>
}

/** Work with a call to the outside between two transactions. It may run twice. */
export interface DueCall<Payload, Prepared, Outcome> {
  /** In a transaction: gathers what the call needs; null when there is nothing to call any more (the row is removed). */
  prepare(ctx: Ctx, item: DueItem<Payload>): Promise<Prepared | null>
  /** Outside of any transaction. A failure that has business meaning is an outcome, not an exception. */
  perform(prepared: Prepared): Promise<Outcome>
  /** In a transaction that also removes the row, unless this schedules the same key again. */
  finish(ctx: Ctx, item: DueItem<Payload>, prepared: Prepared, outcome: Outcome): Promise<void>
  /** How many calls of one lane may be in flight. Default 4. */
  perLane?: number
}

export interface MoveReport {
  from: Temporal.Instant
  to: Temporal.Instant
  /** Items run, by kind. */
  counts: Record<string, number>
  /** The first 1,000 items, in the order in which they ran. */
  ran: { kind: string; key: string; at: Temporal.Instant }[]
  /** Items whose handler failed three times in this move; they are tried again by the worker. */
  failed: { kind: string; key: string; at: Temporal.Instant; error: string }[]
  /** The next item that is due after `to`, if any. */
  next: { kind: string; key: string; at: Temporal.Instant } | null
}

export interface DueRequest {
  kind: string
  key: string
  at: Temporal.Instant
  payload?: unknown
  lane?: string
}

export interface Due {
  register<P>(kind: string, handler: DueWork<P>): void
  register<P, Q, R>(kind: string, handler: DueCall<P, Q, R>): void
  /** Sets when `key` is due; a second call with the same kind and key replaces the first. */
  schedule(ctx: Ctx, item: DueRequest): Promise<void>
  /** The same for many items, in one statement. Keys of one kind must differ. */
  scheduleAll(ctx: Ctx, items: readonly DueRequest[]): Promise<void>
  cancel(ctx: Ctx, kind: string, key: string): Promise<void>
  /** Runs what is due now, once. Returns how many items ran. */
  runDue(): Promise<number>
  /** Runs due work until `stop` is called. */
  start(): void
  stop(): Promise<void>
  /** Moves market time to `to` (a function is given the time at which the move begins), running due work instant by instant. Errors: `conflict` while another move runs, `invalid` for a time in the past. */
  move(to: Temporal.Instant | ((from: Temporal.Instant) => Temporal.Instant)): Promise<MoveReport>
  /** Finishes a move that a killed process has left behind. */
  resumeMove(): Promise<MoveReport | null>
  /** True while this process runs a clock move. */
  inMove(): boolean
  /** Added by the kernel: waits until immediate effects (jobs) are done, between two instants of a move. */
  drainEffects: () => Promise<void>
}

interface Row {
  kind: string
  key: string
  at: unknown
  seq: string
  lane: string | null
  payload: unknown
  attempts: number
  /** of the span that scheduled it, where it was to happen soon */
  traceparent: string | null
}

type Handler = DueWork<unknown> | DueCall<unknown, unknown, unknown>

/** Held shared by each worker batch, exclusively by a clock move, so that the two never mix their order. */
const moveLock = 0x57_0a_0001
/** Serializes the claiming of calls, so that the limit per lane holds across processes. */
const claimLock = 0x57_0a_0002

const batchSize = 500
const callsInFlight = 64
const pollMs = 200
/** How often a worker looks for claims of processes that are gone. */
const lookForAbsentMs = 2000
/** How long a claimed call may take before another process may repeat it, whether or not the claimant lives. Longer than any call's own deadline. */
const leaseSeconds = { worker: 60, move: 10 }
const attemptsInMove = 3
const sameTraceMs = 3_600_000

const isCall = (handler: Handler): handler is DueCall<unknown, unknown, unknown> => 'perform' in handler

/**
 * Business time work as rows (design.md, Due work): never timers. Claimed in order of `at`, then of scheduling;
 * a handler's time is the row's, in a clock move and in catch-up after downtime alike.
 */
export function createDue(
  database: Database,
  clock: Clock,
  log: Logger,
  { tracing, metrics }: { tracing: Tracing; metrics: Metrics },
): Due {
  const handlers = new Map<string, Handler>()
  const inFlight = new Set<Promise<void>>()
  const presence = createPresence(database)
  const done = metrics.counter('stoa_due_total', 'Business work that has run, by kind and outcome', ['kind', 'outcome'])
  let moving = false
  let running: Promise<void> | undefined
  let stopping = false
  let wake: (() => void) | undefined
  /** A call has ended since the loop last looked: its place in its lane is free. */
  let woken = false

  const toItem = (row: Row): DueItem => ({ kind: row.kind, key: row.key, at: toInstant(row.at), payload: row.payload })
  const context = (tx: Tx, at: Temporal.Instant): Ctx => ({ tx, principal: system, now: at, wall: wallNow(), requestId: randomUUID() })
  const spanOf = ({ key, attempts, traceparent }: Row) =>
    ({
      kind: 'consumer',
      traceparent: traceparent ?? undefined,
      attributes: { 'stoa.due.key': key, 'stoa.due.attempts': attempts },
    }) as const
  /** What happens soon belongs to the trace that caused it; a renewal in a month begins its own. */
  const traceOf = (ctx: Ctx, at: Temporal.Instant) =>
    tracing.on && at.epochMilliseconds - ctx.now.epochMilliseconds <= sameTraceMs ? (tracing.traceparent() ?? null) : null
  const kindsOf = (calls: boolean) => [...handlers].filter(([, handler]) => isCall(handler) === calls).map(([kind]) => kind)

  async function recordFailure(tx: Tx, row: Row, error: unknown) {
    done.inc({ kind: row.kind, outcome: 'failed' })
    const seconds = Math.min(3600, 2 ** Math.min(row.attempts, 12))
    log.error({ err: error, due: { kind: row.kind, key: row.key, attempts: row.attempts + 1 } }, 'due work failed; it is tried again')
    await tx.execute(sql`
      update kernel.due set attempts = attempts + 1, last_error = ${String(error instanceof Error ? error.message : error).slice(0, 2000)},
        claim = null, claimed_until = null, retry_at = ${wallNow().add({ seconds }).toString()}::timestamptz
      where kind = ${row.kind} and key = ${row.key} and seq = ${row.seq}`)
  }

  /** Runs up to a batch of database work that is due at `until`; returns the rows that ran. */
  async function runWork(tx: Tx, until: Temporal.Instant, ignoreRetryAt: boolean): Promise<{ ran: Row[]; failed: Row[] }> {
    const kinds = kindsOf(false)
    if (kinds.length === 0) return { ran: [], failed: [] }
    const rows = rowsOf<Row>(
      await tx.execute(sql`
        select d.* from unnest(${sql.param(kinds)}::text[]) as kinds(kind) cross join lateral (
          select kind, key, at, seq, lane, payload, attempts, traceparent from kernel.due
          where due.kind = kinds.kind and at <= ${until.toString()}::timestamptz
            and (${ignoreRetryAt} and attempts < ${attemptsInMove} or retry_at is null or retry_at <= ${wallNow().toString()}::timestamptz)
          order by at, seq limit ${batchSize} for update skip locked) d
        order by d.at, d.seq limit ${batchSize}`),
    )
    const ran: Row[] = []
    const failed: Row[] = []
    for (const group of groupsOf(rows)) {
      if (group.length > 1 && (await runTogether(tx, group))) ran.push(...group)
      else await runOneByOne(tx, group, ran, failed)
    }
    for (const { kind } of ran) done.inc({ kind, outcome: 'done' })
    return { ran, failed }
  }

  /** Neighbours of one kind and instant whose handler takes them together; all others alone. */
  function groupsOf(rows: Row[]): Row[][] {
    const groups: Row[][] = []
    for (const row of rows) {
      const group = groups.at(-1)
      const first = group?.[0]
      const together = first?.kind === row.kind && String(first.at) === String(row.at) && 'runTogether' in (handlers.get(row.kind) ?? {})
      if (group && together) group.push(row)
      else groups.push([row])
    }
    return groups
  }

  async function runTogether(tx: Tx, group: Row[]): Promise<boolean> {
    const [{ kind }] = group as [Row]
    const handler = handlers.get(kind) as Required<DueWork<unknown>>
    try {
      await tx.transaction(async (savepoint) => {
        const inner = savepoint as unknown as Tx
        const removed = rowsOf<{ key: string }>(
          await inner.execute(sql`
            delete from kernel.due using unnest(${sql.param(group.map((row) => row.key))}::text[], ${sql.param(group.map((row) => row.seq))}::bigint[]) as g(key, seq)
            where due.kind = ${kind} and due.key = g.key and due.seq = g.seq returning due.key`),
        )
        const keys = new Set(removed.map(({ key }) => key))
        const items = group.filter(({ key }) => keys.has(key)).map(toItem)
        const [first] = items
        if (!first) return
        const request = { kind: 'consumer', attributes: { 'stoa.due.items': items.length } } as const
        await tracing.within(`due ${kind}`, request, () => handler.runTogether(context(inner, first.at), items))
      })
      return true
    } catch (error) {
      if (isTransient(error)) throw error
      log.warn({ err: error, due: { kind, items: group.length } }, 'due work failed together; its items run one by one')
      return false
    }
  }

  async function runOneByOne(tx: Tx, rows: Row[], ran: Row[], failed: Row[]): Promise<void> {
    for (const row of rows) {
      const handler = handlers.get(row.kind) as DueWork<unknown>
      try {
        await tx.transaction(async (savepoint) => {
          const inner = savepoint as unknown as Tx
          // Removed first, so that the handler may schedule the same key again. An earlier item of this batch may have rescheduled it.
          const removed = await inner.execute(
            sql`delete from kernel.due where kind = ${row.kind} and key = ${row.key} and seq = ${row.seq} returning 1`,
          )
          if (rowsOf(removed).length === 0) return
          const item = toItem(row)
          await tracing.within(`due ${row.kind}`, spanOf(row), () => handler.run(context(inner, item.at), item))
        })
        ran.push(row)
      } catch (error) {
        if (isTransient(error)) throw error
        failed.push(row)
        await recordFailure(tx, row, error)
      }
    }
  }

  /** Claims calls that are due at `until`, within the limits per lane. */
  async function claimCalls(
    tx: Tx,
    until: Temporal.Instant,
    limit: number,
    ignoreRetryAt: boolean,
  ): Promise<{ row: Row; claim: string }[]> {
    const kinds = kindsOf(true)
    if (kinds.length === 0 || limit <= 0) return []
    const locked = rowsOf<{ ok: boolean }>(await tx.execute(sql`select pg_try_advisory_xact_lock(${claimLock}) as ok`))
    if (!locked[0]?.ok) return []
    const wall = wallNow().toString()
    const busy = rowsOf<{ kind: string; lane: string | null; n: number }>(
      await tx.execute(sql`
        select kind, lane, count(*)::int as n from kernel.due
        where claim is not null and claimed_until > ${wall}::timestamptz group by kind, lane`),
    )
    const used = new Map(busy.map((row) => [`${row.kind} ${row.lane}`, row.n]))
    // The first of each lane, so that thousands of items of one lane neither hide the others' nor are read.
    const open = sql`at <= ${until.toString()}::timestamptz and (claim is null or claimed_until <= ${wall}::timestamptz)
      and (${ignoreRetryAt} and attempts < ${attemptsInMove} or retry_at is null or retry_at <= ${wall}::timestamptz)`
    const mostPerLane = Math.max(...kinds.map((kind) => (handlers.get(kind) as DueCall<unknown, unknown, unknown>).perLane ?? 4))
    const rows = rowsOf<Row>(
      await tx.execute(sql`
        with recursive lanes(kind, lane) as (
          (select kind, lane from kernel.due where kind in ${kinds} and lane is not null order by kind, lane limit 1)
          union all
          select n.kind, n.lane from lanes cross join lateral (
            select d.kind, d.lane from kernel.due d where d.kind in ${kinds} and d.lane is not null and (d.kind, d.lane) > (lanes.kind, lanes.lane)
            order by d.kind, d.lane limit 1) n
        )
        select d.kind, d.key, d.at, d.seq, d.lane, d.payload, d.attempts, d.traceparent from lanes cross join lateral (
          select * from kernel.due where due.kind = lanes.kind and due.lane = lanes.lane and ${open} order by at, seq limit ${mostPerLane}) d
        union all
        (select kind, key, at, seq, lane, payload, attempts, traceparent from kernel.due where kind in ${kinds} and lane is null and ${open}
          order by at, seq limit ${limit})
        order by at, seq limit ${limit * 4}`),
    )
    const chosen: { row: Row; claim: string }[] = []
    for (const row of rows) {
      if (chosen.length >= limit) break
      const handler = handlers.get(row.kind) as DueCall<unknown, unknown, unknown>
      const lane = `${row.kind} ${row.lane}`
      const n = used.get(lane) ?? 0
      if (row.lane !== null && n >= (handler.perLane ?? 4)) continue
      used.set(lane, n + 1)
      chosen.push({ row, claim: presence.claim() })
    }
    if (chosen.length > 0) {
      const until = wallNow().add({ seconds: moving ? leaseSeconds.move : leaseSeconds.worker })
      await tx.execute(sql`
        update kernel.due set claim = c.claim, claimed_until = ${until.toString()}::timestamptz
        from unnest(${sql.param(chosen.map((c) => c.row.kind))}::text[], ${sql.param(chosen.map((c) => c.row.key))}::text[],
          ${sql.param(chosen.map((c) => c.claim))}::uuid[]) as c(kind, key, claim)
        where due.kind = c.kind and due.key = c.key`)
    }
    return chosen
  }

  async function performCall({ row, claim }: { row: Row; claim: string }): Promise<boolean> {
    const handler = handlers.get(row.kind) as DueCall<unknown, unknown, unknown>
    const item = toItem(row)
    try {
      const prepared = await database.transaction(async (tx) => {
        const prepared = await handler.prepare(context(tx, item.at), item)
        if (prepared === null)
          await tx.execute(sql`delete from kernel.due where kind = ${row.kind} and key = ${row.key} and claim = ${claim}::uuid`)
        return prepared
      })
      if (prepared === null) return true
      const outcome = await handler.perform(prepared)
      await database.transaction(async (tx) => {
        const mine = await tx.execute(
          sql`delete from kernel.due where kind = ${row.kind} and key = ${row.key} and claim = ${claim}::uuid returning 1`,
        )
        // The lease ran out and somebody else repeats the call, or the item was replaced meanwhile: that outcome counts.
        if (rowsOf(mine).length > 0) await handler.finish(context(tx, item.at), item, prepared, outcome)
      })
      done.inc({ kind: row.kind, outcome: 'done' })
      return true
    } catch (error) {
      await recordFailure(database.db, row, error)
      return false
    }
  }

  const performTraced = (claimed: { row: Row; claim: string }) =>
    tracing.within(`due ${claimed.row.kind}`, spanOf(claimed.row), () => performCall(claimed))

  function launch(claimed: { row: Row; claim: string }) {
    const call: Promise<void> = performTraced(claimed)
      .then(
        () => undefined,
        (error: unknown) => log.error({ err: error }, 'due call'),
      )
      .finally(() => {
        inFlight.delete(call)
        woken = true
        wake?.()
      })
    inFlight.add(call)
  }

  async function runDue(): Promise<number> {
    const { ran, claimed } = await database.transaction(async (tx) => {
      const [state] = rowsOf<{ ok: boolean; moving: boolean; offset: string; taxonomy: string }>(
        await tx.execute(
          sql`select pg_try_advisory_xact_lock_shared(${moveLock}) as ok, moving_to is not null as moving, offset_us as offset, taxonomy_version as taxonomy
            from kernel.clock`,
        ),
      )
      if (!state?.ok || state.moving) return { ran: 0, claimed: [] }
      await clock.follow(tx, state.taxonomy)
      const now = clock.fromOffset(state.offset)
      const work = await runWork(tx, now, false)
      return { ran: work.ran.length, claimed: await claimCalls(tx, now, callsInFlight - inFlight.size, false) }
    })
    for (const call of claimed) launch(call)
    return ran + claimed.length
  }

  async function loop() {
    let sinceLook = stopwatch()
    while (!stopping) {
      let n = 0
      woken = false
      try {
        await presence.enter()
        if (sinceLook() > lookForAbsentMs) {
          sinceLook = stopwatch()
          await presence.releaseOfAbsent()
        }
        n = await runDue()
      } catch (error) {
        if (!stopping) log.error({ err: error }, 'due loop')
      }
      if (n > 0 || woken || stopping) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pollMs)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      wake = undefined
    }
  }

  async function firstDue(until: Temporal.Instant | null): Promise<Row | null> {
    const kinds = [...handlers.keys()]
    if (kinds.length === 0) return null
    const bound = until ? sql`at <= ${until.toString()}::timestamptz and (attempts < ${attemptsInMove} or retry_at is null)` : sql`true`
    const rows = rowsOf<Row>(
      await database.db.execute(
        sql`select kind, key, at, seq, lane, payload, attempts, traceparent from kernel.due where ${bound} and kind in ${kinds} order by at, seq limit 1`,
      ),
    )
    return rows[0] ?? null
  }

  async function moveLocked(from: Temporal.Instant, to: Temporal.Instant): Promise<MoveReport> {
    const report: MoveReport = { from, to, counts: {}, ran: [], failed: [], next: null }
    const count = (row: Row) => {
      report.counts[row.kind] = (report.counts[row.kind] ?? 0) + 1
      if (report.ran.length < 1000) report.ran.push({ kind: row.kind, key: row.key, at: toInstant(row.at) })
    }
    // Calls that the worker had begun belong to the time before the move.
    await Promise.all(inFlight)
    for (;;) {
      const first = await firstDue(to)
      if (!first) break
      const instant = toInstant(first.at)
      await database.transaction((tx) => clock.advanceTo(tx, instant))
      const work = await database.transaction((tx) => runWork(tx, instant, true))
      for (const row of work.ran) count(row)
      if (work.ran.length > 0 || work.failed.length > 0) continue
      const claimed = await database.transaction((tx) => claimCalls(tx, instant, callsInFlight, true))
      if (claimed.length > 0) {
        const done = await Promise.all(claimed.map(async (call) => ({ row: call.row, ok: await performTraced(call) })))
        for (const { row, ok } of done) if (ok) count(row)
      } else {
        // Another process's lease on this instant: its end is awaited, so that order holds; a dead one's ends here.
        await new Promise((resolve) => setTimeout(resolve, 50))
        await presence.releaseOfAbsent()
      }
      await due.drainEffects()
    }
    const stuck = rowsOf<Row & { last_error: string }>(
      await database.db.execute(sql`
        select kind, key, at, seq, lane, payload, attempts, traceparent, last_error from kernel.due
        where at <= ${to.toString()}::timestamptz and attempts >= ${attemptsInMove} order by at, seq limit 1000`),
    )
    report.failed = stuck.map((row) => ({ kind: row.kind, key: row.key, at: toInstant(row.at), error: row.last_error }))
    await database.transaction(async (tx) => {
      await clock.advanceTo(tx, to)
      await clock.setMovingTo(tx, null)
    })
    await due.drainEffects()
    const next = rowsOf<Row>(
      await database.db.execute(
        sql`select kind, key, at from kernel.due where at > ${to.toString()}::timestamptz order by at, seq limit 1`,
      ),
    )[0]
    if (next) report.next = { kind: next.kind, key: next.key, at: toInstant(next.at) }
    return report
  }

  async function withMoveLock<T>(fn: () => Promise<T>): Promise<T> {
    const client = await database.pool.connect()
    try {
      // Workers hold the lock for one batch only: wait for them, but not for another move.
      if (moving) throw conflict('MoveInProgress', 'The clock is being moved already. Wait until that move has ended.')
      const taken = await client.query<{ ok: boolean }>('select pg_try_advisory_lock($1, 0) as ok', [moveLock])
      if (!taken.rows[0]?.ok) throw conflict('MoveInProgress', 'The clock is being moved already. Wait until that move has ended.')
      moving = true
      try {
        await presence.enter()
        await client.query('select pg_advisory_lock($1)', [moveLock])
        try {
          return await fn()
        } finally {
          await client.query('select pg_advisory_unlock($1)', [moveLock])
        }
      } finally {
        moving = false
        if (!running) await presence.leave()
        await client.query('select pg_advisory_unlock($1, 0)', [moveLock])
      }
    } finally {
      client.release()
    }
  }

  const due: Due = {
    register(kind: string, handler: unknown) {
      if (handlers.has(kind)) throw new Error(`Due kind ${kind} is registered twice.`)
      handlers.set(kind, handler as Handler)
    },
    async schedule(ctx, { kind, key, at, payload = {}, lane }) {
      await ctx.tx.execute(sql`
        insert into kernel.due (kind, key, at, lane, payload, traceparent)
        values (${kind}, ${key}, ${at.toString()}::timestamptz, ${lane ?? null}, ${JSON.stringify(payload)}::jsonb, ${traceOf(ctx, at)})
        on conflict (kind, key) do update set at = excluded.at, seq = excluded.seq, lane = excluded.lane, payload = excluded.payload,
          traceparent = excluded.traceparent,
          attempts = 0, last_error = null, retry_at = null, claim = null, claimed_until = null`)
    },
    async scheduleAll(ctx, items) {
      if (items.length === 0) return
      const column = (of: (item: DueRequest) => string | null) => sql.param(items.map(of))
      await ctx.tx.execute(sql`
        insert into kernel.due (kind, key, at, lane, payload, traceparent)
        select * from unnest(${column(({ kind }) => kind)}::text[], ${column(({ key }) => key)}::text[], ${column(({ at }) => at.toString())}::timestamptz[],
          ${column(({ lane }) => lane ?? null)}::text[], ${column(({ payload = {} }) => JSON.stringify(payload))}::jsonb[],
          ${column(({ at }) => traceOf(ctx, at))}::text[])
        on conflict (kind, key) do update set at = excluded.at, seq = excluded.seq, lane = excluded.lane, payload = excluded.payload,
          traceparent = excluded.traceparent,
          attempts = 0, last_error = null, retry_at = null, claim = null, claimed_until = null`)
    },
    async cancel(ctx, kind, key) {
      await ctx.tx.execute(sql`delete from kernel.due where kind = ${kind} and key = ${key}`)
    },
    runDue,
    start() {
      stopping = false
      running ??= loop()
    },
    async stop() {
      stopping = true
      wake?.()
      await running
      running = undefined
      await Promise.all(inFlight)
      await presence.leave()
    },
    async move(destination) {
      return withMoveLock(async () => {
        if ((await clock.movingTo(database.db)) !== null)
          throw conflict('MoveInProgress', 'An interrupted clock move is being finished. Try again in a moment.')
        const from = await clock.marketNow(database.db)
        const to = typeof destination === 'function' ? destination(from) : destination
        if (Temporal.Instant.compare(to, from) < 0) {
          throw invalid('TimeInThePast', `Market time only goes forward: it is ${from.toString()} now.`, { target: 'to' })
        }
        await clock.setMovingTo(database.db, to)
        return moveLocked(from, to)
      })
    },
    async resumeMove() {
      const to = await clock.movingTo(database.db)
      if (to === null) return null
      return withMoveLock(async () => moveLocked(await clock.marketNow(database.db), to))
    },
    inMove: () => moving,
    drainEffects: async () => {},
  }
  return due
}

function isTransient(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) {
    const code = (e as { code?: unknown }).code
    if (code === '40001' || code === '40P01') return true
  }
  return false
}
