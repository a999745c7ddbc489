import { drizzle } from 'drizzle-orm/node-postgres'
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core'
import pg from 'pg'

/** The pool's handle or a transaction's: a query does not care which. */
export type Tx = PgDatabase<PgQueryResultHKT, Record<string, never>>

export interface Database {
  pool: pg.Pool
  /** Statements on this handle commit one by one. */
  db: Tx
  /** Runs `fn` in one READ COMMITTED transaction. Serialization failures and deadlocks are retried three times, so `fn` must not have effects outside of the database. */
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>
  close(): Promise<void>
}

const retried = new Set(['40001', '40P01']) // serialization_failure, deadlock_detected
const retries = 3

/** The SQLSTATE of a database error, also where drizzle has wrapped it. */
export function sqlState(error: unknown): string | undefined {
  return databaseError(error)?.code
}

/** Name of the violated constraint, when the error is a constraint violation. */
export function violatedConstraint(error: unknown): string | undefined {
  return databaseError(error)?.constraint
}

function databaseError(error: unknown): { code?: string; constraint?: string } | undefined {
  for (let e = error; e instanceof Error; e = e.cause) if (e instanceof pg.DatabaseError) return e as { code?: string; constraint?: string }
  return undefined
}

/** Opens a pool on `url`. A connection that breaks while idle is reported to `onIdleError` and replaced by the pool. */
export function openDatabase(
  url: string,
  options: { max?: number; applicationName?: string; onIdleError?: (error: Error) => void } = {},
): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 20,
    application_name: options.applicationName ?? 'stoa',
    // UTC whatever the server is set to: business calendar is UTC (design.md).
    options: '-c TimeZone=UTC',
  })
  pool.on('error', (error) => options.onIdleError?.(error))
  const db = drizzle(pool) as unknown as Tx
  return {
    pool,
    db,
    async transaction(fn) {
      for (let attempt = 0; ; attempt++) {
        try {
          return await db.transaction((tx) => fn(tx as unknown as Tx), { isolationLevel: 'read committed' })
        } catch (error) {
          if (attempt >= retries || !retried.has(sqlState(error) ?? '')) throw error
        }
      }
    },
    async close() {
      await pool.end()
    },
  }
}
