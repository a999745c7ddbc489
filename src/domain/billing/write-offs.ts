import { and, desc, eq } from 'drizzle-orm'
import { authorize } from '../../kernel/authorization.ts'
import { isAnyOf } from '../../kernel/bulk.ts'
import type { Ctx } from '../../kernel/context.ts'
import { conflict, forbidden, invalid, notFound } from '../../kernel/errors.ts'
import { isUuid, newId } from '../../kernel/ids.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { convertFromUsd, type Decimal, formatMoney } from '../../kernel/money.ts'
import type { Offers } from '../offers/index.ts'
import { bookWriteOff, partsOf, type WriteOff } from './correction-books.ts'
import type { LinePart } from './correction.ts'
import { invoice } from './schema.ts'
import { takeNumbers } from './series.ts'
import { sum } from './line.ts'
import { identityOf } from './second-person.ts'
import { leftOf, paymentsUnderWay } from './settlement.ts'
import { writeOff } from './write-off-schema.ts'
import { type WriteOffState, writeOffStates, type WriteOffTrigger } from './write-off-states.ts'

type InvoiceRow = typeof invoice.$inferSelect

/** A write-off with what its page says of the invoice. */
export interface WriteOffView extends WriteOff {
  invoiceNumber: string
  customerName: string
}

/** What one operator does alone; a trigger of {@link writeOffStates} that people have. */
export type WriteOffDecision = Exclude<WriteOffTrigger, 'recover'>

