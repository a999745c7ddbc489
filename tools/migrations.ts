/**
 * Checks that migrations after the baseline only expand: the processes of the release before run on beside the new schema (docs/deployment.md,
 * Upgrading). What takes something away that an older program may use (a column, a table, a looser rule) belongs into a release of its own, after
 * nothing uses it any more, and is named in {@link contractions} with the reason.
 *
 * Statements are read with comments and texts taken out; the check fails when it has read no file.
 */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const folder = path.join(import.meta.dirname, '..', 'migrations')

/** The last migration of the schema that the first release has. Until there is one, later files may still contract what no release has had. */
export const baseline = '0199'

/** Contractions that are meant: nothing of the release before uses what they take away. `file: reason` */
export const contractions: Record<string, string> = {}

const forbidden: { pattern: RegExp; why: string }[] = [
  { pattern: /\bdrop\s+(?:table|column|schema|type|view|function|sequence)\b/i, why: 'takes away what the release before may use' },
  {
    pattern: /\brename\s+(?:to|column|constraint)\b|\brename\s+\w+\s+to\b/i,
    why: 'gives a new name to what the release before calls by the old one',
  },
  { pattern: /\balter\s+(?:column\s+)?\w+\s+(?:set\s+data\s+)?type\b/i, why: 'changes the type of a column' },
  { pattern: /\bset\s+not\s+null\b/i, why: 'wants a value that the release before does not write' },
  { pattern: /\bdrop\s+default\b/i, why: 'takes away a value that the release before leaves out' },
  { pattern: /\btruncate\b/i, why: 'deletes what is there' },
]

/** A column that must be given although older programs do not know it. */
const newColumn = /\badd\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?(?!(?:constraint|check|unique|primary|foreign|exclude)\b)(\w+)\s+[^,;]*/gi

/** What of a migration's text only expands not. Constraints on tables that are new in the same file concern nobody. */
export function contractionsIn(sql: string): string[] {
  const text = sql
    .replaceAll(/--[^\n]*/g, '')
    .replaceAll(/\$(\w*)\$[\s\S]*?\$\1\$/g, "''")
    .replaceAll(/'(?:[^']|'')*'/g, "''")
  const made = new Set(
    [...text.matchAll(/\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?([\w.]+)/gi)].map((match) => (match[1] as string).toLowerCase()),
  )
  const problems: string[] = []
  for (const statement of text.split(';')) {
    const table = /\balter\s+table\s+(?:only\s+)?([\w.]+)/i.exec(statement)?.[1]?.toLowerCase()
    if (table && made.has(table)) continue
    const shown = statement.trim().replaceAll(/\s+/g, ' ').slice(0, 120)
    for (const { pattern, why } of forbidden) if (pattern.test(statement)) problems.push(`${why}: ${shown}`)
    if (!table) continue
    for (const [column, name] of statement.replaceAll(/\([^()]*\)/g, '').matchAll(newColumn)) {
      if (/\bnot\s+null\b/i.test(column) && !/\bdefault\b|\bgenerated\b/i.test(column))
        problems.push(`${name} is required and has no default: ${shown}`)
    }
    if (/\badd\s+(?:constraint\s+\w+\s+)?(?:check|unique|foreign\s+key|exclude)\b/i.test(statement)) {
      problems.push(`a new rule that the release before may break: ${shown}`)
    }
  }
  return problems
}

export interface MigrationFile {
  name: string
  text: string
}

/** The problems of all migrations after the baseline, one sentence each. */
export function checkMigrations(files: readonly MigrationFile[], options: { baseline: string; meant: Record<string, string> }): string[] {
  const later = files.filter(({ name }) => name.slice(0, 4) > options.baseline)
  const problems = later
    .filter(({ name }) => !(name in options.meant))
    .flatMap(({ name, text }) => contractionsIn(text).map((problem) => `${name}: ${problem}`))
  for (const name of Object.keys(options.meant)) {
    if (!files.some((file) => file.name === name)) problems.push(`${name} is named as a contraction and does not exist`)
  }
  return problems
}

export function readMigrationFiles(): MigrationFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => ({ name, text: readFileSync(path.join(folder, name), 'utf8') }))
}

if (import.meta.main) {
  const files = readMigrationFiles()
  const problems = checkMigrations(files, { baseline, meant: contractions })
  if (files.length === 0) problems.push('No migration was read.')
  for (const problem of problems) console.error(problem)
  console.log(
    `migrations: ${files.length} files, ${files.filter(({ name }) => name.slice(0, 4) > baseline).length} after the baseline, ${problems.length} problems`,
  )
  process.exitCode = problems.length > 0 ? 1 : 0
}
