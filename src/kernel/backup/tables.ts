import type pg from 'pg'

export interface Table {
  schema: string
  name: string
  /** without generated ones, in the table's order */
  columns: string[]
  /**
   * What is read of each column. Numbers of transactions mean nothing in another server, where they would lie in the future: they become that of
   * frozen rows, older than any to come, and whoever keeps his place by them begins anew.
   */
  reads: string[]
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
export const tableName = (table: { schema: string; name: string }) => `${quoted(table.schema)}.${quoted(table.name)}`

/** Everything but PostgreSQL's own and the job queue, whose tables are its library's: waiting jobs travel as what was sent. */
const ours = `n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'pgboss', 'public')`

/** Schemas of the rooms that have tables. */
export async function selectSchemas(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`select n.nspname as name from pg_namespace n where ${ours} order by 1`)
  return rows.map((row) => row.name)
}

/**
 * Every table of every room (partitioned ones as a whole), those first that others refer to. What migrations did is not data: it says which schema
 * the rest has.
 */
export async function selectTables(client: pg.ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table & { oid: number; parents: number[] }>(`
    select c.oid, n.nspname as schema, c.relname as name,
      array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            order by a.attnum) as columns,
      array(select case a.atttypid when 'xid8'::regtype then '''3''::xid8' else quote_ident(a.attname) end
            from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as reads,
      array(select distinct f.confrelid::int from pg_constraint f where f.contype = 'f' and f.conrelid = c.oid and f.confrelid <> c.oid) as parents
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and ${ours} and (n.nspname, c.relname) <> ('kernel', 'migration')
    order by 2, 3`)
  const known = new Set(rows.map((row) => row.oid))
  const placed = new Set<number>()
  const ordered: Table[] = []
  let waiting = rows
  while (waiting.length > 0) {
    const ready = waiting.filter((row) => row.parents.every((parent) => placed.has(parent) || !known.has(parent)))
    if (ready.length === 0) throw new Error(`Foreign keys in a circle: ${waiting.map((row) => row.name).join(', ')}.`)
    for (const { oid, schema, name, columns, reads } of ready) {
      placed.add(oid)
      ordered.push({ schema, name, columns, reads })
    }
    waiting = waiting.filter((row) => !placed.has(row.oid))
  }
  return ordered
}

/** Partitions with their bounds as SQL, parents first. */
export async function selectPartitions(client: pg.ClientBase): Promise<{ parent: string; name: string; bound: string }[]> {
  const { rows } = await client.query<{ parent: string; name: string; bound: string }>(`
    with recursive tree as (
      select c.oid, 0 as depth from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'p' and not c.relispartition and ${ours}
      union all select i.inhrelid, tree.depth + 1 from tree join pg_inherits i on i.inhparent = tree.oid)
    select format('%I.%I', pn.nspname, p.relname) as parent, format('%I.%I', n.nspname, c.relname) as name,
      pg_get_expr(c.relpartbound, c.oid) || case when c.relkind = 'p' then ' partition by ' || pg_get_partkeydef(c.oid) else '' end as bound
    from tree join pg_class c on c.oid = tree.oid join pg_namespace n on n.oid = c.relnamespace
      join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent join pg_namespace pn on pn.oid = p.relnamespace
    where tree.depth > 0 order by tree.depth, 2`)
  return rows
}

export async function selectSequences(client: pg.ClientBase): Promise<{ name: string; value: string; called: boolean }[]> {
  const { rows } = await client.query<{ name: string }>(`
    select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and ${ours} order by 1`)
  const sequences: { name: string; value: string; called: boolean }[] = []
  for (const { name } of rows) {
    const state = await client.query<{ value: string; called: boolean }>(
      `select last_value::text as value, is_called as called from ${name}`,
    )
    sequences.push({ name, ...(state.rows[0] as { value: string; called: boolean }) })
  }
  return sequences
}
