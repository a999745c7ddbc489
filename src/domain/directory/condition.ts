import { and, not, or, type SQL, sql } from 'drizzle-orm'
import type { AnyPgColumn } from 'drizzle-orm/pg-core'
import { Temporal } from 'temporal-polyfill'

export type Comparison = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le'

/** What rows are looked for, by the names of their fields. */
export type Condition<Field extends string> =
  | { field: Field; test: Comparison; value: string | boolean }
  | { field: Field; test: 'present' }
  | { all: Condition<Field>[] }
  | { any: Condition<Field>[] }
  | { not: Condition<Field> }

/** Where a field is kept: `exact` fields tell upper from lower case, `fact` ones are true or false, `ids` are an array of lower-case ids. */
export interface SearchField {
  value: AnyPgColumn | SQL
  kind: 'text' | 'exact' | 'time' | 'fact' | 'ids'
}

/** A condition as SQL. Values that a field cannot have (no time, no boolean) match nothing. */
export function conditionSql<Field extends string>(fields: Record<Field, SearchField>, condition: Condition<Field>): SQL {
  if ('all' in condition) return and(...condition.all.map((one) => conditionSql(fields, one))) ?? sql`true`
  if ('any' in condition) return or(...condition.any.map((one) => conditionSql(fields, one))) ?? sql`false`
  if ('not' in condition) return not(sql`coalesce(${conditionSql(fields, condition.not)}, false)`)
  const { value: column, kind } = fields[condition.field]
  if (kind === 'ids') {
    if (condition.test === 'present') return sql`cardinality(${column}) > 0`
    const has = sql`${String(condition.value).toLowerCase()} = any(${column})`
    return condition.test === 'eq' ? has : condition.test === 'ne' ? not(has) : sql`false`
  }
  if (condition.test === 'present') return kind === 'fact' ? sql`true` : sql`coalesce(${column}::text, '') <> ''`
  const { test, value } = condition
  if (kind === 'fact' || typeof value === 'boolean') {
    if (kind !== 'fact' || typeof value !== 'boolean' || (test !== 'eq' && test !== 'ne')) return sql`false`
    return test === 'eq' ? sql`(${column}) = ${value}` : sql`(${column}) <> ${value}`
  }
  if (kind === 'time') {
    const at = instantOrNull(value)
    return at === null || test === 'co' || test === 'sw' || test === 'ew'
      ? sql`false`
      : compared(sql`${column}`, test, sql`${at}::timestamptz`)
  }
  const left = kind === 'exact' ? sql`${column}::text` : sql`lower(${column}::text)`
  const right = kind === 'exact' ? sql`${value}::text` : sql`lower(${value}::text)`
  if (test === 'co') return sql`position(${right} in ${left}) > 0`
  if (test === 'sw') return sql`starts_with(${left}, ${right})`
  if (test === 'ew') return sql`right(${left}, length(${right})) = ${right}`
  return compared(left, test, right)
}

function compared(left: SQL, test: Exclude<Comparison, 'co' | 'sw' | 'ew'>, right: SQL): SQL {
  switch (test) {
    case 'eq':
      return sql`${left} = ${right}`
    case 'ne':
      return sql`${left} is distinct from ${right}`
    case 'gt':
      return sql`${left} > ${right}`
    case 'ge':
      return sql`${left} >= ${right}`
    case 'lt':
      return sql`${left} < ${right}`
    case 'le':
      return sql`${left} <= ${right}`
  }
}

function instantOrNull(text: string): string | null {
  try {
    return Temporal.Instant.from(text).toString()
  } catch {
    return null
  }
}
