import { sql, type SQL } from 'drizzle-orm'
import { rowsOf } from './clock.ts'
import type { Tx } from './database.ts'

/** Who is looked for, everywhere. */
export interface DataSubject {
  objectId: string
  email: string
  displayName: string
}

interface Column {
  name: string
  /** as PostgreSQL calls it: text, jsonb, uuid, _text … */
  type: string
}

interface Table {
  schema: string
  name: string
  columns: Column[]
}

/** What the rooms' tables mean for a person. Whatever is not named here is overwritten: a table that nobody thought of keeps nobody's name. */
export interface PersonalDataPolicy {
  /** `room.table`, or `room.*` for all of a room that have it, whose rows about the person go: by the column that names him */
  deleted: Readonly<Record<string, string>>
  /** `room.table` to which a rule for its whole room does not apply */
  overwritten: readonly string[]
  /** `room.table` that stays as it is, with the reason */
  kept: Readonly<Record<string, string>>
}

export interface ErasureReport {
  deleted: Record<string, number>
  overwritten: Record<string, number>
  kept: { table: string; reason: string; rows: number }[]
}

/** Nothing in them names a person, and there may be millions of rows. */
const impersonal = ['metering', 'catalog']

/** Never handed out, also not to the person whose it is. */
const secret = /hash|secret|token|key|code|pem|jwk|credential|details/

/** Every table that could name a person, as the database describes itself. */
async function tablesOf(tx: Tx): Promise<Table[]> {
  const rows = rowsOf<{ schema: string; name: string; columns: Column[] }>(
    await tx.execute(sql`
      select n.nspname as schema, c.relname as name,
        (select json_agg(json_build_object('name', a.attname, 'type', t.typname) order by a.attnum)
         from pg_attribute a join pg_type t on t.oid = a.atttypid
         where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition and n.nspname not like 'pg\\_%'
        and n.nspname not in ('information_schema', 'pgboss', 'public') and (n.nspname, c.relname) <> ('kernel', 'migration')
      order by 1, 2`),
  )
  return rows.filter(
    ({ schema, columns }) => !impersonal.includes(schema) && columns.some(({ type }) => texts.has(type) || type === 'uuid'),
  )
}

const texts = new Set(['text', 'varchar', 'jsonb', '_text'])
const tableOf = ({ schema, name }: Table) => sql`${sql.identifier(schema)}.${sql.identifier(name)}`
const fullName = ({ schema, name }: Table) => `${schema}.${name}`

/** The address as a whole, not as a part of a longer one. */
function addressPattern(email: string): string {
  return `(?<![[:alnum:]._%+-])${email.replaceAll(/[^\w@]/g, '\\$&')}(?![[:alnum:]_-]|\\.[[:alnum:]])`
}

/** Rows that hold the person's address or object id anywhere. */
function mentions({ objectId, email }: DataSubject): SQL {
  return sql`(t::text ~* ${addressPattern(email)} or position(${objectId} in t::text) > 0)`
}

/** Columns that name whom a row is about. */
const ownColumns = ['object_id', 'person', 'requester', 'member_id', 'recipient', 'email_key']

/**
 * Everything that is stored about a person, by `room.table`: whole rows where they are his own, else the parts that name him. Secrets are left out.
 *
 * @param most rows of a table, the rest is only counted
 */
export async function collectPersonalData(
  tx: Tx,
  person: DataSubject,
  most = 10_000,
): Promise<Map<string, { rows: Record<string, unknown>[]; more: boolean }>> {
  const found = new Map<string, { rows: Record<string, unknown>[]; more: boolean }>()
  for (const table of await tablesOf(tx)) {
    const rows = rowsOf<{ row: Record<string, unknown> }>(
      await tx.execute(sql`select to_jsonb(t) as row from ${tableOf(table)} t where ${mentions(person)} limit ${most + 1}`),
    )
    if (rows.length === 0) continue
    found.set(fullName(table), { rows: rows.slice(0, most).map(({ row }) => shown(row, person)), more: rows.length > most })
  }
  return found
}

function shown(row: Record<string, unknown>, person: DataSubject): Record<string, unknown> {
  const names = (value: unknown) => typeof value === 'string' && isNamed(value, person)
  const isOwn = ownColumns.some((column) => names(row[column]))
  return Object.fromEntries(
    Object.entries(row).flatMap(([column, value]): [string, unknown][] => {
      if (secret.test(column) && !names(value)) return []
      if (typeof value === 'object' && value !== null) {
        const parts = isOwn ? value : partsNaming(value, person)
        return Array.isArray(parts) && parts.length === 0 && !isOwn ? [] : [[column, parts]]
      }
      // Of what is not his own: which row it is, when, and what names him.
      const tells = isOwn || names(value) || /(^|_)(id|at|kind|action|state)$/.test(column) || value === person.displayName
      return tells ? [[column, isOwn || typeof value !== 'string' ? value : excerpt(value, person)]] : []
    }),
  )
}

/** Longest text that is handed out as it is where others have a part in it: an address, a name, a title. */
const shortText = 200

