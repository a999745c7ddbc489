import { sql } from 'drizzle-orm'
import type { Ctx } from './context.ts'

export interface DomainEvent<P = unknown> {
  type: string
  version: number
  publisherId: string | undefined
  payload: P
}

type Handler = (ctx: Ctx, event: DomainEvent<never>) => Promise<void>

export interface Events {
  /** Adds a handler that runs in the publishing transaction, after those added before it. */
  on<P>(type: string, handler: (ctx: Ctx, event: DomainEvent<P>) => Promise<void>): void
  /** Records the event (`kernel.event`) and runs its handlers; a handler's failure undoes everything. */
  publish<P>(ctx: Ctx, event: { type: string; version?: number; publisherId?: string | undefined; payload: P }): Promise<void>
}

/** News travels to rooms on the right by events, in the same transaction. */
export function createEvents(): Events {
  const handlers = new Map<string, Handler[]>()
  return {
    on(type, handler) {
      const list = handlers.get(type) ?? []
      list.push(handler as Handler)
      handlers.set(type, list)
    },
    async publish(ctx, { type, version = 1, publisherId, payload }) {
      await ctx.tx.execute(sql`
        insert into kernel.event (at, wall_at, publisher_id, type, version, payload)
        values (${ctx.now.toString()}, ${ctx.wall.toString()}, ${publisherId ?? null}, ${type}, ${version}, ${JSON.stringify(payload)}::jsonb)`)
      for (const handler of handlers.get(type) ?? []) await handler(ctx, { type, version, publisherId, payload: payload as never })
    },
  }
}
