import { getTableColumns, type InferInsertModel, type SQL, sql } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { Ctx } from './context.ts'

const rowsPerStatement = 5000

/**
 * Inserts many rows with one array a column: a statement of a fixed size, whatever the number of rows. (Row by row in VALUES a
 * month's run would spend most of its time writing and parsing parameters.) All rows must have the same members.
 */
export async function insertAll<T extends PgTable>(ctx: Ctx, table: T, rows: InferInsertModel<T>[]): Promise<void> {
  const [first] = rows
  if (!first) return
  const columns = Object.entries(getTableColumns(table)).filter(([key]) => key in first)
  const names = sql.join(
    columns.map(([, column]) => sql.identifier(column.name)),
    sql`, `,
  )
  for (let n = 0; n < rows.length; n += rowsPerStatement) {
    const part = rows.slice(n, n + rowsPerStatement) as Record<string, unknown>[]
    const arrays = sql.join(
      columns.map(([key, column]) => {
        const values = part.map((row) => (row[key] == null ? null : column.mapToDriverValue(row[key])))
        return sql`${sql.param(values)}::${sql.raw(column.getSQLType())}[]`
      }),
      sql`, `,
    )
    await ctx.tx.execute(sql`insert into ${table} (${names}) select * from unnest(${arrays})`)
  }
}

/** Whether a column of UUIDs is one of `ids`: one parameter, however many there are. (`in (…)` is parsed and planned anew for each number of them.) */
export function isAnyOf(column: PgColumn, ids: readonly string[]): SQL {
  return sql`${column} = any(${sql.param(ids)}::uuid[])`
}
