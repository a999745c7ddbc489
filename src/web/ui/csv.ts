import type { Decimal } from '../../kernel/money.ts'
import { downloadHeaders, fileStream } from './file-stream.ts'

/** Spreadsheets run what begins like this as a formula; an apostrophe keeps it text (OWASP, CSV injection). */
const formula = /^[=+\-@\t\r]/

/** Decimals are written exactly, negative ones too. */
export type Cell = string | number | Decimal | null

function cell(value: Cell): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'object') return value.toFixed()
  const safe = formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const lines = (rows: Cell[][]) => rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')

/** RFC 4180 text with a byte order mark, so that spreadsheets read UTF-8. The first row is the header. */
export function csv(rows: Cell[][]): string {
  return `\uFEFF${lines(rows)}`
}

const fileHeaders = (fileName: string) => downloadHeaders(fileName, 'text/csv; charset=utf-8')

/** The rows as a file to download. */
export function csvFile(fileName: string, rows: Cell[][]): Response {
  return new Response(csv(rows), { headers: fileHeaders(fileName) })
}

/** A file of any length: the first rows, then pages of rows as they are read. */
export function csvStream(fileName: string, first: Cell[][], pages: AsyncIterator<Cell[][]>): Response {
  return fileStream(fileHeaders(fileName), csv(first), pages, lines)
}
