import { sql } from 'drizzle-orm'
import { rowsOf } from './clock.ts'
import type { Ctx } from './context.ts'
import type { Tx } from './database.ts'
import { newId } from './ids.ts'

/** A misbehaviour of a wire contract on purpose, in sandbox mode: slower, or refusing, or both. */
export interface Fault {
  /** set by {@link putFault} */
  id: string
  /** `saas-fulfillment`, `metering`, `directory` */
  contract: string
  /** one call of the contract; null: all of them */
  operation: string | null
  /** only calls whose path names this subscription; null: all */
  subscriptionId: string | null
  /** share of the calls that are hit, above 0 up to 1 */
  rate: number
  /** HTTP status that is answered instead of doing anything; null: the call is done */
  status: number | null
  /** milliseconds to wait first; null: none */
  latencyMs: number | null
  /** calls that are still hit; null: no limit */
  remaining: number | null
}

/** The calls of each contract that can be named in a fault. */
export const faultyCalls: Readonly<Record<string, readonly string[]>> = {
  'saas-fulfillment': ['resolve', 'list', 'get', 'plans', 'activate', 'update', 'cancel', 'operations', 'operation', 'answer'],
  metering: ['usageEvent', 'batchUsageEvent', 'usageEvents'],
  directory: ['token', 'authorize', 'keys'],
}

/** Milliseconds that a call may be held up on purpose. */
export const longestFaultMs = 60_000

interface Row extends Omit<Fault, 'rate'> {
  rate: string
}

const columns = sql`id, contract, operation, subscription as "subscriptionId", rate, status, latency_ms as "latencyMs", remaining`

const faultOf = (row: Row): Fault => ({ ...row, rate: Number(row.rate) })

/** Sets a fault; it replaces the one for the same contract, operation and subscription. */
export async function putFault(ctx: Pick<Ctx, 'tx' | 'wall'>, fault: Omit<Fault, 'id'>): Promise<void> {
  await ctx.tx.execute(sql`
    insert into kernel.fault (id, contract, operation, subscription, rate, status, latency_ms, remaining, wall_at)
    values (${newId<'fault'>()}, ${fault.contract}, ${fault.operation}, ${fault.subscriptionId}, ${fault.rate}, ${fault.status},
      ${fault.latencyMs}, ${fault.remaining}, ${ctx.wall.toString()}::timestamptz)
    on conflict (contract, operation, subscription) do update set
      rate = excluded.rate, status = excluded.status, latency_ms = excluded.latency_ms, remaining = excluded.remaining, wall_at = excluded.wall_at`)
}

/** The faults that are set, the oldest first. */
export async function listFaults(ctx: Pick<Ctx, 'tx'>): Promise<Fault[]> {
  return rowsOf<Row>(await ctx.tx.execute(sql`select ${columns} from kernel.fault order by wall_at, id`)).map(faultOf)
}

/** Takes faults away: those that fit all that is named. Returns how many. */
export async function deleteFaults(
  ctx: Pick<Ctx, 'tx'>,
  which: { id?: string | undefined; contract?: string | undefined; operation?: string | undefined; subscriptionId?: string | undefined },
): Promise<number> {
  const result = await ctx.tx.execute(sql`
    delete from kernel.fault where
      (${which.id ?? null}::uuid is null or id = ${which.id ?? null})
      and (${which.contract ?? null}::text is null or contract = ${which.contract ?? null})
      and (${which.operation ?? null}::text is null or operation = ${which.operation ?? null})
      and (${which.subscriptionId ?? null}::text is null or subscription = ${which.subscriptionId ?? null})
    returning id`)
  return rowsOf(result).length
}

/**
 * What a call that begins now needs to know of the sandbox, in one question to the database: how far market time is ahead of the machine's, in
 * microseconds, and the fault that fits the call best. A fault with a limited number is not yet used up by this, see {@link useUpFault}.
 */
export async function beginSandboxCall(
  tx: Tx,
  call: { contract: string; operation: string | undefined; subscriptionId: string | undefined },
): Promise<{ offsetUs: bigint; fault: Fault | null }> {
  const rows = rowsOf<Row & { offset_us: string }>(
    await tx.execute(sql`
      select c.offset_us, f.* from kernel.clock c left join lateral (
        select ${columns} from kernel.fault
        where contract = ${call.contract} and (operation is null or operation = ${call.operation ?? null})
          and (subscription is null or subscription = ${call.subscriptionId ?? null}) and (remaining is null or remaining > 0)
        order by subscription nulls last, operation nulls last limit 1) f on true`),
  )
  const [row] = rows
  if (!row) return { offsetUs: 0n, fault: null }
  const { offset_us: offsetUs, ...found } = row
  return { offsetUs: BigInt(offsetUs), fault: found.id === null ? null : faultOf(found) }
}

/** Counts one hit of a fault with a limited number. False when other calls have used it up. */
export async function useUpFault(tx: Tx, id: string): Promise<boolean> {
  const result = await tx.execute(sql`update kernel.fault set remaining = remaining - 1 where id = ${id} and remaining > 0 returning id`)
  return rowsOf(result).length > 0
}
