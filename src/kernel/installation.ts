import { sql } from 'drizzle-orm'
import { rowsOf, wallNow } from './clock.ts'
import { toInstant } from './columns.ts'
import type { Tx } from './database.ts'
import type { Temporal } from 'temporal-polyfill'

export interface Installation {
  mode: 'sandbox' | 'production'
  installedAt: Temporal.Instant
  /** null until the demo data is complete; loading it is begun anew after an interruption */
  demoLoadedAt: Temporal.Instant | null
}

/** What was decided about this database once (kernel.installation, one row). */
export async function readInstallation(tx: Tx): Promise<Installation> {
  const result = await tx.execute(sql`select mode, installed_at, demo_loaded_at from kernel.installation`)
  const row = rowsOf<{ mode: Installation['mode']; installed_at: unknown; demo_loaded_at: unknown }>(result)[0]
  if (!row) throw new Error('The database has no installation row: it was not migrated by Stoa.')
  return {
    mode: row.mode,
    installedAt: toInstant(row.installed_at),
    demoLoadedAt: row.demo_loaded_at == null ? null : toInstant(row.demo_loaded_at),
  }
}

/** Notes that the demo data is loaded (`true`) or is being replaced (`false`). */
export async function markDemoLoaded(tx: Tx, loaded: boolean): Promise<void> {
  await tx.execute(sql`update kernel.installation set demo_loaded_at = ${loaded ? wallNow().toString() : null}::timestamptz`)
}

/** Tables whose rows outlive a reset: what the installation is, and keys that clients have cached. */
const kept = new Set(['kernel.migration', 'kernel.installation', 'kernel.clock', 'kernel.file', 'directory.signing_key'])

/** Empties every table of every room. Sandbox only; the caller makes sure. */
export async function emptyAllTables(tx: Tx): Promise<void> {
  const result = await tx.execute(sql`
    select format('%I.%I', schemaname, tablename) as name, schemaname || '.' || tablename as plain from pg_tables
    where schemaname not in ('pg_catalog', 'information_schema', 'pgboss', 'public')`)
  const names = rowsOf<{ name: string; plain: string }>(result)
    .filter(({ plain }) => !kept.has(plain))
    .map(({ name }) => name)
  if (names.length > 0) await tx.execute(sql.raw(`truncate ${names.join(', ')} cascade`))
}
