import { parse } from 'csv-parse/sync'
import { readSheet } from 'read-excel-file/node'
import { type ErrorDetail, invalid } from '../../kernel/errors.ts'
import { inspectFile, UnfitFile } from './file-check.ts'

/** A row of a file that somebody edited outside, by column name in lower case. */
export interface TableRow {
  /** as the spreadsheet counts it: the header is row 1 */
  number: number
  cells: Record<string, string>
}

/** What a file may be, compressed and unpacked. */
const maxBytes = 10 * 1024 * 1024
const maxUnpackedBytes = 100 * 1024 * 1024
/** More problems than these help nobody. */
const shownProblems = 100

/** A file that cannot be read as a table at all. */
function unreadable(message: string) {
  return invalid('UnreadableFile', message, { target: 'file' })
}

/** One error for all rows of a file that are wrong; nothing of it was taken. */
export function refuseRows(code: string, problems: ErrorDetail[]): never {
  const [first] = problems
  const more = problems.length > 1 ? ` (and ${(problems.length - 1).toLocaleString('en')} more)` : ''
  throw invalid(code, `${first?.message ?? 'The file is not valid.'}${more}`, {
    ...(first?.target === undefined ? {} : { target: first.target }),
    details: problems.slice(0, shownProblems),
    data: { problems: problems.length },
  })
}

export function rowProblem(code: string, row: number, column: string, message: string): ErrorDetail {
  return { code, target: `rows.${row}.${column}`, message: `Row ${row}: ${message}` }
}

/** Text of a CSV file. Only UTF-8 is read: anything else would change letters without anybody noticing. */
function decode(bytes: Buffer): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw unreadable('The file is in UTF-16. Save it as CSV UTF-8.')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw unreadable('The file is not in UTF-8. Save it as CSV UTF-8.')
  }
  if (text.includes('\u0000')) throw unreadable('The file is not text. Save it as CSV UTF-8.')
  return text
}

/** The separator of the header: spreadsheets of many countries write semicolons or tabs. */
function separatorOf(text: string): string {
  const header = text.split(/\r?\n/, 1)[0] ?? ''
  return [',', ';', '\t'].reduce((best, one) => (header.split(one).length > header.split(best).length ? one : best))
}

function readCsv(bytes: Buffer): string[][] {
  const text = decode(bytes)
  try {
    return parse(text, {
      bom: true,
      delimiter: separatorOf(text),
      relax_column_count: true,
      skip_empty_lines: false,
      trim: true,
    }) as string[][]
  } catch (cause) {
    const line = (cause as { lines?: number }).lines
    throw invalid('UnreadableFile', `The file is no valid CSV${line === undefined ? '' : `: see line ${line}`}.`, { target: 'file', cause })
  }
}

/** The first sheet of a workbook, numbers as the text that is stored, formulas as their last result. */
async function readWorkbook(bytes: Buffer): Promise<string[][]> {
  await inspectFile(bytes, { unpackedBytes: maxUnpackedBytes, entries: 1000 }).catch((error: unknown) => {
    throw error instanceof UnfitFile ? unreadable(error.message) : error
  })
  try {
    const rows = await readSheet<string>(bytes, { parseNumber: (text) => text })
    return rows.map((row) => row.map((value) => (value === null ? '' : String(value).trim())))
  } catch (cause) {
    throw invalid('UnreadableFile', 'The file is no Excel workbook (.xlsx).', { target: 'file', cause })
  }
}

/**
 * Reads a CSV file (UTF-8; commas, semicolons or tabs) or the first sheet of an Excel workbook. Empty rows are left out.
 *
 * @param columns names that the header must have, in any order; others are ignored
 * @throws `UnreadableFile` (invalid) when it is no such file, has no such header or is too large
 */
export async function readTable(bytes: Buffer, columns: readonly string[]): Promise<TableRow[]> {
  if (bytes.length > maxBytes) throw unreadable(`The file has more than ${maxBytes / 1024 / 1024} MB.`)
  const isZip = bytes.length > 4 && bytes.readUInt32BE(0) === 0x504b0304
  const rows = isZip ? await readWorkbook(bytes) : readCsv(bytes)
  const headerAt = rows.findIndex((row) => row.some((cell) => cell !== ''))
  const header = (rows[headerAt] ?? []).map((cell) => cell.toLowerCase())
  const missing = columns.filter((column) => !header.includes(column.toLowerCase()))
  if (missing.length > 0) throw unreadable(`The first row must name the columns ${columns.join(', ')}; ${missing.join(', ')} is missing.`)
  return rows.flatMap((row, index) => {
    if (index <= headerAt || row.every((cell) => cell === '')) return []
    return [{ number: index + 1, cells: Object.fromEntries(header.map((name, column) => [name, row[column] ?? ''])) }]
  })
}
