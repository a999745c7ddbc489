import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import type { AttributedUsageRow } from '../domain/accounts/index.ts'
import type { Config } from '../kernel/config.ts'
import { system } from '../kernel/context.ts'
import { isDomainError } from '../kernel/errors.ts'
import { withDatabase } from './database.ts'
import { CommandFailed } from './sandbox.ts'

const columns = ['guid', 'day', 'resource', 'amount', 'currency'] as const

/**
 * Records what customers used of a cloud under tracking GUIDs, from a CSV file with these columns.
 *
 * @throws CommandFailed with every line that cannot be recorded; then none of them is
 */
export async function attributeUsage(config: Config, file: string) {
  const rows = read(file)
  try {
    return await withDatabase(config, (kernel, { accounts }) => kernel.run(system, (ctx) => accounts.recordAttributedUsage(ctx, rows)))
  } catch (error) {
    if (!isDomainError(error)) throw error
    throw new CommandFailed([error.message, ...error.details.map(({ target, message }) => `${target}: ${message}`)].join('\n'), true)
  }
}

function read(file: string): AttributedUsageRow[] {
  let rows: Partial<AttributedUsageRow>[]
  try {
    rows = parse(readFileSync(file), { columns: true, bom: true, skip_empty_lines: true, trim: true })
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read as CSV: ${error instanceof Error ? error.message : String(error)}`, true)
  }
  const missing = columns.filter((name) => rows[0] !== undefined && rows[0][name] === undefined)
  if (missing.length > 0) throw new CommandFailed(`${file} lacks the columns ${missing.join(', ')}.`, true)
  return rows as AttributedUsageRow[]
}
