import { type SQL, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from './clock.ts'
import { toInstant } from './columns.ts'
import type { Ctx } from './context.ts'
import type { Tx } from './database.ts'

/** A call of a wire contract as it is kept: redacted, bodies of at most 64 KB. */
export interface KeptRequest {
  id: string
  /** machine time */
  wallAt: Temporal.Instant
  /** market time */
  at: Temporal.Instant
  contract: string
  action: string | null
  tenantId: string | null
  clientId: string | null
  method: string
  path: string
  status: number
  durationMs: number
  requestId: string
  correlationId: string | null
  requestHeaders: Record<string, string>
  requestBody: string | null
  responseHeaders: Record<string, string>
  responseBody: string | null
}

export interface RequestFilter {
  id?: string | undefined
  /** tenant of the calling application */
  tenantId?: string | undefined
  contract?: string | undefined
  /** part of the path, in any case */
  path?: string | undefined
  /** first digit of the status: 4 for 400 to 499 */
  statusClass?: number | undefined
  /** default 100, at most 500 */
  limit?: number | undefined
}

const columns = sql`id, wall_at as "wallAt", at, contract, action, tenant_id as "tenantId", client_id as "clientId", method, path, status,
  duration_ms as "durationMs", request_id as "requestId", correlation_id as "correlationId", request_headers as "requestHeaders",
  request_body as "requestBody", response_headers as "responseHeaders", response_body as "responseBody"`

/** The kept calls, the latest first. Whoever shows them has checked who looks. */
export async function listRequests(ctx: Pick<Ctx, 'tx'>, filter: RequestFilter = {}): Promise<KeptRequest[]> {
  const { id, tenantId, contract, path, statusClass, limit = 100 } = filter
  const conditions: SQL[] = [sql`true`]
  if (id !== undefined) conditions.push(sql`id = ${id}`)
  if (tenantId !== undefined) conditions.push(sql`tenant_id = ${tenantId}`)
  if (contract !== undefined) conditions.push(sql`contract = ${contract}`)
  if (path !== undefined) conditions.push(sql`path ilike ${`%${path.replaceAll(/[\\%_]/g, '\\$&')}%`}`)
  if (statusClass !== undefined) conditions.push(sql`status between ${statusClass * 100} and ${statusClass * 100 + 99}`)
  const rows = rowsOf<Omit<KeptRequest, 'wallAt' | 'at'> & { wallAt: unknown; at: unknown }>(
    await ctx.tx.execute(
      sql`select ${columns} from kernel.request where ${sql.join(conditions, sql` and `)} order by wall_at desc limit ${Math.min(limit, 500)}`,
    ),
  )
  return rows.map((row) => ({ ...row, wallAt: toInstant(row.wallAt), at: toInstant(row.at) }))
}

/** Keeps calls, all in one statement. */
export async function insertRequests(tx: Tx, requests: readonly KeptRequest[]): Promise<void> {
  // PostgreSQL keeps no NUL in jsonb.
  const json = JSON.stringify(requests).replaceAll('\\u0000', '\\ufffd')
  await tx.execute(sql`
    insert into kernel.request
      (id, wall_at, at, contract, action, tenant_id, client_id, method, path, status, duration_ms, request_id, correlation_id,
       request_headers, request_body, response_headers, response_body)
    select id, "wallAt", at, contract, action, "tenantId", "clientId", method, path, status, "durationMs", "requestId", "correlationId",
       "requestHeaders", "requestBody", "responseHeaders", "responseBody"
    from jsonb_to_recordset(${json}::jsonb) as r
      (id uuid, "wallAt" timestamptz, at timestamptz, contract text, action text, "tenantId" text, "clientId" text, method text, path text,
       status integer, "durationMs" integer, "requestId" text, "correlationId" text, "requestHeaders" jsonb, "requestBody" text,
       "responseHeaders" jsonb, "responseBody" text)`)
}

/** Deletes calls that are older, at most `most`; returns how many. */
export async function deleteRequestsBefore(tx: Tx, wall: Temporal.Instant, most: number): Promise<number> {
  const gone = await tx.execute(sql`
    delete from kernel.request where id in (select id from kernel.request where wall_at < ${wall.toString()}::timestamptz limit ${most}) returning 1`)
  return rowsOf(gone).length
}
