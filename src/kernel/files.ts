import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sql } from 'drizzle-orm'
import { rowsOf, wallNow } from './clock.ts'
import type { Database } from './database.ts'
import type { Scanner } from './scanner.ts'

export interface StoredFile {
  hash: string
  contentType: string
  bytes: Buffer
  /** never given out at its public address */
  private: boolean
}

export interface Files {
  /**
   * Has the scanner look at an upload. Call it before a transaction that keeps the file: what has not been looked at is, in `put`.
   * @throws invalid `FileRefused`, unavailable `ScannerSilent`
   */
  check(bytes: Uint8Array): Promise<void>
  /**
   * Keeps bytes under their SHA-256 (64 hex digits). The same bytes twice are one file; the first content type counts, and it is private
   * only while nobody has kept it in public.
   * @throws as `check`
   */
  put(bytes: Uint8Array, contentType: string, options?: { private?: boolean }): Promise<{ hash: string }>
  get(hash: string): Promise<StoredFile | null>
  /** The same for whoever asks at the public address: null for what is private. */
  published(hash: string): Promise<StoredFile | null>
}

/** Where bytes lie. Names are hashes, content never changes; implementations: a local folder, object stores. */
export interface FileStore {
  write(hash: string, bytes: Uint8Array): Promise<void>
  read(hash: string): Promise<Buffer | null>
}

/** So many of the latest hashes that the scanner let through are remembered, from `check` to `put`. */
const mostChecked = 1000

export function createFiles(database: Database, store: FileStore, scanner: Pick<Scanner, 'check'>): Files {
  const checked = new Set<string>()
  const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  async function check(bytes: Uint8Array, hash: string): Promise<void> {
    await scanner.check(bytes)
    const [oldest] = checked
    if (checked.size >= mostChecked && oldest !== undefined) checked.delete(oldest)
    checked.add(hash)
  }

  return {
    check: (bytes) => check(bytes, hashOf(bytes)),
    async put(bytes, contentType, options = {}) {
      const hash = hashOf(bytes)
      if (!checked.has(hash)) await check(bytes, hash)
      await store.write(hash, bytes)
      await database.db.execute(sql`
        insert into kernel.file (hash, content_type, size, wall_at, private)
        values (${hash}, ${contentType}, ${bytes.byteLength}, ${wallNow().toString()}::timestamptz, ${options.private ?? false})
        on conflict (hash) do update set private = false where file.private and not excluded.private`)
      return { hash }
    },
    async published(hash) {
      const file = await this.get(hash)
      return file?.private ? null : file
    },
    async get(hash) {
      if (!/^[0-9a-f]{64}$/.test(hash)) return null
      const result = await database.db.execute(sql`select content_type, private from kernel.file where hash = ${hash}`)
      const row = rowsOf<{ content_type: string; private: boolean }>(result)[0]
      const bytes = row ? await store.read(hash) : null
      return row && bytes ? { hash, contentType: row.content_type, bytes, private: row.private } : null
    },
  }
}

/** Files in a folder, two levels deep by the first digits of their hash. */
export function folderStore(folder: string): FileStore {
  const pathOf = (hash: string) => join(folder, hash.slice(0, 2), hash.slice(2, 4), hash)
  return {
    async write(hash, bytes) {
      const path = pathOf(hash)
      const present = await stat(path).catch(() => null)
      if (present?.size === bytes.byteLength) return
      await mkdir(dirname(path), { recursive: true })
      // Never half a file under its name, also after a power failure.
      const unfinished = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}`
      const file = await open(unfinished, 'w', 0o600)
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(unfinished, path).catch(async (error: unknown) => {
        await rm(unfinished, { force: true })
        throw error
      })
    },
    async read(hash) {
      try {
        return await readFile(pathOf(hash))
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    },
  }
}
