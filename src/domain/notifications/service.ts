import { and, desc, eq, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { authorize } from '../../kernel/authorization.ts'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Accounts } from '../accounts/index.ts'
import type { Directory } from '../directory/index.ts'
import { createCustomerNews } from './customer-news.ts'
import { createMailChoices } from './mail-choices.ts'
import * as tables from './schema.ts'

/** News for the people of a publisher. */
export interface News {
  publisherId: string
  /** which of our messages it is, also the mail's template: `offer-sign-off` */
  kind: string
  /** one line; the mail's subject */
  title: string
  /** plain text, with what to do about it */
  text: string
  /** address of the page that it is about, below the site */
  path: string
  /** who gets it by mail as well */
  mailTo?: readonly string[]
}

export interface Notification {
  id: string
  at: Temporal.Instant
  kind: string
  title: string
  text: string
  path: string
  isNew: boolean
}

export type Notifications = ReturnType<typeof createNotifications>

/** Notifications a page shows; older ones stay in the database. */
const pageSize = 100

export interface NotificationsNeighbours {
  directory: Pick<Directory, 'findUserByEmail' | 'listUsers'>
  accounts: Pick<Accounts, 'publisher'>
}

/** What the people of publishers and of customers should know: in their portal, and by mail. */
export function createNotifications(kernel: Kernel, { directory, accounts }: NotificationsNeighbours) {
  /** The visitor, who must be one of the publisher's people. */
  async function reader(ctx: Ctx, publisherId: string): Promise<string | null> {
    const { tenantId } = await accounts.publisher(ctx, publisherId)
    authorize(ctx.principal, 'notification.read', { tenantId })
    return ctx.principal.kind === 'user' ? ctx.principal.objectId : null
  }

  return {
    /** Deletes news that are older (wall time), at most `most` of each audience; returns how many. */
    async forgetBefore(ctx: Ctx, wall: Temporal.Instant, most: number): Promise<number> {
      let deleted = 0
      for (const table of [sql`notifications.notification`, sql`notifications.customer_notification`]) {
        const gone = await ctx.tx.execute(sql`
          delete from ${table} where id in (select id from ${table} where wall_at < ${wall.toString()}::timestamptz limit ${most}) returning 1`)
        deleted += rowsOf(gone).length
      }
      return deleted
    },

    ...createCustomerNews(kernel, directory),
    ...createMailChoices(kernel, directory),

    /** Writes news down for the publisher's people and sends it to the addresses given, in the transaction of what happened. */
    async tell(ctx: Ctx, news: News): Promise<void> {
      const { publisherId, kind, title, text, path, mailTo = [] } = news
      await ctx.tx
        .insert(tables.notification)
        .values({ id: newId<'notification'>(), publisherId, at: ctx.now, wallAt: ctx.wall, kind, title, text, path })
      const body = `${text}\n\n${kernel.config.publicUrl}${path}\n`
      for (const to of new Set(mailTo.map((address) => address.trim().toLowerCase()))) {
        if (to !== '') await kernel.mail.send(ctx, { to, subject: title, text: body, template: kind })
      }
    },

    /** The newest notifications of a publisher. @throws forbidden, not-found `UnknownPublisher` */
    async list(ctx: Ctx, input: { publisherId: string }): Promise<Notification[]> {
      const person = await reader(ctx, input.publisherId)
      const [mark] = person
        ? await ctx.tx
            .select({ notification: tables.seen.notification })
            .from(tables.seen)
            .where(and(eq(tables.seen.publisherId, input.publisherId), eq(tables.seen.person, person)))
        : []
      const rows = await ctx.tx
        .select()
        .from(tables.notification)
        .where(eq(tables.notification.publisherId, input.publisherId))
        .orderBy(desc(tables.notification.id))
        .limit(pageSize)
      return rows.map(({ id, at, kind, title, text, path }) => ({
        id,
        at,
        kind,
        title,
        text,
        path,
        isNew: mark === undefined || id > mark.notification,
      }))
    },

    /** How many notifications of a publisher the visitor has not seen; at most a page's worth is counted. @throws forbidden */
    async unread(ctx: Ctx, input: { publisherId: string }): Promise<number> {
      const person = await reader(ctx, input.publisherId)
      if (person === null) return 0
      const [row] = rowsOf<{ n: number }>(
        await ctx.tx.execute(sql`
          select count(*)::int as n from (
            select from notifications.notification n where n.publisher_id = ${input.publisherId} and n.id > coalesce((
              select s.notification from notifications.seen s where s.publisher_id = ${input.publisherId} and s.person = ${person}),
              '00000000-0000-0000-0000-000000000000')
            limit ${pageSize}) newer`),
      )
      return row?.n ?? 0
    },

    /** The visitor has seen everything there is now. @throws forbidden */
    async markSeen(ctx: Ctx, input: { publisherId: string }): Promise<void> {
      const person = await reader(ctx, input.publisherId)
      if (person === null) return
      await ctx.tx.execute(sql`
        insert into notifications.seen (publisher_id, person, notification)
        select ${input.publisherId}, ${person}, n.id from notifications.notification n
        where n.publisher_id = ${input.publisherId} order by n.id desc limit 1
        on conflict (publisher_id, person) do update set notification = greatest(seen.notification, excluded.notification)`)
    },
  }
}
