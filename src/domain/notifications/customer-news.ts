import { and, desc, eq, isNull, or, type SQL, sql } from 'drizzle-orm'
import { allows, authorize } from '../../kernel/authorization.ts'
import type { Ctx, UserPrincipal } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Directory } from '../directory/index.ts'
import { customerNotification, customerSeen } from './schema.ts'
import type { Notification } from './service.ts'

/** News for people of a customer. */
export interface CustomerNews {
  tenantId: string
  /** all who administer the organisation's purchases, or one person */
  to: 'administrators' | { objectId: string; email: string }
  /** who caused it and is not told */
  except?: string | undefined
  /** which of our messages it is, also the mail's template: `request-waiting` */
  kind: string
  /** one line; the mail's subject */
  title: string
  /** plain text, with what to do about it */
  text: string
  /** address of the page that it is about, below the site */
  path: string
}

/** Notifications a page shows; older ones stay in the database. */
const pageSize = 100

/** What the people of customers should know: in their portal, and by mail where they want it. */
export function createCustomerNews(kernel: Kernel, directory: Pick<Directory, 'listUsers'>) {
  /** News for this person: what is for him alone, and for administrators what is for all of them. */
  function readable(user: UserPrincipal): SQL | undefined {
    const { tenantId, objectId } = user
    const forAll = allows(user, 'procurement.manage', { tenantId }) ? isNull(customerNotification.person) : undefined
    return and(eq(customerNotification.tenantId, tenantId), or(eq(customerNotification.person, objectId), forAll))
  }

  function reader(ctx: Ctx): UserPrincipal | null {
    const { principal } = ctx
    if (principal.kind !== 'user') return null
    authorize(principal, 'account.read', { tenantId: principal.tenantId })
    return principal
  }

  return {
    /** Writes news down and mails it to those whom it is for, in the transaction of what happened. */
    async tellCustomer(ctx: Ctx, news: CustomerNews): Promise<void> {
      const { tenantId, to, except, kind, title, text, path } = news
      await ctx.tx.insert(customerNotification).values({
        id: newId<'customer-notification'>(),
        tenantId,
        person: to === 'administrators' ? null : to.objectId,
        at: ctx.now,
        wallAt: ctx.wall,
        kind,
        title,
        text,
        path,
      })
      const addresses =
        to === 'administrators'
          ? (await administratorsOf(ctx, tenantId)).filter((user) => user.objectId !== except).map((user) => user.email)
          : [to.email]
      for (const address of addresses) {
        await kernel.mail.send(ctx, {
          to: address,
          subject: title,
          text: `${text}\n\n${kernel.config.publicUrl}${path}\n\nWhich mails you get: ${kernel.config.publicUrl}/account/notifications\n`,
          template: kind,
        })
      }
    },

    /** The visitor's newest notifications as a customer. */
    async customerNews(ctx: Ctx): Promise<Notification[]> {
      const user = reader(ctx)
      if (!user) return []
      const [mark] = await ctx.tx.select().from(customerSeen).where(eq(customerSeen.person, user.objectId))
      const rows = await ctx.tx
        .select()
        .from(customerNotification)
        .where(readable(user))
        .orderBy(desc(customerNotification.id))
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

    /** How many of them the visitor has not seen; at most a page's worth is counted. */
    async customerUnread(ctx: Ctx): Promise<number> {
      const user = reader(ctx)
      if (!user) return 0
      const unseen = sql`${customerNotification.id} > coalesce((
        select notification from notifications.customer_seen where person = ${user.objectId}), '00000000-0000-0000-0000-000000000000')`
      const newer = ctx.tx
        .select({ id: customerNotification.id })
        .from(customerNotification)
        .where(and(readable(user), unseen))
        .limit(pageSize)
      return (await newer).length
    },

    /** The visitor has seen everything there is now. */
    async markCustomerNewsSeen(ctx: Ctx): Promise<void> {
      const user = reader(ctx)
      if (!user) return
      const [newest] = await ctx.tx
        .select({ id: customerNotification.id })
        .from(customerNotification)
        .where(readable(user))
        .orderBy(desc(customerNotification.id))
        .limit(1)
      if (!newest) return
      await ctx.tx.execute(sql`
        insert into notifications.customer_seen (person, notification) values (${user.objectId}, ${newest.id})
        on conflict (person) do update set notification = greatest(customer_seen.notification, excluded.notification)`)
    },
  }

  /** Active people who decide about purchases of a tenant. */
  async function administratorsOf(ctx: Ctx, tenantId: string) {
    const users = await directory.listUsers(ctx, tenantId)
    return users.filter(({ objectId, email, displayName, roles, status }) => {
      const person: UserPrincipal = { kind: 'user', tenantId, objectId, email, displayName, roles }
      return status === 'active' && allows(person, 'procurement.manage', { tenantId })
    })
  }
}
