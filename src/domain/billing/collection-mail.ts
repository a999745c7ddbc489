import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf } from '../../kernel/clock.ts'
import type { Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { formatMoney } from '../../kernel/money.ts'
import type { CancelledPayload } from '../subscriptions/index.ts'
import type { invoice } from './schema.ts'

type InvoiceRow = typeof invoice.$inferSelect

const minute = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const dayOf = (at: Temporal.Instant) => minute.format(at.epochMilliseconds)

/** What the payer is told while money is missing. To whoever accepted the agreement billed first on the invoice. */
export function createCollectionMail(kernel: Kernel) {
  async function send(ctx: Ctx, row: InvoiceRow, template: string, subject: string, sentences: string[]): Promise<void> {
    const [to] = rowsOf<{ contact: string }>(
      await ctx.tx.execute(sql`
        select c.contact from billing.invoice_line l join billing.contract c on c.subscription = l.subscription
        where l.invoice = ${row.id} and c.contact <> '' order by l.position limit 1`),
    )
    if (!to) return
    const address = `${kernel.config.publicUrl}/account`
    const text = [
      ...sentences,
      '',
      `The invoice, and a button to pay it: ${address}/invoices/${row.id}`,
      `Payment method: ${address}/billing`,
      '',
      kernel.config.brand.name,
    ].join('\n')
    await kernel.mail.send(ctx, { to: to.contact, subject, text, template })
  }

  const what = (row: InvoiceRow) => `Invoice ${row.number} of ${formatMoney(row.total, row.currency)}`

  return {
    paymentFailed: (ctx: Ctx, row: InvoiceRow, failure: string, again: Temporal.Instant | null) =>
      send(ctx, row, 'payment-failed', `Payment of ${row.number} failed`, [
        `${what(row)} could not be collected: ${failure}`,
        again
          ? `We try again on ${dayOf(again)}. If the last attempt fails, the subscriptions on it are suspended.`
          : 'This was the last attempt of the schedule.',
      ]),

    reminder: (ctx: Ctx, row: InvoiceRow, last: boolean) =>
      send(ctx, row, 'payment-reminder', `${last ? 'Last reminder' : 'Reminder'}: ${row.number} is not paid`, [
        `${what(row)} was due on ${row.dueOn.toString()} and no payment has arrived. Please transfer it, stating ${row.number}.`,
      ]),

    suspended: (ctx: Ctx, row: InvoiceRow) =>
      send(ctx, row, 'suspended', `Suspended: ${row.number} is not paid`, [
        `${what(row)} is not paid. The subscriptions on it are suspended from now on.`,
        'They come back as soon as the invoice is paid. After 30 days they are cancelled.',
      ]),

    received: (ctx: Ctx, row: InvoiceRow) =>
      send(ctx, row, 'payment-received', `Paid: ${row.number}`, [
        `${what(row)} is paid. Suspended subscriptions are active again as soon as their publisher has confirmed it.`,
      ]),

    async endedUnpaid(ctx: Ctx, payload: CancelledPayload): Promise<void> {
      const [to] = rowsOf<{ contact: string; offer_name: string }>(
        await ctx.tx.execute(
          sql`select contact, offer_name from billing.contract where subscription = ${payload.subscription} and contact <> ''`,
        ),
      )
      if (!to) return
      await kernel.mail.send(ctx, {
        to: to.contact,
        subject: `Cancelled: ${to.offer_name}`,
        text: [
          `Your subscription to ${to.offer_name} was suspended for 30 days because of a missing payment and is cancelled now.`,
          'What was billed before is still owed.',
          '',
          `Invoices: ${kernel.config.publicUrl}/account/invoices`,
          '',
          kernel.config.brand.name,
        ].join('\n'),
        template: 'cancelled-unpaid',
      })
    },
  }
}
