import { sql } from 'drizzle-orm'
import { createTransport } from 'nodemailer'
import { rowsOf, wallNow } from './clock.ts'
import { toInstant } from './columns.ts'
import type { Config } from './config.ts'
import type { Ctx } from './context.ts'
import type { Database, Tx } from './database.ts'
import { newId } from './ids.ts'
import type { Jobs } from './jobs.ts'
import { asConfigured } from './mail-templates.ts'
import type { Temporal } from 'temporal-polyfill'

export interface Message {
  /** one address */
  to: string
  subject: string
  text: string
  html?: string
  /** which of our mails it is, e.g. `purchase-confirmed` */
  template: string
}

export interface KeptMail {
  id: string
  to: string
  subject: string
  text: string
  html: string | null
  template: string
  state: 'captured' | 'queued' | 'sent' | 'failed'
  /** market time */
  at: Temporal.Instant
  wallAt: Temporal.Instant
  error: string | null
}

export interface Mail {
  /** Writes the mail in the transaction. In sandbox it stays captured; in production a job sends it after the commit. */
  send(ctx: Ctx, message: Message): Promise<void>
  /** Asked before each mail: whether the one it is for wants it. Without an answer every mail is sent. */
  setFilter(wanted: (ctx: Ctx, message: Pick<Message, 'to' | 'template'>) => Promise<boolean>): void
  /** The latest mails first. */
  list(ctx: Ctx, options?: { limit?: number; to?: string }): Promise<KeptMail[]>
}

const mailQueue = 'mail'

export function createMail(config: Config, database: Database, jobs: Jobs): Mail {
  const captured = config.mode === 'sandbox'
  if (!captured) jobs.register<{ id: string }>(mailQueue, ({ id }) => deliver(config, database, id))
  let wanted: (ctx: Ctx, message: Pick<Message, 'to' | 'template'>) => Promise<boolean> = async () => true
  return {
    setFilter(filter) {
      wanted = filter
    },
    async send(ctx, message) {
      if (!(await wanted(ctx, message))) return
      const { to, subject, text, html, template } = await asConfigured(ctx, config, message)
      const id = newId<'mail'>()
      await ctx.tx.execute(sql`
        insert into kernel.mail (id, at, wall_at, template, recipient, subject, text, html, state)
        values (${id}, ${ctx.now.toString()}::timestamptz, ${ctx.wall.toString()}::timestamptz, ${template}, ${oneLine(to)}, ${oneLine(subject)}, ${text},
          ${html ?? null}, ${captured ? 'captured' : 'queued'})`)
      if (!captured) await jobs.send(ctx, mailQueue, { id })
    },
    async list(ctx, { limit = 100, to } = {}) {
      const rows = rowsOf<
        Record<'id' | 'recipient' | 'subject' | 'text' | 'template', string> & {
          html: string | null
          state: KeptMail['state']
          at: unknown
          wall_at: unknown
          error: string | null
        }
      >(
        await ctx.tx.execute(sql`
          select id, recipient, subject, text, html, template, state, at, wall_at, error from kernel.mail
          where ${to === undefined ? sql`true` : sql`lower(recipient) = lower(${to})`} order by wall_at desc, id desc limit ${limit}`),
      )
      return rows.map(({ recipient, wall_at, at, ...row }) => ({ ...row, to: recipient, at: toInstant(at), wallAt: toInstant(wall_at) }))
    },
  }
}

/** Deletes mails that are older and not waiting to be sent, at most `most`; returns how many. */
export async function deleteMailBefore(tx: Tx, wall: Temporal.Instant, most: number): Promise<number> {
  const gone = await tx.execute(sql`
    delete from kernel.mail where id in (
      select id from kernel.mail where state <> 'queued' and wall_at < ${wall.toString()}::timestamptz limit ${most}) returning 1`)
  return rowsOf(gone).length
}

/** A line break in a header would begin another header. */
const oneLine = (text: string) => text.replace(/[\r\n]+/g, ' ').trim()

async function deliver(config: Config, database: Database, id: string): Promise<void> {
  const result = await database.db.execute(sql`select recipient, subject, text, html from kernel.mail where id = ${id} and state <> 'sent'`)
  const mail = rowsOf<{ recipient: string; subject: string; text: string; html: string | null }>(result)[0]
  if (!mail) return
  const transport = createTransport(config.smtpUrl)
  try {
    // The message id makes a repeated delivery recognisable.
    await transport.sendMail({
      from: config.mailFrom,
      to: mail.recipient,
      subject: mail.subject,
      text: mail.text,
      ...(mail.html === null ? {} : { html: mail.html }),
      messageId: `<${id}@${new URL(config.publicUrl).hostname}>`,
    })
  } catch (error) {
    await database.db.execute(
      sql`update kernel.mail set state = 'failed', error = ${error instanceof Error ? error.message : String(error)} where id = ${id}`,
    )
    throw error
  } finally {
    transport.close()
  }
  await database.db.execute(
    sql`update kernel.mail set state = 'sent', error = null, sent_at = ${wallNow().toString()}::timestamptz where id = ${id}`,
  )
}
