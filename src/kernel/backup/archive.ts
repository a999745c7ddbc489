import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { Transform } from 'node:stream'
import * as yauzl from 'yauzl'
import { BackupUnusable } from './manifest.ts'

/** Passes bytes on and keeps their hash, SHA-256 in hex. */
export function hashing(): { through: Transform; digest: () => string } {
  const hash = createHash('sha256')
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  return { through, digest: () => hash.digest('hex') }
}

/** A backup opened for reading: any entry, in any order. */
export interface Archive {
  has(name: string): boolean
  stream(name: string): Promise<Readable>
  read(name: string): Promise<Buffer>
  close(): void
}

/** @throws BackupUnusable when the file is no zip archive, or only the beginning of one */
export async function openArchive(path: string): Promise<Archive> {
  const zip = await yauzl.openPromise(path, { autoClose: false }).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new BackupUnusable(
      missing
        ? `There is no file ${path}.`
        : `${path} is not a whole backup: it was cut, or is another file (${(error as Error).message}).`,
    )
  })
  const entries = new Map<string, yauzl.Entry>()
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry)
  } catch (error) {
    zip.close()
    throw new BackupUnusable(`${path} is not a whole backup: its list of contents cannot be read (${(error as Error).message}).`)
  }
  async function stream(name: string): Promise<Readable> {
    const entry = entries.get(name)
    if (!entry) throw new BackupUnusable(`${path} is not a whole backup: ${name} is missing.`)
    return zip.openReadStreamPromise(entry)
  }
  return {
    has: (name) => entries.has(name),
    stream,
    async read(name) {
      const chunks: Buffer[] = []
      for await (const chunk of await stream(name)) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks)
    },
    close: () => zip.close(),
  }
}
