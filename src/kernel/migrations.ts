import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { Config } from './config.ts'

export interface MigrationReport {
  /** names of the files that ran now, in order */
  applied: string[]
  /** the newest migration of the database: its schema version */
  schemaVersion: string
}

/** The database and this program do not fit; the message says why and what to do. */
export class SchemaMismatch extends Error {
  override readonly name = 'SchemaMismatch'
}

/** Folder of the numbered SQL files. */
export const migrationsFolder = join(import.meta.dirname, '..', '..', 'migrations')

/** One process migrates at a time; the others wait and find nothing to do ("stoam" in ASCII, cut to 31 bits). */
const migrationLock = 0x746f616d

/**
 * Brings a database to this program's schema: every file of `migrations/` that has not run, in the order of names, each in its own transaction.
 * @param options.only names of the files to run, to reach the schema that a backup was taken in
 * @throws SchemaMismatch when the database is newer, was migrated by changed files, or is of the other mode
 */
export async function migrate(
  url: string,
  mode: Config['mode'],
  options: { folder?: string; only?: ReadonlySet<string> } = {},
): Promise<MigrationReport> {
  const files = readMigrations(options.folder)
  const client = new pg.Client({ connectionString: url, application_name: 'stoa migrations', options: '-c TimeZone=UTC' })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock])
    await client.query('create schema if not exists kernel')
    await client.query(
      `create table if not exists kernel.migration (name text primary key, hash text not null, applied_at timestamptz not null default now())`,
    )
    const { rows } = await client.query<{ name: string; hash: string }>('select name, hash from kernel.migration order by name')
    refuseNewer(rows, files)
    await refuseOtherMode(client, mode)
    const known = new Set(rows.map((row) => row.name))
    const applied: string[] = []
    for (const file of files) {
      if (known.has(file.name) || options.only?.has(file.name) === false) continue
      await client.query('begin')
      try {
        await client.query(file.sql)
        await client.query('insert into kernel.migration (name, hash) values ($1, $2)', [file.name, file.hash])
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw new Error(`Migration ${file.name} failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      }
      applied.push(file.name)
    }
    await client.query('insert into kernel.installation (mode) values ($1) on conflict do nothing', [mode])
    return { applied, schemaVersion: files.at(-1)?.name ?? '' }
  } finally {
    await client.end()
  }
}

export interface Migration {
  name: string
  sql: string
  hash: string
}

/** The numbered SQL files of a folder, in order. */
export function readMigrations(folder = migrationsFolder): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file))
    .sort()
    .map((file) => {
      // Git may check text files out with either line ending.
      const sql = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n')
      return { name: file.slice(0, -'.sql'.length), sql, hash: createHash('sha256').update(sql).digest('hex') }
    })
}

function refuseNewer(applied: readonly { name: string; hash: string }[], files: readonly Migration[]): void {
  const hashes = new Map(files.map((file) => [file.name, file.hash]))
  for (const { name, hash } of applied) {
    const ours = hashes.get(name)
    if (ours === undefined) {
      throw new SchemaMismatch(
        `The database has schema ${applied.at(-1)?.name}, newer than this Stoa knows (${files.at(-1)?.name}): start the newer Stoa, or restore a backup of the older one.`,
      )
    }
    if (ours !== hash) {
      throw new SchemaMismatch(
        `The database was migrated by another text of ${name} than this Stoa has: start the Stoa that made it, or begin with an empty database (STOA_DATA or DATABASE_URL).`,
      )
    }
  }
}

async function refuseOtherMode(client: pg.Client, mode: Config['mode']): Promise<void> {
  const table = await client.query<{ name: string | null }>(`select to_regclass('kernel.installation')::text as name`)
  if (!table.rows[0]?.name) return
  const { rows } = await client.query<{ mode: string }>('select mode from kernel.installation')
  const installed = rows[0]?.mode
  if (installed !== undefined && installed !== mode) {
    throw new SchemaMismatch(
      `The database was installed in ${installed} mode and cannot be opened in ${mode} mode: set STOA_MODE=${installed}, or use another database (STOA_DATA or DATABASE_URL).`,
    )
  }
}
