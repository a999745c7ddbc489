import { type SQL, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { authorize } from './authorization.ts'
import { rowsOf } from './clock.ts'
import { toInstant } from './columns.ts'
import type { Ctx, Principal, UserPrincipal } from './context.ts'
import { isUuid, newId } from './ids.ts'

export interface AuditEntry {
  /** what was done, e.g. `price.change` */
  action: string
  /** to what, e.g. `offer:contoso/contoso-crm` */
  target: string
  before?: unknown
  after?: unknown
  reason?: string
}

/** What of the audit log is asked for. All that are given must hold. */
export interface AuditFilter {
  /** part of the name, or the whole id, of who did it or of the operator who acted in that person's place */
  who?: string
  /** part of the action, e.g. `price` */
  action?: string
  /** part of the target, e.g. `contoso-crm` */
  target?: string
  /** wall time from which, and before which */
  from?: Temporal.Instant
  before?: Temporal.Instant
}

export interface AuditRecord {
  id: string
  /** market time */
  at: Temporal.Instant
  wallAt: Temporal.Instant
  kind: Principal['kind']
  tenantId: string | null
  /** object id of a person, client id of an application */
  whoId: string | null
  who: string | null
  /** the operator who acted in the person's place */
  impersonator: string | null
  action: string
  target: string
  before: unknown
  after: unknown
  reason: string | null
  requestId: string
}

export interface Audit {
  /** Writes down a change of money, access or publication, in the change's own transaction. */
  record(ctx: Ctx, entry: AuditEntry): Promise<void>
  /** The newest records that match, at most `limit`, older than the record `after`. @throws forbidden */
  search(ctx: Ctx, filter: AuditFilter, page: { after?: string | undefined; limit: number }): Promise<AuditRecord[]>
  /** One record. @throws forbidden */
  find(ctx: Ctx, id: string): Promise<AuditRecord | null>
}

export function createAudit(): Audit {
  return {
    async record(ctx, { action, target, before, after, reason }) {
      const who = identify(ctx.principal)
      await ctx.tx.execute(sql`
        insert into kernel.audit (id, at, wall_at, principal_kind, tenant_id, principal_id, principal_name, impersonator_id, impersonator_name, action,
          target, before, after, reason, request_id)
        values (${newId<'audit'>()}, ${ctx.now.toString()}::timestamptz, ${ctx.wall.toString()}::timestamptz, ${ctx.principal.kind}, ${who.tenantId ?? null},
          ${who.id ?? null}, ${who.name ?? null}, ${who.impersonator?.objectId ?? null}, ${who.impersonator?.email ?? null}, ${action}, ${target}, ${json(before)}::jsonb, ${json(after)}::jsonb, ${reason ?? null}, ${ctx.requestId})`)
    },
    async search(ctx, filter, { after, limit }) {
      authorize(ctx.principal, 'audit.read')
      return select(ctx, sql`${matching(filter)} and ${isUuid(after) ? sql`id < ${after}` : sql`true`} order by id desc limit ${limit}`)
    },
    async find(ctx, id) {
      authorize(ctx.principal, 'audit.read')
      return isUuid(id) ? ((await select(ctx, sql`id = ${id}`))[0] ?? null) : null
    },
  }
}

async function select(ctx: Ctx, rest: SQL): Promise<AuditRecord[]> {
  type Row = Omit<AuditRecord, 'at' | 'wallAt'> & { at: unknown; wallAt: unknown }
  const rows = await ctx.tx.execute(sql`
    select id, at, wall_at as "wallAt", principal_kind as kind, tenant_id as "tenantId", principal_id as "whoId", principal_name as who,
      impersonator_name as impersonator, action, target, before, after, reason, request_id as "requestId"
    from kernel.audit where ${rest}`)
  return rowsOf<Row>(rows).map((row) => ({ ...row, at: toInstant(row.at), wallAt: toInstant(row.wallAt) }))
}

function matching({ who, action, target, from, before }: AuditFilter): SQL {
  const like = (text: string) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
  const parts = [
    who
      ? sql`(principal_name ilike ${like(who)} or impersonator_name ilike ${like(who)} or principal_id = ${who} or impersonator_id = ${who})`
      : undefined,
    action ? sql`action ilike ${like(action)}` : undefined,
    target ? sql`target ilike ${like(target)}` : undefined,
    from ? sql`wall_at >= ${from.toString()}::timestamptz` : undefined,
    before ? sql`wall_at < ${before.toString()}::timestamptz` : undefined,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? sql`true` : sql.join(parts, sql` and `)
}

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))

function identify(principal: Principal): { tenantId?: string; id?: string; name?: string; impersonator?: UserPrincipal['impersonator'] } {
  if (principal.kind === 'user')
    return { tenantId: principal.tenantId, id: principal.objectId, name: principal.email, impersonator: principal.impersonator }
  if (principal.kind === 'application') return { tenantId: principal.tenantId, id: principal.clientId }
  return {}
}
