import { sql } from 'drizzle-orm'
import type { Ctx } from './context.ts'

export interface DomainEvent<P = unknown> {
  type: string
  version: number
  publisherId: string | undefined
  payload: P
}

type Handler = (ctx: Ctx, event: DomainEvent<never>) => Promise<void>
type Together = (ctx: Ctx, events: DomainEvent<never>[]) => Promise<void>

export interface Events {
  /**
   * Adds a handler that runs in the publishing transaction, after those added before it. One that takes events `together` is given all of
   * {@link Events.publishAll} at once.
   */
  on<P>(
    type: string,
    handler: (ctx: Ctx, event: DomainEvent<P>) => Promise<void>,
    together?: (ctx: Ctx, events: DomainEvent<P>[]) => Promise<void>,
  ): void
  /** Records the event (`kernel.event`) and runs its handlers; a handler's failure undoes everything. */
  publish<P>(ctx: Ctx, event: { type: string; version?: number; publisherId?: string | undefined; payload: P }): Promise<void>
  /** The same for many events of one type that happen at once, independent of each other: in few statements. */
  publishAll<P>(ctx: Ctx, type: string, events: readonly { publisherId?: string | undefined; payload: P }[]): Promise<void>
}

/** News travels to rooms on the right by events, in the same transaction. */
export function createEvents(): Events {
  const handlers = new Map<string, { one: Handler; together: Together | undefined }[]>()
  return {
    on(type, handler, together) {
      const list = handlers.get(type) ?? []
      list.push({ one: handler as Handler, together: together as Together | undefined })
      handlers.set(type, list)
    },
    async publish(ctx, { type, version = 1, publisherId, payload }) {
      await ctx.tx.execute(sql`
        insert into kernel.event (at, wall_at, publisher_id, type, version, payload)
        values (${ctx.now.toString()}, ${ctx.wall.toString()}, ${publisherId ?? null}, ${type}, ${version}, ${JSON.stringify(payload)}::jsonb)`)
      for (const { one } of handlers.get(type) ?? []) await one(ctx, { type, version, publisherId, payload: payload as never })
    },
    async publishAll(ctx, type, published) {
      if (published.length === 0) return
      await ctx.tx.execute(sql`
        insert into kernel.event (at, wall_at, publisher_id, type, version, payload)
        select ${ctx.now.toString()}::timestamptz, ${ctx.wall.toString()}::timestamptz, e.publisher_id, ${type}, 1, e.payload
        from unnest(${sql.param(published.map(({ publisherId }) => publisherId ?? null))}::text[],
          ${sql.param(published.map(({ payload }) => JSON.stringify(payload)))}::jsonb[]) as e(publisher_id, payload)`)
      const events = published.map(({ publisherId, payload }) => ({ type, version: 1, publisherId, payload: payload as never }))
      for (const { one, together } of handlers.get(type) ?? []) {
        if (together) await together(ctx, events)
        else for (const event of events) await one(ctx, event)
      }
    },
  }
}
