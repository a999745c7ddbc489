import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { PassThrough, Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { ZipFile } from 'yazl'
import { wallNow } from '../clock.ts'
import type { Config } from '../config.ts'
import type { FileStore } from '../files.ts'
import { jobsSchema } from '../jobs.ts'
import type { Secrets } from '../secrets.ts'
import { hashing } from './archive.ts'
import { fileEntry, jobsEntry, type Manifest, manifestEntry, probe, secretKeyEntry, tableEntry } from './manifest.ts'
import { selectPartitions, selectSequences, selectTables, tableName } from './tables.ts'

export interface BackupSource {
  databaseUrl: string
  mode: Config['mode']
  /** version of this program */
  version: string
  secrets: Secrets
  /** the generated key of a sandbox, which has no other place; undefined where STOA_SECRET_KEY holds the keys */
  generatedKey: string | undefined
  files: Pick<FileStore, 'read'>
}

export interface BackupReport {
  tables: number
  rows: number
  files: number
  /** hashes of files that the database knows and the store does not have */
  missingFiles: string[]
}

/**
 * Writes everything of an installation to one zip file, as of one moment (a snapshot of the database; files never change), while it runs.
 * The file appears under its name when it is complete.
 */
export async function takeBackup(source: BackupSource, path: string): Promise<BackupReport> {
  const client = new pg.Client({ connectionString: source.databaseUrl, application_name: 'stoa backup', options: '-c TimeZone=UTC' })
  await client.connect()
  const unfinished = `${path}.unfinished`
  const zip = new ZipFile()
  const written = finished(zip.outputStream.pipe(createWriteStream(unfinished, { mode: 0o600 })))
  written.catch(() => {})
  try {
    await client.query('begin transaction isolation level repeatable read, read only')
    const found = await selectTables(client)
    const migrations = (await client.query<{ name: string; hash: string }>('select name, hash from kernel.migration order by name')).rows
    const partitions = await selectPartitions(client)
    const sequences = await selectSequences(client)

    const tables: Manifest['tables'] = []
    for (const { reads, ...table } of found) {
      const rows = client.query(copyTo(`copy (select ${reads.join(', ')} from ${tableName(table)}) to stdout`))
      const { through, digest } = hashing()
      await entry(zip, tableEntry(table), rows, through)
      tables.push({ ...table, rows: rows.rowCount ?? 0, sha256: digest() })
    }
    const jobs = await waitingJobs(client)
    zip.addBuffer(Buffer.from(jobs.map((job) => `${JSON.stringify(job)}\n`).join('')), jobsEntry)
    const files: Manifest['files'] = []
    for (const { hash } of (await client.query<{ hash: string }>('select hash from kernel.file order by hash')).rows) {
      const bytes = await source.files.read(hash)
      if (bytes) await entry(zip, fileEntry(hash), Readable.from([bytes]), new PassThrough())
      files.push({ hash, missing: bytes === null })
    }
    await client.query('commit')

    if (source.generatedKey !== undefined) zip.addBuffer(Buffer.from(source.generatedKey), secretKeyEntry)
    const manifest: Manifest = {
      format: 1,
      stoa: source.version,
      mode: source.mode,
      takenAt: wallNow().toString(),
      migrations,
      secretProbe: source.secrets.encrypt(probe.text, probe.purpose),
      tables,
      partitions,
      sequences,
      jobs: jobs.length,
      files,
    }
    zip.addBuffer(Buffer.from(JSON.stringify(manifest)), manifestEntry)
    zip.end()
    await written
    await rename(unfinished, path)
    return {
      tables: tables.length,
      rows: tables.reduce((sum, table) => sum + table.rows, 0),
      files: files.length,
      missingFiles: files.filter((file) => file.missing).map((file) => file.hash),
    }
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  } finally {
    await client.end()
  }
}

/** One entry after the other: each is written to its end before the next is read, so that memory stays flat. */
async function entry(zip: ZipFile, name: string, from: Readable, through: NodeJS.ReadWriteStream): Promise<void> {
  zip.addReadStream(through as unknown as NodeJS.ReadableStream, name)
  await pipeline(from, through)
}

/** Work that was sent and not done: mail that waits for its server, above all. */
async function waitingJobs(client: pg.ClientBase): Promise<{ name: string; data: object }[]> {
  const { rows: known } = await client.query<{ found: boolean }>(`select to_regclass('${jobsSchema}.job') is not null as found`)
  if (!known[0]?.found) return []
  const { rows } = await client.query<{ name: string; data: object | null }>(
    `select name, data from ${jobsSchema}.job where state in ('created', 'retry', 'active') order by created_on, id`,
  )
  // Housekeeping has no data and comes again by itself.
  return rows.flatMap(({ name, data }) => (data === null ? [] : [{ name, data }]))
}
