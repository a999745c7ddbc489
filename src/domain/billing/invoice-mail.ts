import { sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { rowsOf, utcDate } from '../../kernel/clock.ts'
import { toInstant } from '../../kernel/columns.ts'
import { system, type Ctx } from '../../kernel/context.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { formatMoney } from '../../kernel/money.ts'
import type { InvoiceKind } from './schema.ts'

const queue = 'billing.invoice-mail'

interface Mailed {
  id: string
  number: string
  kind: InvoiceKind
  total: string
  currency: string
  state: string
  issued_at: unknown
  due_on: string
  contact: string | null
  failure: string | null
  next_attempt_at: unknown
  charging: boolean
}

/** Tells customers about their documents, in a job: a month's run only queues. */
export function createInvoiceMail(kernel: Kernel): { announce(ctx: Ctx, invoices: string[]): Promise<void> } {
  kernel.jobs.register<{ invoices: string[] }>(queue, ({ invoices }) =>
    kernel.run(system, async (ctx) => {
      for (const row of await takeUnmailed(ctx, invoices)) {
        if (!row.contact) continue
        await kernel.mail.send(ctx, { to: row.contact, ...message(row, utcDate(toInstant(row.issued_at)), kernel), template: row.kind })
      }
    }),
  )
  return {
    async announce(ctx, invoices) {
      if (invoices.length > 0) await kernel.jobs.send(ctx, queue, { invoices })
    },
  }
}

/** Those that no mail was written about, marked as if it were; with the contact of the subscription billed first. */
async function takeUnmailed(ctx: Ctx, invoices: string[]): Promise<Mailed[]> {
  return rowsOf<Mailed>(
    await ctx.tx.execute(sql`
      update billing.invoice i set mailed_at = ${ctx.now.toString()}::timestamptz where id in ${invoices} and mailed_at is null
      returning id, number, kind, total::text as total, currency, state, issued_at, to_char(due_on, 'YYYY-MM-DD') as due_on,
        (select c.contact from billing.invoice_line l join billing.contract c on c.subscription = l.subscription
          where l.invoice = i.id and c.contact <> '' order by l.position limit 1) as contact,
        (select p.failure from billing.payment p where p.invoice = i.id order by p.at desc, p.id desc limit 1) as failure, next_attempt_at,
        exists (select from billing.payment p where p.invoice = i.id and p.state = 'processing') as charging`),
  )
}

function message(row: Mailed, issued: Temporal.PlainDate, { config }: Kernel): { subject: string; text: string } {
  const total = formatMoney(row.total, row.currency)
  const what = row.kind === 'invoice' ? 'invoice' : 'credit note'
  const paid =
    row.kind === 'credit-note'
      ? row.state === 'credited'
        ? 'The amount has been set off against what was open, or paid back to your payment method.'
        : 'The amount will be paid back to you.'
      : row.state === 'paid'
        ? 'It is paid; you need not do anything.'
        : row.charging
          ? 'Your card is being charged; you need not do anything.'
          : row.failure === null
            ? `Please pay it by ${row.due_on}, stating ${row.number}.`
            : `It could not be collected: ${row.failure}${
                row.next_attempt_at === null ? '' : ` We try again on ${utcDate(toInstant(row.next_attempt_at)).toString()}.`
              } You can choose another payment method and pay at once.`
  return {
    subject: `Your ${what} ${row.number}: ${total}`,
    text: [
      `Your ${what} ${row.number} of ${issued.toString()} comes to ${total}.`,
      paid,
      '',
      `Lines, tax and a PDF: ${config.publicUrl}/account/invoices/${row.id}`,
      '',
      config.brand.name,
    ].join('\n'),
  }
}
