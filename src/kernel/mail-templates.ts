import { sql } from 'drizzle-orm'
import escapeHtml from 'escape-html'
import type { Temporal } from 'temporal-polyfill'
import type { Audit } from './audit.ts'
import { authorize } from './authorization.ts'
import { rowsOf, utcDate } from './clock.ts'
import { toInstant } from './columns.ts'
import type { Config } from './config.ts'
import type { Ctx } from './context.ts'
import { type ErrorDetail, invalid, notFound } from './errors.ts'
import type { Message } from './mail.ts'

/** Every mail that the marketplace writes, by the name that is kept with it. */
export const mailTemplates: Readonly<Record<string, { title: string; readers: 'Customers' | 'Publishers' | 'People' | 'Staff' }>> = {
  'configure-now': { title: 'Purchase: configure now', readers: 'Customers' },
  invoice: { title: 'New invoice', readers: 'Customers' },
  'credit-note': { title: 'New credit note', readers: 'Customers' },
  statement: { title: 'Quarterly statement', readers: 'Customers' },
  'payment-failed': { title: 'Payment failed', readers: 'Customers' },
  'payment-reminder': { title: 'Payment reminder', readers: 'Customers' },
  'payment-received': { title: 'Payment received', readers: 'Customers' },
  'cancelled-unpaid': { title: 'Cancelled because it was not paid', readers: 'Customers' },
  'request-waiting': { title: 'Purchase request waits for approval', readers: 'Customers' },
  'request-approved': { title: 'Purchase request approved', readers: 'Customers' },
  'request-denied': { title: 'Purchase request denied', readers: 'Customers' },
  'request-expired': { title: 'Purchase request expired', readers: 'Customers' },
  'offer-removal': { title: 'An offer ends', readers: 'Customers' },
  'offer-removal-withdrawn': { title: 'An offer does not end after all', readers: 'Customers' },
  'offer-update-preview': { title: 'Preview of an update is ready', readers: 'Publishers' },
  'offer-sign-off': { title: 'Preview is ready', readers: 'Publishers' },
  'offer-attention': { title: 'Publishing needs attention', readers: 'Publishers' },
  'offer-certification-report': { title: 'Certification report', readers: 'Publishers' },
  'offer-live': { title: 'Offer is live', readers: 'Publishers' },
  'offer-publishing-cancelled': { title: 'Publishing was cancelled', readers: 'Publishers' },
  'offer-removal-announced': { title: 'Removal of an offer was announced', readers: 'Publishers' },
  'lead-undelivered': { title: 'Leads could not be delivered', readers: 'Publishers' },
  'lead-created': { title: 'New lead', readers: 'Publishers' },
  'payout-profile-submitted': { title: 'Bank account was entered', readers: 'Publishers' },
  'payout-held': { title: 'Payout waits', readers: 'Publishers' },
  'payout-sent': { title: 'Payout was sent', readers: 'Publishers' },
  'payout-returned': { title: 'Payout was returned', readers: 'Publishers' },
  'payout-adjusted': { title: 'Adjustment of the balance', readers: 'Publishers' },
  'agreement-version': { title: 'New version of an agreement', readers: 'Publishers' },
  'account-claim': { title: 'Claim an account', readers: 'Publishers' },
  'account-email-confirm': { title: 'Confirm the address', readers: 'Publishers' },
  'account-verified': { title: 'Account was verified', readers: 'Publishers' },
  'verification-refused': { title: 'A step of verification was refused', readers: 'Publishers' },
  'publisher-suspended': { title: 'Publisher was suspended', readers: 'Publishers' },
  'publisher-reinstated': { title: 'Publisher was reinstated', readers: 'Publishers' },
  'publisher-closed': { title: 'Publisher was closed', readers: 'Publishers' },
  'tracking-guid': { title: 'Tracking GUID', readers: 'Publishers' },
  'account-invitation': { title: 'Invitation to an account', readers: 'People' },
  registration: { title: 'Registration of a company', readers: 'People' },
  'personal-account': { title: 'Personal account', readers: 'People' },
  'password-reset': { title: 'New password', readers: 'People' },
  impersonation: { title: 'An operator looks at an account', readers: 'People' },
  'support-received': { title: 'Support request received', readers: 'People' },
  'support-answer': { title: 'Answer to a support request', readers: 'People' },
  'support-closed': { title: 'Support request closed', readers: 'People' },
  'support-incoming': { title: 'Support request came in', readers: 'Staff' },
}

