import { sql } from 'drizzle-orm'
import { fromDrizzle, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { rowsOf, stopwatch } from './clock.ts'
import type { Ctx } from './context.ts'
import type { Database } from './database.ts'
import type { Metrics } from './metrics.ts'
import type { Tracing } from './tracing.ts'

/** Immediate effects (mail, exports, images, PDFs), never business time: that is due work. Handlers may run twice. */
export interface Jobs {
  /**
   * Adds a queue and what works it off. Before `start`. `independent`: no effect of business time, so that a clock move does not wait for it;
   * its jobs may move the clock themselves.
   */
  register<T extends object>(name: string, handler: (data: T) => Promise<void>, options?: { retries?: number; independent?: boolean }): void
  /** Housekeeping by the machine's clock: a five-field cron expression in UTC; one process of all runs it. Never for business time. */
  every(name: string, cron: string, handler: () => Promise<void>): void
  /** Sends within the transaction: rolled back with it. */
  send<T extends object>(ctx: Ctx, name: string, data: T): Promise<void>
  /** Creates the queues; with `work`, this process also works them off. */
  start(options: { work: boolean }): Promise<void>
  /** Runs everything that waits, here and now, and returns when nothing is left that could run; independent queues are left alone. */
  drain(): Promise<void>
  /** Lets running jobs end. */
  stop(): Promise<void>
}

/** The schema of pg-boss's own tables. */
export const jobsSchema = 'pgboss'

const batchSize = 20
const handlerSeconds = 300
/** A worker says this often that it lives; what it had begun is tried again when it does not. */
const heartbeatSeconds = 30
const keptSeconds = 7 * 24 * 3600

const traceKey = '$traceparent'

interface Queue {
  handler: (data: object) => Promise<void>
  retries: number
  independent: boolean
}

export function createJobs(database: Database, log: Logger, options: { supervise?: boolean; tracing: Tracing; metrics: Metrics }): Jobs {
  const { tracing, metrics } = options
  const queues = new Map<string, Queue>()
  const boss = new PgBoss({
    db: { executeSql: (text, values) => database.pool.query(text, values as unknown[]) },
    schema: jobsSchema,
    schedule: options.supervise ?? true,
    supervise: options.supervise ?? true,
  })
  boss.on('error', (error) => log.error({ err: error }, 'jobs'))
  const schedules = new Map<string, string>()
  const created = new Map<string, Promise<void>>()
  let started = false
  let sent = false

  function register<T extends object>(
    name: string,
    handler: (data: T) => Promise<void>,
    options: { retries?: number; independent?: boolean } = {},
  ): void {
    if (queues.has(name)) throw new Error(`Job queue ${name} is registered twice.`)
    queues.set(name, { handler: handler as Queue['handler'], retries: options.retries ?? 10, independent: options.independent ?? false })
  }

  /** Before a transaction sends: a queue that pg-boss must look up first would be asked for on another connection. */
  function ensure(name: string): Promise<void> {
    const { retries } = queues.get(name) as Queue
    let ready = created.get(name)
    if (!ready) {
      ready = boss
        .createQueue(name, {
          retryLimit: retries,
          retryDelay: 5,
          retryBackoff: true,
          expireInSeconds: handlerSeconds,
          heartbeatSeconds,
          deleteAfterSeconds: keptSeconds,
        })
        .then(async () => void (await boss.getQueue(name)))
      created.set(name, ready)
    }
    return ready
  }

  /** Beside the data of a job, where there is one: the span that sent it. */
  const withTrace = (data: object) => (tracing.on ? { ...data, [traceKey]: tracing.traceparent() } : data)
  async function perform(name: string, { [traceKey]: traceparent, ...data }: { [traceKey]?: string }): Promise<void> {
    const { handler } = queues.get(name) as Queue
    const attributes = { 'messaging.system': 'stoa', 'messaging.destination.name': name }
    const elapsed = stopwatch()
    const ran = (outcome: 'done' | 'failed') => metrics.jobSeconds.observe({ queue: name, outcome }, elapsed() / 1000)
    try {
      await tracing.within(`job ${name}`, { kind: 'consumer', traceparent, attributes }, () => handler(data))
    } catch (error) {
      ran('failed')
      throw error
    }
    ran('done')
  }

  return {
    register,
    every(name, cron, handler) {
      register(name, handler, { retries: 1 })
      schedules.set(name, cron)
    },
    async send(ctx, name, data) {
      if (!queues.has(name)) throw new Error(`Job queue ${name} is not registered.`)
      await ensure(name)
      sent = true
      await boss.send(name, withTrace(data), { db: fromDrizzle(ctx.tx as unknown as Parameters<typeof fromDrizzle>[0], sql) })
    },
    async start({ work }) {
      await boss.start()
      started = true
      for (const name of queues.keys()) await ensure(name)
      if (!work) return
      for (const [name, cron] of schedules) await boss.schedule(name, cron, null, { tz: 'UTC' })
      for (const name of queues.keys()) {
        await boss.work<object>(name, { batchSize: 1, pollingIntervalSeconds: 0.5 }, async (jobs) => {
          for (const job of jobs) await perform(name, job.data)
        })
      }
    },
    async drain() {
      if (!started || !sent) return
      for (;;) {
        const waiting = rowsOf<{ name: string; active: boolean }>(
          await database.db.execute(sql`
            select name, bool_and(state = 'active') as active from ${sql.identifier(jobsSchema)}.job
            where state = 'active' or state in ('created', 'retry') and start_after <= clock_timestamp() group by name`),
        ).filter(({ name }) => queues.get(name)?.independent === false)
        if (waiting.length === 0) return
        for (const { name } of waiting) {
          for (const job of await boss.fetch<object>(name, { batchSize })) {
            try {
              await perform(name, job.data)
              await boss.complete(name, job.id)
            } catch (error) {
              log.warn({ err: error, job: { name, id: job.id } }, 'job failed; it is tried again')
              await boss.fail(name, job.id, { message: String(error) })
            }
          }
        }
        if (waiting.every(({ active }) => active)) await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    async stop() {
      if (started) await boss.stop({ graceful: true, timeout: 20_000 })
      started = false
    },
  }
}
