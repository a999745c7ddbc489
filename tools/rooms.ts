/**
 * Checks the rules between the rooms of the house (docs/architecture.md):
 *
 * - kernel ← domain ← api, web, cli ← main, and the order of the domain rooms;
 * - another room is entered through its `index.ts` only;
 * - no room reads another's tables: not by importing a schema, not in SQL, not in a migration;
 * - web imports the domain as types only (services arrive through the router's context, and a bundled copy would be a second world);
 * - migrations of the domain never ask the database for the time.
 *
 * Files are parsed (oxc), not searched. The check fails when it read no file or found no import between rooms: a silent parser must not
 * look like a clean house.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseSync, Visitor } from 'oxc-parser'

/** Domain rooms from left to right. Rooms of one step do not import each other. */
const ORDER: readonly (readonly string[])[] = [
  ['directory'],
  ['accounts'],
  ['notifications'],
  ['announcements'],
  ['offers'],
  ['publishing'],
  ['catalog'],
  ['subscriptions'],
  ['metering'],
  ['billing'],
  ['procurement'],
  ['checkout'],
  ['leads'],
  ['private-offers'],
  ['test-drives'],
  ['programs'],
  ['support', 'analytics'],
  ['privacy'],
  ['integration-check'],
]

const STEP = new Map(ORDER.flatMap((rooms, step) => rooms.map((room) => [room, step] as const)))

/** PostgreSQL schema of a room: its name with underscores. */
const schemaOf = (room: string) => room.replaceAll('-', '_')
const SCHEMAS = new Map([['kernel', 'kernel'], ...[...STEP.keys()].map((room) => [schemaOf(room), room] as const)])

/** Migrations whose name is not a room's. */
const MIGRATION_ROOMS: Record<string, string> = { platform: 'kernel' }

type Place =
  | { layer: 'kernel' | 'main' | 'cli' | 'test' }
  /** room '' is the composition beside the rooms: src/domain/domain.ts, src/api/commerce-contract.ts, src/web/root.tsx */
  | { layer: 'domain' | 'api' | 'web'; room: string; file: string }
  | { layer: 'outside' }

export interface SourceFile {
  /** Path from the project's root, with forward slashes. */
  path: string
  text: string
}

interface Reference {
  specifier: string
  typeOnly: boolean
  reexport: boolean
}

export interface Report {
  files: number
  imports: number
  problems: string[]
}

const isTest = (file: string) => /(?:\.(?:test|bench)|\/fixture)\.tsx?$/.test(file) || file.startsWith('test/') || file.startsWith('bench/')

function placeOf(file: string): Place {
  if (isTest(file)) return { layer: 'test' }
  const parts = file.split('/')
  if (parts[0] !== 'src') return { layer: 'outside' }
  if (parts.length === 2) return { layer: 'main' }
  const layer = parts[1]
  if (layer === 'kernel' || layer === 'cli') return { layer }
  if (layer !== 'domain' && layer !== 'api' && layer !== 'web') return { layer: 'main' }
  return parts.length === 3 ? { layer, room: '', file: parts[2]! } : { layer, room: parts[2]!, file: parts.slice(3).join('/') }
}

interface Contents {
  references: Reference[]
  /** Texts that look like SQL, and the PostgreSQL schemas that are declared. */
  sql: string[]
  schemas: string[]
  problems: string[]
}

function read(file: SourceFile): Contents {
  const { program, errors } = parseSync(file.path, file.text)
  const found: Contents = { references: [], sql: [], schemas: [], problems: errors.map((error) => `${file.path}: ${error.message}`) }
  const refer = (specifier: string, typeOnly: boolean, reexport = false) => found.references.push({ specifier, typeOnly, reexport })
  new Visitor({
    ImportDeclaration: (node) => refer(node.source.value, node.importKind === 'type'),
    ExportAllDeclaration: (node) => refer(node.source.value, node.exportKind === 'type', true),
    ExportNamedDeclaration: (node) => {
      if (node.source) refer(node.source.value, node.exportKind === 'type', true)
    },
    ImportExpression: (node) => {
      if (node.source.type === 'Literal' && typeof node.source.value === 'string') refer(node.source.value, false)
    },
    TSImportType: (node) => refer(node.source.value, true),
    TemplateLiteral: (node) => found.sql.push(node.quasis.map((quasi) => quasi.value.raw).join(' ? ')),
    Literal: (node) => {
      if (typeof node.value === 'string' && node.value.includes('.')) found.sql.push(node.value)
    },
    CallExpression: (node) => {
      const name = node.callee.type === 'Identifier' ? node.callee.name : ''
      const argument = node.arguments[0]
      if (name === 'pgSchema' && argument?.type === 'Literal') found.schemas.push(String(argument.value))
    },
  }).visit(program)
  return found
}