/** What may stand in double braces, and what it becomes. */
const mailPlaceholders = {
  subject: 'The standard subject',
  text: 'The standard text, with all facts and links',
  brand: 'The name of the marketplace',
  site: 'The address of the marketplace',
  to: 'The address of the reader',
  date: 'The day, as 2026-11-21',
} as const

type Placeholder = keyof typeof mailPlaceholders

export interface MailOverride {
  subject: string
  body: string
}

export interface MailTemplate {
  name: string
  title: string
  readers: string
  override: (MailOverride & { changedBy: string; changedAt: Temporal.Instant }) | null
}

const longest = { subject: 200, body: 10_000 }
const braces = /\{\{\s*([^{}]*?)\s*\}\}/g
/** What changes nothing. */
export const standardMail: MailOverride = { subject: '{{subject}}', body: '{{text}}' }

async function stored(ctx: Ctx, template?: string) {
  return rowsOf<MailOverride & { template: string; changed_by: string; wall_at: unknown }>(
    await ctx.tx.execute(
      sql`select template, subject, body, changed_by, wall_at from kernel.mail_template where ${template === undefined ? sql`true` : sql`template = ${template}`}`,
    ),
  )
}

function fill(text: string, values: Record<Placeholder, string>): string {
  return text.replaceAll(braces, (whole, name: string) => (Object.hasOwn(values, name) ? values[name as Placeholder] : whole))
}

function rendered(
  ctx: Pick<Ctx, 'now'>,
  config: Config,
  { subject, body }: MailOverride,
  message: Omit<Message, 'template'>,
): Omit<Message, 'template'> {
  const values = {
    subject: message.subject,
    text: message.text,
    brand: config.brand.name,
    site: config.publicUrl,
    to: message.to,
    date: utcDate(ctx.now).toString(),
  }
  const paragraphs = (text: string) =>
    fill(text, values)
      .split(/\n{2,}/)
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .map((one) => `<p>${escapeHtml(one).replaceAll('\n', '<br>')}</p>`)
      .join('\n')
  const html = message.html
  const around = body.split(/\{\{\s*text\s*\}\}/)
  return {
    to: message.to,
    subject: fill(subject, values),
    text: fill(body, values),
    ...(html === undefined ? {} : { html: around.map(paragraphs).join(`\n${html}\n`) }),
  }
}

/** The message as it goes out: the standard one, or as the operator has changed it. */
export async function asConfigured(ctx: Ctx, config: Config, message: Message): Promise<Message> {
  const [override] = await stored(ctx, message.template)
  return override ? { ...rendered(ctx, config, override, message), template: message.template } : message
}

export interface MailTemplates {
  /** what may stand in double braces, and what it becomes */
  placeholders: Readonly<Record<string, string>>
  /** what changes nothing */
  standard: MailOverride
  /** All mails by reader and title. @throws forbidden */
  list(ctx: Ctx): Promise<MailTemplate[]>
  /** @throws forbidden, not-found */
  get(ctx: Ctx, name: string): Promise<MailTemplate>
  /** How a mail would look; @throws forbidden, not-found, invalid naming each field */
  preview(ctx: Ctx, name: string, override: MailOverride): Promise<{ subject: string; text: string }>
  /** Mails written from now on look like that. @throws forbidden, not-found, invalid naming each field */
  save(ctx: Ctx, name: string, override: MailOverride): Promise<void>
  /** Back to the standard. @throws forbidden, not-found */
  reset(ctx: Ctx, name: string): Promise<void>
}

