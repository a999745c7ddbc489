import { sql } from 'drizzle-orm'
import type { Ctx, Principal } from './context.ts'
import { newId } from './ids.ts'

export interface AuditEntry {
  /** what was done, e.g. `price.change` */
  action: string
  /** to what, e.g. `offer:contoso/contoso-crm` */
  target: string
  before?: unknown
  after?: unknown
  reason?: string
}

export interface Audit {
  /** Writes down a change of money, access or publication, in the change's own transaction. */
  record(ctx: Ctx, entry: AuditEntry): Promise<void>
}

export function createAudit(): Audit {
  return {
    async record(ctx, { action, target, before, after, reason }) {
      const who = identify(ctx.principal)
      await ctx.tx.execute(sql`
        insert into kernel.audit (id, at, wall_at, principal_kind, tenant_id, principal_id, principal_name, action, target, before, after, reason, request_id)
        values (${newId<'audit'>()}, ${ctx.now.toString()}::timestamptz, ${ctx.wall.toString()}::timestamptz, ${ctx.principal.kind}, ${who.tenantId ?? null},
          ${who.id ?? null}, ${who.name ?? null}, ${action}, ${target}, ${json(before)}::jsonb, ${json(after)}::jsonb, ${reason ?? null}, ${ctx.requestId})`)
    },
  }
}

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))

function identify(principal: Principal): { tenantId?: string; id?: string; name?: string } {
  if (principal.kind === 'user') return { tenantId: principal.tenantId, id: principal.objectId, name: principal.email }
  if (principal.kind === 'application') return { tenantId: principal.tenantId, id: principal.clientId }
  return {}
}