/** Schemas named where SQL names a table. A sentence that says "from billing." does not match: a table name follows the point at once. */
function tablesIn(sql: string): string[] {
  const named = sql.matchAll(/\b(?:from|join|into|update|table|references)\s+"?([a-z_]+)"?\."?[a-z_]+/gi)
  return [...named].map((match) => match[1]!.toLowerCase()).filter((schema) => SCHEMAS.has(schema))
}

/** Why `from` may not import `to`, or null. */
function refusal(from: Place, to: Place, reference: Reference): string | null {
  if (from.layer === 'outside' || from.layer === 'main') return null
  if (to.layer === 'test') return from.layer === 'test' ? null : 'code must not import tests'
  if (to.layer === 'outside') return from.layer === 'test' ? null : 'code under src imports nothing from outside it'
  if (from.layer === 'test') return null
  if (to.layer === 'main') return 'nothing imports main'
  if (to.layer === 'kernel') return null
  if (from.layer === 'kernel') return 'the kernel stands below every room and imports none'
  if (to.layer === 'cli') return from.layer === 'cli' ? null : 'nothing imports the command line'

  if (to.layer === 'domain') {
    if (from.layer === 'domain') {
      if (from.room === to.room) return null
      if (to.room === '') return 'a room does not import the composition of the domain'
      if (to.file !== 'index.ts') return `another room is entered through its index.ts only (src/domain/${to.room}/index.ts)`
      if (from.room === '') return null
      const here = STEP.get(from.room)
      const there = STEP.get(to.room)
      if (here !== undefined && there !== undefined && there >= here) {
        return `'${to.room}' stands to the right of '${from.room}'; news travels right by events, facts are copied`
      }
      return null
    }
    if (to.room !== '' && to.file !== 'index.ts')
      return `another room is entered through its index.ts only (src/domain/${to.room}/index.ts)`
    if (from.layer === 'web' && !reference.typeOnly) {
      return "web imports the domain as types only ('import type'); services arrive through the router's context"
    }
    return null
  }
  if (from.layer === 'domain') return `the domain does not know the ${to.layer} layer`
  if (from.layer === 'cli' || from.layer !== to.layer) return `${from.layer} does not import ${to.layer}`
  if (from.room === to.room || to.room === '' || from.room === '') return null
  if (from.layer === 'web')
    return to.room === 'ui' ? null : `a site imports the shared parts of web and ui/, not another site ('${to.room}')`
  return `one contract does not import another ('${to.room}')`
}

const CANDIDATES = ['', '.ts', '.tsx', '/index.ts', '/index.tsx']

/**
 * Checks sources and migrations. Pure: what exists is asked of `exists`, so that a test can hand in a house that is not on the disk.
 */
export function checkRooms(sources: SourceFile[], migrations: SourceFile[], exists: (file: string) => boolean): Report {
  const problems: string[] = []
  let imports = 0
  for (const source of sources) {
    const from = placeOf(source.path)
    const contents = read(source)
    problems.push(...contents.problems)
    if (from.layer === 'domain' && from.room !== '' && !STEP.has(from.room)) {
      problems.push(`${source.path}: the room '${from.room}' has no place in the order of rooms (tools/rooms.ts)`)
    }

    for (const reference of contents.references) {
      if (!reference.specifier.startsWith('.')) continue
      // React Router writes these types beside the route at `react-router typegen`.
      if (reference.specifier.includes('/+types/')) continue
      const target = path.posix.join(path.posix.dirname(source.path), reference.specifier.replace(/\?.*$/, ''))
      const loose = from.layer === 'web' ? CANDIDATES : ['']
      const file = loose.map((ending) => target + ending).find((candidate) => exists(candidate))
      if (!file) {
        problems.push(`${source.path}: imports '${reference.specifier}', which does not exist (extensions are part of the name)`)
        continue
      }
      imports++
      if (!/\.[cm]?[jt]sx?$/.test(file)) continue
      const to = placeOf(file)
      const why = refusal(from, to, reference)
      if (why) problems.push(`${source.path}: imports '${reference.specifier}': ${why}`)
      const publishesTables =
        source.path.endsWith('/index.ts') && reference.reexport && !reference.typeOnly && path.posix.basename(file) === 'schema.ts'
      if (publishesTables) problems.push(`${source.path}: a room does not hand out its tables ('${reference.specifier}')`)
    }

    if (from.layer === 'test' || from.layer === 'outside' || from.layer === 'main') continue
    const own = from.layer === 'kernel' ? 'kernel' : from.layer === 'domain' && from.room !== '' ? schemaOf(from.room) : null
    for (const schema of contents.schemas) {
      if (schema !== own) problems.push(`${source.path}: declares tables in the schema '${schema}', which is not its own`)
    }
    // A room's doctor is there to compare its references with other rooms' tables; it changes nothing.
    if (from.layer === 'domain' && from.file === 'doctor.ts') continue
    for (const schema of new Set(contents.sql.flatMap(tablesIn))) {
      if (schema !== own) problems.push(`${source.path}: SQL reads or writes a table of '${SCHEMAS.get(schema)}'`)
    }
  }

  for (const migration of migrations) {
    const name = path.posix.basename(migration.path, '.sql').replace(/^\d+_/, '')
    const room =
      MIGRATION_ROOMS[name] ??
      ['kernel', ...STEP.keys()].find((known) => name === schemaOf(known) || name.startsWith(`${schemaOf(known)}_`))
    if (!room) {
      problems.push(`${migration.path}: the name says no room (NNNN_<room>.sql or NNNN_<room>_<what>.sql)`)
      continue
    }
    const sql = migration.text.replaceAll(/--[^\n]*/g, '')
    for (const schema of new Set(tablesIn(sql))) {
      if (schema !== schemaOf(room))
        problems.push(`${migration.path}: touches a table of '${SCHEMAS.get(schema)}'; a migration belongs to one room`)
    }
    const clock =
      room === 'kernel'
        ? null
        : /\b(?:now\s*\(\s*\)|clock_timestamp|statement_timestamp|current_date|current_timestamp|localtimestamp)/i.exec(sql)
    if (clock)
      problems.push(`${migration.path}: '${clock[0]}' reads the database's time; market time comes from ctx.now, wall time from ctx.wall`)
  }

  if (sources.length === 0) problems.push('No source file was read: the check has checked nothing.')
  else if (imports === 0) problems.push('No import between files was found: the parser has read nothing.')
  return { files: sources.length + migrations.length, imports, problems }
}

/** Reads the house from the disk. */
function loadHouse(root: string): { sources: SourceFile[]; migrations: SourceFile[] } {
  const load = (pattern: string): SourceFile[] =>
    globSync(pattern, { cwd: root }).map((file) => ({
      path: file.replaceAll('\\', '/'),
      text: readFileSync(path.join(root, file), 'utf8'),
    }))
  return { sources: load('src/**/*.{ts,tsx}'), migrations: load('migrations/*.sql') }
}

if (import.meta.main) {
  const root = path.join(import.meta.dirname, '..')
  const { sources, migrations } = loadHouse(root)
  const report = checkRooms(sources, migrations, (file) => existsSync(path.join(root, file)))
  for (const problem of report.problems) console.error(problem)
  console.log(`rooms: ${report.files} files, ${report.imports} imports, ${report.problems.length} problems`)
  process.exitCode = report.problems.length > 0 ? 1 : 0
}
