import type { Decimal } from './money.ts'

/**
 * Spreadsheets run what begins like this as a formula, some also after blanks or with the wide signs of East Asian keyboards; an apostrophe keeps it
 * text (OWASP, CSV injection).
 */
const formula = /^(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/

/** Decimals are written exactly, negative ones too. */
export type Cell = string | number | Decimal | null

function cell(value: Cell): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'object') return value.toFixed()
  const safe = formula.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Rows after the first ones of {@link csv}. */
export const csvLines = (rows: Cell[][]) => rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')

/** RFC 4180 text with a byte order mark, so that spreadsheets read UTF-8. The first row is the header. */
export function csv(rows: Cell[][]): string {
  return `\uFEFF${csvLines(rows)}`
}
