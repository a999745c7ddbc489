import { randomInt, randomUUID } from 'node:crypto'
import { sql } from 'drizzle-orm'
import type pg from 'pg'
import type { Database } from './database.ts'

/**
 * Says to the other processes that this one lives, so that what it has claimed is free the moment it dies and not only when the claim runs out:
 * an advisory lock on a connection of its own, which PostgreSQL lets go when the process ends, however it ends.
 */
export interface Presence {
  /** Takes the lock, unless it is held. A lost connection counts as absence until the next call. */
  enter(): Promise<void>
  leave(): Promise<void>
  /** An id for something claimed: it names this process while it is present, and nobody otherwise. */
  claim(): string
  /** Frees claimed due work whose process is gone. */
  releaseOfAbsent(): Promise<void>
}

/** First key of the advisory locks; the second is the process. */
const presenceLock = 0x57_0a_0003
/** The first eight digits of claims of processes that are not present: their claims only run out. */
const nobody = '00000000'

export function createPresence(database: Database): Presence {
  const id = randomInt(1, 0x7f_ff_ff_ff)
  let held: pg.PoolClient | undefined

  return {
    async enter() {
      if (held) return
      const client = await database.pool.connect()
      try {
        await client.query('select pg_advisory_lock($1, $2)', [presenceLock, id])
      } catch (error) {
        client.release(true)
        throw error
      }
      client.once('error', () => {
        if (held !== client) return
        held = undefined
        client.release(true)
      })
      held = client
    },
    async leave() {
      const client = held
      held = undefined
      // The connection goes, and the lock with it.
      client?.release(true)
    },
    claim() {
      const prefix = held ? id.toString(16).padStart(8, '0') : nobody
      return `${prefix}${randomUUID().slice(8)}`
    },
    async releaseOfAbsent() {
      await database.db.execute(sql`
        update kernel.due set claim = null, claimed_until = null
        where claim is not null and left(claim::text, 8) not in (
          select ${nobody} union all
          select lpad(to_hex(objid::bigint), 8, '0') from pg_locks
          where locktype = 'advisory' and classid = ${presenceLock}::bigint::oid and objsubid = 2 and granted
            and database = (select oid from pg_database where datname = current_database()))`)
    },
  }
}
