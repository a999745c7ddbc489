import { ZipFile } from 'yazl'

export interface ZipEntry {
  /** path within the archive */
  name: string
  content: string | Uint8Array
}

/** Rows as lines of JSON. */
export const ndjson = (rows: Iterable<unknown>): string => Array.from(rows, (row) => `${JSON.stringify(row)}\n`).join('')

/** These files as one zip archive, held in memory: for what one person or one organisation is handed. */
export async function zipOf(entries: readonly ZipEntry[]): Promise<Buffer> {
  const zip = new ZipFile()
  for (const { name, content } of entries) zip.addBuffer(Buffer.from(content as string), name)
  zip.end()
  const chunks: Buffer[] = []
  for await (const chunk of zip.outputStream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
