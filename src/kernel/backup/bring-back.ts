import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { z } from 'zod'
import type { Config } from '../config.ts'
import type { FileStore } from '../files.ts'
import { jobsSchema } from '../jobs.ts'
import { migrate, SchemaMismatch, readMigrations } from '../migrations.ts'
import type { Secrets } from '../secrets.ts'
import { type Archive, hashing } from './archive.ts'
import { BackupUnusable, fileEntry, jobsEntry, type Manifest, manifestEntry, probe, readManifest, tableEntry } from './manifest.ts'
import { quoted, selectSchemas, selectTables, tableName } from './tables.ts'

export interface RestoreTarget {
  /** of an empty database */
  databaseUrl: string
  mode: Config['mode']
  secrets: Secrets
  files: Pick<FileStore, 'write'>
  /** Sends again what was waiting, once the database is complete and has this program's schema. */
  send: (jobs: { name: string; data: object }[]) => Promise<void>
}

export interface RestoreReport {
  takenAt: string
  tables: number
  rows: number
  files: number
  jobs: number
  /** migrations that the backup's schema lacked */
  migrated: string[]
}

/** The description of a backup. @throws BackupUnusable when it is not whole, or of a later format */
export async function describeBackup(archive: Archive): Promise<Manifest> {
  if (!archive.has(manifestEntry)) throw new BackupUnusable('The file is a zip archive, but no backup of Stoa: it has no manifest.json.')
  const text = (await archive.read(manifestEntry)).toString('utf8')
  try {
    return readManifest(text)
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error
    throw new BackupUnusable('The manifest of the backup is not one that this Stoa reads: it was changed, or written by a later Stoa.')
  }
}

/**
 * Brings a backup back into an empty database: its schema first, then all rows in one transaction, then the migrations that it lacks.
 * Whatever goes wrong leaves the database as empty as it was.
 * @throws BackupUnusable when the database is not empty, the keys or the mode do not fit, or an entry's bytes are not those that were written;
 *   SchemaMismatch when the backup is newer than this program
 */
export async function bringBack(archive: Archive, manifest: Manifest, target: RestoreTarget): Promise<RestoreReport> {
  refuseNewer(manifest)
  if (manifest.mode !== target.mode) {
    throw new BackupUnusable(`The backup is of a ${manifest.mode} installation: set STOA_MODE=${manifest.mode} to bring it back.`)
  }
  checkKeys(manifest, target.secrets)
  const client = new pg.Client({ connectionString: target.databaseUrl, application_name: 'stoa restore', options: '-c TimeZone=UTC' })
  await client.connect()
  try {
    const before = await selectSchemas(client)
    if (before.length > 0) {
      throw new BackupUnusable(
        'The database is not empty. Bring a backup back into an empty one: another DATABASE_URL, or a STOA_DATA folder that does not exist yet.',
      )
    }
    try {
      await migrate(target.databaseUrl, target.mode, { only: new Set(manifest.migrations.map((migration) => migration.name)) })
      await load(client, archive, manifest)
      for (const file of manifest.files) if (!file.missing) await bringFile(archive, file.hash, target.files)
      const { applied } = await migrate(target.databaseUrl, target.mode)
      const jobs = readJobs((await archive.read(jobsEntry)).toString('utf8'))
      if (jobs.length > 0) await target.send(jobs)
      return {
        takenAt: manifest.takenAt,
        tables: manifest.tables.length,
        rows: manifest.tables.reduce((sum, table) => sum + table.rows, 0),
        files: manifest.files.filter((file) => !file.missing).length,
        jobs: jobs.length,
        migrated: applied,
      }
    } catch (error) {
      for (const schema of [...(await selectSchemas(client)), jobsSchema]) {
        await client.query(`drop schema if exists ${quoted(schema)} cascade`)
      }
      throw error
    }
  } finally {
    await client.end()
  }
}

function refuseNewer(manifest: Manifest): void {
  const ours = new Map(readMigrations().map((migration) => [migration.name, migration.hash]))
  for (const { name, hash } of manifest.migrations) {
    if (ours.get(name) === hash) continue
    throw new SchemaMismatch(
      ours.has(name)
        ? `The backup was taken by a Stoa (${manifest.stoa}) with another text of migration ${name}: bring it back with that one.`
        : `The backup has schema ${manifest.migrations.at(-1)?.name}, newer than this Stoa knows: bring it back with Stoa ${manifest.stoa} or newer.`,
    )
  }
}

function checkKeys(manifest: Manifest, secrets: Secrets): void {
  try {
    if (secrets.decrypt(manifest.secretProbe, probe.purpose) === probe.text) return
  } catch {
    // said below
  }
  throw new BackupUnusable(
    'STOA_SECRET_KEY is not the key that the backup was taken with: the secrets in it could not be read. Set the key of that installation (new,old).',
  )
}

async function load(client: pg.Client, archive: Archive, manifest: Manifest): Promise<void> {
  const present = new Map((await selectTables(client)).map((table) => [tableName(table), table]))
  await client.query('begin')
  try {
    for (const { parent, name, bound } of manifest.partitions) {
      await client.query(`create table if not exists ${name} partition of ${parent} ${bound}`)
    }
    // Rows were checked when they were first written; order, not rules, is what brings them back.
    for (const name of present.keys()) await client.query(`alter table ${name} disable trigger user`)
    await client.query(`truncate ${[...present.keys()].join(', ')}`)
    for (const table of manifest.tables) {
      if (!present.has(tableName(table)))
        throw new BackupUnusable(`The backup holds ${table.schema}.${table.name}, which its schema lacks.`)
      await loadTable(client, archive, table)
    }
    for (const { name, value, called } of manifest.sequences)
      await client.query('select setval($1::regclass, $2::bigint, $3)', [name, value, called])
    for (const name of present.keys()) await client.query(`alter table ${name} enable trigger user`)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
  await client.query('analyze')
}

async function loadTable(client: pg.Client, archive: Archive, table: Manifest['tables'][number]): Promise<void> {
  const { through, digest } = hashing()
  const rows = client.query(copyFrom(`copy ${tableName(table)} (${table.columns.map(quoted).join(', ')}) from stdin`))
  await pipeline(await archive.stream(tableEntry(table)), through, rows).catch((cause: unknown) => {
    throw new BackupUnusable(`${table.schema}.${table.name} could not be brought back: ${(cause as Error).message}`, { cause })
  })
  if (digest() !== table.sha256 || rows.rowCount !== table.rows) {
    throw new BackupUnusable(`The backup is damaged: ${table.schema}.${table.name} is not what was written.`)
  }
}

async function bringFile(archive: Archive, hash: string, files: Pick<FileStore, 'write'>): Promise<void> {
  const bytes = await archive.read(fileEntry(hash))
  if (createHash('sha256').update(bytes).digest('hex') !== hash) {
    throw new BackupUnusable(`The backup is damaged: file ${hash} is not what was written.`)
  }
  await files.write(hash, bytes)
}

const waiting = z.strictObject({ name: z.string(), data: z.record(z.string(), z.unknown()) })

function readJobs(text: string): { name: string; data: object }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => waiting.parse(JSON.parse(line)))
}
