import { stringify } from 'csv-stringify/sync'
import type { ErrorDetail } from '../../kernel/errors.ts'
import { type AudienceOptions, formula, type Member, memberDescription, memberId } from './kinds/audience.ts'
import { readTable, refuseRows, rowProblem } from './table-file.ts'

const idColumn = { person: 'ID', tenant: 'ID' } as const

/** The list as a file that can be edited and imported again (spec/05 §1.7), with a byte order mark for spreadsheets. */
export function writeAudience(options: AudienceOptions, members: readonly Member[]): Buffer {
  const rows = members.map(({ id, description = '' }) => [id, description, options.csvType[0] ?? ''])
  return Buffer.from(stringify([[idColumn[options.id], 'Description', 'Type'], ...rows], { bom: true, record_delimiter: '\r\n' }))
}

/**
 * Reads a list that replaces the present one.
 *
 * @throws `UnreadableFile`, `AudienceTooLarge`, `InvalidAudience` (invalid), the last with one detail for each row that is wrong
 */
export async function readAudience(options: AudienceOptions, bytes: Buffer): Promise<Member[]> {
  const rows = await readTable(bytes, [idColumn[options.id], 'Type'])
  const problems: ErrorDetail[] = []
  const idSchema = memberId(options)
  const types = new Set(options.csvType.map((type) => type.toLowerCase()))
  const members = new Map<string, Member>()
  const firstRows = new Map<string, number>()
  for (const { number, cells } of rows) {
    const problem = (column: string, message: string) => problems.push(rowProblem('InvalidRow', number, column, message))
    const { id: entered = '', description: about = '', type = '' } = cells
    if (number > 0 && members.size >= options.max) {
      problem('ID', `an audience has at most ${options.max.toLocaleString('en')}.`)
      if (problems.length > 1000) break
      continue
    }
    if (formula.test(entered)) {
      problem('ID', 'a value must not begin with = + - or @: spreadsheets run it as a formula.')
      continue
    }
    const id = idSchema.safeParse(entered)
    if (!id.success)
      problem(
        'ID',
        `${entered === '' ? 'The ID is missing' : `“${entered.slice(0, 60)}” is not valid`}. ${id.error.issues[0]?.message ?? ''}`,
      )
    if (!types.has(type.toLowerCase())) problem('Type', `the type must be ${options.csvType[0]}, not “${type.slice(0, 40)}”.`)
    const description = memberDescription.safeParse(about)
    if (!description.success) problem('Description', description.error.issues[0]?.message ?? 'The description is not valid.')
    if (!id.success || !description.success) continue
    const before = firstRows.get(id.data)
    if (before !== undefined) problem('ID', `${id.data} stands in row ${before} already.`)
    firstRows.set(id.data, before ?? number)
    members.set(id.data, { id: id.data, ...(description.data === '' ? {} : { description: description.data }) })
  }
  if (problems.length > 0) refuseRows(problems[0]?.message.includes('has at most') ? 'AudienceTooLarge' : 'InvalidAudience', problems)
  return [...members.values()]
}
