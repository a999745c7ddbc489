import { and, asc, desc, eq, isNull, lte, sql } from 'drizzle-orm'
import type { Temporal } from 'temporal-polyfill'
import { isAnyOf } from '../../kernel/bulk.ts'
import { rowsOf, startOfDay, utcDate } from '../../kernel/clock.ts'
import { type Ctx, system } from '../../kernel/context.ts'
import { newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { type Decimal, formatMoney } from '../../kernel/money.ts'
import { type Invoice, invoicesOn, type Statement, type StatementDetail } from './views.ts'
import { takeNumbers } from './series.ts'
import { sum } from './line.ts'
import { invoice, statement } from './schema.ts'

const due = 'billing.statement'
const mailQueue = 'billing.statement-mail'
/** Days until the documents of a statement must be paid. */
const daysToPay = 30
/** Customers (and currencies) of one transaction. */
const perRun = 200

/**
 * The day on which a document of an enterprise customer is presented: the first of a quarter, today included only for the run of the month that
 * ends the quarter.
 */
export function statementDay(today: Temporal.PlainDate, reason: string): Temporal.PlainDate {
  const quarter = today.with({ month: today.month - ((today.month - 1) % 3), day: 1 })
  return reason === 'monthly' && today.equals(quarter) ? quarter : quarter.add({ months: 3 })
}

/** When the documents of a day's statements have to be paid. */
export const statementDue = (day: Temporal.PlainDate) => day.add({ days: daysToPay })

/** Enterprise agreements: billed every month, presented and collected once a quarter (AC-150). */
export function createStatements(kernel: Kernel, collect: (ctx: Ctx, documents: Invoice[]) => Promise<void>) {
  kernel.due.register(due, {
    async run(ctx, item) {
      const waiting = await ctx.tx
        .select()
        .from(invoice)
        .where(
          and(
            isNull(invoice.statement),
            lte(invoice.statementOn, utcDate(ctx.now)),
            sql`(${invoice.customerTenantId}, ${invoice.currency}) in (select customer_tenant_id, currency from billing.invoice
              where statement is null and statement_on <= ${utcDate(ctx.now).toString()}::date group by 1, 2 order by 1, 2 limit ${perRun})`,
          ),
        )
        .orderBy(asc(invoice.number))
        .for('update')
      if (waiting.length === 0) return
      const groups = Map.groupBy(waiting, (row) => `${row.customerTenantId} ${row.currency} ${row.statementOn?.toString()}`)
      if (new Set(waiting.map((row) => `${row.customerTenantId} ${row.currency}`)).size === perRun) {
        await kernel.due.schedule(ctx, { kind: due, key: item.key, at: item.at })
      }
      const numbers = await takeNumbers(ctx, 'statement', groups.size)
      const made: Statement[] = [...groups.values()].map((documents, n) => {
        const [{ customerTenantId, currency, statementOn }] = documents as [Invoice]
        const day = statementOn as Temporal.PlainDate
        const common = { customerTenantId, currency, statementOn: day, issuedAt: ctx.now, dueOn: statementDue(day), mailedAt: null }
        return { id: newId<'statement'>(), number: numbers[n] as string, ...common }
      })
      await ctx.tx.insert(statement).values(made)
      for (const [n, documents] of [...groups.values()].entries()) {
        await ctx.tx
          .update(invoice)
          .set({ statement: (made[n] as Statement).id })
          .where(
            isAnyOf(
              invoice.id,
              documents.map((row) => row.id),
            ),
          )
      }
      await collect(
        ctx,
        waiting.filter((row) => row.state === 'open'),
      )
      await kernel.jobs.send(ctx, mailQueue, { statements: made.map((row) => row.id) })
    },
  })

  kernel.jobs.register<{ statements: string[] }>(mailQueue, ({ statements }) =>
    kernel.run(system, async (ctx) => {
      for (const row of await takeUnmailed(ctx, statements)) {
        const total = formatMoney(row.total, row.currency)
        await kernel.mail.send(ctx, {
          to: row.contact,
          subject: `Your statement ${row.number}: ${total}`,
          text: [
            `Your statement ${row.number} presents the ${row.documents === 1 ? 'document' : `${row.documents} documents`} of the last quarter. Together they come to ${total}.`,
            `What is open is due on ${row.due_on}.`,
            '',
            `All of it, and a PDF: ${kernel.config.publicUrl}/account/statements/${row.id}`,
            '',
            kernel.config.brand.name,
          ].join('\n'),
          template: 'statement',
        })
      }
    }),
  )

  return {
    /** Has the statements of these days made. */
    async scheduleFor(ctx: Ctx, days: readonly Temporal.PlainDate[]): Promise<void> {
      for (const key of new Set(days.map((day) => day.toString()))) {
        const day = days.find((one) => one.toString() === key) as Temporal.PlainDate
        await kernel.due.schedule(ctx, { kind: due, key, at: startOfDay(day) })
      }
    },
  }
}

interface Unmailed {
  id: string
  number: string
  currency: string
  due_on: string
  total: string
  documents: number
  contact: string
}

/** Those that no mail was written about, marked as if it were. */
async function takeUnmailed(ctx: Ctx, statements: string[]): Promise<Unmailed[]> {
  const rows = rowsOf<Unmailed & { contact: string | null }>(
    await ctx.tx.execute(sql`
      update billing.statement s set mailed_at = ${ctx.now.toString()}::timestamptz
      where id = any(${sql.param(statements)}::uuid[]) and mailed_at is null
      returning id, number, currency, to_char(due_on, 'YYYY-MM-DD') as due_on,
        (select sum(total)::text from billing.invoice i where i.statement = s.id) as total,
        (select count(*)::int from billing.invoice i where i.statement = s.id) as documents,
        (select c.contact from billing.invoice i join billing.invoice_line l on l.invoice = i.id join billing.contract c on c.subscription = l.subscription
          where i.statement = s.id and c.contact <> '' order by i.issued_at desc, l.position limit 1) as contact`),
  )
  return rows.filter((row) => row.contact !== null)
}

/** Statements of a customer, newest first. */
export async function statementsOf(ctx: Ctx, customerTenantId: string, limit = 100): Promise<StatementDetail[]> {
  const rows = await ctx.tx
    .select()
    .from(statement)
    .where(eq(statement.customerTenantId, customerTenantId))
    .orderBy(desc(statement.issuedAt), desc(statement.number))
    .limit(limit)
  return withDocuments(ctx, rows)
}

export async function findStatement(ctx: Ctx, id: string): Promise<StatementDetail | null> {
  const rows = await ctx.tx.select().from(statement).where(eq(statement.id, id))
  return (await withDocuments(ctx, rows))[0] ?? null
}

async function withDocuments(ctx: Ctx, rows: Statement[]): Promise<StatementDetail[]> {
  const documents = await invoicesOn(
    ctx,
    rows.map((row) => row.id),
  )
  return rows.map((row) => {
    const of = documents.filter((one) => one.statement === row.id)
    const total = (amount: (one: Invoice) => Decimal) => sum(of.map(amount))
    return { ...row, documents: of, net: total((one) => one.net), tax: total((one) => one.tax), total: total((one) => one.total) }
  })
}