/** Of a long text that names the person among others, such as the body of a call, only what is about him. */
function excerpt(value: string, person: DataSubject): unknown {
  if (value.length <= shortText) return value
  try {
    const parsed: unknown = JSON.parse(value)
    if (typeof parsed === 'object' && parsed !== null) return partsNaming(parsed, person)
  } catch {
    // no JSON
  }
  return '(a text that names the person)'
}

function isNamed(value: string, { objectId, email }: DataSubject): boolean {
  const text = value.toLowerCase()
  return text === objectId || text.includes(email.toLowerCase())
}

/** The smallest objects within a JSON value that name the person directly. */
function partsNaming(value: object, person: DataSubject): unknown[] {
  const inner = Object.values(value).filter((one): one is object => typeof one === 'object' && one !== null)
  const direct = Object.values(value).some((one) => typeof one === 'string' && isNamed(one, person))
  const simple = Object.fromEntries(Object.entries(value).filter(([, one]) => typeof one !== 'object'))
  const own = direct ? [Array.isArray(value) ? value.filter((one) => typeof one === 'string' && isNamed(one, person)) : simple] : []
  return [...own, ...inner.flatMap((one) => partsNaming(one, person))]
}

/**
 * Takes a person out of every table: rows about him go or stay as the policy says; everywhere else his address and his name are overwritten. The
 * object id stays: it is how the kept records hang together, and leads nowhere once the directory's entry is overwritten.
 *
 * @param alias what stands in place of the address
 */
export async function erasePersonalData(
  tx: Tx,
  person: DataSubject,
  alias: { email: string; displayName: string },
  policy: PersonalDataPolicy,
): Promise<ErasureReport> {
  const report: ErasureReport = { deleted: {}, overwritten: {}, kept: [] }
  for (const table of await tablesOf(tx)) {
    const name = fullName(table)
    const reason = policy.kept[name]
    if (reason !== undefined) {
      const [row] = rowsOf<{ n: number }>(
        await tx.execute(sql`select count(*)::int as n from ${tableOf(table)} t where ${mentions(person)}`),
      )
      if (row && row.n > 0) report.kept.push({ table: name, reason, rows: row.n })
      continue
    }
    const column = deletedBy(policy, table)
    if (column !== undefined) {
      const gone = await tx.execute(sql`
        delete from ${tableOf(table)} t where lower(t.${sql.identifier(column)}::text) in (${person.objectId}, ${person.email.toLowerCase()})
          or t.${sql.identifier(column)}::text like ${`%"${person.objectId}"%`} returning 1`)
      count(report.deleted, name, rowsOf(gone).length)
    }
    count(report.overwritten, name, await overwrite(tx, table, person, alias))
  }
  return report
}

function deletedBy({ deleted, overwritten }: PersonalDataPolicy, table: Table): string | undefined {
  const name = fullName(table)
  const general = overwritten.includes(name) ? undefined : deleted[`${table.schema}.*`]
  const column = deleted[name] ?? general
  return table.columns.some((one) => one.name === column) ? column : undefined
}

function count(of: Record<string, number>, name: string, rows: number): void {
  if (rows > 0) of[name] = (of[name] ?? 0) + rows
}

async function overwrite(tx: Tx, table: Table, person: DataSubject, alias: { email: string; displayName: string }): Promise<number> {
  const pattern = addressPattern(person.email)
  const address = (text: SQL) => sql`regexp_replace(${text}, ${pattern}, ${alias.email}, 'gi')`
  // A full name in a sentence about the person; one word alone may mean something else.
  const full = person.displayName.trim().includes(' ') ? `\\m${person.displayName.trim().replaceAll(/[^\p{L}\p{N} ]/gu, '\\$&')}\\M` : null
  const replaced = (text: SQL) => (full ? sql`regexp_replace(${address(text)}, ${full}, ${alias.displayName}, 'g')` : address(text))
  const sets = table.columns.flatMap(({ name, type }) => {
    const column = sql.identifier(name)
    const value = sql`t.${column}`
    if (type === 'jsonb') {
      const json = replaced(sql`${value}::text`)
      return [
        sql`${column} = replace(${json}, to_jsonb(${person.displayName}::text)::text, to_jsonb(${alias.displayName}::text)::text)::jsonb`,
      ]
    }
    if (type === '_text')
      return [sql`${column} = case when ${value} is null then null else array(select ${replaced(sql`x`)} from unnest(${value}) x) end`]
    if (type !== 'text' && type !== 'varchar') return []
    if (!/name$|_by$/.test(name)) return [sql`${column} = ${replaced(value)}`]
    return [sql`${column} = case when ${value} = ${person.displayName} then ${alias.displayName} else ${replaced(value)} end`]
  })
  if (sets.length === 0) return 0
  // Only rows with the address or the name change; those that merely refer to the object id stay untouched.
  const names = sql`(t::text ~* ${pattern} or (position(${person.objectId} in t::text) > 0 and position(${person.displayName} in t::text) > 0))`
  const changed = await tx.execute(sql`update ${tableOf(table)} t set ${sql.join(sets, sql`, `)} where ${names} returning 1`)
  return rowsOf(changed).length
}
