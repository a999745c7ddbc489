import { createWriteStream, mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { FileStore } from '../files.ts'
import { selectTables, tableName } from './tables.ts'

export interface ExportReport {
  /** rows by table, `room.table` */
  rows: Record<string, number>
  files: number
  /** hashes of files that the database knows and the store does not have */
  missingFiles: string[]
}

/** Writes every table as lines of JSON, as of one moment, and every stored file into a folder, for other programs to read. */
export async function exportTables(source: { databaseUrl: string; files: Pick<FileStore, 'read'> }, folder: string): Promise<ExportReport> {
  const client = new pg.Client({ connectionString: source.databaseUrl, application_name: 'stoa export', options: '-c TimeZone=UTC' })
  await client.connect()
  try {
    await client.query('begin transaction isolation level repeatable read, read only')
    const rows: Record<string, number> = {}
    for (const table of await selectTables(client)) {
      // JSON holds no control characters, so that CSV with these two as its marks writes it as it is.
      const lines = client.query(
        copyTo(`copy (select row_to_json(t) from ${tableName(table)} t) to stdout (format csv, delimiter e'\\x02', quote e'\\x01')`),
      )
      const name = `${table.schema}.${table.name}`
      await pipeline(lines, createWriteStream(join(folder, `${name}.ndjson`), { mode: 0o600 }))
      rows[name] = lines.rowCount ?? 0
    }
    const files = await client.query<{ hash: string }>('select hash from kernel.file order by hash')
    await client.query('commit')
    mkdirSync(join(folder, 'files'), { recursive: true })
    const missingFiles: string[] = []
    for (const { hash } of files.rows) {
      const bytes = await source.files.read(hash)
      if (bytes) await writeFile(join(folder, 'files', hash), bytes)
      else missingFiles.push(hash)
    }
    return { rows, files: files.rows.length, missingFiles }
  } finally {
    await client.end()
  }
}
