import { type Cell, csv, csvLines } from '../../kernel/csv.ts'
import { downloadHeaders, fileStream } from './file-stream.ts'

export { type Cell, csv }

const fileHeaders = (fileName: string) => downloadHeaders(fileName, 'text/csv; charset=utf-8')

/** The rows as a file to download. */
export function csvFile(fileName: string, rows: Cell[][]): Response {
  return new Response(csv(rows), { headers: fileHeaders(fileName) })
}

/** A file of any length: the first rows, then pages of rows as they are read. */
export function csvStream(fileName: string, first: Cell[][], pages: AsyncIterator<Cell[][]>): Response {
  return fileStream(fileHeaders(fileName), csv(first), pages, csvLines)
}