/** The operator's hand on the marketplace's mails: the subject, and what stands around the text. Facts and links always stay. */
export function createMailTemplates(config: Config, audit: Audit): MailTemplates {
  function known(ctx: Ctx, name: string) {
    authorize(ctx.principal, 'mail.configure')
    const template = Object.hasOwn(mailTemplates, name) ? mailTemplates[name] : undefined
    if (!template) throw notFound('TemplateNotFound', 'There is no such mail.')
    return template
  }

  function checked({ subject, body }: MailOverride): MailOverride {
    const given = { subject: subject.replaceAll(/\s+/g, ' ').trim(), body: body.replaceAll('\r\n', '\n').trim() }
    const problems: ErrorDetail[] = []
    const say = (target: string, message: string) => void problems.push({ code: 'InvalidTemplate', target, message })
    for (const name of ['subject', 'body'] as const) {
      const text = given[name]
      if (text === '' || text.length > longest[name]) say(name, `It has 1 to ${longest[name].toLocaleString('en-US')} characters.`)
      for (const [, placeholder = ''] of text.matchAll(braces)) {
        if (!Object.hasOwn(mailPlaceholders, placeholder)) say(name, `{{${placeholder}}} is no placeholder of mails.`)
      }
      if (/\{\{|\}\}/.test(text.replaceAll(braces, ''))) say(name, 'A brace is missing: placeholders look like {{text}}.')
    }
    if (/\{\{\s*text\s*\}\}/.test(given.subject)) say('subject', '{{text}} has no place in a subject.')
    if ([...given.body.matchAll(/\{\{\s*text\s*\}\}/g)].length !== 1)
      say('body', 'The body has {{text}} exactly once: the reader needs its facts and links.')
    if (problems.length > 0) throw invalid('InvalidTemplate', problems[0]?.message ?? '', { details: problems })
    return given
  }

  const shown = (name: string, rows: Awaited<ReturnType<typeof stored>>): MailTemplate => {
    const row = rows.find((one) => one.template === name)
    return {
      name,
      title: mailTemplates[name]?.title ?? name,
      readers: mailTemplates[name]?.readers ?? 'People',
      override: row ? { subject: row.subject, body: row.body, changedBy: row.changed_by, changedAt: toInstant(row.wall_at) } : null,
    }
  }

  return {
    placeholders: mailPlaceholders,
    standard: standardMail,
    async list(ctx) {
      authorize(ctx.principal, 'mail.configure')
      const rows = await stored(ctx)
      return Object.keys(mailTemplates).map((name) => shown(name, rows))
    },
    async get(ctx, name) {
      known(ctx, name)
      return shown(name, await stored(ctx, name))
    },
    async preview(ctx, name, override) {
      const { title } = known(ctx, name)
      const given = checked(override)
      const [newest] = rowsOf<{ subject: string; text: string; recipient: string }>(
        await ctx.tx.execute(sql`select subject, text, recipient from kernel.mail where template = ${name} order by wall_at desc limit 1`),
      )
      // What was written under a change already has it in its text.
      const isChanged = (await stored(ctx, name)).length > 0
      const sample =
        newest && !isChanged
          ? { to: newest.recipient, subject: newest.subject, text: newest.text }
          : { to: 'reader@company.example', subject: title, text: '(The standard text of this mail, with its facts and links.)' }
      const { subject, text } = rendered(ctx, config, given, sample)
      return { subject, text }
    },
    async save(ctx, name, override) {
      known(ctx, name)
      const given = checked(override)
      const [before] = await stored(ctx, name)
      const by = ctx.principal.kind === 'user' ? ctx.principal.email : ctx.principal.kind
      await ctx.tx.execute(sql`
        insert into kernel.mail_template (template, subject, body, changed_by, wall_at)
        values (${name}, ${given.subject}, ${given.body}, ${by}, ${ctx.wall.toString()}::timestamptz)
        on conflict (template) do update set subject = excluded.subject, body = excluded.body, changed_by = excluded.changed_by, wall_at = excluded.wall_at`)
      await audit.record(ctx, {
        action: 'mail-template.change',
        target: `mail-template:${name}`,
        ...(before ? { before: { subject: before.subject, body: before.body } } : {}),
        after: given,
      })
    },
    async reset(ctx, name) {
      known(ctx, name)
      const [before] = await stored(ctx, name)
      if (!before) return
      await ctx.tx.execute(sql`delete from kernel.mail_template where template = ${name}`)
      await audit.record(ctx, {
        action: 'mail-template.reset',
        target: `mail-template:${name}`,
        before: { subject: before.subject, body: before.body },
      })
    },
  }
}
