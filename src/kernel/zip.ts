import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'

export interface ZipEntry {
  /** path within the archive */
  name: string
  /** made when its turn comes */
  content(): Promise<string | Uint8Array> | string | Uint8Array
}

/** Rows as lines of JSON. */
export const ndjson = (rows: Iterable<unknown>): string => Array.from(rows, (row) => `${JSON.stringify(row)}\n`).join('')

/** These files as one zip archive, made while it is read. One that cannot be made breaks it off. */
export function zipStream(entries: readonly ZipEntry[]): Readable {
  const zip = new ZipFile()
  const output = Readable.from(zip.outputStream as unknown as AsyncIterable<Buffer>)
  for (const { name, content } of entries) {
    zip.addReadStreamLazy(name, {}, (give) => {
      void Promise.resolve()
        .then(content)
        .then(
          (made) => give(null, Readable.from([Buffer.from(made as string)])),
          (error: unknown) => void output.destroy(error as Error),
        )
    })
  }
  zip.end()
  return output
}

/** The same in memory: for what is handed to one person. */
export async function zipOf(entries: readonly ZipEntry[]): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of zipStream(entries)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