/** Giving up what customers will never pay: asked for by an operator with a reason, above an amount approved by another, booked at once. */
export function createWriteOffs(kernel: Kernel, offers: Offers) {
  const { audit, events, config } = kernel

  /** Whether an amount needs a second person; where it cannot be compared, it does. */
  async function needsApproval(ctx: Ctx, amount: Decimal, currency: string): Promise<boolean> {
    const rates = await offers.rates(ctx)
    if (currency !== 'USD' && rates[currency] === undefined) return true
    return amount.greaterThan(convertFromUsd(config.writeOffAlone, currency, rates))
  }

  async function lock(ctx: Ctx, id: string): Promise<InvoiceRow> {
    const [row] = isUuid(id) ? await ctx.tx.select().from(invoice).where(eq(invoice.id, id)).for('update') : []
    if (!row) throw notFound('UnknownInvoice', 'There is no such invoice.', { target: 'invoice' })
    return row
  }

  /** What is left of an invoice that may be written off. @throws conflict `NotWrittenOff` */
  async function writable(ctx: Ctx, row: InvoiceRow): Promise<Decimal> {
    if (row.kind !== 'invoice' || row.state !== 'open') {
      const what = row.kind === 'invoice' ? row.state : 'a credit note'
      throw conflict('NotWrittenOff', `${row.number} is ${what}: only what is open of an invoice is written off.`)
    }
    if ((await paymentsUnderWay(ctx, [row.id])).has(row.id)) {
      throw conflict('NotWrittenOff', `${row.number} is being charged at this moment. Look again in a minute.`)
    }
    return (await leftOf(ctx, [row])).get(row.id) as Decimal
  }

  async function publish(ctx: Ctx, row: InvoiceRow, of: WriteOff, parts: readonly LinePart[]): Promise<void> {
    await events.publishAll(
      ctx,
      'invoice.written-off',
      [...Map.groupBy(parts, (part) => part.publisherId)].map(([publisherId, lines]) => ({
        publisherId,
        payload: {
          writeOff: of.id,
          number: of.number,
          invoice: row.number,
          currency: of.currency,
          amount: sum(lines.map((part) => part.publisherShare)).toFixed(),
        },
      })),
    )
  }

  async function book(ctx: Ctx, row: InvoiceRow, of: WriteOff): Promise<void> {
    const parts = await partsOf(ctx, row, of.amount)
    await bookWriteOff(ctx, row, of, parts)
    await publish(ctx, row, of, parts)
  }

  return {
    /** Write-offs, newest first; of one invoice where it is given (operator). @throws forbidden */
    async writeOffs(ctx: Ctx, invoiceId?: string, limit = 200): Promise<WriteOffView[]> {
      authorize(ctx.principal, 'operator.console')
      const rows = await ctx.tx
        .select({ of: writeOff, invoiceNumber: invoice.number, billTo: invoice.billTo })
        .from(writeOff)
        .innerJoin(invoice, eq(invoice.id, writeOff.invoice))
        .where(invoiceId === undefined ? undefined : isAnyOf(writeOff.invoice, [invoiceId]))
        .orderBy(desc(writeOff.requestedAt), desc(writeOff.number))
        .limit(limit)
      return rows.map(({ of, invoiceNumber, billTo }) => ({ ...of, invoiceNumber, customerName: billTo.legalName }))
    },

    /**
     * Writes off what is left of an open invoice, by id. A small amount is booked at once; above it the write-off awaits a second operator.
     * @throws invalid `ReasonMissing`, conflict `NotWrittenOff` or `AlreadyRequested`, not-found `UnknownInvoice`, forbidden
     */
    async requestWriteOff(ctx: Ctx, invoiceId: string, reason: string): Promise<WriteOff> {
      authorize(ctx.principal, 'operator.console')
      const text = reason.trim()
      if (!/^\P{Cc}{1,300}$/u.test(text)) {
        throw invalid('ReasonMissing', 'Say why it will never be paid, in at most 300 characters.', { target: 'reason' })
      }
      const row = await lock(ctx, invoiceId)
      const amount = await writable(ctx, row)
      const [asked] = await ctx.tx
        .select({ number: writeOff.number })
        .from(writeOff)
        .where(and(eq(writeOff.invoice, row.id), eq(writeOff.state, 'requested')))
      if (asked) throw conflict('AlreadyRequested', `${asked.number} asks for it already.`)
      const who = identityOf(ctx.principal)
      const [number] = await takeNumbers(ctx, 'write-off', 1)
      const waits = await needsApproval(ctx, amount, row.currency)
      const made: WriteOff = {
        id: newId<'write-off'>(),
        number: number as string,
        invoice: row.id,
        customerTenantId: row.customerTenantId,
        currency: row.currency,
        amount,
        reason: text,
        state: waits ? 'requested' : 'booked',
        needsApproval: waits,
        requestedAt: ctx.now,
        requestedBy: who.id,
        requestedName: who.name,
        decidedAt: null,
        decidedBy: null,
        decidedName: null,
        note: null,
        bookedAt: waits ? null : ctx.now,
        recoveredAt: null,
      }
      if (!waits) await book(ctx, row, made)
      await ctx.tx.insert(writeOff).values(made)
      await audit.record(ctx, {
        action: waits ? 'write-off.request' : 'write-off.book',
        target: made.number,
        after: { invoice: row.number, currency: row.currency, amount },
        reason: text,
      })
      return made
    },

    /**
     * Approves, refuses or withdraws a write-off that awaits it. Approval books it.
     * @throws forbidden `SecondPersonNeeded` or `NotYours`, invalid `NoteInvalid`, conflict `IllegalTransition`, `NotWrittenOff` or `AmountChanged`,
     *   not-found `UnknownWriteOff`
     */
    async decideWriteOff(ctx: Ctx, id: string, trigger: WriteOffDecision, note = ''): Promise<WriteOff> {
      authorize(ctx.principal, 'operator.console')
      const text = note.trim()
      if (!/^\P{Cc}{0,300}$/u.test(text)) throw invalid('NoteInvalid', 'A note has at most 300 characters.', { target: 'note' })
      if (trigger === 'refuse' && text === '') throw invalid('NoteInvalid', 'Say why it is refused.', { target: 'note' })
      const [known] = isUuid(id) ? await ctx.tx.select({ invoice: writeOff.invoice }).from(writeOff).where(eq(writeOff.id, id)) : []
      // The invoice first, as whoever receives money for it does.
      const row = known && (await lock(ctx, known.invoice))
      const [of] = known ? await ctx.tx.select().from(writeOff).where(eq(writeOff.id, id)).for('update') : []
      if (!of || !row) throw notFound('UnknownWriteOff', 'There is no such write-off.', { target: 'writeOff' })
      const state: WriteOffState | undefined = writeOffStates[of.state][trigger]
      if (state === undefined) throw conflict('IllegalTransition', `${of.number} is ${of.state}: ${trigger} is not possible.`)
      const who = identityOf(ctx.principal)
      const own = who.id === of.requestedBy
      if (trigger === 'approve' && own) throw forbidden('SecondPersonNeeded', 'Somebody else must approve what you asked for.')
      if (trigger === 'withdraw' && !own) throw forbidden('NotYours', 'Only who asked for it withdraws it; refuse it instead.')
      const decided: WriteOff = {
        ...of,
        state,
        decidedAt: ctx.now,
        decidedBy: who.id,
        decidedName: who.name,
        note: text === '' ? null : text,
        bookedAt: state === 'booked' ? ctx.now : null,
      }
      if (state === 'booked') {
        const left = await writable(ctx, row)
        if (!left.equals(of.amount)) {
          const [asked, now] = [of.amount, left].map((amount) => formatMoney(amount, of.currency))
          throw conflict('AmountChanged', `${asked} was to be written off and ${now} is open now. Refuse it and ask anew.`)
        }
        await book(ctx, row, decided)
      }
      await ctx.tx.update(writeOff).set(decided).where(eq(writeOff.id, id))
      await audit.record(ctx, {
        action: `write-off.${trigger}`,
        target: of.number,
        before: { state: of.state },
        after: { state, invoice: row.number, currency: of.currency, amount: of.amount },
        ...(text === '' ? {} : { reason: text }),
      })
      return decided
    },
  }
}
